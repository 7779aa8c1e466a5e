"""The verdicts that are true of most runs: balance, limits of the rate, the gradient's check."""
import re

import numpy as np
import pytest

from explain_probe import explain
from test_certificates import n_parameters

ASIDES = ["BALANCE_DRIFT", "LR_WINDOW", "GRADIENT_CHECK"]
LOSSES = {"mse": "linear", "mae": "linear", "huber": "linear", "binary_cross_entropy": "sigmoid",
          "categorical_cross_entropy": "softmax"}


def a_run(seed=0, units=3, activation="relu", loss="mse", hidden=1, **more):
    rng = np.random.default_rng(seed)
    x = rng.normal(0, 1, (40, 2))
    y = 1 + x[:, 0] ** 2 - x[:, 1] + rng.normal(0, .1, 40)
    if LOSSES[loss] != "linear":
        y = (y > 1.5) * 1.
    outputs = 2 if loss == "categorical_cross_entropy" else 1
    y = np.c_[y, 1 - y] if outputs == 2 else y
    layers = [[units, activation]] * hidden + [[outputs, LOSSES[loss]]]
    return {"x": x, "y": y, "layers": layers, "loss": loss, "epochs": 20, "learning_rate": .01,
            "batch_size": 1, "start": rng.normal(0, .7, n_parameters(layers, 2)),
            "depth": "end"} | more


def balances(parameters, units=3):
    w = np.reshape(parameters[:2 * units], (units, 2))
    b, v = np.split(np.array(parameters[2 * units:4 * units]), 2)
    return v ** 2 - (w ** 2).sum(axis=1) - b ** 2


