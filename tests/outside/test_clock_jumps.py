"""The machine's clock is set, an hour or years forward or back, while everything is under way:
nothing is lost, nothing hangs, and no duration comes out negative. Only the times of day that are
written down jump along."""
import calendar
import email.utils
import json
import os
import re
import struct
import subprocess
import threading
import time

import pytest
import requests

import specs
from http_probe import Probe
from interruptions import results, wait_for_more_epochs
from service import JSON_TYPE, ROOT, slowness
from sse import EventStream, epochs_of

HOUR, YEARS = 3600, 40 * 365 * 86400
# A test takes seconds, in a sanitizer's build a minute or two: what is off by more was measured with
# the wrong clock.
ALLOWED_S = 60 * slowness()


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    built = tmp_path_factory.mktemp("preload") / "clock.so"
    source = ROOT / "tests/outside/preload/clock.c"
    subprocess.run([*os.environ.get("CC", "cc").split(), "-std=c11", "-O1", "-Wall", "-Wextra",
                    "-Werror", "-shared", "-fPIC", "-o", str(built), str(source)], check=True)
    return built


@pytest.fixture
def jump(library, tmp_path, monkeypatch):
    """jump(seconds): how far the wall clock of servers started from now on is off."""
    place = tmp_path / "clock"

    def set_shift(seconds):
        with open(place, "r+b" if place.exists() else "wb") as file:
            file.write(struct.pack("=q", seconds))
    set_shift(0)
    monkeypatch.setenv("CLOCK_FILE", str(place))
    monkeypatch.setenv("LD_PRELOAD", str(library))
    monkeypatch.setenv("ASAN_OPTIONS", "verify_asan_link_order=0")
    return set_shift


def clock_of(reply):
    """The server's wall clock, by the Date of its reply, less ours."""
    return email.utils.parsedate_to_datetime(reply.headers["Date"]).timestamp() - time.time()


def is_near(got, expected):
    return abs(got - expected) < ALLOWED_S


def parse_time(text):
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", text), text
    return calendar.timegm(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S"))


def check_durations(server):
    assert 0 <= server.get("//healthz")["uptime_ms"] < ALLOWED_S * 1000
    values = dict(re.findall(r"^(\S*_seconds\S*) (\S+)$", server.text("//metrics"), re.M))
    values.pop("process_start_time_seconds")
    assert len(values) > 3
    for name, value in values.items():
        assert float(value) >= 0 and ("bucket" in name or "count" in name
                                      or float(value) < ALLOWED_S), (name, value)


def training():
    """A second or two."""
    return specs.sweep([1e-5, 3e-6], samples=1000, epochs=20000)


@pytest.fixture(scope="module")
def undisturbed(server):
    return results(server, server.train(training())["id"])


def in_background(function, seconds):
    """Starts it; the result is its answer, and fails without one in that time."""
    answers = []
    thread = threading.Thread(target=lambda: answers.append(function()), daemon=True)
    thread.start()

    def result():
        thread.join(seconds)
        assert answers, "no answer"
        return answers[0]
    return result


def browser_with_cookie(server, token):
    browser = requests.Session()
    browser.trust_env = False
    assert browser.get(f"{server.url}/?token={token}", timeout=120).status_code == 200
    assert browser.cookies
    return browser


@pytest.mark.parametrize("shifts", [(HOUR,), (-HOUR,), (YEARS, -YEARS, 0)],
                         ids=["forward", "back", "by years"])
def test_a_clock_that_jumps_changes_nothing_but_times_of_day(fresh_server, undisturbed, jump,
                                                             shifts):
    server = fresh_server(arguments=["--token"])
    patience_s = 60 * server.slowness
    browser = browser_with_cookie(server, server.token())

    def post_with_key():
        return server.request("POST", "/experiments", data=json.dumps(training()),
                              headers={**JSON_TYPE, "Idempotency-Key": "a-key"})

    def read_stream():
        with EventStream(server.port, f"/api/v1/experiments/{trained}/events?points=all",
                         {"Authorization": server.session.headers["Authorization"]},
                         patience_s) as stream:
            return list(stream)

    def wait_in_vain():
        started = time.monotonic()
        row = server.get(f"/experiments/{endless}", headers={"Prefer": "wait=2"})
        return row["state"], time.monotonic() - started

    trained = post_with_key().json()["id"]
    endless = server.post(specs.long_run(epochs=10**7))["id"]
    events = in_background(read_stream, patience_s)
    waited = in_background(wait_in_vain, patience_s)

    for number, shift in enumerate(shifts):
        jump(shift)
        reply = server.request("GET", "//healthz")
        assert is_near(clock_of(reply), shift), reply.headers["Date"]
        check_durations(server)
        assert browser.get(f"{server.url}/api/v1/presets", timeout=120).status_code == 200
        later = server.post(specs.report(epochs=number + 1))["id"]
        created = server.get(f"/experiments/{later}")["created"]
        assert is_near(parse_time(created) - time.time(), shift), created
        listed = [row["id"] for row in server.get("/experiments")["experiments"]]
        assert (listed[0], listed[-1]) == (later, trained), "newest first, whatever the clock says"

    state, seconds = waited()
    assert state != "done" and 1.9 < seconds < 2 + 8 * server.slowness
    for run in (0, 1):
        assert [epoch for epoch, _ in epochs_of(events(), run)] == list(range(1, 20001))
    server.wait(trained)
    assert results(server, trained) == undisturbed
    for row in server.get(f"/experiments/{trained}")["runs"]:
        assert parse_time(row["started"]) and parse_time(row["ended"])
    again = post_with_key()
    assert (again.json()["id"], again.headers["Idempotent-Replayed"]) == (trained, "true")

    assert server.restart() == 0
    server.token()
    assert results(server, trained) == undisturbed
    wait_for_more_epochs(server, endless, server.get(f"/experiments/{endless}")["runs"][0]["epoch"])


def test_deadlines_and_heartbeats_are_kept_when_the_clock_jumps(jump):
    with Probe("--heartbeat", 1, "--idle", 2, "--head", 500, "--body", 500) as probe:
        for shift in (HOUR, -HOUR):
            with probe.open("/silence") as silent, probe.wire() as idle, probe.wire() as slow:
                idle.ask("GET", "/healthz")
                assert idle.reply().status == 200
                slow.send("GET /healthz HT")
                jump(shift)
                started = time.monotonic()
                probe.get("/later?ms=100")
                assert slow.rest() is not None  # whatever it says, it ends
                assert time.monotonic() - started < 1.5 * probe.slowness
                assert silent.chunk() == b"event: ping\ndata: {}\n\n"
                assert 0.5 < time.monotonic() - started < 2 * probe.slowness
                assert idle.is_closed()
                assert 1 < time.monotonic() - started < 4 * probe.slowness
        probe.wait_for("streams_gone", 2)
