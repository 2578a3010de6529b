import numpy as np
import pytest
import torch
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss, log_loss
from torchmetrics.functional.classification import multiclass_calibration_error

from mnist_tutorial import stats


@pytest.fixture
def scores():
    rng = np.random.default_rng(0)
    return rng.normal(0, 2, (3_000, 10)), rng.integers(10, size=3_000)


def test_negative_log_likelihood_and_brier_score_are_those_of_scikit_learn(scores):
    logits, labels = scores
    logs = stats.log_probabilities(logits, temperature=2)
    np.testing.assert_allclose(np.exp(logs), torch.softmax(torch.tensor(logits) / 2, 1))
    likelihood = stats.negative_log_likelihood(logs[np.arange(len(labels)), labels])
    assert likelihood == pytest.approx(log_loss(labels, np.exp(logs)))
    by_class = [brier_score_loss(labels == digit, np.exp(logs)[:, digit]) for digit in range(10)]
    assert stats.brier_score(np.exp(logs), labels) == pytest.approx(sum(by_class))


def test_the_calibration_error_over_bins_of_equal_mass_is_that_of_scikit_learns_quantiles(scores):
    logits, labels = scores
    probabilities = np.exp(stats.log_probabilities(logits))
    confidence, correct = probabilities.max(1), probabilities.argmax(1) == labels
    accuracy, mean = calibration_curve(correct, confidence, n_bins=15, strategy="quantile")
    assert stats.expected_calibration_error(confidence, correct) == pytest.approx(np.mean(abs(accuracy - mean)))


def test_the_order_of_images_of_the_same_confidence_does_not_matter():
    confidence, correct = np.repeat([0.5, 0.9, 1.0], 20), np.arange(60) % 3 > 0
    expected = stats.expected_calibration_error(confidence, correct, bins=7)
    for seed in range(5):
        order = np.random.default_rng(seed).permutation(60)
        assert stats.expected_calibration_error(confidence[order], correct[order], bins=7) == pytest.approx(expected)


def test_where_both_kinds_of_bins_are_the_same_it_is_that_of_torchmetrics():
    confidence = (np.arange(1_500) + 0.5) / 1_500  # evenly spread, so bins of equal width have equal mass
    probabilities = torch.tensor(np.stack([confidence, 1 - confidence], 1)).repeat_interleave(1, 0)
    chosen = probabilities.argmax(1).numpy()
    labels = np.where(np.random.default_rng(1).random(1_500) < 0.7, chosen, 1 - chosen)
    theirs = multiclass_calibration_error(probabilities, torch.tensor(labels), 2, n_bins=30, norm="l1")
    ours = stats.expected_calibration_error(probabilities.max(1).values.numpy(), chosen == labels, bins=15)
    assert ours == pytest.approx(float(theirs), abs=1e-6)
