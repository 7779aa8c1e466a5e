"""A plain Python loop over floats, for 2-2-1, one sample a batch."""
import pathlib
import platform
import sys

import problem

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1]))

import anchor  # noqa: E402

given = problem.given()
rows = [(*x, *y) for x, y in zip(given.features.tolist(), given.targets.tolist())]
(hidden, hidden_biases), (out, out_bias) = given.layers
start = [*hidden.ravel().tolist(), *out.ravel().tolist(), *hidden_biases.tolist(),
         *out_bias.tolist()]

problem.serve(f"Python {platform.python_version()}",
              lambda n: anchor.train(rows, start, given.rate, n))
