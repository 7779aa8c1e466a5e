"""Step mode: the arithmetic of one update, one epoch row by row, and a student's numbers marked."""
import json
import math

import numpy as np
import pytest

import specs
from service import JSON_TYPE, ROOT, wait_until

GOLDEN = json.loads((ROOT / "tests/golden/step_example.json").read_text())
NAMES = {"w1": "w1", "w2": "w2", "w3": "w3", "w4": "w4", "b1": "bias1", "b2": "bias2",
         "w5": "w5", "w6": "w6", "b3": "bias3"}


def one_sample(golden):
    """A run whose first step is the golden one."""
    start = {NAMES[row["param"]]: row["old"] for row in golden["update"]}
    return {"name": "golden step",
            "dataset": {"kind": "table", "rows": [golden["x"] + [golden["y"]]]},
            "network": {"init": {"scheme": "explicit", "named": start}},
            "training": {"epochs": 2, "optimizer": {"learning_rate": golden["lr"]}}}


def step_path(experiment, query="", run=0):
    return f"/experiments/{experiment}/runs/{run}/step{query}"


@pytest.fixture(scope="module")
def report(server):
    return server.train(specs.report(epochs=30, gradient="full"))["id"]


@pytest.fixture(scope="module")
def step(server, report):
    return server.get(step_path(report, "?epoch=3&sample=7"))


def check(server, experiment, answers, query="?epoch=3&sample=7", status=200):
    reply = server.request("POST", f"/experiments/{experiment}/runs/0/step/check{query}",
                           data=json.dumps(answers), headers=JSON_TYPE)
    assert reply.status_code == status, reply.text[:1000]
    return reply.json()


# --- the golden examples ---------------------------------------------------------------------


def same(got, expected, where):
    """The golden numbers were computed in another order: to the last bits but two or so."""
    if isinstance(expected, (bool, str)) or expected is None:
        assert got == expected, (where, got, expected)
    elif isinstance(expected, (int, float)):
        assert got == pytest.approx(expected, rel=2e-14, abs=1e-13), (where, got, expected)
    elif isinstance(expected, list):
        assert len(got) == len(expected), (where, got, expected)
        for i, pair in enumerate(zip(got, expected)):
            same(*pair, f"{where}/{i}")
    else:
        for name, value in expected.items():
            if name not in ("zero_because", "tex", "param"):
                same(got[name], value, f"{where}/{name}")


@pytest.mark.parametrize("name", GOLDEN)
def test_the_golden_steps_are_told(server, name):
    golden = GOLDEN[name]
    step = server.get(step_path(server.train(one_sample(golden))["id"], "?epoch=1&sample=0"))
    assert step["learning_rate"] == golden["lr"] and step["row"] == golden["sample"] * 0
    for part in ("kind", "x", "y", "forward", "loss", "backward", "after"):
        same(step[part], golden[part], f"{name}/{part}")
    rows = {row["param"]: row for row in step["update"]}
    assert len(rows) == 9
    for row in golden["update"]:
        same(rows[NAMES[row["param"]]], row, f"{name}/{row['param']}")
    checks = step["checks"]
    same(checks["overshoot"], golden["checks"]["overshoot"], f"{name}/overshoot")
    for got, expected in zip(checks["balance"], golden["checks"]["balance"]):
        assert got["value"] == pytest.approx(expected["value"], rel=1e-12, abs=1e-18)
    assert checks["kink_within_reach"] == (name == "zero_init")
    assert checks["finite_difference_max_rel_error"] < 1e-9


def test_the_balance_of_a_unit_changes_as_told(server):
    """w5^2 - w1^2 - w2^2 - bias1^2 changes by eta^2 times the same of the slopes, to rounding."""
    run = server.train({"preset": "lr_0.0004"})["id"]
    units, told_of = ((("w1", "w2", "bias1"), "w5"), (("w3", "w4", "bias2"), "w6")), []
    for epoch, sample in [(1, i) for i in range(20)] + [(500, 3), (1000, 99)]:
        step = server.get(step_path(run, f"?epoch={epoch}&sample={sample}"))
        rows = {row["param"]: row for row in step["update"]}
        for (into, out), told in zip(units, step["checks"]["balance"]):
            square = {when: [rows[name][when] ** 2 for name in (out, *into)]
                      for when in ("old", "new")}
            change = [square[when][0] - sum(square[when][1:]) for when in ("new", "old")]
            told_of.append(told["value"])
            assert abs(change[0] - change[1] - told["value"]) <= 1e-14 * sum(square["new"])
    assert sum(value != 0 for value in told_of) >= 6  # a unit that is off for a sample stays


