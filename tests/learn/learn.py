"""make learn: what Descent's networks learn, beside scikit-learn's MLPClassifier.

    learn.py RESULT.json

Both get the same samples, net, optimizer (Adam), batch size, epochs and kind of start (Glorot's
uniform); each draws start values and sample orders of its own from every one of SEEDS. What is told
is the share of samples put in the right class, of those trained on and of those held out: the mean
over the seeds and, after it, the standard deviation. Descent must reach scikit-learn's mean but for
what such spreads explain."""
import json
import math
import os
import pathlib
import statistics
import sys
import tempfile
import time
import warnings

import numpy as np
import sklearn
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "outside"))
sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "golden"))

import service  # noqa: E402

SEEDS = range(10)
# Standard errors of the difference of the two means. Fourteen comparisons of equals all stay within
# them 95 times of 100 (Student's t, 18 degrees of freedom); and with the seeds given, the same
# versions give the same table every time.
ERRORS_ALLOWED = 3
HELD_OUT = {"train": 0.7, "test": 0.3, "seed": 1}
ROWS_AT_ONCE = 500  # of inputs in one question

# Each: data (samples for a kind that makes them), hidden layers, activation, rate, batch, epochs.
# Each is enough to learn the set well, and little enough that a wrong update would show.
TASKS = {
    "circles": ({"kind": "circles", "samples": 400, "noise": 0.1, "factor": 0.5, "seed": 1},
                [8], "tanh", 0.01, 20, 150),
    "moons": ({"kind": "moons", "samples": 400, "noise": 0.2, "seed": 1},
              [16], "tanh", 0.01, 20, 300),
    "two spirals": ({"kind": "spirals", "samples": 400, "noise": 0.1, "seed": 1},
                    [32, 32], "tanh", 0.005, 20, 300),
    "xor": ({"kind": "xor", "samples": 400, "noise": 0.3, "seed": 1},
            [8], "relu", 0.01, 20, 100),
    "iris": ({"kind": "iris", "standardize": True}, [8], "tanh", 0.01, 10, 100),
    "wine": ({"kind": "wine", "standardize": True}, [4], "tanh", 0.01, 20, 40),
    "digits": ({"kind": "digits", "standardize": True}, [32], "relu", 0.003, 50, 20),
}


def classes_of(outputs):
    """Class numbers of outputs, or of targets: the largest of several, or whether one is over a
    half."""
    outputs = np.asarray(outputs)
    return outputs.argmax(axis=1) if outputs.shape[1] > 1 else (outputs[:, 0] > 0.5).astype(int)


def spec_of(task, n_outputs, seed):
    dataset, hidden, activation, rate, batch_size, epochs = task
    output = "softmax" if n_outputs > 1 else "sigmoid"
    loss = "categorical_cross_entropy" if n_outputs > 1 else "binary_cross_entropy"
    layers = [*({"units": units, "activation": activation} for units in hidden),
              {"units": n_outputs, "activation": output}]
    return {"dataset": {**dataset, "split": HELD_OUT},
            "network": {"layers": layers, "init": {"scheme": "glorot_uniform", "seed": seed}},
            "training": {"loss": loss, "optimizer": {"name": "adam", "learning_rate": rate},
                         "batch_size": batch_size, "order": "shuffle", "seed": seed,
                         "epochs": epochs}}


class Samples:
    """What an experiment's data are, as the server tells it."""

    def __init__(self, server, experiment_id):
        data = server.get(f"/experiments/{experiment_id}/dataset")
        rows, n = np.array(data["rows"]), data["n_features"]
        self.inputs, self.classes = rows[:, :n], classes_of(rows[:, n:])
        self.is_train = np.array(data["parts"]) == "train"

    def accuracies(self, predicted):
        """Of those trained on, and of those held out."""
        right = predicted == self.classes
        return float(right[self.is_train].mean()), float(right[~self.is_train].mean())


