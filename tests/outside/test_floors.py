"""Floors of random data sets against NumPy's and scipy's own, and of formulas against all their
outcomes, gone through in Python."""
import itertools
import json

import numpy as np
import pytest

from explain_probe import explain
from service import JSON_TYPE

# Sums of some hundred terms in another order; a fit's own rounding.
REL = 1e-9


def floors_of(server, dataset, layers, loss):
    spec = {"dataset": dataset, "network": {"layers": layers}, "training": {"loss": loss}}
    reply = server.request("POST", "/experiments?validate=true", headers=JSON_TYPE,
                           data=json.dumps(spec))
    assert reply.status_code == 200, reply.text
    floors = reply.json()["floors"]
    return {line["code"]: line["value"] for line in floors["lines"]}, floors


def table(x, y, **more):
    return {"kind": "table", "n_targets": y.shape[1], "rows": np.c_[x, y].tolist(), **more}


def linear(units):
    return [{"units": 2, "activation": "tanh"}, {"units": units, "activation": "linear"}]


def groups_of(x):
    return np.unique(x, axis=0, return_inverse=True)[1].ravel()


def within_groups(x, y, rest):
    groups = groups_of(x)
    return sum(rest(y[groups == g]) for g in np.unique(groups)) / len(y)


def squares(y):
    return ((y - y.mean(axis=0)) ** 2).sum()


def random_data(seed):
    """Few different inputs, so that they repeat; some depend on each other."""
    rng = np.random.default_rng(seed)
    n, d, outputs = rng.integers(5, 120), rng.integers(1, 5), rng.integers(1, 4)
    x = rng.integers(-2, 3, (n, d)).astype(float)
    if d > 2:
        x[:, 2] = 2 * x[:, 0] - x[:, 1]
    y = x @ rng.normal(size=(d, outputs)) + rng.normal(size=(n, outputs)) + 10 * rng.normal()
    return x, y


@pytest.mark.parametrize("seed", range(12))
def test_squares_are_numpys(server, seed):
    x, y = random_data(seed)
    lines, floors = floors_of(server, table(x, y), linear(y.shape[1]), "mse")
    plane = np.c_[x, np.ones(len(x))]
    residuals = y - plane @ np.linalg.lstsq(plane, y, rcond=None)[0]
    assert lines["constant"] == pytest.approx(y.var(axis=0).mean(), rel=REL)
    assert lines["linear"] == pytest.approx((residuals ** 2).mean(), rel=REL, abs=1e-20)
    n_groups = len(np.unique(x, axis=0))
    assert floors["data"]["n_groups"] == n_groups
    if n_groups < len(x):
        assert lines["pure_error"] == pytest.approx(within_groups(x, y, squares) / y.shape[1],
                                                    rel=REL, abs=1e-20)
    else:
        assert "pure_error" not in lines
        assert "pure_error" in [entry["code"] for entry in floors["not_known"]]


@pytest.mark.parametrize("seed", range(12))
def test_p_values_are_scipys(server, seed):
    stats = pytest.importorskip("scipy.stats")
    x, y = random_data(100 + seed)
    x, y, n = np.r_[x, x], np.r_[y, y + 1.5 * np.sin(7 * y)][:, :1], 2 * len(x)
    data = floors_of(server, table(x, y), linear(1), "mse")[1]["data"]
    plane = np.c_[x, np.ones(n)]
    rank = np.linalg.matrix_rank(plane)
    left = ((y - plane @ np.linalg.lstsq(plane, y, rcond=None)[0]) ** 2).sum()
    pure, groups, total = within_groups(x, y, squares) * n, len(np.unique(x, axis=0)), squares(y)
    tails = {"linear_p": stats.f.sf((total - left) / (rank - 1) / (left / (n - rank)),
                                    rank - 1, n - rank),
             "anova_p": stats.f.sf((total - pure) / (groups - 1) / (pure / (n - groups)),
                                   groups - 1, n - groups)}
    if groups > rank:
        tails["lack_of_fit_p"] = stats.f.sf((left - pure) / (groups - rank) / (pure / (n - groups)),
                                            groups - rank, n - groups)
    for name, tail in tails.items():
        # a p-value magnifies the sums' rounding as its logarithm
        assert data[name] == pytest.approx(tail, rel=1e-8), name
    assert data["noise_estimate"] == pytest.approx(pure / (n - groups), rel=REL)


def entropy(p):
    p = p[p > 0]
    return -(p * np.log(p)).sum()


