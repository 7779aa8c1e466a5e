"""Prefer: wait=N: one request that trains and answers with the result; and held requests in the
HTTP layer alone, against http_probe."""
import json
import signal
import threading
import time

import pytest

import specs
from http_probe import Probe
from service import ENDED, JSON_TYPE, unexplained, wait_until
from wire import Wire


def post(server, spec, prefer, **options):
    return server.request("POST", "/experiments", data=json.dumps(spec),
                          headers={**JSON_TYPE, "Prefer": prefer}, **options)


def timed(call):
    started = time.monotonic()
    reply = call()
    return reply, time.monotonic() - started


# --- experiments --------------------------------------------------------------------


def test_one_request_trains_and_answers_with_the_result(server):
    reply = post(server, specs.report(epochs=1000), "wait=60")
    assert reply.status_code == 201, reply.text
    assert reply.headers["Preference-Applied"] == "wait=60"
    experiment = reply.json()
    assert reply.headers["Location"] == f"/api/v1/experiments/{experiment['id']}"
    assert experiment["state"] == "done" and experiment["runs"][0]["epoch"] == 1000
    assert experiment["runs"][0]["named"]
    again = server.get(f"/experiments/{experiment['id']}")
    assert unexplained(experiment) == unexplained(again)


def test_a_sweep_is_waited_for_to_its_last_run(server):
    spec = {**specs.report(epochs=3000), "sweep": {specs.RATE: {"from": 1e-6, "to": 1e-3,
                                                                "steps": 40}}}
    experiment = post(server, spec, "wait=60").json()
    assert experiment["state"] == "done", [run["state"] for run in experiment["runs"]]
    assert all(run["state"] in ENDED and run["ended"] for run in experiment["runs"])


def test_a_get_waits_too(server):
    made = server.post(specs.report(epochs=200000))
    reply = server.request("GET", f"/experiments/{made['id']}", headers={"Prefer": "wait=60"})
    assert reply.status_code == 200 and reply.json()["state"] == "done"
    assert reply.headers["Preference-Applied"] == "wait=60"
    again, seconds = timed(lambda: server.request("GET", f"/experiments/{made['id']}",
                                                  headers={"Prefer": "wait=60"}))
    assert unexplained(again.json()) == unexplained(reply.json()) and seconds < 5 * server.slowness


def test_no_longer_than_asked_for(server):
    reply, seconds = timed(lambda: post(server, specs.long_run(), "wait=1"))
    assert 1 <= seconds < 1 + 3 * server.slowness, seconds
    assert reply.status_code == 201 and reply.json()["state"] != "done"
    assert reply.headers["Preference-Applied"] == "wait=1"
    server.request("DELETE", f"/experiments/{reply.json()['id']}")


@pytest.mark.parametrize("prefer, applied", [
    ("respond-async, wait=1", "wait=1"), ("WAIT = 1", "wait=1"), ('wait="1"; foo=bar', "wait=1"),
    ("handling=lenient;wait=3, wait=1,wait=9", "wait=1"), ("wait=0", None), ("wait", None),
    ("wait=", None), ("wait=-1", None), ("wait=1.5", None), ("wait=1x", None), ('wait="1', None),
    ("waiting=1", None), ("return=minimal", None), ("", None), (",;=,", None)])
def test_preferences_are_read_as_rfc_7240_says(server, prefer, applied):
    made = server.post(specs.long_run())
    reply, seconds = timed(lambda: server.request("GET", f"/experiments/{made['id']}",
                                                  headers={"Prefer": prefer}))
    server.request("DELETE", f"/experiments/{made['id']}")
    assert reply.status_code == 200
    assert reply.headers.get("Preference-Applied") == applied
    assert (seconds >= 1) == (applied is not None), seconds


@pytest.mark.parametrize("seconds", ["60", "61", "100000", "9" * 40])
def test_a_minute_is_the_most(server, seconds):
    made = server.train(specs.report(epochs=5))
    reply = server.request("GET", f"/experiments/{made['id']}",
                           headers={"Prefer": f"wait={seconds}"})
    assert reply.headers["Preference-Applied"] == "wait=60"


