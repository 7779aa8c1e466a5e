"""Streams of more epochs than anybody could draw: bounded, true, and nothing of them lost."""
import concurrent.futures
import random

import pytest

import specs
from sse import assert_gapless, epochs_of, read_with_cuts

RUNS, EPOCHS = 1024, 9000


def wide_sweep(runs, epochs):
    """Many short runs, trained in a moment: two samples each."""
    spec = specs.report(epochs=epochs, samples=2)
    spec["sweep"] = {specs.RATE: {"from": 1e-6, "to": 1e-2, "steps": runs, "scale": "log"}}
    return spec


def by_run(events):
    runs = {}
    for event in events:
        if event.name == "epochs":
            runs.setdefault(event.data["run"], []).append(event.data)
    return runs


def check_run(frames, row, epochs):
    """Every epoch once, and the extremes and the last loss as the table has them."""
    assert_gapless([(frame["from"], frame["to"]) for frame in frames], epochs)
    assert min(min(frame.get("min", frame["loss"])) for frame in frames) == row["min"][0]
    assert max(max(frame.get("max", frame["loss"])) for frame in frames) == row["max"][0]
    assert frames[-1]["loss"][-1] == row["loss"][0]


@pytest.fixture(scope="module")
def sweep(server):
    """A finished sweep: its id, and each run's extremes and last loss."""
    experiment = server.train(wide_sweep(RUNS, EPOCHS))["id"]
    return experiment, server.get(f"/experiments/{experiment}/epochs?points=1")["runs"]


def test_late_reader_of_a_wide_sweep_gets_a_bounded_stream(server, sweep):
    """200 buckets a run of about 60 bytes, where every loss would be 220 MB."""
    with server.stream(sweep[0]) as stream:
        frames = by_run(stream)
        n_bytes = stream.body_bytes
    assert n_bytes < RUNS * 200 * 75, f"{n_bytes} bytes"
    assert sorted(frames) == list(range(RUNS))
    for run, of_run in frames.items():
        check_run(of_run, sweep[1][run], EPOCHS)
        assert 200 <= sum(len(frame["epochs"]) for frame in of_run) < 250, run


def test_bounded_stream_survives_cuts(server, sweep):
    """What is read after a break is thinned for itself; it joins all the same."""
    events, connections = read_with_cuts(server, sweep[0], "", random.Random(3), 1_000_000)
    assert connections > 10
    for run, of_run in by_run(events).items():
        check_run(of_run, sweep[1][run], EPOCHS)


def test_nothing_is_lost_behind_the_catch_up(server):
    """A reader from the start, while runs come faster than it may have them."""
    runs, epochs = 160, 20000
    experiment = server.post(wide_sweep(runs, epochs))["id"]
    frames = by_run(server.events(experiment))
    rows = server.get(f"/experiments/{experiment}/epochs?points=1")["runs"]
    assert sorted(frames) == list(range(runs))
    for run, of_run in frames.items():
        check_run(of_run, rows[run], epochs)


def test_live_stream_of_a_fast_run_is_bounded(server):
    """Buckets grow with the run: at most 2000 for what is new, and fewer the longer it has run."""
    experiment = server.post(specs.report(1e-5, epochs=1_000_000))["id"]
    frames = by_run(server.events(experiment))[0]
    row = server.get(f"/experiments/{experiment}/runs/0/epochs?points=1")
    check_run(frames, row, 1_000_000)
    # The first 10,000 one by one if they come slowly, then 2000 times the logarithm of a hundred.
    assert sum(len(frame["epochs"]) for frame in frames) < 20000


def test_readers_side_by_side_get_every_loss_of_a_fast_run(server):
    """What was printed for one of them is said again to the others."""
    experiment = server.post(specs.report(1e-5, epochs=100_000))["id"]
    with concurrent.futures.ThreadPoolExecutor(6) as threads:
        told = list(threads.map(lambda _: server.events(experiment, "?points=all"), range(6)))
    losses = list(enumerate(server.losses(experiment), 1))
    for events in told:
        assert epochs_of(events) == losses
