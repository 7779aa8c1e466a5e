"""GET /experiments/{id}/sweep beside NumPy: quantiles, fates and comparisons of what runs say."""
import numpy as np
import pytest

import service

RATE = "/training/optimizer/learning_rate"
RATES = [1e-4, 1e-3, 4e-3, 2e-2]
STARTS = 24
SPEC = {
    "dataset": {"kind": "formula", "samples": 60, "seed": 3,
                "features": {"n1": "randint(0,4)", "n2": "randint(0,15)"},
                "target": "n1**2 + n2 + randint(0,5)"},
    "network": {"layers": [{"units": 2, "activation": "relu"}, {"units": 1}],
                "init": {"scheme": "uniform", "low": -1, "high": 1, "bias": 0}},
    "training": {"optimizer": {"name": "sgd", "learning_rate": 0.001}, "epochs": 60},
    "sweep": {"/network/init/seed": {"from": 1, "to": STARTS},
              "/training/optimizer/learning_rate": list(reversed(RATES))},
}


@pytest.fixture(scope="module")
def swept(server):
    experiment = server.train(SPEC)
    samples = server.get(f"/experiments/{experiment['id']}/dataset")
    analysis = server.get(f"/experiments/{experiment['id']}/sweep?compare=0,1")
    return experiment, np.array(samples["rows"]), analysis


def outputs(run, features):
    """Hidden units and outputs of the run's last parameters."""
    (weights, out), (biases, last) = run["parameters"]["weights"], run["parameters"]["biases"]
    hidden = np.maximum(features @ np.array(weights).T + biases, 0)
    return hidden, hidden @ np.array(out)[0] + last[0]


def fate(hidden, predictions, targets):
    on = (hidden > 0)
    if np.ptp(predictions) <= 1e-9 * targets.std():
        return "collapsed"
    if (on.all(axis=0) | ~on.any(axis=0)).all():
        return "affine"
    return "bends" if on.any(axis=0).all() else "partly_dead"


@pytest.fixture(scope="module")
def recomputed(server, swept):
    """Losses [setting][start] and fates, by NumPy from the runs' parameters."""
    experiment, rows, analysis = swept
    losses, fates = [], []
    for setting in analysis["settings"]:
        runs = [server.get(f"/experiments/{experiment['id']}/runs/{run}")
                for run in setting["runs"]]
        found = [outputs(run, rows[:, :2]) for run in runs]
        losses.append([np.mean((rows[:, 2] - predictions) ** 2) for _, predictions in found])
        fates.append([fate(*values, rows[:, 2]) for values in found])
    return np.array(losses), fates


def test_settings_stand_in_the_order_of_their_values_with_all_their_starts(swept):
    experiment, _, analysis = swept
    rate = "/training/optimizer/learning_rate"
    assert [setting["values"] for setting in analysis["settings"]] == [{rate: x} for x in RATES]
    assert analysis["starts"] == [{"/network/init/seed": i} for i in range(1, STARTS + 1)]
    for setting in analysis["settings"]:
        for start, run in enumerate(setting["runs"]):
            assert experiment["runs"][run]["overrides"] == {**setting["values"],
                                                            **analysis["starts"][start]}


def test_quantiles_and_fates_are_those_of_the_end_losses(swept, recomputed):
    losses, fates = recomputed
    assert len({f for row in fates for f in row}) >= 3  # else there is little to tell apart
    for setting, row, fated in zip(swept[2]["settings"], losses, fates):
        loss = setting["loss"]
        expected = [row.min(), *np.quantile(row, [0.1, 0.5, 0.9]), row.mean()]
        got = [loss[name] for name in ("lowest", "q10", "median", "q90", "mean")]
        assert got == pytest.approx(expected, rel=1e-12)  # NumPy adds in another order
        assert setting["n"] == STARTS
        assert {k: v for k, v in setting["fates"].items() if v} == \
            {k: fated.count(k) for k in set(fated)}
        assert setting["failed"]["share"] == fated.count("collapsed") / STARTS


