"""A running descent server, as a test sees it: a process, an address and a data directory.

Requests go through one keep-alive `requests` session with proxies of the environment ignored.
Nothing here sleeps to synchronise; wait_until polls a condition up to a deadline."""
import ctypes
import json
import os
import pathlib
import select
import signal
import subprocess
import threading
import time

import requests

from sse import EventStream

ROOT = pathlib.Path(__file__).resolve().parents[2]
JSON_TYPE = {"Content-Type": "application/json"}
ENDED = ("done", "diverged", "cancelled", "failed")
SANITIZER_MARKS = ("AddressSanitizer", "LeakSanitizer", "ThreadSanitizer", "runtime error:")


def binary():
    """The server under test: $DESCENT, or descent in $BUILD (default: build)."""
    if os.environ.get("DESCENT"):
        return pathlib.Path(os.environ["DESCENT"])
    return ROOT / os.environ.get("BUILD", "build") / "descent"


def build_slowness():
    """How much slower than the usual build a sanitizer's may be."""
    code = binary().read_bytes()
    if b"__tsan_init" in code:
        return 15.0
    return 5.0 if b"__asan_init" in code else 1.0


def slowness():
    """What deadlines are multiplied by: they were made for a machine that is four times as fast,
    and for the usual build. Sizes of work go by the build alone."""
    return 4 * build_slowness()


