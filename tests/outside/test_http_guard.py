"""What the HTTP layer refuses before anything else sees it, against raw sockets.

Everything is asked of http_probe (http_probe.c), which serves two names beside its address."""
import json

import pytest

from http_probe import JSON, Probe, ask
from wire import Closed, problem_of


@pytest.fixture(scope="module")
def probe():
    with Probe("--host", "lab.example", "--host", "proxy.example:8443") as running:
        yield running


# --- framing (T4) -------------------------------------------------------------------


AMBIGUOUS = {
    "length and coding": "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
    "coding and length": "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n",
    "two lengths": "Content-Length: 2\r\nContent-Length: 3\r\n",
    "two equal lengths": "Content-Length: 2\r\nContent-Length: 2\r\n",
    "list of lengths": "Content-Length: 2, 2\r\n",
    "negative length": "Content-Length: -2\r\n",
    "signed length": "Content-Length: +2\r\n",
    "hexadecimal length": "Content-Length: 0x2\r\n",
    "empty length": "Content-Length:\r\n",
    "other coding": "Transfer-Encoding: gzip\r\n",
    "coding of two": "Transfer-Encoding: gzip, chunked\r\n",
    "two codings": "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
    "coding that hangs": "Transfer-Encoding: xchunked\r\n",
    "coding and space": "Transfer-Encoding: chunked \r\n",
    "two hosts": "Host: {host}\r\n",
    "space before the colon": "X-Probe : 1\r\n",
    "control in a name": "X\x01Probe: 1\r\n",
    "bare CR": "X-Probe: a\rX-Other: b\r\n",
    "bell": "X-Probe: \x07\r\n",
    "delete": "X-Probe: \x7f\r\n",
    "no colon": "X-Probe\r\n",
    "parenthesis in a name": "X(Probe): 1\r\n",
}


@pytest.mark.parametrize("lines", AMBIGUOUS.values(), ids=AMBIGUOUS.keys())
@pytest.mark.parametrize("method, path", [("POST", "/echo"), ("GET", "/echo"), ("HEAD", "/echo")])
def test_ambiguous_framing_is_400_and_closes(probe, method, path, lines):
    """And nothing behind it is taken for a request."""
    with probe.wire() as wire:
        wire.send(f"{method} {path} HTTP/1.1\r\nHost: {{host}}\r\n{JSON}{lines}\r\n"
                  "{}GET /feed HTTP/1.1\r\nHost: {host}\r\n\r\n")
        received = wire.rest()
    assert received.startswith(b"HTTP/1.1 400 "), received[:300]
    assert b"HTTP/1.1 405" not in received


@pytest.mark.parametrize("request_line", [
    "GET /%00 HTTP/1.1", "GET /echo%00abc HTTP/1.1", "GET /echo?value=%00 HTTP/1.1",
    "GET /%zz HTTP/1.1", "GET /%2 HTTP/1.1", "GET /echo?value=% HTTP/1.1", "GET /a%0d%0ab HTTP/1.1",
    "GET /%7f HTTP/1.1", "GET /a b HTTP/1.1", "GET /a#b HTTP/1.1", "GET /\x01 HTTP/1.1",
    "GET /\xe9 HTTP/1.1", "GET echo HTTP/1.1", "GET ftp://a/ HTTP/1.1", "GET  HTTP/1.1",
    "CONNECT a:80 HTTP/1.1", "G\x01T / HTTP/1.1", "G(T / HTTP/1.1"])
def test_strange_targets_are_400(probe, request_line):
    with probe.wire() as wire:
        wire.send(f"{request_line}\r\nHost: {{host}}\r\n\r\n")
        received = wire.rest()
    assert received.startswith(b"HTTP/1.1 400 "), received[:300]


@pytest.mark.parametrize("version, status", [("HTTP/1.2", 505), ("HTTP/2.0", 505),
                                             ("HTTP/0.9", 505), ("http/1.1", 400),
                                             ("HTTP/1.1.1", 400)])
def test_other_versions_are_refused(probe, version, status):
    with probe.wire() as wire:
        wire.ask("GET", "/echo", version=version)
        assert wire.rest().startswith(f"HTTP/1.1 {status} ".encode())


