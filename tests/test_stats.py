from statistics import NormalDist

import numpy as np
import pytest

import mnist_tutorial as mt


@pytest.mark.parametrize(("percent", "low", "high"), [(98.0, 97.71, 98.26), (99.4, 99.23, 99.53), (99.8, 99.69, 99.87)])
def test_intervals_of_the_literature_for_10000_images(percent, low, high):
    found = mt.stats.wilson_interval(round(percent * 100), 10_000)
    assert [round(100 * bound, 2) for bound in found] == [low, high]


def test_it_is_wilsons_formula():
    k, n, z = 93, 100, NormalDist().inv_cdf(0.95)
    p, centre = k / n, (k / n + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    assert mt.stats.wilson_interval(k, n, confidence=0.9) == pytest.approx((centre - half, centre + half))


def test_it_holds_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(0)
    intervals = [mt.stats.wilson_interval(k, 500) for k in rng.binomial(500, 0.97, size=1000)]
    assert 0.92 < np.mean([low <= 0.97 <= high for low, high in intervals]) < 0.98


def test_numpy_numbers_are_welcome():
    right = np.array([True] * 9 + [False])
    assert mt.stats.wilson_interval(right.sum(), len(right)) == mt.stats.wilson_interval(9, 10)