def test_the_best_is_an_interval_around_the_lowest_median(swept, recomputed):
    medians = np.median(recomputed[0], axis=1)
    best = swept[2]["best"]
    assert best["value"] == RATES[medians.argmin()]
    low, high = best["interval"]
    for rate, median in zip(RATES, medians):
        if low <= rate <= high:
            assert median <= 1.05 * medians.min()
    assert best["likely"][0] <= best["likely"][1]
    assert str(best["value"])[:5] in best["text"]
    assert ("the end of what was tried" in best["text"]) == (RATES[0] == low or high == RATES[-1])


def test_the_boundary_stands_beside_the_limits_of_theory(server, swept):
    """Those of the run in the middle of the best setting that still learns, once explained."""
    experiment, _, analysis = swept
    best = analysis["settings"][analysis["best"]["setting"]]
    path = f"/experiments/{experiment['id']}"
    limits = service.wait_until(lambda: server.get(f"{path}/sweep")["boundary"]["limits"],
                                60 * server.slowness, "the limits")
    told = server.get(f"{path}/runs/{limits['run']}/verdicts")
    assert limits == {**told["numbers"]["learning_rate_limits"], "run": limits["run"]}
    assert limits["run"] in best["runs"]
    assert told["headline"] != "COLLAPSED_TO_CONSTANT"
    assert 0 < limits["drawn_mean_square"] < 1


def test_two_settings_are_compared_start_by_start(swept, recomputed):
    difference = recomputed[0][0] - recomputed[0][1]
    compared = swept[2]["compared"]
    assert compared["n"] == STARTS
    assert compared["mean_difference"] == pytest.approx(difference.mean(), rel=1e-9)
    assert compared["higher"] == (difference > 0).sum()
    assert compared["lower"] == (difference < 0).sum()
    resampled = np.random.RandomState(0).choice(difference, (4000, STARTS)).mean(axis=1)
    # both are estimates from thousands of resamples: within a tenth of the interval
    expected = np.quantile(resampled, [0.025, 0.975])
    assert compared["interval"] == pytest.approx(expected, abs=0.1 * np.ptp(expected))


def by_code(analysis):
    members = ["code", "kind", "severity", "certain", "scope", "evidence", "text", "actions"]
    for verdict in analysis["verdicts"]:
        assert list(verdict) == members and verdict["certain"] is False
        assert verdict["scope"] and verdict["text"] and verdict["evidence"]
    return {verdict["code"]: verdict for verdict in analysis["verdicts"]}


def test_a_difference_is_a_verdict_with_the_medians_and_fates_of_both(server, swept, recomputed):
    path = f"/experiments/{swept[0]['id']}/sweep?compare="
    losses, fates = recomputed
    for a, b, code in ((0, 1, "DIFFERENCE_NOT_SIGNIFICANT"), (1, 3, "DIFFERENCE_SIGNIFICANT")):
        analysis = server.get(f"{path}{a},{b}")
        verdict = by_code(analysis)[code]
        told = verdict["evidence"]
        assert (verdict["kind"], verdict["severity"]) == ("statistical", "note")
        assert verdict["text"] == analysis["compared"]["text"]
        assert (told["sign_test_p"] < 0.05) == (code == "DIFFERENCE_SIGNIFICANT")
        assert told["n"] == STARTS
        for side, i in zip(told["sides"], (a, b)):
            assert side["values"] == {RATE: RATES[i]}
            assert side["median"] == pytest.approx(np.median(losses[i]), rel=1e-12)
            assert {k: v for k, v in side["fates"].items() if v} == \
                {k: fates[i].count(k) for k in set(fates[i])}


