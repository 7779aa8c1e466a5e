"""The verdicts against vectors of an independent prototype (NumPy and C), and their certificates
against training on."""
import json

import numpy as np
import pytest

from explain_probe import ROOT, explain

GOLDEN = json.loads((ROOT / "tests/golden/vectors.json").read_text())
VECTORS = {vector["id"]: vector for name in ("vectors.json", "more_vectors.json")
           for vector in json.loads((ROOT / "tests/golden" / name).read_text())["vectors"]}
INPUTS = [[i, j] for i in range(1, 5) for j in range(1, 5)]
POPULATION = {"noise": 2.0, "points": INPUTS, "weights": [1 / 16] * 16,
              "means": [i * i + j + 2 for i, j in INPUTS]}

# Where a vector's own number rests on rounding: S02's twins balance on a saddle, so the last bits
# of the sigmoid are amplified 7e11 times, and the search below it leaves the saddle by rounding.
LOOSE = {("S02", "SENSITIVE_DEPENDENCE"): 1e-3, ("S02", "LR_NOISE_FLOOR"): 1e-2}
UNSTABLE = {"S11"}  # its losses rest on rounding: 3.5e-2 apart with and without fused operations


def run_of(vector, **changes):
    spec = vector["spec"]
    data = GOLDEN["datasets"][spec["data"]]
    activation = {"leaky": "leaky_relu"}.get(spec["activation"], spec["activation"])
    run = {"x": data["X"], "y": data["y"], "start": spec["init"],
           "layers": [[spec["hidden"], activation], [1, "linear"]],
           "learning_rate": spec["lr"], "epochs": spec["epochs"], "batch_size": spec["batch"],
           "gradient": "full" if spec["grad_factor_c"] == 2 else "half",
           "best": vector["expect"]["best_known"]}
    if "BELOW_NOISE_FLOOR" in vector["evidence"]:
        run |= POPULATION
    return run | changes


@pytest.fixture(scope="module")
def told():
    return dict(zip(VECTORS, explain([run_of(vector) for vector in VECTORS.values()])))


def differences(got, expected, tolerance, path=""):
    if isinstance(expected, dict):
        for name, value in expected.items():
            yield from differences(got.get(name, "missing"), value, tolerance, f"{path}/{name}")
    elif isinstance(expected, list):
        if len(got) != len(expected):
            yield path, got, expected
        for i, (one, other) in enumerate(zip(got, expected)):
            yield from differences(one, other, tolerance, f"{path}/{i}")
    elif isinstance(expected, (bool, str)) or expected is None or isinstance(got, (bool, str)):
        if got != expected:
            yield path, got, expected
    elif got is None or abs(got - expected) > tolerance * abs(expected) + 1e-12:
        yield path, got, expected


@pytest.mark.parametrize("name", VECTORS)
def test_every_code_that_must_fire_does_and_none_that_must_not(told, name):
    fired, expect = set(told[name]["fired"]), VECTORS[name]["expect"]
    assert set(expect["must"]) <= fired
    assert not set(expect["must_not"]) & fired


@pytest.mark.parametrize("name", VECTORS)
def test_what_was_observed_fires_as_severely(told, name):
    got = {code: verdict["severity"] for code, verdict in told[name]["fired"].items()}
    expected = dict(map(tuple, VECTORS[name]["expect"]["observed"]))
    assert {code: got.get(code) for code in expected} == expected


@pytest.mark.parametrize("name", VECTORS)
def test_the_evidence_is_the_vectors(told, name):
    if name in UNSTABLE:
        return
    vector, fired = VECTORS[name], told[name]["fired"]
    for code, evidence in vector["evidence"].items():
        tolerance = LOOSE.get((name, code), vector["expect"]["rel_tol"])
        assert not list(differences(fired[code]["evidence"], evidence, tolerance, code))


@pytest.mark.parametrize("name, headline", [
    ("R01", "COLLAPSED_TO_CONSTANT"), ("R02", "LR_NOISE_FLOOR"), ("R03", "LR_NOISE_FLOOR"),
    ("R05", "AFFINE_ON_DATA"), ("R06", "AFFINE_ON_DATA"), ("R08", "UNDERTRAINED"),
    ("R10", "AFFINE_ON_DATA"), ("R11", "COLLAPSED_TO_CONSTANT"), ("R13", "ZERO_INIT_SADDLE"),
    ("R14", "SYMMETRIC_UNITS"), ("R15", "DEAD_UNITS"), ("R16", "NO_SIGNAL"), ("S07", "NONFINITE"),
    ("S08", "NEAR_BEST_KNOWN"), ("S09", "ZERO_INIT_SADDLE")])
