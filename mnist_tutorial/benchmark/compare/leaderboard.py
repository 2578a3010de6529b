"""A leaderboard: the results of many people, none of whom has to be trusted."""

from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path

from rich import box
from rich.markup import escape
from rich.table import Table

from mnist_tutorial.benchmark.compare.significance_tests import compare_by_best_test
from mnist_tutorial.benchmark.report.aggregate import RecipeSummary, aggregate
from mnist_tutorial.benchmark.report.table import CONTENDED, cells, markdown_list, markdown_table, remarks
from mnist_tutorial.benchmark.results.files import read_all

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
    rank : int
        By the mean test accuracy; equal means share a rank.
    person, recipe : str
    summary : RecipeSummary
    standing : str
        ``"first"``; ``"tie"`` if it is not distinguishable from the first; ``"identical"``; or ``"behind"``.
    """

    rank: int
    person: str
    recipe: str
    summary: RecipeSummary
    standing: str

    @property
    def cells(self) -> list[str]:
        """The texts in the columns of `HEADINGS`."""
        return [str(self.rank), self.person, self.recipe, *cells(self.summary, COLUMNS.values()), self.standing]


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
    the marks do not account for the number of entries.

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
    kept, copies = _refuse_copies([(path, _person(path, folder), result) for path, result in found])
    # The name of a folder has no "/", so the recipes of two people cannot be confused.
    named = [replace(result, recipe=f"{person}/{result.recipe}") for person, result in kept]
    tables = aggregate(result for result in named if result.evaluated_on == "test")
    return Leaderboard(
        {table.variant: _entries(table) for table in tables},
        {table.variant: _notes(table) for table in tables},
        [str(error) for error in refused] + copies,
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
            table.add_row(*map(escape, entry.cells), style="bold" if entry.standing != "behind" else None)
        shown.append(table)
    return shown


def markdown(board: Leaderboard) -> str:
    """Write a leaderboard in Markdown."""
    parts = []
    for variant, entries in board.entries.items():
        table = markdown_table(HEADINGS, [entry.cells for entry in entries], LEFT)
        parts += [f"## MNIST {variant}\n", table, markdown_list(board.notes[variant])]
    if board.refused:
        parts += ["## Refused\n", markdown_list(board.refused)]
    return "\n".join(parts or ["No results.\n"])


def _person(path, folder):
    parts = path.relative_to(folder).parts
    return parts[0] if len(parts) > 1 else NOBODY


def _refuse_copies(owned):
    """Refuse runs that several people hand in: nobody can tell who made them."""
    groups = defaultdict(list)
    for path, person, result in owned:
        # No two runs start in the same second, take as long to a tenth of a millisecond, and predict the same.
        machine = tuple(sorted((name, str(value)) for name, value in result.machine.items()))
        groups[result.predictions, result.seed, result.started, result.wall, machine].append((path, person, result))
    kept, refused = [], []
    for group in groups.values():
        people = sorted({person for _, person, _ in group})
        if len(people) == 1:
            kept += [(people[0], result) for _, _, result in group]
        else:
            paths = ", ".join(str(path) for path, _, _ in group)
            refused.append(
                f"{paths}: one run, handed in by {' and '.join(people)}; expected one owner; delete the copies"
            )
    return kept, refused


def _entries(table):
    entries, first = [], table.rows[0]
    for place, row in enumerate(table.rows, 1):
        equal = bool(entries) and row.accuracy == entries[-1].summary.accuracy
        person, recipe = row.label.split("/", 1)
        entries.append(Entry(entries[-1].rank if equal else place, person, recipe, row, _standing(first, row)))
    return entries


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
