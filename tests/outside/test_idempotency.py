"""Idempotency-Key: a POST that is sent again, for whatever reason, makes nothing twice."""
import json
import signal
import threading
import uuid

import pytest
import requests

import specs
from service import JSON_TYPE, unexplained

SPEC = specs.report(epochs=20)


def post(server, key, spec=SPEC, query="", **headers):
    return server.request("POST", "/experiments" + query, data=json.dumps(spec),
                          headers={**JSON_TYPE, "Idempotency-Key": key, **headers})


def fresh():
    return str(uuid.uuid4())


def n_experiments(server):
    return len(server.get("/experiments?limit=200")["experiments"])


def is_replay(reply):
    return reply.headers.get("Idempotent-Replayed") == "true"


def test_the_same_again_is_answered_with_the_same_experiment(server):
    key, before = fresh(), n_experiments(server)
    first = post(server, key)
    assert first.status_code == 201 and "Idempotent-Replayed" not in first.headers
    for _ in range(3):
        again = post(server, key)
        assert again.status_code == 201 and is_replay(again)
        assert again.json()["id"] == first.json()["id"]
        assert again.headers["Location"] == first.headers["Location"]
    assert n_experiments(server) == before + 1


def test_a_replay_shows_the_experiment_as_it_is_now(server):
    key = fresh()
    made = post(server, key).json()
    done = server.wait(made["id"])
    assert unexplained(post(server, key).json()) == unexplained(done)
    again = post(server, fresh(), Prefer="wait=60")
    assert again.json()["state"] == "done" and again.json()["id"] != made["id"]


def test_a_replay_may_wait_for_the_end(server):
    key = fresh()
    made = post(server, key, specs.report(epochs=100000)).json()
    again = post(server, key, specs.report(epochs=100000), Prefer="wait=60")
    assert is_replay(again) and again.json()["id"] == made["id"]
    assert again.json()["state"] == "done"


def test_another_body_under_the_same_key_is_422(server):
    key, before = fresh(), n_experiments(server)
    post(server, key)
    for other in ({**SPEC, "name": "another"}, {}, [], dict(reversed(SPEC.items()))):
        reply = post(server, key, other)
        assert reply.status_code == 422 and "Idempotency-Key" in reply.json()["detail"], other
        assert "Location" not in reply.headers
    assert n_experiments(server) == before + 1
    assert is_replay(post(server, key))


def test_other_keys_and_none_make_other_experiments(server):
    key = fresh()
    keys = [key, key.upper() + "x", key[:-1], fresh()]
    ids = {post(server, each).json()["id"] for each in keys}
    ids |= {server.post(SPEC)["id"] for _ in range(2)}
    assert len(ids) == len(keys) + 2


def test_a_refused_post_uses_no_key_up(server):
    key = fresh()
    assert post(server, key, {"name": 1}).status_code == 422
    assert post(server, key, query="?validate=true").status_code == 200
    reply = post(server, key)
    assert reply.status_code == 201 and not is_replay(reply)


def test_a_quoted_key_is_the_key(server):
    key = fresh()
    first, again = post(server, f'"{key}"'), post(server, key)
    assert is_replay(again) and again.json()["id"] == first.json()["id"]


@pytest.mark.parametrize("key, status", [
    ("k", 201), ("k" * 63 + "!", 201), ('"' + "q" * 64 + '"', 201), ("k" * 65, 400), ("", 400),
    ("two words", 400), ('""', 400), ('"', 400), ('a"b', 400), ("é".encode().decode("latin-1"), 400)])
def test_keys_have_a_form(server, key, status):
    reply = post(server, key.encode("latin-1"))
    assert reply.status_code == status, reply.text
    if status == 400:
        assert "1 to 64" in reply.json()["detail"]


def test_a_removed_experiment_is_not_made_again(server):
    key = fresh()
    made = post(server, key).json()
    assert server.request("DELETE", f"/experiments/{made['id']}").status_code == 204
    again = post(server, key)
    assert again.status_code == 404 and is_replay(again)
    assert made["id"] in again.json()["detail"]


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_a_key_outlives_a_restart(fresh_server, end):
    server, key = fresh_server(), fresh()
    made = post(server, key).json()
    server.restart(end)
    again = post(server, key)
    assert again.status_code == 201 and is_replay(again) and again.json()["id"] == made["id"]
    assert post(server, key, {**SPEC, "name": "another"}).status_code == 422
    assert n_experiments(server) == 1


@pytest.mark.parametrize("server", [2], indirect=True)
def test_of_many_at_once_one_makes_the_experiment(server):
    """The others get it, or 409 while it is being made."""
    for _ in range(10):
        key, before, replies = fresh(), n_experiments(server), []
        barrier = threading.Barrier(12)

        def send():
            barrier.wait()
            replies.append(requests.post(
                server.url + "/api/v1/experiments", data=json.dumps(SPEC), timeout=120,
                proxies={"http": None}, headers={**JSON_TYPE, "Idempotency-Key": key}))

        threads = [threading.Thread(target=send) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(replies) == 12
        made = [reply for reply in replies if reply.status_code == 201]
        late = [reply for reply in replies if reply.status_code == 409]
        assert len(made) + len(late) == 12, [reply.text for reply in replies]
        assert len({reply.json()["id"] for reply in made}) == 1
        assert sum(not is_replay(reply) for reply in made) == 1
        assert all(reply.headers["Retry-After"] == "1" for reply in late)
        assert n_experiments(server) == before + 1


def test_while_the_first_is_served_a_second_is_409(server):
    """A large sweep takes a while to check."""
    slow = {**specs.report(epochs=1), "sweep": {"/dataset/seed": {"from": 1, "to": 1000}}}
    seen = set()
    for _ in range(40):
        key, replies = fresh(), []

        def send():
            replies.append(requests.post(
                server.url + "/api/v1/experiments", data=json.dumps(slow), timeout=120,
                proxies={"http": None}, headers={**JSON_TYPE, "Idempotency-Key": key}))

        threads = [threading.Thread(target=send) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seen |= {reply.status_code for reply in replies}
        for reply in replies:
            if reply.status_code == 201:
                server.request("DELETE", f"/experiments/{reply.json()['id']}")
        if 409 in seen:
            break
    assert seen == {201, 409}, seen