def test_each_surprise_gets_its_headline(told, name, headline):
    assert told[name]["headline"] == headline == told[name]["verdicts"][0]["code"]
    assert told[name]["text"] == told[name]["verdicts"][0]["text"]


def test_what_a_verdict_implies_is_folded_under_it(told):
    implied = {code: verdict.get("implied_by") for code, verdict in told["R13"]["fired"].items()}
    for code in ("COLLAPSED_TO_CONSTANT", "DEAD_UNITS", "SYMMETRIC_UNITS"):
        assert implied.pop(code) == "ZERO_INIT_SADDLE"
    assert not any(implied.values())


def test_a_tenth_of_the_rate_is_tried_for_as_long_as_it_takes(told):
    """200 times the epochs that the unit lived, at most ten times the run's own."""
    run = run_of(VECTORS["R01"])
    short, = explain([run | {"epochs": 8}])
    for answer, epochs in ((told["R01"], 200), (short, 80)):
        deaths = answer["fired"]["DEAD_UNITS"]["evidence"]["death"]
        assert [death["epoch"] for death in deaths] == [1, 1]
        assert [death["lr_div10_epochs"] for death in deaths] == [epochs, epochs]


def odd_rows(loss, output):
    x = [[i / 7, (i * i % 11) / 11] for i in range(30)]
    return {"x": x, "y": [float(i % 3 == 0) for i in range(30)], "batch_size": 1, "loss": loss,
            "layers": [[2, "relu"], [1, output]], "epochs": 20, "best": 1e-3,
            "start": [.5, .5, .5, .5, 0, -90, .5, .5, 0], "learning_rate": .01}


def test_nothing_blocks_where_noise_cannot_be_told():
    """Inputs that do not repeat, and a loss that has no test of what is left."""
    answer, = explain([odd_rows("mae", "linear")])
    assert answer["loss"]["gap"] > 10 and answer["loss"]["noise_p"] is None
    assert answer["fired"]["DEAD_UNITS"]["severity"] == "note"


def test_nothing_blocks_where_classes_are_noise_to_every_test():
    """Every third sample is in: neither the inputs nor their squares and products know."""
    answer, = explain([odd_rows("binary_cross_entropy", "sigmoid")])
    assert answer["loss"]["gap"] > 10 and answer["loss"]["noise_p"] > .5
    assert answer["fired"]["DEAD_UNITS"]["severity"] == "note"


def score_p(x, y, chance):
    """Rao's score test of the inputs, squares and products beside the chances, as an F-test."""
    terms = np.c_[np.ones(len(x)), x, x[:, 0] ** 2, x[:, 0] * x[:, 1], x[:, 1] ** 2]
    scale = np.sqrt(chance * (1 - chance))
    left = (y - chance) / scale
    fit = np.linalg.lstsq(terms * scale[:, None], left, rcond=None)[0]
    rest = ((left - terms * scale[:, None] @ fit) ** 2).sum()
    f = ((left ** 2).sum() - rest) / 6 / (rest / (len(x) - 6))
    beats = np.random.default_rng(1).f(6, len(x) - 6, 400_000) >= f
    return beats.mean()


def test_what_is_left_of_classes_is_told_from_noise_by_the_score_test():
    rng = np.random.default_rng(8)
    x = rng.normal(size=(80, 2))
    for bend, epochs in ((0, 200), (0, 0), (.4, 60)):
        y = (rng.random(80) < 1 / (1 + np.exp(-x[:, 0] - bend * x[:, 1] ** 2))) * 1.
        answer, = explain([{"x": x, "y": y, "layers": [[1, "sigmoid"]], "start": [.2, 0, .1],
                            "loss": "binary_cross_entropy", "learning_rate": .02,
                            "epochs": epochs + 1}])
        w = answer["parameters"]
        chance = 1 / (1 + np.exp(-x @ w[:2] - w[2]))
        # the oracle's p is a count of 400,000 draws
        assert answer["loss"]["noise_p"] == pytest.approx(score_p(x, y, chance), rel=.03, abs=1e-4)


