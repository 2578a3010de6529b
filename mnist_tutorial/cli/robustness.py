"""The command ``benchmark robustness``."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from mnist_tutorial.cli.common import RESULTS, Variant, Wanted, errors, loaded, say, show


def robustness(
    recipe: Annotated[str, typer.Argument(metavar="RECIPE", help="a recipe, or your own as FILE.py:NAME")],
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="The seed of the training.")] = 0,
    evaluate: Annotated[
        Literal["test", "validation"],
        typer.Option(help="test: trained on 60,000; validation, for choices: on 55,000, without the 5,000."),
    ] = "test",
    out: Annotated[Path, typer.Option(help="The folder for the JSON file and the picture.")] = RESULTS,
    variant: Wanted = Variant.full,
) -> None:
    """Measure a recipe on digits under twelve corruptions, each in five strengths, the same for everybody."""
    with errors():
        from rich.table import Table

        from mnist_tutorial.benchmark import robustness
        from mnist_tutorial.benchmark.execute import train
        from mnist_tutorial.benchmark.recipe import Task, load_recipe
        from mnist_tutorial.benchmark.report.figures import draw_robustness, to_png

        task = Task(load_recipe(recipe), seed, evaluate, loaded(variant).variant)
        out.mkdir(parents=True, exist_ok=True)
        training = train(task)
        measured = robustness.evaluate(training.run, training.network, task, task.recipe.code() | training.code)
        path = robustness.write(measured, out)
        to_png(draw_robustness(measured), path.with_suffix(".png"))
    table = Table("corruption", title=f"Accuracy of {measured.recipe} on corrupted {measured.evaluated_on} digits (%)")
    strengths = range(1, 1 + max(map(len, measured.accuracies.values())))
    for heading in (*map(str, strengths), "mean"):
        table.add_column(heading, justify="right")
    for corruption, curve in measured.accuracies.items():
        table.add_row(corruption, *(f"{100 * share:.1f}" for share in (*curve, measured.by_corruption[corruption])))
    show(table)
    say(f"clean: {measured.clean:.2%}; mean over all corrupted sets: {measured.mean:.2%}; {measured.seconds:.0f} s")
    say(path)
    say(path.with_suffix(".png"))
