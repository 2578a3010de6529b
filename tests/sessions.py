"""Sessions that claim a record: their result files, made without training."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from conftest import here, made_result, this_machine

from mnist_tutorial.benchmark.recipe import load_recipe
from mnist_tutorial.benchmark.records import plan
from mnist_tutorial.benchmark.result import write

BEGIN = datetime(2026, 11, 26, 8, tzinfo=UTC)


def made_session(wrong=lambda seed: 80 + seed, seeds=10, recipe="cnn-1s", **fields):
    """Make the results of a session, in order; a run takes a minute, `wrong` digits are wrong."""
    results = []
    for i, task in enumerate(plan(load_recipe(recipe), seeds)):
        name, seed = task.recipe.name, task.seed
        others = {
            "source": task.recipe.source,
            "code": task.recipe.code(),
            "machine": this_machine() | {"dirty": False, "commit": "c" * 40},
            "started": at(i),
            **(fields if name == recipe else {}),
        }
        results.append(made_result(name, seed, wrong(seed), **others))
    return results


def at(minute):
    return (BEGIN + timedelta(minutes=minute)).isoformat(timespec="seconds")


def changed(results, which, **fields):
    """Change fields of those results to which a function says yes."""
    return [replace(result, **fields) if which(result) else result for result in results]


def written(results, folder):
    folder.mkdir(parents=True, exist_ok=True)
    for result in results:
        assert write(result, folder)
    return folder


class Busy:
    """Workers on a machine whose other programs slow down the first `tries` tries of some seeds, and nothing else."""

    def __init__(self, tries=()):
        self.tries = dict(tries)

    def __call__(self, tasks, limit=None):
        for task, result, error in here(tasks):
            busy, self.tries[task.seed] = self.tries.get(task.seed, 0), self.tries.get(task.seed, 0) - 1
            yield task, result and replace(result, other_cpu_seconds=1e6 * (busy > 0)), error
