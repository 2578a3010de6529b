import datetime
import os
import random

import lightning
import numpy as np
import pytest
import torch
from sklearn.neighbors import NearestCentroid

from mnist_tutorial.benchmark.execute import run_task, seed_everything
from mnist_tutorial.benchmark.recipe import Task, load_recipe
from mnist_tutorial.benchmark.splits import split_for
from mnist_tutorial.benchmark.store import read, write
from mnist_tutorial.benchmark.worker import run_here
from mnist_tutorial.data.reference import DIGESTS
from mnist_tutorial.stats import calibration


@pytest.mark.parametrize("evaluated_on", ["validation", "test"])
def test_the_accuracy_is_that_of_scikit_learn(tasks, sample, evaluated_on):
    train, other = split_for(sample, evaluated_on)
    oracle = NearestCentroid().fit(train.images.reshape(len(train), -1).astype(float), train.labels)
    expected = oracle.predict(other.images.reshape(len(other), -1).astype(float))
    result = run_task(*tasks("quick", evaluated_on=evaluated_on))
    np.testing.assert_array_equal(result.predicted, expected)
    assert result.accuracy == np.mean(expected == other.labels)
    assert result.images_per_second == pytest.approx(len(train) / result.wall, rel=0.1)
    # The test digits are looked at once, and never during the training.
    assert len(result.validation_curve["accuracy"]) == (1 if evaluated_on == "validation" else 0)


def test_a_result_records_everything_that_determines_it_and_how_good_its_probabilities_are(tasks, sample, tmp_path):
    [task] = tasks("random_guess", seeds=[3])
    result, scores = run_task(task), np.random.RandomState(3).rand(10_000, 10)[:1_000]
    assert (result.recipe, result.seed, result.evaluated_on, result.variant) == ("random-guess", 3, "test", "sample")
    assert result.source == task.recipe.source
    assert result.docstring == "Guess. Source: none. Claim: 10 %."
    assert result.digests == DIGESTS["sample"]._asdict()
    assert 100 < result.peak_memory_mb < 20_000
    assert {"torch", "deeplay", "deeptrack", "numpy", "mnist-tutorial"} <= set(result.versions)
    assert {"processor", "cores", "commit", "dirty"} <= set(result.machine)
    assert datetime.datetime.fromisoformat(result.started).utcoffset() == datetime.timedelta(0)
    quality = {name: getattr(result, name) for name in ("nll", "brier", "ece")}
    assert quality == pytest.approx(calibration(scores, sample.test.labels), abs=1e-5)
    assert result.changes == []
    assert "the recipe's file:random_guess" in result.code
    path = write(result, tmp_path)
    assert [path] == task.results(tmp_path)
    assert read(path) == result


def test_a_recipe_may_hold_out_more_digits_than_a_warm_up_has(tasks):
    careful = "def careful(run):\n    run.digits.hold_out(2_000, seed=0)\n    return quick(run)\n"
    result, same = map(run_task, tasks("careful", "quick", added=careful))
    assert result.warm_up > 0
    assert (result.predicted == same.predicted).all()


def test_a_recipe_may_end_with_gradients_switched_off(tasks):
    body = "import torch\n    assert torch.is_grad_enabled()\n    torch.set_grad_enabled(False)\n    return quick(run)"
    run_task(
        *tasks("last", added=f"def last(run):\n    {body}\n")
    )  # the second call, after the one to warm up, needs them


def test_seeds_are_those_of_lightning(monkeypatch):
    def draw():
        return random.random(), np.random.rand(), torch.rand(1).item(), os.environ["PL_GLOBAL_SEED"]

    monkeypatch.setenv("PL_GLOBAL_SEED", "")
    seed_everything(3)
    ours = draw()
    lightning.seed_everything(3, verbose=False)
    assert ours == draw()


def test_the_same_seed_gives_the_same_training():
    first, again = (run_task(Task(load_recipe("linear"), 5, "validation", "sample")) for _ in range(2))
    assert first.loss_curve == again.loss_curve
    assert (first.predicted == again.predicted).all()
    assert (first.parameters, first.epochs) == (7_850, 5)
    assert first.validation_curve["accuracy"][-1] == first.accuracy
    assert first.warm_up > 0
    assert again.warm_up == 0  # once in a process


ERRORS = {
    "SystemExit": ("def fault(run):\n    raise SystemExit(0)", "SystemExit: 0"),
    "more digits than there are": (
        "def fault(run):\n    run.digits.hold_out(20_000, seed=0)",
        "cannot hold out 20,000",
    ),
    "a look of the file": ("test = mt.load('sample').test\ndef fault(run): ...", "not given: it called load()"),
}


@pytest.mark.parametrize(("source", "words"), ERRORS.values(), ids=ERRORS)
def test_every_error_of_a_recipe_is_text(source, words, tasks):
    [outcome] = run_here(tasks("fault", added=source))
    assert outcome.result is None
    assert words in outcome.reason


def test_all_of_mnist_is_evaluated_on_its_10000_test_digits_which_a_recipe_does_not_get(mnist, tasks, capsys):
    handed = "def handed(run):\n    print(len(run.digits))\n    return random_guess(run)\n"
    result = run_task(*tasks("handed", variant="full", added=handed))
    assert capsys.readouterr().out.split() == ["1024", "60000"]
    assert len(result.predicted) == 10_000
    assert result.accuracy == np.mean(result.predicted == mnist.test.labels)