@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "linear"])
@pytest.mark.parametrize("batch_size", [1, 7, 40])
def test_the_balance_is_that_of_the_parameters_and_each_step_moves_it_by_its_squares(
        activation, batch_size):
    run = a_run(3, activation=activation, batch_size=batch_size)
    answer, = explain([run])
    verdict = answer["fired"]["BALANCE_DRIFT"]
    told = verdict["evidence"]
    start, now = balances(run["start"]), balances(answer["parameters"])
    assert (verdict["kind"], verdict["certain"]) == ("exact", True)
    assert told["at_start"] == pytest.approx(start, rel=1e-12)
    assert told["now"] == pytest.approx(now, rel=1e-12)
    assert told["largest_change"] == pytest.approx(np.abs(now - start).max(), rel=1e-9)
    assert told["steps_checked"] == -(-40 // batch_size)
    assert 0 < told["largest_step_error"] <= 1e-14  # a few roundings of the squares
    assert f"for hidden unit {np.abs(now - start).argmax() + 1}" in verdict["text"]


def test_a_balance_that_hardly_moved_is_told_by_how_much():
    run = a_run(3, learning_rate=1e-9, epochs=1)
    verdict = explain([run])[0]["fired"]["BALANCE_DRIFT"]
    told = verdict["evidence"]
    change = np.subtract(told["now"], told["at_start"])
    change = change[np.abs(change).argmax()]
    word = "up" if change > 0 else "down"
    assert re.search(f" went from -?[0-9.]+ {word} by {abs(change):.1e}"[:-4], verdict["text"])


def test_the_window_of_a_network_that_collapsed_is_none_for_learning():
    dead = np.r_[np.zeros(6), [-9, -9, -9], [1, 1, 1], 0]
    verdict = explain([a_run(start=dead)])[0]["fired"]["LR_WINDOW"]
    assert "where something is learned, this does not tell" in verdict["text"]
    assert "this does not tell" not in explain([a_run()])[0]["fired"]["LR_WINDOW"]["text"]


@pytest.mark.parametrize("change", [{"optimizer": "momentum", "settings": {"momentum": .9}},
                                    {"activation": "tanh"}, {"hidden": 2},
                                    {"settings": {"l1": .01}}])
def test_where_the_balance_is_not_kept_nothing_is_said_of_it(change):
    answer, = explain([a_run(**change)])
    assert "BALANCE_DRIFT" not in answer["fired"]
    assert "BALANCE_DRIFT" in [skipped["code"] for skipped in answer["not_run"]]


def test_what_is_not_run_is_named_by_the_codes_that_it_would_have():
    answer, = explain([a_run(optimizer="momentum", settings={"momentum": .9})])
    assert ("STEP_OVERSHOOTS_AT_INIT, STEP_OVERSHOOTS_IN_EPOCH_1, ABOVE_GD_LIMIT_AT_INIT"
            in [skipped["code"] for skipped in answer["not_run"]])


def gradients(run, answer):
    """Of the output of a relu network, a row a sample."""
    p, units = np.array(answer["parameters"]), run["layers"][0][0]
    w, b, v = p[:2 * units].reshape(units, 2), p[2 * units:3 * units], p[3 * units:4 * units]
    z = run["x"] @ w.T + b
    on = v * (z > 0)
    return np.c_[(on[:, :, None] * run["x"][:, None, :]).reshape(len(z), -1), on,
                 np.maximum(z, 0), np.ones(len(z))]


def spread_growth(q, a):
    """By how much E[S] grows at most in a step, of what the samples' gradients q see."""
    _, sizes, axes = np.linalg.svd(q, full_matrices=False)
    q = q @ axes[sizes > 1e-7 * sizes[0]].T
    k = q.shape[1]
    steps = [np.eye(k) - a * np.outer(row, row) for row in q]
    return np.abs(np.linalg.eigvals(sum(np.kron(m, m) for m in steps) / len(q))).max()


@pytest.mark.parametrize("gradient, factor", [("full", 2), ("half", 1)])
def test_drawn_samples_stay_up_to_where_the_mean_square_grows(gradient, factor):
    run = a_run(5, gradient=gradient, order="with_replacement", epochs=200)
    answer, = explain([run])
    told = answer["fired"]["LR_WINDOW"]["evidence"]
    q, limit = gradients(run, answer), told["drawn_mean_square"]
    assert told["limit_from"] == told["limit_to"] == limit and not told["is_approximate"]
    # its power iteration stops at 1e-9
    assert spread_growth(q, .999 * limit * factor) < 1 < spread_growth(q, 1.001 * limit * factor)
    assert told["drawn_trace"] == pytest.approx(2 / factor / (q ** 2).sum(axis=1).mean(), rel=1e-9)
    assert told["lies"] == "below"


@pytest.mark.parametrize("change, way, is_interval", [
    ({"batch_size": 40}, "with all samples in one step", False),
    ({"batch_size": 8}, "on batches of 8 samples", True),
    ({}, "in a fixed order", True),
    ({"order": "shuffle"}, "in a shuffled order", True)])
def test_the_limit_is_that_of_the_runs_own_sampling(change, way, is_interval):
    verdict = explain([a_run(5, **change)])[0]["fired"]["LR_WINDOW"]
    told = verdict["evidence"]
    limits = [told["drawn_mean_square"], told["all_samples"]]
    assert [told["limit_from"], told["limit_to"]] == (limits if is_interval else limits[1:] * 2)
    assert told["is_approximate"] == is_interval and not verdict["certain"]
    assert verdict["kind"] == "local" and "present parameters" in verdict["scope"]
    assert way in verdict["text"] and "is below" in verdict["text"]


def test_a_batch_that_sums_has_its_limit_divided():
    runs = [a_run(5, batch_size=40, learning_rate=1e-4, epochs=1)]
    told = explain(runs)[0]["fired"]["LR_WINDOW"]["evidence"]
    summed = explain([runs[0] | {"reduction": "sum", "learning_rate": 1e-4 / 40}])[0]
    summed = summed["fired"]["LR_WINDOW"]["evidence"]
    assert summed["limit_to"] == pytest.approx(told["limit_to"] / 40, rel=1e-9)


def test_a_rate_above_the_limit_is_said_to_be():
    run = a_run(5, batch_size=40)
    limit = explain([run])[0]["fired"]["LR_WINDOW"]["evidence"]["limit_to"]
    for rate, word in ((.5 * limit, "below"), (3 * limit, "above")):
        told = explain([run | {"learning_rate": rate, "epochs": 1, "start": run["start"]}])[0]
        told = told["fired"]["LR_WINDOW"]["evidence"]
        assert told["lies"] == ("above" if rate > told["limit_to"] else "below")
        assert told["lies"] == word


@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "linear", "tanh", "sigmoid", "elu",
                                        "gelu", "softplus"])
