"""Server-sent events: losses while training runs, and no epoch lost or repeated on the way."""
import json
import random
import re
import signal
import socket
import subprocess
import threading

import pytest

import specs
from service import build_slowness, wait_until
from sse import (CutShort, EventStream, Parser, assert_gapless, epochs_of, ranges_of,
                 read_with_cuts)

EPOCHS = 60000  # more than 10,000, so that a late reader's catch-up is thinned


@pytest.fixture(scope="module")
def finished(server):
    """A finished run: its id and the exact losses from the epochs table."""
    experiment = server.train(specs.report(1e-5, epochs=EPOCHS))
    return experiment["id"], server.losses(experiment["id"])


@pytest.fixture(scope="module")
def slowly_finished(server):
    """The same of a run so slow that each commit, and so each thinned frame, held few epochs."""
    samples = int(4000 / build_slowness())
    experiment = server.train(specs.report(1e-6, epochs=20000, samples=samples))
    return experiment["id"], server.losses(experiment["id"])


@pytest.fixture
def running(server):
    """A run that is training now and will for long; cancelled afterwards."""
    experiment = server.post(specs.long_run())["id"]
    wait_until(lambda: server.get(f"/experiments/{experiment}")["runs"][0]["epoch"] > 0,
               20 * server.slowness, "the first epochs")
    yield experiment
    server.request("POST", f"/experiments/{experiment}/cancel",
                   headers={"Content-Type": "application/json"})


def curl(server, experiment, *options):
    """curl -N on the experiment's events, its output in a pipe."""
    return subprocess.Popen(
        ["curl", "-sN", "--noproxy", "*", "--max-time", "60", *options,
         f"{server.url}/api/v1/experiments/{experiment}/events"], stdout=subprocess.PIPE)


def kill(process):
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()


# --- while training runs -------------------------------------------------------------------


def test_curl_sees_losses_while_training_runs(server, running):
    process, parser, epochs = curl(server, running), Parser(), []
    while len(epochs) < 3:  # curl itself ends after --max-time
        received = process.stdout.read1(65536)
        assert received, "curl ended before three frames of epochs"
        epochs += [e for e in parser.feed(received) if e.name == "epochs"]
    row = server.get(f"/experiments/{running}")["runs"][0]
    kill(process)
    assert row["state"] == "running" and row["epoch"] < row["epochs"]
    assert epochs[0].data["from"] == 1 and epochs[0].data["to"] < row["epochs"]


def test_killed_curl_resumes_where_it_stopped(server, running):
    """Eight curls killed with SIGKILL one after the other: their frames join without a seam."""
    seen, last_id = [], None
    for _ in range(8):
        headers = ["-H", f"Last-Event-ID: {last_id}"] if last_id else []
        process, parser, new = curl(server, running, *headers), Parser(), []
        while not any(e.name == "epochs" for e in new):
            received = process.stdout.read1(random.randrange(1, 4000))
            assert received, "curl ended although the run goes on"
            new += parser.feed(received)
        kill(process)
        seen += new
        last_id = [e.id for e in seen if e.id][-1]
    ranges = ranges_of(seen)
    assert_gapless(ranges, ranges[-1][1])


def test_live_stream_ends_with_the_states(server):
    """queued/running ..., the run's end, then the experiment's; epochs between are gapless."""
    experiment = server.post(specs.report(1e-5, epochs=30000))["id"]
    events = server.events(experiment)
    assert_gapless(ranges_of(events), 30000)
    states = [event.data for event in events if event.name == "state"]
    assert states[-1] == {"experiment": experiment, "state": "done", "states": {"done": 1}}
    assert events[-1].name == "state"
    assert states[-2]["run"] == 0 and states[-2]["state"] == "done"
    assert states[-2]["epoch"] == 30000
    assert {"experiment": experiment, "run": 0, "state": "running", "epoch": 0} in states


def test_frames_are_small_and_carry_ids(server):
    """At most 16 KiB a frame, an id on every epochs and state frame of a run."""
    experiment = server.post(specs.report(1e-5, epochs=30000))["id"]
    body = b""
    with server.stream(experiment, "?points=all") as stream:
        while piece := stream.read_chunk():
            body += piece
    blocks = body.split(b"\n\n")[:-1]
    assert max(map(len, blocks)) <= 16 * 1024
    for block in blocks:
        if b"event: epochs" in block:
            assert re.search(rb"^id: \d+(\.\d+|\.done)?$", block, re.M), block[:200]


def test_stream_headers_forbid_caches_and_buffers(server, finished):
    with server.stream(finished[0]) as stream:
        assert stream.status == 200
        assert stream.headers["content-type"].startswith("text/event-stream")
        assert "no-store" in stream.headers["cache-control"]
        assert stream.headers["x-accel-buffering"] == "no"
        assert stream.headers["x-content-type-options"] == "nosniff"
        assert "content-encoding" not in stream.headers


