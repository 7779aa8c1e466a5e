"""Runs built so that a code must fire, or must not: true cases and controls."""
import json
import pathlib

import numpy as np

import network

GOLDEN = json.loads((pathlib.Path(__file__).parents[1] / "golden/vectors.json").read_text())

EPOCHS = 600


def data(rng, n=100):
    x = rng.integers(1, 5, (n, 2)).astype(float)
    return x, x[:, 0] ** 2 + x[:, 1] + rng.integers(0, 5, n)


def alive(rng, units=2):
    """A start whose units are on for most samples."""
    return np.r_[rng.uniform(.2, .8, 2 * units), rng.uniform(.1, .5, units),
                 rng.uniform(.2, .8, units), 0.]


def run(rng, start=None, rate=1e-4, epochs=EPOCHS, units=2, activation="relu", best=1.8, **more):
    x, y = more.pop("data", None) or data(rng)
    start = alive(rng, units) if start is None else start
    return {"x": x, "y": y, "layers": [[units, activation], [1, "linear"]], "start": start,
            "learning_rate": rate, "epochs": epochs, "best": best} | more


def with_bias(rng, value, units=(0, 1), **more):
    case = run(rng, **more)
    case["start"][[4 + unit for unit in units]] = value
    return case


def twins(rng, factor=1.0, **more):
    case = run(rng, **more)
    p = case["start"]
    p[2:4], p[5], p[7] = p[:2], p[4], p[6]
    p[2] *= factor
    return case


def big_biases(rng, rate):
    return run(rng, rate=rate, start=np.r_[rng.uniform(-1, 1, 4), 100, 100,
                                           rng.uniform(-1, 1, 2), 100])


def best_of(rng, starts=10):
    x, y = data(rng)
    p, loss = min(network.minima(x, y, 2, rng, starts), key=lambda end: end[1])
    return x, y, network.balanced(p, 2, 2), loss


def at_best(rng, share=None, rate=None, epochs=3000):
    """From a best network, balanced, at a share of the rate at which single steps overshoot."""
    x, y, p, loss = best_of(rng)
    return run(rng, data=(x, y), start=p, rate=rate or share * network.rate_limit(x, p, 2),
               epochs=epochs, order="with_replacement", order_seed=int(rng.integers(1 << 31)),
               best=loss)


def slope(x, y, p):
    r = network.outputs(x, p, 2, "relu") - y
    return np.linalg.norm(2 * network.jacobian(x, p, 2, "relu").T @ r / len(x))


def worse_minimum(rng):
    """All units on for some samples, one of them bending, far above the best; and a minimum: a
    descent may also end at a kink."""
    while True:
        x, y = data(rng)
        ends = network.minima(x, y, 2, rng, 30)
        best = min(loss for _, loss in ends)
        for p, loss in ends:
            w, b, _, _ = network.parts(p, 2, 2)
            z = x @ w.T + b
            bends = ((z.min(0) <= 0) & (z.max(0) > 0)).any()
            if (loss > 1.12 * best and (z.max(0) > 0).all() and bends and
                    slope(x, y, p) < 1e-4):
                p = network.balanced(p, 2, 2)
                return run(rng, data=(x, y), start=p, rate=.01 * network.rate_limit(x, p, 2),
                           epochs=4000, batch_size=100, best=best)


def random_target(rng):
    x, _ = data(rng)
    return run(rng, data=(x, rng.integers(0, 100, 100).astype(float)), best=None)


def full_batch(rng, share):
    """Gradient descent at a share of 2 / (largest curvature), from a best network."""
    x, y, p, _ = best_of(rng, 3)
    j = network.jacobian(x, p, 2, "relu")
    r = network.outputs(x, p, 2, "relu") - y
    h = curvature(x, p, j, r)
    return run(rng, data=(x, y), start=p, rate=share * 2 / np.linalg.eigvalsh(h)[-1], epochs=200,
               batch_size=100)


def curvature(x, p, j, r):
    """J's Hessian for two relu units: Gauss-Newton, and what w, b share with v."""
    w, b, _, _ = network.parts(p, 2, 2)
    h = j.T @ j
    on = (x @ w.T + b > 0) * r[:, None]
    for unit in range(2):
        rows = [2 * unit, 2 * unit + 1, 4 + unit]
        h[rows, 6 + unit] += on[:, unit] @ np.c_[x, np.ones(len(x))]
        h[6 + unit, rows] = h[rows, 6 + unit]
    return 2 * h / len(x)


def epoch_one(rng, rate):
    """Small weights at a rate that they outgrow within the first epoch, or don't."""
    return run(rng, start=np.r_[rng.uniform(.1, .3, 4), .5, .5, rng.uniform(.1, .3, 2), 0.],
               rate=rate)


