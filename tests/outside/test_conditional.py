"""ETag and If-None-Match: what has ended never changes, so nobody needs to fetch it twice."""
import json
import re

import pytest

import specs
from wire import Wire

PATHS = ["", "/runs/0", "/runs/1", "/epochs", "/epochs?points=5", "/epochs?format=csv",
         "/runs/1/epochs", "/runs/1/epochs?from=3&to=9", "/runs/1/epochs?points=5",
         "/runs/1/epochs?format=csv", "/runs/1/epochs?format=ndjson"]
SPEC = {**specs.report(epochs=30), "sweep": {specs.RATE: [0.001, 0.0004]}}


@pytest.fixture(scope="module")
def done(server):
    return f"/experiments/{server.explained(server.post(SPEC)['id'])['id']}"


def get(server, path, tag=None, **headers):
    if tag is not None:
        headers["If-None-Match"] = tag
    return server.request("GET", path, headers=headers)


@pytest.mark.parametrize("path", PATHS)
def test_what_has_ended_has_a_strong_tag(server, done, path):
    first = get(server, done + path)
    assert first.status_code == 200
    tag = first.headers["ETag"]
    assert re.fullmatch(r'"[0-9a-f]{32}"', tag), tag
    assert "no-cache" in first.headers["Cache-Control"]
    again = get(server, done + path)
    assert (again.headers["ETag"], again.content) == (tag, first.content)
    assert server.request("HEAD", done + path).headers["ETag"] == tag


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("version", ["HTTP/1.1", "HTTP/1.0"])
def test_304_has_no_body_and_the_next_request_is_understood(server, done, path, method, version):
    """Content-Length is that of the body that is not sent, or none (RFC 9110, 8.6)."""
    full = get(server, done + path)
    with Wire(server.port) as wire:
        wire.ask(method, "/api/v1" + done + path,
                 f"If-None-Match: {full.headers['ETag']}\r\n", version=version)
        status, headers = wire.head()
        assert status == 304 and headers["etag"] == full.headers["ETag"]
        assert headers.get("vary") == full.headers.get("Vary")
        assert "transfer-encoding" not in headers and "content-type" not in headers
        assert headers.get("content-length", str(len(full.content))) == str(len(full.content))
        if headers.get("connection") == "close":
            assert wire.is_closed()
        else:
            wire.ask("GET", "/healthz")
            assert wire.reply().status == 200


def test_every_answer_has_a_tag_of_its_own(server, done):
    tags = [get(server, done + path).headers["ETag"] for path in PATHS]
    other = f"/experiments/{server.train(SPEC)['id']}"
    tags += [get(server, other + path).headers["ETag"] for path in PATHS]
    assert len(set(tags)) == len(tags)
    negotiated = get(server, done + "/epochs", Accept="text/csv").headers
    assert negotiated["ETag"] == get(server, done + "/epochs?format=csv").headers["ETag"]
    assert negotiated["Vary"] == "Accept"


@pytest.mark.parametrize("form, status", [
    ("{tag}", 304), ("W/{tag}", 304), ("*", 304), ('"other", {tag}', 304), ('"other",W/{tag} ', 304),
    ('"other"', 200), ("{bare}", 200), ("", 200), ('"{bare}x"', 200), (",,", 200)])
def test_tags_are_matched_as_rfc_9110_says(server, done, form, status):
    for path in ("", "/runs/1/epochs"):
        tag = get(server, done + path).headers["ETag"]
        text = form.replace("{tag}", tag).replace("{bare}", tag.strip('"'))
        assert get(server, done + path, text).status_code == status, (path, text)


def test_a_new_name_is_a_new_answer(server):
    path = f"/experiments/{server.explained(server.post(SPEC)['id'])['id']}"
    tag = get(server, path).headers["ETag"]
    run = get(server, path + "/runs/0").headers["ETag"]
    assert server.request("PATCH", path, json={"name": "renamed"}).status_code == 200
    fresh = get(server, path, tag)
    assert fresh.status_code == 200 and fresh.json()["name"] == "renamed"
    assert get(server, path + "/runs/0", run).status_code == 304


def test_a_tag_outlives_a_restart(fresh_server):
    server = fresh_server()
    path = f"/experiments/{server.explained(server.post(SPEC)['id'])['id']}"
    tags = {each: get(server, path + each).headers["ETag"] for each in PATHS}
    server.restart()
    for each, tag in tags.items():
        assert get(server, path + each, tag).status_code == 304, each


def test_what_may_change_has_no_tag(server):
    """Nor is `*` taken for it."""
    made = server.post(specs.long_run())
    path = f"/experiments/{made['id']}"
    for each in ("", "/runs/0", "/epochs", "/runs/0/epochs?points=5"):
        reply = get(server, path + each, "*")
        assert reply.status_code == 200 and "ETag" not in reply.headers, each
        assert "no-cache" in reply.headers["Cache-Control"]
    server.request("POST", path + "/cancel", data="")
    for each in ("", "/runs/0", "/epochs", "/runs/0/epochs?points=5"):
        assert get(server, path + each, "*").status_code == 304, each


def test_only_a_get_is_conditional(server, done):
    reply = server.request("POST", done + "/runs/0/predict", data=json.dumps({"inputs": [[2, 3]]}),
                           headers={"Content-Type": "application/json", "If-None-Match": "*"})
    assert reply.status_code == 200 and "ETag" not in reply.headers
    reply = server.request("PATCH", done, json={"name": "x"}, headers={"If-None-Match": "*"})
    assert reply.status_code == 200 and "ETag" not in reply.headers


def test_what_is_not_there_is_404_whatever_is_known(server, done):
    assert get(server, "/experiments/nosuchthing", "*").status_code == 404
    assert get(server, done + "/runs/9", "*").status_code == 404
    assert get(server, done + "/runs/9/epochs", "*").status_code == 404


def test_a_bad_query_is_400_whatever_is_known(server, done):
    assert get(server, done + "/epochs?points=0", "*").status_code == 400
    assert get(server, done + "/epochs?format=xml", "*").status_code == 400
