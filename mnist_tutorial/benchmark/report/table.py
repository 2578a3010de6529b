"""The table of recipes as text, with notes that explain its numbers."""

import html
from collections import defaultdict
from collections.abc import Iterable, Sequence

from mnist_tutorial.benchmark.report.aggregate import STALE
from mnist_tutorial.benchmark.report.summary import RecipeSummary, SummaryTable
from mnist_tutorial.errors import printable
from mnist_tutorial.stats import BINS

TARGETS = (0.97, 0.98, 0.99, 0.995)
COLUMNS = {
    "recipe": lambda row: row.label,
    "machine": lambda row: row.machine,
    "parameters": lambda row: _integer(row.parameters),
    "test accuracy, %": lambda row: _accuracy(row),
    "n": lambda row: str(row.n),
    "95 % interval": lambda row: f"{percent(row.interval[0])} to {percent(row.interval[1])}" if row.n else NONE,
    "errors": lambda row: f"{row.errors:,.{int(row.n > 1)}f}" if row.n else NONE,
    "seconds to train": lambda row: _training(row),
    **{f"to {100 * target:g} %, s": lambda row, target=target: _time_to(row, target) for target in TARGETS},
    "images/s": lambda row: _integer(row.rate),
    "memory, MB": lambda row: _integer(row.memory),
}
CALIBRATION = {
    "recipe": lambda row: row.label,
    "machine": lambda row: row.machine,
    "n": lambda row: str(row.n),
    "error, %": lambda row: f"{100 * (1 - row.accuracy):.2f}" if row.n else NONE,
    "NLL": lambda row: _decimals(row.calibration, "nll"),
    "Brier": lambda row: _decimals(row.calibration, "brier"),
    "ECE, %": lambda row: _decimals(row.calibration, "ece", 2, 100),
    "temperature T": lambda row: NONE if row.temperature is None else f"{row.temperature:.2f}",
    "NLL at T": lambda row: _decimals(row.calibration_at_temperature, "nll"),
    "Brier at T": lambda row: _decimals(row.calibration_at_temperature, "brier"),
    "ECE at T, %": lambda row: _decimals(row.calibration_at_temperature, "ece", 2, 100),
    "corrupted accuracy, %": lambda row: (
        NONE if row.corrupted_accuracy is None else f"{100 * row.corrupted_accuracy:.1f}"
    ),
}
NONE = "–"
CONTENDED = "†"


def columns_of(table: SummaryTable, columns: Iterable[str] = COLUMNS) -> list[str]:
    """Choose the columns of a table: all, but the machine only if there are several."""
    return [column for column in columns if column != "machine" or len(table.machines) > 1]


def cells(row: RecipeSummary, columns: Iterable[str]) -> list[str]:
    """Write these `COLUMNS`, or columns of `CALIBRATION`, of one row as plain text, with a dash for missing values."""
    return [(CALIBRATION | COLUMNS)[column](row) for column in columns]


def has_calibration(table: SummaryTable) -> bool:
    """Whether any run of a table knows how sure its network was; those from before December 2026 do not."""
    return any(row.calibration or row.corrupted_accuracy is not None for row in table.rows)


def calibration_notes() -> list[str]:
    """Explain the numbers of `CALIBRATION`."""
    return [
        "NLL: negative log-likelihood of the true digits, in nats. Brier: the squared distance between the "
        "probabilities and the truth, from 0 to 2. ECE: expected calibration error, the mean gap between how sure a "
        f"network is and how often it is right, over {BINS} bins of equal mass. All on the test digits, from the same "
        "single look, and on average over the runs.",
        "T: what the scores are divided by so that the NLL is least on the held-out digits, in the runs that "
        f"did not train on them. Beside it, the same scores on the test digits at that temperature. {NONE}: no such "
        "run, or runs from before December 2026, which did not keep probabilities.",
        "Corrupted accuracy: the mean over all corruptions and strengths, of one network, from benchmark robustness.",
    ]


def notes(table: SummaryTable) -> list[str]:
    """Explain the numbers of a table: runs and images, seconds, machines, and the remarks on its rows."""
    runs = [run for row in table.rows for run in row.runs]
    counts = [row.n for row in table.rows if row.n] or [0]
    n = f"{min(counts)}" if min(counts) == max(counts) else f"{min(counts)} to {max(counts)}"
    tested, held_out = table.images
    sample = " of the sample, which are not the test digits of MNIST" if table.variant == "sample" else ""
    return [
        f"Test accuracy: mean ± standard deviation over n = {n} runs with different seeds. Each run trained on all "
        f"training digits and was evaluated once on the {tested:,} test digits{sample}. "
        "With n = 1 there is no standard deviation.",
        f"95 % interval: Wilson's interval for a network with the mean number of errors on {tested:,} digits. It shows "
        "how much the accuracy may differ on other digits of this kind, not with another seed.",
        "Seconds to train: the median over the uncontended test runs, with their number if it is less than n. A run is "
        "contended if other programs used the processor while it trained. "
        f"{CONTENDED} marks the median of contended runs where there are no others: do not compare it.",
        f"To 97 %, and so on: seconds of training until the mean accuracy on {held_out:,} held-out digits first "
        f"reached this value, in runs that trained on the other training digits. {NONE}: not reached, or no such run.",
        *[f"The seconds cover {clock}." for clock in dict.fromkeys(run.clock for run in runs)],
        *[f"Machine {letter}: {description}." for letter, description in table.machines.items()],
        *remarks(table),
    ]