def test_a_difference_that_may_be_luck_asks_for_more_starts_of_the_two(server, swept):
    verdict = by_code(swept[2])["DIFFERENCE_NOT_SIGNIFICANT"]
    action, = verdict["actions"]
    assert action["label"] == "again with 20 more starts"
    more = server.train(action["post"])
    analysis = server.get(f"/experiments/{more['id']}/sweep")
    assert [setting["values"] for setting in analysis["settings"]] == [{RATE: x} for x in RATES[:2]]
    assert len(analysis["starts"]) == STARTS + 20
    assert analysis["compared"]["settings"] == [0, 1]  # of two settings there is but one pair
    assert analysis["compared"]["n"] == STARTS + 20
    before = server.get(f"/experiments/{swept[0]['id']}/runs/{swept[2]['settings'][0]['runs'][0]}")
    after = server.get(f"/experiments/{more['id']}/runs/{analysis['settings'][0]['runs'][0]}")
    assert before["parameters"] == after["parameters"]


def test_the_best_interval_can_be_looked_at_more_closely(server, swept):
    told = by_code(swept[2])
    verdict = told.get("BEST_INTERVAL") or told["BEST_UNSURE"]
    assert (verdict["code"] == "BEST_INTERVAL") == swept[2]["best"]["is_sure"]
    assert {**verdict["evidence"], "text": verdict["text"]} == swept[2]["best"]
    action = verdict["actions"][-1]
    closer = server.train(action["post"])
    analysis = server.get(f"/experiments/{closer['id']}/sweep")
    rates = [setting["values"][RATE] for setting in analysis["settings"]]
    low, high = swept[2]["best"]["interval"]
    assert len(rates) == 10 and rates[0] <= low and high < rates[-1]
    assert set(rates[::9]) <= set(RATES) and len(analysis["starts"]) == STARTS
    assert f"10 values from {rates[0]:.4g} to {rates[-1]:.4g}" in action["label"]


@pytest.mark.parametrize("axis, values, end, further", [
    (RATE, [1e-9, 1e-8, 1e-4], 1e-4, {"from": 1e-4, "to": 1e-3, "steps": 10, "scale": "log"}),
    (RATE, [1e-4, 1, 10], 1e-4, {"from": 1e-5, "to": 1e-4, "steps": 10, "scale": "log"}),
    ("/training/epochs", [1, 60], 60, [60, 70, 82, 95, 111, 130, 151, 176, 206, 240]),
    ("/training/batch_size", [1, 60], 1, None), (RATE, [1e-9, 1e-3, 10], 1e-3, None)])
def test_beyond_an_end_that_is_best_a_wider_sweep_is_offered(server, axis, values, end, further):
    experiment = server.train({**SPEC, "sweep": {axis: values}})
    analysis = server.get(f"/experiments/{experiment['id']}/sweep")
    assert analysis["best"]["interval"] == [end, end]
    verdict = by_code(analysis)["BEST_UNSURE"]
    posts = [action["post"] for action in verdict["actions"] if "further" in action["label"]]
    assert [post["sweep"][axis] for post in posts] == [further] * (further is not None)
    assert all(len(server.post(post)["runs"]) == 10 for post in posts)


def test_values_are_named_in_four_digits_if_those_tell_them_apart(server):
    for rates, names in (([1.23456e-5, 0.12345678], ["1.235e-5", "0.1235"]),
                         ([0.123456, 0.12345678], ["0.123456", "0.12345678"])):
        experiment = server.train({**SPEC, "sweep": {RATE: rates}})
        text = server.get(f"/experiments/{experiment['id']}/sweep")["compared"]["text"]
        assert all(f" learning_rate {name}" in text for name in names), text


def test_two_settings_are_named_by_what_they_have(server):
    """The last name of a field, or all of it where two fields have the same."""
    layers = [{"units": 2, "activation": "relu"}, {"units": 2, "activation": "relu"}, {"units": 1}]
    experiment = server.train({**SPEC, "network": {**SPEC["network"], "layers": layers}, "sweep": {
        "/network/layers/0/units": [2, 3], "/network/layers/1/units": [2, 3],
        "/training/order": ["fixed", "shuffle"], "/network/init/seed": [1, 2]}})
    text = server.get(f"/experiments/{experiment['id']}/sweep?compare=0,7")["compared"]["text"]
    assert "/network/layers/0/units 2, /network/layers/1/units 2, order fixed ended " in text
    assert "/network/layers/0/units 3, /network/layers/1/units 3, order shuffle; " in text