# --- cut and resumed -----------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_lossless_stream_survives_cuts(server, finished, seed):
    """?points=all, cut at random bytes: every epoch once, with exactly the table's loss."""
    experiment, losses = finished
    events, connections = read_with_cuts(server, experiment, "?points=all",
                                         random.Random(seed), 60000)
    assert connections > 10
    assert epochs_of(events) == list(enumerate(losses, 1))


@pytest.mark.parametrize("seed", range(6))
def test_default_stream_survives_cuts(server, slowly_finished, seed):
    experiment, losses = slowly_finished
    events, connections = read_with_cuts(server, experiment, "", random.Random(seed), 20000)
    assert connections > 3
    assert_gapless(ranges_of(events), len(losses))
    assert_true_frames(events, losses)


@pytest.mark.parametrize("query, longest_cut", [("?points=all", 400000), ("", 20000)])
def test_live_stream_survives_cuts(server, query, longest_cut):
    """The same while the run is being trained: frames now exact, now thinned, never with a gap."""
    spec = specs.report(1e-5, epochs=100000, samples=int(500 / build_slowness()))
    experiment = server.post(spec)["id"]
    events, connections = read_with_cuts(server, experiment, query, random.Random(9), longest_cut)
    losses = server.losses(experiment)
    assert connections > 4 and len(losses) == 100000
    assert_gapless(ranges_of(events), 100000)
    if query:
        assert epochs_of(events) == list(enumerate(losses, 1))
    assert_true_frames(events, losses)


def test_runs_of_a_sweep_share_a_stream_that_survives_cuts(server):
    rates = [1e-4, 1e-5, 1e-6, 0.025, 0.001]
    experiment = server.post(specs.sweep(rates, epochs=12000))["id"]
    events, _ = read_with_cuts(server, experiment, "?points=all", random.Random(4), 90000)
    for run in range(len(rates)):
        assert epochs_of(events, run) == list(enumerate(server.losses(experiment, run), 1)), run


def test_last_event_id_works_in_the_query(server, finished):
    """EventSource cannot set the header on its first connection."""
    experiment, losses = finished
    with server.stream(experiment, "?points=all") as stream:
        first = [event for event in stream.next_events() if event.name == "epochs"]
        while not first:
            first = [event for event in stream.next_events() if event.name == "epochs"]
    last = first[-1]
    rest = server.events(experiment, f"?points=all&last_event_id={last.id}")
    assert epochs_of(rest) == list(enumerate(losses, 1))[last.data["to"]:]


def test_resumed_at_every_id_of_a_stream(server):
    """Not at random places only: after each frame's id comes exactly the next frame's epoch."""
    experiment = server.train(specs.report(1e-5, epochs=5000))["id"]
    events = server.events(experiment, "?points=all")
    pairs = epochs_of(events)
    for event in [e for e in events if e.name == "epochs"][:-1]:
        rest = epochs_of(server.events(experiment, "?points=all", last_id=event.id))
        assert rest == pairs[event.data["to"]:], event.id


def test_ids_survive_a_restart(fresh_server):
    """A reader resumes on the server's next life as if nothing had happened."""
    server = fresh_server()
    experiment = server.train(specs.report(1e-5, epochs=20000))["id"]
    pairs = list(enumerate(server.losses(experiment), 1))
    with server.stream(experiment, "?points=all") as stream:
        events, _ = stream.read_until_cut(100000)
    assert epochs_of(events)
    assert server.restart() == 0
    last_id = [event.id for event in events if event.id][-1]
    events += server.events(experiment, "?points=all", last_id=last_id)
    assert epochs_of(events) == pairs


# --- strange ids ---------------------------------------------------------------------------

STRANGE_IDS = ["", "0", "abc", "-1", "17.", ".5", "1e3", "0x11", "17.x", "1.2.3", "1.done",
               "99999.done", ".done", "+3", "١٧", "9223372036854775807", "9223372036854775808",
               "99999999999999999999999", "1.99999999999999999999", "1.18446744073709551616", "*",
               "%s%n", "\"", "<id>",
               "x" * 10240, "1" * 10240]


@pytest.mark.parametrize("event_id", STRANGE_IDS, ids=lambda text: ascii(text[:24]))
@pytest.mark.parametrize("where", ["header", "query"])
def test_strange_ids_do_no_harm(server, finished, where, event_id):
    """Garbage replays the history or is a clear error; never silence, never part of it twice."""
    experiment, losses = finished
    if where == "header":
        stream = server.stream(experiment, "?points=all", last_id=event_id)
    else:
        quoted = "".join("%%%02X" % byte for byte in event_id.encode())[:12000]
        stream = server.stream(experiment, f"?points=all&last_event_id={quoted}")
    with stream:
        assert stream.status in (200, 204, 400, 414, 431), stream.status
        if stream.status == 200:
            pairs = epochs_of(stream)
            assert pairs == list(enumerate(losses, 1))[EPOCHS - len(pairs):]
    assert server.alive()


