#!/usr/bin/python3
"""make bench-peers: our kernels and other people's libraries, side by side on the same training.

    peers.py DIRECTORY RESULT.json      DIRECTORY holds the programs peer_descent, peer_openblas, ...

Every peer is a process of one thread (problem.py says how they are talked to). First each trains a
few epochs from the same start on the same data, and those that compute the same thing must come to
the same loss, or nothing is timed. Then they train slices in turn, A B C A B C, and what is told is
the median over the rounds of the ratio, within a round, of a peer's processor time for a run's
update by a sample to ours. Starting up counts for nobody. Ratios of one run can be compared,
seconds of different runs or machines can't."""
import contextlib
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile

import problem

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1]))

import data  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
CHECKED_EPOCHS = 7
# Sums of up to 784 doubles in other orders differ by some 1e-14 of themselves, and seven epochs of
# at most 100 updates carry that on; a wrong rate, batch or slope differs by far more.
TOLERANCE = 1e-11
ROUNDS, SLICE_S = 11, 0.1
LANES = 16

# Names of peers, and their commands. The first of a comparison is what the others are divided by.
OURS, OURS_LANES = "Descent", "Descent, 16 runs in lanes"
OURS_FAST, OURS_LANES_FAST = "Descent fast", "Descent fast, 16 runs in lanes"
PYTHON, NUMPY, TORCH, SKLEARN = "plain Python", "NumPy", "PyTorch", "scikit-learn"
OPENBLAS, FANN = "OpenBLAS in C", "FANN"
COMMANDS = {
    OURS: ["peer_descent", "exact"],
    OURS_LANES: ["peer_descent", "exact", str(LANES)],
    OURS_FAST: ["peer_descent", "fast"],
    OURS_LANES_FAST: ["peer_descent", "fast", str(LANES)],
    PYTHON: ["python_loop.py"],
    NUMPY: ["numpy_loop.py"],
    TORCH: ["pytorch.py"],
    SKLEARN: ["scikit_learn.py"],
    OPENBLAS: ["peer_openblas"],
    FANN: ["peer_fann"],
}
BY_ITSELF = {FANN}  # trains another function: no loss to compare

# Shape, samples, batch size; who trains it; and what is asked of the times as fast:
# (ours, the peer, must, aim).
COMPARISONS = [
    ("2-2-1", 100, 1,
     [OURS, OURS_FAST, OURS_LANES, OURS_LANES_FAST, PYTHON, NUMPY, TORCH, SKLEARN, FANN],
     [(OURS, PYTHON, 35, 50), (OURS, NUMPY, 1000, 2000), (OURS, FANN, 5, 12)]),
    ("2-8-8-1", 100, 32,
     [OURS, OURS_LANES, OURS_LANES_FAST, NUMPY, TORCH, SKLEARN, OPENBLAS],
     [(OURS_LANES, TORCH, 50, 200)]),
    ("64-128-10", 100, 32,
     [OURS, OURS_FAST, OURS_LANES, NUMPY, TORCH, SKLEARN, OPENBLAS],
     [(OURS, TORCH, 3, 6), (OURS, SKLEARN, 2, 3.5), (OURS, OPENBLAS, 0.7, 1)]),
    ("784-128-10", 256, 128,
     [OURS, OURS_FAST, NUMPY, TORCH, SKLEARN, OPENBLAS],
     [(OURS, TORCH, 0.8, 1.4), (OURS, NUMPY, 0.8, 1.4)]),
    ("64-128-10", 100, 1,
     [OURS, OURS_FAST, OURS_LANES, NUMPY, TORCH, SKLEARN, OPENBLAS], []),
]


