"""Runs the notebook itself, and other nets in plain Python floats, against the server: same bits.

The notebook (tests/golden/notebook.py) draws its data with NumPy and trains with Python floats, so
it is an oracle that shares no line with the server. oracle.py does the same for any dense net."""
import json
import math
import random
import struct

import pytest

import notebook
import oracle
import specs


def bits(values):
    """Doubles as their bytes, so that -0.0 and 0.0 differ and nothing is rounded."""
    return [struct.pack(">d", value).hex() for value in values]


def exact(server, path):
    """JSON with every number a double, also one that was printed without a point."""
    return json.loads(server.text(path), parse_int=float)


def served_losses(server, experiment, run=0):
    return exact(server, f"/experiments/{experiment}/runs/{run}/epochs")["loss"]


def served_parameters(server, experiment, run=0):
    """All parameters in block order: layer by layer, weights row by row, then biases."""
    parameters = exact(server, f"/experiments/{experiment}/runs/{run}")["parameters"]
    flat = []
    for weights, biases in zip(parameters["weights"], parameters["biases"]):
        for unit in weights:
            flat += unit
        flat += biases
    return flat


# --- the notebook itself -------------------------------------------------------------------


def notebook_case(number):
    """A random experiment of the notebook's kind, as the options of specs.report and K."""
    draw = random.Random(number)
    n1 = draw.randrange(-5, 5)
    n2 = draw.randrange(-20, 20)
    scale = draw.choice([0.5, 1.0, 10.0])
    case = {"seed": draw.randrange(2 ** 32), "samples": draw.choice([1, 2, 7, 50, 100, 233]),
            "n1": (n1, n1 + draw.choice([1, 2, 4, 9, 300])),
            "n2": (n2, n2 + draw.choice([1, 5, 15, 40])),
            "init": [draw.uniform(-scale, scale) for _ in range(9)],
            "learning_rate": 10 ** draw.uniform(-6, -2.5), "random_target": draw.random() < 0.25,
            "epochs": draw.choice([1, 2, 30, 150])}
    return case, draw.choice([1, 2])


def notebook_rows(monkeypatch, case, factor):
    """The notebook's own data, drawn by NumPy, with the case's settings in its globals."""
    for name, value in (("SEED", case["seed"]), ("N", case["samples"]), ("K", float(factor)),
                        ("A1", case["n1"][0]), ("B1", case["n1"][1]),
                        ("A2", case["n2"][0]), ("B2", case["n2"][1])):
        monkeypatch.setattr(notebook, name, value)
    return notebook.dataset(case["random_target"])


def assert_same_run(server, experiment, rows, case):
    """Every loss and parameter bit for bit; a diverged run up to where the notebook diverges."""
    losses, parameters = notebook.train(rows, case["init"], case["learning_rate"], case["epochs"])
    row = server.get(f"/experiments/{experiment}")["runs"][0]
    if row["state"] == "diverged":
        epoch = row["diverged"]["epoch"]
        before = notebook.train(rows, case["init"], case["learning_rate"], epoch - 1)
        after = notebook.train(rows, case["init"], case["learning_rate"], epoch)
        assert all(map(math.isfinite, before[0] + before[1]))
        assert not all(map(math.isfinite, after[0] + after[1]))
        losses, parameters = before[0], None
    else:
        assert row["state"] == "done" and all(map(math.isfinite, losses + parameters))
    assert bits(served_losses(server, experiment)) == bits(losses)
    if parameters:
        named = exact(server, f"/experiments/{experiment}/runs/0")["parameters"]["named"]
        assert bits(named[name] for name in specs.NAMES) == bits(parameters)
        prediction = exact(server, f"/experiments/{experiment}/runs/0")["predictions"]
        assert bits(prediction[0]) == bits([notebook.predict(parameters, *notebook.QUERY)])
    return row["state"]


@pytest.mark.parametrize("number", range(40))
def test_notebook_gives_the_same_bits(server, monkeypatch, number):
    """Other seeds, sample counts, ranges, start values, learning rates and K than the report's."""
    case, factor = notebook_case(number)
    rows = notebook_rows(monkeypatch, case, factor)
    experiment = server.train(specs.report(gradient="half" if factor == 1 else "full", **case))
    data = exact(server, f"/experiments/{experiment['id']}/dataset")
    assert [tuple(row) for row in data["rows"]] == rows
    assert_same_run(server, experiment["id"], rows, case)


