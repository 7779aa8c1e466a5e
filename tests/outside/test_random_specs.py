"""Random specs, valid and nearly valid, over all that can be asked: every answer is a right result
or a fault that names its place, and the server lives.

The same thousand each time; DESCENT_SPECS=20000 (make specs) draws that many others."""
import json
import math
import os
import re

import hypothesis
import numpy as np
from hypothesis import strategies as st

from service import JSON_TYPE

N_SPECS = int(os.environ.get("DESCENT_SPECS", 0))
WAIT = {**JSON_TYPE, "Prefer": "wait=30"}
JUNK = [None, -1, 0, 0.5, 2, 7, 1e308, 1e-300, 10 ** 17, "", "x", "adam", True, [], {}, [1], [[]],
        {"a": 1}]
# A few hundred products of numbers of like size, added in another order than Descent's.
CLOSE = 1e-9

names = st.sampled_from(["a", "b", "x1", "n_2", "_y"])
seeds = st.integers(0, 2 ** 32 - 1)
small = st.floats(-2, 2).map(lambda x: round(x, 3))
shares = st.sampled_from([0, 0.1, 0.5, 0.9, 0.999])
formulas = st.sampled_from(["rand()", "randint(0, 5)", "normal(0, 2)", "uniform(-1, 1)", "3",
                            "randn()**2", "where(rand() < 0.5, 1, 0)", "sin(pi * rand())"])
hidden_activations = st.sampled_from(["linear", "relu", "leaky_relu", "tanh", "sigmoid", "elu",
                                      "gelu", "softplus"])


def some(draw, fields):
    """An object with some of the fields, each by its strategy."""
    return {name: draw(values) for name, values in fields.items() if draw(st.booleans())}


# --- sections ----------------------------------------------------------------------------------

def formula(draw):
    features = draw(st.lists(names, min_size=1, max_size=3, unique=True))
    dataset = {"kind": "formula", "features": {name: draw(formulas) for name in features},
               **some(draw, {"seed": seeds, "draws": st.sampled_from(["row", "column"])})}
    dataset["samples"] = draw(st.integers(2, 30))
    if draw(st.booleans()):
        dataset["target"] = draw(formulas) + " + " + features[0]
        return dataset, len(features), 1
    n = draw(st.integers(1, 3))
    dataset["targets"] = {f"t{j}": draw(formulas) for j in range(n)}
    return dataset, len(features), n


def table(draw):
    n_targets, n_features = draw(st.integers(1, 2)), draw(st.integers(1, 3))
    rows = draw(st.lists(st.lists(small, min_size=n_features + n_targets,
                                  max_size=n_features + n_targets), min_size=2, max_size=12))
    return {"kind": "table", "rows": rows, "n_targets": n_targets}, n_features, n_targets


def pattern(draw):
    kind = draw(st.sampled_from(["xor", "circles", "spirals", "moons", "sine", "linear"]))
    dataset = {"kind": kind, "samples": draw(st.integers(4, 30)),
               **some(draw, {"seed": seeds, "noise": st.floats(0, 1)})}
    return dataset, 1 if kind in ("sine", "linear") else 2, 1


def measured(draw):
    kind, n = draw(st.sampled_from([("iris", 4), ("wine", 13), ("anscombe", 1)]))
    return {"kind": kind}, n, 1 if kind == "anscombe" else 3


def classes(draw):
    """Data for the cross-entropies: of one output, or of n."""
    if draw(st.booleans()):
        n = draw(st.integers(2, 4))
        dataset = {"kind": "gaussians", "classes": n, "one_hot": True,
                   "samples": draw(st.integers(n, 30)), **some(draw, {"seed": seeds})}
        return dataset, 2, n
    kind = draw(st.sampled_from(["xor", "moons", "circles", "spirals"]))
    return {"kind": kind, "samples": draw(st.integers(4, 30))}, 2, 1


