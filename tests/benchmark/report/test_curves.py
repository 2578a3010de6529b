import numpy as np
import pytest
from conftest import made_result

from mnist_tutorial.benchmark.report.curves import learning_curve


def validation(seed, accuracy, seconds=(1.0, 5.0, 10.0), images=(6_000, 60_000, 120_000), **others):
    points = {"images": list(images), "seconds": list(seconds), "accuracy": list(accuracy)}
    return made_result(seed=seed, evaluated_on="validation", validation_curve=points, **others)


def test_the_mean_over_seeds_reaches_a_target_and_not_the_luckiest_seed():
    made = learning_curve([validation(0, (0.95, 0.992, 0.993)), validation(1, (0.95, 0.980, 0.993))])
    assert made.mean == pytest.approx([0.95, 0.986, 0.993])
    assert made.seconds_to(0.97) == 5.0
    assert made.seconds_to(0.99) == 10.0
    assert made.seconds_to(0.995) is None
    assert (made.low[1], made.high[1], made.n) == (0.980, 0.992, 2)


def test_seconds_are_the_median_of_the_uncontended_runs():
    runs = [validation(seed, (0.9, 0.95, 0.99), (1, seconds, 10)) for seed, seconds in enumerate((4, 6, 7))]
    runs.append(validation(3, (0.9, 0.95, 0.99), (30, 60, 90), other_cpu_seconds=50.0))
    made = learning_curve(runs)
    assert list(made.seconds) == [1, 6, 10]
    assert (made.n, made.uncontended) == (4, 3)


def test_runs_are_averaged_at_the_numbers_of_images_they_share():
    short = validation(1, (0.9, 0.97), (1, 5), (6_000, 120_000))
    made = learning_curve([validation(0, (0.9, 0.98, 0.99)), short])
    assert made.images == [6_000, 120_000]
    assert made.mean == pytest.approx([0.9, 0.98])
    assert np.shape(made.seconds) == (2,)
