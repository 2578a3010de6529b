"""The commands of ``python -m mnist_tutorial benchmark``."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from mnist_tutorial.cli.common import Variant, Wanted, errors, loaded

benchmark = typer.Typer(help="Measure networks, and routes of digits, on this machine.", no_args_is_help=True)
Repeats = Annotated[int, typer.Option(min=1, help="Undisturbed runs of each route; the median counts.")]
Out = Annotated[Path, typer.Option(help="The folder for the JSON file and the bar chart.")]
RESULTS = Path("results")


class Evaluate(StrEnum):
    """The digits on which a run is measured."""

    both = "both"
    validation = "validation"
    test = "test"


class Executor(StrEnum):
    """Who trains."""

    process = "process"
    dask = "dask"


@benchmark.command()
def run(
    names: Annotated[list[str] | None, typer.Argument(metavar="[RECIPES]...", help="without any: all")] = None,
    recipe: Annotated[
        list[str] | None, typer.Option("--recipe", metavar="FILE.py:NAME", help="Your own: a function of one run.")
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="How many runs of each recipe: seeds 0, 1, 2, ...")] = 5,
    out: Annotated[Path, typer.Option(help="The folder for the results, a file for each run.")] = RESULTS,
    evaluate: Annotated[
        Evaluate,
        typer.Option(help="validation: train on 55,000, measure on 5,000 held out; test: train on 60,000, test once."),
    ] = Evaluate.both,
    variant: Wanted = Variant.full,
    executor: Annotated[Executor, typer.Option(help="process: one here; dask: the workers of a cluster.")] = (
        Executor.process
    ),
    scheduler: Annotated[str | None, typer.Option(help="Of dask, tcp://host:8786; without, a local cluster.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Of the local cluster.")] = 2,
    devices: Annotated[int, typer.Option(min=1, help="Processes or GPUs that share one training.")] = 1,
    nodes: Annotated[int, typer.Option(min=1, help="Machines that share one training, as Lightning has it.")] = 1,
    strategy: Annotated[str, typer.Option(help="Of Lightning's distributed training.")] = "ddp",
):
    """Train recipes with several seeds, and keep a result file of each run.

    What is there is not done again, so the same command goes on where it was interrupted.
    """
    from mnist_tutorial.benchmark.runs import recipe as recipes
    from mnist_tutorial.benchmark.runs import suite
    from mnist_tutorial.benchmark.runs.workers import DaskWorkers, LocalWorkers

    with errors():
        found = [recipes.load_recipe(one) for one in [*(names or []), *(recipe or [])] or recipes.names()]
        options = {"devices": devices, "num_nodes": nodes, "strategy": strategy} if devices * nodes > 1 else {}
        splits = ("validation", "test") if evaluate is Evaluate.both else (evaluate.value,)
        tasks = suite.plan(found, range(seeds), splits, loaded(variant).variant, options)
        with DaskWorkers(scheduler, workers) if executor is Executor.dask else LocalWorkers() as at_work:
            failed = _follow(suite.run(tasks, out, at_work), len(tasks))
    if failed:
        typer.echo(f"error: {failed} of {len(tasks)} runs failed; the reasons are in {out}/*.failure.json", err=True)
        raise typer.Exit(1)


@benchmark.command()
def report(
    folder: Annotated[Path, typer.Argument(help="of results, with those in the folders in it")] = RESULTS,
    out: Annotated[Path, typer.Option(help="The folder for index.html and report.md.")] = Path("site"),
):
    """Write what results say as one page and as Markdown, beside what others have published."""
    with errors():
        from mnist_tutorial.benchmark.report.page import write
        from mnist_tutorial.benchmark.results.files import read_all, read_failures

        found, refused = read_all(folder)
        for path in write([result for _, result in found], refused, read_failures(folder), out):
            print(path)
    _refused(refused)


@benchmark.command()
def compare(
    a: Annotated[str, typer.Argument(help="a result file, a recipe, or a folder with the results of one")],
    b: Annotated[str, typer.Argument(help="another")],
    results: Annotated[Path, typer.Option(help="Where the results of recipes are.")] = RESULTS,
):
    """Say whether two models, or two recipes, differ by more than chance."""
    with errors():
        from mnist_tutorial.benchmark.compare import comparison, significance_tests

        found = significance_tests.compare(a, b, results)
    _show(comparison.table(found))
    for sentence in (found.sentence, *found.remarks):
        print(sentence)


@benchmark.command()
def leaderboard(
    folder: Annotated[Path, typer.Argument(help="with a folder of results for each person")],
    out: Annotated[Path | None, typer.Option(help="A file to write the tables into, as Markdown.")] = None,
):
    """Merge the results of many people, and say who is not distinguishable from the first.

    Files that do not agree with themselves are refused, each with the reason, and exit code 1.
    """
    with errors():
        from mnist_tutorial.benchmark.compare import leaderboard

        board = leaderboard.leaderboard(folder)
        if out:
            out.write_text(leaderboard.markdown(board), encoding="utf-8")
    for table in leaderboard.tables(board):
        _show(table)
    for note in dict.fromkeys(note for notes in board.notes.values() for note in notes):
        print(f"- {note}")
    _refused(board.refused)


@benchmark.command()
def check(
    baseline: Annotated[Path, typer.Argument(help="results then")],
    results: Annotated[Path, typer.Argument(help="results now")] = RESULTS,
    reference: Annotated[str, typer.Option(help="The recipe whose time is the unit.")] = "train-mnist-fast",
):
    """Compare results then and now; exit code 1 if a recipe is significantly worse, or more than a fifth slower."""
    with errors():
        from mnist_tutorial.benchmark.compare import regression

        found = regression.check(baseline, results, reference)
    _show(regression.table(found))
    for alert in found.alerts:
        typer.echo(alert.sentence, err=alert.failed)
    raise typer.Exit(int(found.failed))


def _show(table):
    """Print a table, not narrower than it can be read."""
    from rich.console import Console

    Console(highlight=False, width=max(Console().width, 118)).print(table)


def _refused(why):
    """Say which files do not count; exit code 1 if there are any."""
    for error in why:
        typer.echo(f"refused: {error}", err=True)
    if why:
        raise typer.Exit(1)


def _follow(events, total):
    """Show what happens; gives the number of failures."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
    from rich.progress import TimeRemainingColumn as Left

    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), Left()
    running, failed = [], 0
    with Progress(*columns, console=Console(highlight=False)) as progress:
        bar = progress.add_task("starting", total=total)
        for event in events:
            name = event.task.name
            if event.kind == "started":
                running.append(name)
            else:
                running = [one for one in running if one != name]
                progress.advance(bar)
            if event.kind == "done":
                result = event.result
                seconds = f"{result.wall:.1f} s{', disturbed by other programs' if result.contended else ''}"
                progress.print(
                    f"{name}: {result.accuracy:.2%} of the {result.evaluations[0]['of']} digits, {seconds}",
                    soft_wrap=True,
                )
            elif event.kind == "failed":
                failed += 1
                progress.print(f"{name}: failed: {event.error.splitlines()[-1]}", markup=False, soft_wrap=True)
            elif event.kind != "started":
                progress.print(f"{name}: {'is there' if event.kind == 'there' else 'another process has it'}")
            progress.update(bar, description=", ".join(running) or "done")
    return failed