def test_the_boundary_is_a_verdict_where_half_break_down(server, swept):
    told = by_code(swept[2])["COLLAPSE_BOUNDARY"]
    below, above = told["evidence"]["between"]
    assert below < told["evidence"]["at"] <= above
    action, = told["actions"]
    assert action["post"]["sweep"][RATE] == {"from": below, "to": above, "steps": 10,
                                             "scale": "log"}
    calm = server.train({**SPEC, "sweep": {**SPEC["sweep"], RATE: [1e-5, 1e-4]}})
    assert "COLLAPSE_BOUNDARY" not in by_code(server.get(f"/experiments/{calm['id']}/sweep"))


def test_too_few_starts_make_no_verdict_on_a_difference(server):
    experiment = server.train({**SPEC, "sweep": {
        "/network/init/seed": [1, 2, 3], "/training/optimizer/learning_rate": [1e-4, 1e-3]}})
    analysis = server.get(f"/experiments/{experiment['id']}/sweep")
    assert analysis["compared"]["verdict"] == "none"
    assert not [code for code in by_code(analysis) if code.startswith("DIFFERENCE")]


def test_effective_time_is_rate_times_epochs(swept):
    assert [setting["effective_time"] for setting in swept[2]["settings"]] == \
        pytest.approx([rate * 60 for rate in RATES], rel=1e-15)


def test_between_neighbouring_whole_numbers_there_is_nothing_closer_to_look_at(server):
    experiment = server.train({**SPEC, "sweep": {"/training/epochs": [59, 60, 61]}})
    verdict = by_code(server.get(f"/experiments/{experiment['id']}/sweep"))["BEST_UNSURE"]
    assert not [action for action in verdict["actions"] if "closer" in action["label"]]


@pytest.mark.parametrize("axis, values, says, action", [
    ("/network/layers/0/units", [1, 2, 3, 8, 32], " unit", None),
    ("/training/batch_size", [1, 60], "a batch size of ", None),
    ("/training/epochs", [10, 60], "60 epochs give the lowest loss", "look closer, at 10 values")])
def test_the_best_of_other_axes_is_told_in_plain_words(server, axis, values, says, action):
    experiment = server.train({**SPEC, "sweep": {axis: values}})
    analysis = server.get(f"/experiments/{experiment['id']}/sweep")
    verdict = by_code(analysis)["BEST_UNSURE"]  # of one start
    assert says in verdict["text"] and "median" not in verdict["text"]
    labels = [action["label"] for action in verdict["actions"]]
    assert labels[0] == "again with 20 starts"
    assert len(server.post(verdict["actions"][0]["post"])["runs"]) == 20 * len(values)
    if action:
        assert labels[-1].startswith(action)
        swept = verdict["actions"][-1]["post"]["sweep"][axis]
        assert swept[0] == values[0] and swept[-1] == values[-1] and len(set(swept)) == 10
        assert len(server.post(verdict["actions"][-1]["post"])["runs"]) == 10


def test_one_start_is_no_proof_and_equal_losses_no_difference(server):
    rates = {**SPEC, "sweep": {RATE: [1e-4, 1e-3]}}
    text = server.get(f"/experiments/{server.train(rates)['id']}/sweep")["compared"]["text"]
    assert text.startswith("With the one start that ended under both, learning_rate 0.0001 ended ")
    assert "One start proves little" in text and "of 1 starts" not in text
    same = {**SPEC, "sweep": {RATE: [1e-300, 1e-299], "/network/init/seed": [1, 2]}}  # no bit moves
    text = server.get(f"/experiments/{server.train(same)['id']}/sweep")["compared"]["text"]
    assert text == ("For every start learning_rate 1e-300 and learning_rate 1e-299 ended with the "
                    "same loss.")


def test_one_run_is_a_sweep_of_one_setting(server):
    experiment = server.train({**SPEC, "sweep": {}})
    analysis = server.get(f"/experiments/{experiment['id']}/sweep")
    assert len(analysis["settings"]) == 1 and analysis["settings"][0]["n"] == 1
    assert analysis["best"] is None and analysis["boundary"] is None


