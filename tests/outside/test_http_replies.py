"""What every reply of the HTTP layer carries, its assets, and the log, against raw sockets.

Everything is asked of http_probe (http_probe.c): the layer alone."""
import json

import pytest

from http_probe import Probe
from wire import problem_of

SECURITY = {"content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
                                       "img-src 'self' data:; connect-src 'self'; "
                                       "base-uri 'none'; form-action 'none'; "
                                       "frame-ancestors 'none'",
            "x-content-type-options": "nosniff", "referrer-policy": "no-referrer",
            "cross-origin-opener-policy": "same-origin",
            "cross-origin-resource-policy": "same-origin"}


@pytest.fixture(scope="module")
def probe():
    with Probe() as running:
        yield running


# --- what every reply carries ------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/app.js", "/healthz", "/nowhere", "/nothing", "/slices",
                                  "/later", "/burst?n=1", "/%00"])
def test_every_reply_has_the_security_headers(probe, path):
    reply = probe.get(path)
    assert SECURITY.items() <= reply.headers.items()
    is_asset = path in ("/", "/app.js")
    assert reply.headers["cache-control"] == ("no-cache" if is_asset else "no-store")
    assert reply.headers["x-request-id"] and "server" not in reply.headers


def test_request_ids_are_echoed_if_harmless_and_unique_otherwise(probe):
    for given in ("a", "A-1", "x" * 64):
        reply = probe.get("/echo", f"X-Request-Id: {given}\r\n")
        assert reply.headers["x-request-id"] == json.loads(reply.body)["request_id"] == given
    made = set()
    for given in ("", "x" * 65, "a b", "a_b", "<b>", "\xe9"):
        made.add(probe.get("/nowhere", f"X-Request-Id: {given}\r\n").headers["x-request-id"])
    assert len(made) == 6 and not made & {"", "a b", "a_b", "<b>"}


@pytest.mark.parametrize("kind, status", [(1, 400), (2, 404), (3, 409), (4, 413), (5, 503),
                                          (6, 503), (7, 503), (8, 500)])
def test_errors_become_problems(probe, kind, status):
    reply = probe.get(f"/error?kind={kind}", "X-Request-Id: me\r\n")
    assert reply.status == status
    assert problem_of(reply) == {
        "type": "about:blank", "title": problem_of(reply)["title"], "status": status,
        "detail": "a whole sentence", "instance": "/error", "request_id": "me"}
    assert ("retry-after" in reply.headers) is (status == 503)


def test_targets_are_decoded_once(probe):
    for target, path, value in (("/echo?value=a+b%2Bc%26d%3De", "/echo", "a b+c&d=e"),
                                ("/%65cho?value=%2561", "/echo", "%61"),
                                ("/echo?value", "/echo", ""), ("/echo?value==", "/echo", "="),
                                ("/echo?&&value=1&value=2", "/echo", "1"),
                                ("/echo?valu=1&values=2&=3", "/echo", "(none)"),
                                ("/echo?v%61lue=%C3%A9", "/echo", "é")):
        echo = json.loads(probe.get(target).body)
        assert (echo["path"], echo["value"]) == (path, value), target


@pytest.mark.parametrize("path", ["/../etc/passwd", "/%2e%2e/x", "/..%2fx", "/..%5cx", "//",
                                  "//app.js", "/app.js/", "/./app.js", "/App.js",
                                  "/%c0%ae%c0%ae/x", "/app.js%20"])
def test_only_the_named_assets_are_found(probe, path):
    assert probe.get(path).status == 404


# --- assets ------------------------------------------------------------------------------------


def test_assets_come_compressed_to_who_takes_it(probe):
    for accepted, coded in (("gzip", True), ("deflate, gzip;q=0.5", True), ("*", True),
                            ("GZIP", True), ("gzip;q=0", False), ("gzip;q=0, *", False),
                            ("identity", False), ("", False), ("xgzip", False),
                            ("*;q=0", False), ("br, zstd", False)):
        reply = probe.get("/app.js", f"Accept-Encoding: {accepted}\r\n")
        assert (reply.headers.get("content-encoding") == "gzip") is coded, accepted
        assert reply.body == (b"not really gzip" if coded else b"export const probe = 1;\n")
        assert reply.headers["vary"] == "Accept-Encoding"
        assert reply.headers["etag"] == ('"s1-gzip"' if coded else '"s1"')
    assert "content-encoding" not in probe.get("/", "Accept-Encoding: gzip\r\n").headers


def test_unchanged_assets_are_304(probe):
    for tags, status in (('"s1"', 304), ('W/"s1"', 304), ('"a", "s1"', 304), ('"a",W/"s1" ', 304),
                         ("*", 304), ('"s2"', 200), ('"s1', 200), ('"s1-gzip"', 200), ("s1", 200),
                         ("", 200), ('"xs1"', 200)):
        with probe.wire() as wire:
            wire.ask("GET", "/app.js", f"If-None-Match: {tags}\r\n")
            reply = wire.reply()
            assert reply.status == status, tags
            assert reply.headers["etag"] == '"s1"' and reply.headers["content-length"] == "24"
            wire.ask("GET", "/healthz")
            assert wire.reply().status == 200


# --- the log -----------------------------------------------------------------------------------


def test_the_log_has_a_line_a_request_and_no_secrets():
    with Probe("--log", "info") as probe:
        probe.get("/echo?value=secret", "X-Request-Id: first\r\n")
        probe.get("/%0a%1b[31m")
        with probe.wire() as wire:
            wire.send(b"GET /\x1b[31m\"\xff\\ HTTP/1.1\r\nHost: evil.com\r\nCookie: secret\r\n\r\n")
            wire.rest()
        probe.stop()
    lines = probe.errors.splitlines()
    assert len(lines) == 3, probe.errors
    assert 'info request id=first method="GET" route="(unmatched)" path="/echo" status=200 bytes=' \
        in lines[0]
    assert 'warning request' in lines[1] and 'route="(guard)" path="/%0a%1b[31m" status=400' in lines[1]
    assert 'path="/\\x1b[31m\\"\\xff\\\\" status=400' in lines[2]
    assert "secret" not in probe.errors


def test_the_log_is_silent_about_what_goes_well():
    with Probe() as probe:
        assert probe.get("/healthz").status == 200
        assert probe.get("/nowhere").status == 404
        assert probe.get("/nothing").status == 500
        probe.stop()
    assert [line.split()[1] for line in probe.errors.splitlines()] == ["warning", "error"]
