"""A reproduction: a run that is done again, to show whether the present code still gives the same predictions."""

import datetime
from dataclasses import replace
from pathlib import Path

from mnist_tutorial.benchmark.code import RECIPE, agree
from mnist_tutorial.benchmark.machine import line
from mnist_tutorial.benchmark.recipe import Recipe, Task, load_recipe, recipe_names
from mnist_tutorial.benchmark.result import Result, read, save
from mnist_tutorial.benchmark.suite import Workers
from mnist_tutorial.benchmark.worker import run_locally
from mnist_tutorial.errors import MNISTError

# A moment of it changes the last bits, and does not show in the seconds.
BUSY = "Beside other programs, a training takes fewer threads: run it again when nothing else does."


def reproduce(path: Path, workers: Workers = run_locally) -> tuple[bool, str]:
    """Train the recipe and the seed of a result file again; returns whether all predictions are the same, and says so.

    If they are, the present code is added to the file. A recipe of somebody else is run from its text in the file, so
    its author must be trusted. MNISTError if the file is invalid, its recipe is gone, or the training fails.
    """
    old = read(path)
    options = {"devices": old.processes, "strategy": old.strategy} if old.processes > 1 else {}
    [(_, new, error)] = workers([Task(_recipe(old, path), old.seed, old.evaluated_on, old.variant, options)])
    if error is not None:
        raise MNISTError(f"{path}: could not be trained again: {error.splitlines()[-1]}")
    different = int((old.predicted != new.predicted).sum())
    if not different:
        if not any(agree(new.code, known) for known in old.codes):
            commit = new.machine["commit"] and new.machine["commit"][:10] + " with changes" * new.machine["dirty"]
            entry = {"code": new.code, "date": datetime.date.today().isoformat(), "commit": commit}
            save(path, replace(old, reproductions=[*old.reproductions, entry]))
        return True, f"all {len(old.labels):,} predictions are the same"
    then, now = (f"{run.accuracy:.2%} with {run.threads} threads, {run.precision}" for run in (old, new))
    where = f"Both ran on {line(new.machine)}"
    if old.hardware != new.hardware:
        where = f"Machines round differently: it ran on {line(old.machine)}; now on {line(new.machine)}"
    count = f"{different:,} of {len(old.labels):,} predictions differ"
    return False, f"{count}: {then}, then; {now}, now. {where}. {BUSY} The file stays as it is"


def _recipe(result: Result, path: Path) -> Recipe:
    """Find the recipe in this package, or take its text from the file."""
    if result.recipe in recipe_names() and not any(name.startswith(f"{RECIPE}:") for name in result.code):
        return load_recipe(result.recipe)
    function_name = result.recipe.replace("-", "_")
    if "import " not in result.source:
        expected = f"expected a result of `benchmark run --recipe my_file.py:{function_name}`"
        raise MNISTError(f"{path}: its recipe {result.recipe} is neither in this package nor a whole file; {expected}")
    return Recipe(result.recipe, result.source, function_name)
