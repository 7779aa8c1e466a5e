"""make load: how many readers, how fast, how little they cost; each figure with its goal.

    measure.py RESULT.json [PART...]    parts: readers, crowd, requests, slowdown, leaving

Prints a table with the machine and writes the same as JSON. The exit status is 1 when a figure
misses its goal, so a machine that is busy with other things can fail it: the load average stands
beside. What is measured:

  latency    from the commit of a log entry, as the reading program sees it in the database (dated
             to the last look at which it was not there), to the arrival of the frame's last line
  memory     VmRSS of the server with all readers following, less what it was before, divided
  slow-down  epochs in the time that the worker had a core, or was kept from asking for one by the
             server itself: wall time less its waiting in the kernel's run queue (schedstat). So
             other programs on the same cores do not count, but locks, commits and caches do.
             With watchers and without take turns within one run. The core that the loop thread
             takes is a figure of its own: on a machine whose cores are all training, that is
             lost besides."""
import json
import resource
import signal
import statistics
import sys
import time

import pinned
from pinned import service

FOLLOW_S = 10
TURNS, TURN_S = 8, 3.0


class Table:
    """The figures, as they come."""

    def __init__(self):
        self.rows = []

    def add(self, part, name, value, unit, goal=None, most=True):
        """A figure; with a goal it must be at most (or at least) that."""
        met = None if goal is None else value <= goal if most else value >= goal
        self.rows.append({"part": part, "figure": name, "value": value, "unit": unit,
                          "goal": goal, "at_most": most, "met": met})
        wanted = "" if goal is None else f"{'<=' if most else '>='} {goal:g}"
        verdict = {None: "", True: "met", False: "MISSED"}[met]
        number = f"{value:.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:.3g}"
        print(f"  {part:<10} {name:<44} {number:>9} {unit:<10} {wanted:<11} {verdict}",
              flush=True)

    def all_met(self):
        return all(row["met"] is not False for row in self.rows)


def subscribe(server, experiment, n):
    """So many readers of one experiment, all of them open."""
    path = f"/api/v1/experiments/{experiment}/events"
    readers = pinned.client("subscribers", server.port, path, n, pinned.database(server))
    said = readers.stdout.readline()
    assert said == "open\n", f"subscribers said {said!r}"
    return readers


def result_of(process, seconds=60):
    """Ends the client's input and parses its line."""
    said, _ = process.communicate(timeout=seconds)
    return json.loads(said)


def pass_time(seconds):
    end = time.monotonic() + seconds
    service.wait_until(lambda: time.monotonic() >= end, seconds + 5, "the time to pass")


def follow(table, part, n, seconds_an_epoch, goal_ms):
    """Readers of one run that is trained meanwhile and cancelled in the end; each must have had
    every epoch once."""
    with pinned.server() as server:
        experiment = pinned.slow_run(server, seconds_an_epoch)
        service.wait_until(lambda: pinned.epoch_of(server, experiment) > 0, 30, "an epoch")
        before_kib = pinned.resident_kib(server.pid)
        readers = subscribe(server, experiment, n)
        before, began = pinned.threads(server.pid), time.monotonic()
        pass_time(FOLLOW_S)
        used = pinned.spent(before, pinned.threads(server.pid))
        took = time.monotonic() - began
        grown_kib = pinned.resident_kib(server.pid) - before_kib
        last = pinned.cancel(server, experiment)
        readers.wait(60)
        result = result_of(readers)
    loop, waited = used[server.pid]
    lossless = result["first_end"] == result["last_end"] == last and result["done"] == n
    table.add(part, "readers that had every epoch once", n if lossless else 0, "readers", n, False)
    table.add(part, "gaps and repetitions", result["gaps"] + result["repeats"], "", 0)
    table.add(part, "connections refused or lost", result["lost"], "", 0)
    table.add(part, "until all were open", result["open_s"], "s")
    table.add(part, "frames a second, each reader", result["timed"] / n / took, "/s")
    table.add(part, "commit to received, median", result.get("p50_ms", 1e9), "ms")
    table.add(part, "commit to received, p99", result.get("p99_ms", 1e9), "ms", goal_ms)
    table.add(part, "commit to received, longest", result.get("max_ms", 1e9), "ms")
    table.add(part, "longest between two looks at the database", result["longest_look_ms"], "ms")
    table.add(part, "loop thread", 100 * loop / took, "% of core")
    table.add(part, "loop thread waiting for its core", 100 * waited / took, "% of time")
    table.add(part, "loop thread a frame", 1e6 * loop / max(1, result["timed"]), "us")
    return grown_kib


def readers(table):
    """A thousand at ten frames a second."""
    follow(table, "readers", 1000, 0.01, 100)


