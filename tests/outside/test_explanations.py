"""Every run explained: floors before the first epoch, verdicts while it trains and when it has
ended, on the stream, in the records, after a restart; and nobody's training waits for them."""
import json
import os
import pathlib
import signal
import time

import numpy as np
import pytest

import specs
from service import JSON_TYPE, ROOT, build_slowness, wait_until

SEVERITIES = {"block", "warn", "note", "ok", "error"}
KINDS = {"theorem", "exact", "local", "counterfactual", "statistical", "numerical"}


def data_of(server, experiment):
    """Inputs [n][2] and targets [n] as the server tells them."""
    table = np.array([[float(cell) for cell in line.split(",")]
                      for line in server.text(f"/experiments/{experiment}/dataset?format=csv")
                      .splitlines()[1:]])
    return table[:, :-1], table[:, -1]


def lines_of(floors):
    return {line["code"]: line for line in floors["lines"]}


def verdicts_of(server, experiment, run=0):
    """Asked again where others had all of the processor: explanations are made in what they
    leave."""
    for _ in range(5):
        reply = server.request("GET", f"/experiments/{experiment}/runs/{run}/verdicts",
                               headers={"Prefer": "wait=60"}, timeout=90 * server.slowness)
        assert reply.status_code == 200, reply.text
        if reply.json()["state"] != "end":
            break
    return reply.json()


def codes_of(verdicts):
    return [verdict["code"] for verdict in verdicts["verdicts"]]


@pytest.fixture(scope="module")
def dead(server):
    """The report's first surprise: at 0.025 both units die, and the loss stays at the variance."""
    experiment = server.train(specs.golden("lr_0.025"))["id"]
    verdicts_of(server, experiment)
    return experiment


# --- floors ------------------------------------------------------------------------------------


def test_floors_are_those_of_numpy(server, dead):
    """Rounding alone: sums of 100 terms in another order."""
    x, y = data_of(server, dead)
    lines = lines_of(server.get(f"/experiments/{dead}/runs/0")["floors"])
    plane = np.c_[x, np.ones(len(y))]
    residuals = y - plane @ np.linalg.lstsq(plane, y, rcond=None)[0]
    _, groups = np.unique(x, axis=0, return_inverse=True)
    means = np.bincount(groups.ravel(), weights=y) / np.bincount(groups.ravel())
    expected = {"constant": y.var(), "linear": np.mean(residuals ** 2),
                "pure_error": np.mean((y - means[groups.ravel()]) ** 2)}
    for code, value in expected.items():
        assert lines[code]["value"] == pytest.approx(value, rel=1e-11), code
        assert lines[code]["of"] == "train" and lines[code]["kind"] == "exact"


def test_the_best_network_known_is_labelled_as_a_bound(server, dead):
    lines = lines_of(server.get(f"/experiments/{dead}/runs/0")["floors"])
    best = lines["best_known"]
    assert best["kind"] == "bound"
    assert lines["pure_error"]["value"] <= best["value"] < lines["linear"]["value"]


def test_a_check_of_a_spec_tells_its_floors(server, dead):
    reply = server.request("POST", "/experiments?validate=true", headers=JSON_TYPE,
                           data=json.dumps(specs.golden("lr_0.025")))
    stored = lines_of(server.get(f"/experiments/{dead}/runs/0")["floors"])
    told = lines_of(reply.json()["floors"])
    assert {code: told[code]["value"] for code in told} == \
        {code: stored[code]["value"] for code in stored if code != "best_known"}


def test_a_stream_opens_with_the_floors_and_only_for_who_is_new(server, dead):
    first, second = server.events(dead), server.events(dead)
    assert first == second
    opening = first[0]
    assert opening.name == "floors" and opening.id is None
    assert opening.data["experiment"] == dead and opening.data["runs"] == [0]
    stored = lines_of(server.get(f"/experiments/{dead}/runs/0")["floors"])
    for line in opening.data["lines"]:
        assert line["value"] == stored[line["code"]]["value"]
    rest = server.events(dead, last_id=first[1].id)
    assert [event.name for event in rest].count("floors") == 0
    assert rest == first[2:]