def test_all_zeros_end_at_the_weighted_mean_in_closed_form(server):
    """b* = m sum_i (1 - m)^(n - 1 - i) y_i / (1 - (1 - m)^n), m = rate times factor."""
    experiment = server.train({"preset": "lab_2_relu"})
    y = [row[2] for row in server.get(f"/experiments/{experiment['id']}/dataset")["rows"]]
    n, m = len(y), 0.0004 * 2
    limit = m * sum((1 - m) ** (n - 1 - i) * y[i] for i in range(n)) / (1 - (1 - m) ** n)
    assert experiment["runs"][0]["named"]["bias3"] == pytest.approx(limit, rel=1e-12)


def test_formulas_are_those_of_the_golden_steps(server):
    step = server.get(step_path(server.train(one_sample(GOLDEN["normal"]))["id"],
                                "?epoch=1&sample=0"))
    tex = [row["tex"] for row in step["forward"] + [step["loss"]] + step["backward"]]
    golden = GOLDEN["normal"]
    assert tex == [row["tex"] for row in
                   golden["forward"] + [golden["loss"]] + golden["backward"]]


def test_zero_slopes_name_their_factor(server):
    step = server.get(step_path(server.train(one_sample(GOLDEN["zero_init"]))["id"],
                                "?epoch=1&sample=0"))
    because = {row["param"]: row["zero_because"] for row in step["update"]}
    assert because["w1"] == "outgoing weight w5 is 0 and unit 1 is off: the slope at z1 is 0"
    assert because["w6"] == "hidden output h2 is 0"
    assert because["bias3"] is None


# --- any step of a run -----------------------------------------------------------------------


def test_steps_chain_to_the_parameters_of_the_epoch(server, report):
    path = f"/experiments/{report}/runs/0/parameters"
    before = server.get(f"{path}?epoch=4")["named"]
    for sample in range(100):
        step = server.get(step_path(report, f"?epoch=5&sample={sample}"))
        assert {row["param"]: row["old"] for row in step["update"]} == before
        before = {row["param"]: row["new"] for row in step["update"]}
        assert all(row["old"] + row["step"] == row["new"] for row in step["update"])
    assert before == server.get(f"{path}?epoch=5")["named"]


OPTIMIZERS = [{"name": "momentum", "learning_rate": 1e-5}, {"name": "nesterov",
              "learning_rate": 1e-5}, {"name": "adagrad", "learning_rate": 0.01},
              {"name": "rmsprop", "learning_rate": 0.001}, {"name": "adam",
              "learning_rate": 0.001}, {"name": "adamw", "learning_rate": 0.001,
                                        "weight_decay": 0.1},
              {"name": "sgd", "learning_rate": 1e-4, "l1": 0.01, "clip_norm": 1.0}]


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda o: o["name"])
def test_batches_and_memory_chain_too(server, optimizer):
    spec = specs.report(epochs=3)
    spec["training"].update({"optimizer": optimizer, "batch_size": 40, "order": "shuffle"})
    run = server.train(spec)["id"]
    path = f"/experiments/{run}/runs/0/parameters"
    before, memory = server.get(f"{path}?epoch=2")["named"], None
    for sample in (0, 79, 99):
        step = server.get(step_path(run, f"?epoch=3&sample={sample}"))
        assert step["kind"] == "batch_step"
        assert step["batch"]["size"] == (20 if sample == 99 else 40)
        for i, row in enumerate(step["update"]):
            share = sum(each["share"][i] for each in step["batch"]["samples"])
            assert row["grad"] == pytest.approx(share, rel=1e-11, abs=1e-11)
            assert row["old"] == before[row["param"]]
            if memory:
                now = {name: value["old"] for name, value in row.get("memory", {}).items()}
                assert now == memory[row["param"]]
        before = {row["param"]: row["new"] for row in step["update"]}
        memory = {row["param"]: {name: value["new"] for name, value in
                                 row.get("memory", {}).items()} for row in step["update"]}
        assert step["checks"]["finite_difference_max_rel_error"] < 1e-8
    assert before == server.get(f"{path}?epoch=3")["named"]