@pytest.mark.parametrize("learning_rate, scale", [(1.0, 1e3), (100.0, 1.0), (0.5, 1e30)])
def test_notebook_diverges_where_the_server_does(server, monkeypatch, learning_rate, scale):
    """Rates so large that the notebook's numbers leave the doubles within an epoch or two."""
    case = {"seed": 7, "samples": 20, "n1": (1, 4), "n2": (1, 15), "learning_rate": learning_rate,
            "init": [scale * value for value in (1, 1, 1, 1, -1, -1, 1, 1, 1)],
            "random_target": False, "epochs": 20}
    rows = notebook_rows(monkeypatch, case, 1)
    experiment = server.train(specs.report(**case))
    states = assert_same_run(server, experiment["id"], rows, case)
    losses = notebook.train(rows, case["init"], learning_rate, 20)[0]
    assert (states == "diverged") == (not all(map(math.isfinite, losses)))


def test_notebook_and_a_sweep_of_sixteen_rates(server, monkeypatch):
    """Sixteen runs side by side give what the notebook gives for each alone."""
    case, _ = notebook_case(1000)
    case.update(epochs=60, samples=80, n1=(0, 4), n2=(0, 15), init=notebook.BASE)
    rates = [10 ** (-6 + number / 4) for number in range(16)]
    rows = notebook_rows(monkeypatch, case, 1)
    spec = specs.report(**case)
    experiment = server.train({**spec, "sweep": {specs.RATE: rates}})["id"]
    for run, rate in enumerate(rates):
        losses, parameters = notebook.train(rows, case["init"], rate, 60)
        if not all(map(math.isfinite, losses + parameters)):
            continue
        assert bits(served_losses(server, experiment, run)) == bits(losses), rate
        record = exact(server, f"/experiments/{experiment}/runs/{run}")
        assert bits(record["parameters"]["named"][name] for name in specs.NAMES) == (
            bits(parameters)), rate


# --- other nets in plain Python ------------------------------------------------------------

FEATURES = {"x": "uniform(-1,1)", "k": "randint(-3,4)", "z": "normal(0.5,2)"}
TARGETS = {"a": "x*k + 0.5*z", "b": "x**2 - k/3", "c": "abs(z) + uniform(0,0.1)"}


def net(layers, features=FEATURES, targets=TARGETS, samples=30, init=None, **training):
    """A spec of layers [(units, activation), ...]; as many targets as the last one has units."""
    optimizer = {"name": "sgd", "learning_rate": training.pop("learning_rate", 0.01)}
    return {
        "name": "a net",
        "dataset": {"kind": "formula", "samples": samples, "seed": 5, "features": features,
                    "targets": dict(list(targets.items())[:layers[-1][0]])},
        "network": {"layers": [{"units": units, "activation": activation}
                               for units, activation in layers],
                    "init": init or {"scheme": "uniform", "low": -0.7, "high": 0.9, "seed": 11}},
        "training": {"loss": "mse", "gradient": "half", "batch_size": 1, "order": "fixed",
                     "epochs": 12, **training, "optimizer": optimizer}}


RELU_2 = [(2, "relu"), (1, "linear")]
TWO_HIDDEN = [(5, "relu"), (3, "leaky_relu"), (2, "linear")]

EXACT_NETS = {
    "linear regression": net([(1, "linear")]),
    "relu output": net([(3, "relu"), (1, "relu")]),
    "leaky relu": net([(4, "leaky_relu"), (1, "linear")]),
    "leaky relu output": net([(2, "linear"), (1, "leaky_relu")], gradient="full"),
    "linear hidden": net([(3, "linear"), (2, "linear")]),
    "two hidden layers": net(TWO_HIDDEN),
    "three hidden layers": net([(4, "relu"), (4, "leaky_relu"), (3, "relu"), (1, "linear")]),
    "three outputs, full": net([(6, "relu"), (3, "linear")], gradient="full"),
    "one input": net([(4, "relu"), (1, "linear")], {"x": "uniform(-1,1)"}, {"y": "3*x - 1"}),
    "wide": net([(37, "relu"), (1, "linear")], samples=10, learning_rate=0.002),
    "17 and 9 units": net([(17, "leaky_relu"), (9, "relu"), (3, "linear")], samples=12),
    "normal start": net(RELU_2, init={"scheme": "normal", "mean": 0.1, "sd": 0.6, "seed": 3,
                                      "bias": 0.25}),
    "constant start": net(RELU_2, init={"scheme": "constant", "weight": 0.3, "bias": -0.1}),
    "zero start": net(RELU_2, init={"scheme": "zeros"}),
    "batch 7 of 30, mean": net(TWO_HIDDEN, batch_size=7, learning_rate=0.05),
    "batch 7 of 30, sum": net(TWO_HIDDEN, batch_size=7, reduction="sum"),
    "batch 8, full gradient": net(RELU_2, batch_size=8, gradient="full", learning_rate=0.05),
    "full batch, mean": net(RELU_2, batch_size=30, learning_rate=0.1),
    "full batch, sum, full": net(RELU_2, batch_size=30, reduction="sum", gradient="full",
                                 learning_rate=0.003),
    "shuffled": net(RELU_2, order="shuffle", seed=123456),
    "shuffled in batches": net(TWO_HIDDEN, order="shuffle", batch_size=4, seed=4294967295),
    "one sample": net(RELU_2, samples=1),
    "with replacement": net(RELU_2, order="with_replacement", seed=123456),
    "with replacement in batches": net(TWO_HIDDEN, order="with_replacement", batch_size=4, seed=9),
    "one sample with replacement": net(RELU_2, samples=1, order="with_replacement", seed=0),
    "two samples shuffled": net(RELU_2, samples=2, order="shuffle", seed=0),
}


