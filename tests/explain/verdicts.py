"""How often the verdicts are right, on fresh random runs: `make verdicts`.

First cases built so that a code must fire or must not. Then runs on data of known laws, sorted
into healthy and unhealthy by their exact risk on new samples, which no verdict sees: healthy ones
should not be blocked, unhealthy ones should. Prints both tables; ends with 1 if a rate is missed. Usage: verdicts.py [SEED [CASES [HEALTHY]]]"""
import concurrent.futures
import math
import os
import pathlib
import sys
import time

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "outside"))
import cases  # noqa: E402
import network  # noqa: E402
from explain_probe import explain  # noqa: E402

# a run's shape and what is asked of the rates
SHAPES = [(2, "relu"), (4, "relu"), (6, "relu"), (4, "tanh"), (6, "tanh"), (4, "leaky_relu"),
          (4, "sigmoid")]
BLOCKED_MOST, MISSED_MOST = .02, .15
BATCH = 24


def ask(pool, runs):
    """Explained side by side, a few runs to a process."""
    pieces = [runs[i:i + BATCH] for i in range(0, len(runs), BATCH)]
    parts = pool.map(lambda piece: explain(piece, 600), pieces)
    return [answer for part in parts for answer in part]


def wilson(k, n):
    if n == 0:
        return 0., 1.
    z, p = 1.96, k / n
    middle = (p + z * z / 2 / n) / (1 + z * z / n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / 4 / n / n) / (1 + z * z / n)
    return max(0., middle - half), middle + half


def codes_of(answer):
    """The codes that fired; and again with the severity, and the law of those that tell one."""
    return set(answer["fired"]) | {f"{code} {verdict['severity']}" for code, verdict in
                                   answer["fired"].items()} | {f"{code} {verdict['evidence']['law']}" for code, verdict in
                                   answer["fired"].items() if "law" in verdict["evidence"]}


def by_construction(pool, rng, n):
    print(f"{'case':26} {'must fire':40} {'fired':>8}  must not")
    misses = 0
    for name, build, want, forbidden, share in cases.CASES:
        fired = [codes_of(answer) for answer in ask(pool, [build(rng) for _ in range(n)])]
        hits = sum(want in codes for codes in fired) if want else n
        wrong = {code: sum(code in codes for codes in fired) for code in forbidden}
        short = hits < n if share == 1 else wilson(hits, n)[1] < share
        short |= any(wilson(count, n)[0] > 1 - share if share < 1 else count
                     for count in wrong.values())
        misses += short
        told = ", ".join(f"{code} {count}" for code, count in wrong.items()) or "-"
        print(f"{name:26} {want or '-':40} {f'{hits}/{n}' if want else '-':>8}  {told}"
              f"{'   <- missed' if short else ''}", flush=True)
    return misses


def sigmoid_loss(sums, chance):
    """The expected cross-entropy where a label is 1 with that chance."""
    return np.mean(chance * np.logaddexp(0, -sums) + (1 - chance) * np.logaddexp(0, sums))


class Squares:
    """x^2 + y + noise from 0 to 4, by the squared error. The risk is the expected loss on a new
    sample, noise 2 included."""
    loss, output, rates, epochs, datasets, share = "mse", "linear", (-4, -3.2), 2500, 8, 1
    what = "risk at most 2.5 (Bayes 2.0) is healthy, above 3.0 unhealthy"

    @staticmethod
    def target(rng, x):
        return x[:, 0] ** 2 + x[:, 1] + rng.integers(0, 5, len(x))

    @staticmethod
    def group(points, f):
        risk = 2.0 + np.mean((f - points[:, 0] ** 2 - points[:, 1] - 2) ** 2)
        return "healthy" if risk <= 2.5 else "unhealthy" if risk > 3.0 else None


class Classes:
    """What is near the middle, one label in ten turned round, by the cross-entropy. Healthy by the
    expected loss on a new sample; unhealthy by how many are put on another side than the best rule
    does, as sureness alone makes that loss large. Fewer, as they take longer."""
    loss, output, rates, epochs, datasets, share = ("binary_cross_entropy", "sigmoid", (-2, -1),
                                                    800, 4, 3)
    what = ("risk a quarter of the way from Bayes to the best constant at most is healthy, more "
            "than 3 of 16 on the wrong side unhealthy")

    @classmethod
    def is_near(cls, x):
        return ((x - 2.5) ** 2).sum(1) < cls.radius_squared

    @classmethod
    def target(cls, rng, x):
        return (cls.is_near(x) != (rng.random(len(x)) < .1)) * 1.0

    @classmethod
    def group(cls, points, sums):
        chance = np.where(cls.is_near(points), .9, .1)
        bayes = sigmoid_loss(np.log(chance / (1 - chance)), chance)
        constant = sigmoid_loss(np.log(chance.mean() / (1 - chance.mean())), chance)
        if sigmoid_loss(sums, chance) <= .75 * bayes + .25 * constant:
            return "healthy"
        return "unhealthy" if np.mean((sums > 0) != (chance > .5)) > 3 / 16 else None


