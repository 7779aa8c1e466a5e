"""Fixtures of the tests from outside: servers to talk to, stopped and checked at the end.

server        one server for a module; @pytest.mark.parametrize("server", [1, 2], indirect=True)
              chooses the number of workers (2 otherwise)
fresh_server  a factory of servers for one test: fresh_server(workers=2, data=None, arguments=())

A server that died, or wrote a sanitizer's report, fails the last test that used it."""
import pathlib
import signal
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "golden"))

import service  # noqa: E402  (beside this file)


@pytest.fixture(scope="module")
def server(request, tmp_path_factory):
    workers = getattr(request, "param", 2)
    running = service.Server(tmp_path_factory.mktemp("server") / "data", workers)
    yield running
    try:
        running.check()
    finally:
        code = running.stop(signal.SIGTERM)
    assert code == 0, f"exit code {code} after SIGTERM: {running.stderr()}"
    running.check_log()


@pytest.fixture
def fresh_server(tmp_path):
    started = []

    def start(workers=2, data=None, arguments=()):
        place = data or tmp_path / f"data-{len(started)}"
        running = service.Server(place, workers, arguments)
        started.append(running)
        return running

    yield start
    for running in started:
        if not running.stopped:
            assert running.alive(), f"ended with {running.process.returncode}: {running.stderr()}"
            assert running.stop(signal.SIGTERM) == 0, running.stderr()
        running.check_log()