def test_refusals_do_not_wait(server):
    reply, seconds = timed(lambda: post(server, {"name": 1}, "wait=30"))
    assert reply.status_code == 422 and seconds < 10 * server.slowness
    assert "Preference-Applied" not in reply.headers
    reply = server.request("GET", "/experiments/nosuchthing", headers={"Prefer": "wait=30"})
    assert reply.status_code == 404


def test_waiting_keeps_no_desk_busy(server):
    """More waiters than there are desks; others are answered meanwhile, and all at the end."""
    made = server.post(specs.long_run())
    path, waiters = f"/api/v1/experiments/{made['id']}", []
    for _ in range(30):
        wire = Wire(server.port, 60 * server.slowness)
        wire.ask("GET", path, "Prefer: wait=60\r\n")
        waiters.append(wire)
    wait_until(lambda: server.get(path[7:])["state"] == "running", 20 * server.slowness, "running")
    for _ in range(20):
        _, seconds = timed(lambda: server.get("/experiments"))
        assert seconds < 5 * server.slowness
    assert server.request("POST", path[7:] + "/cancel", data="").status_code == 202
    started = time.monotonic()
    for wire in waiters:
        reply = wire.reply()
        assert reply.status == 200 and json.loads(reply.body)["state"] == "done", reply
        wire.ask("GET", "/healthz")  # the connection goes on
        assert wire.reply().status == 200
        wire.close()
    assert time.monotonic() - started < 5 * server.slowness


def test_who_waits_for_the_last_run_sleeps_through_the_others(fresh_server):
    """One run ends soon, the other never: a waiter looks a few times, not all the time."""
    def turns():
        line = next(line for line in server.request("GET", "//metrics").text.splitlines()
                    if line.startswith("http_loop_turn_seconds_count "))
        return int(line.split()[1])

    server = fresh_server()
    spec = {**specs.long_run(), "sweep": {"/training/epochs": [100, 400000]}}
    before = turns()
    reply = post(server, spec, "wait=2")
    assert [run["state"] for run in reply.json()["runs"]] == ["done", "running"]
    assert turns() - before < 200  # at most 20 wakes a second, and the requests' own


def test_a_removed_experiment_ends_the_wait(server):
    made = server.post(specs.long_run())
    with Wire(server.port, 30 * server.slowness) as wire:
        wire.ask("GET", f"/api/v1/experiments/{made['id']}", "Prefer: wait=60\r\n")
        assert server.request("DELETE", f"/experiments/{made['id']}").status_code == 204
        assert wire.reply().status == 404


def test_a_stop_answers_who_waits(fresh_server):
    server = fresh_server()
    body = json.dumps(specs.long_run()).encode()
    with Wire(server.port, 30 * server.slowness) as wire:
        wire.ask("POST", "/api/v1/experiments", "Prefer: wait=60\r\n", body)
        wait_until(lambda: server.get("/experiments")["experiments"], 20 * server.slowness, "it")
        started = time.monotonic()
        assert server.stop(signal.SIGTERM) == 0
        assert time.monotonic() - started < 2 * server.slowness
        reply = wire.reply()
        assert reply.status == 201 and json.loads(reply.body)["state"] != "done", reply
        assert "preference-applied" not in reply.headers


# --- held requests ------------------------------------------------------------------


@pytest.fixture(scope="module")
def probe():
    with Probe("--desks", 1, "--idle", 1, "--streams", 40) as running:
        yield running


def held(wire):
    reply = wire.reply()
    assert reply.status == 200, reply
    return json.loads(reply.body)


def test_a_wake_ends_a_hold_and_nothing_else_does(probe):
    with probe.wire() as wire:
        wire.ask("GET", "/hold?ms=4000")
        probe.wait_for("held", 1)
        for _ in range(5):
            probe.get("/echo")
        probe.feed("news")
        assert held(wire) == {"why": "grew", "looks": 2}
    probe.wait_for("held", 0)


def test_a_hold_outlasts_the_idle_limit(probe):
    """--idle 1: the wait is not idleness, and the next request has all its time again."""
    with probe.wire(seconds=10) as wire:
        started = time.monotonic()
        wire.ask("GET", "/hold?ms=2500")
        assert held(wire)["why"] == "late"
        assert 2.5 <= time.monotonic() - started < 2.5 + 2 * probe.slowness
        wire.ask("GET", "/hold?ms=1")
        assert held(wire)["why"] == "late"