def circle(rng):
    x = rng.uniform(-1, 1, (60, 2))
    return x, ((x ** 2).sum(1) < .5) * 1.


def test_classes_all_on_their_own_side_are_never_sick_however_large_the_gap():
    """Nothing is noise here, and no loss above 0 is the best: only the sides can tell."""
    rng = np.random.default_rng(3)
    x, y = circle(rng)
    run = {"x": x, "y": y, "layers": [[6, "tanh"], [1, "sigmoid"]], "learning_rate": .05,
           "start": rng.normal(size=25), "loss": "binary_cross_entropy", "noise": 0.,
           "points": x, "weights": np.full(60, 1 / 60), "means": y}
    short, *settled = explain([run | {"epochs": epochs} for epochs in (60, 200, 3000)])
    assert all(answer["loss"]["best_known"] == 0 and answer["loss"]["gap"] is None and
               answer["loss"]["noise_p"] == 0 for answer in [short] + settled)
    assert short["fired"]["UNDERTRAINED"]["severity"] == "block"
    constant = -np.log([y.mean(), 1 - y.mean()]) @ [y.mean(), 1 - y.mean()]
    assert [answer["loss"]["end"] > .05 * constant for answer in settled] == [True, False]
    for answer in settled:
        assert not [v for v in answer["verdicts"] if v["severity"] in ("block", "error")]
        near = answer["fired"]["NEAR_BEST_KNOWN"]
        assert near["evidence"]["n_wrong"] == 0 and "own side" in near["text"]
        assert answer["headline"] == "NEAR_BEST_KNOWN" and "NO_SIGNAL" not in answer["fired"]


def bent(rng, kind):
    """Inputs that never repeat, and what no plane sees of their targets."""
    x = rng.uniform(-1, 1, (100, 2))
    if kind == "moons":
        side, angle = rng.integers(0, 2, 100), rng.uniform(0, np.pi, 100)
        x = np.c_[np.cos(angle), np.sin(angle)] * (1 - 2 * side)[:, None] + side[:, None] * [1, .5]
        return x + rng.normal(0, .1, x.shape), side * 1.
    if kind == "spirals":
        side, angle = rng.integers(0, 2, 100), 3 * np.pi * np.sqrt(rng.random(100))
        return np.c_[np.cos(angle + np.pi * side), np.sin(angle + np.pi * side)] * \
            angle[:, None], side * 1.
    y = {"square": x[:, 0] ** 2, "xor": (x[:, 0] * x[:, 1] > 0) * 1.,
         "circles": ((x ** 2).sum(1) < .6) * 1.}[kind]
    return x, y + rng.normal(0, .1, 100) * (kind == "square")


def quick(rng, x, y, loss):
    return {"x": x, "y": y, "loss": loss, "learning_rate": .001, "epochs": 3, "best": .01,
            "layers": [[3, "tanh"], [1, "linear" if loss == "mse" else "sigmoid"]],
            "start": rng.normal(0, .5, 13)}


@pytest.mark.parametrize("kind", ["square", "xor", "circles", "moons", "spirals"])
def test_what_no_plane_sees_is_a_signal_too(kind):
    rng = np.random.default_rng(8)
    loss = "mse" if kind == "square" else "binary_cross_entropy"
    for answer in explain([quick(rng, *bent(rng, kind), loss) for _ in range(10)]):
        assert "NO_SIGNAL" not in answer["fired"] and answer["headline"] != "NO_SIGNAL"


@pytest.mark.parametrize("loss", ["mse", "binary_cross_entropy"])
def test_shuffled_targets_without_repeated_inputs_have_no_signal(loss):
    """At 5 % and 1 %, of 60 at least 51: a binomial of .94 has fewer once in 200 times."""
    rng = np.random.default_rng(9)
    runs = [quick(rng, *bent(rng, "square" if loss == "mse" else "xor"), loss) for _ in range(60)]
    answers = explain([run | {"y": rng.permutation(run["y"])} for run in runs])
    fired = [answer["fired"]["NO_SIGNAL"] for answer in answers if "NO_SIGNAL" in answer["fired"]]
    assert len(fired) >= 51
    for verdict in fired:
        assert verdict["evidence"]["neighbour_p"] > .01
        assert "for nearest neighbours being alike" in verdict["text"]