def crowd(table):
    """Ten thousand at one frame a second, or as many as the machine has descriptors for."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    n = min(10000, limit - 256) if limit > 0 else 10000
    table.add("crowd", "descriptors a process may have", limit, "")
    grown_kib = follow(table, "crowd", n, 1.0, 500)
    table.add("crowd", "resident memory a reader", grown_kib / n, "KiB", 20)


def requests(table):
    """Small answers over 128 connections that stay."""
    with pinned.server() as server:
        for path in ("/healthz", "/api/v1/presets/all_zero"):
            result = result_of(pinned.client("getters", server.port, path, 128, 3))
            table.add("requests", f"GET {path}", result["per_s"], "/s", 10000, False)
            table.add("requests", "... its p99", result["p99_ms"], "ms", 50)
            table.add("requests", "... answered wrongly or not", result["bad"], "", 0)


def at_commit(server, look, after):
    """The next commit after epoch `after`: its epoch, the threads' times, and the time."""
    def committed():
        epoch = look.execute("SELECT epoch FROM run").fetchone()[0]
        return epoch if epoch > after else None
    deadline = time.monotonic() + 20
    while not (epoch := committed()):
        assert time.monotonic() < deadline, "no commit for 20 s"
        time.sleep(0.0005)
    return epoch, pinned.threads(server.pid), time.monotonic()


def pace(server, look, worker):
    """Epochs a second of the worker's own time over a turn, from commit to commit, and the loop
    thread's share of a core."""
    latest = look.execute("SELECT epoch FROM run").fetchone()[0]
    first, before, began = at_commit(server, look, latest)
    pass_time(TURN_S)
    latest = look.execute("SELECT epoch FROM run").fetchone()[0]
    last, after, ended = at_commit(server, look, latest)
    used = pinned.spent(before, after)
    return ((last - first) / (ended - began - used[worker][1]),
            used[server.pid][0] / (ended - began))


def busiest(server):
    """The worker that trains: the thread with the most time on a core."""
    times = pinned.threads(server.pid)
    return max((task for task in times if task != server.pid), key=lambda task: times[task][0])


def slowdown(table):
    """A thousand watchers come and go; what training loses while they are there."""
    paces, loops = {False: [], True: []}, []
    with pinned.server() as server, pinned.reading(server) as look:
        experiment = pinned.slow_run(server, 0.001)
        service.wait_until(lambda: pinned.epoch_of(server, experiment) > 2000, 60, "2000 epochs")
        worker = busiest(server)
        for turn in range(TURNS):
            watched = turn % 4 in (1, 2)  # off, on, on, off: a drift of the machine cancels out
            watchers = subscribe(server, experiment, 1000) if watched else None
            epochs_per_s, loop = pace(server, look, worker)
            paces[watched].append(epochs_per_s)
            if watched:
                loops.append(loop)
                result_of(watchers)
        pinned.cancel(server, experiment)
    alone, watched = (statistics.median(paces[key]) for key in (False, True))
    spread = max((max(values) - min(values)) / statistics.median(values)
                 for values in paces.values())
    table.add("slowdown", "training slower with 1,000 watchers", 100 * (1 - watched / alone), "%",
              2)
    table.add("slowdown", "spread of the same among equal turns", 100 * spread, "%")
    table.add("slowdown", "loop thread meanwhile", 100 * statistics.median(loops), "% of core")


def leaving(table):
    """A thousand readers gone at once, and a thousand told that the server ends."""
    with pinned.server() as server:
        experiment = pinned.slow_run(server, 0.01)
        before = pinned.n_descriptors(server.pid)
        readers = subscribe(server, experiment, 1000)
        assert pinned.n_descriptors(server.pid) >= before + 1000
        readers.kill()
        readers.wait()
        began = time.monotonic()
        service.wait_until(lambda: pinned.n_descriptors(server.pid) <= before + 2, 20,
                           "the descriptors of readers that are gone")
        table.add("leaving", "1,000 readers gone, noticed after", time.monotonic() - began, "s", 1)
        readers = subscribe(server, experiment, 1000)
        began = time.monotonic()
        code = server.stop(signal.SIGTERM)
        table.add("leaving", "SIGTERM with 1,000 readers, ended after",
                  time.monotonic() - began, "s", 2)
        table.add("leaving", "exit status", code, "", 0)
        result = result_of(readers)
        table.add("leaving", "readers whose stream was ended properly", result["ended"], "readers",
                  1000, False)


PARTS = {part.__name__: part for part in (readers, crowd, requests, slowdown, leaving)}


def main(path, *names):
    unknown = set(names) - set(PARTS)
    if unknown:
        sys.exit(f"unknown {sorted(unknown)}; parts are {', '.join(PARTS)}")
    table, began, load = Table(), time.monotonic(), pinned.load_average()
    print(f"{pinned.machine()}; load average {load:.2f} before")
    for name in names or PARTS:
        PARTS[name](table)
    took, after = time.monotonic() - began, pinned.load_average()
    print(f"{took:.0f} s; load average {after:.2f} after (this test's own work counts in it)")
    with open(path, "w") as file:
        json.dump({"machine": pinned.machine(), "load_average": [load, after], "seconds": took,
                   "figures": table.rows}, file, indent=1)
        file.write("\n")
    sys.exit(0 if table.all_met() else 1)


if __name__ == "__main__":
    main(*sys.argv[1:])
