import numpy as np
import pytest
from scipy.special import expit, log_expit, log_softmax

from mnist_tutorial import stats
from mnist_tutorial.benchmark import probabilities


@pytest.fixture
def scores():
    """Make scores of 10,000 digits, most of them right, some of them as sure as numbers can be."""
    rng = np.random.default_rng(0)
    labels = rng.integers(10, size=10_000)
    logits = rng.normal(0, 1, (10_000, 10))
    logits[np.arange(10_000), labels] += rng.exponential(8, 10_000)
    logits[0, :] = [900, *[0] * 9]
    return logits, labels


def unpacked(logits, labels):
    return probabilities.unpack(probabilities.pack(logits, labels), logits.argmax(1), labels)


def test_what_is_packed_is_small_and_comes_back_to_three_digits_also_close_to_one(scores):
    logits, labels = scores
    assert len(probabilities.pack(*scores)) < 30_000
    of_prediction, of_truth = unpacked(logits, labels)
    logs, rows = log_softmax(logits, axis=1), np.arange(len(labels))
    for odds, chosen in ((of_prediction, logits.argmax(1)), (of_truth, labels)):
        np.testing.assert_allclose(log_expit(odds), logs[rows, chosen], rtol=0.02, atol=1e-12)
    assert of_prediction[0] > 890


def test_the_scores_of_a_curve_can_be_computed_again(scores):
    logits, labels = scores
    curve, (of_prediction, of_truth) = probabilities.calibration_curve(logits, labels), unpacked(logits, labels)
    correct = logits.argmax(1) == labels
    at_one = {name: values[curve["temperature"].index(1.0)] for name, values in curve.items()}
    all_digits = np.exp(log_softmax(logits, axis=1))
    assert at_one["brier"] == pytest.approx(stats.brier_score(all_digits, labels), abs=1e-5)
    assert at_one["ece"] == pytest.approx(stats.expected_calibration_error(all_digits.max(1), correct), abs=1e-5)
    assert stats.negative_log_likelihood(log_expit(of_truth)) == pytest.approx(at_one["nll"], rel=1e-3)
    assert stats.expected_calibration_error(expit(of_prediction), correct) == pytest.approx(at_one["ece"], abs=1e-3)


def test_the_temperature_with_the_least_likelihood_is_found(scores):
    logits, labels = scores
    curve = probabilities.calibration_curve(logits, labels)
    hotter = probabilities.calibration_curve(4 * logits, labels)
    best, best_of_hotter = (c["temperature"][int(np.argmin(c["nll"]))] for c in (curve, hotter))
    assert best_of_hotter == pytest.approx(4 * best)
    assert min(hotter["nll"]) == pytest.approx(min(curve["nll"]))