def remarks(table: SummaryTable) -> list[str]:
    """List what a reader should know about single rows: each remark once, after the labels of its rows."""
    labels_of = defaultdict(list)
    for row in table.rows:
        for remark in row.remarks:
            labels_of[remark].append(row.label.removesuffix(STALE))
    everybody = len(table.rows) if len(table.rows) > 1 else None
    return [
        f"{'All recipes' if len(labels) == everybody else ', '.join(dict.fromkeys(labels))}: {remark}."
        for remark, labels in labels_of.items()
    ]


def markdown(table: SummaryTable, columns: Sequence[str] | None = None) -> str:
    """Write a table in Markdown, followed by its notes.

    Parameters
    ----------
    table : SummaryTable
    columns : sequence of str, optional
        From `COLUMNS`; those of `columns_of` by default.
    """
    columns = list(columns or columns_of(table))
    rows = [cells(row, columns) for row in table.rows]
    return markdown_table(columns, rows, columns[:1]) + "\n" + markdown_list(notes(table))


def calibration_markdown(table: SummaryTable, columns: Sequence[str] | None = None) -> str:
    """Write the table of `CALIBRATION` in Markdown, followed by its notes; nothing if no run knows it."""
    if not has_calibration(table):
        return ""
    columns = list(columns or columns_of(table, CALIBRATION))
    rows = [cells(row, columns) for row in table.rows]
    return markdown_table(columns, rows, columns[:1]) + "\n" + markdown_list(calibration_notes())


def markdown_table(headings: Sequence[str], rows: Iterable[Sequence[str]], left: Sequence[str]) -> str:
    r"""Write rows in Markdown; the `left` columns are aligned to the left.

    Examples
    --------
    >>> print(markdown_table(["name", "n"], [["a|b", "3"]], ["name"]), end="")
    | name | n |
    | --- | ---: |
    | a\|b | 3 |
    """
    rules = ["---" if heading in left else "---:" for heading in headings]
    return "".join(f"| {' | '.join(row)} |\n" for row in [headings, rules, *(map(escape, row) for row in rows)])


def markdown_list(sentences: Iterable[str]) -> str:
    """Write sentences as a list in Markdown."""
    return "".join(f"- {escape(sentence)}\n" for sentence in sentences)


def escape(text: str) -> str:
    r"""Escape Markdown and HTML markup.

    Examples
    --------
    >>> escape("a|b <script>")
    'a\\|b &lt;script&gt;'
    """
    text = html.escape(printable(" ".join(str(text).split())), quote=False)
    for sign in "\\`*_[]|":
        text = text.replace(sign, f"\\{sign}")
    return text


def percent(accuracy: float) -> str:
    """Write an accuracy.

    Examples
    --------
    >>> percent(0.9941)
    '99.41'
    """
    return f"{100 * accuracy:.2f}"


def seconds(number: float) -> str:
    """Write seconds with about three significant digits.

    Examples
    --------
    >>> [seconds(number) for number in (0.932, 12.34, 1234.5)]
    ['0.93', '12.3', '1,234']
    """
    return f"{number:,.{2 if number < 9.995 else 1 if number < 99.95 else 0}f}"


def _integer(number):
    return NONE if number is None else f"{number:,.0f}"


def _decimals(calibration, name, decimals=4, factor=1):
    return NONE if calibration is None else f"{factor * getattr(calibration, name):.{decimals}f}"


def _accuracy(row):
    if not row.n:
        return NONE
    return percent(row.accuracy) + ("" if row.std is None else f" ± {percent(row.std)}")


def _training(row):
    if not row.n:
        return NONE
    count = f" ({row.uncontended} of {row.n})" if 0 < row.uncontended < row.n else ""
    return seconds(row.seconds) + (count if row.uncontended else f" {CONTENDED}")


def _time_to(row, target):
    reached = row.curve.seconds_to(target) if row.curve else None
    if reached is None:
        return NONE
    return seconds(reached) + ("" if row.curve.uncontended else f" {CONTENDED}")