def multinomial(x, shares):
    """The lowest cross-entropy of a softmax of planes, by Newton's method."""
    plane, classes = np.c_[x, np.ones(len(x))], shares.shape[1]
    weights = np.zeros((plane.shape[1], classes - 1))
    for _ in range(50):
        sums = np.c_[plane @ weights, np.zeros(len(x))]
        chances = np.exp(sums - np.logaddexp.reduce(sums, axis=1, keepdims=True))
        slope = (plane.T @ (chances - shares)[:, :-1]).T.ravel()
        curve = np.block([[(plane * (chances[:, a] * ((a == b) - chances[:, b]))[:, None]).T @ plane
                           for b in range(classes - 1)] for a in range(classes - 1)])
        weights -= np.linalg.solve(curve, slope).reshape(classes - 1, -1).T
    return -(shares * np.log(chances)).sum() / len(x)


@pytest.mark.parametrize("seed", range(8))
def test_entropies_and_logistic_regression_are_numpys(server, seed):
    rng = np.random.default_rng(seed)
    classes = int(rng.integers(2, 5))
    x = rng.integers(0, 4, (150, 2)).astype(float)
    shares = np.eye(classes)[(x[:, 0] * rng.integers(0, 2, 150) + rng.integers(0, classes, 150))
                             .astype(int) % classes]
    layers = [{"units": classes, "activation": "softmax"}]
    lines, _ = floors_of(server, table(x, shares), layers, "categorical_cross_entropy")
    assert lines["prior_entropy"] == pytest.approx(entropy(shares.mean(axis=0)), rel=REL)
    assert lines["logistic"] == pytest.approx(multinomial(x, shares), rel=REL)
    assert lines["label_conflict"] == pytest.approx(
        within_groups(x, shares, lambda y: len(y) * entropy(y.mean(axis=0))), rel=REL)
    binary = [{"units": 1, "activation": "sigmoid"}]
    lines, _ = floors_of(server, table(x, shares[:, :1]), binary, "binary_cross_entropy")
    pair = np.c_[shares[:, :1], 1 - shares[:, :1]]
    assert lines["prior_entropy"] == pytest.approx(entropy(pair.mean(axis=0)), rel=REL)
    assert lines["logistic"] == pytest.approx(multinomial(x, pair), rel=REL)


def test_iris_is_almost_separable(server):
    """R's nnet::multinom ends at a deviance (2 n times the loss) of 11.8985, a little above."""
    dataset = {"kind": "iris"}
    layers = [{"units": 3, "activation": "softmax"}]
    lines, _ = floors_of(server, dataset, layers, "categorical_cross_entropy")
    assert lines["prior_entropy"] == pytest.approx(np.log(3), rel=REL)
    assert lines["logistic"] == pytest.approx(11.8985 / 300, rel=1e-4)


LOSSES = {"mae": np.abs,
          "huber": lambda e: np.where(abs(e) < 1, e * e / 2, abs(e) - 0.5)}


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("loss", LOSSES)
def test_no_plane_near_or_far_is_below_that_of_mae_and_huber(server, loss, seed):
    """The loss of the plane told is the one told, and convex: were any plane lower, so would be
    some that are near it, in some direction."""
    x, y = random_data(seed)
    lines, floors = floors_of(server, table(x, y), linear(y.shape[1]), loss)
    plane, rng = np.c_[x, np.ones(len(x))], np.random.default_rng(seed)
    best = np.array(floors["data"]["coefficients"]).T

    def score(coefficients):
        return LOSSES[loss](y - plane @ coefficients).mean()
    assert lines["linear"] == pytest.approx(score(best), rel=1e-9)
    for size in 10.0 ** rng.uniform(-8, 2, 2000):
        assert score(best + size * rng.normal(size=best.shape)) >= lines["linear"] * (1 - 1e-12)
    assert score(np.linalg.lstsq(plane, y, rcond=None)[0]) >= lines["linear"]
    assert lines["pure_error"] <= lines["linear"] <= lines["constant"]


