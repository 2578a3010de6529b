"""A leaderboard: the results of many people, none of whom has to be trusted."""

from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path

from rich import box
from rich.markup import escape
from rich.table import Table

from mnist_tutorial.benchmark.compare.significance_tests import compare_by_best_test
from mnist_tutorial.benchmark.outputs import MARK
from mnist_tutorial.benchmark.report.literature import published
from mnist_tutorial.benchmark.report.table import CONTENDED, cells, markdown_list, markdown_table, percent, remarks
from mnist_tutorial.benchmark.results.files import read_all
from mnist_tutorial.benchmark.summary import RecipeSummary, aggregate
from mnist_tutorial.errors import printable

NOBODY = "-"  # the owner of files in the folder itself
COLUMNS = {  # from the heading to that of `table.COLUMNS`
    "n": "n",
    "accuracy, %": "test accuracy, %",
    "95 % interval": "95 % interval",
    "errors": "errors",
    "seconds": "seconds to train",
    "parameters": "parameters",
    "machine": "machine",
}
HEADINGS = ("rank", "person", "recipe", *COLUMNS, "standing")
LEFT = ("person", "recipe", "machine", "standing")
WIDTHS = {"person": 10, "recipe": 13, "standing": 9}  # at least; longer texts are folded


@dataclass(frozen=True)
class Entry:
    """A line of a leaderboard: one recipe of one person on one machine.

    Attributes
    ----------
    rank : int or None
        By the mean test accuracy; equal means share a rank, and a disputed entry has none.
    person, recipe : str
    summary : RecipeSummary
    standing : str
        ``"first"``; ``"tie"`` if it is not distinguishable from the first; ``"identical"``; ``"behind"``; or
        ``"disputed"``, for the reason in the notes.
    """

    rank: int | None
    person: str
    recipe: str
    summary: RecipeSummary
    standing: str

    @property
    def cells(self) -> list[str]:
        """The texts in the columns of `HEADINGS`."""
        return [str(self.rank or "?"), self.person, self.recipe, *cells(self.summary, COLUMNS.values()), self.standing]


@dataclass(frozen=True)
class Leaderboard:
    """The entries of all people.

    Attributes
    ----------
    entries : dict
        From the variant of MNIST to a list of `Entry`, the best first; variants must not be compared.
    notes : dict
        From the variant to sentences that explain the numbers.
    refused : list of str
        For each file that does not count: which, and why.
    """

    entries: dict
    notes: dict
    refused: list


def leaderboard(folder: Path | str) -> Leaderboard:
    """Merge the result files of many people.

    Only test runs count. Entries that `compare_by_best_test` does not distinguish from the first are marked as ties;
    the marks do not account for the number of entries. Entries above the best published result, and those of several
    people with the same predictions from different code, are disputed: they come last, and a person has to decide.

    Parameters
    ----------
    folder : Path
        With one folder per person, named after them.

    Raises
    ------
    MNISTError
        If there is no such folder.
    """
    found, refused = read_all(folder)
    # The name of a folder has no "/", so the recipes of two people cannot be confused.
    named = [replace(result, recipe=f"{_person(path, folder)}/{result.recipe}") for path, result in found]
    tables = aggregate(result for result in named if result.evaluated_on == "test")
    disputes = {table.variant: _disputes(table.rows) for table in tables}
    return Leaderboard(
        {table.variant: _entries(table, disputes[table.variant]) for table in tables},
        {table.variant: [*disputes[table.variant], *_notes(table)] for table in tables},
        [str(error) for error in refused],
    )


def tables(board: Leaderboard) -> list[Table]:
    """Show a leaderboard in the terminal: one table for each variant of MNIST."""
    shown = []
    for variant, entries in board.entries.items():
        table = Table(title=f"Leaderboard, MNIST {variant}", box=box.SIMPLE, pad_edge=False, collapse_padding=True)
        for heading in HEADINGS:
            justify, width = "left" if heading in LEFT else "right", WIDTHS.get(heading)
            table.add_column(heading, justify=justify, overflow="fold", no_wrap=not width, min_width=width)
        for entry in entries:
            leads = entry.standing not in ("behind", "disputed")
            table.add_row(*map(escape, entry.cells), style="bold" if leads else None)
        shown.append(table)
    return shown