class Peer:
    """A running peer. Its time is that of one run's update by one sample."""

    def __init__(self, name, directory, given, n_samples):
        program, *options = COMMANDS[name]
        command = ([sys.executable, "-B", str(HERE / program)] if program.endswith(".py")
                   else [str(directory / program)])
        self.command = [*command, str(given), *options]
        self.is_quick_to_start = not program.endswith(".py")
        self.name, self.n_samples = name, n_samples
        self.n_runs = LANES if str(LANES) in options else 1
        self.epochs, self.times = 1, []
        self.start()

    def start(self):
        self.process = subprocess.Popen(self.command, text=True, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)
        self.about = self._line()

    def _line(self):
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"{self.name} ended with {self.process.wait()}")
        return line.strip()

    def train(self, epochs):
        """Seconds, loss."""
        self.process.stdin.write(f"{epochs}\n")
        self.process.stdin.flush()
        seconds, loss = self._line().split()
        return float(seconds), float(loss)

    def calibrate(self):
        """Finds the epochs of a slice."""
        while True:
            seconds, _ = self.train(self.epochs)
            if seconds > 0.5 * SLICE_S:
                return
            factor = min(20.0, SLICE_S / max(seconds, 1e-6))
            self.epochs = max(self.epochs + 1, int(self.epochs * factor))

    def slice(self):
        """Where a process's memory lies can make it slower throughout (on a Zen 4 one start in six
        cost a kernel 1.7 times its time), so what starts quickly starts anew."""
        if self.is_quick_to_start:
            self.stop()
            self.start()
            self.train(1)
        seconds, _ = self.train(self.epochs)
        self.times.append(seconds / (self.epochs * self.n_samples * self.n_runs))

    def stop(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(10)


def check(peers):
    """All that compute the same thing must have the same loss."""
    losses = {peer.name: peer.train(CHECKED_EPOCHS)[1] for peer in peers}
    for name, loss in losses.items():
        apart = abs(loss / losses[OURS] - 1)
        if name not in BY_ITSELF and not apart <= TOLERANCE:
            sys.exit(f"{name}: loss {loss!r} after {CHECKED_EPOCHS} epochs, Descent has "
                     f"{losses[OURS]!r}: {apart:.1e} apart, allowed {TOLERANCE:.0e}")
    return losses


def spread(values):
    """Median, the tenth and the ninetieth of a hundred."""
    ordered = sorted(values)
    return statistics.median(ordered), ordered[len(ordered) // 10], ordered[-1 - len(ordered) // 10]


def ratio(ours, peer):
    return spread([b / a for a, b in zip(ours.times, peer.times)])


def show(peers, losses):
    print(f"  {'':<31} {'ns/update':>11} {'p10..p90':>19} {'x Descent':>9}"
          f"  {f'loss, {CHECKED_EPOCHS} epochs':<17} kernel")
    for peer in peers:
        median, low, high = (1e9 * value for value in spread(peer.times))
        times = ratio(peers[0], peer)[0]
        loss = "another function" if peer.name in BY_ITSELF else f"{losses[peer.name]:.13g}"
        kernel = peer.about.partition("kernel ")[2]
        print(f"  {peer.name:<31} {median:>11.2f} {low:>9.2f}..{high:<8.2f} {times:>9.4g}  {loss:<17}"
              f" {kernel}".rstrip())


def compare(shape, n_samples, batch_size, names, directory, folder):
    """One comparison: its row for the result, and {name: peer} with their times."""
    given = problem.Problem(data.sizes(shape), batch_size, data.RATE,
                            *data.dataset(shape, n_samples), data.start(shape))
    path = folder / "problem"
    problem.write(given, path)
    with contextlib.ExitStack() as stack:
        peers = []
        for name in names:
            peers.append(Peer(name, directory, path, n_samples))
            stack.callback(peers[-1].stop)
        losses = check(peers)
        for peer in peers:
            peer.calibrate()
        for _ in range(ROUNDS):
            for peer in peers:
                peer.slice()
    print(f"\n{shape}, {n_samples} samples, batches of {batch_size}")
    show(peers, losses)
    row = {"shape": shape, "samples": n_samples, "batch_size": batch_size,
           "peers": [{"peer": peer.name, "about": peer.about, "update_s": spread(peer.times),
                      "times_ours": ratio(peers[0], peer), "loss": losses[peer.name]}
                     for peer in peers]}
    return row, {peer.name: peer for peer in peers}


def judge(what, reached, low, high, must, aim, unit="x", is_most=False):
    sign = -1 if is_most else 1
    verdict = ("NOT MET" if sign * reached < sign * must
               else "must met" if sign * reached < sign * aim else "aim met")
    relation = "<=" if is_most else ">="
    print(f"  {what:<60} {relation}{must:>6g}{unit} {relation}{aim:>6g}{unit} {reached:>8.2f}{unit}"
          f" {low:>8.2f}..{high:<8.2f} {verdict}")
    return {"demand": what, "must": must, "aim": aim, "at_most": is_most, "reached": reached,
            "p10": low, "p90": high, "unit": unit, "verdict": verdict}


def processor():
    with open("/proc/cpuinfo") as lines:
        return next((line.split(":", 1)[1].strip() for line in lines
                     if line.startswith("model name")), platform.machine())


def fann_version():
    """FANN does not tell its own."""
    said = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", "libfann2"], text=True,
                          capture_output=True, check=False)
    return said.stdout or "unknown version"


def main(directory, result):
    directory, rows, lines, abouts = pathlib.Path(directory), [], [], {}
    load = os.getloadavg()[0]
    print(f"{processor()}; one thread each; load average {load:.2f} before")
    with tempfile.TemporaryDirectory(prefix="descent-peers-") as folder:
        for shape, n_samples, batch_size, names, demands in COMPARISONS:
            row, peers = compare(shape, n_samples, batch_size, names, directory,
                                 pathlib.Path(folder))
            rows.append(row)
            abouts.update({name: peer.about for name, peer in peers.items()})
            lines += [(shape, batch_size, peers, *demand) for demand in demands]
    abouts[FANN] += f" (libfann2 {fann_version()})"
    print("\nversions and builds")
    for name, about in abouts.items():
        if name not in (OURS, OURS_LANES, OURS_FAST, OURS_LANES_FAST):
            print(f"  {name:<31} {about}")
    print(f"\n  {'demand: times as fast':<60} {'must':>9} {'aim':>9} {'reached':>9} {'p10..p90':>18}")
    judged = []
    for shape, batch_size, peers, ours, peer, must, aim in lines:
        judged.append(judge(f"{shape}, batch {batch_size}: {ours} against {peer}",
                            *ratio(peers[ours], peers[peer]), must, aim))
        if peer == PYTHON:
            median, low, high = ratio(peers[ours], peers[peer])
            judged.append(judge("1,000,000 x 100 samples where plain Python needs 60 s",
                                60 / median, 60 / high, 60 / low, 1.5, 1.0, "s", True))
    with open(result, "w") as file:
        json.dump({"processor": processor(), "load_average": load, "rounds": ROUNDS,
                   "versions": abouts, "comparisons": rows, "demands": judged}, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