@pytest.mark.parametrize("name", EXACT_NETS)
def test_plain_python_gives_the_same_bits(server, name):
    spec = EXACT_NETS[name]
    experiment = server.train(spec)
    row = experiment["runs"][0]
    assert row["state"] == "done", row["message"]
    rows = oracle.dataset(spec["dataset"])
    served = exact(server, f"/experiments/{experiment['id']}/dataset")["rows"]
    assert [bits(row) for row in served] == [bits(x + t) for x, t in rows]
    losses, parameters = oracle.train(spec, rows)
    assert bits(served_losses(server, experiment["id"])) == bits(losses)
    assert bits(served_parameters(server, experiment["id"])) == bits(parameters)
    inputs = [x for x, _ in rows[:4]] + [[0.0] * len(rows[0][0])]
    answer = server.request("POST", f"/experiments/{experiment['id']}/runs/0/predict",
                            json={"inputs": inputs}).text
    outputs = json.loads(answer, parse_int=float)["outputs"]
    assert [bits(row) for row in outputs] == [
        bits(oracle.predict(spec, parameters, x)) for x in inputs]


SMOOTH_NETS = {
    "tanh": net([(3, "tanh"), (1, "linear")]),
    "sigmoid": net([(3, "sigmoid"), (1, "linear")]),
    "tanh output": net([(2, "relu"), (1, "tanh")]),
    "sigmoid output, full": net([(4, "tanh"), (2, "sigmoid")], gradient="full"),
    "tanh in batches": net([(5, "tanh"), (3, "sigmoid"), (1, "linear")], batch_size=7),
    "saturated tanh": net([(3, "tanh"), (1, "linear")], learning_rate=0.001, init={
        "scheme": "constant", "weight": 30, "bias": 1}),
    "saturated sigmoid": net([(3, "sigmoid"), (1, "linear")], learning_rate=0.001, init={
        "scheme": "constant", "weight": -300, "bias": 1}),
}


@pytest.mark.parametrize("name", SMOOTH_NETS)
def test_smooth_nets_agree_to_thirteen_digits(server, name):
    """The server has exp and tanh of its own, the same on every machine; Python's come from the
    machine's libm. Both err by about one unit in the last place (1.1e-16); a few hundred gentle
    updates carry some hundred of these along, so 1e-13, and no more: the bits would agree but for
    those two functions."""
    spec = SMOOTH_NETS[name]
    experiment = server.train(spec)["id"]
    losses, parameters = oracle.train(spec, oracle.dataset(spec["dataset"]))
    assert served_losses(server, experiment) == pytest.approx(losses, rel=1e-13, abs=0)
    assert served_parameters(server, experiment) == pytest.approx(parameters, rel=1e-13, abs=1e-15)


def test_column_draws_are_numpy_calls_with_size(server):
    """draws: column is np.random.randint(low, high, size=n) feature by feature."""
    spec = specs.report(epochs=1, seed=99, samples=50)
    spec["dataset"]["draws"] = "column"
    np = oracle.np
    np.random.seed(99)
    n1 = np.random.randint(0, 4, size=50)
    n2 = np.random.randint(0, 15, size=50)
    target = n1 ** 2 + n2 + np.random.randint(0, 5, size=50)
    data = server.get(f"/experiments/{server.post(spec)['id']}/dataset")
    assert data["rows"] == [list(map(float, row)) for row in zip(n1, n2, target)]


def test_table_trains_like_the_formula_it_came_from(server):
    """The same rows, given as numbers: the same losses."""
    spec = specs.golden("lr_0.0004")
    spec["dataset"] = {"kind": "table", "rows": specs.GOLDEN["rows"]}
    experiment = server.train(spec)["id"]
    gold = specs.GOLDEN["experiments"]["lr_0.0004"]
    losses = server.losses(experiment)
    assert {epoch: losses[int(epoch) - 1] for epoch in gold["losses"]} == gold["losses"]