def test_nul_in_an_id_does_no_harm(server, finished):
    reply = server.request("GET", f"/experiments/{finished[0]}/events?last_event_id=1%00")
    assert reply.status_code in (200, 204, 400)


def test_garbage_id_replays_from_the_start(server, finished):
    experiment, losses = finished
    for garbage in ("abc", "17.x", "-1"):
        events = server.events(experiment, "?points=all", last_id=garbage)
        assert epochs_of(events) == list(enumerate(losses, 1)), garbage


def test_id_of_another_experiment_does_no_harm(server, finished):
    """Its own epochs follow each other to the end, whatever the id meant elsewhere."""
    other = server.train(specs.report(1e-4, epochs=3000))["id"]
    last_id = [event.id for event in server.events(other) if event.id][-1]
    with server.stream(finished[0], "?points=all", last_id=last_id) as stream:
        assert stream.status in (200, 204)
        pairs = epochs_of(stream) if stream.status == 200 else []
    assert pairs == list(enumerate(finished[1], 1))[EPOCHS - len(pairs):]


def test_points_other_than_all_are_refused_or_known(server, finished):
    for query in ("?points=some", "?points=", "?points=-1"):
        with server.stream(finished[0], query) as stream:
            assert stream.status in (200, 400, 422), query


# --- the end -------------------------------------------------------------------------------


def test_after_the_end_comes_204(server, finished):
    """The answer at which an EventSource stops reconnecting."""
    last_id = [event.id for event in server.events(finished[0]) if event.id][-1]
    for path in (f"/experiments/{finished[0]}/events?last_event_id={last_id}",
                 f"/experiments/{finished[0]}/events?points=all&last_event_id={last_id}"):
        reply = server.request("GET", path)
        assert (reply.status_code, reply.content) == (204, b""), path
    reply = server.request("GET", f"/experiments/{finished[0]}/events",
                           headers={"Last-Event-ID": last_id})
    assert (reply.status_code, reply.content) == (204, b"")


def test_finished_experiment_replays_its_history_once(server, finished):
    """Without an id: everything from the start, the final states, and the end of the body."""
    events = server.events(finished[0])
    assert_gapless(ranges_of(events), EPOCHS)
    assert events[-1].data == {"experiment": finished[0], "state": "done", "states": {"done": 1}}


def test_runs_in_each_state_are_counted(server):
    """An experiment is done when its runs have ended; its counts say how."""
    spec = {**specs.report(1e-6, samples=2000), "sweep": {"/training/epochs": [1, 400000, 400001]}}
    experiment = server.post(spec)["id"]
    path = f"/experiments/{experiment}"
    wait_until(lambda: server.get(path)["runs"][0]["state"] == "done", 20 * server.slowness,
               "the first run")
    now = server.get(path)
    assert sum(now["states"].values()) == 3 and now["states"]["done"] == 1
    server.request("POST", path + "/cancel", headers={"Content-Type": "application/json"})
    counts = {"done": 1, "cancelled": 2}
    ended, event = server.get(path), server.events(experiment)[-1]
    rows = server.get("/experiments?limit=200")["experiments"]
    assert (ended["state"], ended["states"]) == ("done", counts)
    assert event.data == {"experiment": experiment, "state": "done", "states": counts}
    assert [row["states"] for row in rows if row["id"] == experiment] == [counts]


def test_head_of_a_stream_has_no_body(server, finished, running):
    """And the connection stays in step: a GET pipelined behind it is answered."""
    for experiment in (finished[0], running):
        with socket.create_connection(("127.0.0.1", server.port), timeout=120) as connection:
            host = f"Host: 127.0.0.1:{server.port}\r\n"
            connection.sendall(
                f"HEAD /api/v1/experiments/{experiment}/events HTTP/1.1\r\n{host}\r\n"
                f"GET /healthz HTTP/1.1\r\n{host}Connection: close\r\n\r\n".encode())
            received = b""
            while piece := connection.recv(65536):
                received += piece
        first, _, second = received.partition(b"\r\n\r\n")
        assert first.startswith(b"HTTP/1.1 200"), received
        assert b"text/event-stream" in first.lower()
        assert second.startswith(b"HTTP/1.1 200"), second[:200]
        assert b'"ok"' in second


def test_stream_of_no_experiment_is_404(server):
    with server.stream("no-such-experiment") as stream:
        assert stream.status == 404
        assert stream.headers["content-type"].startswith("application/problem+json")