def start(draw, n_layers):
    scheme = draw(st.sampled_from(
        ["zeros", "constant", "uniform", "normal", "he_normal", "he_uniform", "glorot_normal",
         "glorot_uniform", "lecun_normal", "lecun_uniform", "orthogonal", "layers"]))
    init = {"scheme": scheme}
    if scheme == "layers":
        init["layers"] = [{"scheme": "he_normal"}] * n_layers
    own = {"constant": {"weight": small, "bias": small}, "normal": {"mean": small},
           "uniform": {"low": st.floats(-1, -0.5), "high": st.floats(0.5, 1)},
           "orthogonal": {"gain": small}, "zeros": {}, "layers": {"seed": seeds}}
    return {**init, **some(draw, own.get(scheme, {"seed": seeds, "bias": small}))}


def network(draw, n_targets, output):
    hidden = draw(st.lists(st.fixed_dictionaries(
        {"units": st.integers(1, 6), "activation": hidden_activations}), max_size=3))
    layers = [*hidden, {"units": n_targets, "activation": output}]
    return {"layers": layers, "init": start(draw, len(layers))}


def optimizer(draw):
    name = draw(st.sampled_from(["sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam",
                                 "adamw"]))
    own = {"momentum": ["momentum"], "nesterov": ["momentum"], "rmsprop": ["alpha", "epsilon"],
           "adam": ["beta1", "beta2", "epsilon"], "adamw": ["beta1", "beta2", "epsilon"],
           "adagrad": ["epsilon"], "sgd": []}[name]
    fields = {field: shares for field in own if field != "epsilon"}
    fields |= {"epsilon": st.sampled_from([1e-10, 1e-8, 0.1])} if "epsilon" in own else {}
    fields |= {"weight_decay": shares, "l1": shares, "clip_value": st.floats(0.01, 10),
               "clip_norm": st.floats(0.01, 10)}
    rates = st.sampled_from([1e-300, 1e-4, 0.01, 0.3, 3.0, 1e6, 1e300])
    return {"name": name, "learning_rate": draw(rates), **some(draw, fields)}


def schedule(draw, epochs):
    kind = draw(st.sampled_from(["constant", "step", "exponential", "cosine", "range_test",
                                 "reduce_on_plateau"]))
    own = {"step": {"factor": shares.filter(bool)}, "exponential": {"factor": shares.filter(bool)},
           "cosine": {"final": shares}, "reduce_on_plateau": {"factor": shares.filter(bool)},
           "range_test": {"final": st.sampled_from([0.1, 1, 1e-5, 1e200])}}
    made = {"kind": kind, **some(draw, own.get(kind, {}))}
    if kind == "step":
        made["every"] = draw(st.integers(1, 3))
    if epochs > 1 and kind != "reduce_on_plateau":
        made |= some(draw, {"warmup_epochs": st.integers(0, epochs - 1)})
    return made


def training(draw, loss, n_samples, has_validation):
    epochs = draw(st.integers(1, 5))
    record = ["end_loss", "accuracy"] if "entropy" in loss else ["end_loss"]
    made = {"loss": loss, "epochs": epochs, "optimizer": optimizer(draw),
            "batch_size": draw(st.integers(1, n_samples)),
            **some(draw, {"seed": seeds, "reduction": st.sampled_from(["mean", "sum"]),
                          "order": st.sampled_from(["fixed", "shuffle", "with_replacement"]),
                          "arithmetic": st.sampled_from(["exact", "fast"]),
                          "record": st.lists(st.sampled_from(record), unique=True),
                          "stop": st.fixed_dictionaries(
                              {"monitor": st.sampled_from(["loss", "end_loss"] + (
                                  ["validation_loss"] if has_validation else [])),
                               "patience": st.integers(1, 3), "target": st.floats(0, 1)})})}
    if draw(st.booleans()):
        made["schedule"] = schedule(draw, epochs)
    if loss == "mse":
        made |= some(draw, {"gradient": st.sampled_from(["full", "half"])})
    return made