@pytest.mark.parametrize("training", [
    {"schedule": {"kind": "cosine", "final": 1e-6, "warmup_epochs": 2}},
    {"schedule": {"kind": "reduce_on_plateau", "factor": 0.5, "patience": 0, "threshold": 0.5}},
    {"order": "with_replacement", "seed": 3}, {"arithmetic": "fast", "batch_size": 30}], ids=str)
def test_every_way_of_training_has_steps(server, training):
    spec = specs.report(epochs=9)
    spec["training"].update(training)
    run = server.train(spec)["id"]
    told = server.get(step_path(run, "?epoch=9"))
    end = server.get(f"/experiments/{run}/runs/0/parameters?epoch=9")["named"]
    assert {row["param"]: row["end"] for row in told["parameters"]} == end
    assert told["loss"]["printed"] == server.losses(run)[8]
    last = server.get(step_path(run, "?epoch=9&sample=99"))
    assert {row["param"]: row["new"] for row in last["update"]} == end


def test_steps_of_a_continued_run_go_on_where_the_other_ended(server, report):
    fork = {"fork": {"experiment": report, "run": 0, "at": "end"},
            "changes": {"/training/epochs": 3}}
    reply = server.request("POST", "/experiments", data=json.dumps(fork), headers=JSON_TYPE)
    assert reply.status_code == 201, reply.text
    run = server.wait(reply.json()["id"])["id"]
    step = server.get(step_path(run, "?epoch=1&sample=0"))
    end = server.get(f"/experiments/{report}/runs/0/parameters")["named"]
    assert {row["param"]: row["old"] for row in step["update"]} == end


def test_the_best_epoch_may_be_asked_for(server, report):
    best = server.get(f"/experiments/{report}/runs/0")["best_epoch"]
    assert server.get(step_path(report, "?epoch=best&sample=1"))["epoch"] == best
    assert server.get(f"/experiments/{report}/runs/0/surface?epoch=best")["epoch"] == best


def test_a_shuffled_epoch_names_the_row(server):
    spec = specs.report(epochs=2)
    spec["training"]["order"] = "shuffle"
    run = server.train(spec)["id"]
    rows = server.get(step_path(run, "?epoch=2"))["rows"]["row"]
    assert sorted(rows) == list(range(100)) and rows != list(range(100))
    data = server.get(f"/experiments/{run}/dataset")
    step = server.get(step_path(run, "?epoch=2&sample=5"))
    assert step["row"] == rows[5]
    assert step["x"] + [step["y"]] == data["rows"][rows[5]]


def test_rows_are_those_of_the_data_set_and_not_of_its_train_part(server):
    spec = specs.report(epochs=1)
    spec["training"]["order"] = "shuffle"
    spec["dataset"]["split"] = {"train": 0.6, "test": 0.4}
    run = server.train(spec)["id"]
    data = server.get(f"/experiments/{run}/dataset")
    rows = server.get(step_path(run, "?epoch=1"))["rows"]["row"]
    assert sorted(rows) == [i for i, part in enumerate(data["parts"]) if part == "train"]
    step = server.get(step_path(run, "?epoch=1&sample=5"))
    assert step["row"] == rows[5]
    assert step["x"] + [step["y"]] == data["rows"][rows[5]]


def test_a_diverged_run_names_the_row_of_the_data_set(server):
    row = [[1, 1]] * 20
    row[13] = [1e200, -1e200]
    spec = {"dataset": {"kind": "table", "rows": row, "split": {"train": 0.9, "test": 0.1}},
            "network": {"layers": [{"units": 1, "activation": "linear"}]}}
    seed = next(seed for seed in range(9)
                if (order := np.random.RandomState(seed).permutation(20).tolist()).index(13) < 18
                and min(order[18:]) < 13)
    spec["dataset"]["split"]["seed"] = seed
    run = server.train(spec)["runs"][0]
    kept_out = np.random.RandomState(seed).permutation(20)[18:]
    assert run["state"] == "diverged"
    assert run["diverged"] == {"epoch": 1, "sample": 13 - sum(kept_out < 13), "row": 13}


