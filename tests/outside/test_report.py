"""Every experiment of the founding report gives, through the API, the golden doubles."""
import math

import pytest

import specs

EXPERIMENTS = specs.GOLDEN["experiments"]
EPOCHS = (1, 2, 3, 10, 12, 25, 100, 1000)
RATES = [name for name in EXPERIMENTS if name.startswith("lr_")]

pytestmark = pytest.mark.parametrize("server", [1, 2], indirect=True)


def number(value):
    """A golden number: not finite ones stand as text and are null in the API."""
    value = float(value)
    return value if math.isfinite(value) else None


def assert_golden(server, experiment, run, name):
    """Losses at the golden epochs, parameters and prediction equal as doubles."""
    gold = EXPERIMENTS[name]
    losses = server.losses(experiment, run)
    assert len(losses) == gold["spec"]["epochs"]
    for epoch in EPOCHS:
        assert losses[epoch - 1] == number(gold["losses"][str(epoch)]), (name, epoch)
    record = server.get(f"/experiments/{experiment}/runs/{run}")
    assert record["state"] == "done" and record["epoch"] == 1000
    assert record["loss"] == losses[-1] and record["first_loss"] == losses[0]
    assert record["best_loss"] == min(losses)
    assert record["best_epoch"] == losses.index(min(losses)) + 1
    final = list(map(number, gold["final_weights"] + gold["final_biases"]))
    named = record["parameters"]["named"]
    assert [named[name] for name in specs.NAMES] == final, name
    w1, w2, w3, w4, w5, w6, b1, b2, b3 = final
    assert record["parameters"]["weights"] == [[[w1, w2], [w3, w4]], [[w5, w6]]]
    assert record["parameters"]["biases"] == [[b1, b2], [b3]]
    assert record["predict"] == [[2, 3]]
    assert record["predictions"] == [[number(gold["prediction"])]], name
    below = next((i for i, loss in enumerate(losses, 1) if loss < 4), None)
    assert below == gold["first_epoch_below_4"], name


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_explicit_spec_gives_the_golden_numbers(server, name):
    experiment = server.train(specs.golden(name))
    assert_golden(server, experiment["id"], 0, name)
    row = experiment["runs"][0]
    assert row["predictions"] == [[number(EXPERIMENTS[name]["prediction"])]]
    assert list(row["named"].values()) == list(
        map(number, EXPERIMENTS[name]["final_weights"] + EXPERIMENTS[name]["final_biases"]))


def settings(experiment):
    """What tells the golden experiments apart, for each run of an experiment."""
    spec = experiment["spec"]
    for row in experiment["runs"]:
        rate = row["overrides"].get(specs.RATE, spec["training"]["optimizer"]["learning_rate"])
        init = spec["network"]["init"]
        target = spec["dataset"]["target"]
        yield row["run"], float(rate), init, "n1" not in str(target), row["epochs"]


def golden_name(rate, init, random_target):
    """The golden experiment with these settings, or None."""
    for name, gold in EXPERIMENTS.items():
        want = gold["spec"]
        if (want["lr"] == rate and want["random_target"] == random_target
                and start_values(init) == list(map(float, want["init"]))):
            return name
    return None


def start_values(init):
    """w1..w6, bias1..bias3 of a normalised init."""
    if init["scheme"] == "zeros":
        return [0.0] * 9
    if init["scheme"] == "constant":
        return [float(init["weight"])] * 6 + [float(init["bias"])] * 3
    if "named" in init:
        return [float(init["named"][name]) for name in specs.NAMES]
    hidden, output = init["weights"]
    flat = hidden[0] + hidden[1] + output[0] + init["biases"][0] + init["biases"][1]
    return list(map(float, flat))


def test_presets_together_give_every_golden_experiment(server):
    """Posting {"preset": name} for every preset of the report covers all golden experiments."""
    groups = server.get("/presets")["groups"]
    presets = [preset for group in groups for preset in group["presets"] if "saw" in preset]
    assert len(presets) == 17
    seen, million = set(), 0
    for preset in presets:
        assert preset["saw"] and preset["look_for"] and preset["title"], preset["name"]
        assert server.get(f"/presets/{preset['name']}")["spec"] == preset["spec"]
        experiment = server.train({"preset": preset["name"]})
        for run, rate, init, random_target, epochs in settings(experiment):
            name = golden_name(rate, init, random_target)
            assert name, f"preset {preset['name']} run {run} is not in the report"
            if epochs == 1000:
                assert_golden(server, experiment["id"], run, name)
                seen.add(name)
            else:
                assert (name, epochs) == ("lr_1e-7", 1000000)
                million += 1
    assert seen == set(EXPERIMENTS) and million >= 1


def test_sweep_of_the_learning_rates_equals_the_single_runs(server):
    rates = [EXPERIMENTS[name]["spec"]["lr"] for name in RATES]
    experiment = server.train(specs.sweep(rates))
    for run, name in enumerate(RATES):
        assert experiment["runs"][run]["overrides"] == {specs.RATE: rates[run]}
        assert_golden(server, experiment["id"], run, name)


def test_preset_takes_a_merge_patch(server):
    patch = {"preset": "all_zero", "training": {"epochs": 3}}
    experiment = server.train(patch)
    gold = EXPERIMENTS["all_zero"]["losses"]
    assert server.losses(experiment["id"]) == [gold["1"], gold["2"], gold["3"]]


def test_golden_data_is_served(server):
    for random_target, rows in ((False, "rows"), (True, "random_rows")):
        experiment = server.post(specs.report(random_target=random_target, epochs=1))
        data = server.get(f"/experiments/{experiment['id']}/dataset")
        assert data["names"] == ["n1", "n2", "target"] and data["n_features"] == 2
        assert data["rows"] == specs.GOLDEN[rows]


def test_million_epochs_at_1e_7_leave_the_plateau(server):
    """Section 4 of the report: twelve digits at six epochs, as a C program computed them."""
    experiment = server.train(specs.report(1e-7, epochs=1000000), seconds=60)
    path = f"/experiments/{experiment['id']}/runs/0/epochs"
    wanted = {1000: "166.895447189", 10000: "4.46418066518", 100000: "3.36401722166",
              200000: "3.35635114804", 500000: "3.33831909554", 1000000: "3.31278621466"}
    for epoch, digits in wanted.items():
        columns = server.get(f"{path}?from={epoch}&to={epoch}")
        assert columns["epoch"] == [epoch]
        assert "%.12g" % columns["loss"][0] == digits, epoch
    gold = EXPERIMENTS["lr_1e-7"]["losses"]
    first = server.get(f"{path}?from=1&to=1000")["loss"]
    assert [first[epoch - 1] for epoch in EPOCHS] == [gold[str(epoch)] for epoch in EPOCHS]
