from dataclasses import replace

import pytest
from conftest import here

from mnist_tutorial import MNISTError
from mnist_tutorial.benchmark import suite
from mnist_tutorial.benchmark.execute import run_task
from mnist_tutorial.benchmark.recipe import Task, load_recipe
from mnist_tutorial.benchmark.reproduce import reproduce
from mnist_tutorial.benchmark.result import read, write

OLDER = {"mnist_tutorial.data.split": "0" * 16}


def quiet(tasks):
    """Workers on a machine where nothing else runs."""
    for task, result, error in here(tasks):
        yield task, replace(result, other_cpu_seconds=0.0), error


@pytest.fixture
def made(quick_file, tmp_path):
    """Train a quick recipe, and write its result, changed as told; returns its path."""

    def make(name="random_guess", **changes):
        result = run_task(Task(load_recipe(f"{quick_file}:{name}"), 0, "test", "sample"))
        older = {"code": result.code | OLDER, "other_cpu_seconds": 0.0}
        return write(replace(result, **(older | changes)), tmp_path)

    return make


def test_a_result_of_older_code_becomes_current_if_all_predictions_are_the_same(made):
    path = made()
    before = read(path)
    assert before.changes == ["mnist_tutorial.data.split"]
    assert reproduce(path, here).verdict == "identical"
    after = read(path)
    assert after.changes == []
    assert replace(after, reproductions=[]) == before
    [entry] = after.reproductions
    assert entry["code"] == after.code | {"mnist_tutorial.data.split": entry["code"]["mnist_tutorial.data.split"]}
    reproduce(path, here)
    assert len(read(path).reproductions) == 1  # known already


def test_other_predictions_on_the_same_machine_are_different_and_nothing_is_added(made):
    path = made(seed=1)  # what seed 0 predicts, under another seed
    content = path.read_bytes()
    found = reproduce(path, quiet)
    assert found.verdict == "different"
    assert "on the same kind of machine" in found.sentence
    assert path.read_bytes() == content


@pytest.mark.parametrize("change", ["machine", "versions", "precision"])
def test_on_another_kind_of_machine_the_accuracies_are_compared(made, change):
    first = read(made())
    other = {"machine": first.machine | {"processor": "Another"}, "versions": {}, "precision": "bf16-mixed"}[change]
    path = made(seed=1, **{change: other})
    found = reproduce(path, here)
    assert found.verdict == "not distinguishable"  # two guesses, each right in a tenth of the digits
    assert "bits cannot agree" in found.sentence
    assert read(path).reproductions == []


def test_a_different_accuracy_on_another_machine_is_different(made, quick_file):
    good = read(made("quick"))
    path = made(
        recipe="quick",
        source=good.source,
        machine=good.machine | {"processor": "Another"},
        code=good.code | {"the recipe's file:quick": "1" * 16},
    )
    assert reproduce(path, here).verdict == "different"


def test_what_cannot_be_trained_again_is_said(made):
    path = made(source="lambda run: None")
    with pytest.raises(MNISTError, match="random-guess is neither one of this package nor a whole file"):
        reproduce(path, here)
    path.write_text(path.read_text()[:-50])
    with pytest.raises(MNISTError, match="cut short"):
        reproduce(path, here)


def test_results_of_other_seeds_count_as_reproduced(made, quick_file, tmp_path):
    first, second = made(), made(seed=1)
    reproduce(first, here)
    tasks = suite.plan([load_recipe(f"{quick_file}:random_guess")], [0], ["test"], "sample")
    assert [event.kind for event in suite.run(tasks, tmp_path, here)] == ["there"]
    assert read(second).changes  # by itself it is stale; the report takes it together with the first
