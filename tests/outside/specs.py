"""Specs the tests post: the report's, explicit to the last convention, and long runs."""
import json
import pathlib

import notebook  # tests/golden/notebook.py

GOLDEN = json.loads((pathlib.Path(__file__).resolve().parents[1] / "golden" / "report.json")
                    .read_text())
NAMES = ("w1", "w2", "w3", "w4", "w5", "w6", "bias1", "bias2", "bias3")
RATE = "/training/optimizer/learning_rate"


def report(learning_rate=0.0004, init=notebook.BASE, random_target=False, epochs=1000,
           seed=notebook.SEED, samples=notebook.N, n1=(0, 4), n2=(0, 15), gradient="half"):
    """The report's experiment with explicit start values w1..w6, bias1..bias3."""
    w1, w2, w3, w4, w5, w6, b1, b2, b3 = init
    target = "randint(0,100)" if random_target else "n1**2 + n2 + randint(0,5)"
    return {
        "name": f"learning rate {learning_rate}",
        "dataset": {"kind": "formula", "samples": samples, "seed": seed,
                    "features": {"n1": "randint(%d,%d)" % n1, "n2": "randint(%d,%d)" % n2},
                    "target": target},
        "network": {"layers": [{"units": 2, "activation": "relu"},
                               {"units": 1, "activation": "linear"}],
                    "init": {"scheme": "explicit",
                             "weights": [[[w1, w2], [w3, w4]], [[w5, w6]]],
                             "biases": [[b1, b2], [b3]]}},
        "training": {"loss": "mse", "gradient": gradient,
                     "optimizer": {"name": "sgd", "learning_rate": learning_rate},
                     "batch_size": 1, "order": "fixed", "epochs": epochs},
        "predict": [[2, 3]],
        "cache": False}  # every test trains its own


def golden(name):
    """The spec of one of the golden experiments."""
    spec = GOLDEN["experiments"][name]["spec"]
    return report(spec["lr"], spec["init"], spec["random_target"], spec["epochs"])


def long_run(samples=2000, epochs=400000):
    """A run of many seconds that a test cancels, deletes or interrupts."""
    return {**report(1e-6, epochs=epochs, samples=samples), "name": "long run"}


def sweep(rates, **options):
    """One experiment with a run for each learning rate."""
    return {**report(**options), "sweep": {RATE: list(rates)}}
