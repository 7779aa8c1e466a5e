#!/usr/bin/python3
"""Trains the benchmarks' networks with plain Python floats, and writes floats.h for check.c.

The arithmetic is that of core/train/block/block.h, spelled out once more for networks of any size: no
array library takes part in it, so no vector unit, no library and no compiler can change a bit.

Run in the repository's root after data.py or a work changed (a minute):  tests/bench/floats.py
"""
import pathlib
import struct

import numpy as np

import data

HEADER = pathlib.Path(__file__).resolve().parent / "floats.h"

# key in work.c, shape, samples, batch size, shuffled, epochs
TRAININGS = [
    ("one_run", "2-2-1", 100, 1, False, 7),
    ("one_run_4_samples", "2-2-1", 4, 1, False, 7),
    ("one_run_shuffled", "2-2-1", 100, 1, True, 7),
    ("one_run_batch_100", "2-2-1", 100, 100, False, 7),
    ("one_run_2881", "2-8-8-1", 100, 1, False, 7),
    ("one_run_2881_batch_32", "2-8-8-1", 100, 32, False, 7),
    ("one_run_64_128_10", "64-128-10", 100, 1, False, 7),
    ("one_run_64_128_10_batch_32", "64-128-10", 100, 32, False, 7),
    ("one_run_784_128_10_batch_128", "784-128-10", 128, 128, False, 7),
]


def forward(layers, inputs):
    """The outputs of every layer, the inputs first; all layers but the last are relu."""
    outputs = [inputs]
    for weights, biases in layers:
        sums = []
        for row, bias in zip(weights, biases):
            total = row[0] * outputs[-1][0]
            for i in range(1, len(row)):
                total += row[i] * outputs[-1][i]
            sums.append(total + bias)
        is_last = weights is layers[-1][0]
        outputs.append(sums if is_last else [z if z > 0 else 0.0 for z in sums])
    return outputs


def add_gradient(layers, sums, outputs, deltas):
    """Adds a sample's step to the sums, from the outputs' deltas."""
    for (weights, _), (weight_sums, bias_sums), inputs in zip(
            reversed(layers), reversed(sums), reversed(outputs[:-1])):
        below = []
        for i in range(len(inputs)):
            total = deltas[0] * weights[0][i]
            for j in range(1, len(deltas)):
                total += deltas[j] * weights[j][i]
            below.append(total if inputs[i] > 0 else 0.0)
        for j, delta in enumerate(deltas):
            row = weight_sums[j]
            for i in range(len(inputs)):
                row[i] += delta * inputs[i]
            bias_sums[j] += delta
        deltas = below


def zero_sums(layers):
    return [([[-0.0] * len(row) for row in weights], [-0.0] * len(biases))
            for weights, biases in layers]


def apply(layers, sums):
    for (weights, biases), (weight_sums, bias_sums) in zip(layers, sums):
        for row, row_sums in zip(weights, weight_sums):
            for i in range(len(row)):
                row[i] += row_sums[i]
        for j in range(len(biases)):
            biases[j] += bias_sums[j]


def train(shape, n_samples, batch_size, is_shuffled, n_epochs):
    """The losses of the epochs, and the parameters after the last."""
    features, targets = (columns.tolist() for columns in data.dataset(shape, n_samples))
    layers = [(weights.tolist(), biases.tolist()) for weights, biases in data.start(shape)]
    step, losses = data.RATE / len(targets[0]), []
    orders = np.random.RandomState(3)
    for _ in range(n_epochs):
        order = orders.permutation(n_samples).tolist() if is_shuffled else range(n_samples)
        total, sums, seen = 0.0, zero_sums(layers), 0
        for position, sample in enumerate(order):
            if seen == 0:
                size = min(batch_size, n_samples - position)
            outputs = forward(layers, features[sample])
            errors = [y - out for y, out in zip(targets[sample], outputs[-1])]
            loss = errors[0] * errors[0]
            for e in errors[1:]:
                loss += e * e
            total += loss / len(errors)
            add_gradient(layers, sums, outputs, [step / size * e for e in errors])
            seen += 1
            if seen == size:
                apply(layers, sums)
                sums, seen = zero_sums(layers), 0
        losses.append(total / n_samples)
    return losses, [v for weights, biases in layers for v in sum(weights, []) + biases]


def fingerprint(values):
    """FNV-1a, 64 bits, over the values' bytes as little-endian doubles."""
    h = 0xcbf29ce484222325
    for byte in struct.pack(f"<{len(values)}d", *values):
        h = (h ^ byte) * 0x100000001b3 & 0xffffffffffffffff
    return h


def row(key, shape, *conditions):
    losses, parameters = train(shape, *conditions)
    print(key, losses[0], losses[-1], flush=True)
    numbers = ",\n     ".join(v.hex() for v in losses)
    return (f'    {{"{key}",\n     {{{numbers}}},\n     {parameters[0].hex()},'
            f" 0x{fingerprint(parameters):016x}}},\n")


def main():
    rows = "".join(row(*training) for training in TRAININGS)
    HEADER.write_text(f"""\
/* Trainings with plain Python floats, written by tests/bench/floats.py: don't edit. */
/* clang-format off */
#ifndef TESTS_BENCH_FLOATS_H
#define TESTS_BENCH_FLOATS_H

#include <stdint.h>

enum {{ FLOATS_EPOCHS = 7 }};

/* What a work's first run comes to after these epochs. */
struct floats {{
    const char *key; /* of the work */
    double losses[FLOATS_EPOCHS];
    double first;          /* the first parameter */
    uint64_t fingerprint;  /* of all parameters: FNV-1a over their bytes, little-endian */
}};

static const struct floats floats_of_python[] = {{
{rows}    {{.key = 0}},
}};

#endif
""")


if __name__ == "__main__":
    main()
