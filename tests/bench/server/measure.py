"""make bench-server: what the whole server adds to training.

    measure.py RESULT.json

  overhead   a sweep of 256 rates from POST to its last event, through HTTP, store and streams, with
             one worker, against the same runs on the bare kernel: the processor time of the whole
             server process, and the time that passes. Both train the same, to the bit; this is
             checked.
  workers    the same sweep with two workers, against one: the time that passes.
  class      300 clients that post presets at once, each following its events to the last one; who
             is answered 503 comes again after the seconds it is told, and its wait counts. With
             "cache": false, and with what the server keeps by content, where it does.

Rounds alternate bare kernel, one worker, two workers; what is told is the median of the ratios
within a round. Time that passes is worth something only on a machine that does nothing else: the
load average stands beside."""
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
TESTS = HERE.parents[1]
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "peers"), str(TESTS / "load")]

import pinned  # noqa: E402
import problem  # noqa: E402
from peers import Peer, judge, spread  # noqa: E402
from pinned import service, specs  # noqa: E402

N_RATES, LANES = 256, 16
# Epochs, rounds, and whether the overhead is judged: a thousand are over before two commits, of a
# hundred thousand and of a million epochs the first 65,536 losses are kept.
SERIES = [(1000, 5, False), (100000, 5, True), (1000000, 2, True)]
N_CLIENTS, CLASSES = 300, 3
LOWEST, HIGHEST = 1e-7, 1e-3
PRESETS = ["learning_rates", *specs.GOLDEN["experiments"]]  # the report's


def build():
    return service.binary().parent / "tests/bench"


def post(server, n_clients, *bodies):
    """What `posters` says."""
    command = [str(build() / "server/posters"), str(server.port), str(n_clients),
               *map(json.dumps, bodies)]
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE, check=False,
                          preexec_fn=service.end_with_parent)
    assert done.returncode == 0, f"posters ended with {done.returncode}: {done.stdout[-500:]}"
    return json.loads(done.stdout)["clients"]


def without_cache(server, spec):
    """The spec, trained even if the server has trained it before."""
    fields = {field["pointer"] for field in server.get("/options")["fields"]}
    return {**spec, "cache": False} if "/cache" in fields else spec


def sweep(epochs):
    spec = specs.report(LOWEST, epochs=epochs)
    return {**spec, "name": "sweep", "sweep": {specs.RATE: {
        "from": LOWEST, "to": HIGHEST, "steps": N_RATES, "scale": "log"}}}


