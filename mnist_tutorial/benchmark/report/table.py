"""The tables of a report: of recipes, as text, with notes that explain its numbers; and of the literature."""

import csv
import html
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np
from rich import box, markup
from rich.table import Table

from mnist_tutorial.benchmark.summary import SummaryTable
from mnist_tutorial.errors import printable
from mnist_tutorial.stats import BINS

NONE, CONTENDED = "–", "†"
TARGETS = (0.97, 0.98, 0.99, 0.995)
RESULTS = {
    "person": lambda row: row.person or NONE,
    "recipe": lambda row: row.label.removeprefix(f"{row.person}/"),
    "same predictions as": lambda row: " and ".join(_few(row.twins)) or NONE,
    "machine": lambda row: row.machine,
    "parameters": lambda row: number(row.parameters, ",.0f"),
    "test accuracy, %": lambda row: percent(row.accuracy) + (f" ± {percent(row.std)}" if row.n > 1 else ""),
    "n": lambda row: str(row.n),
    "95 % interval": lambda row: " to ".join(map(percent, row.interval)) if row.n else NONE,
    "errors": lambda row: number(row.errors, ",.1f" if row.n > 1 else ",.0f"),
    "seconds to train": lambda row: _training(row),
    **{f"to {100 * target:g} %, s": lambda row, target=target: _time_to(row, target) for target in TARGETS},
    "images/s": lambda row: number(row.rate, ",.0f"),
    "memory, MB": lambda row: number(row.memory, ",.0f"),
}
MEASURES = {
    "error, %": lambda row: percent(1 - row.accuracy if row.n else None),
    "NLL": lambda row: number(row.nll, ".4f"),
    "Brier": lambda row: number(row.brier, ".4f"),
    "ECE, %": lambda row: percent(row.ece),
    "corrupted accuracy, %": lambda row: percent(row.corrupted_accuracy, 1),
}
DIGITS = {str(digit): lambda row, digit=digit: number(_errors_of(row, digit), ".1f") for digit in range(10)}
COLUMNS = RESULTS | MEASURES | DIGITS
LEFT = ("person", "recipe", "same predictions as")
WHO = "person", "recipe", "machine"


class Published(NamedTuple):
    """One published result, with the accuracy on the 10,000 test digits in percent; None if its source does not say."""

    family: str  # linear, MLP, CNN or other
    model: str
    augmentation: str  # "none", a description, or empty if not stated
    ensemble: int | None  # number of networks that vote
    accuracy: float
    parameters: int | None
    seconds: float | None  # of training, on this hardware
    hardware: str
    source: str
    url: str
    note: str  # what to know before comparing: permutation invariant, best case, number of runs


@cache
def published() -> tuple[Published, ...]:
    """Read the published results that come with the package, in the order of ``literature.csv``."""
    text = (files(__package__) / "literature.csv").read_text(encoding="utf-8")
    kinds = {"ensemble": int, "accuracy": float, "parameters": int, "seconds": float}
    for row in (rows := list(csv.DictReader(text.splitlines()))):
        row |= {name: kind(row[name]) if row[name] else None for name, kind in kinds.items()}
    return tuple(Published(**row) for row in rows)


def columns_of(table: SummaryTable, columns: Iterable[str] = RESULTS) -> list[str]:
    """Choose the columns of a table: the machine if there are several, people and twins if there are any."""
    shown = {"machine": len(table.machines) > 1, "person": any(row.person for row in table.rows)}
    shown["same predictions as"] = any(row.twins for row in table.rows)
    return [column for column in columns if shown.get(column, True)]


def cells(table: SummaryTable, columns: Iterable[str] = RESULTS) -> tuple[list[str], list[list[str]]]:
    """Write these `COLUMNS` as plain text, with a dash for missing values: their headings, and a line per recipe."""
    columns = columns_of(table, columns)
    return columns, [[COLUMNS[column](row) for column in columns] for row in table.rows]


def parts(table: SummaryTable) -> Iterator[tuple[str, list[str], list[list[str]], list[str]]]:
    """List results, and what else runs know of calibration, robustness and digits: title, headings, lines, notes."""
    yield "", *cells(table), notes(table)
    if any(row.nll is not None or row.corrupted_accuracy is not None for row in table.rows):
        yield "Calibration and robustness", *cells(table, (*WHO, "n", *MEASURES)), paragraphs("calibration", bins=BINS)
    if any(row.n for row in table.rows):
        note = "The mean number of test digits of each kind that a run misclassifies."
        yield "Errors by digit", *cells(table, (*WHO, *DIGITS)), [note]


