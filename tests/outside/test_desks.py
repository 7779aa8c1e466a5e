"""What is only read is answered while much that must be computed waits for its turn."""
import json
import re

from service import JSON_TYPE
from wire import Wire

N_LONG = 30
DATA = {"dataset": {"kind": "moons", "samples": 3000}, "cache": False,
        "network": {"layers": [{"units": 8, "activation": "tanh"}, {"units": 1}]}}


def n_waiting(server):
    metrics = server.request("GET", "//metrics").text
    return int(re.search(r"^http_desk_waiting (\d+)$", metrics, re.M)[1])


def test_plain_requests_are_answered_before_the_landscapes_that_came_first(server):
    made = server.train({**DATA, "training": {"epochs": 3}})
    server.explained(made["id"])
    here = f"/experiments/{made['id']}"
    wires = [Wire(server.port, 120 * server.slowness) for _ in range(N_LONG)]
    for wire in wires:
        wire.ask("GET", f"/api/v1{here}/runs/0/landscape?points=201")
    for path in ["/experiments", here, f"{here}/runs/0", f"{here}/runs/0/epochs?points=10",
                 f"{here}/runs/0/verdicts", f"{here}/runs/0/parameters", f"{here}/dataset",
                 "/datasets", "/presets", "//readyz"]:
        assert server.request("GET", path).status_code == 200
        assert n_waiting(server) > 0, path  # it overtook some of those that were there before it
    posted = server.request("POST", "/experiments", headers=JSON_TYPE,
                            data=json.dumps({"preset": "lr_1e-4"}))
    assert posted.status_code == 201 and n_waiting(server) > 0
    for wire in wires:
        assert wire.reply().status == 200
        wire.close()
