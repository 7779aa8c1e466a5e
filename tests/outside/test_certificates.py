"""What a verdict calls certain for ever is trained on for ten times as long, to the bit."""
import numpy as np
import pytest

from explain_probe import explain

OPTIMIZERS = {"sgd": {}, "momentum": {"momentum": .9}, "nesterov": {"momentum": .8},
              "adagrad": {"epsilon": 1e-10}, "rmsprop": {"alpha": .99, "epsilon": 1e-8},
              "adam": {"beta1": .9, "beta2": .999, "epsilon": 1e-8},
              "adamw": {"beta1": .9, "beta2": .999, "epsilon": 1e-8, "weight_decay": .01}}
EPOCHS = 30
CASES = range(12)


def shapes(layers, n_inputs):
    """(weights, biases) slices of each layer in the flat block."""
    at = 0
    for units, _ in layers:
        yield (slice(at, at + units * n_inputs), (units, n_inputs),
               slice(at + units * n_inputs, at + units * (n_inputs + 1)))
        at, n_inputs = at + units * (n_inputs + 1), units


def n_parameters(layers, n_inputs):
    return list(shapes(layers, n_inputs))[-1][2].stop


def a_run(rng, hidden, **more):
    """A random run of a net with these hidden layers."""
    classify = rng.integers(2)
    output = [1, "sigmoid"] if classify else [1, "linear"]
    layers = [list(layer) for layer in hidden] + [output]
    x = rng.normal(0, 1, (25, 3))
    y = (x[:, 0] > 0) * 1.0 if classify else x[:, 0] ** 2 + rng.normal(0, .1, 25)
    return {"x": x, "y": y, "layers": layers, "epochs": EPOCHS, "depth": "live",
            "learning_rate": .01, "loss": "binary_cross_entropy" if classify else "mse",
            "batch_size": int(rng.choice([1, 4, 25])), "order": "shuffle", "order_seed": 3,
            "start": rng.normal(0, .6, n_parameters(layers, 3))} | more


def layer(run, parameters, index):
    weights, shape, biases = list(shapes(run["layers"], 3))[index]
    return np.asarray(parameters)[weights].reshape(shape), np.asarray(parameters)[biases]


def unit_of(run, parameters, index, unit):
    """All that is a unit's own: incoming weights, bias, outgoing weights."""
    w, b = layer(run, parameters, index)
    above, _ = layer(run, parameters, index + 1)
    return np.r_[w[unit], b[unit], above[:, unit]]


def set_bias(run, index, units, value):
    _, _, biases = list(shapes(run["layers"], 3))[index]
    run["start"][np.arange(len(run["start"]))[biases][units]] = value


def now_and_later(run):
    return explain([run, run | {"epochs": 10 * run["epochs"]}])


@pytest.mark.parametrize("seed", CASES)
def test_a_dead_unit_of_the_first_layer_never_changes_again(seed):
    rng = np.random.default_rng(seed)
    hidden = [[5, "relu"], [4, "tanh"]][:1 + int(rng.integers(2))]
    run = a_run(rng, hidden)
    set_bias(run, 0, [1, 3], -30)
    now, later = now_and_later(run)
    verdict = now["fired"]["DEAD_UNITS"]
    assert verdict["kind"] == "theorem" and {1, 3} <= set(verdict["evidence"]["units"])
    for unit in verdict["evidence"]["units"]:
        assert (unit_of(run, now["parameters"], 0, unit) ==
                unit_of(run, later["parameters"], 0, unit)).all()


@pytest.mark.parametrize("optimizer", [name for name in OPTIMIZERS if name != "adamw"])
def test_a_unit_born_dead_stays_so_under_every_optimizer_without_decay(optimizer):
    rng = np.random.default_rng(7)
    run = a_run(rng, [[5, "relu"]], optimizer=optimizer, settings=OPTIMIZERS[optimizer])
    set_bias(run, 0, [2], -40)
    now, later = now_and_later(run)
    assert now["fired"]["DEAD_UNITS"]["kind"] == "theorem"
    assert (unit_of(run, run["start"], 0, 2) == unit_of(run, later["parameters"], 0, 2)).all()


def test_under_weight_decay_a_dead_unit_is_only_dead_now():
    rng = np.random.default_rng(9)
    run = a_run(rng, [[5, "relu"]], optimizer="adamw", settings=OPTIMIZERS["adamw"])
    set_bias(run, 0, [2], -40)
    now, later = now_and_later(run)
    verdict = now["fired"]["DEAD_UNITS"]
    assert verdict["evidence"]["units"] == [2]  # born dead, as every dead one
    assert verdict["kind"] == "exact" and "present parameters" in verdict["scope"]
    assert (unit_of(run, now["parameters"], 0, 2) != unit_of(run, later["parameters"], 0, 2)).any()


@pytest.mark.parametrize("seed", CASES)
def test_a_dead_layer_cuts_off_everything_below_for_ever(seed):
    rng = np.random.default_rng(seed)
    run = a_run(rng, [[4, "tanh"], [3, "relu"], [4, "relu"]])
    set_bias(run, 1, [0, 1, 2], -50)
    now, later = now_and_later(run)
    verdict = now["fired"]["DEAD_UNITS"]
    assert now["fired"]["COLLAPSED_TO_CONSTANT"]["kind"] == "theorem"
    if verdict["kind"] == "theorem":
        assert "a whole layer" in verdict["scope"]
    for index in (0, 1):
        for before, after in zip(layer(run, now["parameters"], index),
                                 layer(run, later["parameters"], index)):
            assert (before == after).all()
    assert later["fired"]["COLLAPSED_TO_CONSTANT"]["evidence"]["spread"] == 0


