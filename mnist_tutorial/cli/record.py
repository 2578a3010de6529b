"""The command ``benchmark record``."""

import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from mnist_tutorial.cli.common import Variant, errors, loaded, say, show
from mnist_tutorial.cli.run import follow

RECORDS = Path("records")


class Target(StrEnum):
    """The accuracies for which there is a record, in percent."""

    low = "99.0"
    middle = "99.5"
    high = "99.7"


def record(
    target: Annotated[Target, typer.Argument(help="the test accuracy to exceed, in percent")],
    folder: Annotated[Path, typer.Argument(help="with all records")] = RECORDS,
    recipe: Annotated[
        str | None, typer.Option(metavar="NAME|FILE.py:NAME", help="The recipe that claims the record.")
    ] = None,
    seeds: Annotated[int, typer.Option(min=10, max=1_000, help="The number of runs: seeds 0, 1, 2, ...")] = 10,
    out: Annotated[
        Path | None,
        typer.Option(help="The folder for its results.", show_default="records/TARGET/RECIPE-DATE"),
    ] = None,
    check: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Check this folder; exit code 1 if it is refused.")
    ] = None,
    variant: Annotated[Variant, typer.Option(hidden=True)] = Variant.full,
) -> None:
    """Show the speed records for an accuracy; with --recipe, try to break them.

    The recipe trains in turn with a reference, whose time is the unit. After an interruption, the same command carries
    on. RULES.md says what is allowed.
    """
    with errors():
        if recipe and check:
            raise typer.BadParameter("--recipe and --check exclude each other")
        if recipe:
            check = _session(recipe, seeds, out, target.value, variant)
        if check:
            from mnist_tutorial.benchmark import records

            entry = records.check(check, target.value, variant.value)
            for line in entry.lines():
                say(line)
            raise typer.Exit(int(bool(entry.reasons)))
        _show(folder, target.value)


def _session(recipe: str, seeds: int, out: Path | None, target: str, variant: Variant) -> Path:
    """Train, and return the folder of the results."""
    from mnist_tutorial.benchmark import records, worker
    from mnist_tutorial.benchmark.recipe import load_recipe

    candidate = load_recipe(recipe)
    out = out or RECORDS / target / f"{candidate.name}-{datetime.date.today().isoformat()}"
    tasks = records.plan(candidate, seeds, loaded(variant).variant)
    say(f"results: {out}", flush=True)
    follow(records.run(tasks, out, worker.run_locally), tasks)
    return out


def _show(folder: Path, target: str) -> None:
    from mnist_tutorial.benchmark.records import entries, table

    checked = entries(folder, target)
    if not checked:
        say(f"no folder in {folder / target}; `benchmark record {target} --recipe NAME` makes one")
        return
    show(table(entry for entry in checked if not entry.reasons))
    for entry in checked:
        for reason in entry.reasons:
            say(f"{entry.folder}: refused: {reason}")
