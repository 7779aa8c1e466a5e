"""kill -9 at random moments under load: nothing that was answered is lost, no bit is changed.

$KILLS says how many (make crash: 200); a few otherwise. $SEED chooses the moments."""
import json
import os
import random
import signal
import threading
import time

import pytest
import requests

import specs
from interruptions import check_store, results
from service import JSON_TYPE, build_slowness
from sse import CutShort, assert_gapless, epochs_of, ranges_of

KILLS = int(os.environ.get("KILLS", "5"))
SEED = int(os.environ.get("SEED", "1"))
EPOCHS = 12000
UNENDED_MAX = 6  # experiments at a time, so that the last kill is soon followed by the end


def choices(options, pointer):
    return next(field["choices"] for field in options["fields"] if field["pointer"] == pointer)


def kinds(options):
    """Specs of every optimizer and order there is, in several batch sizes and reductions; sweeps
    in lockstep, runs that are watched and stopped, and runs that diverge among them."""
    made = []
    for number, (optimizer, order) in enumerate(
            (optimizer, order) for optimizer in choices(options, "/training/optimizer/name")
            for order in choices(options, "/training/order")):
        spec = specs.report(1e-5, epochs=EPOCHS, samples=400)
        spec["training"]["optimizer"]["name"] = optimizer
        spec["training"].update(order=order, batch_size=(1, 7, 400)[number % 3])
        if number % 2:
            spec["training"]["reduction"] = "sum"
        made.append(spec)
    made.append(specs.sweep([1e-5, 1e-6, 3e-6, 1e-7], samples=300, epochs=EPOCHS // 2))
    shuffled = specs.sweep([1e-5, 2e-6], samples=300, epochs=EPOCHS // 2)
    shuffled["training"].update(order="shuffle", batch_size=16, seed=7)
    made.append(shuffled)
    wide = specs.report(1e-6, epochs=EPOCHS // 10, samples=200)
    wide["network"] = {"layers": [{"units": 17, "activation": "tanh"},
                                  {"units": 1, "activation": "linear"}],
                       "init": {"scheme": "normal", "seed": 3}}
    made.append(wide)
    watched = specs.sweep([1e-5, 2e-6], samples=400, epochs=EPOCHS // 2)
    watched["dataset"]["split"] = {"train": 0.7, "validation": 0.3, "seed": 2}
    watched["training"].update(record=["end_loss"], stop={"patience": 300, "min_delta": 1e-6})
    made.append(watched)
    diverging = specs.report(0.5)
    diverging["network"]["layers"][0]["activation"] = "linear"
    made.append(diverging)
    return made


class Load:
    """Clients that post, list and read until the server is killed, and remember its answers."""

    def __init__(self, server, made, generator):
        self.server, self.made, self.generator = server, made, generator
        self.acknowledged = {}  # id -> which spec, since its 201
        self.n_frames = 0
        self.failure = None

    def post_and_ask(self):
        """A session of its own: the server's is closed by the kill."""
        experiments = f"{self.server.url}/api/v1/experiments"
        listed = self.session.get(experiments + "?limit=200", timeout=120).json()["experiments"]
        if sum(row["state"] != "done" for row in listed) >= UNENDED_MAX:
            return
        kind = self.generator.randrange(len(self.made))
        spec = {**self.made[kind], "cache": self.generator.random() < 0.25}
        reply = self.session.post(experiments, data=json.dumps(spec),
                                  headers=JSON_TYPE, timeout=120)
        assert reply.status_code == 201, reply.text
        self.acknowledged[reply.json()["id"]] = kind

    def read(self):
        for experiment in list(self.acknowledged)[-2:]:
            with self.server.stream(experiment, seconds=5) as stream:
                for event in stream:
                    self.n_frames += event.name == "epochs"

    def go_on(self, action):
        """Does it again and again until the server is gone."""
        try:
            while not self.is_over:
                action()
        except (requests.RequestException, OSError, CutShort):
            pass  # the server was killed; that it was the kill is checked by who killed it
        except Exception as error:  # noqa: BLE001 (told in the main thread)
            self.failure = error

    def until_killed(self, seconds):
        """Load for so long, then the kill."""
        self.is_over, self.session = False, requests.Session()
        self.session.trust_env = False
        threads = [threading.Thread(target=self.go_on, args=(action,))
                   for action in (self.post_and_ask, self.read)]
        for thread in threads:
            thread.start()
        killed = threading.Event()
        killed.wait(seconds)  # the moment is what is being tested; nothing waits for it
        assert self.server.alive(), self.server.stderr()
        code = self.server.stop(signal.SIGKILL)
        self.is_over = True
        for thread in threads:
            thread.join(60)
            assert not thread.is_alive(), "a client hangs although the server is gone"
        assert code == -signal.SIGKILL and self.failure is None, (code, self.failure)


@pytest.fixture(scope="module")
def undisturbed(server):
    """The specs and what each comes to without a break."""
    made = kinds(server.get("/options"))
    created = [server.post(spec)["id"] for spec in made]
    wanted = []
    for experiment in created:
        states = [row["state"] for row in server.wait(experiment)["runs"]]
        assert set(states) <= {"done", "diverged"}, states
        wanted.append((states, results(server, experiment)))
    assert any("diverged" in states for states, _ in wanted)
    return made, wanted


def test_nothing_is_lost_or_changed_by_kills_under_load(fresh_server, undisturbed, tmp_path):
    made, wanted = undisturbed
    server, generator = fresh_server(), random.Random(SEED)
    load = Load(server, made, generator)
    n_under_way, began = 0, time.monotonic()
    for number in range(KILLS):
        load.until_killed(generator.uniform(0.02, 0.8) * build_slowness())
        missing = set(load.acknowledged) - check_store(server, tmp_path / "copy")
        assert not missing, f"kill {number + 1}: {missing} were answered with 201 and are gone"
        server.start()
        n_under_way += any(row["state"] != "done" for row in
                           server.get("/experiments?limit=200")["experiments"])
    assert n_under_way > KILLS / 2, "most kills met a server with nothing to do"
    for experiment, kind in load.acknowledged.items():
        states = [row["state"] for row in server.wait(experiment, 120)["runs"]]
        assert (states, results(server, experiment)) == wanted[kind], (experiment, made[kind])
        events = server.events(experiment, "?points=all")
        for run in range(len(states)):
            assert_gapless(ranges_of(events, run), len(epochs_of(events, run)))
    print(f"{KILLS} kills in {time.monotonic() - began:.0f} s (seed {SEED}), {n_under_way} while"
          f" runs were under way; {len(load.acknowledged)} experiments of {len(made)} kinds, each"
          f" as if undisturbed; {load.n_frames} frames read meanwhile")
