"""A training that all peers do: data, start values and rate, in a file that C reads as well; and
the talk between a peer and peers.py.

A file of doubles: samples, layers, sizes from the inputs on, batch size, rate; features
[samples][inputs], targets [samples][outputs]; then for each layer weights [units][inputs] and
biases [units]. Hidden layers are relu, the output is linear, samples are visited as they stand.

A peer is a process. It says a line about itself, its version and its build. Then for each line with
a number on its input it trains so many epochs and answers with the processor seconds they took and
the last one's loss: the mean over the samples of the mean over the outputs of e * e, scored before
the batch's update."""
import dataclasses
import os
import sys
import time

for library in ("OMP", "OPENBLAS", "MKL"):
    os.environ[f"{library}_NUM_THREADS"] = "1"  # before NumPy is imported

import numpy as np  # noqa: E402


@dataclasses.dataclass
class Problem:
    sizes: list
    batch_size: int
    rate: float
    features: np.ndarray
    targets: np.ndarray
    layers: list  # [(weights, biases), ...]

    def batches(self):
        """The samples of each batch."""
        n = len(self.features)
        return [slice(i, min(i + self.batch_size, n)) for i in range(0, n, self.batch_size)]


def write(problem, path):
    head = [len(problem.features), len(problem.layers), *problem.sizes, problem.batch_size,
            problem.rate]
    parts = [head, problem.features, problem.targets]
    for weights, biases in problem.layers:
        parts += [weights, biases]
    np.concatenate([np.asarray(part, float).ravel() for part in parts]).tofile(path)


def read(path):
    values = np.fromfile(path)

    def take(*shape):
        nonlocal values
        n = int(np.prod(shape))
        taken, values = values[:n].reshape(shape), values[n:]
        return taken.copy()

    n_samples, n_layers = (int(v) for v in take(2))
    sizes = [int(v) for v in take(n_layers + 1)]
    batch_size, rate = take(2)
    features, targets = take(n_samples, sizes[0]), take(n_samples, sizes[-1])
    layers = [(take(n_units, n_inputs), take(n_units))
              for n_inputs, n_units in zip(sizes, sizes[1:])]
    return Problem(sizes, int(batch_size), float(rate), features, targets, layers)


def given():
    """The problem of this process's command line."""
    return read(sys.argv[1])


def serve(about, train):
    """Answers until the input ends; train(n) trains n epochs and returns the last one's loss."""
    print(about, flush=True)
    for line in sys.stdin:
        began = time.process_time()
        loss = train(int(line))
        print(f"{time.process_time() - began:.9e} {loss!r}", flush=True)


def blas():
    """The library that NumPy multiplies matrices with, as it is mapped into this process."""
    names = {line.split("/")[-1].strip() for line in open("/proc/self/maps")}
    known = [name for kind in ("libopenblas", "libmkl", "libblis", "libblas")
             for name in sorted(names) if name.startswith(kind)]
    return known[0] if known else "no BLAS"