def wait_until(condition, seconds, what):
    """The first true value of condition(), or AssertionError naming `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"after {seconds} s still waiting for {what}"
        time.sleep(0.01)


def end_with_parent():
    """In the child: SIGKILL when the test run that started it is gone (Linux: PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def unexplained(experiment):
    """The record without what is found out after the end."""
    runs = [{name: value for name, value in run.items() if name not in ("explained", "headline")}
            for run in experiment["runs"]]
    return {**experiment, "runs": runs}


class Server:
    """One descent process on a free port of 127.0.0.1. `data` outlives the process."""

    def __init__(self, data, workers=2, arguments=()):
        self.data = pathlib.Path(data)
        self.workers = workers
        self.arguments = list(arguments)
        self.slowness = slowness()
        self.log = self.data.parent / (self.data.name + ".stderr")
        self.process = None
        self.start()

    def command(self, port=0):
        return [str(binary()), "--listen", f"127.0.0.1:{port}", "--data", str(self.data),
                "--workers", str(self.workers), *self.arguments]

    def start(self, port=0):
        """Starts the process and waits for its address on the first line of its output."""
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.command(port), stdout=subprocess.PIPE, stderr=log,
                                            preexec_fn=end_with_parent)
        self.pid = self.process.pid
        self.stopped = False
        line = self._first_line(20 * self.slowness)
        prefix = "listening on http://127.0.0.1:"
        assert line.startswith(prefix) and line.endswith("/\n"), \
            f"first line of output: {line!r}, standard error: {self.stderr()}"
        self.port = int(line[len(prefix):-2])
        self.url = f"http://127.0.0.1:{self.port}"
        self.session = requests.Session()
        self.session.trust_env = False
        self.output = [line]
        threading.Thread(target=self._drain, args=(self.process.stdout, self.output),
                         daemon=True).start()

    def _first_line(self, seconds):
        deadline, line = time.monotonic() + seconds, b""
        while not line.endswith(b"\n"):
            ready, _, _ = select.select([self.process.stdout], [], [],
                                        max(0, deadline - time.monotonic()))
            byte = os.read(self.process.stdout.fileno(), 1) if ready else b""
            if not byte:
                break
            line += byte
        return line.decode()

    @staticmethod
    def _drain(stream, output):
        for line in stream:
            output.append(line.decode())

    def token(self):
        """The token in the link on the second line of output; scripts show it from now on."""
        wait_until(lambda: len(self.output) > 1, 5 * self.slowness, "the link")
        link = self.output[1].removeprefix("the link to share: ").rstrip("\n")
        address, _, token = link.partition("?token=")
        assert address == f"{self.url}/" and token, self.output
        self.session.headers["Authorization"] = f"Bearer {token}"
        return token

    def stderr(self):
        return self.log.read_text(errors="replace")[-4000:]

    def alive(self):
        return self.process.poll() is None

    def stop(self, signal_number=signal.SIGTERM, seconds=20):
        """Sends the signal and returns the exit code (negative: killed by that signal)."""
        self.session.close()
        self.stopped = True
        if self.alive():
            self.process.send_signal(signal_number)
        try:
            return self.process.wait(seconds * self.slowness)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"still running {seconds * self.slowness} s after signal "
                                 f"{signal_number}: {self.stderr()}") from None

    def restart(self, signal_number=signal.SIGTERM, port=0):
        """Stops and starts again on the same data; returns the exit code of the first."""
        code = self.stop(signal_number)
        self.start(port)
        return code

    def check(self):
        """Alive, answering, and without a sanitizer's report."""
        assert self.alive(), f"the server ended with {self.process.returncode}: {self.stderr()}"
        assert self.request("GET", "//healthz").status_code == 200
        self.check_log()

    def check_log(self):
        text = self.log.read_text(errors="replace")
        assert not any(mark in text for mark in SANITIZER_MARKS), text[-8000:]

    # --- requests --------------------------------------------------------------------------

    def request(self, method, path, **options):
        """Any request; `path` below /api/v1 unless it begins with //."""
        options.setdefault("timeout", 30 * self.slowness)
        address = self.url + (path[1:] if path.startswith("//") else "/api/v1" + path)
        return self.session.request(method, address, **options)

    def get(self, path, status=200, **options):
        """Parsed JSON of a GET that must answer `status`."""
        reply = self.request("GET", path, **options)
        assert reply.status_code == status, (path, reply.status_code, reply.text[:2000])
        return reply.json()

    def text(self, path, **options):
        reply = self.request("GET", path, **options)
        assert reply.status_code == 200, (path, reply.status_code, reply.text[:2000])
        reply.encoding = "utf-8"
        return reply.text

    def post(self, spec, query=""):
        """Posts a spec and returns the created experiment."""
        reply = self.request("POST", "/experiments" + query, data=json.dumps(spec),
                             headers=JSON_TYPE)
        assert reply.status_code == 201, (reply.status_code, reply.text[:2000])
        experiment = reply.json()
        assert reply.headers["Location"] == f"/api/v1/experiments/{experiment['id']}"
        return experiment

    def wait(self, experiment_id, seconds=60):
        """The experiment once it is done."""
        def done():
            experiment = self.get(f"/experiments/{experiment_id}")
            return experiment if experiment["state"] == "done" else None
        return wait_until(done, seconds * self.slowness, f"the end of {experiment_id}")

    def explained(self, experiment_id, seconds=150):
        """The experiment once every run is explained as far as it will be: from then on its
        record never changes."""
        def done():
            experiment = self.get(f"/experiments/{experiment_id}")
            return experiment if all(run["explained"] == "full" or run["state"] == "failed"
                                     for run in experiment["runs"]) else None
        self.wait(experiment_id, seconds)
        return wait_until(done, seconds * self.slowness, f"the explanations of {experiment_id}")

    def train(self, spec, seconds=60):
        """Posts a spec and returns the experiment once it is done."""
        return self.wait(self.post(spec)["id"], seconds)

    def losses(self, experiment_id, run=0):
        """Every epoch's loss of a run, in order; checks that the epochs are 1, 2, 3, ..."""
        columns = self.get(f"/experiments/{experiment_id}/runs/{run}/epochs")
        assert columns["exact"] is True and columns["run"] == run
        assert columns["epoch"] == list(range(1, len(columns["loss"]) + 1))
        return columns["loss"]

    def stream(self, experiment_id, query="", last_id=None, seconds=60):
        """An open event stream (see sse.EventStream)."""
        headers = {} if last_id is None else {"Last-Event-ID": last_id}
        return EventStream(self.port, f"/api/v1/experiments/{experiment_id}/events{query}",
                           headers, seconds * self.slowness)

    def stream_of_several(self, ids, query="", last_id=None, seconds=60):
        headers = {} if last_id is None else {"Last-Event-ID": last_id}
        return EventStream(self.port, f"/api/v1/events?experiments={','.join(ids)}{query}",
                           headers, seconds * self.slowness)

    def events(self, experiment_id, query="", last_id=None, seconds=60):
        """All events of a stream until the server ends it."""
        with self.stream(experiment_id, query, last_id, seconds) as stream:
            assert stream.status == 200, (stream.status, stream.headers)
            return list(stream)