def faint_bend(rng, size=.05, **more):
    """A plane by least squares, but for its height; and a second unit, small, that bends within the
    data: gradient descent makes it grow, at a pace in proportion to itself."""
    x, y = data(rng)
    plane = np.linalg.lstsq(np.c_[x, np.ones(len(y))], y, rcond=None)[0]
    v, bias = np.sqrt(np.hypot(*plane[:2])), .5
    start = np.r_[plane[:2] / v, size, 0, bias, -size * rng.uniform(2, 3), v, size,
                  plane[2] - v * bias + 1]
    return run(rng, data=(x, y), start=start, epochs=6000, **more)


def near_lab_7(rng, **more):
    """The start and the data of lab 7, the start changed by half a per cent."""
    report = GOLDEN["datasets"]["report"]
    start = next(v["spec"]["init"] for v in GOLDEN["vectors"] if v["id"] == "R05")
    return run(rng, data=(np.array(report["X"], float), np.array(report["y"], float)),
               start=np.array(start) * (1 + .005 * rng.normal(0, 1, 9)), **more)


POINTS = [[i, j] for i in range(1, 5) for j in range(1, 5)]
POPULATION = {"noise": 2.0, "points": POINTS, "weights": [1 / 16] * 16,
              "means": [i * i + j + 2 for i, j in POINTS]}


def long_and_wide(rng, activation, epochs):
    """Known noise: six units that learn it by heart, or have no time to."""
    start = np.r_[rng.normal(0, 1, 12), rng.uniform(-2, 2, 6), rng.normal(0, .5, 6), 8.]
    return run(rng, start=start, units=6, activation=activation, rate=2e-3, epochs=epochs,
               order="shuffle", best=1.6) | POPULATION


FLOW, DRIFT = "learning_rate x epochs", "learning_rate^2 x epochs"

def watched(rng, n, units, activation, rate, epochs, rows=300, **more):
    """With a validation part of the same law."""
    x, y = data(rng, n)
    vx, vy = data(rng, rows)
    start = np.r_[rng.normal(0, 1, 2 * units), rng.uniform(-2, 2, units),
                  rng.normal(0, .5, units), 8.]
    return run(rng, data=(x, y), start=start, units=units, activation=activation, rate=rate,
               epochs=epochs, best=1.6, order="shuffle",
               order_seed=int(rng.integers(1 << 31))) | {"vx": vx, "vy": vy} | more


