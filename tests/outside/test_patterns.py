"""The data sets known by name, against their definitions written with NumPy, and against
scikit-learn's own where it is installed."""
import importlib.util

import numpy as np
import pytest

import core_probe

SEEDS = [0, 7, 134551, 2**32 - 1]
SIZES = [2, 3, 10, 101, 500]


def pattern(kind, n, seed, noise=0, factor=0.8, classes=2, sd=1, slope=2, intercept=1, one_hot=0):
    answer, = core_probe.ask([f"pattern {kind} {n} {seed} {noise} {factor} {classes} {sd} {slope} "
                              f"{intercept} {one_hot}"])
    return np.array(core_probe.floats(answer.removeprefix("= "))).reshape(n, -1)


def close(got, expected):
    """Equal but for a few last bits: those of sine, cosine and logarithm, and of a product or two
    with them; near a sum of 0 they are seen against the size of its terms, at most 20."""
    assert got.shape == expected.shape
    np.testing.assert_allclose(got, expected, rtol=4e-15, atol=2e-14)


def shuffled(x, y, noise, state):
    order = state.permutation(len(y))
    return np.column_stack([x[order] + noise * state.randn(len(y), 2), y[order]])


def xor(n, seed, noise=0):
    state = np.random.RandomState(seed)
    x = state.uniform(-5, 5, (n, 2))
    x += np.where(x > 0, 0.3, -0.3)
    y = (x[:, 0] > 0) != (x[:, 1] > 0)
    return np.column_stack([x + noise * state.randn(n, 2), y])


def spirals(n, seed, noise=0):
    first = n // 2
    t = np.concatenate([np.arange(first) / max(first, 1), np.arange(n - first) / (n - first)])
    angle = 2 * np.pi * 1.75 * t + np.where(np.arange(n) < first, 0, np.pi)
    x = np.column_stack([5 * t * np.sin(angle), 5 * t * np.cos(angle)])
    return shuffled(x, np.arange(n) < first, noise, np.random.RandomState(seed))


def circles(n, seed, noise=0, factor=0.8):
    outer = np.linspace(0, 2 * np.pi, n // 2, endpoint=False)
    inner = np.linspace(0, 2 * np.pi, n - n // 2, endpoint=False)
    x = np.vstack([np.column_stack([np.cos(outer), np.sin(outer)]),
                   factor * np.column_stack([np.cos(inner), np.sin(inner)])])
    return shuffled(x, np.arange(n) >= n // 2, noise, np.random.RandomState(seed))


def moons(n, seed, noise=0):
    upper, lower = np.linspace(0, np.pi, n // 2), np.linspace(0, np.pi, n - n // 2)
    x = np.vstack([np.column_stack([np.cos(upper), np.sin(upper)]),
                   np.column_stack([1 - np.cos(lower), 0.5 - np.sin(lower)])])
    return shuffled(x, np.arange(n) >= n // 2, noise, np.random.RandomState(seed))


def gaussians(n, seed, classes=2, sd=1):
    state = np.random.RandomState(seed)
    centres = state.uniform(-10, 10, (classes, 2))
    y = np.sort(np.arange(n) % classes)
    x = np.vstack([state.normal(centres[k], sd, ((y == k).sum(), 2)) for k in range(classes)])
    return shuffled(x, y, 0, state)


def sine(n, seed, noise=0):
    state = np.random.RandomState(seed)
    x = state.rand(n)
    return np.column_stack([x, np.sin(2 * np.pi * x) + noise * state.randn(n)])


def linear(n, seed, noise=0, slope=2, intercept=1):
    state = np.random.RandomState(seed)
    x = state.uniform(-1, 1, n)
    return np.column_stack([x, slope * x + intercept + noise * state.randn(n)])


@pytest.mark.parametrize("define", [xor, circles, spirals, moons, sine, linear])
def test_is_as_defined_for_every_seed_and_size(define):
    for seed in SEEDS:
        for n in SIZES:
            for noise in (0, 0.25):
                close(pattern(define.__name__, n, seed, noise), define(n, seed, noise))


def test_gaussians_are_as_defined_for_every_number_of_classes():
    for seed in SEEDS:
        for n, classes, sd in [(1, 2, 1), (10, 3, 0.5), (100, 2, 1), (101, 7, 2), (99, 100, 0)]:
            close(pattern("gaussians", n, seed, classes=classes, sd=sd),
                  gaussians(n, seed, classes, sd))


def test_parameters_are_used():
    close(pattern("circles", 40, 3, factor=0.25), circles(40, 3, factor=0.25))
    close(pattern("linear", 40, 3, slope=-7, intercept=0.5), linear(40, 3, 0, -7, 0.5))


def test_noise_moves_the_same_points_and_leaves_their_classes():
    for kind in ("xor", "circles", "spirals", "moons"):
        still, little, much = (pattern(kind, 60, 5, noise) for noise in (0, 0.125, 0.25))
        assert (still[:, 2] == much[:, 2]).all()
        # The noise is the same numbers; what adding it to a coordinate rounds off stays below 1e-14.
        np.testing.assert_allclose(much - still, 2 * (little - still), rtol=0, atol=1e-14)
    still, noisy = pattern("sine", 60, 5), pattern("sine", 60, 5, 0.25)
    assert (still[:, 0] == noisy[:, 0]).all() and (still[:, 1] != noisy[:, 1]).all()


def test_one_hot_targets_are_a_column_for_each_class():
    labels = pattern("gaussians", 50, 2, classes=4)
    columns = pattern("gaussians", 50, 2, classes=4, one_hot=1)
    assert (columns[:, :2] == labels[:, :2]).all()
    assert (columns[:, 2:] == np.eye(4)[labels[:, 2].astype(int)]).all()


def test_scikit_learn_makes_the_same_points():
    if importlib.util.find_spec("sklearn") is None:
        return  # the definitions above were read off it
    from sklearn.datasets import make_blobs, make_circles, make_moons
    for seed in SEEDS:
        for n in (10, 101):
            x, y = make_circles(n, noise=0.1, factor=0.5, random_state=seed)
            close(pattern("circles", n, seed, 0.1, factor=0.5), np.column_stack([x, y]))
            x, y = make_moons(n, noise=0.1, random_state=seed)
            close(pattern("moons", n, seed, 0.1), np.column_stack([x, y]))
            x, y = make_blobs(n, centers=5, cluster_std=0.7, random_state=seed)
            close(pattern("gaussians", n, seed, classes=5, sd=0.7), np.column_stack([x, y]))
