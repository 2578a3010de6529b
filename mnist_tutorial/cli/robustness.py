"""The commands ``benchmark robustness`` and ``benchmark weights``."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mnist_tutorial.cli.common import RESULTS, Force, Variant, Wanted, errors, loaded, say, show

if TYPE_CHECKING:
    from rich.table import Table

    from mnist_tutorial.benchmark.robustness.robustness import Robustness
    from mnist_tutorial.benchmark.runs.task import Task


class Digits(StrEnum):
    """The digits on which a network is evaluated."""

    test = "test"
    validation = "validation"


Name = Annotated[str, typer.Argument(metavar="RECIPE", help="a recipe, or your own as FILE.py:NAME")]
Seed = Annotated[int, typer.Option(min=0, max=2**32 - 1, help="The seed of the training.")]
Evaluate = Annotated[
    Digits, typer.Option(help="test: trained on 60,000; validation, for choices: on 55,000, without the 5,000.")
]


def robustness(
    recipe: Name,
    seed: Seed = 0,
    evaluate: Evaluate = Digits.test,
    weights: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Weights of the recipe; by default it is trained.")
    ] = None,
    out: Annotated[Path, typer.Option(help="The folder for the JSON file and the picture.")] = RESULTS,
    variant: Wanted = Variant.full,
) -> None:
    """Measure a recipe on digits under twelve corruptions, each in five strengths, the same for everybody."""
    with errors():
        task = _task(recipe, seed, evaluate, variant)
        run, network, task, code = _trained(task) if weights is None else _restored(task, weights)
        # Only now, so that a training depends on the same modules as in `benchmark run`.
        from mnist_tutorial.benchmark.report.rendering import to_png
        from mnist_tutorial.benchmark.report.robustness_plot import draw
        from mnist_tutorial.benchmark.robustness import evaluate as evaluate_corrupted
        from mnist_tutorial.benchmark.robustness import write

        out.mkdir(parents=True, exist_ok=True)
        found = evaluate_corrupted(run, network, task, code)
        path = write(found, out)
        to_png(draw(found), path.with_suffix(".png"))
    show(_table(found))
    say(f"clean: {found.clean:.2%}; mean over all corrupted sets: {found.mean:.2%}; {found.seconds:.0f} s")
    say(path)
    say(path.with_suffix(".png"))


def weights(
    recipe: Name,
    seed: Seed = 0,
    evaluate: Evaluate = Digits.test,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", show_default="RECIPE-seedN.safetensors", help="The file to write.")
    ] = None,
    variant: Wanted = Variant.full,
    force: Force = False,
) -> None:
    """Train a recipe, and keep its weights, so that others can look inside."""
    with errors():
        task = _task(recipe, seed, evaluate, variant)
        path = out or Path(f"{task.recipe.name}-seed{seed}.safetensors")
        import os

        if os.path.lexists(path) and not force:
            from mnist_tutorial.benchmark.weights import describe

            describe(path)  # a file of somebody else is not replaced
        from mnist_tutorial.benchmark.runs.execution import train

        training = train(task)
        from mnist_tutorial.benchmark.weights import save

        path.parent.mkdir(parents=True, exist_ok=True)
        kept = save(training, task, path)
    accuracy = f"{kept.accuracy:.2%} of the {kept.evaluated_on} digits"
    say(f"{path}: {kept.recipe}, seed {kept.seed}, {accuracy}, {path.stat().st_size:,} bytes")


def _task(recipe: str, seed: int, evaluate: Digits, variant: Variant) -> "Task":
    from mnist_tutorial.benchmark.runs.recipe import load_recipe
    from mnist_tutorial.benchmark.runs.task import Task

    return Task(load_recipe(recipe), seed, evaluate.value, loaded(variant).variant)


def _trained(task: "Task") -> tuple:
    from mnist_tutorial.benchmark.runs.execution import train

    training = train(task)
    return training.run, training.network, task, task.recipe.code() | training.code


def _restored(task: "Task", path: Path) -> tuple:
    from dataclasses import replace

    from mnist_tutorial.benchmark.results.splits import split_for
    from mnist_tutorial.benchmark.weights import describe, restore
    from mnist_tutorial.data import load
    from mnist_tutorial.errors import MNISTError

    kept = describe(path)
    if (task.evaluated_on == "validation" and kept.evaluated_on == "test") or kept.variant != task.variant:
        raise MNISTError(
            f"{path}: trained for the {kept.evaluated_on} digits of the variant {kept.variant!r}, so the "
            f"{task.evaluated_on} digits of {task.variant!r} may be among those it has seen; run `benchmark weights "
            f"{task.recipe.name} --evaluate {task.evaluated_on} --variant {task.variant}`"
        )
    train, _ = split_for(load(task.variant), kept.evaluated_on)
    run, network, kept = restore(path, task.recipe, train)
    return run, network, replace(task, seed=kept.seed), kept.code


def _table(found: "Robustness") -> "Table":
    from rich.table import Table

    strengths = range(1, len(next(iter(found.accuracies.values()))) + 1)
    table = Table(title=f"Accuracy of {found.recipe} on corrupted {found.evaluated_on} digits (%)")
    table.add_column("corruption")
    for heading in (*map(str, strengths), "mean"):
        table.add_column(heading, justify="right")
    for corruption, curve in found.accuracies.items():
        table.add_row(corruption, *(f"{100 * share:.1f}" for share in (*curve, found.by_corruption[corruption])))
    return table