# name, what builds it, the code that must fire (None: a control), with its law where it tells one,
# the codes that must not, and the share of true cases that section 5 of the diagnoses reached, or
# of controls that a test's error rate leaves
CASES = [
    ("one bias -50", lambda r: with_bias(r, -50, units=[0]), "DEAD_UNITS", (), 1),
    ("tanh, bias -50", lambda r: with_bias(r, -50, units=[0], activation="tanh"), None, ("DEAD_UNITS",), 1),
    ("leaky_relu, bias -50", lambda r: with_bias(r, -50, units=[0], activation="leaky_relu"), None,
     ("DEAD_UNITS", "COLLAPSED_TO_CONSTANT"), 1),
    ("all biases -50", lambda r: with_bias(r, -50, epochs=3000), "COLLAPSED_TO_CONSTANT", (), 1),
    ("a copied unit", twins, "SYMMETRIC_UNITS", (), 1),
    ("a copy off by 1e-6", lambda r: twins(r, 1 + 1e-6), None, ("SYMMETRIC_UNITS",), 1),
    ("zeros, relu", lambda r: run(r, start=np.zeros(9)), "ZERO_INIT_SADDLE", (), 1),
    ("zeros, tanh", lambda r: run(r, start=np.zeros(9), activation="tanh"), "ZERO_INIT_SADDLE",
     (), 1),
    ("zeros, sigmoid", lambda r: run(r, start=np.zeros(9), activation="sigmoid"),
     "SYMMETRIC_UNITS", ("ZERO_INIT_SADDLE",), 1),
    ("biases 6, small rate", lambda r: with_bias(r, 6.5, rate=5e-5, epochs=2000), "AFFINE_ON_DATA",
     (), 1),
    ("linear units", lambda r: run(r, activation="linear", epochs=2000), None,
     ("DEAD_UNITS", "COLLAPSED_TO_CONSTANT", "AFFINE_ON_DATA"), 1),
    ("biases 100", lambda r: big_biases(r, 4e-4), "STEP_OVERSHOOTS_AT_INIT", (), 1),
    ("biases 100, rate 1e-6", lambda r: big_biases(r, 1e-6), None,
     ("STEP_OVERSHOOTS_AT_INIT", "STEP_OVERSHOOTS_IN_EPOCH_1"), 1),
    ("small start, rate .05", lambda r: epoch_one(r, .05), "STEP_OVERSHOOTS_IN_EPOCH_1",
     ("STEP_OVERSHOOTS_AT_INIT",), .9),
    ("small start, rate 1e-4", lambda r: epoch_one(r, 1e-4), None,
     ("STEP_OVERSHOOTS_AT_INIT", "STEP_OVERSHOOTS_IN_EPOCH_1"), 1),
    ("1.1 x gradient limit", lambda r: full_batch(r, 1.1), "ABOVE_GD_LIMIT_AT_INIT", (), 1),
    ("0.9 x gradient limit", lambda r: full_batch(r, .9), None, ("ABOVE_GD_LIMIT_AT_INIT",), 1),
    ("linear units, rate .2", lambda r: run(r, activation="linear", rate=.2), "NONFINITE", (), 1),
    ("rate 1e-6, 300 epochs", lambda r: run(r, rate=1e-6, epochs=300), "UNDERTRAINED",
     ("LR_NOISE_FLOOR",), 1),
    ("rate 1e-9, 300 epochs", lambda r: run(r, rate=1e-9, epochs=300), "UNDERTRAINED",
     ("LR_NOISE_FLOOR", "WORSE_LOCAL_MINIMUM", "FP_STALL"), 1),
    ("rate 1e-22", lambda r: run(r, rate=1e-22, start=alive(r) + .5), "FP_STALL", (), 1),
    ("best, half its limit", lambda r: at_best(r, share=.5), "LR_NOISE_FLOOR",
     ("UNDERTRAINED",), 24 / 30),
    ("best, rate 1e-6", lambda r: at_best(r, rate=1e-6, epochs=500), "NEAR_BEST_KNOWN",
     ("LR_NOISE_FLOOR", "UNDERTRAINED"), 1),
    ("random target", random_target, "NO_SIGNAL", (), 24 / 30),
    ("real target", run, None, ("NO_SIGNAL",), 1),
    ("a worse minimum", worse_minimum, "WORSE_LOCAL_MINIMUM", (), 29 / 30),
    ("zeros, nudged", lambda r: run(r, start=np.zeros(9), rate=1e-3, epochs=1000),
     "SENSITIVE_DEPENDENCE", (), .9),
    ("a faint bend", lambda r: faint_bend(r), "PLATEAU_SCALING " + FLOW, (), 1),
    ("a faint bend, in one batch", lambda r: faint_bend(r, rate=5e-3, batch_size=100),
     "PLATEAU_SCALING " + FLOW, (), 1),
    ("no bend", lambda r: faint_bend(r, size=0), None, ("PLATEAU_SCALING",), 1),
    ("lab 7, nudged", lambda r: near_lab_7(r, rate=2e-4, epochs=1500), "PLATEAU_SCALING " + DRIFT,
     (), .95),
    ("lab 7, in one batch", lambda r: near_lab_7(r, rate=1e-2, epochs=6000, batch_size=100), None,
     ("PLATEAU_SCALING",), 1),
    ("alive, small rate", lambda r: run(r, rate=1e-5), None, ("SENSITIVE_DEPENDENCE",), 1),
    ("known noise, long", lambda r: long_and_wide(r, "tanh", 2000), "BELOW_NOISE_FLOOR", (), .8),
    ("known noise, short", lambda r: long_and_wide(r, "tanh", 5), None, ("BELOW_NOISE_FLOOR",), 1),
    ("15 samples by heart, 20 rows", lambda r: watched(r, 15, 8, "tanh", 2e-3, 4000, 20),
     "OVERFITTING", (), .75),
    *[(f"the same, {rows} rows, tested",
       lambda r, rows=rows: watched(r, 15, 8, "tanh", 2e-3, 4000, rows), "OVERFITTING warn", (),
       share) for rows, share in ((15, .15), (20, .2), (30, .3), (60, .5), (300, .85))],
    ("the same, 8 rows to look at", lambda r: watched(r, 15, 8, "tanh", 2e-3, 1000, 8), None,
     ("OVERFITTING warn",), 1),
    ("the same, 15 epochs", lambda r: watched(r, 15, 8, "tanh", 2e-3, 15), None,
     ("OVERFITTING",), 1),
    ("300 samples, small net", lambda r: watched(r, 300, 2, "relu", 4e-4, 600), None,
     ("OVERFITTING",), 1),
    *[(f"the same, {rows} rows", lambda r, rows=rows: watched(r, 300, 2, "relu", 4e-4, 600, rows),
       None, ("OVERFITTING warn",), .95) for rows in (20, 60)],
    *[(f"noisy rate, {rows} rows", lambda r, rows=rows: watched(r, 300, 4, "tanh", 5e-3, 400, rows),
       None, ("OVERFITTING warn",), .95) for rows in (20, 60)],
    ("tanh, biases -30", lambda r: with_bias(r, -30, activation="tanh"), "SATURATED_UNITS",
     ("DEAD_UNITS",), 1),
    ("tanh", lambda r: run(r, activation="tanh"), None, ("SATURATED_UNITS", "DEAD_UNITS"), 1),
]