class Whole:
    """The report's inputs: two whole numbers of 1 to 4, so that every input comes several times."""
    points = np.array(cases.POINTS, float)

    @staticmethod
    def draw(rng):
        return rng.integers(1, 5, (100, 2)).astype(float)


class Real:
    """No input comes twice. They are as wide as leaves a plane the same risk, 3: the variance of
    what a plane leaves of x^2 is width^4 / 180. The risk is that on a fine grid."""
    low, high = 2.5 - 180 ** .25 / 2, 2.5 + 180 ** .25 / 2
    points = np.stack(np.meshgrid(*2 * [low + (high - low) * (np.arange(60) + .5) / 60]),
                      -1).reshape(-1, 2)

    @staticmethod
    def draw(rng):
        return rng.uniform(Real.low, Real.high, (100, 2))


class WholeSquares(Whole, Squares):
    name = "repeated inputs"


class RealSquares(Real, Squares):
    name = "inputs that never repeat"


class WholeClasses(Whole, Classes):
    """The four corners of the grid are out: a constant has a risk of 1/4."""
    name, radius_squared = "classes, repeated inputs", 3.0


class RealClasses(Real, Classes):
    """Half of the square is out."""
    name = "classes, inputs that never repeat"
    radius_squared = (Real.high - Real.low) ** 2 / 2 / math.pi


def data(rng, law):
    x = law.draw(rng)
    return x, law.target(rng, x)


def group_of(law, answer, units, activation):
    return law.group(law.points, network.outputs(law.points, np.array(answer["parameters"]), units,
                                                 activation))


def run_of(rng, law, units, activation, **more):
    """Of a network with the law's output."""
    return cases.run(rng, units=units, activation=activation,
                     **more) | {"loss": law.loss,
                                "layers": [[units, activation], [1, law.output]]}


def random_run(rng, law, sets, best):
    k, (units, activation) = int(rng.integers(len(sets))), SHAPES[int(rng.integers(len(SHAPES)))]
    start = np.r_[rng.normal(0, 1, 2 * units), rng.uniform(-2, 2, units),
                  rng.normal(0, math.sqrt(1 / units), units), 0.]
    return run_of(rng, law, units, activation, data=sets[k], start=start,
                  rate=float(10 ** rng.uniform(*law.rates)), epochs=law.epochs,
                  order=["fixed", "shuffle"][int(rng.integers(2))],
                  order_seed=int(rng.integers(1 << 31)), best=best[k, units, activation])


def best_known(pool, rng, law, sets):
    keys = [(k, units, activation) for k in range(len(sets)) for units, activation in SHAPES]
    runs = [run_of(rng, law, units, activation, data=sets[k], epochs=1, best=None)
            for k, units, activation in keys]
    return {key: answer["loss"]["best_known"] for key, answer in zip(keys, ask(pool, runs))}


def by_risk(pool, rng, law, n_healthy):
    sets = [data(rng, law) for _ in range(law.datasets)]
    best = best_known(pool, rng, law, sets)
    counts = {"healthy": [0, 0], "unhealthy": [0, 0]}
    codes = {"healthy": {}, "unhealthy": {}}
    while sum(counts["healthy"]) < n_healthy / law.share:
        runs = [random_run(rng, law, sets, best) for _ in range(4 * BATCH)]
        for run, answer in zip(runs, ask(pool, runs)):
            group = group_of(law, answer, *run["layers"][0])
            if group is None:
                continue
            blocks = [v["code"] for v in answer["verdicts"] if v["severity"] in ("block", "error")]
            counts[group][bool(blocks)] += 1
            for code in blocks or ["-"]:
                codes[group][code] = codes[group].get(code, 0) + 1
    return tell_risks(law, counts, codes)


def tell_risks(law, counts, codes):
    print(f"\n{law.name}: {law.what}; {law.datasets} data sets")
    misses = 0
    for what, group, outcome, most in (("healthy, blocked", "healthy", 1, BLOCKED_MOST),
                                       ("unhealthy, not blocked", "unhealthy", 0, MISSED_MOST)):
        k, n = counts[group][outcome], sum(counts[group])
        low, high = wilson(k, n)
        misses += k > most * n
        print(f"{what:24} {k}/{n} = {100 * k / max(n, 1):.1f} % (Wilson {100 * low:.1f} to "
              f"{100 * high:.1f} %; at most {100 * most:.0f} %)"
              f"{'   <- missed' if k > most * n else ''}")
    for group, found in codes.items():
        print(f"  {group}: {', '.join(f'{code} {found[code]}' for code in sorted(found))}",
              flush=True)
    return misses


def main(seed=None, n=30, n_healthy=120):
    seed = int(seed) if seed else int.from_bytes(os.urandom(4), "little")
    started = time.monotonic()
    print(f"seed {seed}")
    rng = np.random.default_rng(seed)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        misses = by_construction(pool, rng, int(n))
        misses += sum(by_risk(pool, rng, law, int(n_healthy))
                      for law in (WholeSquares, RealSquares, WholeClasses, RealClasses))
    print(f"{time.monotonic() - started:.0f} s, {misses} missed")
    return 1 if misses else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
