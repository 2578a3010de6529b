import numpy as np
import pytest
from conftest import made_probabilities, made_result
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from mnist_tutorial.benchmark.report.aggregate import aggregate
from mnist_tutorial.benchmark.report.calibration import best_temperature, calibration
from mnist_tutorial.benchmark.report.table import CALIBRATION, calibration_markdown, cells, has_calibration


def scores_of(run, sharpness, seed=0):
    """Draw logits for the predictions of a run."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 1, (len(run.labels), 10))
    logits[np.arange(len(logits)), run.predicted] = logits.max(1) + rng.exponential(2, len(logits))
    return sharpness * logits


@pytest.fixture
def runs():
    held_out, tested = made_result(evaluated_on="validation", wrong=60), made_result(wrong=100)
    return [made_probabilities(run, scores_of(run, 3)) for run in (held_out, tested)]


def test_the_temperature_is_that_of_an_optimizer_on_the_held_out_digits(runs):
    held_out, tested = runs
    scores = scores_of(held_out, 3)

    def nll(temperature):
        return -log_softmax(scores / temperature, axis=1)[np.arange(len(scores)), held_out.labels].mean()

    best = minimize_scalar(nll, bounds=(0.1, 20), method="bounded").x
    assert best_temperature([held_out]) == pytest.approx(best, rel=0.1)
    [table] = aggregate(runs)
    [row] = table.rows
    assert row.temperature == best_temperature([held_out])
    assert row.calibration == calibration([tested])
    assert row.calibration_at_temperature.nll < row.calibration.nll
    assert row.calibration_at_temperature.ece < row.calibration.ece
    shown = dict(zip(CALIBRATION, cells(row, CALIBRATION), strict=True))
    assert (shown["error, %"], shown["n"], shown["corrupted accuracy, %"]) == ("1.00", "1", "–")
    assert shown["NLL"] == f"{row.calibration.nll:.4f}"
    assert shown["ECE at T, %"] == f"{100 * row.calibration_at_temperature.ece:.2f}"


def test_old_runs_have_none_and_the_table_is_left_out(runs):
    old = made_result(seed=1)
    assert calibration([runs[1], old]) is None
    assert best_temperature([old]) is None
    [table] = aggregate([old])
    assert not has_calibration(table)
    assert calibration_markdown(table) == ""
    assert "| NLL |" in calibration_markdown(aggregate(runs)[0])