@benchmark.command()
def loading(repeats: Repeats = 5, out: Out = Path("results"), variant: Wanted = Variant.auto):
    """Load an epoch, shuffled, in batches of 256: ours, torch's, torchvision's and DeepTrack's tutorial."""
    _side_by_side("loading", repeats, out, variant)


@benchmark.command()
def augmentation(repeats: Repeats = 5, out: Out = Path("results"), variant: Wanted = Variant.auto):
    """Warp digits, affine and elastic: ours, kornia, torchvision and DeepTrack's tutorial."""
    _side_by_side("augmentation", repeats, out, variant)


@benchmark.command()
def overhead(repeats: Repeats = 5, out: Out = Path("results"), variant: Wanted = Variant.auto):
    """Train the network of notebook 05 for an epoch: ours, a bare loop of torch, and deeplay's defaults."""
    _side_by_side("overhead", repeats, out, variant)


def _side_by_side(name, repeats, out, variant):
    """Measure, print and write; exit code 1 if a route was never uncontended as often as wanted."""
    with errors():
        out.mkdir(parents=True, exist_ok=True)  # what fails, fails before the minutes of measuring
    mnist = loaded(variant)
    from importlib import import_module
    from tempfile import TemporaryDirectory

    from mnist_tutorial.benchmark.speed.measurement import measure
    from mnist_tutorial.benchmark.speed.report import collect, table, write

    module = import_module(f"mnist_tutorial.benchmark.speed.{name}")
    with errors(), TemporaryDirectory() as folder:
        measurements = measure(module.routes(mnist.train, Path(folder)), repeats)
        measured = collect(name, measurements, module.OURS, repeats, mnist.variant)
        _show(table(measured))
        for path in write(measured, out):
            print(path)
    if contended := [m.name for m in measurements if not m.failure and len(m.times) < repeats]:
        typer.echo(
            f"error: other programs used the processor too often to measure {', '.join(contended)} {repeats} times; "
            "end them, and run it again",
            err=True,
        )
        raise typer.Exit(1)
