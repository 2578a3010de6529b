"""A reproduction: a run that is done again, to show whether other code, or another machine, gives the same result."""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from mnist_tutorial.benchmark.code import RECIPE, agree
from mnist_tutorial.benchmark.recipe import Recipe, Task, load_recipe, recipe_names
from mnist_tutorial.benchmark.result import Result, read, rewrite
from mnist_tutorial.benchmark.suite import Workers
from mnist_tutorial.benchmark.worker import run_locally
from mnist_tutorial.errors import MNISTError
from mnist_tutorial.stats import mcnemar

SIGNIFICANCE_LEVEL = 0.01


@dataclass(frozen=True)
class Reproduction:
    """The outcome of a reproduction."""

    # "identical": all predictions are the same. "not distinguishable": another machine, or other releases, whose
    # rounding differs; the numbers of errors agree. "different": they do not, or this is the same kind of machine.
    verdict: str
    sentence: str  # for a reader


def reproduce(path: Path, workers: Workers = run_locally) -> Reproduction:
    """Train the recipe and the seed of a result again, with the present code, and compare the predictions.

    If all of them are the same, the present code is added to the file of the result, with date and commit. A recipe
    that is in no module of this package is run from its text in the file, so its author must be trusted.

    Parameters
    ----------
    path : Path
        Of a result file.
    workers : callable
        As for `suite.run`.

    Raises
    ------
    MNISTError
        If the file is invalid, its recipe is gone, or the training fails.
    """
    old = read(path)
    options = {"devices": old.devices, "num_nodes": old.nodes, "strategy": old.strategy} if old.processes > 1 else {}
    task = Task(_recipe(old, path), old.seed, old.evaluated_on, old.variant, options)
    [(_, new, error)] = workers([task])
    if error is not None:
        raise MNISTError(f"{path}: could not be trained again: {error.splitlines()[-1]}")
    different = int((old.predicted != new.predicted).sum())
    if not different:
        _add(old, new, path)
        return Reproduction("identical", f"all {len(old.labels):,} predictions are the same")
    count = f"{different:,} of {len(old.labels):,} predictions differ"
    reasons = list(_other_rounding(old, new))
    if not reasons:
        return Reproduction("different", f"{count}, on the same kind of machine: the code trains another network")
    p_value = mcnemar(old.predicted != old.labels, new.predicted != new.labels).p_value
    verdict = "different" if p_value < SIGNIFICANCE_LEVEL else "not distinguishable"
    accuracies = f"{old.accuracy:.2%} then, {new.accuracy:.2%} now"
    return Reproduction(
        verdict,
        f"{count}; bits cannot agree, since {' and '.join(reasons)}. The accuracies are {verdict}: {accuracies} (exact "
        f"McNemar test, p = {p_value:.2g}). The file stays as it is",
    )


def _recipe(result: Result, path: Path) -> Recipe:
    function_name = result.recipe.replace("-", "_")
    packaged = not any(name.startswith(f"{RECIPE}:") for name in result.code) and result.recipe in recipe_names()
    if packaged:
        return load_recipe(result.recipe)
    if f"def {function_name}(" not in result.source or "import " not in result.source:
        raise MNISTError(
            f"{path}: its recipe {result.recipe} is neither one of this package nor a whole file; expected a result of "
            f"`benchmark run --recipe my_file.py:{function_name}`"
        )
    return Recipe(result.recipe, result.source, function_name)


def _add(old: Result, new: Result, path: Path) -> None:
    """Add the present code to the file of a result, unless it is there."""
    if any(agree(new.code, known) for known in old.codes):
        return
    commit = new.machine.get("commit")
    entry = {
        "code": new.code,
        "date": datetime.date.today().isoformat(),
        "commit": commit and f"{commit[:10]}{' with changes' if new.machine.get('dirty') else ''}",
    }
    rewrite(replace(old, reproductions=[*old.reproductions, entry]), path)


def _other_rounding(old: Result, new: Result) -> Iterator[str]:
    """List why the same code may round otherwise."""
    if old.hardware != new.hardware:
        yield f"the machine was another one ({', '.join(old.hardware)}; now {', '.join(new.hardware)})"
    for name in ("torch", "numpy", "scikit-learn"):
        if old.versions.get(name) != new.versions.get(name):
            yield f"{name} was {old.versions.get(name)} and is {new.versions.get(name)}"
    for name in ("precision", "threads"):
        if getattr(old, name) != getattr(new, name):
            yield f"{name} was {getattr(old, name)} and is {getattr(new, name)}"
    if old.contended or new.contended:
        yield "other programs ran meanwhile, beside which a training takes fewer threads"
