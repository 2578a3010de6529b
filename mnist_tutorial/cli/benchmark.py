"""The commands of ``python -m mnist_tutorial benchmark``."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mnist_tutorial.cli.common import Variant, Wanted, errors, loaded, say
from mnist_tutorial.errors import printable

if TYPE_CHECKING:
    from rich.table import Table

    from mnist_tutorial.benchmark.runs.suite import Event

benchmark = typer.Typer(help="Train recipes, compare results, and time this machine.", no_args_is_help=True)
Repeats = Annotated[int, typer.Option(min=1, help="Uncontended runs of each route; their median counts.")]
Out = Annotated[Path, typer.Option(help="The folder for the JSON file and the bar chart.")]
Force = Annotated[bool, typer.Option("--force", help="Replace files that this command did not write.")]
RESULTS = Path("results")


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


@benchmark.command()
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
    limit: Annotated[
        int | None,
        typer.Option(min=1, max=10**6, metavar="SECONDS", help="End a run that takes longer: it has failed."),
    ] = None,
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
        local = executor is Executor.process
        with pools.LocalWorkers(limit) if local else pools.DaskWorkers(scheduler, workers, limit) as pool:
            failures = _follow(suite.run(tasks, out, pool), len(tasks))
    if failures:
        typer.echo(f"error: {failures} of {len(tasks)} runs failed; see {out}/*.failure.json for the reasons", err=True)
        raise typer.Exit(1)


@benchmark.command()
def report(
    folder: Annotated[Path, typer.Argument(help="with results, also in subfolders")] = RESULTS,
    out: Annotated[Path, typer.Option(help="The folder for index.html and report.md.")] = Path("site"),
    force: Force = False,
) -> None:
    """Write a report of all results, as a web page and in Markdown, beside published results."""
    with errors():
        from mnist_tutorial.benchmark.report.page import write
        from mnist_tutorial.benchmark.results import read_all, read_failures

        results, refused = read_all(folder)
        for path in write([result for _, result in results], refused, read_failures(folder), out, force):
            say(path)
    _refused(refused)


@benchmark.command()
def compare(
    a: Annotated[str, typer.Argument(help="a result file, a recipe, or a folder with the results of one recipe")],
    b: Annotated[str, typer.Argument(help="the other one")],
    results: Annotated[Path, typer.Option(help="The folder with the results of recipes.")] = RESULTS,
) -> None:
    """Test whether two models, or two recipes, differ by more than chance."""
    with errors():
        from mnist_tutorial.benchmark.compare import comparison, significance_tests

        difference = significance_tests.compare(a, b, results)
    _show(comparison.table(difference))
    for sentence in (difference.sentence, *difference.remarks):
        say(sentence)


@benchmark.command()
def leaderboard(
    folder: Annotated[Path, typer.Argument(help="with a folder of results for each person")],
    out: Annotated[Path | None, typer.Option(help="A file for the tables, in Markdown.")] = None,
    force: Force = False,
) -> None:
    """Rank the results of many people, and show who cannot be told apart from the first.

    Inconsistent files are refused, each with the reason; the exit code is then 1. Results that only a person can judge
    are shown as disputed.
    """
    with errors():
        from mnist_tutorial.benchmark.compare import leaderboard
        from mnist_tutorial.benchmark.outputs import check_replaceable
        from mnist_tutorial.data.atomic import atomic

        if out:
            check_replaceable([out], force)
        board = leaderboard.leaderboard(folder)
        if out:
            with atomic(out) as part:
                part.write_text(leaderboard.markdown(board), encoding="utf-8")
    for table in leaderboard.tables(board):
        _show(table)
    for note in dict.fromkeys(note for notes in board.notes.values() for note in notes):
        say(f"- {note}")
    _refused(board.refused)


@benchmark.command()
def check(
    baseline: Annotated[Path, typer.Argument(help="the earlier results")],
    results: Annotated[Path, typer.Argument(help="the later results")] = RESULTS,
    reference: Annotated[str, typer.Option(help="The recipe whose time is the unit.")] = "train-mnist-fast",
) -> None:
    """Compare two folders of results; exit code 1 if a recipe got significantly worse, or over 20 % slower."""
    with errors():
        from mnist_tutorial.benchmark.compare import regression

        report = regression.check(baseline, results, reference)
    _show(regression.table(report))
    for alert in report.alerts:
        say(alert.sentence, err=alert.failed)
    raise typer.Exit(int(report.failed))


def _show(table: "Table") -> None:
    """Print a table at a width at which it can be read."""
    from rich.console import Console

    Console(highlight=False, emoji=False, width=max(Console().width, 118)).print(table, crop=False)


def _refused(reasons: Sequence[Exception]) -> None:
    """Print which files were refused; exit code 1 if there are any."""
    for reason in reasons:
        say(f"refused: {reason}", err=True)
    if reasons:
        raise typer.Exit(1)


def _follow(events: Iterable["Event"], total: int) -> int:
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
                progress.print(printable(f"{name}: {_outcome(event)}"), markup=False, soft_wrap=True)
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


@benchmark.command()
def loading(repeats: Repeats = 5, out: Out = RESULTS, variant: Wanted = Variant.auto, force: Force = False) -> None:
    """Time an epoch of shuffled batches of 256: ours, torch's, torchvision's and DeepTrack's tutorial."""
    _side_by_side("loading", repeats, out, variant, force)


@benchmark.command()
def augmentation(
    repeats: Repeats = 5, out: Out = RESULTS, variant: Wanted = Variant.auto, force: Force = False
) -> None:
    """Time affine and elastic warps of digits: ours, kornia, torchvision and DeepTrack's tutorial."""
    _side_by_side("augmentation", repeats, out, variant, force)


@benchmark.command()
def overhead(repeats: Repeats = 5, out: Out = RESULTS, variant: Wanted = Variant.auto, force: Force = False) -> None:
    """Time an epoch of the network of notebook 05: ours, a bare loop in torch, and deeplay's defaults."""
    _side_by_side("overhead", repeats, out, variant, force)


def _side_by_side(name: str, repeats: int, out: Path, variant: Variant, force: bool) -> None:
    """Measure, print and write; exit code 1 if a route had too few uncontended runs."""
    with errors():
        from mnist_tutorial.benchmark.outputs import check_replaceable
        from mnist_tutorial.benchmark.speed.report import collect, paths, table, write

        out.mkdir(parents=True, exist_ok=True)  # so that a bad folder fails before minutes of measuring
        check_replaceable(paths(name, out), force)
    mnist = loaded(variant)
    from importlib import import_module
    from tempfile import TemporaryDirectory

    from mnist_tutorial.benchmark.speed.measurement import measure

    module = import_module(f"mnist_tutorial.benchmark.speed.{name}")
    with errors(), TemporaryDirectory() as folder:
        measurements = measure(module.routes(mnist.train, Path(folder)), repeats)
        measured = collect(name, measurements, module.OURS, repeats, mnist.variant)
        _show(table(measured))
        for path in write(measured, out):
            say(path)
    if contended := [route.name for route in measurements if not route.failure and len(route.times) < repeats]:
        typer.echo(
            f"error: other programs used the processor too often to measure {', '.join(contended)} {repeats} times; "
            "close them, and run the command again",
            err=True,
        )
        raise typer.Exit(1)