@st.composite
def specs(draw):
    """A spec that fits together, but for what chance does not know."""
    loss = draw(st.sampled_from(["mse", "mae", "huber", "binary_cross_entropy",
                                 "categorical_cross_entropy"]))
    make = classes if "entropy" in loss else draw(st.sampled_from([formula, table, pattern,
                                                                   measured]))
    dataset, n_features, n_targets = make(draw)
    output = draw(hidden_activations)
    if "entropy" in loss:
        loss = "categorical_cross_entropy" if n_targets > 1 else "binary_cross_entropy"
        output = "softmax" if n_targets > 1 else "sigmoid"
    n_samples = dataset.get("samples", len(dataset.get("rows", [0] * 11)))
    has_split = n_samples >= 10 and draw(st.booleans())
    if has_split:
        dataset["split"] = {"train": 0.5, "validation": 0.3, "test": 0.2,
                            **some(draw, {"seed": seeds})}
    dataset |= some(draw, {"standardize": st.booleans()})
    if "entropy" not in loss:
        dataset |= some(draw, {"standardize_target": st.booleans()})
    spec = {"dataset": dataset, "network": network(draw, n_targets, output),
            "training": training(draw, loss, n_samples // 2, has_split),
            "cache": draw(st.booleans()),
            "predict": draw(st.lists(st.lists(small, min_size=n_features, max_size=n_features),
                                     max_size=2))}
    axes = {"/training/optimizer/learning_rate": [0.1, 0.2], "/network/layers/0/units": [n_targets],
            "/training/batch_size": {"from": 1, "to": 2}, "/training/order": ["fixed", "shuffle"],
            "/dataset/standardize": [True, False]}
    swept = draw(st.lists(st.sampled_from(sorted(axes)), max_size=2, unique=True))
    if swept and draw(st.booleans()):
        spec["sweep"] = {pointer: axes[pointer] for pointer in swept}
    return spec


# --- damage ------------------------------------------------------------------------------------

def places(value, path=()):
    """The paths of all that is in a spec."""
    items = value.items() if isinstance(value, dict) else enumerate(value) \
        if isinstance(value, list) else []
    for key, inner in items:
        yield (*path, key)
        yield from places(inner, (*path, key))


@st.composite
def damaged(draw):
    """A spec in which one or two things are not as they should be."""
    spec = json.loads(json.dumps(draw(specs())))
    for _ in range(draw(st.integers(1, 2))):
        found = sorted(places(spec), key=str)
        *path, key = draw(st.sampled_from(found))
        around = spec
        for step in path:
            around = around[step]
        what = draw(st.sampled_from(["junk", "delete", "rename", "wrap"]))
        if what == "junk":
            around[key] = draw(st.sampled_from(JUNK))
        elif what == "wrap":
            around[key] = [around[key]]
        elif what == "delete" or isinstance(around, list):
            del around[key]
        else:
            around[str(key) + "s"] = around.pop(key)
        if not spec:
            break
    return spec


# --- judging -----------------------------------------------------------------------------------

def resolve(spec, pointer):
    """How many tokens of the pointer lead somewhere in the spec, and how many it has."""
    tokens = [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]
    for n, token in enumerate(tokens):
        try:
            spec = spec[int(token)] if isinstance(spec, list) else spec[token]
        except (KeyError, IndexError, ValueError, TypeError):
            return n, len(tokens)
    return len(tokens), len(tokens)


def judge_faults(problem, posted, fields):
    """Each fault is at a place of the posted spec, or at a field that was left to its default."""
    assert problem["errors"], problem
    for fault in problem["errors"]:
        found, n = resolve(posted, fault["pointer"])
        pattern = re.sub(r"/\d+(?=/|$)", "/*", fault["pointer"])
        assert found >= n - 1 or pattern in fields, fault
        assert fault["detail"] and "\n" not in fault["detail"], fault


def activate(name, z):
    with np.errstate(over="ignore", invalid="ignore"):
        return {"linear": lambda: z, "relu": lambda: np.maximum(z, 0),
                "leaky_relu": lambda: np.where(z > 0, z, 0.01 * z), "tanh": lambda: np.tanh(z),
                "sigmoid": lambda: 1 / (1 + np.exp(-z)),
                "elu": lambda: np.where(z > 0, z, np.expm1(np.minimum(z, 0))),
                "gelu": lambda: z * (1 + np.vectorize(math.erf)(z / math.sqrt(2))) / 2,
                "softplus": lambda: np.logaddexp(0, z),
                "softmax": lambda: np.exp(z - z.max()) / np.exp(z - z.max()).sum()}[name]()


def forward(run, layers, inputs):
    values = np.array(inputs, float)
    parameters = run["parameters"]
    for weights, biases, layer in zip(parameters["weights"], parameters["biases"], layers):
        with np.errstate(over="ignore", invalid="ignore"):
            sums = np.array(weights) @ values + np.array(biases)
        values = activate(layer["activation"], sums)
    return values


def numbers_of(parameters):
    for layer in parameters["weights"]:
        for unit in layer:
            yield from unit
    for layer in parameters["biases"]:
        yield from layer


def judge_run(server, experiment, row):
    """A run that is done has finite losses and parameters, and says what they say."""
    assert row["state"] in ("done", "diverged"), row
    run = server.get(f"/experiments/{experiment['id']}/runs/{row['run']}")
    assert all(math.isfinite(value) for value in numbers_of(run["parameters"])), run
    if row["state"] == "diverged":
        assert row["diverged"]["epoch"] == row["epoch"] + 1, row
        return
    assert math.isfinite(row["loss"]) and row["best_loss"] <= row["loss"], row
    assert row["epoch"] == row["epochs"] or row["stopped"], row
    spec = experiment["spec"]
    is_scaled = any("standardize" in place for place in (*spec["dataset"], *spec.get("sweep", {})))
    if is_scaled or any(pointer.startswith("/network") for pointer in row["overrides"]):
        return
    for inputs, outputs in zip(spec["predict"], run["predictions"]):
        expected = forward(run, spec["network"]["layers"], inputs)
        size = 1 + max(abs(value) for value in numbers_of(run["parameters"]))
        if size < 1e3 and np.isfinite(expected).all():  # else what is lost in sums is much
            np.testing.assert_allclose(outputs, expected, rtol=CLOSE, atol=CLOSE * size)


def judge(server, posted, is_trained, fields):
    reply = server.request("POST", "/experiments" + ("" if is_trained else "?validate=true"),
                           data=json.dumps(posted), headers=WAIT)
    if reply.status_code == 422:
        judge_faults(reply.json(), posted, fields)
        return "faults"
    assert reply.status_code == (201 if is_trained else 200), (reply.status_code, reply.text)
    answer = reply.json()
    if not is_trained:
        again = server.request("POST", "/experiments?validate=true",
                               data=json.dumps(answer["spec"]), headers=JSON_TYPE)
        assert again.json()["spec"] == answer["spec"]
        return "valid"
    assert answer["state"] == "done", answer
    for row in answer["runs"]:
        judge_run(server, answer, row)
    server.request("DELETE", f"/experiments/{answer['id']}")
    return "trained"


def settings():
    return hypothesis.settings(
        max_examples=N_SPECS or 1000, derandomize=not N_SPECS, database=None, deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
        phases=[hypothesis.Phase.generate, hypothesis.Phase.shrink])


def test_every_spec_gives_a_right_result_or_names_its_fault(server):
    fields = {field["pointer"] for field in server.get("/options")["fields"]}
    seen = {"faults": 0, "valid": 0, "trained": 0}

    @settings()
    @hypothesis.given(spec=st.one_of(specs(), damaged()), is_trained=st.booleans())
    def every(spec, is_trained):
        seen[judge(server, spec, is_trained, fields)] += 1

    every()
    server.check()
    # the draws are worth something: no kind of answer is rare
    assert min(seen.values()) > (N_SPECS or 1000) / 10, seen
