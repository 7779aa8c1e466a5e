"""Data as a student splits, standardises and looks at it; and what a seed does and does not change.

A run on the train part must have the bits of a run on a table of exactly those numbers."""
import csv
import io
import json

import numpy as np
import pytest

N = 40
FORMULA = {"kind": "formula", "samples": N, "seed": 11, "draws": "row",
           "features": {"a": "uniform(-3, 8)", "b": "normal(2, 5)", "c": "4"}, "target": "a*b/7"}
SPLIT = {"train": 0.7, "validation": 0.2, "test": 0.1, "seed": 5}


def spec(dataset, **training):
    return {"dataset": dataset,
            "network": {"layers": [{"units": 4, "activation": "tanh"}, {"units": 1}],
                        "init": {"scheme": "uniform", "seed": 3}},
            "training": {"optimizer": {"name": "sgd", "learning_rate": 0.01}, "epochs": 30,
                         **training}}


def data(server, experiment, query=""):
    return server.get(f"/experiments/{experiment['id']}/dataset{query}")


def members(n=N, split=SPLIT):
    """Each sample's part, by NumPy."""
    order = np.random.RandomState(split["seed"]).permutation(n)
    n_validation, n_test = round(n * split["validation"]), round(n * split["test"])
    parts = ["train"] * n
    for i in order[n - n_validation - n_test:n - n_test]:
        parts[i] = "validation"
    for i in order[n - n_test:]:
        parts[i] = "test"
    return parts


def scale(rows, parts):
    """Mean and sd of the features of the train part, summed in order as plain floats are."""
    means, sds = [], []
    for k in range(3):
        column = [row[k] for row, part in zip(rows, parts) if part == "train"]
        mean = sum(column) / len(column)
        squares = 0.0
        for x in column:
            squares += (x - mean) * (x - mean)
        sd = float(np.sqrt(squares / len(column)))
        constant = min(column) == max(column)
        means.append(column[0] if constant else mean)
        sds.append(1.0 if constant else sd)
    return means, sds


def test_dataset_says_which_sample_is_in_which_part(server):
    whole = data(server, server.post(spec(FORMULA)))
    assert "parts" not in whole and "scaling" not in whole
    experiment = server.post(spec({**FORMULA, "split": SPLIT}))
    split = data(server, experiment)
    assert split["rows"] == whole["rows"]
    assert split["parts"] == members()
    assert {part: split["parts"].count(part) for part in set(split["parts"])} == \
        {"train": 28, "validation": 8, "test": 4}
    text = server.request("GET", f"/experiments/{experiment['id']}/dataset?format=csv").text
    table = list(csv.reader(io.StringIO(text)))
    assert table[0] == ["a", "b", "c", "target", "part"]
    assert [row[-1] for row in table[1:]] == members()
    lines = server.request("GET", f"/experiments/{experiment['id']}/dataset?format=ndjson").text
    assert [json.loads(line) for line in lines.splitlines()] == \
        [row + [part] for row, part in zip(whole["rows"], members())]


def test_names_of_columns_are_never_twice_the_same(server):
    text = "part,a b,a_b,a_b_yes\n1,2,yes,1\n2,3,no,1\n5,6,yes,1\n"
    upload = server.request("POST", "/datasets", data=text,
                            headers={"Content-Type": "text/csv"}).json()["id"]
    experiment = server.post(spec({"kind": "upload", "id": upload, "one_hot": True,
                                   "features": ["part", "a b", "a_b_yes"], "targets": ["a_b"],
                                   "split": {"train": 0.7, "test": 0.3}})
                             | {"network": {"layers": [{"units": 2}]}})
    header = server.text(f"/experiments/{experiment['id']}/dataset?format=csv").split("\r\n")[0]
    assert header == "part,a_b,a_b_yes,a_b_no,a_b_yes_2,(part)"
    assert data(server, experiment)["names"] == header.split(",")[:-1]