def ours(server, experiment_id, samples):
    """What a trained network predicts, asked as anybody would."""
    outputs = []
    for begun in range(0, len(samples.inputs), ROWS_AT_ONCE):
        inputs = samples.inputs[begun:begun + ROWS_AT_ONCE].tolist()
        reply = server.request("POST", f"/experiments/{experiment_id}/runs/0/predict",
                               data=json.dumps({"inputs": inputs}), headers=service.JSON_TYPE)
        assert reply.ok, reply.text[:500]
        outputs += reply.json()["outputs"]
    return classes_of(outputs)


def theirs(task, samples, seed):
    """What scikit-learn's network predicts after the same training."""
    dataset, hidden, activation, rate, batch_size, epochs = task
    inputs = samples.inputs
    if dataset.get("standardize"):
        inputs = StandardScaler().fit(inputs[samples.is_train]).transform(inputs)
    model = MLPClassifier(hidden, activation=activation, solver="adam", alpha=0,
                          batch_size=batch_size, learning_rate_init=rate, max_iter=epochs,
                          tol=0, n_iter_no_change=epochs + 1, random_state=seed)
    model.fit(inputs[samples.is_train], samples.classes[samples.is_train])
    return model.predict(inputs)


def compare(server, task, n_outputs):
    """Accuracies of both, a pair (train, held out) for each seed; and the number of samples."""
    mine, other = [], []
    for seed in SEEDS:
        experiment = server.train(spec_of(task, n_outputs, seed))["id"]
        samples = Samples(server, experiment)
        mine.append(samples.accuracies(ours(server, experiment, samples)))
        other.append(samples.accuracies(theirs(task, samples, seed)))
    return mine, other, (int(samples.is_train.sum()), int((~samples.is_train).sum()))


def judge(mine, other, n_samples):
    """One part's accuracies by seed: means, spreads, and whether ours reaches theirs. Where no seed
    differs from another there is still the grain of the measure, a sample."""
    means = statistics.mean(mine), statistics.mean(other)
    spreads = statistics.stdev(mine), statistics.stdev(other)
    grain = 1 / n_samples / math.sqrt(12)  # sd of what is rounded to whole samples
    error = math.sqrt(sum(max(sd, grain)**2 for sd in spreads) / len(mine))
    return {"ours": means[0], "theirs": means[1], "sd_ours": spreads[0], "sd_theirs": spreads[1],
            "n_samples": n_samples, "allowed": ERRORS_ALLOWED * error,
            "reached": means[0] >= means[1] - ERRORS_ALLOWED * error}


def shown(name, part, row):
    return (f"{name:12} {part:9} {row['n_samples']:5}   {row['ours']:.4f} ± {row['sd_ours']:.4f}   "
            f"{row['theirs']:.4f} ± {row['sd_theirs']:.4f}   {row['ours'] - row['theirs']:+.4f}   "
            f"{-row['allowed']:+.4f}   {'yes' if row['reached'] else 'NO'}")


def main(result_path):
    warnings.filterwarnings("ignore", category=ConvergenceWarning)
    begun, rows = time.monotonic(), []
    print(f"Descent and scikit-learn {sklearn.__version__}, {len(SEEDS)} seeds each\n"
          f"{'data':12} {'part':9} {'of':>5}   {'Descent':15}   {'scikit-learn':15}   "
          f"{'differ':7}   allowed   reached")
    with tempfile.TemporaryDirectory() as directory:
        server = service.Server(os.path.join(directory, "data"))
        try:
            for name, task in TASKS.items():
                n_outputs = {"iris": 3, "wine": 3, "digits": 10}.get(task[0]["kind"], 1)
                mine, other, sizes = compare(server, task, n_outputs)
                for k, part in enumerate(("train", "held out")):
                    row = judge(*([pair[k] for pair in side] for side in (mine, other)), sizes[k])
                    rows.append({"data": name, "part": part, **row})
                    print(shown(name, part, row), flush=True)
        finally:
            server.stop()
    missed = [row for row in rows if not row["reached"]]
    pathlib.Path(result_path).write_text(json.dumps(rows, indent=1) + "\n")
    print(f"{len(rows) - len(missed)} of {len(rows)} reached, in "
          f"{time.monotonic() - begun:.0f} s; all numbers in {result_path}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
