"""A reproduction: a run that is done again, to show whether the present code still gives the same predictions."""

from dataclasses import replace
from pathlib import Path

from mnist_tutorial.benchmark.code import RECIPE, agree
from mnist_tutorial.benchmark.machine import commit_of, line
from mnist_tutorial.benchmark.recipe import Recipe, Task, load_recipe
from mnist_tutorial.benchmark.store import read, save
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
    own = any(name.startswith(f"{RECIPE}:") for name in old.code)
    recipe = Recipe(old.recipe, old.source, old.recipe.replace("-", "_")) if own else load_recipe(old.recipe)
    options = {"devices": old.processes, "strategy": old.strategy} if old.processes > 1 else {}
    [outcome] = workers([Task(recipe, old.seed, old.evaluated_on, old.variant, options)])
    if (new := outcome.result) is None:
        raise MNISTError(f"{path}: could not be trained again: {outcome.reason}")
    different = int((old.predicted != new.predicted).sum())
    if not different:
        if not any(agree(new.code, known) for known in old.codes):
            entry = {"code": new.code, "date": new.machine["date"], "commit": commit_of(new.machine)}
            save(path, replace(old, reproductions=[*old.reproductions, entry]))
        return True, f"all {len(old.labels):,} predictions are the same"
    then, now = (f"{run.accuracy:.2%} with {run.threads} threads, {run.precision}" for run in (old, new))
    where = f"Both ran on {line(new.machine)}"
    if old.hardware != new.hardware:
        where = f"Machines round differently: it ran on {line(old.machine)}; now on {line(new.machine)}"
    count = f"{different:,} of {len(old.labels):,} predictions differ"
    return False, f"{count}: {then}, then; {now}, now. {where}. {BUSY} The file stays as it is"