def test_a_run_that_has_nothing_to_learn_has_not_stalled():
    """f = relu(a + 1) + relu(b + 1) - 2 is the target: every gradient is 0."""
    answer, = explain([{"x": [[0, 1], [1, 2], [2, 1], [3, 5]], "y": [1, 3, 3, 8], "epochs": 5,
                        "layers": [[2, "relu"], [1, "linear"]], "batch_size": 1,
                        "start": [1, 0, 0, 1, 1, 1, 1, 1, -2], "learning_rate": .01}])
    assert answer["loss"]["end"] == 0
    assert not {"FP_STALL", "SENSITIVE_DEPENDENCE"} & set(answer["fired"])


def test_a_gain_within_the_noise_of_the_last_epochs_is_none():
    """Batches drawn at random keep the loss of a line jumping. Three times as many epochs more end
    6 % lower, a tenth of the rate hardly lower: less than three standard deviations of the jumps, luck."""
    x = [-3, 2, -3, 1, -1, 0, 0, -2, -3, 3, 2, 2, 1]
    y = [3.25, 3, 2.25, 1.25, .25, 1, 1, 2, 2.25, 3.25, 1, 3, 1.25]
    run = {"x": [[value] for value in x], "y": y, "start": [.7, -.1, -.7, 0], "best": .3,
           "layers": [[1, "linear"], [1, "linear"]], "learning_rate": .02, "epochs": 400,
           "batch_size": 3, "order": "with_replacement", "order_seed": 82}
    short, long = explain([run, run | {"epochs": 1600}])
    assert long["loss"]["end"] < .98 * short["loss"]["median_of_last_epochs"]
    assert "UNDERTRAINED" not in short["fired"]


def test_a_run_below_what_the_search_found_is_told_so():
    run = run_of(VECTORS["S08"])
    lowest, = (answer["loss"]["best_known"] for answer in explain([run | {"best": 100.}]))
    above, at = (answer["fired"]["NEAR_BEST_KNOWN"]["text"]
                 for answer in explain([run | {"best": 1.01 * lowest}, run | {"best": lowest}]))
    assert "it missed a better network, this one" in above and "little left" not in above
    assert "missed" not in at and "little left to gain" in at


@pytest.mark.parametrize("loss, last, rate", [
    ("mse", "linear", 1.5), ("mae", "linear", 1.), ("huber", "linear", 2.5),
    ("binary_cross_entropy", "sigmoid", 30.), ("categorical_cross_entropy", "softmax", 30.)])
def test_the_best_known_is_never_above_what_the_run_had(loss, last, rate):
    """Steps so long that the loss goes up and down: the run's lowest is not its last."""
    rng = np.random.default_rng(12)
    x = rng.normal(size=(30, 2))
    y = np.eye(2)[(x[:, 0] + rng.normal(size=30) > 0) * 1]
    n_outputs = 2 if last == "softmax" else 1
    run = {"x": x, "y": y[:, :n_outputs], "loss": loss, "learning_rate": rate, "best": 100.,
           "layers": [[2, "tanh"], [n_outputs, last]], "batch_size": 30,
           "start": rng.normal(size=6 + 3 * n_outputs)}
    answers = explain([run | {"epochs": epochs} for epochs in range(1, 12)])
    had = [answers[0]["loss"]["start"]] + [answer["loss"]["end"] for answer in answers]
    assert min(had) < .999 * had[-1]
    for epoch, answer in enumerate(answers, 1):  # summed in another order: the last bits differ
        assert answer["loss"]["best_known"] == pytest.approx(min(had[:epoch + 1]), rel=1e-13)
        assert answer["loss"]["best_known"] <= min(had[0], had[epoch])


def test_the_best_known_is_not_above_what_a_diverged_run_had():
    run = {"x": [[1], [2]], "y": [1, 2], "learning_rate": 40., "epochs": 400, "best": 100.,
           "layers": [[1, "linear"], [1, "linear"]], "start": [.7, .1, .7, 0], "batch_size": 2}
    answer, = explain([run])
    assert answer["headline"] == "NONFINITE"
    assert answer["loss"]["best_known"] == answer["loss"]["start"] < 1


