"""Start values by every scheme, against NumPy: its draws, the papers' formulas, its own QR."""
import math

import numpy as np
import pytest

SHAPE = [(2, 8), (8, 3), (3, 5), (5, 1)]  # inputs, units
NETWORK = {"layers": [{"units": units, "activation": "tanh"} for _, units in SHAPE]}


def start(server, init):
    """The weights [units][inputs] and biases of each layer, before the first update."""
    experiment = server.post({"dataset": {"kind": "moons", "samples": 4},
                              "network": {**NETWORK, "init": init}, "training": {"epochs": 1}})
    got = server.get(f"/experiments/{experiment['id']}/runs/0/parameters?epoch=0")
    return [np.array(weights) for weights in got["weights"]], got["biases"]


def orthogonal(state, n, m):
    """torch.nn.init.orthogonal_: Q of normal draws, with the signs that make R's diagonal positive."""
    draws = state.randn(m, n)
    q, r = np.linalg.qr(draws.T if m < n else draws)
    q = q * np.sign(np.diag(r))
    return q.T if m < n else q


SCHEMES = {
    "he_normal": lambda state, n, m: state.normal(0, math.sqrt(2 / n), (m, n)),
    "he_uniform": lambda state, n, m: state.uniform(-math.sqrt(6 / n), math.sqrt(6 / n), (m, n)),
    "glorot_normal": lambda state, n, m: state.normal(0, math.sqrt(2 / (n + m)), (m, n)),
    "glorot_uniform": lambda state, n, m: state.uniform(-math.sqrt(6 / (n + m)),
                                                        math.sqrt(6 / (n + m)), (m, n)),
    "lecun_normal": lambda state, n, m: state.normal(0, math.sqrt(1 / n), (m, n)),
    "lecun_uniform": lambda state, n, m: state.uniform(-math.sqrt(3 / n), math.sqrt(3 / n), (m, n)),
    "orthogonal": orthogonal,
}


def close(got, expected):
    """A normal draw's logarithm is not NumPy's to the last bit; LAPACK's QR rounds otherwise."""
    np.testing.assert_allclose(got, expected, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_weights_are_as_the_formula_says(server, scheme):
    for seed in (0, 42, 2**32 - 1):
        weights, biases = start(server, {"scheme": scheme, "seed": seed, "bias": 0.25})
        state = np.random.RandomState(seed)
        for (n, m), got in zip(SHAPE, weights):
            close(got, SCHEMES[scheme](state, n, m))
        assert biases == [[0.25] * m for _, m in SHAPE]


def test_each_layer_has_a_scheme_of_its_own(server):
    layers = [{"scheme": "he_uniform"}, {"scheme": "orthogonal", "gain": 3, "bias": 1},
              {"scheme": "zeros"}, {"scheme": "normal", "mean": 1, "sd": 2}]
    weights, biases = start(server, {"scheme": "layers", "layers": layers, "seed": 8})
    state = np.random.RandomState(8)
    close(weights[0], SCHEMES["he_uniform"](state, *SHAPE[0]))
    close(weights[1], 3 * orthogonal(state, *SHAPE[1]))
    assert (weights[2] == 0).all()
    close(weights[3], state.normal(1, 2, (1, 5)))
    assert biases == [[0] * 8, [1] * 3, [0] * 5, [0]]


def test_orthogonal_is_orthonormal_to_the_last_bits(server):
    """Products of up to 256 terms of about 1/16 each round to within 256 ulp of 1/256."""
    experiment = server.post({
        "dataset": {"kind": "table", "rows": [[0] * 256 + [1]]},
        "network": {"layers": [{"units": 256}, {"units": 100}, {"units": 1}],
                    "init": {"scheme": "orthogonal", "seed": 4}}, "training": {"epochs": 1}})
    got = server.get(f"/experiments/{experiment['id']}/runs/0/parameters?epoch=0")
    for weights in map(np.array, got["weights"]):
        product = weights @ weights.T
        np.testing.assert_allclose(product, np.eye(len(product)), rtol=0, atol=256 * 2**-52)