class Bare:
    """The kernel alone, on the sweep's first block; a new process each time."""

    def __init__(self, folder):
        rows = [[float(value) for value in row] for row in specs.GOLDEN["rows"]]
        w, b = specs.notebook.W0, specs.notebook.BIAS0
        np = problem.np
        layers = [(np.array([w[0:2], w[2:4]]), np.array(b[0:2])),
                  (np.array([w[4:6]]), np.array(b[2:3]))]
        self.path = folder / "problem"
        problem.write(problem.Problem([2, 2, 1], 1, LOWEST, np.array([row[:2] for row in rows]),
                                      np.array([row[2:] for row in rows]), layers), self.path)

    def train(self, epochs):
        """As train() below, without a loop thread."""
        peer = Peer("Descent, 16 runs in lanes", build() / "peers", self.path, len(
            specs.GOLDEN["rows"]))
        began = time.monotonic()
        times, losses = zip(*(peer.train(epochs) for _ in range(N_RATES // LANES)))
        passed = time.monotonic() - began
        peer.stop()
        return sum(times), passed, 0.0, losses[0]


def train(server, epochs):
    """The seconds of a sweep from POST to the last event: of the whole server, on the clock, and of
    its loop thread; and the loss of the lowest rate."""
    before = pinned.threads(server.pid)
    client, = post(server, 1, without_cache(server, sweep(epochs)))
    used = pinned.spent(before, pinned.threads(server.pid))
    experiment = client["location"].rsplit("/", 1)[1]
    run = server.get(f"/experiments/{experiment}")["runs"][0]
    assert run["state"] == "done" and run["epoch"] == epochs, run
    pinned.delete(server, experiment)
    return (sum(seconds for seconds, _ in used.values()), client["ended_ms"] / 1e3,
            used[server.pid][0], run["loss"])


def turn(bare, one, two, epochs):
    """A round: {who: [processor seconds, seconds passed, the loop thread's]}."""
    seconds, losses = {}, {}
    for name, go in (("bare", bare.train), ("one", lambda n: train(one, n)),
                     ("two", lambda n: train(two, n))):
        *seconds[name], losses[name] = go(epochs)
    assert len(set(losses.values())) == 1, f"not the same training: {losses}"
    return seconds


def ratios(turns, a, b, which):
    return spread([one[a][which] / one[b][which] for one in turns])


def show(epochs, turns):
    """Prints and returns the medians of a series."""
    figures = {}
    print(f"\n{N_RATES} rates x {epochs:,} epochs x 100 samples, medians of {len(turns)} rounds")
    for name, who in (("bare", "bare kernel, one thread"), ("one", "server, one worker"),
                      ("two", "server, two workers")):
        used, passed, loop = (statistics.median(one[name][i] for one in turns) for i in range(3))
        figures[name] = {"processor_s": used, "passed_s": passed, "loop_thread_s": loop}
        print(f"  {who:<26} {1e3 * used:>9.1f} ms of processor, the loop thread's {1e3 * loop:>7.1f};"
              f" {1e3 * passed:>9.1f} ms passed")
    return figures


def judge_series(epochs, turns):
    what = f"{epochs:,} epochs: "
    return [judge(what + "server, its processor time", *ratios(turns, "one", "bare", 0), 1.15, 1.05,
                  is_most=True),
            judge(what + "server, time passed", *ratios(turns, "one", "bare", 1), 1.15, 1.05,
                  is_most=True),
            judge(what + "two workers against one", *ratios(turns, "one", "two", 1), 1.8, 1.95)]


def measure_sweeps(folder):
    """The judged lines, and the figures behind them."""
    bare = Bare(folder)
    one = service.Server(folder / "one", workers=1)
    two = service.Server(folder / "two", workers=2)
    all_turns, figures, judged = {}, {}, []
    try:
        for epochs, rounds, _ in SERIES:
            turns = [turn(bare, one, two, epochs) for _ in range(rounds)]
            all_turns[epochs], figures[epochs] = turns, show(epochs, turns)
    finally:
        one.stop()
        two.stop()
    print(f"\n  {f'demand, {N_RATES} rates':<60} {'must':>9} {'aim':>9} {'reached':>9}"
          f" {'p10..p90':>18}")
    for epochs, _, is_judged in SERIES:
        judged += judge_series(epochs, all_turns[epochs]) if is_judged else []
    return judged, figures


def summary(clients):
    """Milliseconds: median, p99, longest; and who was sent away at first."""
    ended = sorted(client["ended_ms"] for client in clients)
    answered = sorted(client["answered_ms"] for client in clients)
    return {"answered_median_ms": statistics.median(answered), "answered_longest_ms": answered[-1],
            "median_ms": statistics.median(ended), "p99_ms": ended[len(ended) * 99 // 100],
            "longest_ms": ended[-1], "refused": sum(client["refused"] > 0 for client in clients)}


def measure_class(folder, what, is_cached):
    """A class on a new server, some times; the medians."""
    results = []
    for i in range(CLASSES):
        server = service.Server(folder / f"class-{is_cached:d}-{i}", workers=2)
        try:
            bodies = [{"preset": name} for name in PRESETS]
            if not is_cached:
                bodies = [without_cache(server, body) for body in bodies]
            results.append(summary(post(server, N_CLIENTS, *bodies)))
        finally:
            server.stop()
    figures = {key: statistics.median(result[key] for result in results) for key in results[0]}
    print(f"  {what:<26} {figures['answered_median_ms']:>9.0f} {figures['median_ms']:>9.0f}"
          f" {figures['p99_ms']:>9.0f} {figures['longest_ms']:>9.0f} {figures['refused']:>9.0f}")
    return figures


def main(path):
    load = os.getloadavg()[0]
    print(f"{pinned.machine()}; load average {load:.2f} before")
    with tempfile.TemporaryDirectory(prefix="descent-bench-") as name:
        folder = pathlib.Path(name)
        judged, figures = measure_sweeps(folder)
        print(f"\n{N_CLIENTS} clients post the report's presets at once, two workers: ms, medians of"
              f" {CLASSES} classes\n  {'':<26} {'answered':>9} {'last event':>10} {'p99':>8}"
              f" {'longest':>9} {'sent away':>9}")
        classes = {"uncached": measure_class(folder, "every one trained", False),
                   "cached": measure_class(folder, "as posted", True)}
    with open(path, "w") as file:
        json.dump({"machine": pinned.machine(), "load_average": load, "figures": figures, "class": classes,
                   "demands": judged}, file, indent=1)
        file.write("\n")
    print(f"load average {os.getloadavg()[0]:.2f} after (this program's own work counts in it)")


if __name__ == "__main__":
    main(*sys.argv[1:])
