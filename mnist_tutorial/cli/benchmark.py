"""The commands of ``python -m mnist_tutorial benchmark``: those that read results stand here."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from mnist_tutorial.cli.common import RESULTS, Force, errors, say, show
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
        typer.Argument(
            help="With results; of a class, with a folder for each person: what lies in a folder below, or deeper, is "
            "that person's, and what lies in it directly is nobody's.",
            show_default="results, or the published results",
        ),
    ] = None,
    out: Annotated[Path, typer.Option(help="The folder for index.html and report.md.")] = Path("report"),
    force: Force = False,
) -> None:
    """Write a report of all results, as a web page and in Markdown, beside those of the literature.

    The report of a class has a column for the person, marks equal predictions under different names, and is shown here,
    too. Inconsistent files are refused, each with the reason; the exit code is then 1.
    """
    with errors():
        from mnist_tutorial.benchmark import robustness
        from mnist_tutorial.benchmark.report import page, table
        from mnist_tutorial.benchmark.result import published, read_all, read_failures
        from mnist_tutorial.benchmark.summary import aggregate, person

        if folder is None:
            folder = RESULTS if RESULTS.is_dir() else published()
            if folder != RESULTS:
                say(f"no folder {RESULTS} here, so this is the report of the published results")
        found, refused = read_all(folder)
        people = [person(path, folder) for path, _ in found]
        measured, not_read = robustness.read_all(folder)
        refused += not_read
        failures = read_failures(folder)
        if not (found or refused or failures):
            raise MNISTError(f"{folder} holds no results; `benchmark run cnn --out {folder}` makes one")
        tables = aggregate([result for _, result in found], measured, people)
        for path in page.write(tables, refused, failures, out, force):
            say(path)
    if any(people):
        for summary in tables:
            columns = table.columns_of(summary, table.TERMINAL)
            show(table.terminal_table(f"MNIST {summary.variant}", columns, table.rows(summary, columns)))
    _refuse(refused)


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


@benchmark.command()
def record(
    target: Annotated[float, typer.Argument(min=10, max=100, help="the test accuracy to exceed, in percent")],
    folder: Annotated[
        Path | None, typer.Argument(help="with results, as for report", show_default="the published results")
    ] = None,
) -> None:
    """List the recipes whose mean test accuracy exceeds TARGET, the fastest first.

    That is, with at least ten seeds, and p < 0.01 in a one-sided t-test. Seconds are the median of the uncontended
    runs; the ratio says how many times as long as train-mnist-fast they take on the same machine.
    """
    with errors():
        from mnist_tutorial.benchmark import records
        from mnist_tutorial.benchmark.report.table import columns_of, terminal_table
        from mnist_tutorial.benchmark.result import published, read_all
        from mnist_tutorial.benchmark.summary import aggregate, person

        found, refused = read_all(folder or published().parent)
        found = [(path, result) for path, result in found if (result.evaluated_on, result.variant) == ("test", "full")]
        if not found:
            _refuse(refused)
            raise MNISTError(
                f"{folder} holds no test runs; `benchmark run cnn --evaluate test --out {folder}` makes some"
            )
        people = [person(path, folder) for path, _ in found] if folder else []
        [table] = aggregate([result for _, result in found], people=people)
    above = records.above(table, target / 100)
    if accepted := [record.cells for record in above if not record.shortfall]:
        headings = columns_of(table, accepted[0])
        rows = [[cells[heading] for heading in headings] for cells in accepted]
        show(terminal_table(f"more than {target:g} % of the test digits", headings, rows))
        for letter in dict.fromkeys(cells["machine"] for cells in accepted):
            say(f"machine {letter}: {table.machines[letter]}")
    else:
        say(f"no recipe exceeds {target:g} % with at least {records.SEEDS} seeds and p < {records.LEVEL}")
    if near := [f"{record.label} ({record.shortfall})" for record in above if record.shortfall]:
        say(f"near, but not with at least {records.SEEDS} seeds and p < {records.LEVEL}: {', '.join(near)}")
    _refuse(refused)


def _refuse(refused: Sequence[MNISTError]) -> None:
    """List the files that were refused; exit code 1 if there are any."""
    for reason in refused:
        say(f"refused: {reason}", err=True)
    if refused:
        raise typer.Exit(1)


benchmark.command()(robustness)