def markdown(board: Leaderboard) -> str:
    """Write a leaderboard in Markdown."""
    parts = [f"<!-- {MARK} -->\n"]
    for variant, entries in board.entries.items():
        table = markdown_table(HEADINGS, [entry.cells for entry in entries], LEFT)
        parts += [f"## MNIST {variant}\n", table, markdown_list(board.notes[variant])]
    if board.refused:
        parts += ["## Refused\n", markdown_list(board.refused)]
    return "\n".join(parts if len(parts) > 1 else [*parts, "No results.\n"])


def _person(path, folder):
    parts = path.relative_to(folder).parts
    return printable(parts[0], keep="") if len(parts) > 1 else NOBODY


def _disputes(rows):
    """Look for what a person has to decide: a dictionary from each reason to the rows that it disputes."""
    disputes, same = defaultdict(list), defaultdict(list)
    best = max(published(), key=lambda result: result.accuracy)
    for row in rows:
        highest = max(run.accuracy for run in row.test_runs)
        if highest > best.accuracy / 100:
            reason = f"{percent(highest)} % is above the best published result, {best.accuracy:g} % ({best.source})"
            disputes[f"{row.label}: disputed, since {reason}."] = [row]
        for run in row.test_runs:
            same[run.predicted.tobytes()].append((row, run))
    for group in same.values():
        if len({row.label.split("/")[0] for row, _ in group}) == 1:
            continue
        labels = ", ".join(sorted({row.label for row, _ in group}))
        if len({run.version for _, run in group}) > 1:
            reason = "disputed: identical predictions from different code"
        elif len({run.started for _, run in group}) < len(group):
            reason = "disputed: identical predictions from runs that started in the same second"
        else:
            disputes[f"{labels}: identical predictions, as the same code with the same seed gives."] += []
            continue
        disputes[f"{labels}: {reason}; nobody can tell who made them."] += [row for row, _ in group]
    return disputes


def _entries(table, disputes):
    disputed = {id(row) for rows in disputes.values() for row in rows}
    ranked, others = [], []
    for row in table.rows:
        person, recipe = row.label.split("/", 1)
        if id(row) in disputed:
            others.append(Entry(None, person, recipe, row, "disputed"))
            continue
        equal = bool(ranked) and row.accuracy == ranked[-1].summary.accuracy
        rank = ranked[-1].rank if equal else len(ranked) + 1
        first = ranked[0].summary if ranked else row
        ranked.append(Entry(rank, person, recipe, row, _standing(first, row)))
    return ranked + others


def _standing(first, row):
    if row is first:
        return "first"
    verdict = compare_by_best_test(first.test_runs, row.test_runs).verdict
    return {"different": "behind", "not distinguishable": "tie"}.get(verdict, verdict)


def _notes(table):
    selected = (
        f"{row.label}: seeds {', '.join(map(str, seeds))} instead of 0 to {row.n - 1}."
        for row in table.rows
        if (seeds := [run.seed for run in row.test_runs]) != list(range(row.n))
    )
    return [
        f"n test runs with different seeds: mean ± standard deviation on {table.images[0]:,} test digits. "
        "The 95 % interval is Wilson's, for a network with the mean number of errors.",
        f"Seconds: the median of the uncontended runs ({CONTENDED}: there are none; other programs used the "
        "processor). Compare them on the same machine only.",
        "Tie: not distinguishable from the first, by Welch's test over seeds, or for single runs by McNemar's test on "
        "the predictions (p of at least 0.05, whatever the number of entries).",
        *[f"Machine {letter}: {description}." for letter, description in table.machines.items()],
        *selected,
        *remarks(table),
    ]
