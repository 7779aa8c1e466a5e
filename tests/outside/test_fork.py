"""Forks: a run again with some fields changed, or gone on with as if it had never ended."""
import json
import signal
import uuid

import pytest

import specs
from interruptions import wait_for_more_epochs
from service import JSON_TYPE

EPOCHS = 60
KINDS = {"sgd": {}, "momentum": {}, "nesterov": {}, "adagrad": {}, "rmsprop": {}, "adam": {},
         "adamw": {}}
WAYS = [{}, {"order": "shuffle", "seed": 5, "batch_size": 7},
        {"order": "shuffle", "batch_size": 7, "arithmetic": "fast"}, {"batch_size": 30},
        {"order": "with_replacement", "seed": 3, "batch_size": 4}]


def spec(optimizer="sgd", rate=0.01, epochs=EPOCHS, **training):
    return {"dataset": {"kind": "moons", "samples": 30, "noise": 0.1, "seed": 4},
            "network": {"layers": [{"units": 3, "activation": "tanh"}, {"units": 1}],
                        "init": {"scheme": "normal", "seed": 2}},
            "training": {"optimizer": {"name": optimizer, "learning_rate": rate},
                         "epochs": epochs, **training},
            "cache": False}


def fork(experiment, at="end", changes=None, run=0, **more):
    return {"fork": {"experiment": experiment["id"], "run": run, "at": at},
            **({"changes": changes} if changes else {}), **more}


def parameters(server, experiment, run=0, epoch=None):
    where = f"/experiments/{experiment['id']}/runs/{run}/parameters"
    found = server.get(where if epoch is None else f"{where}?epoch={epoch}")
    return found["weights"], found["biases"]


def refused(server, body, queries=("", "?validate=true")):
    """The faults by their places, the same whatever is asked."""
    told = []
    for query in queries:
        reply = server.request("POST", "/experiments" + query, data=json.dumps(body),
                               headers=JSON_TYPE)
        assert reply.status_code == 422, reply.text
        told.append({fault["pointer"]: fault["detail"] for fault in reply.json()["errors"]})
    assert told == told[:1] * len(told)
    return told[0]


# --- going on ----------------------------------------------------------------------------------

@pytest.mark.parametrize("way", WAYS, ids=str)
@pytest.mark.parametrize("optimizer", KINDS)
def test_two_halves_are_the_whole_as_equal_doubles(server, optimizer, way):
    whole = server.train(spec(optimizer, epochs=2 * EPOCHS, **way))
    half = server.train(spec(optimizer, **way))
    rest = server.train(fork(half))
    assert server.losses(half["id"]) + server.losses(rest["id"]) == server.losses(whole["id"])
    assert parameters(server, rest) == parameters(server, whole)
    assert rest["forked_from"] == {"experiment": half["id"], "run": 0, "epoch": EPOCHS,
                                   "changes": {}}


def test_a_chain_of_continuations_is_the_whole(server):
    way = WAYS[1]
    whole = server.train(spec("adam", epochs=5 * EPOCHS, **way))
    part = server.train(spec("adam", **way))
    losses = server.losses(part["id"])
    for epochs in (EPOCHS, 2, EPOCHS - 2, 2 * EPOCHS):
        part = server.train(fork(part, changes={"/training/epochs": epochs}))
        losses += server.losses(part["id"])
    assert losses == server.losses(whole["id"])
    assert parameters(server, part) == parameters(server, whole)


def test_it_goes_on_from_any_epoch_and_from_the_best(server):
    made = server.train(spec("momentum", rate=0.3, order="shuffle"))
    losses, row = server.losses(made["id"]), made["runs"][0]
    for at, epoch in ((17, 17), ("best", row["best_epoch"]), (1, 1)):
        rest = server.train(fork(made, at, {"/training/epochs": 20}))
        assert rest["forked_from"]["epoch"] == epoch
        n = min(20, EPOCHS - epoch)
        assert server.losses(rest["id"])[:n] == losses[epoch:epoch + n]