@pytest.mark.parametrize("loss", LOSSES)
def test_the_gradient_of_every_network_agrees_with_differences(activation, loss):
    runs = [a_run(seed, activation=activation, loss=loss, hidden=1 + seed % 2,
                  x=np.random.default_rng(seed).normal(0, 10 ** (seed - 2), (40, 2)))
            for seed in range(4)]
    for answer in explain(runs):
        verdict = answer["fired"].get("GRADIENT_CHECK")
        if verdict:  # wide inputs saturate tanh: then nothing may be checkable
            told = verdict["evidence"]
            assert verdict["severity"] == "ok" and 0 < told["checked"] <= told["parameters"]
            assert told["largest_error"] <= told["allowed"], answer
            assert told["allowed"] == answer["numbers"]["gradient_check"]["allowed"]
    told = explain([a_run(1, activation=activation, loss=loss)])[0]
    told = told["fired"]["GRADIENT_CHECK"]["evidence"]
    assert told["checked"] >= .7 * told["parameters"]


def a_hard_run(rng):
    """Wide or narrow inputs, large steps, classes that are sure: where differences mislead."""
    kind, n = rng.integers(3), int(rng.integers(2, 30))
    x = rng.normal(0, 1, (n, 2)) * 10. ** rng.choice([-4, 0, 3, 6])
    y = np.abs(rng.normal(0, 1, n)) if kind else (rng.random(n) < .5) * 1.
    hidden = [[int(rng.integers(1, 5)), str(rng.choice(["relu", "leaky_relu", "tanh", "softplus"]))]
              for _ in range(rng.integers(3))]
    layers = hidden + [[1, "linear" if kind else "sigmoid"]]
    sizes = [2] + [units for units, _ in layers]
    start = rng.normal(0, rng.choice([1, 30]), sum((a + 1) * b for a, b in zip(sizes, sizes[1:])))
    return {"x": x, "y": y, "layers": layers, "start": start, "epochs": int(rng.integers(1, 30)),
            "loss": ["binary_cross_entropy", "mse", "huber"][kind], "depth": "end", "best": 1.,
            "batch_size": int(rng.choice([1, n])),
            "learning_rate": float(10 ** rng.uniform(-5, 2)), "order_seed": 1}


def test_a_right_gradient_is_never_called_wrong():
    """Of these the check without a bound of its rounding blamed two."""
    rng = np.random.default_rng(7)
    answers = explain([a_hard_run(rng) for _ in range(1500)])
    checks = [answer["fired"]["GRADIENT_CHECK"] for answer in answers
              if "GRADIENT_CHECK" in answer["fired"]]
    assert [check for check in checks if check["severity"] != "ok"] == []
    assert len(checks) > 600  # what is left has diverged, or can't be checked


def test_a_parameter_at_a_kink_is_not_checkable_and_does_not_fail():
    run = a_run(2)
    run["start"] = np.zeros(len(run["start"]))
    answer, = explain([run])
    verdict = answer["fired"]["GRADIENT_CHECK"]
    assert verdict["evidence"]["checked"] == 4  # the outgoing weights and the output's bias
    assert verdict["severity"] == "ok" and "4 of the 13 parameters" in verdict["text"]


def test_an_aside_is_no_headline_and_stands_last():
    nothing, something = explain([a_run(1, learning_rate=1e-4) | {"layers": [[1, "linear"]],
                                  "start": [.1, .2, .3]}, a_run(1) | {"start": np.zeros(13)}])
    assert nothing["headline"] is None and nothing["text"].startswith("Nothing that we look for")
    assert [verdict["code"] for verdict in nothing["verdicts"]] == ASIDES[1:]
    assert something["headline"] == "ZERO_INIT_SADDLE"
    codes = [verdict["code"] for verdict in something["verdicts"]]
    assert codes[-3:] == ASIDES
    assert [verdict.get("aside", False) for verdict in something["verdicts"]] == \
        [code in ASIDES for code in codes]


def test_a_run_in_training_has_no_asides():
    assert not set(ASIDES) & set(explain([a_run(1, depth="live")])[0]["fired"])
