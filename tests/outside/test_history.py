"""Bounded history: exact at first, an envelope behind it, and everything again by replay."""
import signal

import pytest

from service import JSON_TYPE, wait_until
from sse import assert_gapless, ranges_of

KEEP = 1 << 20
BUCKETS = 8192
EPOCHS = 3_000_000
ROWS = [[0, 0, 0], [0, 1, 1], [1, 0, 1], [1, 1, 0.5]]


def spec(epochs, rate=0.05, **training):
    """Four samples, a 2-2-1 network: some million epochs a second."""
    return {"name": "long", "dataset": {"kind": "table", "rows": ROWS},
            "network": {"init": {"scheme": "uniform", "seed": 3}},
            "training": {"epochs": epochs, "order": "shuffle", "seed": 7,
                         "optimizer": {"learning_rate": rate}, **training},
            "predict": [[0, 1]]}


@pytest.fixture(scope="module")
def long_run(server):
    """The id of a finished run of EPOCHS epochs."""
    return server.train(spec(EPOCHS), seconds=100)["id"]


@pytest.fixture(scope="module")
def kept(server, long_run):
    """Its epochs that are kept one by one."""
    return server.get(f"/experiments/{long_run}/runs/0/epochs?from=1&to={KEEP}")


@pytest.fixture(scope="module")
def whole(server, long_run):
    """All that is kept: the exact epochs and the envelope."""
    return server.get(f"/experiments/{long_run}/runs/0/epochs")


def run_path(experiment, rest=""):
    return f"/experiments/{experiment}/runs/0{rest}"


# --- what is kept ------------------------------------------------------------------------------


def test_limits_are_told(server):
    options = server.get("/options")
    limits = options["limits"]
    assert limits["exact_epochs"] == KEEP and limits["envelope_buckets"] == BUCKETS
    assert limits["exact_epochs_of_all_runs"] == 1 << 24 and limits["replayed_epochs"] == 100000
    field = next(f for f in options["fields"] if f["pointer"] == "/training/epochs")
    assert field["maximum"] == 10 ** 9


def test_a_short_history_is_exact(server, kept):
    assert kept["exact"] is True and "min" not in kept
    assert kept["epoch"] == list(range(1, KEEP + 1))
    assert len(kept["loss"]) == KEEP and None not in kept["loss"]


def test_behind_the_exact_epochs_stands_an_envelope(server, long_run, kept, whole):
    columns = whole
    assert columns["exact"] is False
    n = len(columns["epoch"])
    assert columns["epoch"][:KEEP] == kept["epoch"] and columns["loss"][:KEEP] == kept["loss"]
    assert columns["min"][:KEEP] == kept["loss"] and columns["max"][:KEEP] == kept["loss"]
    assert BUCKETS / 2 <= n - KEEP <= BUCKETS
    ends = columns["epoch"][KEEP:]
    strides = {b - a for a, b in zip([KEEP] + ends, ends[:-1])}
    assert strides == {256} and ends[-1] == EPOCHS  # 1,951,424 epochs in 7,623 cells
    assert all(low <= last <= high for low, last, high in
               zip(columns["min"], columns["loss"], columns["max"]))
    row = server.get(run_path(long_run))
    assert row["epoch"] == EPOCHS and row["loss"] == columns["loss"][-1]
    assert row["best_loss"] == min(columns["min"])


def test_the_envelope_is_that_of_the_losses(server, long_run, whole):
    """Buckets against the replayed losses they sum up, spikes and all."""
    columns = whole
    for place in (0, 1000, 7000):
        end = columns["epoch"][KEEP + place]
        exact = server.get(run_path(long_run, f"/epochs?from={end - 255}&to={end + 256}"))
        for half in (0, 1):
            losses = exact["loss"][256 * half:256 * half + 256]
            assert columns["min"][KEEP + place + half] == min(losses)
            assert columns["max"][KEEP + place + half] == max(losses)
            assert columns["loss"][KEEP + place + half] == losses[-1]


def test_points_thin_over_both(server, long_run, kept, whole):
    for query in ("", "/runs/0"):
        thinned = server.get(f"/experiments/{long_run}{query}/epochs?points=500")
        assert thinned["exact"] is False
        columns = thinned if query else thinned["runs"][0]
        assert 450 <= len(columns["epoch"]) <= 500 and columns["epoch"][-1] == EPOCHS
        assert columns["epoch"] == sorted(set(columns["epoch"]))
        assert max(columns["max"]) == max(whole["max"])
        assert min(columns["min"]) == min(whole["min"])
    few = server.get(run_path(long_run, f"/epochs?points=100&from=11&to=60"))
    assert few["exact"] is True and few["loss"] == kept["loss"][10:60]


def test_side_by_side_is_the_envelope_too(server, long_run, whole):
    both = server.get(f"/experiments/{long_run}/epochs?from={KEEP - 9}")
    assert both["exact"] is False
    run = both["runs"][0]
    assert run["exact"] is False
    for name in ("epoch", "loss", "min", "max"):
        assert run[name] == whole[name][KEEP - 10:]
    late = server.get(f"/experiments/{long_run}/epochs?from={EPOCHS - 1000}")["runs"][0]
    assert late["exact"] is False and late["epoch"] == whole["epoch"][-len(late["epoch"]):]
    assert 4 <= len(late["epoch"]) <= 5