def test_the_best_epoch_is_that_of_the_validation_part(server):
    posted = spec("adam", rate=0.1, epochs=200)
    posted["dataset"]["split"] = {"train": 0.5, "validation": 0.5}
    made = server.train(posted)
    rest = server.train(fork(made, "best", {"/training/epochs": 5}))
    best = made["runs"][0]["best_epoch"]
    assert 0 < best < 200 and rest["forked_from"]["epoch"] == best
    assert parameters(server, rest, epoch=0) == parameters(server, made, epoch="best")
    assert server.losses(rest["id"]) == server.losses(made["id"])[best:best + 5]


def test_a_run_that_stopped_goes_on(server):
    """As if nobody had stopped it, where nobody does; else patience counts anew."""
    way = {"stop": {"monitor": "loss", "patience": 3, "min_delta": 0.01}, **WAYS[1]}
    made = server.train(spec("adam", epochs=500, **way))
    row = made["runs"][0]
    assert row["stopped"] == "patience" and row["epoch"] < 500
    rest = server.train(fork(made, changes={"/training/stop": None, "/training/epochs": 20}))
    whole = server.train(spec("adam", epochs=row["epoch"] + 20, **WAYS[1]))
    assert server.losses(made["id"]) + server.losses(rest["id"]) == server.losses(whole["id"])
    again = server.train(fork(made))["runs"][0]
    assert again["stopped"] == "patience" and again["epoch"] >= 4


def test_a_plateau_counts_anew_and_from_the_new_rate(server):
    plateau = {"kind": "reduce_on_plateau", "patience": 5, "factor": 0.1}
    made = server.train(spec("adam", rate=0.5, epochs=100, schedule=plateau))
    changes = {specs.RATE: 0.02, "/training/epochs": 5}
    rest = server.train(fork(made, changes=changes))
    plain = server.train(fork(made, changes={**changes, "/training/schedule": None}))
    assert server.losses(rest["id"]) == server.losses(plain["id"])


def test_a_step_and_a_replay_of_what_goes_on_are_those_of_the_whole(server):
    whole = server.train(spec("adam", epochs=2 * EPOCHS, **WAYS[1]))
    rest = server.train(fork(whole, EPOCHS))
    for path, later in (("step?sample=2&epoch=", 3), ("step?sample=0&epoch=", 1),
                        ("parameters?epoch=", 7)):
        told = [server.get(f"/experiments/{made['id']}/runs/0/{path}{epoch}")
                for made, epoch in ((rest, later), (whole, EPOCHS + later))]
        assert [answer.pop("epoch") for answer in told] == [later, EPOCHS + later]
        assert told[0] == told[1]


def test_each_run_of_a_sweep_goes_on_by_itself(server):
    swept = server.train({**spec("adam"), "sweep": {specs.RATE: [0.01, 0.02, 0.03]}})
    whole = server.train({**spec("adam", epochs=2 * EPOCHS), "sweep": {specs.RATE: [0.01, 0.02,
                                                                                   0.03]}})
    for run in range(3):
        rest = server.train(fork(swept, run=run))
        assert len(rest["runs"]) == 1
        assert rest["spec"]["training"]["optimizer"]["learning_rate"] == (run + 1) / 100
        assert server.losses(swept["id"], run) + server.losses(rest["id"]) == \
            server.losses(whole["id"], run)


def test_a_sweep_from_one_state_starts_every_run_there(server):
    half = server.train(spec("adam", **WAYS[1]))
    rest = server.train(fork(half, sweep={specs.RATE: [0.01, 0.1, 0.001]}))
    one = server.train(fork(half, changes={specs.RATE: 0.1}))
    assert server.losses(rest["id"], 1) == server.losses(one["id"])
    whole = server.train(spec("adam", epochs=2 * EPOCHS, **WAYS[1]))
    assert server.losses(rest["id"], 0) == server.losses(whole["id"])[EPOCHS:]


def test_another_learning_rate_is_that_of_plain_python(server):
    posted = specs.report(1e-4, epochs=40, samples=20)
    half = server.train(posted)
    rest = server.train(fork(half, changes={specs.RATE: 3e-4, "/training/epochs": 25}))
    weights, biases = parameters(server, half)
    flat = []
    for layer_weights, layer_biases in zip(weights, biases):
        flat += [value for unit in layer_weights for value in unit] + layer_biases
    data = server.get(f"/experiments/{half['id']}/dataset")
    rows = [(row[:2], row[2:]) for row in data["rows"]]
    losses = plain_sgd(rows, flat, 3e-4, 25)
    assert server.losses(rest["id"]) == losses
    ends, end_biases = parameters(server, rest)
    assert [value for unit in ends[0] for value in unit] == flat[:4]
    assert end_biases == [flat[4:6], flat[8:]] and ends[1] == [flat[6:8]]


