"""Streams cut at random bytes and resumed: the union is exactly 1..n.

$CUTS says how many cuts (make cuts: 1000); some otherwise. $SEED chooses the bytes."""
import os
import random

import pytest

import specs
from sse import assert_gapless, epochs_of, ranges_of, read_with_cuts

CUTS = int(os.environ.get("CUTS", "60"))
SEED = int(os.environ.get("SEED", "1"))
EPOCHS = 60000


@pytest.fixture(scope="module")
def finished(server):
    experiment = server.train(specs.report(1e-5, epochs=EPOCHS))["id"]
    return experiment, list(enumerate(server.losses(experiment), 1))


def lossless(server, experiment, pairs, generator):
    """Cut every few frames."""
    events, connections = read_with_cuts(server, experiment, "?points=all", generator, 60000)
    assert epochs_of(events) == pairs
    return connections - 1


def thinned(server, experiment, pairs, generator):
    events, connections = read_with_cuts(server, experiment, "", generator, 20000)
    assert_gapless(ranges_of(events), len(pairs))
    return connections - 1


def live(server, _, __, generator):
    """Cut while the run is being trained; what was read is compared with the table afterwards."""
    experiment = server.post(specs.report(1e-5, epochs=20000, samples=500))["id"]
    events, connections = read_with_cuts(server, experiment, "?points=all", generator, 30000)
    assert epochs_of(events) == list(enumerate(server.losses(experiment), 1))
    assert server.request("DELETE", f"/experiments/{experiment}").status_code == 204
    return connections - 1


def test_every_epoch_comes_once_however_often_the_stream_is_cut(server, finished):
    generator, ways = random.Random(SEED), (lossless, thinned, live)
    n_cuts = dict.fromkeys(ways, 0)
    while sum(n_cuts.values()) < CUTS or not all(n_cuts.values()):
        for way in ways:
            n_cuts[way] += way(server, *finished, generator)
    print(", ".join(f"{n} cuts of {way.__name__} streams" for way, n in n_cuts.items()),
          f"(seed {SEED}): every epoch once")