def test_settings_on_two_axes_have_no_best_on_one(server):
    experiment = server.train({**SPEC, "sweep": {
        "/training/epochs": [5, 10], "/training/optimizer/learning_rate": [1e-4, 1e-3]}})
    analysis = server.get(f"/experiments/{experiment['id']}/sweep")
    assert len(analysis["settings"]) == 4
    assert analysis["best"] is None


def test_what_was_cancelled_does_not_count(server):
    experiment = server.post({**SPEC, "training": {"epochs": 1000000000}, "sweep": {}})
    server.request("POST", f"/experiments/{experiment['id']}/cancel")
    server.wait(experiment["id"])
    analysis = server.get(f"/experiments/{experiment['id']}/sweep")
    assert analysis["settings"][0]["n"] == 0
    assert analysis["settings"][0]["loss"]["median"] is None


@pytest.mark.parametrize("query, names", [
    ("compare=0,4", ["compare", "0,4", "from 0 to 3"]),
    ("compare=1", ["compare", "got 1"]),
    ("compare=2,2", ["compare", "2,2", "two different settings"]),
    ("claim=1,2", ["claim", "0.000001,1000,167"]),
    ("claim=0,1000,3", ["claim", "above 0"]),
    ("claim=0.1,1.5,3", ["claim", "epochs"]),
    ("claim=0.1,10,nan", ["claim", "loss"]),
    ("claim=0.1,10,", ["claim", "loss"]),
    ("part=dev", ["part", "dev", "train, validation or test"]),
    ("part=validation", ["validation", "/dataset/split"]),
    ("rate=1", ["rate"]),
])
def test_a_query_that_makes_no_sense_is_refused(server, swept, query, names):
    reply = server.request("GET", f"/experiments/{swept[0]['id']}/sweep?{query}")
    assert 400 <= reply.status_code < 500
    for name in names:
        assert name in reply.json()["detail"], reply.text


def test_sentences_of_a_sweep_without_starts_stand_alone(server):
    """Rates with one start each, none too high and one; and a rate alone."""
    rates = {"/training/optimizer/learning_rate": [1e-5, 1e-4]}
    experiment = server.train({"preset": "lr_0.0004", "sweep": rates})
    text = server.get(f"/experiments/{experiment['id']}/sweep")["boundary"]["text"]
    assert text.startswith("No value is so high that half of the runs collapse or diverge.")
    rates["/training/optimizer/learning_rate"][1] = 0.025
    experiment = server.train({"preset": "lr_0.0004", "sweep": rates})
    text = server.get(f"/experiments/{experiment['id']}/sweep")["boundary"]["text"]
    assert text.startswith("Half of the runs collapse or diverge from about ")
    alone = server.train({"preset": "lr_0.0004"})["id"]
    reply = server.request("GET", f"/experiments/{alone}/sweep?compare=0,0")
    assert (reply.status_code, "one setting" in reply.json()["detail"]) == (400, True)


def test_validation_samples_can_be_asked_for(server):
    split = {"train": 0.6, "validation": 0.4, "seed": 1}
    experiment = server.train({**SPEC, "dataset": {**SPEC["dataset"], "split": split},
                               "sweep": {"/training/optimizer/learning_rate": [1e-4, 1e-3]}})
    path = f"/experiments/{experiment['id']}/sweep"
    train, validation = server.get(path), server.get(path + "?part=validation")
    samples = server.get(f"/experiments/{experiment['id']}/dataset")
    rows = np.array([row for row, part in zip(samples["rows"], samples["parts"])
                     if part == "validation"])
    for i, setting in enumerate(validation["settings"]):
        run = server.get(f"/experiments/{experiment['id']}/runs/{i}")
        _, predictions = outputs(run, rows[:, :2])
        assert setting["loss"]["median"] == pytest.approx(np.mean((rows[:, 2] - predictions) ** 2),
                                                          rel=1e-12)
        assert setting["loss"] != train["settings"][i]["loss"]


@pytest.fixture(scope="module")
def report(server):
    return server.train({"preset": "learning_rates"})["id"]