def plain_sgd(rows, p, rate, epochs):
    """The notebook's loop over a 2-2-1 relu network, with half the gradient; changes p."""
    losses = []
    for _ in range(epochs):
        total = 0.0
        for (x1, x2), (y,) in rows:
            z = [p[0] * x1 + p[1] * x2 + p[4], p[2] * x1 + p[3] * x2 + p[5]]
            h = [u if u > 0 else 0.0 for u in z]
            e = y - (p[6] * h[0] + p[7] * h[1] + p[8])
            total += e * e
            c = rate * e
            below = [c * p[6] if h[0] > 0 else 0.0, c * p[7] if h[1] > 0 else 0.0]
            p[6], p[7], p[8] = p[6] + c * h[0], p[7] + c * h[1], p[8] + c
            for unit in range(2):
                p[2 * unit] += below[unit] * x1
                p[2 * unit + 1] += below[unit] * x2
                p[4 + unit] += below[unit]
        losses.append(total / len(rows))
    return losses


def test_other_data_and_other_loss_are_gone_on_with(server):
    half = server.train(spec("adam", **WAYS[1]))
    changes = {"/dataset/samples": 50, "/dataset/seed": 9, "/training/loss": "huber",
               "/training/batch_size": 50, "/training/schedule/kind": "cosine",
               "/training/optimizer/beta1": 0.8, "/training/arithmetic": "fast"}
    rest = server.train(fork(half, changes=changes))
    assert rest["runs"][0]["epoch"] == EPOCHS
    assert rest["spec"]["dataset"]["samples"] == 50
    assert "gradient" not in rest["spec"]["training"]  # is of mse alone


def test_a_diverged_run_goes_on_before_the_epoch_in_which_it_did(server):
    posted = spec(rate=3.0, epochs=5000, batch_size=30)
    posted["network"]["layers"][0]["activation"] = "linear"
    made = server.train(posted)
    row = made["runs"][0]
    assert row["state"] == "diverged" and row["epoch"] >= 1, row
    rest = server.train(fork(made, changes={specs.RATE: 1e-300, "/training/epochs": 1}))
    assert rest["forked_from"]["epoch"] == row["epoch"]
    row = rest["runs"][0]  # what is left of the weights may be too much for one more epoch
    assert row["state"] == "done" or row["diverged"]["epoch"] == 1
    again = server.train(fork(made))
    assert again["runs"][0]["state"] == "diverged"
    where = made["runs"][0]["diverged"]
    assert again["runs"][0]["diverged"] == {**where, "epoch": 1}
    early = server.train(fork(made, 1, {specs.RATE: 1e-4, "/training/epochs": 3}))
    assert early["runs"][0]["state"] == "done"


def test_a_cancelled_run_goes_on_where_it_was(server):
    made = server.post(specs.long_run())
    wait_for_more_epochs(server, made["id"], 5)
    server.request("POST", f"/experiments/{made['id']}/cancel")
    ended = server.wait(made["id"])
    epoch = ended["runs"][0]["epoch"]
    rest = server.train(fork(made, changes={"/training/epochs": 2}))
    assert rest["forked_from"]["epoch"] == epoch
    server.request("DELETE", f"/experiments/{made['id']}")