def is_killed(step):
    return any(each["new"] is None for each in step["update"]) or step["loss"]["value"] is None


@pytest.mark.parametrize("more", [{}, {"order": "shuffle", "seed": 3}, {"batch_size": 7},
                                  {"order": "with_replacement", "seed": 4, "batch_size": 3}],
                         ids=str)
def test_the_step_in_which_a_run_diverged_is_told(server, more):
    spec = {**specs.report(epochs=50)}
    spec["dataset"]["split"] = {"train": 0.8, "test": 0.2, "seed": 1}
    spec["training"].update(more)
    spec["training"]["optimizer"]["learning_rate"] = 1e6 if "batch_size" not in more else 1e4
    run = server.train(spec)
    diverged = run["runs"][0]["diverged"]
    epoch, sample = diverged["epoch"], diverged["sample"]
    assert f"epoch {epoch}, at sample {sample}, row {diverged['row']} of" in \
        run["runs"][0]["message"]
    step = server.get(step_path(run["id"], f"?epoch={epoch}&sample={sample}"))
    assert (step["sample"], step["row"]) == (sample, diverged["row"])
    assert is_killed(step)
    before = sample - spec["training"]["batch_size"]
    if before >= 0:
        assert not is_killed(server.get(step_path(run["id"], f"?epoch={epoch}&sample={before}")))
    assert server.request("GET", step_path(run["id"], f"?epoch={epoch + 1}")).status_code == 400
    told = server.get(step_path(run["id"], f"?epoch={epoch}"))
    rows, batch = told["rows"], spec["training"]["batch_size"]
    assert told["diverged"] == diverged and rows["row"][sample] == diverged["row"]
    assert rows["sample"] == list(range(min(80, sample - sample % batch + batch)))
    assert all(len(column) == len(rows["sample"]) for column in rows.values())
    assert None not in [output for outputs in rows["outputs"][:-batch] for output in outputs]
    assert told["loss"]["printed"] is None and told["loss"]["end"] is None
    after = sample - sample % spec["training"]["batch_size"] + spec["training"]["batch_size"]
    if after < 80:
        refused = server.request("GET", step_path(run["id"], f"?epoch={epoch}&sample={after}"))
        assert refused.status_code == 400
        assert refused.json()["detail"] == (f"?sample: got {after}, expected 0 to {sample}: the run "
                                            "diverged there, and took no step after it")


DEEP = {"name": "deep", "dataset": {"kind": "xor", "samples": 40, "noise": 0.1},
        "network": {"layers": [{"units": 4, "activation": "tanh"},
                               {"units": 3, "activation": "gelu"},
                               {"units": 2, "activation": "softmax"}],
                    "init": {"scheme": "glorot_uniform", "seed": 3}},
        "training": {"epochs": 3, "loss": "categorical_cross_entropy", "batch_size": 8,
                     "optimizer": {"name": "adam", "learning_rate": 0.01}}}


def test_a_deep_classifier_has_steps(server):
    spec = json.loads(json.dumps(DEEP))
    spec["dataset"]["one_hot"] = True
    reply = server.request("POST", "/experiments", data=json.dumps(spec), headers=JSON_TYPE)
    assert reply.status_code == 201, reply.text
    run = server.wait(reply.json()["id"])["id"]
    step = server.get(step_path(run, "?epoch=2&sample=3"))
    ids = [row["id"] for row in step["forward"]]
    assert ids[:2] == ["z1_1", "h1_1"] and ids[-2:] == ["zf2", "f2"]
    assert [row["id"] for row in step["backward"]][:3] == ["delta1", "delta2", "dz2_1"]
    assert step["update"][0]["param"] == "weights/0/0/0"
    assert step["checks"]["finite_difference_max_rel_error"] < 1e-7
    assert math.isclose(sum(row["value"] for row in step["forward"] if row["id"] in ("f1", "f2")),
                        1, rel_tol=1e-15)