def test_csv_has_extremes_only_when_it_is_not_exact(server, long_run, kept):
    text = server.text(f"/experiments/{long_run}/epochs?format=csv&from={KEEP - 4}")
    lines = text.split("\r\n")
    assert lines[0] == "epoch,run_0,run_0_min,run_0_max"
    assert lines[1].split(",") == [str(KEEP - 4)] + [repr(kept["loss"][KEEP - 5])] * 3
    assert lines[-2].startswith(f"{EPOCHS},") and len(lines[-2].split(",")) == 4
    exact = server.text(run_path(long_run, "/epochs?format=csv&from=1&to=3"))
    assert exact.startswith("epoch,loss\r\n1,")
    replayed = server.text(run_path(long_run, f"/epochs?format=csv&from={EPOCHS - 1}"))
    assert replayed.startswith(f"epoch,loss\r\n{EPOCHS - 1},") and replayed.count("\r\n") == 3


def test_a_sweep_keeps_less_of_each_run(server):
    """1024 runs share 2^24 epochs: 16,384 of each."""
    keep = (1 << 24) // 1024
    sweep = spec(keep + 1000)
    sweep["sweep"] = {"/training/optimizer/learning_rate": {"from": 1e-5, "to": 1e-3,
                                                            "steps": 1024}}
    experiment = server.post(sweep)["id"]
    wait_until(lambda: server.get(run_path(experiment))["epoch"] == keep + 1000,
               60 * server.slowness, "the first run's end")
    server.request("POST", f"/experiments/{experiment}/cancel", headers=JSON_TYPE)
    columns = server.get(run_path(experiment, "/epochs"))
    assert columns["exact"] is False
    assert columns["epoch"][keep - 1:keep + 2] == [keep, keep + 16, keep + 32]
    assert server.request("DELETE", f"/experiments/{experiment}").status_code == 204


# --- replay ------------------------------------------------------------------------------------


def test_replayed_losses_are_those_of_a_straightforward_run(server, long_run, kept):
    """Ranges inside the kept epochs are the oracle: replay must give the same bits. Behind them,
    adjacent replays must agree, and end in the run's own last loss."""
    edge = server.get(run_path(long_run, f"/epochs?from={KEEP - 50}&to={KEEP + 50}"))
    assert edge["exact"] is True and edge["epoch"] == list(range(KEEP - 50, KEEP + 51))
    assert edge["loss"][:51] == kept["loss"][KEEP - 51:]
    last = server.get(run_path(long_run, f"/epochs?from={EPOCHS - 99999}"))
    assert last["exact"] is True and len(last["loss"]) == 100000
    assert last["loss"][-1] == server.get(run_path(long_run))["loss"]
    part = server.get(run_path(long_run, f"/epochs?from={EPOCHS - 500}&to={EPOCHS - 400}"))
    assert part["loss"] == last["loss"][-501:-400]


def test_too_long_a_range_is_refused_by_name(server, long_run):
    reply = server.request("GET", run_path(long_run, f"/epochs?from={KEEP}&to={KEEP + 100000}"))
    assert reply.status_code == 422
    detail = reply.json()["detail"]
    assert f"epochs {KEEP} to {KEEP + 100000}" in detail and "100000" in detail


@pytest.mark.parametrize("epoch", [0, 1, 4321, KEEP, 2_345_678, EPOCHS])
def test_parameters_at_any_epoch_are_those_of_a_run_that_ends_there(server, long_run, epoch):
    parameters = server.get(run_path(long_run, f"/parameters?epoch={epoch}"))
    assert parameters.pop("epoch") == epoch
    if epoch == 0:
        shorter = server.post(spec(1))["id"]
        first = server.get(run_path(server.wait(shorter)["id"], "/parameters?epoch=0"))
        assert parameters == {k: v for k, v in first.items() if k != "epoch"}
        return
    shorter = server.train(spec(epoch), seconds=60)["id"]
    assert parameters == server.get(run_path(shorter))["parameters"]


def test_parameters_of_an_epoch_not_reached_are_refused(server, long_run):
    for query in (f"?epoch={EPOCHS + 1}", "?epoch=-1", "?epoch=x"):
        assert server.request("GET", run_path(long_run, "/parameters" + query)).status_code == 400
    assert server.get(run_path(long_run, "/parameters"))["epoch"] == EPOCHS
    assert server.request("GET", f"/experiments/{long_run}/runs/1/parameters").status_code == 404


