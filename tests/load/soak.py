"""make soak: a steady mix of everything for SOAK_MINUTES (10); memory and descriptors stay flat.

    soak.py RESULT.json

Clients post, follow and leave streams, read tables, delete what is old, and ask nonsense, much
faster than a course would: what a day brings of each is counted beside. Once a second the server's
resident size and descriptors are read. They go up and down with what the clients have under way;
what leaks stays also when they have little. So the least of each twentieth of the soak is taken,
and after the first third, in which caches fill, the median of the slopes between all pairs of
these (Theil and Sen: a single one cannot move it). The exit status is 1 when that slope, over the
measured part, comes to more than is allowed."""
import json
import os
import random
import socket
import statistics
import sys
import threading
import time

import requests

import pinned
from pinned import service, specs
from sse import CutShort

MINUTES = float(os.environ.get("SOAK_MINUTES", "10"))
KEPT_MAX = 40  # experiments; older ones are deleted
WINDOWS = 20
# Quiet moments differ by about so much; a leak of 100 bytes, or of a descriptor every thousand
# requests, comes to several times that in ten minutes.
GROWTH_MAX = 0.10
DESCRIPTORS_MAX = 10
DAY = {"posted": 2000, "streams": 5000, "tables": 20000, "nonsense": 2000}  # of a busy course

NONSENSE = [
    b"GET / HTTP/1.1\r\n\r\n", b"\0\1\2\3\r\n\r\n", b"GET /api/v1/experiments/nobody HTTP/1.1\r\n",
    b"POST /api/v1/experiments HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n{",
    b"POST /api/v1/experiments HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
    b"Content-Length: 3\r\n\r\n0\r\n\r\n", b"HEAD /%00 HTTP/1.0\r\n\r\n", b"A" * 20000]
FAULTY = ['{', '[]', '{"dataset":1}', '{"training":{"epochs":-1}}', '"' + "x" * 70000 + '"']


class Mix:
    """The clients, each a thread that does one kind of thing until the time is over."""

    def __init__(self, server):
        self.server, self.is_over = server, False
        self.created, self.lock = [], threading.Lock()
        self.counts = dict.fromkeys(("posted", "deleted", "streams", "tables", "nonsense"), 0)
        self.failures = []

    def session(self):
        session = requests.Session()
        session.trust_env = False
        return session

    def address(self, path):
        return f"{self.server.url}/api/v1/experiments{path}"

    def count(self, what):
        with self.lock:
            self.counts[what] += 1

    def pick(self, generator):
        with self.lock:
            return generator.choice(self.created) if self.created else None

    def post(self, generator, session):
        """Short runs, sweeps and long ones, which the deletion ends; the oldest makes room."""
        spec = generator.choice([
            specs.report(1e-4, epochs=200), specs.report(0.5, epochs=300),
            specs.sweep([1e-3, 1e-4, 1e-5], epochs=500),
            specs.report(1e-6, epochs=30000, samples=300)])
        reply = session.post(self.address(""), data=json.dumps(spec), headers=service.JSON_TYPE,
                             timeout=30)
        assert reply.status_code == 201, reply.text
        with self.lock:
            self.created.append(reply.json()["id"])
            oldest = self.created.pop(0) if len(self.created) > KEPT_MAX else None
        self.count("posted")
        if oldest is not None:
            assert session.delete(self.address("/" + oldest), timeout=30).status_code == 204
            self.count("deleted")

    def follow(self, generator, _):
        """A stream that is left after some bytes, or read to its end."""
        experiment = self.pick(generator)
        if experiment is None:
            return
        query = generator.choice(["", "?points=all"])
        with self.server.stream(experiment, query, seconds=60) as stream:
            if stream.status == 200:
                try:
                    stream.read_until_cut(generator.choice([1, 5000, 100000]))
                except CutShort:
                    pass  # it was deleted meanwhile
        self.count("streams")

    def read(self, generator, session):
        experiment = self.pick(generator)
        path = generator.choice(["", "/runs/0", "/epochs?points=100", "/runs/0/epochs?format=csv",
                                 "/dataset"])
        if experiment is None:
            return
        address = self.address("/" + experiment)
        try:
            reply = session.get(address + path, timeout=30)
            assert reply.status_code in (200, 404), (path, reply.status_code, reply.text[:500])
        except requests.exceptions.ChunkedEncodingError:
            # Deleted while its table was being sent: the body must not look whole.
            assert session.get(address, timeout=30).status_code == 404, f"{path} broke off"
        self.count("tables")

    def disturb(self, generator, session):
        """Faulty specs, broken requests, and connections that end in their middle."""
        if generator.random() < 0.5:
            reply = session.post(self.address(""), data=generator.choice(FAULTY),
                                 headers=service.JSON_TYPE, timeout=30)
            assert 400 <= reply.status_code < 500, reply.status_code
        else:
            with socket.create_connection(("127.0.0.1", self.server.port), timeout=30) as raw:
                raw.sendall(generator.choice(NONSENSE))
                if generator.random() < 0.02:  # some wait for the server's deadline
                    raw.shutdown(socket.SHUT_WR)
                    raw.settimeout(30)
                    while raw.recv(65536):
                        pass
        self.count("nonsense")

    def go_on(self, action, seed):
        generator, session = random.Random(seed), self.session()
        try:
            while not self.is_over:
                action(generator, session)
        except ConnectionResetError:
            if not self.is_over and action is self.disturb:
                self.go_on(action, seed + 1000)  # the server hung up on nonsense, as it may
            else:
                self.failures.append(f"{action.__name__}: reset")
        except Exception as error:  # noqa: BLE001 (told at the end)
            self.failures.append(f"{action.__name__}: {error!r}")

    def begin(self):
        actions = (self.post, self.follow, self.follow, self.read, self.disturb)
        self.threads = [threading.Thread(target=self.go_on, args=(action, seed), daemon=True)
                        for seed, action in enumerate(actions)]
        for thread in self.threads:
            thread.start()

    def end(self):
        self.is_over = True
        for thread in self.threads:
            thread.join(90)
        assert not any(thread.is_alive() for thread in self.threads), "a client hangs"
        assert not self.failures, self.failures