def test_a_dead_unit_two_layers_above_a_dead_layer_is_only_dead_now():
    """The layer between them still moves its biases."""
    run = a_run(np.random.default_rng(1), [[4, "tanh"], [3, "relu"], [4, "relu"], [4, "relu"]])
    set_bias(run, 1, [0, 1, 2], -50)
    set_bias(run, 2, [0, 1, 2, 3], 1)
    set_bias(run, 3, [2], -50)
    verdict = explain([run])[0]["fired"]["DEAD_UNITS"]
    assert 3 in verdict["evidence"]["layers"]
    assert verdict["kind"] == "exact" and "present parameters" in verdict["scope"]


def test_a_dead_unit_above_the_first_layer_may_come_back_and_is_not_called_certain():
    rng = np.random.default_rng(4)
    run = a_run(rng, [[4, "tanh"], [5, "relu"]])
    set_bias(run, 1, [0], -50)
    verdict = explain([run])[0]["fired"]["DEAD_UNITS"]
    assert verdict["kind"] == "exact" and verdict["evidence"]["layers"][0] == 1


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("index", [0, 1])
def test_copies_stay_copies_under_every_optimizer(optimizer, index):
    rng = np.random.default_rng(11)
    run = a_run(rng, [[4, "tanh"], [4, "gelu"]], optimizer=optimizer,
                settings=OPTIMIZERS[optimizer] | {"clip_norm": .5, "l1": 1e-4})
    for at, axis in ((index, 0), (index + 1, 1)):
        weights, shape, biases = list(shapes(run["layers"], 3))[at]
        w = run["start"][weights].reshape(shape)
        w[(2, slice(None)) if axis == 0 else (slice(None), 2)] = \
            w[(0, slice(None)) if axis == 0 else (slice(None), 0)]
        if axis == 0:
            b = run["start"][biases]
            b[2] = b[0]
    now, later = now_and_later(run)
    verdict = now["fired"]["SYMMETRIC_UNITS"]
    assert verdict["evidence"]["groups"] == [[0, 2]] and verdict["evidence"]["layers"] == [index]
    for parameters in (now["parameters"], later["parameters"]):
        assert (unit_of(run, parameters, index, 0) == unit_of(run, parameters, index, 2)).all()


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_zeros_stay_zeros_under_every_optimizer(optimizer):
    rng = np.random.default_rng(12)
    run = a_run(rng, [[4, "tanh"], [3, "relu"]], optimizer=optimizer,
                settings=OPTIMIZERS[optimizer])
    run["start"] = np.zeros(len(run["start"]))
    run["start"][-1] = .3
    now, later = now_and_later(run)
    assert now["headline"] == "ZERO_INIT_SADDLE"
    assert now["fired"]["DEAD_UNITS"]["implied_by"] == "ZERO_INIT_SADDLE"
    assert not np.any(later["parameters"][:-1]) and later["parameters"][-1] != .3


def test_a_unit_without_any_slope_keeps_its_incoming_weights():
    rng = np.random.default_rng(13)
    run = a_run(rng, [[3, "tanh"]])
    set_bias(run, 0, [1], 60)
    now, later = now_and_later(run)
    assert now["fired"]["SATURATED_UNITS"]["kind"] == "theorem"
    (w, b), (v, c) = (layer(run, answer["parameters"], 0) for answer in (now, later))
    assert (w[1] == v[1]).all() and b[1] == c[1]
    above = [layer(run, answer["parameters"], 1)[0][0, 1] for answer in (now, later)]
    assert above[0] != above[1]


def deaths(run):
    """(unit, death) of each unit of a run that died in it."""
    answer = explain([run])[0]
    evidence = answer["fired"].get("DEAD_UNITS", {}).get("evidence", {"units": [], "death": []})
    return [(unit, death) for unit, death in zip(evidence["units"], evidence["death"])
            if not death["born_dead"]]


def test_a_unit_is_alive_until_the_epoch_it_is_said_to_die_in():
    found = 0
    for seed in range(12):
        rng = np.random.default_rng(seed)
        x = rng.normal(0, 1, (20, 2))
        run = {"x": x, "y": 5 * x[:, 0], "layers": [[6, "relu"], [1, "linear"]], "epochs": 200,
               "start": rng.normal(0, 1, 25), "learning_rate": .04, "depth": "end",
               "batch_size": int(rng.choice([1, 3])), "order": "shuffle", "order_seed": seed}
        for unit, death in deaths(run):
            found += 1
            before, after = explain([run | {"epochs": max(death["epoch"] - 1, 1), "depth": "live"},
                                     run | {"epochs": death["epoch"], "depth": "live"}])
            dead = [answer["fired"].get("DEAD_UNITS", {"evidence": {"units": []}})
                    ["evidence"]["units"] for answer in (before, after)]
            assert unit in dead[1] and (death["epoch"] == 1 or unit not in dead[0])
    assert found >= 5


def test_a_run_told_to_be_live_trains_nothing_again():
    rng = np.random.default_rng(1)
    answer = explain([a_run(rng, [[3, "relu"]])])[0]
    assert not {"UNDERTRAINED", "LR_NOISE_FLOOR", "SENSITIVE_DEPENDENCE"} & set(answer["fired"])
    assert any("UNDERTRAINED" in item["code"] for item in answer["not_run"])
