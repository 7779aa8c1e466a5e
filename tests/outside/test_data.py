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