def test_a_diverged_run_replays_its_whole_epochs(server):
    """Its last checkpoint is in the middle of an epoch, so it must not serve."""
    experiment = server.train(spec(5000, rate=4.0))
    row = experiment["runs"][0]
    assert row["state"] == "diverged" and row["epoch"] >= 1
    shorter = server.train(spec(row["epoch"], rate=4.0))
    at_end = server.get(run_path(experiment["id"], f"/parameters?epoch={row['epoch']}"))
    expected = server.get(run_path(shorter["id"]))["parameters"]
    assert {k: v for k, v in at_end.items() if k != "epoch"} == expected


# --- interrupted, watched, bounded -------------------------------------------------------------


def test_killed_in_the_envelope_phase_it_ends_the_same(server, fresh_server, long_run):
    interrupted = fresh_server()
    experiment = interrupted.post(spec(EPOCHS))["id"]

    def epoch():
        return interrupted.get(run_path(experiment))["epoch"]

    for reached in (KEEP + 1, KEEP + 600_000):
        wait_until(lambda: epoch() >= reached, 60 * interrupted.slowness, f"epoch {reached}")
        assert interrupted.restart(signal.SIGKILL) == -signal.SIGKILL
    interrupted.wait(experiment, 60)
    for rest in ("/epochs?points=20000", f"/epochs?from={EPOCHS - 3000}&to={EPOCHS - 2000}",
                 "/parameters?epoch=2000000"):
        assert interrupted.get(run_path(experiment, rest)) == server.get(run_path(long_run, rest))
    mine, theirs = (s.get(run_path(e)) for s, e in ((interrupted, experiment), (server, long_run)))
    for name in ("loss", "first_loss", "best_loss", "best_epoch", "parameters", "predictions"):
        assert mine[name] == theirs[name], name


def test_a_hundred_million_epochs_are_watched_cancelled_and_small(fresh_server):
    server = fresh_server(workers=1)
    experiment = server.post(spec(100_000_000))["id"]
    with server.stream(experiment, seconds=60) as stream:
        events, reached = [], 0
        while reached < KEEP + 3_000_000:
            new = stream.next_events()
            assert new, "the stream ended although the run goes on"
            events += new
            reached = max([reached] + [e.data["to"] for e in new if e.name == "epochs"])
    assert "reset" not in {event.name for event in events}
    assert_gapless(ranges_of(events), reached)
    late = [e for e in events if e.name == "epochs" and e.data["from"] > KEEP]
    assert late and all(e.data["exact"] is False and
                        len(e.data["epochs"]) == len(e.data["min"]) == len(e.data["max"])
                        for e in late)

    reply = server.request("POST", f"/experiments/{experiment}/cancel", headers=JSON_TYPE)
    assert reply.status_code == 202
    row = server.get(run_path(experiment))
    assert row["state"] == "cancelled" and row["epoch"] >= reached
    n_bytes = sum(path.stat().st_size for path in server.data.iterdir())
    print(f"\n{row['epoch']} epochs: {n_bytes} bytes of database")
    # 8 MiB of losses, the envelope's 2 x 8192 buckets of 40 bytes, checkpoints, and as much again
    # for the write-ahead log and pages that wait to be used anew.
    assert n_bytes < 32 * 1024 * 1024
    late = server.get(f"/experiments/{experiment}/epochs?from={KEEP + 1}")["runs"][0]
    assert len(late["epoch"]) <= BUCKETS and late["epoch"][-1] == row["epoch"]


def test_a_stream_resumes_in_the_envelope_or_is_told(fresh_server):
    """Cut after every few frames, and once left alone until what it read was merged."""
    server = fresh_server(workers=1)
    experiment = server.post(spec(100_000_000))["id"]
    wait_until(lambda: server.get(run_path(experiment))["epoch"] > KEEP + 100_000,
               60 * server.slowness, "the envelope")
    last_id, events, old_id = None, [], None
    for _ in range(6):
        with server.stream(experiment, last_id=last_id, seconds=60) as stream:
            fresh = stream.next_events() + stream.next_events()
        events += fresh
        last_id = next(e.id for e in reversed(fresh) if e.id)
        frames = [e for e in fresh if e.name == "epochs"]
        if old_id is None and frames and frames[-1].data["from"] > KEEP:
            old_id = frames[-1].id
    while events[-1].name != "epochs" or events[-1].data["to"] < KEEP + 100_000:
        with server.stream(experiment, last_id=last_id, seconds=60) as stream:
            fresh = stream.next_events()
        events += fresh
        last_id = next(e.id for e in reversed(fresh) if e.id)
    resets = [i for i, e in enumerate(events) if e.name == "reset"]
    begun_anew = events[resets[-1]:] if resets else events
    ranges = ranges_of(begun_anew)
    assert_gapless(ranges, ranges[-1][1])

    stale = last_id
    wait_until(lambda: server.get(run_path(experiment))["epoch"] > KEEP + 12_000_000,
               90 * server.slowness, "merging")
    with server.stream(experiment, last_id=stale, seconds=60) as stream:
        events = stream.next_events()
    assert events[0].name == "reset", events[0]
    first = next(e for e in events if e.name == "epochs")
    assert first.data["from"] == 1
    server.request("POST", f"/experiments/{experiment}/cancel", headers=JSON_TYPE)