@pytest.mark.parametrize("training", [{}, {"batch_size": 5, "order": "shuffle", "seed": 2}])
def test_training_has_the_bits_of_a_table_of_the_train_part(server, training):
    experiment = server.train(spec({**FORMULA, "split": SPLIT, "standardize": True}, **training))
    shown = data(server, experiment)
    means, sds = scale(shown["rows"], members())
    assert shown["scaling"] == {"mean": means, "sd": sds}
    rows = [[(x - m) / s for x, m, s in zip(row, means, sds)] + row[3:]
            for row, part in zip(shown["rows"], members()) if part == "train"]
    plain = server.train(spec({"kind": "table", "rows": rows}, **training))
    assert server.losses(experiment["id"]) == server.losses(plain["id"])


TWO = {**FORMULA, "targets": {"y": "1000*a + 5", "z": "b/100"}}
del TWO["target"]


@pytest.mark.parametrize("loss", ["mse", "mae", "huber"])
def test_standardised_targets_are_trained_on_scaled_and_told_unscaled(server, loss):
    """Beside a table of the scaled numbers: the same losses and parameters, and predictions that
    are scaled back."""
    question = [1.5, -2.0, 4.0]
    network = {"layers": [{"units": 4, "activation": "tanh"}, {"units": 2}]}
    posted = {**spec({**TWO, "split": SPLIT, "standardize_target": True}, loss=loss),
              "network": network, "predict": [question]}
    experiment = server.train(posted)
    shown = data(server, experiment)
    assert "scaling" not in shown
    rows = np.array(shown["rows"])
    is_train = np.array(members()) == "train"
    mean, sd = rows[is_train, 3:].mean(axis=0), rows[is_train, 3:].std(axis=0)
    # means and roots of 28 numbers, in another order than NumPy's
    assert shown["target_scaling"]["mean"] == pytest.approx(mean, rel=1e-13)
    assert shown["target_scaling"]["sd"] == pytest.approx(sd, rel=1e-13)
    mean, sd = (np.array(shown["target_scaling"][name]) for name in ("mean", "sd"))
    scaled = np.hstack([rows[:, :3], (rows[:, 3:] - mean) / sd])[is_train].tolist()
    plain = server.train({**spec({"kind": "table", "rows": scaled, "n_targets": 2}, loss=loss),
                          "network": network, "predict": [question]})
    assert server.losses(experiment["id"]) == server.losses(plain["id"])
    expected = [h * s + m for h, s, m in zip(plain["runs"][0]["predictions"][0], sd, mean)]
    assert experiment["runs"][0]["predictions"] == [expected]
    reply = server.request("POST", f"/experiments/{experiment['id']}/runs/0/predict",
                           json={"inputs": [question]}).json()
    assert reply["outputs"] == [expected]


@pytest.mark.parametrize("loss", ["mse", "mae", "huber"])
def test_metrics_of_standardised_targets_are_in_their_own_units(server, loss):
    posted = {**spec({**TWO, "split": SPLIT, "standardize": True, "standardize_target": True},
                     loss=loss),
              "network": {"layers": [{"units": 4, "activation": "tanh"}, {"units": 2}]}}
    experiment = server.train(posted)
    metrics = server.get(f"/experiments/{experiment['id']}/runs/0")["metrics"]
    shown = data(server, experiment)
    rows, parts = np.array(shown["rows"]), np.array(shown["parts"])
    reply = server.request("POST", f"/experiments/{experiment['id']}/runs/0/predict",
                           json={"inputs": rows[:, :3].tolist()}).json()
    errors = rows[:, 3:] - np.array(reply["outputs"])
    sd = np.array(shown["target_scaling"]["sd"])
    form = {"mse": np.square, "mae": np.abs,
            "huber": lambda e: np.where(abs(e) < 1, e * e / 2, abs(e) - 0.5)}[loss]
    for part in ("train", "validation", "test"):
        own, told = errors[parts == part], metrics[part]
        targets = rows[parts == part, 3:]
        r2 = 1 - (own ** 2).sum() / ((targets - targets.mean(axis=0)) ** 2).sum()
        # a prediction scaled back and subtracted from a target of up to 8000: 13 digits are left
        assert told["loss"] == pytest.approx(form(own / sd).mean(), rel=1e-11)
        assert told["loss_original_units"] == \
            (None if loss == "huber" else pytest.approx(form(own).mean(), rel=1e-11))
        assert told["r2"] == pytest.approx(r2, rel=1e-11)


