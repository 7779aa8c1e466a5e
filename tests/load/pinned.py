"""A freshly started server with a core of its own, and what /proc tells of it.

The server runs on the first core this process may use and everything else on the second, so that
clients cost it no time; on a machine with one core they share it. Nothing here is needed by the
server: all is read from outside."""
import contextlib
import os
import pathlib
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/golden"), str(ROOT / "tests/outside")]

import service  # noqa: E402  (in tests/outside)
import specs  # noqa: E402

CORES = sorted(os.sched_getaffinity(0))


@contextlib.contextmanager
def server(workers=1):
    """A server on a new data directory; stopped, and its exit code checked, at the end."""
    with tempfile.TemporaryDirectory(prefix="descent-load-") as folder:
        os.sched_setaffinity(0, {CORES[0]})
        try:
            started = service.Server(pathlib.Path(folder) / "data", workers)
        finally:
            os.sched_setaffinity(0, {CORES[-1]})
        try:
            yield started
            if not started.stopped:
                code = started.stop(signal.SIGTERM)
                assert code == 0, f"exit code {code} after SIGTERM: {started.stderr()}"
        finally:
            if not started.stopped:
                started.stop(signal.SIGKILL)


def database(server):
    return server.data / "descent.db"


def reading(server):
    """The server's database, read only: a look that nobody waits for."""
    return sqlite3.connect(f"file:{database(server)}?mode=ro", uri=True, isolation_level=None,
                           timeout=5)


def resident_kib(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise AssertionError(f"/proc/{pid}/status has no VmRSS")


def n_descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def threads(pid):
    """{thread: (seconds on a core, seconds waiting for one)}"""
    times = {}
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            used, waited, _ = map(int, (task / "schedstat").read_text().split())
            times[int(task.name)] = (used / 1e9, waited / 1e9)
    return times


def spent(before, after):
    """What each thread spent between two calls of threads()."""
    return {task: tuple(b - a for a, b in zip(before.get(task, (0, 0)), times))
            for task, times in after.items()}


def machine():
    """The machine in a line."""
    model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo")
                  if line.startswith("model name")), os.uname().machine)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (f"{os.cpu_count()} cores of {model}, {memory:.0f} GiB, {os.uname().sysname}"
            f" {os.uname().release}")


def load_average():
    return os.getloadavg()[0]


def slow_run(server, seconds_an_epoch):
    """Posts a run whose epochs take about so long on this machine, and far too many of them."""
    units = 4 if seconds_an_epoch < 0.1 else 1024
    seconds_a_sample = measured_sample(server, units)
    samples = min(100000, max(50, round(seconds_an_epoch / seconds_a_sample)))
    return server.post(wide(units, samples, 1000000))["id"]


def wide(units, samples, epochs):
    """The report's data for a network with one layer of so many units, trained too carefully to
    diverge."""
    spec = specs.report(1e-9, epochs=epochs, samples=samples)
    spec["network"] = {"layers": [{"units": units, "activation": "relu"},
                                  {"units": 1, "activation": "linear"}],
                       "init": {"scheme": "uniform", "low": -0.01, "high": 0.01, "seed": 1}}
    return spec


def measured_sample(server, units, samples=1000):
    """The seconds that training takes for a sample, from half a second of it."""
    experiment = server.post(wide(units, samples, 1000000))["id"]
    service.wait_until(lambda: epoch_of(server, experiment) > 0, 20, "the first epochs")
    before, began = epoch_of(server, experiment), time.monotonic()
    service.wait_until(lambda: time.monotonic() > began + 0.5, 5, "half a second")
    after, took = epoch_of(server, experiment), time.monotonic() - began
    delete(server, experiment)
    return took / max(1, after - before) / samples


def epoch_of(server, experiment, run=0):
    return server.get(f"/experiments/{experiment}")["runs"][run]["epoch"]


def cancel(server, experiment):
    """Cancels it; the epochs it ended with."""
    server.request("POST", f"/experiments/{experiment}/cancel", headers=service.JSON_TYPE)
    return server.wait(experiment)["runs"][0]["epoch"]


def delete(server, experiment):
    assert server.request("DELETE", f"/experiments/{experiment}").status_code == 204


def client(name, *arguments):
    """A load client of this folder, on the other core."""
    program = service.binary().parent / "tests/load" / name
    return subprocess.Popen([str(program), *map(str, arguments)], stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, text=True, preexec_fn=service.end_with_parent)