def test_runs_of_different_data_have_floors_of_their_own(server):
    spec = {**specs.report(epochs=5), "sweep": {"/dataset/seed": [1, 2, 2],
                                                specs.RATE: [1e-4, 1e-3]}}
    experiment = server.train(spec)["id"]
    frames = [event.data for event in server.events(experiment) if event.name == "floors"]
    assert [frame["runs"] for frame in frames] == [[0, 1], [2, 3, 4, 5]]
    for frame in frames:
        stored = lines_of(server.get(
            f"/experiments/{experiment}/runs/{frame['runs'][-1]}")["floors"])
        for line in frame["lines"]:
            assert line["value"] == stored[line["code"]]["value"]


def test_floors_of_several_experiments_come_in_one_stream(server, dead):
    other = server.train(specs.report(epochs=7))["id"]
    with server.stream_of_several([dead, other]) as stream:
        events = list(stream)
    assert [(event.name, event.data["experiment"]) for event in events[:2]] == \
        [("floors", dead), ("floors", other)]


def test_a_restarted_server_opens_with_the_same_floors(fresh_server):
    server = fresh_server()
    experiment = server.train(specs.report(epochs=5))["id"]
    before = server.events(experiment)
    server.restart(signal.SIGKILL)
    assert server.events(experiment) == before


# --- verdicts ----------------------------------------------------------------------------------


def test_dead_units_are_named_with_the_step_that_killed_them(server, dead):
    verdicts = verdicts_of(server, dead)
    assert verdicts["state"] == "full" and verdicts["headline"] == "COLLAPSED_TO_CONSTANT"
    found = {verdict["code"]: verdict for verdict in verdicts["verdicts"]}
    assert {"COLLAPSED_TO_CONSTANT", "DEAD_UNITS"} <= set(found)
    for verdict in verdicts["verdicts"]:
        assert verdict["severity"] in SEVERITIES and verdict["kind"] in KINDS
        assert verdict["text"] and isinstance(verdict["certain"], bool)
        assert isinstance(verdict["scope"], list) and isinstance(verdict["evidence"], dict)


def test_the_headline_stands_in_the_row_of_the_run(server, dead):
    row = server.explained(dead)["runs"][0]
    first = verdicts_of(server, dead)["verdicts"][0]
    assert row["headline"] == {name: first[name] for name in ("code", "severity", "text")}
    assert row["explained"] == "full"


def test_verdicts_alone_are_those_of_the_record(server, dead):
    assert verdicts_of(server, dead) == server.get(f"/experiments/{dead}/runs/0")["verdicts"]


def test_actions_can_be_posted_as_they_are(server, dead):
    """Each is an experiment of its own that the server takes."""
    posts = [action["post"] for verdict in verdicts_of(server, dead)["verdicts"]
             for action in verdict["actions"]]
    assert posts
    for post in posts:
        assert post["fork"]["experiment"] == dead and post["fork"]["run"] == 0
        reply = server.request("POST", "/experiments?validate=true", headers=JSON_TYPE,
                               data=json.dumps(post))
        assert reply.status_code == 200, (post, reply.text)


def by_heart(**training):
    """15 samples of a line with noise for 25 parameters, and 200 rows to look at."""
    return {"dataset": {"kind": "formula", "samples": 215, "seed": 3,
                        "features": {"x": "uniform(-2,2)"}, "target": "2*x + normal(0,1)",
                        "split": {"train": 15 / 215, "validation": 200 / 215}},
            "network": {"layers": [{"units": 8, "activation": "tanh"},
                                   {"units": 1, "activation": "linear"}],
                        "init": {"scheme": "normal", "sd": 1, "seed": 3}},
            "training": {"optimizer": {"name": "sgd", "learning_rate": .1}, "gradient": "half",
                         "batch_size": 15, "epochs": 2000, **training}, "cache": False}


def test_learning_by_heart_is_seen_in_the_validation_part(server):
    """The best epoch is that of the recorded validation loss, to the last bit; and what is to be
    tried instead can be: the run that stops by patience ends before."""
    experiment = server.train(by_heart())["id"]
    verdicts = verdicts_of(server, experiment)
    assert verdicts["headline"] == "OVERFITTING"
    found = verdicts["verdicts"][0]
    losses = server.get(f"/experiments/{experiment}/runs/0/epochs")["validation_loss"]
    best = min(range(len(losses)), key=losses.__getitem__)
    assert found["evidence"]["best_epoch"] == best + 1
    assert found["evidence"]["validation_loss_best"] == losses[best]
    assert found["evidence"]["validation_loss_end"] == losses[-1]
    stopped, decayed = (server.train(action["post"]) for action in found["actions"])
    assert stopped["runs"][0]["epoch"] < 2000
    assert stopped["runs"][0]["stopped"] == "patience"
    assert decayed["spec"]["training"]["optimizer"]["weight_decay"] == .001


