"""Networks so large that one batch takes long: the server stays prompt all the same."""
import resource
import signal
import time

import specs
from service import wait_until


def heavy(rates=(1e-6,)):
    """A batch of about half a second or more, for a million parameters."""
    features = {f"x{i}": "rand()" for i in range(1, 1001)}
    return {"dataset": {"samples": 600, "features": features, "target": "x1"},
            "network": {"layers": [{"units": 998, "activation": "tanh"}, {"units": 1}],
                        "init": {"scheme": "uniform"}},
            "training": {"batch_size": 600, "epochs": 1000},
            "sweep": {"/training/optimizer/learning_rate": list(rates)}}


def test_a_stop_does_not_wait_for_a_long_batch(fresh_server):
    """Exit 0 within the two seconds that a stop may take, and the runs go on at the next start."""
    server = fresh_server(workers=2)
    experiment = server.post(heavy([1e-6, 1e-7, 1e-8]))["id"]
    wait_until(lambda: server.get(f"/experiments/{experiment}")["state"] == "running",
               20 * server.slowness, "the first run")
    begun = time.monotonic()
    assert server.stop(signal.SIGTERM) == 0
    assert time.monotonic() - begun < 2 * server.slowness
    server.start()
    assert server.get(f"/experiments/{experiment}")["state"] in ("queued", "running")
    assert server.request("DELETE", f"/experiments/{experiment}").status_code == 204


def test_a_small_experiment_passes_a_heavy_sweep(fresh_server):
    """It waits for a batch or two, not for the runs of others."""
    server = fresh_server(workers=2)
    experiment = server.post(heavy([10.0 ** -e for e in range(1, 16)]))["id"]
    wait_until(lambda: server.get(f"/experiments/{experiment}")["state"] == "running",
               20 * server.slowness, "the first run")
    begun = time.monotonic()
    server.train(specs.report(epochs=1000))
    assert time.monotonic() - begun < 15 * server.slowness
    assert server.request("DELETE", f"/experiments/{experiment}").status_code == 204


def test_a_full_disk_at_a_claim_loses_no_run(fresh_server):
    """The only worker is in a long batch while runs are queued and the disk fills; when there is
    room again they train, without a restart."""
    server = fresh_server(workers=1)
    first = server.post(heavy())["id"]
    wait_until(lambda: server.get(f"/experiments/{first}")["state"] == "running",
               20 * server.slowness, "the first run")
    waiting = server.post(specs.sweep([1e-6 * i for i in range(1, 41)], epochs=20))["id"]
    _, hard = resource.prlimit(server.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (1, hard))
    wait_until(lambda: server.request("GET", "//readyz").status_code == 503,
               60 * server.slowness, "a write that fails")
    assert server.get(f"/experiments/{waiting}")["state"] == "queued"
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (hard, hard))
    assert server.request("DELETE", f"/experiments/{first}").status_code == 204
    assert server.wait(waiting)["state"] == "done"
    states = {row["state"] for row in server.get(f"/experiments/{waiting}")["runs"]}
    assert states == {"done"}
