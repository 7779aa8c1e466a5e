"""What a run's parameters are worth: `metrics` of a run, beside NumPy over its data and its
predictions."""
import numpy as np
import pytest

import specs

# Sums of a few hundred numbers of like size, taken in another order than NumPy's.
CLOSE = 1e-12
SPLIT = {"train": 0.6, "validation": 0.3, "test": 0.1, "seed": 3}
SINE = {"kind": "formula", "samples": 60, "seed": 4, "target": "sin(3*x) + normal(0, 0.1)",
        "features": {"x": "uniform(-1, 1)"}}


def spec(dataset, loss, output, hidden=6, **training):
    return {"dataset": dataset,
            "network": {"layers": [{"units": hidden, "activation": "tanh"}, output],
                        "init": {"scheme": "glorot_uniform", "seed": 2}},
            "training": {"loss": loss, "optimizer": {"name": "adam", "learning_rate": 0.01},
                         "batch_size": 10, "epochs": 40, **training}}


def run(server, experiment, number=0):
    return server.get(f"/experiments/{experiment['id']}/runs/{number}")


def parts(server, experiment, number=0):
    """Of each part that has samples its targets and what the run predicts for it."""
    data = server.get(f"/experiments/{experiment['id']}/dataset?run={number}")
    rows = np.array(data["rows"])
    names = np.array(data.get("parts", ["train"] * len(rows)))
    inputs, targets = np.split(rows, [data["n_features"]], axis=1)
    reply = server.request("POST", f"/experiments/{experiment['id']}/runs/{number}/predict",
                           json={"inputs": inputs.tolist()}).json()
    outputs = np.array(reply["outputs"])
    return {part: (targets[names == part], outputs[names == part]) for part in set(names)}


def huber(errors):
    size = abs(errors)
    return np.where(size < 1, size ** 2 / 2, size - 0.5)


LOSSES = {"mse": lambda t, h: ((t - h) ** 2).mean(),
          "mae": lambda t, h: abs(t - h).mean(),
          "huber": lambda t, h: huber(t - h).mean(),
          "binary_cross_entropy":
              lambda t, h: -(t * np.log(h) + (1 - t) * np.log(1 - h)).mean(),
          "categorical_cross_entropy": lambda t, h: -(t * np.log(h)).sum(axis=1).mean()}


def matrix(true, predicted, n):
    counts = np.zeros((n, n), int)
    np.add.at(counts, (true, predicted), 1)
    return counts.tolist()


@pytest.mark.parametrize("loss", ["mse", "mae", "huber"])
def test_values_are_judged_by_loss_and_r2_in_each_part(server, loss):
    dataset = {**SINE, "targets": {"y": SINE["target"], "z": "x**2", "always": "7"},
               "split": SPLIT, "standardize": True}
    del dataset["target"]
    experiment = server.train(spec(dataset, loss, {"units": 3}))
    metrics = run(server, experiment)["metrics"]
    assert metrics["outputs"] == ["y", "z", "always"]
    seen = parts(server, experiment)
    assert {part: metrics[part]["n_samples"] for part in seen} == \
        {"train": 36, "validation": 18, "test": 6}
    for part, (targets, outputs) in seen.items():
        squares = ((targets - outputs) ** 2).sum(axis=0)
        spread = ((targets - targets.mean(axis=0)) ** 2).sum(axis=0)
        told = metrics[part]
        assert told["loss"] == pytest.approx(LOSSES[loss](targets, outputs), rel=CLOSE)
        assert told["r2_by_output"][:2] == pytest.approx((1 - squares[:2] / spread[:2]).tolist(),
                                                         rel=CLOSE)
        assert told["r2_by_output"][2] is None
        assert told["r2"] == pytest.approx(1 - squares[:2].sum() / spread[:2].sum(), rel=CLOSE)
        assert "accuracy" not in told


def test_two_classes_are_judged_by_accuracy_and_matrix(server):
    dataset = {"kind": "moons", "samples": 100, "noise": 0.3, "seed": 1, "split": SPLIT}
    experiment = server.train(spec(dataset, "binary_cross_entropy",
                                   {"units": 1, "activation": "sigmoid"}))
    metrics = run(server, experiment)["metrics"]
    assert metrics["classes"] == ["0", "1"]
    for part, (targets, outputs) in parts(server, experiment).items():
        true, predicted = targets[:, 0].astype(int), (outputs[:, 0] > 0.5).astype(int)
        told = metrics[part]
        assert told["loss"] == pytest.approx(
            LOSSES["binary_cross_entropy"](targets, outputs), rel=CLOSE)
        assert told["accuracy"] == (true == predicted).mean()
        assert told["confusion"] == matrix(true, predicted, 2)
        assert "r2" not in told


def test_many_classes_have_their_names(server):
    dataset = {"kind": "iris", "standardize": True, "split": {"train": 0.5, "test": 0.5, "seed": 2}}
    experiment = server.train(spec(dataset, "categorical_cross_entropy",
                                   {"units": 3, "activation": "softmax"}))
    metrics = run(server, experiment)["metrics"]
    assert metrics["classes"] == ["setosa", "versicolor", "virginica"]
    assert metrics["validation"] is None
    for part, (targets, outputs) in parts(server, experiment).items():
        true, predicted = targets.argmax(axis=1), outputs.argmax(axis=1)
        told = metrics[part]
        assert told["loss"] == pytest.approx(
            LOSSES["categorical_cross_entropy"](targets, outputs), rel=CLOSE)
        assert told["accuracy"] == (true == predicted).mean()
        assert told["confusion"] == matrix(true, predicted, 3)