def test_what_goes_on_survives_kills_and_its_source(fresh_server):
    server = fresh_server()
    whole = specs.report(1e-6, epochs=6000, samples=300)
    whole["training"].update(order="shuffle", batch_size=4)
    whole["training"]["optimizer"]["name"] = "adam"
    expected = server.train(whole)
    half = server.train({**whole, "training": {**whole["training"], "epochs": 100}})
    rest = server.post(fork(half, changes={"/training/epochs": 5900}))
    assert server.request("DELETE", f"/experiments/{half['id']}").status_code == 204
    for n in (1, 1500, 3000):
        wait_for_more_epochs(server, rest["id"], n)
        server.restart(signal.SIGKILL)
    ended = server.wait(rest["id"])
    assert server.losses(rest["id"]) == server.losses(expected["id"])[100:]
    assert parameters(server, rest) == parameters(server, expected)
    assert ended["forked_from"]["experiment"] == half["id"]
    server.get(f"/experiments/{half['id']}", status=404)
    assert parameters(server, rest, epoch=1234) == parameters(server, expected, epoch=1334)
    assert parameters(server, rest, epoch=0) == parameters(server, expected, epoch=100)
    assert server.train(fork(rest, at=50, changes={"/training/epochs": 5}))["state"] == "done"


def test_the_spec_of_a_continuation_can_be_posted_again(server):
    half = server.train(spec("adam", **WAYS[1]))
    rest = server.train(fork(half))
    again = server.train(rest["spec"])
    assert server.losses(again["id"]) == server.losses(rest["id"])


# --- the same start ----------------------------------------------------------------------------

def test_a_fork_at_the_start_is_the_run_with_its_fields_changed(server):
    made = server.train(spec("momentum", **WAYS[1]))
    forked = server.train(fork(made, "start", {"/training/optimizer/name": "adam",
                                               specs.RATE: 0.02}))
    plain = server.train(spec("adam", rate=0.02, **WAYS[1]))
    assert forked["spec"]["training"] == plain["spec"]["training"]  # momentum's own field is gone
    assert server.losses(forked["id"]) == server.losses(plain["id"])
    origin = forked["forked_from"]
    changes = origin.pop("changes")
    assert origin == {"experiment": made["id"], "run": 0, "epoch": 0}
    assert changes["/training/optimizer/name"] == {"from": "momentum", "to": "adam"}
    assert changes[specs.RATE] == {"from": 0.01, "to": 0.02}
    assert changes["/training/optimizer/momentum"] == {"from": 0.9, "to": None}
    assert changes["/training/optimizer/beta1"] == {"from": None, "to": 0.9}
    assert forked["name"] == f"{made['name']}, optimizer adam, learning_rate 0.02"


@pytest.mark.parametrize("run, at, changes, sweep, told", [
    (0, "start", {}, None, "run 0"),
    (1, 3, {"/training/epochs": 9}, None, "run 1, from epoch 3, epochs 9"),
    (1, "end", {"/training/stop/target": None, "/training/stop/patience": 4}, None,
     "run 1, from epoch 5, no target, patience 4"),
    (0, "start", {"/network/init": {"scheme": "zeros"}, "/network/layers/0/activation": "tanh"},
     {specs.RATE: [1, 2]}, "run 0, init changed, activation tanh, learning_rate swept"),
    (0, "start", {"/training/epochs": 1, specs.RATE: 1e-5, "/training/seed": 3,
                  "/training/order": "shuffle", "/training/batch_size": 4}, None,
     "run 0, epochs 1, learning_rate 1e-5, seed 3, 2 other fields")])
