"""The table of recipes as text, with the sentences that say what its figures mean."""

import html
from collections import defaultdict

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
NONE = "–"
DISTURBED = "†"


def columns_of(table):
    """Choose the columns of a table: all, but that of the machine only where there are several."""
    return [column for column in COLUMNS if column != "machine" or len(table.machines) > 1]


def cells(row, columns):
    """Write one row of a table.

    Parameters
    ----------
    row : Row
    columns : sequence of str
        Of `COLUMNS`.

    Returns
    -------
    list of str
        Plain text. A dash where there is nothing to say.
    """
    return [COLUMNS[column](row) for column in columns]


def notes(table):
    """Say what the figures of a table mean.

    Parameters
    ----------
    table : Table

    Returns
    -------
    list of str
        Sentences in plain text: how many runs and images, what the seconds cover, and the machines.
    """
    runs = [run for row in table.rows for run in row.runs]
    counts = [row.n for row in table.rows if row.n] or [0]
    n = f"{min(counts)}" if min(counts) == max(counts) else f"{min(counts)} to {max(counts)}"
    tested, held_out = table.images
    said = [
        f"Test accuracy: mean ± standard deviation over n = {n} runs with different seeds. Each "
        f"run trained on all training digits and was measured once on the {tested:,} "
        f"test digits{' of the sample, which are no test digits of MNIST' if table.variant == 'sample' else ''}. "
        "With n = 1 there is no standard deviation.",
        f"95 % interval: Wilson's, for a network with the mean number of errors on {tested:,} digits. It says how far "
        "the accuracy on other digits of this kind may be, not how far another seed may be.",
        "Seconds to train: the median of the runs for the record that other processes did not disturb; their number "
        "stands behind it where it is less than n. "
        f"{DISTURBED} marks the median of disturbed runs, where there are no others: do not compare it.",
        f"To 97 %, and so on: seconds of training after which the mean accuracy on {held_out:,} held-out digits first "
        "reached it, in runs that trained on the other training digits. "
        f"{NONE}: not reached, or no such run.",
    ]
    said += [f"The seconds cover {clock}." for clock in dict.fromkeys(run.clock for run in runs)]
    said += [f"Machine {letter}: {line}." for letter, line in table.machines.items()]
    return said


def remarks(table):
    """List what a reader has to know of single rows.

    Returns
    -------
    list of str
        Each remark once, after the labels of the rows that it is about.
    """
    about = defaultdict(list)
    for row in table.rows:
        for remark in row.remarks:
            about[remark].append(row.label)
    everybody = len(table.rows) if len(table.rows) > 1 else None
    return [
        f"{'All recipes' if len(labels) == everybody else ', '.join(dict.fromkeys(labels))}: {remark}."
        for remark, labels in about.items()
    ]


def markdown(table, columns=None):
    """Write a table in Markdown, with notes and remarks below.

    Parameters
    ----------
    table : Table
    columns : sequence of str, optional
        Of `COLUMNS`; by default those of `columns_of`.

    Returns
    -------
    str
        Names of recipes cannot break out of their cells: they are escaped.
    """
    columns = list(columns or columns_of(table))
    lines = [
        _line(columns),
        _line(["---", *["---:"] * (len(columns) - 1)]),
        *[_line(map(escape, cells(row, columns))) for row in table.rows],
        "",
        *[f"- {escape(said)}" for said in notes(table) + remarks(table)],
    ]
    return "\n".join(lines) + "\n"


def escape(text):
    r"""Escape what Markdown would take for markup.

    Examples
    --------
    >>> escape("a|b <script>")
    'a\\|b &lt;script&gt;'
    """
    text = html.escape(" ".join(str(text).split()), quote=False)
    for sign in "\\`*_[]|":
        text = text.replace(sign, f"\\{sign}")
    return text


def percent(accuracy):
    """Write an accuracy.

    Examples
    --------
    >>> percent(0.9941)
    '99.41'
    """
    return f"{100 * accuracy:.2f}"


def seconds(number):
    """Write seconds, with about three figures.

    Examples
    --------
    >>> [seconds(number) for number in (0.932, 12.34, 1234.5)]
    ['0.93', '12.3', '1,234']
    """
    return f"{number:,.{2 if number < 9.995 else 1 if number < 99.95 else 0}f}"


def _line(texts):
    return f"| {' | '.join(texts)} |"


def _integer(number):
    return NONE if number is None else f"{number:,.0f}"


def _accuracy(row):
    if not row.n:
        return NONE
    return percent(row.accuracy) + ("" if row.std is None else f" ± {percent(row.std)}")


def _training(row):
    if not row.n:
        return NONE
    few = f" ({row.uncontended} of {row.n})" if 0 < row.uncontended < row.n else ""
    return seconds(row.seconds) + (few if row.uncontended else f" {DISTURBED}")


def _time_to(row, target):
    curve = row.curve
    reached = curve.reaches(target) if curve else None
    if reached is None:
        return NONE
    return seconds(reached) + ("" if curve.uncontended else f" {DISTURBED}")