def test_holds_end_in_the_order_in_which_they_are_due(probe):
    """Who reads too late sees several at once, so there are more tries than one."""
    def order():
        wires, ended = [], []

        def wait(wire, ms):
            assert held(wire)["why"] == "late"
            ended.append(ms)

        for ms in (1200, 400, 2000, 800):
            wire = probe.wire(seconds=10)
            wire.ask("GET", f"/hold?ms={ms}")
            wires.append((wire, threading.Thread(target=wait, args=(wire, ms))))
        for _, thread in wires:
            thread.start()
        for wire, thread in wires:
            thread.join()
            wire.close()
        return ended

    orders = []
    while [400, 800, 1200, 2000] not in orders:
        assert len(orders) < 10, orders
        orders.append(order())


@pytest.mark.parametrize("leave", ["close", "reset"])
def test_a_client_that_leaves_ends_its_hold(probe, leave):
    wires = [probe.wire() for _ in range(10)]
    for wire in wires:
        wire.ask("GET", "/hold?ms=60000")
    probe.wait_for("held", 10)
    for wire in wires:
        getattr(wire, leave)()
    probe.wait_for("held", 0, seconds=1)
    probe.wait_for("connections", 1)


def test_pipelined_behind_a_hold_comes_after_it(probe):
    with probe.wire() as wire:
        wire.send("GET /hold?ms=300 HTTP/1.1\r\nHost: {host}\r\n\r\n"
                  "GET /echo?value=second HTTP/1.1\r\nHost: {host}\r\n\r\n")
        assert held(wire)["why"] == "late"
        assert held(wire)["value"] == "second"


def test_a_hold_may_be_asked_for_by_head(probe):
    with probe.wire() as wire:
        wire.ask("HEAD", "/hold?ms=300")
        reply = wire.reply("HEAD")
        assert reply.status == 200 and int(reply.headers["content-length"]) > 0
        wire.ask("GET", "/echo")
        assert held(wire)["path"] == "/echo"


def test_more_holds_than_streams_are_answered_at_once(probe):
    wires = []
    for _ in range(40):
        wires.append(probe.wire())
        wires[-1].ask("GET", "/hold?ms=60000")
    probe.wait_for("held", 40)
    with probe.wire() as wire:
        wire.ask("GET", "/hold?ms=60000")
        assert held(wire)["why"] == "refused"
    assert probe.get("/events").status == 503
    for wire in wires:
        wire.close()
    probe.wait_for("held", 0)


def test_busy_desks_delay_the_end_of_holds_only():
    """With no room before the one desk, a hold that is over tries again."""
    with Probe("--desks", 1, "--queue", 1) as probe:
        holds = [probe.wire(seconds=20) for _ in range(3)]
        for n, wire in enumerate(holds, 1):
            wire.ask("GET", "/hold?ms=700")
            probe.wait_for("held", n)
        slow = [probe.wire(seconds=20) for _ in range(2)]
        for wire in slow:
            wire.ask("GET", "/later?ms=900")
        for wire in slow:
            assert wire.reply().status in (200, 503)
        for wire in holds:
            assert held(wire)["why"] == "late"


@pytest.mark.parametrize("n", [1, 30])
def test_a_stop_ends_holds(n):
    with Probe("--desks", 1) as probe:
        wires = [probe.wire(seconds=20) for _ in range(n)]
        for wire in wires:
            wire.ask("GET", "/hold?ms=60000")
        probe.wait_for("held", n)
        code, seconds = probe.stop()
        assert code == 0 and seconds < 2 * probe.slowness
        for wire in wires:
            assert held(wire)["why"] == "refused"


def test_a_stop_with_full_desks_leaves_no_hold_behind():
    """The desks are still busy when the time to drain is over."""
    with Probe("--desks", 1, "--queue", 1, "--drain", 100) as probe:
        wires = [probe.wire(seconds=20) for _ in range(20)]
        for n, wire in enumerate(wires, 1):
            wire.ask("GET", "/hold?ms=60000")
            probe.wait_for("held", n)
        slow = probe.wire(seconds=20)
        slow.ask("GET", "/later?ms=700")
        code, _ = probe.stop()
        assert code == 0