def slope(points):
    """The median of the slopes between all pairs of (time, value)."""
    return statistics.median((v - u) / (t - s) for i, (s, u) in enumerate(points)
                             for t, v in points[i + 1:])


def quietest(readings, column):
    """[(time, least value)] of each window after the warm-up."""
    size = max(1, len(readings) // WINDOWS)
    windows = [readings[i:i + size] for i in range(0, len(readings) - size + 1, size)]
    return [(window[0][0], min(reading[column] for reading in window))
            for window in windows[len(windows) // 3:]]


def observe(server, seconds):
    """[(time, resident KiB, descriptors)] once a second."""
    readings, began = [], time.monotonic()
    while (now := time.monotonic() - began) < seconds:
        assert server.alive(), server.stderr()
        readings.append((now, pinned.resident_kib(server.pid), pinned.n_descriptors(server.pid)))
        time.sleep(max(0, began + len(readings) - time.monotonic()))
    return readings


def judge(readings):
    """What each comes to over the measured part: [(name, unit, level, growth, allowed)]."""
    rows, duration = [], readings[-1][0] * 2 / 3
    for column, name, unit in ((1, "resident size", "KiB"), (2, "descriptors", "")):
        points = quietest(readings, column)
        level = statistics.median(value for _, value in points)
        allowed = level * GROWTH_MAX if column == 1 else DESCRIPTORS_MAX
        rows.append((name, unit, level, slope(points) * duration, allowed))
    return rows, duration


def main(path):
    print(f"{pinned.machine()}; load average {pinned.load_average():.2f}; {MINUTES:g} minutes")
    with pinned.server(workers=2) as server:
        mix = Mix(server)
        mix.begin()
        readings = observe(server, 60 * MINUTES)
        mix.end()
        server.check()
    days = min(mix.counts[what] / n for what, n in DAY.items())
    print("  " + ", ".join(f"{n} {what}" for what, n in mix.counts.items()) +
          f": as much as {24 * days:.1f} hours of a busy course ({DAY} a day)")
    rows, duration = judge(readings)
    is_flat = True
    for name, unit, level, growth, allowed in rows:
        is_flat &= growth <= allowed
        print(f"  {name:<14} {level:.0f} {unit}, slope comes to {growth:+.1f} {unit} in"
              f" {duration:.0f} s, allowed {allowed:.1f}: {'flat' if growth <= allowed else 'GROWS'}")
    with open(path, "w") as file:
        json.dump({"machine": pinned.machine(), "minutes": MINUTES, "counts": mix.counts,
                   "rows": rows, "readings": readings}, file)
        file.write("\n")
    sys.exit(0 if is_flat else 1)


if __name__ == "__main__":
    main(*sys.argv[1:])
