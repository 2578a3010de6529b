"""A leaderboard: the results of many people, of which nobody has to be believed."""

from collections import defaultdict
from dataclasses import dataclass, replace

from rich import box
from rich.markup import escape as escape_rich
from rich.table import Table

from mnist_tutorial.benchmark.compare.significance_tests import judge
from mnist_tutorial.benchmark.report.aggregate import summarise
from mnist_tutorial.benchmark.report.table import DISTURBED, cells, escape, remarks
from mnist_tutorial.benchmark.results.files import read_all

NOBODY = "-"  # whose files lie in the folder itself
FIGURES = {  # from the heading to that of `table.COLUMNS`
    "n": "n",
    "accuracy, %": "test accuracy, %",
    "95 % interval": "95 % interval",
    "errors": "errors",
    "seconds": "seconds to train",
    "parameters": "parameters",
    "machine": "machine",
}
HEADINGS = ("rank", "person", "recipe", *FIGURES, "against first")


@dataclass(frozen=True)
class Entry:
    """A line of a leaderboard: one recipe of one person on one machine.

    Attributes
    ----------
    rank : int
        By the mean test accuracy; equal means share one.
    person, recipe : str
    row : summary.Row
    against : str
        ``"first"``; ``"tie"`` for what is not distinguishable from it; ``"identical"``; or ``"behind"``.
    """

    rank: int
    person: str
    recipe: str
    row: object
    against: str

    @property
    def cells(self):
        """What stands in the columns of `HEADINGS`: list of str."""
        return [str(self.rank), self.person, self.recipe, *cells(self.row, list(FIGURES.values())), self.against]


@dataclass(frozen=True)
class Leaderboard:
    """Who is how good.

    Attributes
    ----------
    entries : dict
        From the variant of MNIST to a list of `Entry`, the best first; variants must not be compared.
    notes : dict
        From the variant to sentences that say what the figures mean.
    refused : list of str
        For each file that does not count: which, and why.
    """

    entries: dict
    notes: dict
    refused: list


def leaderboard(folder):
    """Merge the result files of many people.

    Only runs for the record count. Who is not distinguishable from the first, by `significance.judge`, is marked.
    These marks do not account for how many are compared.

    Parameters
    ----------
    folder : Path
        With a folder for each person; its name is theirs.

    Returns
    -------
    Leaderboard

    Raises
    ------
    MNISTError
        If there is no such folder.
    """
    there, refused = read_all(folder)
    owned = [(path, _person(path, folder), result) for path, result in there]
    kept, copies = _no_copies(owned)
    # A folder's name has no "/", so a recipe of one person cannot be taken for one of another.
    named = [replace(result, recipe=f"{person}/{result.recipe}") for person, result in kept]
    tables = summarise(result for result in named if result.evaluated_on == "test")
    return Leaderboard(
        {table.variant: _entries(table) for table in tables},
        {table.variant: _notes(table) for table in tables},
        [str(error) for error in refused] + copies,
    )


def tables(board):
    """Make a table for each variant of MNIST, for the terminal.

    Parameters
    ----------
    board : Leaderboard

    Returns
    -------
    list of rich.table.Table
    """
    shown = []
    for variant, entries in board.entries.items():
        table = Table(title=f"Leaderboard, MNIST {variant}", box=box.SIMPLE, pad_edge=False, collapse_padding=True)
        for heading in HEADINGS:
            justify, width = "left" if heading in _TEXTS else "right", _WIDTHS.get(heading)
            table.add_column(heading, justify=justify, overflow="fold", no_wrap=not width, min_width=width)
        for entry in entries:
            table.add_row(*map(escape_rich, entry.cells), style="bold" if entry.against != "behind" else None)
        shown.append(table)
    return shown


def markdown(board):
    """Write a leaderboard in Markdown.

    Parameters
    ----------
    board : Leaderboard

    Returns
    -------
    str
        Names cannot break out of their cells: they are escaped.
    """
    parts = []
    for variant, entries in board.entries.items():
        rows = [HEADINGS, ["---" if heading in _TEXTS else "---:" for heading in HEADINGS]]
        rows += [[escape(cell) for cell in entry.cells] for entry in entries]
        parts.append(f"## MNIST {variant}\n\n" + "\n".join(f"| {' | '.join(row)} |" for row in rows))
        parts.append("\n".join(f"- {escape(note)}" for note in board.notes[variant]))
    if board.refused:
        parts.append("## Refused\n\n" + "\n".join(f"- {escape(why)}" for why in board.refused))
    return "\n\n".join(parts or ["No results."]) + "\n"


_TEXTS = ("person", "recipe", "machine", "against first")
_WIDTHS = {"person": 10, "recipe": 13, "against first": 9}  # at least; what is longer is folded


def _person(path, folder):
    parts = path.relative_to(folder).parts
    return parts[0] if len(parts) > 1 else NOBODY


def _no_copies(owned):
    """Refuse runs that several people hand in: nobody can tell who made them."""
    same = defaultdict(list)
    for path, person, result in owned:
        # No two runs start in the same second, take as long to a tenth of a millisecond, and predict the same.
        machine = sorted((name, str(value)) for name, value in result.machine.items())
        key = (result.predictions, result.seed, result.started, result.wall, tuple(machine))
        same[key].append((path, person, result))
    kept, refused = [], []
    for group in same.values():
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
    entries, head = [], table.rows[0]
    for place, row in enumerate(table.rows, 1):
        tie = bool(entries) and row.accuracy == entries[-1].row.accuracy
        person, label = row.label.split("/", 1)
        entries.append(Entry(entries[-1].rank if tie else place, person, label, row, _against(head, row)))
    return entries


def _against(head, row):
    if row is head:
        return "first"
    verdict = judge(head.records, row.records).verdict
    return {"different": "behind", "not distinguishable": "tie"}.get(verdict, verdict)


def _notes(table):
    chosen = (
        f"{row.label}: not the seeds 0 to {row.n - 1}, but {', '.join(map(str, seeds))}."
        for row in table.rows
        if (seeds := [run.seed for run in row.records]) != list(range(row.n))
    )
    return [
        f"n runs for the record, each with another seed: mean ± standard deviation on {table.images[0]:,} test digits. "
        "The 95 % interval is Wilson's, for a network with the mean number of errors.",
        f"Seconds: the median of the runs that others did not disturb ({DISTURBED}: there is none). They can be "
        "compared on the same machine only.",
        "Tie: not distinguishable from the first, by Welch's test over seeds, or by McNemar's test on the predictions "
        "where there is one run (p of 0.05 or more, whatever the number of entries).",
        *[f"Machine {letter}: {line}." for letter, line in table.machines.items()],
        *chosen,
        *remarks(table),
    ]
