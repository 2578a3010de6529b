"""The commands that train: ``benchmark run`` and ``benchmark reproduce``."""

import re
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from mnist_tutorial.cli.common import RESULTS, Variant, Wanted, errors, loaded, say
from mnist_tutorial.errors import MNISTError, printable

if TYPE_CHECKING:
    from mnist_tutorial.benchmark.recipe import Task
    from mnist_tutorial.benchmark.suite import Event


Limit = Annotated[
    int | None,
    typer.Option(min=1, max=10**6, metavar="SECONDS", help="End a run that takes longer: it has failed."),
]


def run(
    names: Annotated[list[str] | None, typer.Argument(metavar="[RECIPES]...", help="by default all")] = None,
    recipe: Annotated[
        list[str] | None, typer.Option("--recipe", metavar="FILE.py:NAME", help="Your own: a function of one run.")
    ] = None,
    seeds: Annotated[
        str, typer.Option(metavar="N|FIRST-LAST", help="The number of runs of each recipe, seeds 0, 1, 2, ...; or 5-9.")
    ] = "5",
    out: Annotated[Path, typer.Option(help="The folder for the results, one file for each run.")] = RESULTS,
    evaluate: Annotated[
        Literal["both", "validation", "test"],
        typer.Option(help="validation: train on 55,000, measure on 5,000 held out; test: train on 60,000, test once."),
    ] = "both",
    variant: Wanted = Variant.full,
    scheduler: Annotated[
        str | None, typer.Option(help="Train on the workers of this Dask scheduler, tcp://host:8786.")
    ] = None,
    limit: Limit = None,
    devices: Annotated[int, typer.Option(min=1, max=1_000, help="Processes or GPUs that share one training.")] = 1,
    nodes: Annotated[
        int, typer.Option(min=1, max=1_000, help="Machines that share one training; Lightning's num_nodes.")
    ] = 1,
    strategy: Annotated[str, typer.Option(help="Lightning's strategy for distributed training.")] = "ddp",
) -> None:
    """Train recipes with several seeds, and keep a result file of each run.

    Runs that have a result are skipped, so after an interruption, the same command carries on.
    """
    from mnist_tutorial.benchmark import suite, worker
    from mnist_tutorial.benchmark.recipe import load_recipe, recipe_names

    chosen = _seeds(seeds)
    with errors():
        recipes = [load_recipe(name) for name in [*(names or []), *(recipe or [])] or recipe_names()]
        options = {"devices": devices, "num_nodes": nodes, "strategy": strategy} if devices * nodes > 1 else {}
        splits = ("validation", "test") if evaluate == "both" else (evaluate,)
        tasks = suite.plan(recipes, chosen, splits, loaded(variant).variant, options)
        say(f"{sum(not suite.is_done(task, out) for task in tasks)} of {len(tasks)} runs to do", flush=True)
        workers = partial(worker.run_locally, limit=limit)
        if scheduler is not None:
            workers = partial(worker.run_on_cluster, scheduler=scheduler, limit=limit)
        failures = follow(suite.run(tasks, out, workers), tasks)
    if failures:
        say(f"error: {failures} of {len(tasks)} runs failed; see {out}/*.failure.json for the reasons", err=True)
        raise typer.Exit(1)


def _seeds(text: str) -> range:
    match = re.fullmatch(r"(?:(\d{1,9})-)?(\d{1,9})", text)
    seeds = range(int(match[1] or 0), int(match[2]) + (match[1] is not None)) if match else range(0)
    if not 0 < len(seeds) <= 1_000:
        raise typer.BadParameter(f"found {text}, expected 1 to 1,000, or seeds as 5-9", param_hint="'--seeds'")
    return seeds


def reproduce(
    results: Annotated[list[Path], typer.Argument(metavar="RESULT...", help="result files")],
    limit: Limit = None,
) -> None:
    """Train the recipes and seeds of results again, and say whether the predictions are still the same.

    If they are, the present code is added to the result, which is then no longer stale; results of the recipe with
    other seeds count as reproduced, too. The exit code is 1 if predictions differ, and 2 if a result could not be
    trained again. A recipe of somebody else is run from its text in the result.
    """
    from mnist_tutorial.benchmark import reproduce, worker

    code = 0
    for path in results:
        try:
            same, sentence = reproduce.reproduce(path, partial(worker.run_locally, limit=limit))
        except MNISTError as error:
            code = 2
            say(f"error: {error}", err=True)
        else:
            code = max(code, not same)
            say(f"{path}: {'identical' if same else 'different'}: {sentence}", flush=True)
    raise typer.Exit(code)


def follow(events: Iterable["Event"], tasks: list["Task"]) -> int:
    """Show a progress bar, and a line for each finished run; returns the number of failures."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeElapsedColumn, TimeRemainingColumn

    columns = "{task.description}", BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn()
    waiting, failures, console = [task.name for task in tasks], 0, Console(highlight=False)
    options = {"console": console, "disable": not console.is_terminal}  # no bar in a log file
    with Progress(*columns, **options, speed_estimate_period=1e6) as progress:  # not of the last half minute only
        bar = progress.add_task(waiting[0], total=len(waiting))
        for event in events:
            waiting = [name for name in waiting if name != event.task.name]
            failures += event.kind == "failed"
            if event.kind == "there":  # which takes no time, so it says nothing about the others
                progress.update(bar, total=progress.tasks[0].total - 1)
            else:
                progress.advance(bar)
            progress.update(bar, description=waiting[0] if waiting else "done")
            name = event.result.name if event.kind == "done" else event.task.name
            progress.print(printable(f"{name}: {_outcome(event)}"), markup=False, soft_wrap=True)
    return failures


def _outcome(event: "Event") -> str:
    if event.kind == "failed":
        return f"failed: {event.error.splitlines()[-1].removeprefix('mnist_tutorial.errors.MNISTError: ')}"
    if event.kind != "done":
        return "done before" if event.kind == "there" else "the machine that shares its training has the result"
    result = event.result
    contended = ", slowed down by other programs or a pause" if result.contended else ""
    damaged = f"; the damaged file in its place is now {event.damaged.name}" if event.damaged else ""
    return f"{result.accuracy:.2%} of the {result.evaluated_on} digits, {result.wall:.1f} s{contended}{damaged}"