@pytest.mark.parametrize("loss", LOSSES)
def test_a_network_that_never_bends_is_not_below_the_plane_of_its_loss(loss):
    """One relu, on everywhere, follows the plane: the verdict names it, and trains towards it."""
    rng = np.random.default_rng(4)
    x = rng.uniform(0, 1, (60, 2))
    y = x @ [2, -1] + rng.standard_t(2, 60)
    run = {"x": x, "y": y, "layers": [[1, "relu"], [1, "linear"]], "start": [1, 1, 9, 1, -9],
           "epochs": 3000, "learning_rate": .003, "loss": loss, "batch_size": 60, "depth": "end"}
    answer = explain([run])[0]
    verdict = [v for v in answer["verdicts"] if v["code"] == "AFFINE_ON_DATA"][0]
    evidence = verdict["evidence"]
    assert verdict["certain"] and "cannot beat the best plane" in verdict["text"]
    # that near: training is slow where a plane is as bent as the start's, but it has come from 5
    assert evidence["linear"] <= answer["loss"]["end"] < 1.1 * evidence["linear"]


# --- populations -------------------------------------------------------------------------------


def formula(features, target, **more):
    return {"kind": "formula", "samples": 50, "seed": 1, "features": features, "target": target,
            **more}


def moments(values):
    """Mean and variance of equally likely values."""
    values = np.array(values, dtype=float)
    return values.mean(), values.var()


# target, what Python makes of n1, n2 and a draw from 0 to 2 twice over
TARGETS = [
    ("n1**2 + n2 + randint(0,3)", lambda a, b, u, v: a ** 2 + b + u),
    ("n1 * randint(0,3) - randint(0,3)", lambda a, b, u, v: a * u - v),
    ("max(randint(0,3), n2) * randint(0,3)", lambda a, b, u, v: max(u, b) * v),
    ("(randint(0,3) == randint(0,3)) + n1 % 2", lambda a, b, u, v: (u == v) + a % 2),
    ("where(randint(0,3) > 1, n1, -n2) / (1 + randint(0,3))",
     lambda a, b, u, v: (a if u > 1 else -b) / (1 + v)),
]


@pytest.mark.parametrize("text, rule", TARGETS, ids=[text for text, _ in TARGETS])
def test_noise_is_what_python_finds_by_going_through_all(server, text, rule):
    features = {"n1": "randint(1,5)", "n2": "randint(-1,3)"}
    lines, _ = floors_of(server, formula(features, text), linear(1), "mse")
    points = [moments([rule(a, b, u, v) for u, v in itertools.product(range(3), repeat=2)])
              for a, b in itertools.product(range(1, 5), range(-1, 3))]
    noise = np.mean([variance for _, variance in points])
    spread = np.var([mean for mean, _ in points])
    assert lines["noise"] == pytest.approx(noise, rel=REL)
    assert lines["population_constant"] == pytest.approx(noise + spread, rel=REL)


def test_noise_that_is_added_needs_no_points(server):
    lines, floors = floors_of(server, formula({"x": "uniform(-1,1)"}, "sin(x) + normal(0,0.5)"),
                              linear(1), "mse")
    assert lines["noise"] == pytest.approx(0.25, rel=REL)
    assert "population_constant" in [entry["code"] for entry in floors["not_known"]]


def test_standardised_targets_have_noise_in_their_own_unit(server):
    plain = formula({"n1": "randint(1,5)"}, "3*n1 + randint(0,5)")
    one, _ = floors_of(server, plain, linear(1), "mse")
    other, _ = floors_of(server, {**plain, "standardize_target": True}, linear(1), "mse")
    assert other["constant"] == pytest.approx(1, rel=REL)
    assert other["noise"] / one["noise"] == pytest.approx(1 / one["constant"], rel=REL)
    assert other["population_constant"] * one["constant"] == \
        pytest.approx(one["population_constant"], rel=REL)


def test_noisy_classes_have_the_entropy_of_their_noise(server):
    """One class in four is drawn at random: of two equally likely ones, or of neither."""
    dataset = formula({"n1": "randint(0,4)"}, "where(n1 == 3, randint(0,2), n1 > 1)")
    lines, _ = floors_of(server, dataset, [{"units": 1, "activation": "sigmoid"}],
                         "binary_cross_entropy")
    assert lines["noise"] == pytest.approx(np.log(2) / 4, rel=REL)


def test_labels_turned_round_have_the_entropy_of_the_share(server):
    dataset = formula({"n1": "randint(0,4)"}, "(n1 > 1) != (rand() < 0.1)")
    lines, _ = floors_of(server, dataset, [{"units": 1, "activation": "sigmoid"}],
                         "binary_cross_entropy")
    assert lines["noise"] == pytest.approx(entropy(np.array([0.1, 0.9])), rel=REL)
    assert lines["population_constant"] == pytest.approx(np.log(2), rel=REL)
