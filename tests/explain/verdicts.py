"""How often the verdicts are right, on fresh random runs: `make verdicts`.

First cases built so that a code must fire or must not. Then runs on data of a known law, sorted
into healthy and unhealthy by their exact risk, the expected loss on a new sample, which no verdict
sees: healthy ones should not be blocked, unhealthy ones should. Prints both tables; ends with 1 if
a rate is missed. Usage: verdicts.py [SEED [CASES [HEALTHY]]]"""
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
DATASETS, BATCH = 8, 24


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
    """The codes that fired; and again with the law, of those that tell one."""
    return set(answer["fired"]) | {f"{code} {verdict['evidence']['law']}" for code, verdict in
                                   answer["fired"].items() if "law" in verdict["evidence"]}


def by_construction(pool, rng, n):
    print(f"{'case':26} {'must fire':40} {'fired':>8}  must not")
    misses = 0
    for name, build, want, forbidden, share in cases.CASES:
        fired = [codes_of(answer) for answer in ask(pool, [build(rng) for _ in range(n)])]
        hits = sum(want in codes for codes in fired) if want else n
        wrong = {code: sum(code in codes for codes in fired) for code in forbidden}
        short = hits < n if share == 1 else wilson(hits, n)[1] < share
        misses += short + any(wrong.values())
        told = ", ".join(f"{code} {count}" for code, count in wrong.items()) or "-"
        print(f"{name:26} {want or '-':40} {f'{hits}/{n}' if want else '-':>8}  {told}"
              f"{'   <- missed' if short or any(wrong.values()) else ''}", flush=True)
    return misses


class Whole:
    """The report's data: two whole inputs of 1 to 4, so that every input comes several times."""
    name = "repeated inputs"
    points = np.array(cases.POINTS, float)

    @staticmethod
    def draw(rng):
        return rng.integers(1, 5, (100, 2)).astype(float)


class Real:
    """No input comes twice. They are as wide as leaves a plane the same risk, 3: the variance of
    what a plane leaves of x^2 is width^4 / 180. The risk is that on a fine grid."""
    name = "inputs that never repeat"
    low, high = 2.5 - 180 ** .25 / 2, 2.5 + 180 ** .25 / 2
    points = np.stack(np.meshgrid(*2 * [low + (high - low) * (np.arange(60) + .5) / 60]),
                      -1).reshape(-1, 2)

    @staticmethod
    def draw(rng):
        return rng.uniform(Real.low, Real.high, (100, 2))


def data(rng, law):
    x = law.draw(rng)
    return x, x[:, 0] ** 2 + x[:, 1] + rng.integers(0, 5, len(x))


def risk(law, answer, units, activation):
    """The expected loss on a new sample, noise 2 included."""
    f = network.outputs(law.points, np.array(answer["parameters"]), units, activation)
    return 2.0 + float(np.mean((f - law.points[:, 0] ** 2 - law.points[:, 1] - 2) ** 2))


def random_run(rng, sets, best):
    k, (units, activation) = int(rng.integers(len(sets))), SHAPES[int(rng.integers(len(SHAPES)))]
    start = np.r_[rng.normal(0, 1, 2 * units), rng.uniform(-2, 2, units),
                  rng.normal(0, math.sqrt(1 / units), units), 0.]
    return cases.run(rng, data=sets[k], start=start, units=units, activation=activation,
                     rate=float(10 ** rng.uniform(-4, -3.2)), epochs=2500,
                     order=["fixed", "shuffle"][int(rng.integers(2))],
                     order_seed=int(rng.integers(1 << 31)), best=best[k, units, activation])


def best_known(pool, rng, sets):
    keys = [(k, units, activation) for k in range(len(sets)) for units, activation in SHAPES]
    runs = [cases.run(rng, data=sets[k], units=units, activation=activation, epochs=1, best=None)
            for k, units, activation in keys]
    return {key: answer["loss"]["best_known"] for key, answer in zip(keys, ask(pool, runs))}


def by_risk(pool, rng, law, n_healthy):
    sets = [data(rng, law) for _ in range(DATASETS)]
    best = best_known(pool, rng, sets)
    counts = {"healthy": [0, 0], "unhealthy": [0, 0]}
    codes = {"healthy": {}, "unhealthy": {}}
    while sum(counts["healthy"]) < n_healthy:
        runs = [random_run(rng, sets, best) for _ in range(4 * BATCH)]
        for run, answer in zip(runs, ask(pool, runs)):
            found = risk(law, answer, *run["layers"][0])
            if 2.5 < found <= 3.0:
                continue
            group = "healthy" if found <= 2.5 else "unhealthy"
            blocks = [v["code"] for v in answer["verdicts"] if v["severity"] in ("block", "error")]
            counts[group][bool(blocks)] += 1
            for code in blocks or ["-"]:
                codes[group][code] = codes[group].get(code, 0) + 1
    return tell_risks(law, counts, codes)


def tell_risks(law, counts, codes):
    print(f"\n{law.name}: risk at most 2.5 (Bayes 2.0) is healthy, above 3.0 unhealthy; "
          f"{DATASETS} data sets")
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
        misses += sum(by_risk(pool, rng, law, int(n_healthy)) for law in (Whole, Real))
    print(f"{time.monotonic() - started:.0f} s, {misses} missed")
    return 1 if misses else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
