"""tests/outside/http_probe.c running: the HTTP layer alone, with limits that a test chooses."""
import json
import signal
import subprocess
import time

from service import SANITIZER_MARKS, binary, slowness, wait_until
from wire import Wire

PROGRAM = binary().parent / "tests/outside/http_probe"
JSON = "Content-Type: application/json\r\n"
POST = f"POST /echo HTTP/1.1\r\nHost: {{host}}\r\n{JSON}"  # the rest of a head is to follow


class Probe:
    """probe = Probe("--idle", 1); used as a context, it must end by SIGTERM with 0, in time, and
    without a sanitizer's report."""

    def __init__(self, *arguments, wrapper=()):
        assert PROGRAM.exists(), f"{PROGRAM} is missing: make programs"
        self.process = subprocess.Popen(
            [*wrapper, str(PROGRAM), *map(str, arguments)], stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        assert line.startswith("listening on http://127.0.0.1:"), (line, self.process.stderr.read())
        self.port = int(line.rstrip("/\n").rpartition(":")[2])
        self.slowness = slowness()
        self.errors = None

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if self.errors is None:
            code, seconds = self.stop()
            if kind is None:
                assert code == 0, (code, self.errors)
                assert seconds < 2 * self.slowness, seconds

    def stop(self, meanwhile=lambda: None):
        """SIGTERM; exit code and how long it took. What was written to stderr is in `errors`."""
        started = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        meanwhile()
        try:
            _, self.errors = self.process.communicate(timeout=10 * self.slowness)
        except subprocess.TimeoutExpired:
            self.process.kill()
            _, self.errors = self.process.communicate()
            raise AssertionError(f"does not stop: {self.errors}") from None
        assert not any(mark in self.errors for mark in SANITIZER_MARKS), self.errors
        return self.process.returncode, time.monotonic() - started

    def wire(self, seconds=5, **options):
        return Wire(self.port, seconds * self.slowness, **options)

    def get(self, path, headers=""):
        """One GET on a connection of its own."""
        with self.wire() as wire:
            wire.ask("GET", path, headers + "Connection: close\r\n")
            return wire.reply()

    def counts(self):
        return json.loads(self.get("/counts").body)

    def wait_for(self, name, value, seconds=2):
        """Until the count has the value."""
        wait_until(lambda: self.counts()[name] == value, seconds * self.slowness,
                   f"{name} == {value}")

    def open(self, path, **options):
        """An open event stream: the wire after the head and the opening event."""
        wire = self.wire(**options)
        wire.ask("GET", path)
        status, headers = wire.head()
        assert status == 200 and headers["content-type"] == "text/event-stream", (status, headers)
        opening = wire.chunk()
        assert opening.startswith(b": "), opening
        return wire

    def feed(self, text, query=""):
        with self.wire() as wire:
            wire.ask("POST", "/feed" + query, "Connection: close\r\n", text.encode())
            assert wire.reply().status == 204

    def memory_kb(self):
        """Resident memory of the process."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))

    def descriptors(self):
        with subprocess.Popen(["ls", f"/proc/{self.process.pid}/fd"], stdout=subprocess.PIPE) as ls:
            return len(ls.stdout.read().split())


def ask(probe, text, to="GET"):
    """The reply to bytes sent as they are, and whether the connection stays open after it."""
    with probe.wire() as wire:
        wire.send(text)
        reply = wire.reply(to)
        if reply.headers.get("connection") == "close":
            assert wire.is_closed()
            return reply, False
        wire.ask("GET", "/healthz")
        assert wire.reply().status == 200
        return reply, True