def paragraphs(name: str, **numbers: Any) -> list[str]:
    """Read the paragraphs of ``name.txt``, with numbers filled in."""
    text = (files(__package__) / f"{name}.txt").read_text(encoding="utf-8")
    return text.format(**numbers).strip().split("\n\n")


def notes(table: SummaryTable) -> list[str]:
    """Explain the numbers of a table: runs and images, seconds, machines, and the remarks on its rows."""
    numbers = {"n": span([row.n for row in table.rows if row.n] or [0])}
    numbers["tested"], numbers["held_out"] = table.images
    sample = " of the sample, which are not the test digits of MNIST" if table.variant == "sample" else ""
    clocks = dict.fromkeys(run.clock for row in table.rows for run in row.runs)
    return [
        *paragraphs("notes", sample=sample, contended=CONTENDED, none=NONE, **numbers),
        *[f"The seconds cover {clock}." for clock in clocks],
        *[f"Machine {letter}: {description}." for letter, description in table.machines.items()],
        *remarks(table),
    ]


def remarks(table: SummaryTable) -> list[str]:
    """List what a reader should know about single rows: each remark once, after the labels of its rows."""
    labels_of = defaultdict(list)
    for row in table.rows:
        for remark in row.remarks:
            labels_of[remark].append(row.label)
    return [
        f"{'All recipes' if 1 < len(labels) == len(table.rows) else ', '.join(dict.fromkeys(labels))}: {remark}."
        for remark, labels in labels_of.items()
    ]


def markdown(
    headings: Sequence[str], lines: Iterable[Sequence[str]], notes: Iterable[str] = (), left: Sequence[str] = LEFT
) -> str:
    """Write a table in Markdown, its `left` columns aligned to the left, and its notes as a list below."""
    rules = ["---" if heading in left else "---:" for heading in headings]
    table = [f"| {' | '.join(line)} |\n" for line in [headings, rules, *(map(escape, line) for line in lines)]]
    return "".join([*table, "\n", *(f"- {escape(note)}\n" for note in notes)])


def terminal(table: SummaryTable) -> Table:
    """Write the columns that a terminal has room for."""
    columns = *LEFT, "machine", "test accuracy, %", "n", "seconds to train"
    return terminal_table(f"MNIST {table.variant}", *cells(table, columns))


def terminal_table(title: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """Write rows for the terminal; names are folded, never cut."""
    table = Table(title=title, box=box.SIMPLE, pad_edge=False, collapse_padding=True)
    for heading in headings:
        left = heading in LEFT or heading == headings[0]
        look = {"overflow": "fold", "min_width": 10} if left else {"justify": "right", "no_wrap": True}
        table.add_column(heading, **look)
    for row in rows:
        table.add_row(*(markup.escape(printable(cell)) for cell in row))
    return table


def escape(text: str) -> str:
    r"""Escape Markdown and HTML markup: ``a|b <script>`` becomes ``a\|b &lt;script&gt;``."""
    text = html.escape(printable(" ".join(str(text).split())), quote=False)
    return re.sub(r"([\\`*_\[\]|])", r"\\\1", text)


def number(value: float | None, form: str) -> str:
    """Write a number; a dash for a missing one."""
    return NONE if value is None else f"{value:{form}}"


def percent(share: float | None, digits: int = 2) -> str:
    """Write an accuracy: 0.9941 as 99.41."""
    return NONE if share is None else f"{100 * share:.{digits}f}"


def seconds(number: float) -> str:
    """Write seconds with about three significant digits: 0.93, 12.3, 1,234."""
    return f"{number:,.{2 if number < 9.995 else 1 if number < 99.95 else 0}f}"


def span(values: Iterable[Any]) -> str:
    """Write the least and the largest value: 1 to 3, or 3 if they are equal."""
    return " to ".join(map(str, sorted({min(values), max(values)})))


def _few(names):
    return names if len(names) < 2 else [names[0], f"{len(names) - 1} more"]


def _errors_of(row, digit):
    """Average how many of a digit the test runs misclassify."""
    counts = [(run.predicted[run.labels == digit] != digit).sum() for run in row.test_runs]
    return np.mean(counts) if counts else None


def _training(row):
    if not row.n:
        return NONE
    some = f" ({row.uncontended} of {row.n})" if row.uncontended < row.n else ""
    return seconds(row.seconds) + (some if row.uncontended else f" {CONTENDED}")


def _time_to(row, target):
    """Write the seconds until the mean accuracy first reaches a target."""
    reached = None if row.curve is None else row.curve[row.curve["mean"] >= target - 1e-12]
    if reached is None or reached.empty:
        return NONE
    return seconds(reached.seconds.iloc[0]) + (f" {CONTENDED}" if reached.contended.iloc[0] else "")