def test_a_batch_too_large_is_refused_with_its_size(server):
    spec = {"dataset": {"kind": "moons", "samples": 20000, "noise": 0.1},
            "network": {"layers": [{"units": 300, "activation": "tanh"}, {"units": 1}]},
            "training": {"epochs": 1, "batch_size": 20000}}
    run = server.train(spec)["id"]
    problem = server.get(step_path(run, "?epoch=1&sample=0"), status=422)
    assert "a batch of 20000 samples and 1201 parameters" in problem["detail"]
    problem = server.get(step_path(run, "?epoch=1"), status=422)
    assert "ask for one sample" in problem["detail"]


# --- an epoch, row by row --------------------------------------------------------------------


def test_an_epoch_row_by_row_adds_up(server, report):
    told = server.get(step_path(report, "?epoch=2"))
    rows, loss = told["rows"], told["loss"]
    assert rows["sample"] == rows["row"] == list(range(100))
    assert loss["printed"] == server.losses(report)[1]
    assert loss["printed"] == pytest.approx(sum(rows["loss"]) / 100, rel=1e-14)
    start = server.get(f"/experiments/{report}/runs/0/parameters?epoch=1")["named"]
    for row in told["parameters"]:
        assert row["start"] == start[row["param"]]
        assert row["end"] - row["start"] == row["sum_of_steps"]
        assert row["sequential_effect"] == pytest.approx(
            row["sum_of_steps"] - row["at_start"], rel=1e-12, abs=1e-15)
    step = server.get(step_path(report, "?epoch=2&sample=50"))
    assert rows["error"][50] == step["loss"]["error"]
    assert rows["rho"][50] == step["checks"]["overshoot"]["value"]
    assert rows["on"][50] == "".join(str(int(row["active"])) for row in step["forward"]
                                     if row["id"] in ("h1", "h2"))


def test_an_epoch_that_was_finished_did_not_diverge(server, report):
    assert server.get(step_path(report, "?epoch=2"))["diverged"] is None


def test_an_epoch_comes_with_the_floors_of_its_run(server, report):
    """Those of the data at once, as on a run that will not be explained; then all of the run's."""
    waiting = server.post(specs.report(epochs=10_000_000, gradient="full"))["id"]
    wait_until(lambda: server.get(f"/experiments/{waiting}/runs/0")["epoch"] > 0,
               20 * server.slowness, "epochs")
    early = server.get(step_path(waiting, "?epoch=1"))["floors"]
    server.request("POST", f"/experiments/{waiting}/cancel", data="{}", headers=JSON_TYPE)
    server.explained(report)
    told = server.get(step_path(report, "?epoch=2"))
    assert told["floors"] == server.get(f"/experiments/{report}/runs/0")["floors"]
    lines = {line["code"]: line["value"] for line in told["floors"]["lines"]}
    assert {line["code"]: line["value"] for line in early["lines"]} == {
        code: value for code, value in lines.items() if code != "best_known"}
    assert lines["constant"] > lines["linear"] > lines["best_known"] > lines["pure_error"]
    assert lines["best_known"] < told["loss"]["end"]
    assert "floors" not in server.get(step_path(report, "?epoch=2&sample=5"))


# --- marking ---------------------------------------------------------------------------------


def numbers_of(step):
    answers = {row["id"]: row["value"] for row in step["forward"] + step["backward"]}
    return {**answers, "error": step["loss"]["error"], "loss": step["loss"]["value"],
            "gradients": {row["param"]: row["grad"] for row in step["update"]},
            "new": {row["param"]: row["new"] for row in step["update"]}}


def test_the_right_numbers_are_right(server, report, step):
    marks = check(server, report, numbers_of(step))
    assert (marks["right"], marks["wrong"], marks["first_wrong"]) == (28, 0, None)


def test_rounded_numbers_are_right_to_their_digits(server, report, step):
    rounded = {name: float(f"{value:.3g}") for name, value in numbers_of(step).items()
               if not isinstance(value, dict)}
    assert check(server, report, rounded)["wrong"] > 0
    assert check(server, report, {**rounded, "digits": 3})["wrong"] == 0
    assert check(server, report, {**rounded, "digits": 4})["wrong"] > 0
    assert check(server, report, {**rounded, "tolerance": 0.01})["wrong"] == 0


