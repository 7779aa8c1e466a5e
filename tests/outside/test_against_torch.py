"""Losses and parameters against PyTorch's, for every optimizer, loss, batch size and option: the
values stored in tests/golden/torch.json, and where PyTorch is installed its own, live.

Both compute in float64, in another order of operations: 200 epochs later they differ by some last
bits, amplified by as much as a training amplifies anything."""
import importlib.util
import json
import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "golden"))
import torch_training  # noqa: E402

CASES = torch_training.cases()
STORED = {case["name"]: case
          for case in json.loads((ROOT / "tests/golden/torch.json").read_text())["cases"]}
LIVE = list(CASES)[::9] if importlib.util.find_spec("torch") else []

# What 200 epochs make of a difference in the last bit of a sum; most cases stay below 1e-13.
TOLERANCE = 1e-10

# Two are so sensitive that PyTorch's own results change by more when one start weight is moved to
# the next double: by 1.4e-8 (a velocity that keeps crossing the kink of the absolute error) and by
# 2.9e-10 (Adagrad's first step divides a slope near 0 by itself).
SENSITIVE = {"momentum, elu, gelu, mae, batches of 1": 2e-8,
             "adagrad, elu, gelu, mse, batches of 12": 5e-10}


def values(result):
    """All numbers of a list of lists of lists."""
    if isinstance(result, list):
        return [number for item in result for number in values(item)]
    return [result]


def distance(got, expected):
    """The greatest difference, seen against the number or, for small ones, against a hundredth:
    a weight that passes through 0 has no relative accuracy there."""
    assert len(got) == len(expected)
    return max(abs(a - b) / max(abs(b), 1e-2) for a, b in zip(got, expected))


@pytest.fixture(scope="module")
def trained(server):
    """Every case trained by the server: its losses, weights and biases by name."""
    ids = {name: server.post(spec)["id"] for name, spec in CASES.items()}
    results = {}
    for name, id in ids.items():
        assert server.wait(id)["runs"][0]["state"] == "done", name
        results[name] = {"losses": server.losses(id),
                         **server.get(f"/experiments/{id}/runs/0")["parameters"]}
    return results


def compare(got, expected, losses):
    return {"losses": distance(losses, expected["losses"]),
            "weights": distance(values(got["weights"]), values(expected["weights"])),
            "biases": distance(values(got["biases"]), values(expected["biases"]))}


def test_every_stored_case_is_still_made(trained):
    assert list(STORED) == list(CASES)


@pytest.mark.parametrize("name", CASES)
def test_training_is_pytorchs(trained, name):
    got = trained[name]
    found = compare(got, STORED[name], got["losses"][9::10])
    assert max(found.values()) <= SENSITIVE.get(name, TOLERANCE), found


@pytest.mark.parametrize("name", LIVE)
def test_training_is_that_of_the_pytorch_installed_here(trained, name):
    got = trained[name]
    found = compare(got, torch_training.train(CASES[name]), got["losses"])
    assert max(found.values()) <= SENSITIVE.get(name, TOLERANCE), found


def test_the_comparison_sees_a_wrong_number(trained):
    """Of another optimizer, or of the next epoch: far beyond the tolerance."""
    one = "adam, tanh, mse, batches of 5"
    expected = STORED[one]
    assert compare(trained["adamw, tanh, mse, batches of 5"], expected,
                   trained[one]["losses"][9::10])["weights"] > 1e-4
    assert distance(trained[one]["losses"][10::10], expected["losses"][1:]) > 1e-6
