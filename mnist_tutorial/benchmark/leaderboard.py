"""A leaderboard: the results of many people, none of whom has to be trusted."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from rich import box
from rich.markup import escape
from rich.table import Table

from mnist_tutorial.benchmark.compare import compare_by_best_test
from mnist_tutorial.benchmark.outputs import MARK
from mnist_tutorial.benchmark.report.literature import published
from mnist_tutorial.benchmark.report.table import CONTENDED, cells, markdown_list, markdown_table, percent, remarks
from mnist_tutorial.benchmark.result import read_all
from mnist_tutorial.benchmark.summary import aggregate
from mnist_tutorial.errors import printable

NOBODY = "-"  # the owner of files in the folder itself
EQUAL = "="  # after the standing of those who share predictions
COLUMNS = ("n", "test accuracy, %", "95 % interval", "errors", "seconds to train", "parameters", "machine")
SHORT = {"test accuracy, %": "accuracy, %", "seconds to train": "seconds"}
HEADINGS = ("rank", "person", "recipe", *(SHORT.get(column, column) for column in COLUMNS), "standing")
LEFT = ("person", "recipe", "machine", "standing")
WIDTHS = {"person": 10, "recipe": 13, "standing": 9}  # at least; longer texts are folded
STANDINGS = {"different": "behind", "not distinguishable": "tie"}


class Leaderboard(NamedTuple):
    """The results of all people.

    `rows` has, for each variant of MNIST, the cells below `HEADINGS` for each recipe, person and machine, the most
    accurate first; `notes` has sentences that explain them, and `refused` which files do not count, and why.
    """

    rows: dict[str, list[list[str]]]
    notes: dict[str, list[str]]
    refused: list[str]


def leaderboard(folder: Path | str) -> Leaderboard:
    """Merge the result files of many people, in one folder per person, named after them.

    Only test runs count. Equal means share a rank. A recipe that `compare_by_best_test` does not distinguish from the
    first is a tie, whatever the number of recipes. Predictions that several people share, and results above the best
    published one, keep their rank: a note names them, so that a person can look. MNISTError if there is no such folder.
    """
    found, refused = read_all(folder)
    # The name of a folder has no "/", so the recipes of two people cannot be confused.
    named = [replace(result, recipe=f"{_person(path, folder)}/{result.recipe}") for path, result in found]
    rows, notes = {}, {}
    for table in aggregate(result for result in named if result.evaluated_on == "test"):
        shared = _shared(table.rows)
        rows[table.variant] = list(_rows(table.rows, {label for labels in shared.values() for label in labels}))
        notes[table.variant] = [*shared, *_notes(table)]
    return Leaderboard(rows, notes, [str(error) for error in refused])


def tables(board: Leaderboard) -> list[Table]:
    """Show a leaderboard in the terminal: one table for each variant of MNIST."""
    shown = []
    for variant, rows in board.rows.items():
        table = Table(title=f"Leaderboard, MNIST {variant}", box=box.SIMPLE, pad_edge=False, collapse_padding=True)
        for heading in HEADINGS:
            justify, width = "left" if heading in LEFT else "right", WIDTHS.get(heading)
            table.add_column(heading, justify=justify, overflow="fold", no_wrap=not width, min_width=width)
        for row in rows:
            table.add_row(*map(escape, row), style=None if row[-1].startswith("behind") else "bold")
        shown.append(table)
    return shown


def markdown(board: Leaderboard) -> str:
    """Write a leaderboard in Markdown."""
    parts = [f"<!-- {MARK} -->\n"]
    for variant, rows in board.rows.items():
        parts += [f"## MNIST {variant}\n", markdown_table(HEADINGS, rows, LEFT), markdown_list(board.notes[variant])]
    if board.refused:
        parts += ["## Refused\n", markdown_list(board.refused)]
    return "\n".join(parts if len(parts) > 1 else [*parts, "No results.\n"])


def _person(path, folder):
    parts = path.relative_to(folder).parts
    return printable(parts[0], keep="") if len(parts) > 1 else NOBODY


def _shared(rows):
    """Find predictions that several people have: from a note to the labels of their rows."""
    same = defaultdict(list)
    for row in rows:
        for run in row.test_runs:
            same[run.predicted.tobytes()].append((row.label, run))
    shared = {}
    for group in same.values():
        labels = sorted({label for label, _ in group})
        if len({label.split("/")[0] for label in labels}) > 1:
            why = "as the same code with the same seed gives"
            if len({run.version for _, run in group}) > 1:
                why = "from different code; look at both"
            elif len({run.started for _, run in group}) < len(group):
                why = "from runs that started in the same second, as a copied file has; ask who made it"
            shared[f"{EQUAL} {', '.join(labels)}: identical predictions, {why}."] = labels
    return shared


def _rows(summaries, shared) -> Iterator[list[str]]:
    rank, first = 0, summaries[0]
    for i, row in enumerate(summaries):
        rank = rank if i and row.accuracy == summaries[i - 1].accuracy else i + 1
        verdict = compare_by_best_test(first.test_runs, row.test_runs).verdict if i else "first"
        standing = STANDINGS.get(verdict, verdict) + f" {EQUAL}" * (row.label in shared)
        yield [str(rank), *row.label.split("/", 1), *cells(row, COLUMNS), standing]


def _notes(table) -> Iterator[str]:
    best = max(published(), key=lambda result: result.accuracy)
    for row in table.rows:
        if (highest := max(run.accuracy for run in row.test_runs)) > best.accuracy / 100:
            above = f"above the best published result, {best.accuracy:g} % ({best.source})"
            yield f"{row.label}: {percent(highest)} % is {above}; look at its code."
    yield (
        f"n test runs with different seeds: mean ± standard deviation on {table.images[0]:,} test digits. "
        "The 95 % interval is Wilson's, for a network with the mean number of errors."
    )
    yield (
        f"Seconds: the median of the uncontended runs ({CONTENDED}: there are none; other programs used the "
        "processor). Compare them on the same machine only."
    )
    yield (
        "Tie: not distinguishable from the first, by Welch's test over seeds, or for single runs by McNemar's test on "
        "the predictions (p of at least 0.05, whatever the number of entries)."
    )
    yield from (f"Machine {letter}: {description}." for letter, description in table.machines.items())
    for row in table.rows:
        if (seeds := [run.seed for run in row.test_runs]) != list(range(row.n)):
            yield f"{row.label}: seeds {', '.join(map(str, seeds))} instead of 0 to {row.n - 1}."
    yield from remarks(table)