def test_a_run_that_separates_the_classes_proves_that_the_infimum_is_0():
    """Whatever a search found: with its last weights, or those of its lowest loss."""
    rng = np.random.default_rng(3)
    x, y = circle(rng)
    run = {"x": x, "y": y, "layers": [[6, "tanh"], [1, "sigmoid"]], "learning_rate": .05,
           "start": rng.normal(size=25), "loss": "binary_cross_entropy", "best": .5, "epochs": 300}
    last, = explain([run])
    spoilt, mixed = explain([
        run | {"start": last["parameters"], "epochs": 2, "learning_rate": 3.},
        run | {"y": np.r_[1 - y[1], y[1:]], "x": np.r_[x[1:2], x[1:]]}])
    assert last["fired"]["NEAR_BEST_KNOWN"]["evidence"]["n_wrong"] == 0
    assert spoilt["loss"]["end"] > 2 * last["loss"]["end"]
    for answer in (last, spoilt):
        assert answer["loss"]["best_known"] == 0 and answer["loss"]["gap"] is None
    assert 0 < mixed["loss"]["best_known"] <= mixed["loss"]["end"]


# --- the way off a plateau ----------------------------------------------------------------------


def escape_of(answer):
    """(law, ratio, [(rate, escaped), ...]) as told, or None."""
    evidence = answer["fired"].get("PLATEAU_SCALING", {}).get("evidence")
    return evidence and (evidence["law"], evidence["ratio"],
                         [(one["learning_rate"], one["escaped"]) for one in evidence["tries"]])


