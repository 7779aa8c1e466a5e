"""The two arithmetics: a fast run has fused bits, computed here by exact fractions, and says so."""
import json
import struct
from fractions import Fraction

import notebook
import specs

ARITHMETIC = "/training/arithmetic"
EPOCHS = 12


def bits(values):
    return [struct.pack(">d", value).hex() for value in values]


def exact(server, path):
    """JSON with every number a double, also one that was printed without a point."""
    return json.loads(server.text(path), parse_int=float)


def fused(a, b, c):
    """a * b + c, rounded once: a fraction becomes the nearest double."""
    return float(Fraction(a) * Fraction(b) + Fraction(c))


def unfused(a, b, c):
    return a * b + c


def train(rows, start, rate, multiply_add):
    """The notebook's loop, each product that is added to a sum taken by multiply_add."""
    w1, w2, w3, w4, w5, w6, b1, b2, b3 = start
    losses = []
    for _ in range(EPOCHS):
        total = 0.0
        for x, z, y in rows:
            u = multiply_add(w2, z, w1 * x) + b1
            v = multiply_add(w4, z, w3 * x) + b2
            h, g = max(u, 0.0), max(v, 0.0)
            e = y - (multiply_add(w6, g, w5 * h) + b3)
            total += e * e
            c = rate * e
            c1, c2 = (c * w5 if u > 0 else 0.0), (c * w6 if v > 0 else 0.0)
            w5, w6 = multiply_add(c, h, w5), multiply_add(c, g, w6)
            b3 += c
            w1, w2, b1 = multiply_add(c1, x, w1), multiply_add(c1, z, w2), b1 + c1
            w3, w4, b2 = multiply_add(c2, x, w3), multiply_add(c2, z, w4), b2 + c2
        losses.append(total / len(rows))
    return losses, [w1, w2, w3, w4, w5, w6, b1, b2, b3]


def test_each_arithmetic_has_the_bits_of_its_own_python_loop(server):
    spec = {**specs.report(epochs=EPOCHS), "sweep": {ARITHMETIC: ["exact", "fast"]}}
    experiment = server.train(spec)
    rows = [tuple(map(float, row)) for row in notebook.dataset()]
    results = []
    for run, multiply_add in enumerate([unfused, fused]):
        path = f"/experiments/{experiment['id']}/runs/{run}"
        losses, parameters = train(rows, notebook.BASE, 0.0004, multiply_add)
        named = exact(server, path)["parameters"]["named"]
        assert bits(exact(server, f"{path}/epochs")["loss"]) == bits(losses)
        assert bits(named[name] for name in specs.NAMES) == bits(parameters)
        results.append(bits(losses))
    assert results[0] != results[1]


def test_every_record_of_a_run_names_its_arithmetic(server):
    both = server.train({**specs.report(epochs=2), "sweep": {ARITHMETIC: ["fast", "exact"]}})
    rows = server.get(f"/experiments/{both['id']}")["runs"]
    assert [row["arithmetic"] for row in rows] == ["fast", "exact"]
    assert [row["overrides"] for row in rows] == [{ARITHMETIC: "fast"}, {ARITHMETIC: "exact"}]
    assert server.get(f"/experiments/{both['id']}/runs/0")["arithmetic"] == "fast"
    left_out = server.train(specs.report(epochs=2))
    assert left_out["runs"][0]["arithmetic"] == "exact"
    assert left_out["spec"]["training"]["arithmetic"] == "exact"


def test_fast_runs_have_the_same_bits_in_any_company(server):
    """Alone, and beside fifteen others, one of which diverges and makes room."""
    rates = [1e-5 * (1 + i) for i in range(15)] + [1e60]
    fast = specs.sweep(rates, epochs=EPOCHS)
    fast["training"]["arithmetic"] = "fast"
    together = server.train(fast)
    assert [run["state"] for run in together["runs"]] == ["done"] * 15 + ["diverged"]
    for run in (0, 7, 14):
        alone = specs.report(rates[run], epochs=EPOCHS)
        alone["training"]["arithmetic"] = "fast"
        single = server.train(alone)
        assert bits(exact(server, f"/experiments/{single['id']}/runs/0/epochs")["loss"]) == \
            bits(exact(server, f"/experiments/{together['id']}/runs/{run}/epochs")["loss"])