def test_a_rate_that_follows_the_validation_part_is_trained_on(server):
    """It is trained again and on, looking at the same rows."""
    schedule = {"kind": "reduce_on_plateau", "patience": 20, "factor": .5}
    experiment = server.train(by_heart(schedule=schedule, epochs=400))["id"]
    verdicts = verdicts_of(server, experiment)
    assert not any("UNDERTRAINED" in one["code"] for one in verdicts["not_run"])


def test_the_same_results_have_the_same_explanation(server, dead):
    spec = {**specs.golden("lr_0.025"), "cache": True}
    first, other = server.train(spec), server.train({**spec, "name": "again"})
    assert other["cached_from"] == first["id"]
    mine, theirs = verdicts_of(server, other["id"]), verdicts_of(server, first["id"])
    assert codes_of(mine) == codes_of(theirs) and mine["text"] == theirs["text"]
    for verdict in mine["verdicts"]:
        assert all(action["post"]["fork"]["experiment"] == other["id"]
                   for action in verdict["actions"])


def test_the_explanation_is_a_function_of_the_run(server, dead, fresh_server):
    """Made by another server, in another moment: the same words and digits."""
    server_2 = fresh_server()
    experiment = server_2.train(specs.golden("lr_0.025"))["id"]
    text = json.dumps(verdicts_of(server_2, experiment)).replace(experiment, "ID")
    assert text == json.dumps(verdicts_of(server, dead)).replace(dead, "ID")


def test_a_run_in_training_has_live_verdicts_and_a_cancelled_one_no_reruns(server):
    """To look for the step that killed a unit of so long a run takes longer than a desk has."""
    experiment = server.post(specs.long_run())["id"]
    wait_until(lambda: server.get(f"/experiments/{experiment}/runs/0")["epoch"] > 0,
               20 * server.slowness, "epochs")
    live = server.get(f"/experiments/{experiment}/runs/0")
    assert live["verdicts"]["state"] == "live" and live["floors"]["lines"]
    server.request("POST", f"/experiments/{experiment}/cancel", data="{}", headers=JSON_TYPE)
    ended = server.get(f"/experiments/{experiment}/runs/0")
    assert ended["verdicts"]["state"] in ("end", "full") or "100 ms" in ended["verdicts"]["why"]
    full = verdicts_of(server, experiment)
    assert {"code": "RE_RUNS", "why": "the run was cancelled"} in full["not_run"]


def test_unknown_runs_are_not_found(server, dead):
    for path in (f"/experiments/{dead}/runs/7/verdicts", "/experiments/nobody/runs/0/verdicts"):
        assert server.request("GET", path, headers={"Prefer": "wait=5"}).status_code == 404


def test_a_long_run_is_explained_at_once_but_for_what_needs_it_again(fresh_server):
    """Training it again takes longer than an answer may; meanwhile others keep the background."""
    server = fresh_server(workers=1)
    experiment = server.train(specs.report(1e-7, epochs=150000))["id"]
    first = server.get(f"/experiments/{experiment}/runs/0")
    assert {"constant", "linear", "noise"} <= lines_of(first["floors"]).keys()
    assert first["verdicts"]["state"] in ("end", "full")
    assert first["verdicts"]["numbers"]["largest_curvature"] > 0
    assert {"LR_WINDOW", "GRADIENT_CHECK"} <= set(codes_of(first["verdicts"]))
    if first["verdicts"]["state"] == "end":
        told = {entry["code"]: entry["why"] for entry in first["verdicts"]["not_run"]}
        assert "100 ms" in told["the median loss of the last epochs"]
    full = verdicts_of(server, experiment)
    assert full["state"] == "full" and full["loss"]["median_of_last_epochs"] > 3
    told = {entry["code"]: entry["why"] for entry in full["not_run"]}
    assert any("UNDERTRAINED" in code and "over 20,000 epochs" in why
               for code, why in told.items())


# --- on the stream -----------------------------------------------------------------------------


