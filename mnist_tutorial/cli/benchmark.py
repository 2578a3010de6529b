"""The commands of ``python -m mnist_tutorial benchmark``: those that read results stand here."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from mnist_tutorial.cli.common import RESULTS, Force, errors, say, show
from mnist_tutorial.cli.record import record
from mnist_tutorial.cli.robustness import robustness
from mnist_tutorial.cli.run import reproduce, run
from mnist_tutorial.errors import MNISTError

benchmark = typer.Typer(help="Train recipes, and compare results.", no_args_is_help=True)
benchmark.command()(run)
benchmark.command()(reproduce)


@benchmark.command()
def report(
    folder: Annotated[
        Path | None,
        typer.Argument(help="with results, also in subfolders", show_default="results, or the published results"),
    ] = None,
    out: Annotated[Path, typer.Option(help="The folder for index.html and report.md.")] = Path("report"),
    force: Force = False,
) -> None:
    """Write a report of all results, as a web page and in Markdown, beside those of the literature."""
    with errors():
        from mnist_tutorial.benchmark import robustness
        from mnist_tutorial.benchmark.report.page import write
        from mnist_tutorial.benchmark.result import published, read_all, read_failures

        if folder is None:
            folder = RESULTS if RESULTS.is_dir() else published()
            if folder != RESULTS:
                say(f"no folder {RESULTS} here, so this is the report of the published results")
        results, refused = read_all(folder)
        measured, not_read = robustness.read_all(folder)
        refused += not_read
        failures = read_failures(folder)
        if not (results or refused or failures):
            raise MNISTError(f"{folder} holds no results; `benchmark run cnn --out {folder}` makes one")
        for path in write([result for _, result in results], refused, failures, out, force, measured):
            say(path)
    _refused(refused)


@benchmark.command()
def compare(
    a: Annotated[str, typer.Argument(help="a result file, a recipe, or a folder with the results of one recipe")],
    b: Annotated[str, typer.Argument(help="the other one")],
    results: Annotated[
        Path | None,
        typer.Option(
            help="The folder with the results of recipes; what it lacks is not looked for elsewhere.",
            show_default="results, then the published results",
        ),
    ] = None,
) -> None:
    """Test whether two models, or two recipes, differ by more than chance."""
    with errors():
        from mnist_tutorial.benchmark.compare import compare, table

        difference = compare(a, b, results)
    show(table(difference))
    for sentence in (difference.sentence, *difference.remarks):
        say(sentence)


@benchmark.command()
def leaderboard(
    folder: Annotated[Path, typer.Argument(help="with a folder of results for each person")],
    out: Annotated[Path | None, typer.Option(help="A file for the tables, in Markdown.")] = None,
    force: Force = False,
) -> None:
    """Rank the results of many people, and show who cannot be told apart from the first.

    Inconsistent files are refused, each with the reason; the exit code is then 1. Equal predictions of several people
    are marked.
    """
    with errors():
        from mnist_tutorial.benchmark import leaderboard
        from mnist_tutorial.benchmark.outputs import check_replaceable, signed
        from mnist_tutorial.data import atomic

        if out:
            check_replaceable([out], force)
        board = leaderboard.leaderboard(folder)
        if out:
            with atomic(out) as part:
                part.write_text(signed(leaderboard.markdown(board)), encoding="utf-8")
    for table in leaderboard.tables(board):
        show(table)
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
        from mnist_tutorial.benchmark import regression

        changes, alerts = regression.check(baseline, results, reference)
    show(regression.table(changes, alerts))
    for alert in alerts:
        say(alert.sentence, err=alert.failed)
    raise typer.Exit(int(any(alert.failed for alert in alerts)))


def _refused(reasons: Sequence[Exception]) -> None:
    """Print which files were refused; exit code 1 if there are any."""
    for reason in reasons:
        say(f"refused: {reason}", err=True)
    if reasons:
        raise typer.Exit(1)


for command in (record, robustness):
    benchmark.command()(command)
