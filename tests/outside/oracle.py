"""Training in plain Python floats: the arithmetic that core/train/block/block.h promises, written again
from its words, for any dense network, batch size and sample order.

Every sum runs by ascending index, nothing is fused, deltas come from the old parameters. relu and
leaky_relu have slope 0 and 0.01 at z <= 0. NumPy serves as the generator of data and orders."""
import math

import numpy as np

LEAK = 0.01


def sigmoid(z):
    return 1.0 / (1.0 + math.exp(-z)) if z >= 0 else math.exp(z) / (1.0 + math.exp(z))


# name: (value at z, a delta times the slope at the value h)
ACTIVATIONS = {
    "linear": (lambda z: z, lambda h, delta: delta),
    "relu": (lambda z: z if z > 0 else 0.0, lambda h, delta: delta if h > 0 else 0.0),
    "leaky_relu": (lambda z: z if z > 0 else LEAK * z,
                   lambda h, delta: delta if h > 0 else LEAK * delta),
    "tanh": (math.tanh, lambda h, delta: delta * (1.0 - h * h)),
    "sigmoid": (sigmoid, lambda h, delta: delta * (h * (1.0 - h))),
}


# --- data and start values -----------------------------------------------------------------


def dataset(recipe):
    """Rows ([features], [targets]) of a formula dataset, evaluated by Python and NumPy, row by
    row as a notebook's loop would."""
    np.random.seed(recipe["seed"])
    words = {"randint": np.random.randint, "uniform": np.random.uniform,
             "normal": np.random.normal, "abs": abs}
    rows = []
    for _ in range(recipe["samples"]):
        row = {}
        for name, formula in recipe["features"].items():
            row[name] = float(eval(formula, words, row))
        targets = [float(eval(formula, words, row)) for formula in recipe["targets"].values()]
        rows.append((list(row.values()), targets))
    return rows


def start(init, shape):
    """Parameters in block order for layers of shape [(inputs, units), ...]."""
    scheme, bias = init["scheme"], float(init.get("bias", 0))
    if scheme in ("uniform", "normal"):
        np.random.seed(init["seed"])
    draws = {"zeros": lambda: 0.0,
             "constant": lambda: float(init["weight"]),
             "uniform": lambda: init["low"] + (init["high"] - init["low"]) * np.random.rand(),
             "normal": lambda: init["mean"] + init["sd"] * np.random.randn()}
    flat = []
    for inputs, units in shape:
        flat += [float(draws[scheme]()) for _ in range(inputs * units)] + [bias] * units
    return flat


# --- the network ---------------------------------------------------------------------------


class Layer:
    """weights[unit][input] and biases[unit] of one layer, and the batch's sums for them."""

    def __init__(self, n_inputs, units, activation, flat):
        self.value, self.times_slope = ACTIVATIONS[activation]
        self.weights = [[flat.pop(0) for _ in range(n_inputs)] for _ in range(units)]
        self.biases = [flat.pop(0) for _ in range(units)]
        self.sums = None

    def forward(self, inputs):
        """The layer's outputs: products by ascending input, then the bias."""
        self.inputs, self.outputs = inputs, []
        for row, bias in zip(self.weights, self.biases):
            z = row[0] * inputs[0]
            for weight, value in zip(row[1:], inputs[1:]):
                z += weight * value
            self.outputs.append(self.value(z + bias))
        return self.outputs

    def backward(self, arriving):
        """Adds the sample's changes to the batch's sums; returns what goes on to each input:
        deltas times the old weights, by ascending unit."""
        deltas = [self.times_slope(h, c) for h, c in zip(self.outputs, arriving)]
        changes = [[delta * value for value in self.inputs] + [delta] for delta in deltas]
        self.sums = changes if self.sums is None else [
            [total + change for total, change in zip(*rows)] for rows in zip(self.sums, changes)]
        back = []
        for i in range(len(self.inputs)):
            total = deltas[0] * self.weights[0][i]
            for delta, row in zip(deltas[1:], self.weights[1:]):
                total += delta * row[i]
            back.append(total)
        return back

    def update(self):
        """Adds the batch's sums to the parameters and starts the next batch's."""
        for unit, sums in enumerate(self.sums):
            self.weights[unit] = [w + s for w, s in zip(self.weights[unit], sums)]
            self.biases[unit] += sums[-1]
        self.sums = None


def build(spec, flat):
    """The layers of a spec with the parameters in block order."""
    flat, layers = list(flat), []
    n_inputs = len(spec["dataset"]["features"])
    for layer in spec["network"]["layers"]:
        layers.append(Layer(n_inputs, layer["units"], layer["activation"], flat))
        n_inputs = layer["units"]
    return layers


def flatten(layers):
    flat = []
    for layer in layers:
        flat += [weight for row in layer.weights for weight in row] + layer.biases
    return flat


def predict(spec, parameters, inputs):
    for layer in build(spec, parameters):
        inputs = layer.forward(inputs)
    return inputs


# --- training ------------------------------------------------------------------------------


def orders(training, n):
    """The samples of each epoch: as they stand, or drawn after a seed."""
    draws = {"fixed": lambda: range(n), "shuffle": lambda: np.random.permutation(n),
             "with_replacement": lambda: np.random.randint(0, n, size=n)}
    if training["order"] != "fixed":
        np.random.seed(training["seed"])
    while True:
        yield draws[training["order"]]()


def scale(training, n_outputs, n_in_batch):
    """The step s that an error is multiplied with."""
    k = 2.0 if training["gradient"] == "full" else 1.0
    s = training["optimizer"]["learning_rate"] * k / n_outputs
    return s / n_in_batch if training.get("reduction", "mean") == "mean" else s


def train_batch(layers, batch, s):
    """The losses of the batch's samples, each scored before the update; then the update."""
    losses = []
    for features, targets in batch:
        outputs = features
        for layer in layers:
            outputs = layer.forward(outputs)
        errors = [target - output for target, output in zip(targets, outputs)]
        total = errors[0] * errors[0]
        for e in errors[1:]:
            total += e * e
        losses.append(total / len(errors))
        arriving = [s * e for e in errors]
        for layer in reversed(layers):
            arriving = layer.backward(arriving)
    for layer in layers:
        layer.update()
    return losses


def train(spec, rows):
    """(printed loss of every epoch, final parameters in block order)."""
    training = spec["training"]
    shape, n_inputs = [], len(spec["dataset"]["features"])
    for layer in spec["network"]["layers"]:
        shape.append((n_inputs, layer["units"]))
        n_inputs = layer["units"]
    layers = build(spec, start(spec["network"]["init"], shape))
    size, printed = training["batch_size"], []
    order = orders(training, len(rows))
    for _ in range(training["epochs"]):
        total, indices = 0.0, next(order)
        for begin in range(0, len(rows), size):
            batch = [rows[i] for i in indices[begin:begin + size]]
            for loss in train_batch(layers, batch, scale(training, n_inputs, len(batch))):
                total += loss
        printed.append(total / len(rows))
    return printed, flatten(layers)
