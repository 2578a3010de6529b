"""Welch's test, contrasts, and Holm's adjustment."""

import warnings

import numpy as np
import pytest
from scipy.stats import t
from statsmodels.regression.linear_model import OLS
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.weightstats import CompareMeans

import mnist_tutorial as mt

SEEDS = [
    ([0.9905, 0.9911, 0.9902, 0.9899, 0.9910], [0.9952, 0.9949, 0.9955, 0.9947, 0.9951]),
    ([0.9950, 0.9944, 0.9951, 0.9948, 0.9946], [0.9949, 0.9952, 0.9945]),
    ([0.9950, 0.9944, 0.9951], [0.9950, 0.9944, 0.9951]),
    ([0.9705, 0.9705], [0.9950, 0.9944, 0.9951]),
]


@pytest.mark.parametrize(("a", "b"), SEEDS)
def test_welch_is_that_of_statsmodels(a, b):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = mt.stats.welch(a, b)
    theirs = CompareMeans.from_data(b, a)
    assert result.difference == np.mean(b) - np.mean(a)
    assert result.p_value == pytest.approx(theirs.ttest_ind(usevar="unequal")[1])
    assert (result.low, result.high) == pytest.approx(theirs.tconfint_diff(usevar="unequal"))


def test_groups_that_do_not_vary_have_no_interval():
    different, same = mt.stats.welch([0.99, 0.99], [0.98, 0.98]), mt.stats.welch([0.99, 0.99], [0.99] * 3)
    assert different.difference == pytest.approx(-0.01)
    assert np.isnan(different[1:]).all()
    assert same.p_value == 1
    assert np.isnan(same[1:3]).all()


def test_one_measurement_is_not_enough():
    with pytest.raises(ValueError, match="1 and 3 measurements; expected at least two of each"):
        mt.stats.welch([0.99], [0.98, 0.99, 0.97])


def test_a_contrast_of_two_groups_is_welchs_test():
    a, b = SEEDS[1]
    estimate, p_value = mt.stats.contrast([a, b], (-1, 1))
    assert estimate == pytest.approx(np.mean(b) - np.mean(a))
    assert p_value == pytest.approx(CompareMeans.from_data(b, a).ttest_ind("larger", "unequal")[1])
    assert mt.stats.contrast([a, b], (1, -1))[1] == pytest.approx(1 - p_value)


def test_a_contrast_has_the_standard_error_of_a_heteroscedastic_linear_model():
    rng = np.random.default_rng(0)
    groups = [rng.normal(mean, spread, n) for mean, spread, n in ((1.0, 0.1, 5), (1.3, 0.5, 4), (0.2, 0.2, 2))]
    weights = np.array([-1.0, 2.0, -1.0])
    member = np.repeat(np.eye(3), [len(group) for group in groups], axis=0)
    theirs = OLS(np.concatenate(groups), member).fit(cov_type="HC2").t_test(weights[None])
    estimate, p_value = mt.stats.contrast(groups, weights)
    assert estimate == pytest.approx(theirs.effect.item())
    # The degrees of freedom are between those of the smallest group and those of all.
    low, high = (t.sf(estimate / theirs.sd.item(), freedom) for freedom in (8, 1))
    assert low < p_value < high


def test_a_contrast_keeps_its_level_with_unequal_variances():
    rng = np.random.default_rng(0)
    spreads = (0.15, 0.01, 0.05, 0.15)
    p_values = [
        mt.stats.contrast([rng.normal(0, spread, 5) for spread in spreads], (1, -1, -1, 1))[1] for _ in range(3000)
    ]
    assert 0.035 < np.mean(np.array(p_values) < 0.05) < 0.065


@pytest.mark.parametrize("groups", [([1.0], [2.0]), ([1.0, 1.0], [2.0, 2.0]), ([1.0, 1.5, 0.5], [2.0])])
def test_a_contrast_of_groups_of_unknown_variance_has_no_p_value(groups):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        estimate, p_value = mt.stats.contrast(groups, (-1, 1))
    assert estimate == 1
    assert np.isnan(p_value)


@pytest.mark.parametrize("n", [0, 1, 2, 12])
def test_holm_is_that_of_statsmodels(n):
    p_values = np.random.default_rng(n).random(n) ** 3
    theirs = multipletests(p_values, method="holm")[1] if n else []
    assert mt.stats.holm(p_values) == pytest.approx(theirs)
