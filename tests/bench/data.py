"""The data and start values of the benchmarks: what work.c makes in C, made here with NumPy."""
import numpy as np

RATE = 1e-5


def sizes(shape):
    """"64-128-10" as [64, 128, 10]."""
    return [int(n) for n in shape.split("-")]


def dataset(shape, n_samples):
    """The report's kind of data, row by row; further columns are noise, further targets the same.
    Returns features [n_samples][n_inputs] and targets [n_samples][n_outputs]."""
    n_inputs, *_, n_outputs = sizes(shape)
    draw = np.random.RandomState(134551)
    features, targets = np.empty((n_samples, n_inputs)), np.empty((n_samples, n_outputs))
    for i in range(n_samples):
        features[i, :2] = draw.randint(0, 4), draw.randint(0, 15)
        for k in range(2, n_inputs):
            features[i, k] = draw.random_sample()
        targets[i] = features[i, 0] ** 2 + features[i, 1] + draw.randint(0, 5)
    return features, targets


def start(shape):
    """[(weights [units][inputs], biases [units]), ...]"""
    widths = sizes(shape)
    low, high = (-0.3, 0.5) if widths[0] == 2 else (-0.05, 0.05)
    draw = np.random.RandomState(7)
    return [(low + (high - low) * draw.random_sample((n_units, n_inputs)), np.zeros(n_units))
            for n_inputs, n_units in zip(widths, widths[1:])]