def test_deleted_experiment_ends_its_streams(server):
    experiment = server.post(specs.long_run())["id"]
    stream = server.stream(experiment, seconds=15)
    assert stream.next_events()
    assert server.request("DELETE", f"/experiments/{experiment}").status_code == 204
    try:
        events = list(stream)
    except CutShort:
        events = []
    assert not any(e.name == "state" and e.data.get("state") == "done" for e in events)


# --- several readers, thinned frames -------------------------------------------------------


def assert_true_frames(events, losses):
    """Each frame tells the truth about its epochs; a thinned one keeps minimum and maximum."""
    thinned = 0
    for event in events:
        if event.name != "epochs":
            continue
        data = event.data
        if data["exact"]:
            assert data["epochs"] == list(range(data["from"], data["to"] + 1))
            assert data["loss"] == losses[data["from"] - 1:data["to"]]
            continue
        thinned += 1
        assert data["epochs"] == sorted(set(data["epochs"])) and data["epochs"][-1] == data["to"]
        begin = data["from"]
        for last, loss, low, high in zip(data["epochs"], data["loss"], data["min"], data["max"]):
            bucket = losses[begin - 1:last]
            assert (loss, low, high) == (bucket[-1], min(bucket), max(bucket)), (begin, last)
            begin = last + 1
    return thinned


def test_thinned_frames_keep_minimum_and_maximum(server):
    """A learning rate at which the loss jumps, read late: extremes must not be lost."""
    experiment = server.train(specs.report(0.005, epochs=EPOCHS))["id"]
    losses = server.losses(experiment)
    events = server.events(experiment)
    assert assert_true_frames(events, losses) > 0, "no thinned frame for a late reader"
    frames = [event.data for event in events if event.name == "epochs"]
    lowest = min(min(frame.get("min", frame["loss"])) for frame in frames)
    highest = max(max(frame.get("max", frame["loss"])) for frame in frames)
    assert (lowest, highest) == (min(losses), max(losses))
    assert sum(len(frame["loss"]) for frame in frames) < EPOCHS / 2


def test_late_reader_of_slow_training_gets_thinned_frames(server, slowly_finished):
    """Also when each commit held few epochs: what counts is how many the reader has before it."""
    events = server.events(slowly_finished[0])
    assert_gapless(ranges_of(events), 20000)
    assert assert_true_frames(events, slowly_finished[1]) > 0
    values = sum(len(event.data["loss"]) for event in events if event.name == "epochs")
    assert values < 10000, f"{values} of 20000 losses sent to a reader that came too late"


def test_two_readers_see_the_same(server):
    """One from the start, one that joins later: the same epochs with the same losses."""
    experiment = server.post(specs.report(1e-5, epochs=200000))["id"]
    early = server.stream(experiment, "?points=all")
    seen_early = early.next_events()
    late = server.stream(experiment, "?points=all")
    # Both are read all the time: a reader that stands still is cut off after a while.
    reading = threading.Thread(target=lambda: seen_early.extend(early))
    reading.start()
    seen_late = list(late)
    reading.join(60 * server.slowness)
    assert epochs_of(seen_early) == epochs_of(seen_late)
    assert len(epochs_of(seen_late)) == 200000
    assert seen_early[-1] == seen_late[-1]


def test_diverged_run_ends_its_stream(server):
    """A learning rate that explodes: finite losses only, then the state diverged."""
    spec = specs.report(0.5, epochs=1000)
    spec["network"]["layers"][0]["activation"] = "linear"
    experiment = server.post(spec)["id"]
    events = server.events(experiment)
    row = server.get(f"/experiments/{experiment}")["runs"][0]
    assert row["state"] == "diverged"
    assert row["diverged"]["epoch"] >= 1 and 0 <= row["diverged"]["sample"] < 100
    assert str(row["diverged"]["epoch"]) in row["message"]
    states = [event.data for event in events if event.name == "state"]
    assert states[-2]["state"] == "diverged"
    assert states[-1] == {"experiment": experiment, "state": "done", "states": {"diverged": 1}}
    text = server.text(f"/experiments/{experiment}/runs/0/epochs")
    assert "NaN" not in text and "Infinity" not in text
    json.loads(text)


def test_every_way_of_closing_leaves_the_server_well(server, running):
    """Reset, half-closed and silently dropped connections; the next reader is served."""
    path = f"/api/v1/experiments/{running}/events"
    for way in ("reset", "half", "close") * 5:
        stream = EventStream(server.port, path)
        assert stream.next_events()
        if way == "reset":
            stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                     b"\1\0\0\0\0\0\0\0")
        elif way == "half":
            stream.socket.shutdown(socket.SHUT_WR)
        stream.close()
    with EventStream(server.port, path) as stream:
        assert stream.next_events()