def test_classes_of_a_file_keep_their_words(server):
    text = "size,passed\n1,no\n2,no\n4,yes\n6,yes\n5,no\n"
    upload = server.request("POST", "/datasets", data=text,
                            headers={"Content-Type": "text/csv"}).json()["id"]
    dataset = {"kind": "upload", "id": upload, "features": ["size"], "targets": ["passed"],
               "one_hot": False}
    experiment = server.train(spec(dataset, "binary_cross_entropy",
                                   {"units": 1, "activation": "sigmoid"}, batch_size=1))
    assert run(server, experiment)["metrics"]["classes"] == ["no", "yes"]
    assert server.get(f"/experiments/{experiment['id']}/dataset")["classes"] == ["no", "yes"]


@pytest.mark.parametrize("loss, output", [
    ("mse", {"units": 1}), ("huber", {"units": 1, "activation": "elu"}),
    ("binary_cross_entropy", {"units": 1, "activation": "sigmoid"}),
    ("categorical_cross_entropy", {"units": 2, "activation": "softmax"})])
def test_the_loss_has_the_bits_of_the_next_epochs(server, loss, output):
    """An epoch of one whole batch is scored with the parameters the one before left behind."""
    dataset = {"kind": "moons", "samples": 50, "noise": 0.1, "one_hot": output["units"] == 2}
    losses = [server.train(spec(dataset, loss, output, batch_size=50, epochs=epochs))
              for epochs in (5, 6)]
    metrics = run(server, losses[0])["metrics"]
    assert metrics["train"]["loss"] == server.losses(losses[1]["id"])[5]


@pytest.mark.parametrize("loss, output, batch_size", [
    ("mse", {"units": 1}, 1), ("mae", {"units": 1, "activation": "gelu"}, 7),
    ("binary_cross_entropy", {"units": 1, "activation": "sigmoid"}, 7),
    ("categorical_cross_entropy", {"units": 2, "activation": "softmax"}, 50)])
def test_metrics_have_the_bits_of_the_series_last_epoch(server, loss, output, batch_size):
    """Recorded while training, by the vectors of its kernel."""
    dataset = {"kind": "moons", "samples": 100, "noise": 0.2, "one_hot": output["units"] == 2,
               "split": {"train": 0.7, "validation": 0.3}}
    is_classes = "entropy" in loss
    record = ["end_loss", "accuracy"] if is_classes else ["end_loss"]
    experiment = server.train({**spec(dataset, loss, output, batch_size=batch_size, record=record),
                               "sweep": {"/network/init/seed": [1, 2, 3]}})
    for number in range(3):
        told = run(server, experiment, number)
        train, validation = told["metrics"]["train"], told["metrics"]["validation"]
        assert (train["loss"], validation["loss"]) == (told["end_loss"], told["validation_loss"])
        if is_classes:
            assert (train["accuracy"], validation["accuracy"]) == \
                (told["accuracy"], told["validation_accuracy"])


def test_each_run_of_a_sweep_is_judged_by_its_own_data_and_parameters(server):
    posted = {**spec({**SINE, "split": SPLIT}, "mse", {"units": 1}),
              "sweep": {"/dataset/seed": [1, 2], "/training/optimizer/learning_rate": [0.01, 0.1]}}
    experiment = server.train(posted)
    for number in range(4):
        metrics = run(server, experiment, number)["metrics"]
        for part, (targets, outputs) in parts(server, experiment, number).items():
            assert metrics[part]["loss"] == pytest.approx(LOSSES["mse"](targets, outputs),
                                                          rel=CLOSE)


def test_too_much_work_is_left_out_and_said(server):
    limit = server.get("/options")["limits"]["metric_work"]
    large = {"dataset": {"kind": "sine", "samples": 10000},
             "network": {"layers": [{"units": 300}, {"units": 350}, {"units": 1}]},
             "training": {"batch_size": 10000, "epochs": 1}}
    n_parameters = 600 + 300 * 350 + 350 + 351
    assert 10000 * n_parameters > limit
    experiment = server.post(large)
    server.request("POST", f"/experiments/{experiment['id']}/cancel", json={})
    metrics = run(server, server.wait(experiment["id"]))["metrics"]
    assert list(metrics) == ["left_out"]
    assert f"{10000 * n_parameters}, more than the {limit}" in metrics["left_out"]


def test_a_diverged_run_is_judged_by_its_last_finite_parameters(server):
    experiment = server.train(specs.report(learning_rate=10.0, epochs=50))
    told = run(server, experiment)
    assert told["state"] == "diverged"
    targets, outputs = parts(server, experiment)["train"]
    with np.errstate(over="ignore"):
        loss = LOSSES["mse"](targets, outputs)
    assert told["metrics"]["train"]["loss"] == \
        (pytest.approx(loss, rel=CLOSE) if np.isfinite(loss) else None)
