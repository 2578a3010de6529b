"""The commands that train: ``benchmark run`` and ``benchmark reproduce``."""

from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mnist_tutorial.cli.common import RESULTS, Variant, Wanted, errors, loaded, say
from mnist_tutorial.errors import MNISTError, printable

if TYPE_CHECKING:
    from mnist_tutorial.benchmark.runs.suite import Event
    from mnist_tutorial.benchmark.runs.task import Task


class Evaluate(StrEnum):
    """The digits on which a run is evaluated."""

    both = "both"
    validation = "validation"
    test = "test"


class Purpose(StrEnum):
    """The names of `Evaluate` until November 2026."""

    both = "both"
    validation = "validation"
    record = "record"


class Executor(StrEnum):
    """The processes that train."""

    process = "process"
    dask = "dask"


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
        int, typer.Option(min=1, max=1_000, help="The number of runs of each recipe: seeds 0, 1, 2, ...")
    ] = 5,
    out: Annotated[Path, typer.Option(help="The folder for the results, one file for each run.")] = RESULTS,
    evaluate: Annotated[
        Evaluate,
        typer.Option(help="validation: train on 55,000, measure on 5,000 held out; test: train on 60,000, test once."),
    ] = Evaluate.both,
    purpose: Annotated[Purpose | None, typer.Option("--for", hidden=True)] = None,
    variant: Wanted = Variant.full,
    executor: Annotated[Executor, typer.Option(help="process: one here; dask: the workers of a cluster.")] = (
        Executor.process
    ),
    scheduler: Annotated[
        str | None, typer.Option(help="The address of dask's scheduler, tcp://host:8786; by default a local cluster.")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, max=1_000, help="The number of processes of the local cluster.")] = 2,
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
    from mnist_tutorial.benchmark.runs import suite
    from mnist_tutorial.benchmark.runs import workers as pools
    from mnist_tutorial.benchmark.runs.recipe import load_recipe, recipe_names

    if purpose is not None:
        evaluate = Evaluate.test if purpose is Purpose.record else Evaluate(purpose.value)
        typer.echo(f"--for {purpose.value} is now --evaluate {evaluate.value}", err=True)
    with errors():
        recipes = [load_recipe(name) for name in [*(names or []), *(recipe or [])] or recipe_names()]
        options = {"devices": devices, "num_nodes": nodes, "strategy": strategy} if devices * nodes > 1 else {}
        splits = ("validation", "test") if evaluate is Evaluate.both else (evaluate.value,)
        tasks = suite.plan(recipes, range(seeds), splits, loaded(variant).variant, options)
        _announce(tasks, out)
        local = executor is Executor.process
        with pools.LocalWorkers(limit) if local else pools.DaskWorkers(scheduler, workers, limit) as pool:
            failures = follow(suite.run(tasks, out, pool), len(tasks))
    if failures:
        typer.echo(f"error: {failures} of {len(tasks)} runs failed; see {out}/*.failure.json for the reasons", err=True)
        raise typer.Exit(1)


def _announce(tasks: list["Task"], out: Path) -> None:
    """Say how many runs are to be done, and how long they will take."""
    from mnist_tutorial.benchmark.runs.forecast import forecast

    to_do, seconds, unknown = forecast(tasks, out)
    count = max(1, round(seconds / 60))
    minutes = f"about {count:,} minute{'s' * (count > 1)} one after the other, as long as before" if seconds else ""
    others = f"not known how long: {', '.join(unknown)}" if unknown else ""
    details = "; ".join(filter(None, [minutes, others]))
    say(f"{to_do} of {len(tasks)} runs to do{': ' if details else ''}{details}", flush=True)


def reproduce(
    results: Annotated[list[Path], typer.Argument(metavar="RESULT...", help="result files")],
    limit: Limit = None,
) -> None:
    """Train the recipes and seeds of results again, and say whether the predictions are still the same.

    If they are, the present code is added to the result, which is then no longer stale; results of the recipe with
    other seeds count as reproduced, too. The exit code is 1 if any result could not be reproduced. A recipe of somebody
    else is run from its text in the result.
    """
    from mnist_tutorial.benchmark.runs.reproduction import reproduce
    from mnist_tutorial.benchmark.runs.workers import LocalWorkers

    failed = False
    with LocalWorkers(limit) as workers:
        for path in results:
            try:
                outcome = reproduce(path, workers)
            except MNISTError as error:
                failed = True
                say(f"error: {error}", err=True)
            else:
                failed |= outcome.verdict == "different"
                say(f"{path}: {outcome.verdict}: {outcome.sentence}", flush=True)
    if failed:
        raise typer.Exit(1)


def follow(events: Iterable["Event"], total: int) -> int:
    """Show a progress bar, and a line for each finished run; returns the number of failures."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
    from rich.progress import TimeRemainingColumn as Left

    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), Left()
    running, failures, console = [], 0, Console(highlight=False)
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:  # no bar in a log file
        bar = progress.add_task("starting", total=total)
        for event in events:
            name = event.task.name
            if event.kind == "started":
                running.append(name)
            else:
                running = [other for other in running if other != name]
                progress.advance(bar)
                failures += event.kind == "failed"
                file = event.result.name if event.kind == "done" else name
                progress.print(printable(f"{file}: {_outcome(event)}"), markup=False, soft_wrap=True)
            progress.update(bar, description=", ".join(running) or "done")
    return failures


def _outcome(event: "Event") -> str:
    if event.kind == "failed":
        return f"failed: {event.error.splitlines()[-1]}"
    if event.kind != "done":
        return "done before" if event.kind == "there" else "another process is doing it"
    result = event.result
    contended = ", slowed down by other programs" if result.contended else ""
    return f"{result.accuracy:.2%} of the {result.evaluated_on} digits, {result.wall:.1f} s{contended}"
