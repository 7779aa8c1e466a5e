"""What was trained once is not trained again: an experiment that another answers for."""
import json
import signal
import threading

import pytest
import requests

import specs
from interruptions import results, wait_for_more_epochs
from service import JSON_TYPE, build_slowness, unexplained
from sse import epochs_of
from test_experiments import cancel
from test_operations import metrics, plain


def cached(spec, **changes):
    return {**spec, "cache": True, **changes}


def n_trained(server):
    """Epochs committed since the server started."""
    return plain(metrics(server), "descent_epochs_committed_total")


def all_answers(server, experiment):
    """All that training gave, and all that is told of it."""
    return (results(server, experiment),
            [(row["state"], row["epoch"], row["loss"], row["best_loss"], row["overrides"])
             for row in server.get(f"/experiments/{experiment}")["runs"]],
            [{**event.data, "experiment": None} for event in
             server.events(experiment, "?points=all")])


def post_at_once(server, bodies):
    """All of them at the same moment; the experiments as they were answered."""
    barrier, made = threading.Barrier(len(bodies)), []

    def send(body):
        barrier.wait()
        while True:
            reply = requests.post(server.url + "/api/v1/experiments", data=json.dumps(body),
                                  headers=JSON_TYPE, timeout=120, proxies={"http": None})
            if reply.status_code != 503:  # all desks taken: come again, as Retry-After says
                break
        made.append((reply.status_code, reply.json()))

    threads = [threading.Thread(target=send, args=(body,)) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [status for status, _ in made] == [201] * len(bodies), made
    return [experiment for _, experiment in made]


# --- what answers for what ---------------------------------------------------------------


def test_the_same_again_is_answered_at_once_and_says_so(fresh_server):
    server = fresh_server()
    first = server.explained(server.post(cached(specs.sweep([1e-3, 4e-4], epochs=300)))["id"])
    assert "cached_from" not in first
    trained = n_trained(server)
    again = server.post(cached(specs.sweep([1e-3, 4e-4], epochs=300)))
    assert again["state"] == "done" and again["cached_from"] == first["id"]
    assert again["id"] != first["id"] and again["created"] >= first["created"]
    assert again["runs"] == first["runs"]
    assert all_answers(server, again["id"]) == all_answers(server, first["id"])
    assert n_trained(server) == trained


def test_every_route_answers_for_it_as_for_its_own(fresh_server):
    server = fresh_server()
    first = server.train(cached(specs.report(epochs=300)))["id"]
    again = server.post(cached(specs.report(epochs=300)))["id"]
    for path in ("/runs/0/epochs?from=5&to=9", "/runs/0/epochs?points=7", "/epochs?format=csv",
                 "/runs/0/epochs?format=ndjson", "/runs/0/parameters?epoch=123", "/dataset"):
        assert (server.text(f"/experiments/{again}{path}").replace(again, first)
                == server.text(f"/experiments/{first}{path}")), path
    asked = {"inputs": [[1, 2], [3, 4]]}
    answers = [server.request("POST", f"/experiments/{experiment}/runs/0/predict",
                              json=asked).json() for experiment in (first, again)]
    assert answers[0] == answers[1]
    tag = server.request("GET", f"/experiments/{again}").headers["ETag"]
    assert server.request("GET", f"/experiments/{again}",
                          headers={"If-None-Match": tag}).status_code == 304
    events = server.events(again)
    resumed = server.events(again, last_id=events[1].id)
    assert [event.data for event in resumed] == [event.data for event in events[2:]]
    assert (resumed[-1].data["experiment"], resumed[-1].data["state"]) == (again, "done")


@pytest.mark.parametrize("pointer, value", [
    ("/training/optimizer/weight_decay", 0), ("/training/optimizer/l1", 0.0),
    ("/dataset/standardize", False), ("/training/schedule", {"kind": "constant"}),
    ("/training/schedule", {"warmup_epochs": 0}), ("/training/record", [])])
def test_what_says_no_more_than_leaving_it_out_is_the_same(server, pointer, value):
    first = server.train(cached(specs.report(epochs=37)))
    said = cached(specs.report(epochs=37))
    *path, name = pointer.split("/")[1:]
    place = said
    for token in path:
        place = place[token]
    place[name] = value
    again = server.post(said)
    assert again["cached_from"] == first.get("cached_from", first["id"])
    assert again["runs"][0]["loss"] == first["runs"][0]["loss"]


@pytest.mark.parametrize("dataset, says", [
    ({"kind": "moons", "samples": 30}, False), ({"kind": "iris"}, True),
    ({"kind": "gaussians", "samples": 30, "classes": 2}, False),
    ({"kind": "gaussians", "samples": 30, "classes": 3}, True)], ids=str)
def test_what_leaving_out_one_hot_says_is_the_same_when_said(server, dataset, says):
    def spec(**more):
        n_targets = 1 if not more.get("one_hot", says) else 3 if says else 2
        return {"dataset": {**dataset, **more}, "training": {"epochs": 3},
                "network": {"layers": [{"units": 3, "activation": "tanh"}, {"units": n_targets}]}}

    first = server.train(spec())
    said = server.train(spec(one_hot=says))
    assert said["cached_from"] == first.get("cached_from", first["id"])
    assert said["runs"][0]["loss"] == first["runs"][0]["loss"]
    other = server.train(spec(one_hot=not says))
    assert other["runs"][0]["loss"] != first["runs"][0]["loss"]


def test_what_leaving_out_says_may_depend_on_the_run(server):
    """adamw's weight decay is 0.01 when it is left out."""
    swept = cached(specs.report(epochs=38))
    swept["sweep"] = {"/training/optimizer/name": ["sgd", "adamw"]}
    first = server.train(swept)
    swept["training"]["optimizer"]["weight_decay"] = 0
    said = server.train(swept)
    assert "cached_from" not in said
    assert said["runs"][0]["loss"] == first["runs"][0]["loss"]
    assert said["runs"][1]["loss"] != first["runs"][1]["loss"]
    alone = cached(specs.report(epochs=38))
    alone["training"]["optimizer"]["name"] = "adamw"
    assert "cached_from" not in server.train(alone)
    alone["training"]["optimizer"]["weight_decay"] = 0
    assert "cached_from" not in server.train(alone)


def test_name_and_predict_are_each_ones_own(fresh_server):
    server = fresh_server()
    first = server.train(cached(specs.report(epochs=300), name="mine", predict=[[2, 3]]))
    again = server.post(cached(specs.report(epochs=300), name="yours", predict=[[5, 6], [2, 3]]))
    assert again["cached_from"] == first["id"] and again["name"] == "yours"
    asked = server.request("POST", f"/experiments/{first['id']}/runs/0/predict",
                           json={"inputs": [[5, 6], [2, 3]]}).json()
    assert again["runs"][0]["predictions"] == asked["outputs"]
    assert again["runs"][0]["predictions"][1] == first["runs"][0]["predictions"][0]
    assert server.get(f"/experiments/{first['id']}")["name"] == "mine"


@pytest.mark.parametrize("pointer, value", [
    ("/dataset/seed", 5), ("/dataset/samples", 101), ("/network/init/biases/0/0", 1.5),
    ("/network/layers/0/activation", "tanh"), ("/training/epochs", 301),
    ("/training/optimizer/learning_rate", 0.00041), ("/training/gradient", "full"),
    ("/sweep", {specs.RATE: [0.0004]})])
def test_any_other_field_makes_another_experiment(server, pointer, value):
    spec = cached(specs.report(epochs=300))
    server.train(spec)
    *path, last = pointer.split("/")[1:]
    changed = json.loads(json.dumps(spec))
    place = changed
    for name in path:
        place = place[int(name) if isinstance(place, list) else name]
    place[int(last) if isinstance(place, list) else last] = value
    assert "cached_from" not in server.post(changed)


def test_cache_false_trains_anew_to_the_same_bits(fresh_server):
    server = fresh_server()
    spec = specs.report(epochs=300)
    first = server.train(cached(spec))
    before = n_trained(server)
    anew = server.train({**spec, "cache": False})
    assert "cached_from" not in anew and n_trained(server) == before + 300
    assert all_answers(server, anew["id"])[0] == all_answers(server, first["id"])[0]
    other = specs.report(epochs=299)
    server.train({**other, "cache": False})
    assert "cached_from" not in server.post(cached(other)), "it must not answer for others either"


def test_cache_is_true_or_false(server):
    for wrong in (1, 0, None, "false", []):
        reply = server.request("POST", "/experiments", json={**specs.report(), "cache": wrong})
        assert reply.status_code == 422, wrong
        assert reply.json()["errors"][0]["pointer"] == "/cache", reply.text
        assert "true or false" in reply.json()["errors"][0]["detail"]
    assert server.post(cached(specs.report(epochs=3)))["spec"]["cache"] is True


def test_diverged_runs_answer_as_they_ended(fresh_server):
    server = fresh_server()
    spec = cached(specs.sweep([0.5, 1e-4], epochs=300))
    spec["network"]["layers"][0]["activation"] = "linear"
    first = server.train(spec)
    assert [row["state"] for row in first["runs"]] == ["diverged", "done"]
    again = server.post(spec)
    assert again["cached_from"] == first["id"]
    assert unexplained(again)["runs"] == unexplained(first)["runs"]
    assert all_answers(server, again["id"]) == all_answers(server, first["id"])


def test_a_key_gives_the_cached_one_again(fresh_server):
    server = fresh_server()
    spec, headers = cached(specs.report(epochs=100)), {"Idempotency-Key": "k", "Prefer": "wait=60"}
    server.train(spec)
    made = server.request("POST", "/experiments", json=spec, headers=headers).json()
    assert made["state"] == "done" and made["cached_from"]
    again = server.request("POST", "/experiments", json=spec, headers=headers)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert unexplained(again.json()) == unexplained(made)


# --- at the same moment ------------------------------------------------------------------


def test_a_preset_that_300_post_at_once_is_trained_once(fresh_server):
    server = fresh_server()
    made = post_at_once(server, [{"preset": "learning_rates", "name": f"student {i}"}
                                 for i in range(300)])
    wanted = None
    for experiment in made:
        ended = server.wait(experiment["id"])
        answers = (server.text(f"/experiments/{experiment['id']}/epochs?format=csv"),
                   [(row["loss"], row["named"], row["predictions"]) for row in ended["runs"]])
        wanted = wanted or answers
        assert answers == wanted, experiment["id"]
    sources = {server.get(f"/experiments/{each['id']}").get("cached_from") for each in made}
    assert len(sources) == 2 and None in sources, "one was trained, the others are answered by it"
    assert n_trained(server) == 8 * 1000
    for number in (0, 150, 299):
        events = server.events(made[number]["id"], "?points=all")
        assert [epoch for epoch, _ in epochs_of(events, 7)] == list(range(1, 1001))
        assert events[-1].data["experiment"] == made[number]["id"]


def long_spec():
    return cached(specs.long_run(epochs=30000, samples=300))


def test_who_comes_during_the_training_waits_for_it(fresh_server):
    """Its stream is open all the while, and tells everything in the end."""
    server = fresh_server()
    first = server.post(long_spec())["id"]
    wait_for_more_epochs(server, first, 0)
    other = server.post(long_spec())
    assert other["cached_from"] == first
    if other["state"] == "queued":  # else the first has ended meanwhile
        assert [row["state"] for row in other["runs"]] == ["queued"]
    with server.stream(other["id"], "?points=all") as stream:
        events = list(stream)
    assert [epoch for epoch, _ in epochs_of(events, 0)] == list(range(1, 30001))
    assert all_answers(server, other["id"]) == all_answers(server, first)
    assert n_trained(server) == 30000


def test_a_post_that_waits_is_answered_when_the_other_ends(fresh_server):
    server = fresh_server()
    first = server.post(long_spec())["id"]
    reply = server.request("POST", "/experiments", json=long_spec(), headers={"Prefer": "wait=60"})
    assert reply.json()["state"] == "done" and reply.json()["cached_from"] == first
    assert server.get(f"/experiments/{first}")["state"] == "done"
    assert n_trained(server) == 30000


@pytest.mark.parametrize("end", ["cancel", "delete"])
def test_when_the_one_that_is_trained_is_lost_the_next_is_trained(fresh_server, end):
    server = fresh_server()
    first = server.post(specs.long_run() | {"cache": True})["id"]
    others = [server.post(specs.long_run() | {"cache": True})["id"] for _ in range(3)]
    epochs = wait_for_more_epochs(server, first, 0)
    if end == "cancel":
        assert cancel(server, first).status_code == 202
        row = server.wait(first)["runs"][0]
        assert row["state"] == "cancelled" and row["epoch"] >= epochs
    else:
        assert server.request("DELETE", f"/experiments/{first}").status_code == 204
    wait_for_more_epochs(server, others[0], 0)
    assert "cached_from" not in server.get(f"/experiments/{others[0]}")
    for other in others[1:]:
        waiting = server.get(f"/experiments/{other}")
        assert waiting["cached_from"] == others[0] and waiting["state"] == "queued"
    assert cancel(server, others[2]).status_code == 202
    assert server.get(f"/experiments/{others[2]}")["runs"][0]["state"] == "cancelled"
    assert server.get(f"/experiments/{others[0]}")["state"] == "running"
    assert "cached_from" not in server.get(f"/experiments/{others[2]}")


def test_what_was_cancelled_answers_for_nobody(fresh_server):
    server = fresh_server()
    first = server.post(specs.long_run() | {"cache": True})["id"]
    wait_for_more_epochs(server, first, 0)
    cancel(server, first)
    other = server.post(specs.long_run() | {"cache": True})
    assert "cached_from" not in other
    wait_for_more_epochs(server, other["id"], 0)


# --- what stays --------------------------------------------------------------------------


def test_deleting_the_one_that_was_trained_loses_nothing_of_the_others(fresh_server):
    server = fresh_server()
    spec = cached(specs.sweep([1e-3, 4e-4], epochs=300))
    first = server.train(spec)["id"]
    others = [server.post(spec)["id"] for _ in range(2)]
    wanted = all_answers(server, first)
    assert server.request("DELETE", f"/experiments/{first}").status_code == 204
    assert server.request("GET", f"/experiments/{first}").status_code == 404
    for end in (None, signal.SIGTERM, signal.SIGKILL):
        if end is not None:
            server.restart(end)
        for other in others:
            assert all_answers(server, other) == wanted
            assert server.get(f"/experiments/{other}")["cached_from"] == first
    third = server.post(spec)
    assert third["state"] == "done" and n_trained(server) == 0
    for other in (*others, third["id"]):
        assert server.request("DELETE", f"/experiments/{other}").status_code == 204
    assert "cached_from" not in server.train(spec)


def test_kill_minus_9_while_others_wait_changes_no_bit(fresh_server):
    server = fresh_server()
    spec = specs.long_run(epochs=40000, samples=int(3000 / build_slowness()))
    wanted = results(server, server.train(spec)["id"])
    made = [server.post(cached(spec))["id"] for _ in range(4)]
    epochs = 0
    for _ in range(2):
        epochs = wait_for_more_epochs(server, made[0], epochs)
        assert epochs < 40000, "the run ended before it could be interrupted"
        server.restart(signal.SIGKILL)
    for experiment in made:
        server.wait(experiment)
        assert results(server, experiment) == wanted
    assert all(server.get(f"/experiments/{other}")["cached_from"] == made[0] for other in made[1:])