def test_a_fork_without_a_name_is_called_after_its_source_and_what_changed(
        server, run, at, changes, sweep, told):
    made = server.train({**spec(), "training": {**spec()["training"], "epochs": 5},
                         "sweep": {specs.RATE: [0.1, 0.01]}, "name": "\u00e9" * 200})
    posted = {**fork(made, at, changes, run=run), **({"sweep": sweep} if sweep else {})}
    name = server.post(posted)["name"]
    left = 200 - len(f", {told}")
    assert name == "\u00e9" * (left // 2) + f", {told}"
    server.request("PATCH", f"/experiments/{made['id']}", json={"name": "the source"})
    assert server.post(posted)["name"] == f"the source, {told}"
    assert server.get("/experiments?limit=1")["experiments"][0]["name"] == f"the source, {told}"
    assert server.post({**posted, "name": "mine"})["name"] == "mine"


def test_a_fork_that_changes_nothing_is_called_another_time(server):
    made = server.train({**spec(), "name": "the source"})
    assert server.post(fork(made, "start"))["name"] == "the source, again"


def test_a_record_tells_what_a_fork_changed(server):
    source = server.train({**spec(), "sweep": {specs.RATE: [0.1, 0.01]}})
    rows = [[x, x * x, 1.5] for x in range(60)]
    made = server.train(fork(source, 10, run=1, changes={
        "/training/epochs": 7, specs.RATE: 0.5, "/dataset": {"kind": "table", "rows": rows}},
        sweep={"/training/batch_size": [1, 2]}))
    changes = made["forked_from"]["changes"]
    assert changes["/training/epochs"] == {"from": EPOCHS, "to": 7}
    assert changes[specs.RATE] == {"from": 0.01, "to": 0.5}  # that of run 1
    assert changes["/dataset/kind"] == {"from": "moons", "to": "table"}
    assert changes["/dataset/rows"] == {}  # too long to be repeated
    assert not any("init" in place or "batch" in place for place in changes)

    edited = json.loads(json.dumps(made["spec"]))  # as the page does: the whole spec, edited
    edited["training"]["epochs"] = 9
    again = server.train(edited)
    assert again["forked_from"]["changes"]["/training/epochs"] == {"from": EPOCHS, "to": 9}


def test_a_fork_outlives_its_source_without_its_changes(server):
    source = server.train(spec())
    made = server.train(fork(source, "start", {"/network/layers/0/units": 5}))
    assert made["forked_from"]["changes"] == {"/network/layers/0/units": {"from": 3, "to": 5}}
    server.request("DELETE", f"/experiments/{source['id']}")
    gone = server.get(f"/experiments/{made['id']}")["forked_from"]
    assert gone == {"experiment": source["id"], "run": 0, "epoch": 0, "changes": None}


def test_a_run_of_a_sweep_is_forked_with_its_own_values(server):
    swept = server.train({**spec(), "sweep": {"/training/optimizer/name": ["sgd", "adam"],
                                              specs.RATE: [0.1, 0.01]}})
    for run, row in enumerate(swept["runs"]):
        forked = server.train(fork(swept, "start", run=run, name=f"run {run}"))
        assert server.losses(forked["id"]) == server.losses(swept["id"], run)
        assert forked["name"] == f"run {run}" and "sweep" not in forked["spec"]
        assert forked["spec"]["training"]["optimizer"]["name"] == \
            row["overrides"]["/training/optimizer/name"]


def test_only_one_run_and_the_start_need_not_be_said(server):
    made = server.train(spec())
    forked = server.train({"fork": {"experiment": made["id"]}})
    assert server.losses(forked["id"]) == server.losses(made["id"])
    started = server.train({"fork": {"experiment": made["id"], "at": 0}})
    assert started["spec"]["network"] == made["spec"]["network"]


def test_validate_gives_the_whole_spec(server):
    made = server.train(spec("adam"))
    reply = server.request("POST", "/experiments?validate=true", headers=JSON_TYPE,
                           data=json.dumps(fork(made, changes={"/training/epochs": 7})))
    assert reply.status_code == 200
    checked = reply.json()["spec"]
    assert checked["network"]["init"]["epoch"] == EPOCHS and checked["training"]["epochs"] == 7
    posted = server.train(checked)
    assert posted["runs"][0]["epoch"] == 7


# --- what is refused ---------------------------------------------------------------------------

def test_faults_stand_at_the_changes(server):
    made = server.train(spec())
    assert refused(server, fork(made, changes={"/training/epochs": 0, "/training/lr": 1,
                                               "/network/init/seed": 2})) == {
        "/changes/~1training~1lr":
            "a spec has no such field, did you mean /training/optimizer/learning_rate?",
        "/changes/~1network~1init~1seed":
            "the start values are the state that the run goes on from; fork it at \"start\" to "
            "have others"}
    assert refused(server, fork(made, changes={"/training/epochs": 0})) == {
        "/changes/~1training~1epochs": "got 0, expected 1 to 1000000000"}
    assert refused(server, fork(made, "start", {"/dataset/samples": 5, "/training/batch_size": 1,
                                                "/predict": [[1]]})) == {
        "/changes/~1predict/0": "got a list of 1, expected 2, one number for each feature"}


def test_a_fault_that_a_change_makes_elsewhere_names_that_place(server):
    made = server.train(spec(batch_size=30))
    assert refused(server, fork(made, "start", {"/dataset/samples": 20})) == {
        "/changes": "/training/batch_size: got 30, expected 1 to 20, the number of samples"}


def test_what_makes_the_state_useless_is_said_field_by_field(server):
    made = server.train(spec())
    found = refused(server, fork(made, changes={
        "/network/layers": [{"units": 4, "activation": "tanh"}, {"units": 1}],
        "/training/optimizer/name": "adam"}))
    assert set(found) == {"/changes/~1network~1layers/0/units",
                          "/changes/~1training~1optimizer~1name"}
    assert found["/changes/~1network~1layers/0/units"] == \
        "got 4, but the state to continue from is of a layer of 3"
    assert found["/changes/~1training~1optimizer~1name"].startswith(
        'got "adam", but the state to continue from is of "sgd"')
    assert refused(server, fork(made, changes={"/dataset/kind": "sine"})) == {
        "/changes/~1dataset~1kind":
            "/dataset: got 1 feature, but the state to continue from is of a network of 2"}


def test_what_is_not_there_is_said_at_its_place(server):
    made = server.train({**spec(), "sweep": {specs.RATE: [0.1, 0.2]}})
    gone = {"id": "gone"}
    assert refused(server, fork(gone)) == {
        "/fork/experiment": 'got "gone", but there is no such experiment'}
    assert refused(server, fork(made, run=2)) == {
        "/fork/run": "got 2, expected the number of a run, 0 to 1"}
    assert refused(server, {"fork": {"experiment": made["id"]}}) == {
        "/fork/run": "missing, expected the number of a run, 0 to 1"}
    assert refused(server, fork(made, EPOCHS + 1)) == {
        "/fork/at": f"got {EPOCHS + 1}, expected 0 to {EPOCHS}, the epochs that the run has"}
    assert 'expected "start", "end", "best"' in refused(server, fork(made, "last"))["/fork/at"]
    assert "expected an object" in refused(server, {"fork": made["id"]})["/fork"]
    assert set(refused(server, {**fork(made), "training": {}, "fork": {
        "experiment": made["id"], "run": 0, "epoch": 3}})) == {"/training", "/fork/epoch"}
    assert refused(server, {"fork": {}})["/fork/experiment"] == \
        "missing, expected the id of an experiment"


def test_the_end_of_a_run_that_goes_on_is_not_there_yet(server):
    made = server.post(specs.long_run())
    wait_for_more_epochs(server, made["id"], 3)
    once = ("",)  # the text has the epoch, which goes on
    assert "is running, at epoch" in refused(server, fork(made), once)["/fork/at"]
    assert "has reached so far" in refused(server, fork(made, 399999), once)["/fork/at"]
    rest = server.train(fork(made, 3, {"/training/epochs": 2}))
    assert rest["forked_from"]["epoch"] == 3
    server.request("DELETE", f"/experiments/{made['id']}")


def test_a_state_too_large_for_a_spec_is_refused(server):
    large = spec("adam", epochs=1)
    large["dataset"]["samples"] = 2
    large["network"]["layers"] = [{"units": 200}, {"units": 200}, {"units": 1}]
    made = server.train(large)
    assert "expected at most 700000, which fit in a spec" in refused(server, fork(made))["/fork/at"]


# --- like other posts --------------------------------------------------------------------------

def test_a_fork_sent_twice_with_a_key_is_made_once(server):
    made = server.train(spec())
    headers = {**JSON_TYPE, "Idempotency-Key": str(uuid.uuid4())}
    replies = [server.request("POST", "/experiments", headers=headers,
                              data=json.dumps(fork(made))) for _ in range(2)]
    assert [reply.status_code for reply in replies] == [201, 201]
    assert replies[0].json()["id"] == replies[1].json()["id"]
    assert replies[1].headers["Idempotent-Replayed"] == "true"


def test_equal_states_are_trained_once(server):
    """Whoever they are from."""
    one, two = (server.train({**spec("adam"), "name": str(i)}) for i in range(2))
    first = server.train(fork(one, changes={"/cache": True}))
    again = server.post(fork(two, changes={"/cache": True}))
    assert first.get("cached_from") is None and again["cached_from"] == first["id"]
    assert again["forked_from"]["experiment"] == two["id"]