def test_lab_7_leaves_its_plateau_by_the_steps_own_length():
    """The epochs of the lab: 567, 2348 and 8989 at 2e-4, 1e-4 and 5e-5."""
    run = run_of(VECTORS["R05"])
    at = dict(zip((2e-4, 1e-4), explain([run | {"learning_rate": 2e-4, "epochs": 1000},
                                         run | {"learning_rate": 1e-4, "epochs": 3000}])))
    drift = "learning_rate^2 x epochs"
    assert escape_of(at[2e-4]) == (drift, 2348 / 567, [(2e-4, 567), (1e-4, 2348)])
    assert escape_of(at[1e-4]) == (drift, 8989 / 2348, [(1e-4, 2348), (5e-5, 8989)])
    told = at[1e-4]["fired"]["PLATEAU_SCALING"]
    assert (told["kind"], told["severity"], told["certain"]) == ("counterfactual", "note", False)
    # at a tenth of the rate 225638 were measured; the law is of the leading order
    assert told["evidence"]["predicted"][1]["escaped"] == pytest.approx(225638, rel=.05)
    assert "2348" in told["text"] and "8989" in told["text"] and "squared" in told["text"]
    assert [action["changes"] for action in told["actions"]] == [
        {"/training/optimizer/learning_rate": 5e-5, "/training/epochs": 8989 * 5 // 4},
        {"/training/optimizer/learning_rate": 2e-4, "/training/epochs": 3000}]


def test_who_never_leaves_a_plateau_has_no_law_of_it():
    """Still there; with the whole data set in one step; and one that never sat on it."""
    run = run_of(VECTORS["R05"])
    answers = explain([run, run | {"batch_size": 100, "learning_rate": .01, "epochs": 6000},
                       run_of(VECTORS["R03"])])
    assert not any(map(escape_of, answers))
    assert all("PLATEAU_SCALING" not in one["code"] for answer in answers
               for one in answer["not_run"])


def test_a_way_off_between_the_two_laws_follows_none():
    """From 567 and 2348 epochs the ratio sinks as the start moves: 3.519 is 2^1.815, told to be 4
    times, and 3.448 is 2^1.786, told to be nothing."""
    run = run_of(VECTORS["R05"], learning_rate=2e-4, epochs=2000)
    away = np.random.default_rng(1).normal(size=9)
    near, between = explain([run | {"start": run["start"] + size * away} for size in (.022, .025)])
    assert escape_of(near) == ("learning_rate^2 x epochs", 3128 / 889, [(2e-4, 889), (1e-4, 3128)])
    assert escape_of(between) is None
    why, = (one["why"] for one in between["not_run"] if one["code"] == "PLATEAU_SCALING")
    assert "neither about 2 nor about 4 times" in why


def test_the_way_off_a_plateau_is_not_looked_for_where_that_takes_long():
    """A thousand samples: five times its 7000 epochs at half the rate are over 3e8 visits."""
    run = run_of(VECTORS["R05"], learning_rate=1.8e-5, epochs=7500)
    run["x"], run["y"] = run["x"] * 10, run["y"] * 10
    answer, = explain([run])
    assert escape_of(answer) is None
    assert [one["why"] for one in answer["not_run"] if one["code"] == "PLATEAU_SCALING"] == [
        "five times the epochs to its escape, at half the rate, take too long (over 3e8 parameter "
        "visits)"]


# --- the validation part ------------------------------------------------------------------------


def by_heart(**changes):
    """15 samples of a line with noise for 25 parameters, and 200 rows to look at."""
    rng = np.random.default_rng(4)
    x, vx = rng.uniform(-2, 2, (15, 1)), rng.uniform(-2, 2, (200, 1))
    return {"x": x, "y": 2 * x[:, 0] + rng.normal(0, 1, 15), "vx": vx,
            "vy": 2 * vx[:, 0] + rng.normal(0, 1, 200), "layers": [[8, "tanh"], [1, "linear"]],
            "start": rng.normal(0, 1, 25), "learning_rate": .1, "gradient": "half",
            "epochs": 2000, "batch_size": 15, "best": .5} | changes


def losses_of(answer, x, y):
    """Each row's squared error."""
    p = np.array(answer["parameters"])
    hidden = np.tanh(np.outer(x, p[:8]) + p[8:16])
    return (hidden @ p[16:24] + p[24] - y) ** 2


def test_learning_by_heart_is_told_by_the_validation_part():
    """Best epoch, losses and p against training so far and NumPy; 1e-9: other sums, another tanh."""
    run = by_heart()
    told, = explain([run])
    verdict = told["fired"]["OVERFITTING"]
    found, best = verdict["evidence"], verdict["evidence"]["best_epoch"]
    assert (verdict["kind"], verdict["severity"], verdict["certain"]) == ("statistical", "warn",
                                                                          False)
    epochs = range(1, 101)
    at = dict(zip(epochs, explain([run | {"epochs": epoch, "depth": "live"} for epoch in epochs])))
    rows = {epoch: losses_of(answer, run["vx"][:, 0], run["vy"]) for epoch, answer in at.items()}
    halves = [min(rows, key=lambda epoch: rows[epoch][half::2].mean()) for half in (0, 1)]
    assert best == min(rows, key=lambda epoch: rows[epoch].mean())
    assert found["validation_loss_best"] == pytest.approx(rows[best].mean(), rel=1e-9)
    assert found["train_loss_best"] == pytest.approx(at[best]["loss"]["end"], rel=1e-9)
    end = losses_of(told, run["vx"][:, 0], run["vy"])
    assert found["validation_loss_end"] == pytest.approx(end.mean(), rel=1e-9)
    assert found["train_loss_end"] == told["loss"]["end"] < found["train_loss_best"]
    rises = end.copy()  # rows of even place against the epoch that the odd ones pick, and back
    rises[0::2] -= rows[halves[1]][0::2]
    rises[1::2] -= rows[halves[0]][1::2]
    t = rises.mean() / (rises.std(ddof=1) / len(rises) ** .5)
    assert found["mean_rise_of_rows"] == pytest.approx(rises.mean(), rel=1e-9)
    assert (found["rows"], found["rows_worse"]) == (200, (rises > 0).sum())
    assert t > 2.6 and found["p"] < .005  # 2.6: one-sided p = 0.005 with 199 degrees of freedom
    assert f"in epoch {best}, " in verdict["text"] and "hardly luck" in verdict["text"]


def test_more_epochs_of_what_is_learnt_by_heart_are_not_asked_for():
    told, = explain([by_heart()])
    assert told["headline"] == "OVERFITTING"
    more = told["fired"]["UNDERTRAINED"]
    assert more["severity"] == "note" and not more["actions"] and "by heart" in more["text"]


def test_learnt_by_heart_comes_before_near_the_best():
    """The best that a search finds for these samples is what such a run comes near to."""
    told, = explain([by_heart(best=.56)])
    assert "NEAR_BEST_KNOWN" in told["fired"] and told["headline"] == "OVERFITTING"


def test_a_rise_that_may_be_luck_is_told_as_what_was_recorded():
    """Of the same run 20 rows for which the test is not sure, and 9: too few for it."""
    run = by_heart()
    noted = []
    for answer in explain([run | {"vx": run["vx"][rows], "vy": run["vy"][rows]}
                           for rows in (slice(20, 40), slice(20, 29))]):
        verdict = answer["fired"]["OVERFITTING"]
        found = verdict["evidence"]
        assert found["validation_loss_lowest_of_last_epochs"] > 1.1 * found["validation_loss_best"]
        assert found["train_loss_end"] < found["train_loss_best"] and found["last_epochs"] == 200
        assert "has risen to" in verdict["text"] and "luck" in verdict["text"]
        noted.append((verdict["kind"], verdict["severity"], verdict["certain"],
                      found["p"] and found["p"] >= .05))
    assert noted == [("exact", "note", True, True), ("exact", "note", True, None)]


def test_a_rise_that_may_be_luck_hides_nothing():
    """The same run, of a network that could do better: the gap to that is the headline."""
    run = by_heart(epochs=600)
    for rows, headline in ((slice(200), "OVERFITTING"), (slice(20, 40), "UNDERTRAINED")):
        told, = explain([run | {"vx": run["vx"][rows], "vy": run["vy"][rows], "best": .01,
                                "y": np.round(run["y"], 1), "noise": 0.}])
        severity = told["fired"]["UNDERTRAINED"]["severity"]
        assert told["fired"]["OVERFITTING"]["severity"] == ("warn" if rows.stop == 200 else "note")
        assert (told["headline"], severity) == (headline, "note" if rows.stop == 200 else "block")


def test_without_a_clear_rise_nothing_is_learnt_by_heart():
    """Too few epochs, no validation part; and one that ends at its best."""
    run = by_heart()
    answers = explain([run | {"epochs": 9}, run | {"vx": None, "vy": None}, run | {"epochs": 30}])
    assert [[one["why"] for one in answer["not_run"] if one["code"] == "OVERFITTING"]
            for answer in answers] == [["fewer than 10 epochs are too few to tell"], [], []]
    assert all("OVERFITTING" not in answer["fired"] for answer in answers)


# --- next to 0 ----------------------------------------------------------------------------------


def test_a_distance_from_next_to_nothing_is_no_percentage():
    """A line through a parabola settles; what a search found is half of that, little, nothing."""
    x = np.linspace(0, 2, 9)[:, None]
    run = {"x": x, "y": x[:, 0] ** 2, "layers": [[1, "linear"], [1, "linear"]],
           "start": [.5, .1, .5, 0], "learning_rate": .05, "epochs": 2000, "batch_size": 9}
    line = np.c_[x, np.ones(9)]
    settled = ((run["y"] - line @ np.linalg.lstsq(line, run["y"], rcond=None)[0]) ** 2).mean()
    for best, words, gap in (
            (settled / 2, "100 % above the best loss", 1),
            (settled / 250, "250 times the best loss", 249),
            (1e-15, f"{settled:.2g} above the best loss", None)):
        told, = explain([run | {"best": best}])
        assert told["headline"] == "WORSE_LOCAL_MINIMUM" and words in told["text"], told["text"]
        assert told["loss"]["gap"] == (gap and pytest.approx(gap, rel=1e-6))


def test_below_the_noise_no_lower_loss_is_advised():
    """The same line, of data that is known to have more noise than it leaves, and less."""
    x = np.linspace(0, 2, 9)[:, None]
    run = {"x": x, "y": x[:, 0] ** 2, "layers": [[1, "linear"], [1, "linear"]], "best": .01,
           "start": [.5, .1, .5, 0], "learning_rate": .05, "epochs": 2000, "batch_size": 9}
    for noise, is_below in ((1., True), (.01, False)):
        told, = explain([run | {"noise": noise}])
        verdict = told["fired"]["WORSE_LOCAL_MINIMUM"]
        assert ("BELOW_NOISE_FLOOR" in told["fired"]) == is_below
        assert (verdict["actions"] == []) == is_below == ("Another start" not in verdict["text"])


def test_a_plane_that_fits_all_but_exactly_is_told_by_its_difference():
    run = {"x": [[1], [2], [3], [5]], "y": [2, 4, 6, 10], "layers": [[1, "relu"], [1, "linear"]],
           "start": [1, 1, 1, 0], "learning_rate": 1e-3, "epochs": 50, "best": 0}
    told, = explain([run])
    evidence = told["fired"]["AFFINE_ON_DATA"]["evidence"]
    assert evidence["excess_over_ols"] is None
    assert evidence["above"] == pytest.approx(evidence["loss"], rel=1e-9)
