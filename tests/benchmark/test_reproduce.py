from dataclasses import replace

import pytest
from conftest import ends, here

from mnist_tutorial import MNISTError
from mnist_tutorial.benchmark import suite
from mnist_tutorial.benchmark.execute import run_task
from mnist_tutorial.benchmark.reproduce import reproduce
from mnist_tutorial.benchmark.store import read, write
from mnist_tutorial.benchmark.worker import Outcome

OLDER = {"mnist_tutorial.data.split": "0" * 16}


@pytest.fixture
def made(tasks, tmp_path):
    """Guess, and write the result, of older code and changed as given; returns its path."""

    def make(**changes):
        result = run_task(*tasks("random_guess"))
        return write(replace(result, **({"code": result.code | OLDER} | changes)), tmp_path)

    return make


def test_a_result_of_older_code_becomes_current_if_all_predictions_are_the_same(made, tasks, tmp_path):
    path, second = made(), made(seed=1)
    before = read(path)
    assert before.changes == ["mnist_tutorial.data.split"]
    assert reproduce(path, here) == (True, "all 1,000 predictions are the same")
    after, content = read(path), path.read_bytes()
    assert after.changes == []
    assert replace(after, reproductions=[]) == before
    reproduce(path, here)  # known already
    assert path.read_bytes() == content
    assert ends(suite.run(tasks("random_guess"), tmp_path, here)) == ["there"]
    assert read(second).changes  # by itself it is stale; the report takes it together with the first


def test_it_says_how_many_predictions_differ_and_on_which_machine_each_ran_and_adds_nothing(made):
    path = made(seed=1)  # what seed 0 predicts, under another seed
    result, content = read(path), path.read_bytes()
    same, sentence = reproduce(path, here)
    assert not same
    assert "of 1,000 predictions differ" in sentence
    assert sentence.count(result.machine["processor"]) == 1
    assert path.read_bytes() == content
    _, sentence = reproduce(made(seed=2, machine=result.machine | {"processor": "Another"}), here)
    assert ("Another" in sentence, result.machine["processor"] in sentence) == (True, True)


def test_what_cannot_be_trained_again_is_said(made):
    with pytest.raises(MNISTError, match=r"no recipe random-guess.* or your own as my_file\.py:my_recipe"):
        reproduce(made(code=OLDER), here)
    with pytest.raises(MNISTError, match="could not be trained again: RuntimeError: it broke"):
        reproduce(made(seed=1), lambda tasks: [Outcome(tasks[0], error="RuntimeError: it broke")])