def test_a_verdict_stands_before_the_end_of_its_run(server, dead):
    events = server.events(dead)
    names = [event.name for event in events]
    assert names[-3:] == ["verdict", "state", "state"]
    told = events[-3].data
    assert (told["run"], told["epoch"], told["state"]) == (0, 1000, "done")
    assert told["headline"]["code"] == "COLLAPSED_TO_CONSTANT"
    assert told["codes"][0] == "COLLAPSED_TO_CONSTANT" and "DEAD_UNITS" in told["codes"]


def test_every_place_of_the_stream_can_be_resumed(server):
    experiment = server.train({**specs.report(0.025, epochs=50),
                               "sweep": {specs.RATE: [0.025, 0.001, 1e-4]}})["id"]
    events = server.events(experiment)
    assert [event.name for event in events].count("verdict") == 3
    for i, event in enumerate(events[:-1]):
        if event.id is not None:
            assert server.events(experiment, last_id=event.id) == events[i + 1:]
    with server.stream(experiment, last_id=events[-1].id) as stream:
        assert stream.status == 204


def test_a_live_run_tells_when_its_units_die(server):
    """The units are off after the first epochs; the run goes on, and the stream says so."""
    spec = {**specs.golden("lr_0.025"), "name": "long and dead"}
    spec["training"] = {**spec["training"], "epochs": 100000000}
    experiment = server.post(spec)["id"]
    try:
        with server.stream(experiment, seconds=30) as stream:
            told = next(event for event in stream if event.name == "verdict")
        assert told.data["state"] == "running" and told.data["epoch"] > 0
        assert "DEAD_UNITS" in told.data["codes"]
    finally:
        server.request("POST", f"/experiments/{experiment}/cancel", data="{}", headers=JSON_TYPE)


@pytest.mark.parametrize("samples, target, init, code, severity", [
    # dead from the start; without noise all that is left could have been learnt
    (50, "x**2", {"scheme": "constant", "weight": -1, "bias": -1}, "COLLAPSED_TO_CONSTANT",
     "block"),
    (3, "x + normal(0, 3)", {"scheme": "uniform", "seed": 3}, "BELOW_NOISE_FLOOR", None)])
def test_a_live_run_knows_the_noise_of_its_data(server, samples, target, init, code, severity):
    experiment = server.post({
        "dataset": {"kind": "formula", "samples": samples, "seed": 1,
                    "features": {"x": "uniform(0, 2)"}, "target": target},
        "network": {"layers": [{"units": 8, "activation": "relu"}, {"units": 1}], "init": init},
        "training": {"epochs": 100000000,
                     "optimizer": {"name": "sgd", "learning_rate": 0.01}}})["id"]
    try:
        with server.stream(experiment, seconds=30) as stream:
            told = next(event.data for event in stream
                        if event.name == "verdict" and code in event.data["codes"])
        assert told["state"] == "running"
        assert severity is None or (told["headline"]["code"], told["headline"]["severity"]) == (
            code, severity)
    finally:
        server.request("POST", f"/experiments/{experiment}/cancel", data="{}", headers=JSON_TYPE)


# --- the explainer -----------------------------------------------------------------------------


def test_explanations_are_kept_and_missing_ones_made_after_a_restart(fresh_server):
    server = fresh_server()
    experiment = server.train(specs.golden("lr_0.025"))["id"]
    before = verdicts_of(server, experiment)
    assert before["state"] == "full"
    other = server.train(specs.sweep([1e-4, 2e-4, 4e-4, 8e-4], epochs=300))["id"]
    server.restart(signal.SIGKILL)
    assert verdicts_of(server, experiment) == before
    assert all(run["explained"] == "full" for run in server.explained(other)["runs"])