def test_the_first_wrong_line_is_named_with_its_formula(server, report, step):
    answers = numbers_of(step)
    marks = check(server, report, {**answers, "f": answers["f"] + 1, "loss": 5})
    wrong = marks["first_wrong"]
    assert wrong["name"] == "f" and wrong["expected"] == answers["f"]
    assert wrong["tex"] == "f=w_{5}h_{1}+w_{6}h_{2}+b_{3}" and wrong["slip"] is None
    assert marks["wrong"] == 2


def test_usual_slips_are_recognised(server, report):
    sample = server.get(step_path(report, "?epoch=3"))["rows"]["on"].index("11")
    query = f"?epoch=3&sample={sample}"
    step = server.get(step_path(report, query))
    answers = numbers_of(step)
    new, old = ({row["param"]: row[which] for row in step["update"]} for which in ("new", "old"))
    delta = answers["delta"]
    cases = [({"delta": delta / 2}, "the factor 2 is missing"),
             ({"delta": -delta}, "the sign is turned"),
             ({"dz1": delta * new["w5"]}, "the outgoing weight was taken AFTER its update"),
             ({"gradients": {"w1": delta * new["w5"] * step["x"][0]}}, "AFTER its update"),
             ({"new": {"w5": 2 * old["w5"] - new["w5"]}}, "wrong sign"),
             ({"new": {"w5": old["w5"] - answers["gradients"]["w5"]}}, "learning rate is missing"),
             ({"loss": answers["loss"] / 2}, "half"),
             ({"z1": answers["z1"] - old["bias1"]}, "bias is missing")]
    for wrong, slip in cases:
        marks = check(server, report, {**wrong, "tolerance": 1e-9}, query)
        assert slip in (marks["first_wrong"]["slip"] or ""), (wrong, marks)


def test_a_forgotten_slope_is_recognised(server):
    spec = one_sample(GOLDEN["normal"])
    spec["network"]["layers"] = [{"units": 2, "activation": "tanh"}, {"units": 1}]
    run = server.train(spec)["id"]
    step = server.get(step_path(run, "?epoch=1&sample=0"))
    delta = step["backward"][0]["value"]
    marks = check(server, run, {"dz1": delta * -0.03}, "?epoch=1&sample=0")
    assert marks["first_wrong"]["slip"] == "the activation's slope was forgotten"


# --- bad input -------------------------------------------------------------------------------


@pytest.mark.parametrize("query, detail", [
    ("?epoch=0", "?epoch=0: expected an integer from 1 to 30"), ("?epoch=31", "1 to 30"),
    ("?epoch=1&sample=100", "?sample: got 100, expected 0 to 99"), ("?sample=-1", "?sample")])
def test_places_that_do_not_exist_are_refused(server, report, query, detail):
    reply = server.request("GET", step_path(report, query))
    assert reply.status_code == 400 and detail in reply.json()["detail"], reply.text


@pytest.mark.parametrize("answers, pointer", [
    ({"z1": "much"}, "/z1"), ({"z9": 1}, "/z9"), ({"gradients": 3}, "/gradients"),
    ({"gradients": {"w7": 1}}, "/gradients/w7"), ({"f": 1, "digits": 0}, "/digits"),
    ({"f": 1, "tolerance": 2}, "/tolerance"), ({}, "")])
def test_numbers_the_step_does_not_have_are_refused(server, report, answers, pointer):
    problem = check(server, report, answers, status=422)
    assert [error["pointer"] for error in problem["errors"]] == [pointer], problem


def test_a_check_of_no_number_says_what_is_wanted_and_where(server, report):
    for body in ({}, {"digits": 3}, {"new": {}}):
        reply = server.request("POST", step_path(report, "/check?epoch=1&sample=0"), json=body)
        assert reply.status_code == 422
        assert reply.json()["detail"].startswith("the body: got no number, expected at least one")
        assert reply.json()["errors"][0]["pointer"] == ""
