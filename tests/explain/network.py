"""One-hidden-layer networks in NumPy, for building cases.

Parameters stand as in the core: weights [units][inputs], biases, outgoing weights, output bias."""
import math

import numpy as np

from explain_probe import explain

ACTIVATIONS = {
    "relu": (lambda z: np.maximum(z, 0), lambda z: (z > 0) * 1.0),
    "leaky_relu": (lambda z: np.where(z > 0, z, 0.01 * z), lambda z: np.where(z > 0, 1.0, 0.01)),
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
    "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda z: np.exp(-z) / (1 + np.exp(-z)) ** 2),
    "linear": (lambda z: z, np.ones_like),
}


def parts(parameters, n_inputs, n_units):
    p = np.asarray(parameters)
    n = n_units * n_inputs
    return p[:n].reshape(n_units, n_inputs), p[n:n + n_units], p[n + n_units:-1], p[-1]


def outputs(x, parameters, n_units, activation):
    w, b, v, c = parts(parameters, x.shape[1], n_units)
    return ACTIVATIONS[activation][0](x @ w.T + b) @ v + c


def jacobian(x, parameters, n_units, activation):
    w, b, v, _ = parts(parameters, x.shape[1], n_units)
    z = x @ w.T + b
    through = ACTIVATIONS[activation][1](z) * v
    weights = (through[:, :, None] * x[:, None, :]).reshape(len(x), -1)
    return np.c_[weights, through, ACTIVATIONS[activation][0](z), np.ones(len(x))]


def start_among(x, y, n_units, rng):
    """Kinks placed among the samples, the output layer by least squares."""
    d = x.shape[1]
    w = rng.normal(0, 1, (n_units, d)) / x.std(0) / math.sqrt(d)
    b = -(w * x[rng.integers(len(x), size=n_units)]).sum(1) + rng.normal(0, 0.3, n_units)
    hidden = np.c_[np.maximum(x @ w.T + b, 0), np.ones(len(x))]
    return np.r_[w.ravel(), b, np.linalg.lstsq(hidden, y, rcond=None)[0]]


def minima(x, y, n_units, rng, starts):
    """Parameters and losses of the minima below random starts of relu units."""
    return [(np.array(end["parameters"]), end["loss"]) for end in explain(
        {"x": x, "y": y, "layers": [[n_units, "relu"], [1, "linear"]], "descend": 400,
         "start": start_among(x, y, n_units, rng)} for _ in range(starts))]


def balanced(parameters, n_inputs, n_units):
    """The same function with |(w, b)| = |v| for every unit."""
    w, b, v, c = (np.array(part) for part in parts(parameters, n_inputs, n_units))
    for j in range(n_units):
        size = math.hypot(np.linalg.norm(w[j]), b[j])
        if size > 0 and v[j] != 0:
            factor = math.sqrt(abs(v[j]) / size)
            w[j], b[j], v[j] = w[j] * factor, b[j] * factor, v[j] / factor
    return np.r_[w.ravel(), b, v, c]


def rate_limit(x, parameters, n_units):
    """2 / (c max |gradient of f|^2), c = 2."""
    return 1 / (jacobian(x, parameters, n_units, "relu") ** 2).sum(1).max()