def spent_s(server):
    """Processor time of the server so far."""
    fields = pathlib.Path(f"/proc/{server.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


def test_nobody_thinks_about_what_was_deleted(fresh_server):
    """Its re-runs would take over a second of processor time, and begin at once."""
    server = fresh_server()
    spec = specs.report(1e-6, epochs=3000)
    spec["network"] = {"layers": [{"units": 24, "activation": "tanh"}, {"units": 1}],
                       "init": {"scheme": "uniform", "seed": 1}}
    path = f"/experiments/{server.train(spec)['id']}"
    wait_until(lambda: server.get(path)["runs"][0]["explained"] != "not yet", 60 * server.slowness,
               "the first explanation")
    assert server.request("DELETE", path).status_code == 204
    before, quiet_since, used = spent_s(server), time.monotonic(), 0.0
    while time.monotonic() < quiet_since + 0.2:
        if spent_s(server) > before + used:
            used, quiet_since = spent_s(server) - before, time.monotonic()
            assert used < 0.3 * build_slowness()


def test_an_experiment_can_be_deleted_while_it_is_explained(fresh_server):
    server = fresh_server()
    for _ in range(3):
        experiment = server.train(specs.sweep([1e-4, 2e-4, 3e-4, 4e-4], epochs=1000))["id"]
        assert server.request("DELETE", f"/experiments/{experiment}").status_code == 204
        assert server.request("GET", f"/experiments/{experiment}/runs/0/verdicts"
                              ).status_code == 404
    last = server.train(specs.report(epochs=20))["id"]
    assert verdicts_of(server, last)["state"] == "full"
    server.check()


def test_a_server_that_explains_stops_at_once(fresh_server):
    server = fresh_server()
    server.train(specs.sweep([i * 1e-5 for i in range(1, 33)], epochs=1000))
    started = time.monotonic()
    assert server.restart() == 0
    assert time.monotonic() - started < 3 * build_slowness()  # the longest search takes a second
    server.check()


def test_nobody_who_waits_to_train_waits_for_an_explanation(fresh_server):
    """While runs have not begun, none of those that have ended is explained any further."""
    server = fresh_server(workers=1)
    # A block has 16 runs, and those of the second begin when the first has ended.
    rates = [i * 1e-7 for i in range(1, 33)]
    busy = server.post({**specs.long_run(), "sweep": {specs.RATE: rates}, "cache": False})["id"]
    short = server.train({**specs.report(epochs=200), "cache": False})["id"]

    def begun():
        return server.get(f"/experiments/{busy}")["runs"][0]["epoch"]

    for _ in range(10):  # a slice of a tenth of a second each; an explanation takes less than all
        before = begun()
        wait_until(lambda: begun() > before, 30 * server.slowness, "training that goes on")
        assert server.get(f"/experiments/{short}")["runs"][0]["explained"] == "not yet"
    assert server.request("DELETE", f"/experiments/{busy}").status_code == 204
    assert server.explained(short)


# --- what is advised ------------------------------------------------------------------------------


def test_early_stopping_by_the_validation_part_is_no_reason_to_train_longer(server):
    spec = {"dataset": {"kind": "moons", "samples": 200, "noise": 0.3,
                        "split": {"train": 0.6, "validation": 0.4}},
            "network": {"layers": [{"units": 32, "activation": "tanh"},
                                   {"units": 1, "activation": "sigmoid"}]},
            "training": {"loss": "binary_cross_entropy",
                         "optimizer": {"name": "adam", "learning_rate": 0.01},
                         "batch_size": 10, "order": "shuffle", "epochs": 2000,
                         "stop": {"patience": 30}}}
    stopped = server.train(spec)
    assert stopped["runs"][0]["stopped"] == "patience"
    told = {verdict["code"]: verdict for verdict in verdicts_of(server, stopped["id"])["verdicts"]}
    row = server.get(f"/experiments/{stopped['id']}/runs/0")
    assert "UNDERTRAINED" not in told
    verdict = told["STOPPED_AS_ASKED"]
    best = row["best"]
    assert best["epoch"] == row["epoch"] - 30
    assert f", in epoch {best['epoch']}, whose weights" in verdict["text"]
    assert verdict["evidence"]["best_epoch"] == best["epoch"]
    assert verdict["evidence"]["validation_loss_best"] == pytest.approx(
        best["validation_loss"], rel=1e-12)  # other sums
    del spec["training"]["stop"]
    spec["training"]["epochs"] = stopped["runs"][0]["epoch"]
    told = verdicts_of(server, server.train(spec)["id"])["verdicts"]
    text = next(verdict["text"] for verdict in told if verdict["code"] == "UNDERTRAINED")
    assert "learning rate x epochs" not in text, "adam's steps do not add up to that"


def test_an_action_gives_the_rate_that_it_names(server):
    """1e-6 times 10 is 9.999999999999999e-06 as doubles multiply."""
    verdicts = verdicts_of(server, server.train({"preset": "lr_1e-6"})["id"])["verdicts"]
    action = verdicts[0]["actions"][1]
    assert action["label"] == "again with a learning rate of 1e-5"
    assert action["post"]["changes"] == {"/training/optimizer/learning_rate": 1e-05}


@pytest.mark.parametrize("change", [
    {"stop": {"target": 2.5}},
    {"order": "shuffle", "stop": {"patience": 1, "min_delta": 1e-3},
     "optimizer": {"learning_rate": 0.001}}])
def test_going_on_is_not_ended_by_the_stop_that_ended_the_run(server, change):
    made = server.train({"preset": "lr_0.0004", "training": change})
    assert made["runs"][0]["stopped"] in change["stop"]
    verdicts = verdicts_of(server, made["id"])["verdicts"]
    posts = [action["post"] for verdict in verdicts for action in verdict["actions"]
             if "without its early stop" in action["label"]]
    assert posts
    for post in posts:
        run = server.train(post)["runs"][0]
        assert (run["epoch"], run["stopped"]) == (post["changes"]["/training/epochs"], None)


@pytest.mark.parametrize("samples, train, rate, epochs, severity, rise", [
    (200, 0.6, 0.01, 2000, "warn", "lowest, 0.319, in epoch 167, and has risen to 0.735"),
    (60, 0.5, 0.02, 1000, "note", "lowest, 0.152, in epoch 141, and has risen to 0.471")])
def test_more_epochs_are_not_advised_where_the_validation_loss_has_risen(
        server, samples, train, rate, epochs, severity, rise):
    """Over 80 rows that is no luck, over 30 it may be (p = 0.11): the headline all the same."""
    spec = {"dataset": {"kind": "moons", "samples": samples, "noise": 0.3,
                        "split": {"train": train, "validation": 1 - train}},
            "network": {"layers": [{"units": 32, "activation": "tanh"},
                                   {"units": 1, "activation": "sigmoid"}]},
            "training": {"loss": "binary_cross_entropy", "batch_size": 10, "order": "shuffle",
                         "optimizer": {"name": "adam", "learning_rate": rate}, "epochs": epochs}}
    found = verdicts_of(server, server.train(spec)["id"])
    told = {verdict["code"]: verdict for verdict in found["verdicts"]}
    assert found["headline"] == "OVERFITTING"
    assert told["OVERFITTING"]["severity"] == severity
    assert rise in told["OVERFITTING"]["text"]
    assert "has risen since epoch" in told["UNDERTRAINED"]["text"]
    assert told["UNDERTRAINED"]["actions"] == [] and told["UNDERTRAINED"]["severity"] == "note"


def test_units_that_died_before_a_fork_are_not_blamed_on_start_values(server):
    source = server.train({"preset": "lr_0.025"})
    rest = server.train({"fork": {"experiment": source["id"], "at": "end"},
                         "changes": {"/training/epochs": 20}})
    for made, is_born in ((source, False), (rest, True)):
        verdict = next(verdict for verdict in verdicts_of(server, made["id"])["verdicts"]
                       if verdict["code"] == "DEAD_UNITS")
        assert ("had come to that" in verdict["text"]) == is_born
        assert "starting values" not in verdict["text"]


def test_a_leak_is_not_advised_where_all_starts_at_0(server):
    verdicts = verdicts_of(server, server.train({"preset": "all_zero"})["id"])["verdicts"]
    labels = [action["label"] for verdict in verdicts for action in verdict["actions"]]
    assert "again from ten random starts" in labels
    assert not any("leaky" in label for label in labels)


def test_random_starts_are_tried_by_tens(server):
    verdicts = verdicts_of(server, server.train({"preset": "lr_0.025"})["id"])["verdicts"]
    action = next(action for verdict in verdicts for action in verdict["actions"]
                  if action["label"] == "again from ten random starts")
    runs = server.train(action["post"])["runs"]
    assert [run["overrides"] for run in runs] == [{"/network/init/seed": i} for i in range(1, 11)]
    assert len({run["first_loss"] for run in runs}) == 10


def test_a_tenth_of_the_rate_is_not_advised_where_units_die_of_it_too(server):
    """Wine as measured has features up to 1,680."""
    spec = {"dataset": {"kind": "wine"},
            "network": {"layers": [{"units": 4, "activation": "relu"},
                                   {"units": 3, "activation": "softmax"}]},
            "training": {"loss": "categorical_cross_entropy", "epochs": 20,
                         "optimizer": {"learning_rate": 0.1}}}
    verdicts = verdicts_of(server, server.train(spec)["id"])["verdicts"]
    told = {verdict["code"]: verdict for verdict in verdicts}
    assert "they die too" in told["DEAD_UNITS"]["text"]
    for code in ("DEAD_UNITS", "COLLAPSED_TO_CONSTANT"):
        labels = [action["label"] for action in told[code]["actions"]]
        assert labels and not any("learning rate" in label for label in labels), code


# --- against the vectors of an independent prototype ---------------------------------------------

VECTORS = json.loads((ROOT / "tests/golden/vectors.json").read_text())
HEADLINES = {"R01": "COLLAPSED_TO_CONSTANT", "R03": "LR_NOISE_FLOOR", "R04": "LR_NOISE_FLOOR",
             "R05": "AFFINE_ON_DATA", "R07": "AFFINE_ON_DATA", "R08": "UNDERTRAINED",
             "R09": "UNDERTRAINED", "R12": "COLLAPSED_TO_CONSTANT", "R13": "ZERO_INIT_SADDLE",
             "R14": "SYMMETRIC_UNITS", "R16": "NO_SIGNAL"}


def spec_of(vector):
    """The vector's run as a client posts it: its rows as a table, its start by arrays."""
    spec, data = vector["spec"], VECTORS["datasets"][vector["spec"]["data"]]
    start = spec["init"]
    activation = {"leaky": "leaky_relu"}.get(spec["activation"], spec["activation"])
    return {"name": vector["id"],
            "dataset": {"kind": "table", "names": ["x1", "x2", "y"],
                        "rows": [[*x, y] for x, y in zip(data["X"], data["y"])]},
            "network": {"layers": [{"units": 2, "activation": activation},
                                   {"units": 1, "activation": "linear"}],
                        "init": {"scheme": "explicit",
                                 "weights": [[start[0:2], start[2:4]], [start[6:8]]],
                                 "biases": [start[4:6], start[8:9]]}},
            "training": {"loss": "mse", "gradient": "full" if spec["grad_factor_c"] == 2 else "half",
                         "optimizer": {"name": "sgd", "learning_rate": spec["lr"]},
                         "batch_size": spec["batch"], "order": "fixed", "epochs": spec["epochs"]}}


@pytest.mark.parametrize("vector", VECTORS["vectors"], ids=lambda vector: vector["id"])
def test_a_vector_has_its_codes_through_the_server(server, vector):
    expect = vector["expect"]
    experiment = server.train(spec_of(vector))["id"]
    verdicts = verdicts_of(server, experiment)
    assert verdicts["state"] == "full"
    found = set(codes_of(verdicts))
    assert set(expect["must"]) <= found and not set(expect["must_not"]) & found
    headline = HEADLINES.get(vector["id"])
    assert headline is None or verdicts["headline"] == headline


@pytest.mark.parametrize("stop, words", [
    ({"target": 20}, "Training stopped at its target."),
    ({"patience": 1, "min_delta": 1.5},
     "Training stopped because the validation loss had not improved for 1 epoch."),
])
def test_who_stops_as_asked_is_not_blamed_for_it(server, stop, words):
    experiment = server.train({
        "dataset": {"kind": "formula", "samples": 60, "seed": 3,
                    "features": {"n1": "randint(0,4)", "n2": "randint(0,15)"},
                    "target": "n1**2 + n2 + randint(0,5)",
                    "split": {"train": 0.7, "validation": 0.3, "seed": 1}},
        "network": {"layers": [{"units": 8, "activation": "tanh"}, {"units": 1}]},
        "training": {"optimizer": {"name": "sgd", "learning_rate": 0.0003}, "epochs": 3000,
                     "stop": stop}})
    told = verdicts_of(server, experiment["id"])
    verdicts = {verdict["code"]: verdict for verdict in told["verdicts"]}
    assert verdicts["STOPPED_AS_ASKED"]["severity"] == "note"
    assert verdicts["STOPPED_AS_ASKED"]["text"].startswith(words)
    assert verdicts["STOPPED_AS_ASKED"]["actions"] == [] and "UNDERTRAINED" not in verdicts
    assert "WORSE_LOCAL_MINIMUM" not in verdicts
    assert "block" not in {verdict["severity"] for verdict in told["verdicts"]}


# --- the places that a verdict names -------------------------------------------------------------


def alive(step, unit, which, inputs):
    """How many of the inputs a unit of 2-2-1 is above 0 for: before ("old") or after ("new")."""
    value = {row["param"]: row[which] for row in step["update"]}
    w, v, b = (value[name] for name in (f"w{2 * unit + 1}", f"w{2 * unit + 2}", f"bias{unit + 1}"))
    return int((w * inputs[:, 0] + v * inputs[:, 1] + b > 0).sum())


def train_part(server, experiment):
    data = server.get(f"/experiments/{experiment}/dataset")
    return np.array([row[:-1] for row, part in zip(data["rows"], data["parts"])
                     if part == "train"], float)


def deadly(rate, **training):
    spec = specs.report(rate, epochs=40)
    spec["dataset"]["split"] = {"train": 0.7, "validation": 0.3, "seed": 5}
    spec["training"].update({"order": "shuffle", "seed": 2, **training})
    return spec


def check_deaths(server, experiment):
    """GET the step each unit is said to have died in; the epochs they were in."""
    inputs, epochs = train_part(server, experiment), []
    evidence = {verdict["code"]: verdict["evidence"] for verdict in
                verdicts_of(server, experiment)["verdicts"]}["DEAD_UNITS"]
    assert [death["unit"] for death in evidence["death"]] == evidence["units"]
    for death in evidence["death"]:
        step = server.get(f"/experiments/{experiment}/runs/0/step?epoch={death['epoch']}"
                          f"&sample={death['sample']}")
        assert alive(step, death["unit"], "old", inputs) > 0
        assert alive(step, death["unit"], "new", inputs) == 0
        size = step["batch"]["size"] if step.get("batch") else 1
        assert death["step"] == death["sample"] // size + 1
        if size == 1:
            assert (death["row"], death["x"], death["y"]) == (step["row"], step["x"], step["y"])
            assert death["residual_before"] == pytest.approx(step["loss"]["error"], rel=1e-12)
        else:
            assert "row" not in death and "x" not in death
        epochs.append(death["epoch"])
    return epochs


@pytest.mark.parametrize("rate, more, epochs", [(0.025, {}, [5, 1]),
                                                (0.012, {"batch_size": 3}, [7])], ids=str)
def test_the_step_told_to_have_killed_a_unit_did(server, rate, more, epochs):
    assert check_deaths(server, server.train(deadly(rate, **more))["id"]) == epochs


def test_so_it_is_in_a_run_that_goes_on_from_another(server):
    """Its sample orders go on, too: its first epoch is the other's eleventh."""
    first = server.train(deadly(0.0001))["id"]
    fork = {"fork": {"experiment": first, "run": 0, "at": "end"},
            "changes": {"/training/optimizer/learning_rate": 0.016}}
    reply = server.request("POST", "/experiments", data=json.dumps(fork), headers=JSON_TYPE)
    run = server.wait(reply.json()["id"])["id"]
    assert check_deaths(server, run) == [1, 1]
    actions = [action for verdict in verdicts_of(server, run)["verdicts"]
               for action in verdict["actions"]]
    assert any("leaky_relu" in action["label"] for action in actions)
    for action in actions:
        checked = server.request("POST", "/experiments?validate=true", json=action["post"])
        assert checked.status_code == 200, (action["label"], checked.text)


def test_a_diverged_run_s_verdict_names_the_step_it_diverged_in(server):
    experiment = server.train(deadly(1e6))
    verdict = verdicts_of(server, experiment["id"])["verdicts"][0]
    diverged = experiment["runs"][0]["diverged"]
    assert diverged["sample"] > 0 and diverged["sample"] != diverged["row"]
    assert {name: verdict["evidence"][name] for name in diverged} == diverged


def test_the_step_told_to_overshoot_first_does(server):
    experiment = server.train(deadly(0.004))["id"]
    found = {verdict["code"]: verdict["evidence"] for verdict in
             verdicts_of(server, experiment)["verdicts"]}["STEP_OVERSHOOTS_IN_EPOCH_1"]
    rows = server.get(f"/experiments/{experiment}/runs/0/step?epoch={found['epoch']}")["rows"]
    assert rows["row"][found["sample"]] == found["row"] != found["sample"]
    assert [rho > 2 for rho in rows["rho"]].index(True) == found["sample"]
    assert found["first_step"] == found["sample"] + 1
    assert found["peak"] == pytest.approx(max(rows["rho"]), rel=1e-12)  # sums in another order