@pytest.mark.parametrize("claim, verdict", [
    ("0.000001,1000,167", "EFFECTIVE_TIME_INCONSISTENT"),  # the report's impossible number
    ("0.0000001,1000,167", "fits"),                        # what it must have been
    ("0.00001,25,70", "none"),  # so steep there that the printed loss, a mean, hangs on the rate
    ("0.0000001,1000,50", "EFFECTIVE_TIME_INCONSISTENT"),
    ("0.0000001,10000,4.5", "fits"),
    ("1e-12,10,170", "none"),                              # no epoch here is so early
    ("0.01,10,5", "none"),                                 # no longer small steps
])
def test_a_number_from_elsewhere_is_held_against_the_curves(server, report, claim, verdict):
    analysis = server.get(f"/experiments/{report}/sweep?claim={claim}")
    told, verdicts = analysis["claim"], by_code(analysis)
    assert told["verdict"] == verdict, told
    assert ("EFFECTIVE_TIME_CONSISTENT" in verdicts) == (verdict == "fits")
    assert ("EFFECTIVE_TIME_INCONSISTENT" in verdicts) == (verdict not in ("fits", "none"))
    if claim == "0.000001,1000,167":
        assert told["fitting_rate"] == pytest.approx(1e-7, rel=0.02)
        assert "please check the one you typed" in told["text"]
        found = verdicts[verdict]
        assert (found["kind"], found["severity"]) == ("counterfactual", "warn")
        assert found["evidence"]["claimed"] == {"learning_rate": 1e-6, "epochs": 1000, "loss": 167}
        trained = server.train(found["actions"][0]["post"])["runs"][0]
        assert trained["loss"] == pytest.approx(told["loss"], rel=1e-9) != 167


def test_a_number_that_may_be_of_another_start_is_not_said_to_be_wrong(server):
    """The first start's curve is at 33.4 where the others' are at 3.4."""
    experiment = server.train({
        "preset": "lr_0.0004",
        "network": {"init": {"scheme": "he_normal", "named": None, "seed": 1}},
        "sweep": {"/training/optimizer/learning_rate": [2e-4, 4e-4],
                  "/network/init/seed": [6, 1, 2]}})
    losses = [run["loss"] for run in experiment["runs"][:3]]
    assert losses[0] > 33 and max(losses[1:]) < 4
    for loss, verdict in ((losses[0], "fits"), (losses[1], "none")):
        analysis = server.get(
            f"/experiments/{experiment['id']}/sweep?claim=0.0002,1000,{loss}")
        assert analysis["claim"]["verdict"] == verdict, analysis["claim"]
    assert "the first of 3 here" in analysis["claim"]["text"]
    assert not [code for code in by_code(analysis) if code.startswith("EFFECTIVE")]


@pytest.mark.parametrize("optimizer", ["adam", "momentum"])
def test_curves_of_other_optimizers_say_nothing_of_a_claim(server, optimizer):
    training = {"optimizer": {"name": optimizer, "learning_rate": 1e-4}, "epochs": 60}
    experiment = server.train({**SPEC, "training": training, "sweep": {
        "/training/optimizer/learning_rate": [1e-5, 2e-5]}})
    told = server.get(f"/experiments/{experiment['id']}/sweep?claim=0.00001,50,100")["claim"]
    assert (told["verdict"], told["run"]) == ("none", None)
    assert told["text"].startswith("No run here of plain SGD")


def test_a_run_that_diverged_is_no_curve(server):
    """Of 1e-6 and 0.02 only the latter comes as far as the claim, were it to count."""
    experiment = server.train({**SPEC, "network": {"layers": [{"units": 1}]}, "sweep": {
        "/training/optimizer/learning_rate": [1e-6, 0.02]}})
    assert [run["state"] for run in experiment["runs"]] == ["done", "diverged"]
    assert experiment["runs"][1]["epoch"] >= 1
    told = server.get(f"/experiments/{experiment['id']}/sweep?claim=0.001,60,100")["claim"]
    assert (told["verdict"], told["run"]) == ("none", 0)
