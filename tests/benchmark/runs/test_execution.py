import re
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from sklearn.neighbors import NearestCentroid

from mnist_tutorial import MNISTError, load
from mnist_tutorial.benchmark.results.files import read, write
from mnist_tutorial.benchmark.results.result import split_for
from mnist_tutorial.benchmark.runs.execution import attempt, execute
from mnist_tutorial.benchmark.runs.recipe import Recipe, find
from mnist_tutorial.benchmark.runs.task import Task
from mnist_tutorial.data.reference import DIGESTS


@pytest.fixture
def task(quick_file):
    def make(name, seed=0, purpose="record", variant="sample"):
        return Task(find(f"{quick_file}:{name}"), seed, purpose, variant)

    return make


@pytest.mark.parametrize("purpose", ["validation", "record"])
def test_the_accuracy_is_that_of_scikit_learn(task, sample, purpose):
    train, other = split_for(sample, purpose)
    oracle = NearestCentroid().fit(train.images.reshape(len(train), -1).astype(float), train.labels)
    expected = oracle.predict(other.images.reshape(len(other), -1).astype(float))
    result = execute(task("quick", purpose=purpose))
    np.testing.assert_array_equal(result.predicted, expected)
    assert result.accuracy == np.mean(expected == other.labels)
    accuracies = result.validation_accuracy, result.test_accuracy
    assert accuracies == ((result.accuracy, None) if purpose == "validation" else (None, result.accuracy))
    assert [(look["of"], look["images"]) for look in result.evaluations] == [
        ("test" if purpose == "record" else "validation", len(other))
    ]
    # While it trains for the record, nothing is measured: the test digits are looked at once.
    assert len(result.validation_curve["accuracy"]) == (1 if purpose == "validation" else 0)


def test_a_result_says_all_that_determines_it(task, quick_file, tmp_path):
    result = execute(task("quick", seed=3))
    assert (result.recipe, result.seed, result.purpose, result.variant) == ("quick", 3, "record", "sample")
    assert result.source == quick_file.read_text()
    assert result.about == "Take the digit whose mean is nearest. Source: none. Claim: 80 %."
    assert result.digests == DIGESTS["sample"]._asdict()
    assert result.wall > 0
    assert result.images_per_second == pytest.approx(4000 / result.wall, rel=0.1)
    assert 100 < result.peak_memory_mb < 20_000
    assert {"torch", "deeplay", "deeptrack", "numpy", "mnist-tutorial"} <= set(result.versions)
    assert {"processor", "cores", "commit", "dirty"} <= set(result.machine)
    assert re.match(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", result.started)
    assert read(write(result, tmp_path)) == result
    assert result.name == task("quick", seed=3).name


def test_the_seed_makes_a_run_repeat(task):
    first, again, other = (execute(task("random_guess", seed)).predictions for seed in (0, 0, 1))
    assert first == again != other


def test_a_training_repeats_too(sample):
    first, again = (execute(Task(find("train-mnist-fast"), 5, "validation", "sample")) for _ in range(2))
    assert first.loss_curve == again.loss_curve
    assert first.predictions == again.predictions
    assert (first.parameters, first.epochs) == (215_194, 1)  # as mnist-anchors has it
    assert first.validation_curve["accuracy"][-1] == first.validation_accuracy
    assert first.warm_up > 0
    assert again.warm_up == 0  # once in a process


def test_two_trainings_in_one_process_wait_for_each_other():
    entered, overlapped = threading.Event(), []

    def guess(run):
        run.predict = lambda table, split: table[: len(split)]
        return np.random.rand(10_000, 10)

    def second(run):
        entered.set()
        return guess(run)

    def first(run):
        if not overlapped:
            others.append(pool.submit(execute, Task(Recipe("second", None, "second", second), 0, "record", "sample")))
            overlapped.append(entered.wait(1))
        return guess(run)

    others = []
    with ThreadPoolExecutor(1) as pool:
        execute(Task(Recipe("first", None, "first", first), 0, "record", "sample"))
        assert others[0].result().accuracy < 0.5
    assert overlapped == [False]


def test_errors_come_as_text_with_the_line(task):
    result, error = attempt(task("crashing"))
    assert result is None
    assert error.splitlines()[-1] == "RuntimeError: it broke"
    assert 'raise RuntimeError("it broke")' in error


@pytest.mark.parametrize(("name", "message"), [("looking", "looked at the test set"), ("not_a_number", "no numbers")])
def test_what_is_no_result_is_none(task, name, message):
    with pytest.raises(MNISTError, match=message):
        execute(task(name))


def test_the_full_set_has_its_own_accuracy(task):
    result = execute(task("quick", variant="full"))
    assert len(result.predicted) == 10_000
    assert result.accuracy == np.mean(result.predicted == load("full").test.labels)
