"""A glance, which is what a run in training is looked at with, against the live explanation."""
import numpy as np

from explain_probe import explain
from test_certificates import OPTIMIZERS, n_parameters

ACTIVATIONS = ["relu", "leaky_relu", "tanh", "sigmoid", "elu", "gelu", "softplus", "linear"]
RUNS = 600
LIVE = {"NONFINITE", "ZERO_INIT_SADDLE", "COLLAPSED_TO_CONSTANT", "DEAD_UNITS", "SATURATED_UNITS",
        "SYMMETRIC_UNITS", "AFFINE_ON_DATA", "FP_STALL", "NO_SIGNAL", "STEP_OVERSHOOTS_AT_INIT",
        "BELOW_NOISE_FLOOR", "PRINTED_LOSS_IS_MOVING"}


def data(rng, kind, n):
    x = rng.integers(0, 4, (n, 2)) * 1. if rng.integers(2) else rng.normal(0, 1, (n, 2))
    noise = rng.normal(0, rng.choice([0, .3]), n) * 1.
    y = rng.choice([x[:, 0] ** 2 + x[:, 1] + noise, rng.normal(0, 1, n), 0 * noise + 3])
    return (x, y > np.median(y)) if kind == "binary_cross_entropy" else (x, y)


def a_start(rng, n):
    """Zeros, all alike, drawn, or huge."""
    return [np.zeros(n), np.full(n, .3), rng.normal(0, .6, n), rng.normal(-2, 2, n),
            rng.normal(0, 200, n)][rng.choice(5, p=[.1, .1, .5, .2, .1])]


def a_run(rng):
    loss = str(rng.choice(["mse", "mse", "mse", "mae", "huber", "binary_cross_entropy"]))
    x, y = data(rng, loss, int(rng.integers(3, 70)))
    hidden = [[int(rng.integers(1, 5)), str(rng.choice(ACTIVATIONS))]
              for _ in range(rng.integers(0, 4))]
    layers = hidden + [[1, "sigmoid" if loss == "binary_cross_entropy" else "linear"]]
    optimizer = str(rng.choice(["sgd"] * 6 + list(OPTIMIZERS)))
    run = {"x": x, "y": y * 1., "layers": layers, "loss": loss, "epochs": int(rng.integers(1, 60)),
           "learning_rate": float(10. ** rng.uniform(-5, 0)), "depth": "live",
           "gradient": str(rng.choice(["full", "half"])), "optimizer": optimizer,
           "settings": OPTIMIZERS[optimizer], "batch_size": int(rng.choice([1, 1, 1, 2, len(x)])),
           "start": a_start(rng, n_parameters(layers, 2))}
    if rng.integers(4) == 0:
        run |= {"learning_rate": 1e-300}
    return run | ({"noise": float(rng.choice([0, .09, 4]))} if rng.integers(2) else {})


def short_of(answer):
    """What a glance is to say, from what the live explanation says."""
    first = answer["headline"]
    return {"codes": {verdict["code"] for verdict in answer["verdicts"]}, "headline": first,
            "severity": answer["fired"][first]["severity"] if first else None,
            "text": answer["text"] if first else ""}


def test_a_glance_says_what_the_live_explanation_says_first():
    rng = np.random.default_rng(0)
    seen = set()
    for answer in explain([a_run(rng) for _ in range(RUNS)]):
        glance = answer["glance"] | {"codes": set(answer["glance"]["codes"])}
        assert glance == short_of(answer)
        seen |= glance["codes"]
    assert seen >= LIVE
