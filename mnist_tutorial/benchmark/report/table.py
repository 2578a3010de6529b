"""The table of recipes as text, with notes that explain its numbers."""

import html
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from importlib.resources import files
from typing import Any

from rich import box, markup
from rich.table import Table

from mnist_tutorial.benchmark.summary import STALE, SummaryTable
from mnist_tutorial.errors import printable
from mnist_tutorial.stats import BINS

NONE, CONTENDED = "–", "†"
TARGETS = (0.97, 0.98, 0.99, 0.995)
COLUMNS = {
    "person": lambda row: row.person or NONE,
    "recipe": lambda row: row.label.removeprefix(f"{row.person}/"),
    "same predictions as": lambda row: " and ".join(_few(row.twins)) or NONE,
    "machine": lambda row: row.machine,
    "parameters": lambda row: number(row.parameters, ",.0f"),
    "test accuracy, %": lambda row: number(row.accuracy, ".2f", 100) + (f" ± {percent(row.std)}" if row.n > 1 else ""),
    "n": lambda row: str(row.n),
    "95 % interval": lambda row: " to ".join(map(percent, row.interval)) if row.n else NONE,
    "errors": lambda row: number(row.errors, ",.1f" if row.n > 1 else ",.0f"),
    "seconds to train": lambda row: _training(row),
    **{f"to {100 * target:g} %, s": lambda row, target=target: _time_to(row, target) for target in TARGETS},
    "images/s": lambda row: number(row.rate, ",.0f"),
    "memory, MB": lambda row: number(row.memory, ",.0f"),
    "error, %": lambda row: number(1 - row.accuracy if row.n else None, ".2f", 100),
    "NLL": lambda row: number(row.nll, ".4f"),
    "Brier": lambda row: number(row.brier, ".4f"),
    "ECE, %": lambda row: number(row.ece, ".2f", 100),
    "corrupted accuracy, %": lambda row: number(row.corrupted_accuracy, ".1f", 100),
}
LEFT = ("person", "recipe", "same predictions as")
_MEASURES = ("error, %", "NLL", "Brier", "ECE, %", "corrupted accuracy, %")
CALIBRATION = ("person", "recipe", "machine", "n", *_MEASURES)
RESULTS = tuple(column for column in COLUMNS if column not in _MEASURES)


def columns_of(table: SummaryTable, columns: Iterable[str] = RESULTS) -> list[str]:
    """Choose the columns of a table: the machine if there are several, people and twins if there are any."""
    shown = {"machine": len(table.machines) > 1, "person": any(row.person for row in table.rows)}
    shown["same predictions as"] = any(row.twins for row in table.rows)
    return [column for column in columns if shown.get(column, True)]


def rows(table: SummaryTable, columns: Iterable[str]) -> list[list[str]]:
    """Write these `COLUMNS` of each recipe as plain text, with a dash for missing values."""
    return [[COLUMNS[column](row) for column in columns] for row in table.rows]


def has_calibration(table: SummaryTable) -> bool:
    """Whether any run of a table knows how sure its network was, or what corruptions do to it."""
    return any(row.nll is not None or row.corrupted_accuracy is not None for row in table.rows)


def paragraphs(name: str, **numbers: Any) -> list[str]:
    """Read the paragraphs of ``name.txt``, with numbers filled in."""
    text = (files(__package__) / f"{name}.txt").read_text(encoding="utf-8")
    return text.format(**numbers).strip().split("\n\n")


def calibration_notes() -> list[str]:
    """Explain the numbers of `CALIBRATION`."""
    return paragraphs("calibration", bins=BINS)


def notes(table: SummaryTable) -> list[str]:
    """Explain the numbers of a table: runs and images, seconds, machines, and the remarks on its rows."""
    counts = sorted({row.n for row in table.rows if row.n}) or [0]
    tested, held_out = table.images
    numbers = {"n": " to ".join(map(str, sorted({counts[0], counts[-1]}))), "tested": tested, "held_out": held_out}
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
            labels_of[remark].append(row.label.removesuffix(STALE))
    return [
        f"{'All recipes' if 1 < len(labels) == len(table.rows) else ', '.join(dict.fromkeys(labels))}: {remark}."
        for remark, labels in labels_of.items()
    ]


def markdown(table: SummaryTable, columns: Iterable[str] = RESULTS, sentences: Iterable[str] | None = None) -> str:
    """Write a table in Markdown, with its notes, or these sentences, below."""
    columns = columns_of(table, columns)
    sentences = notes(table) if sentences is None else sentences
    return markdown_table(columns, rows(table, columns)) + "\n" + markdown_list(sentences)


def calibration_markdown(table: SummaryTable) -> str:
    """Write the table of `CALIBRATION` in Markdown, and its notes below; nothing if no run knows it."""
    return markdown(table, CALIBRATION, calibration_notes()) if has_calibration(table) else ""


def terminal(table: SummaryTable) -> Table:
    """Write the columns that a terminal has room for."""
    columns = columns_of(table, (*LEFT, "machine", "test accuracy, %", "n", "seconds to train"))
    return terminal_table(f"MNIST {table.variant}", columns, rows(table, columns))


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


def markdown_table(headings: Sequence[str], rows: Iterable[Sequence[str]], left: Sequence[str] = LEFT) -> str:
    """Write rows in Markdown; the `left` columns are aligned to the left."""
    rules = ["---" if heading in left else "---:" for heading in headings]
    return "".join(f"| {' | '.join(row)} |\n" for row in [headings, rules, *(map(escape, row) for row in rows)])


def markdown_list(sentences: Iterable[str]) -> str:
    """Write sentences as a list in Markdown."""
    return "".join(f"- {escape(sentence)}\n" for sentence in sentences)


def escape(text: str) -> str:
    r"""Escape Markdown and HTML markup: ``a|b <script>`` becomes ``a\|b &lt;script&gt;``."""
    text = html.escape(printable(" ".join(str(text).split())), quote=False)
    return re.sub(r"([\\`*_\[\]|])", r"\\\1", text)


def number(value: float | None, form: str, factor: float = 1) -> str:
    """Write a number; a dash for a missing one."""
    return NONE if value is None else f"{factor * value:{form}}"


def percent(accuracy: float) -> str:
    """Write an accuracy: 0.9941 as 99.41."""
    return f"{100 * accuracy:.2f}"


def seconds(number: float) -> str:
    """Write seconds with about three significant digits: 0.93, 12.3, 1,234."""
    return f"{number:,.{2 if number < 9.995 else 1 if number < 99.95 else 0}f}"


def _few(names):
    return names if len(names) < 2 else [names[0], f"{len(names) - 1} more"]


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