def test_chunked_bodies_need_http_1_1(probe):
    with probe.wire() as wire:
        wire.send(f"POST /echo HTTP/1.0\r\n{JSON}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
        assert wire.reply().status == 400


def test_what_libmicrohttpd_hides_is_harmless(probe):
    """Not refused, since we never see it; but a folded line or a bare LF must not smuggle."""
    folded, _ = ask(probe, "GET /echo HTTP/1.1\r\nHost: {host}\r\nX-Probe: a\r\n b\r\n\r\n")
    assert folded.status == 200 and json.loads(folded.body)["value"] == "(none)"
    bare, stays = ask(probe, "GET /echo HTTP/1.1\nHost: {host}\nX-Probe: a\n\n")
    assert bare.status == 200 and stays


def test_large_heads_are_431(probe):
    for n_bytes, status in ((10900, 200), (11200, 431), (12000, 431)):
        reply, stays = ask(probe, "GET /echo HTTP/1.1\r\nHost: {host}\r\n"
                                  f"X-Probe: {'x' * n_bytes}\r\n\r\n")
        assert (reply.status, stays) == (status, status == 200)
        if status == 431:
            assert str(11 * 1024) in problem_of(reply)["detail"]


FILLINGS = {
    "a header": lambda n: ("", f"X-Probe: {'x' * n}\r\n"),
    "headers": lambda n: ("", "X: 1\r\n" * (n // 20)),
    "a cookie": lambda n: ("", f"Cookie: a={'x' * n}\r\n"),
    "cookies": lambda n: ("", f"Cookie: {'a=b; ' * (n // 25)}\r\n"),
    "a target": lambda n: ("?value=" + "x" * n, ""),
    "arguments": lambda n: ("?" + "a&" * (n // 30), ""),
}


@pytest.mark.parametrize("fill", FILLINGS.values(), ids=FILLINGS.keys())
def test_heads_of_any_size_get_a_reply_or_are_closed(probe, fill):
    """Never silence, never so much that a good request has no room for its reply."""
    statuses = []
    for n_bytes in range(500, 15000, 250):
        query, lines = fill(n_bytes)
        with probe.wire() as wire:
            wire.send(f"GET /echo{query} HTTP/1.1\r\nHost: {{host}}\r\n{lines}\r\n")
            try:
                statuses.append(wire.head()[0])
            except (Closed, ConnectionResetError):
                statuses.append("closed")
    first_refused = next(i for i, status in enumerate(statuses) if status != 200)
    assert statuses[0] == 200 and first_refused > 4, statuses
    assert statuses[first_refused] in (414, 431), statuses  # told by us, with room
    assert set(statuses[first_refused:]) <= {414, 431, "closed"}, statuses


def test_heads_beyond_the_memory_of_a_connection_are_refused_by_libmicrohttpd(probe):
    for text, status in ((b"GET /" + b"x" * 17000, 414),
                         (b"GET / HTTP/1.1\r\nX-Probe: " + b"x" * 17000, 431),
                         (b"GET / HTTP/1.1\r\nCookie: a=" + b"x" * 9000 + b"\r\n\r\n", 431)):
        with probe.wire() as wire:
            wire.send(text)
            assert wire.head()[0] == status
            assert b"HTTP/1.1 2" not in wire.rest()


# --- for whom -----------------------------------------------------------------------


@pytest.mark.parametrize("host", [
    "evil.com", "localhost.evil.com", "127.0.0.1.nip.io", "127.0.0.1.nip.io:{port}", "", ":{port}",
    ":8080", "[::1", "[::1]", "[::1]x:{port}", "x" * 300, "localhost.:{port}", "localhost",
    "localhost:1", "localhost:{port}x", "localhost: {port}", "localhost:", "127.0.0.1:{port}:1",
    "127.0.0.2:{port}", "0.0.0.0:{port}", "user@localhost:{port}", "lab.example.evil.com",
    "xlab.example", "proxy.example", "proxy.example:1", "localhost:{port},evil.com"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS"])
def test_foreign_hosts_are_421(probe, host, method):
    host = host.replace("{port}", str(probe.port))
    reply, stays = ask(probe, f"{method} /healthz HTTP/1.1\r\nHost: {host}\r\n\r\n", method)
    assert (reply.status, stays) == (421, False)
    if method != "HEAD":
        assert f"localhost:{probe.port}" in problem_of(reply)["detail"]


@pytest.mark.parametrize("host", ["localhost:{port}", "127.0.0.1:{port}", "[::1]:{port}",
                                  "LOCALHOST:{port}", "LocalHost:{port} ", "lab.example",
                                  "Lab.Example:9", "proxy.example:8443"])
def test_own_hosts_are_served(probe, host):
    host = host.replace("{port}", str(probe.port))
    assert ask(probe, f"GET /healthz HTTP/1.1\r\nHost: {host}\r\n\r\n")[0].status == 200
    assert ask(probe, f"GET http://{host.strip()}/healthz HTTP/1.1\r\nHost: {host}\r\n\r\n"
               )[0].status == 200


def test_an_absolute_target_must_be_ours_too(probe):
    reply, _ = ask(probe, "GET http://evil.com/healthz HTTP/1.1\r\nHost: {host}\r\n\r\n")
    assert reply.status == 421


def test_missing_host_is_400_in_http_1_1(probe):
    reply, stays = ask(probe, "GET /healthz HTTP/1.1\r\n\r\n")
    assert (reply.status, stays) == (400, False)


OWN = ["http://localhost:{port}", "http://127.0.0.1:{port}", "http://[::1]:{port}",
       "https://lab.example", "https://proxy.example:8443"]
FOREIGN = ["null", "http://evil.com", "http://localhost", "http://localhost:1", "",
           "localhost:{port}", "ftp://localhost:{port}", "http://localhost:{port}/", "http://",
           "file://", "http://localhost:{port} http://evil.com"]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "BREW"])
def test_changes_are_taken_from_own_pages_only(probe, method):
    for origins, refused in ((OWN, False), (FOREIGN, True)):
        for origin in origins:
            origin = origin.replace("{port}", str(probe.port))
            reply, stays = ask(probe, f"{method} /echo HTTP/1.1\r\nHost: {{host}}\r\n"
                                      f"Origin: {origin}\r\n{JSON}Content-Length: 2\r\n\r\n{{}}")
            assert (reply.status == 403) is refused and stays is not refused, (origin, reply)
    for site, refused in (("same-origin", False), ("none", False), ("same-site", True),
                          ("cross-site", True), ("", True)):
        reply, _ = ask(probe, f"{method} /echo HTTP/1.1\r\nHost: {{host}}\r\n"
                              f"Sec-Fetch-Site: {site}\r\n\r\n")
        assert (reply.status == 403) is refused, (site, reply)


def test_reading_is_allowed_from_anywhere_but_never_shared(probe):
    """Without Access-Control headers a browser shows no foreign page what it got."""
    reply, _ = ask(probe, "GET /echo HTTP/1.1\r\nHost: {host}\r\nOrigin: http://evil.com\r\n"
                          "Sec-Fetch-Site: cross-site\r\n\r\n")
    assert reply.status == 200
    assert not any(name.startswith("access-control") for name in reply.headers)


# --- what it may carry --------------------------------------------------------------


@pytest.mark.parametrize("content_type, status", [
    ("application/json", 200), ("application/json; charset=utf-8", 200),
    ("application/json;charset=UTF-8", 200), ("Application/JSON", 200),
    ('application/json; charset="utf-8"', 200), (" application/json ", 200),
    ("text/plain", 415), ("application/x-www-form-urlencoded", 415), ("multipart/form-data", 415),
    ("", 415), ("text/json", 415), ("application/jsonx", 415), ("application/json x", 415),
    ("application/json; charset=utf-16", 415), ("application/json; charset=utf-8; x=1", 415),
    ("application/json, text/plain", 415), (None, 415)])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_bodies_that_change_something_are_json(probe, method, content_type, status):
    line = "" if content_type is None else f"Content-Type: {content_type}\r\n"
    for framing in ("Content-Length: 2\r\n\r\n{}",
                    "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"):
        reply, stays = ask(probe, f"{method} /echo HTTP/1.1\r\nHost: {{host}}\r\n{line}{framing}")
        assert (reply.status, stays) == (status, status == 200)
    if status == 415:
        assert "application/json" in problem_of(reply)["detail"]


def test_a_change_without_a_body_needs_no_type(probe):
    for rest in ("\r\n", "Content-Length: 0\r\n\r\n",
                 "Content-Length: 0\r\nContent-Type: text/plain\r\n\r\n"):
        reply, stays = ask(probe, f"POST /echo HTTP/1.1\r\nHost: {{host}}\r\n{rest}")
        assert (reply.status, stays) == (200, True)


def test_coded_bodies_are_415(probe):
    for coding, status in (("gzip", 415), ("deflate", 415), ("identity", 200), ("", 415)):
        reply, _ = ask(probe, f"POST /echo HTTP/1.1\r\nHost: {{host}}\r\n{JSON}"
                              f"Content-Encoding: {coding}\r\nContent-Length: 2\r\n\r\n{{}}")
        assert reply.status == status, coding