def test_each_run_of_a_sweep_may_have_its_own_scale_of_targets(server):
    swept = {**spec({**FORMULA, "standardize_target": False}), "predict": [[1, 2, 3]],
             "sweep": {"/dataset/standardize_target": [False, True], "/dataset/seed": [11, 12]}}
    for row in server.train(swept)["runs"]:
        dataset = {**FORMULA, "seed": row["overrides"]["/dataset/seed"],
                   "standardize_target": row["overrides"]["/dataset/standardize_target"]}
        alone = server.train({**spec(dataset), "predict": [[1, 2, 3]]})
        assert alone["runs"][0]["predictions"] == row["predictions"]


def test_predictions_take_inputs_as_they_are(server):
    question = [1.5, -2.0, 4.0]
    experiment = server.train({**spec({**FORMULA, "standardize": True}), "predict": [question]})
    scaling = data(server, experiment)["scaling"]
    scaled = [(x - m) / s for x, m, s in zip(question, scaling["mean"], scaling["sd"])]
    rows = [[(x - m) / s for x, m, s in zip(row, scaling["mean"], scaling["sd"])] + row[3:]
            for row in data(server, experiment)["rows"]]
    plain = server.train({**spec({"kind": "table", "rows": rows}), "predict": [scaled]})
    assert experiment["runs"][0]["predictions"] == plain["runs"][0]["predictions"]
    answers = [server.request("POST", f"/experiments/{e['id']}/runs/0/predict",
                              json={"inputs": [inputs]}).json()["outputs"]
               for e, inputs in [(experiment, question), (plain, scaled)]]
    assert answers[0] == answers[1] == experiment["runs"][0]["predictions"]


def test_each_run_of_a_sweep_is_scaled_by_its_own_data(server):
    swept = {**spec({**FORMULA, "standardize": True}), "predict": [[1, 2, 3]],
             "sweep": {"/dataset/seed": [11, 12], "/training/optimizer/learning_rate": [0.01, 0.1]}}
    rows = server.train(swept)["runs"]
    for row in rows:
        dataset = {**FORMULA, "seed": row["overrides"]["/dataset/seed"], "standardize": True}
        rate = row["overrides"]["/training/optimizer/learning_rate"]
        alone = server.train({**spec(dataset, optimizer={"name": "sgd", "learning_rate": rate}),
                              "predict": [[1, 2, 3]]})
        assert alone["runs"][0]["predictions"] == row["predictions"]


# --- seeds -------------------------------------------------------------------------------------

def start(server, experiment):
    parameters = server.get(f"/experiments/{experiment['id']}/runs/0/parameters?epoch=0")
    return parameters["weights"], parameters["biases"]


BASE = {"dataset": {"kind": "moons", "samples": 30, "noise": 0.1, "seed": 1,
                    "split": {"train": 0.8, "validation": 0.2, "seed": 2}},
        "network": {"init": {"scheme": "uniform", "seed": 3}},
        "training": {"order": "shuffle", "seed": 4, "epochs": 5, "batch_size": 2}}


@pytest.mark.parametrize("section, change, changed", [
    ("training", {"epochs": 9}, set()),
    ("training", {"optimizer": {"name": "sgd", "learning_rate": 0.5}}, set()),
    ("training", {"batch_size": 3, "seed": 40}, set()),
    ("network", {"init": {"scheme": "uniform", "seed": 30}}, {"start"}),
    ("network", {"layers": [{"units": 3}, {"units": 1}]}, {"start"}),
    ("dataset", {**BASE["dataset"], "seed": 10}, {"rows"}),
    ("dataset", {**BASE["dataset"], "noise": 0.2}, {"rows"}),
    ("dataset", {**BASE["dataset"], "split": {"train": 0.8, "validation": 0.2, "seed": 20}},
     {"parts"}),
])
def test_a_seed_or_field_changes_what_it_is_for_and_nothing_else(server, section, change, changed):
    """Data, split, start and order each have a stream of their own."""
    def seen(posted):
        experiment = server.post(posted)
        shown = data(server, experiment)
        return {"rows": shown["rows"], "parts": shown["parts"], "start": start(server, experiment)}
    before = seen(BASE)
    after = seen({**BASE, section: {**BASE[section], **change}})
    assert {what for what in before if before[what] != after[what]} == changed
