"""A drawing: a figure with its caption and alternative text, and the scales and marks that all figures share."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from mnist_tutorial.benchmark.report.rendering import MARKS
from mnist_tutorial.benchmark.report.summary import RecipeSummary, SummaryTable

MAX_ROWS = 40  # in a figure: the most accurate
MAX_LETTERS = 40  # of a name in a figure
ERROR_OFFSET = 0.005  # percent, added to all errors, so that an accuracy of 100 % has a place on the logarithmic scale
MACHINES = list(zip(MARKS, "os^DvP", strict=True))  # the shape distinguishes them without colour
ACCURACIES = (99, 90, 99.9, 99.99, 50, 97, 99.5, 95, 80, 98, 99.8, 99.7, 99.95, 70, 10)  # the first take precedence


@dataclass(frozen=True)
class Drawing:
    """A figure and its texts.

    Attributes
    ----------
    key : str
        A short name without spaces.
    title, caption : str
    alt : str
        What the figure shows, in words and numbers.
    figure : matplotlib.figure.Figure
    """

    key: str
    title: str
    caption: str
    alt: str
    figure: Figure


def mark(letter: str) -> tuple[str, str]:
    """Choose colour and marker of a machine."""
    return MACHINES[(ord(letter[0]) - ord("A")) % len(MACHINES)]


def short_name(row: RecipeSummary) -> str:
    """Name a row in a figure."""
    return row.label if len(row.label) <= MAX_LETTERS else f"{row.label[: MAX_LETTERS - 1]}…"


def full_name(table: SummaryTable, row: RecipeSummary) -> str:
    """Name a row in a figure, with its machine if the table has several."""
    return f"{short_name(row)}, {row.machine}" if len(table.machines) > 1 else short_name(row)


def count(rows: list[RecipeSummary]) -> str:
    """Write the number of recipes."""
    return f"{len(rows)} recipe{'s' * (len(rows) > 1)}"


def left_out(number: int) -> str:
    """Write how many recipes a figure leaves out, if any."""
    return f" The {number:,} least accurate recipes are in the table only." if number > 0 else ""


def accuracy_scale(axes: Axes, values: Sequence[float], gap: float, axis: str = "y") -> None:
    """Scale an axis of accuracies in percent so that each tenfold reduction of the errors has the same length.

    Labels are at least `gap` of the axis length apart.
    """
    forward = lambda accuracy: -np.log10(np.maximum(100 - np.asarray(accuracy, float) + ERROR_OFFSET, 1e-9))  # noqa: E731
    inverse = lambda place: 100 + ERROR_OFFSET - 10 ** -np.asarray(place, float)  # noqa: E731
    getattr(axes, f"set_{axis}scale")("function", functions=(forward, inverse))
    low, high = forward(min(values)), forward(max(values))
    margin = 0.08 * (high - low) + 0.06
    low, high = low - margin, high + margin
    getattr(axes, f"set_{axis}lim")(inverse(low), inverse(high))
    ticks = []
    for tick in ACCURACIES:
        clear = all(abs(forward(tick) - forward(other)) >= gap * (high - low) for other in ticks)
        if low <= forward(tick) <= high and clear:
            ticks.append(tick)
    _set_ticks(getattr(axes, f"{axis}axis"), sorted(ticks))


def log_scale(axes: Axes, values: Sequence[float], few: bool = False) -> None:
    """Make the horizontal axis logarithmic; `few` means at most four labels."""
    axes.set_xscale("log")
    low, high = np.log10([min(values), max(values)])
    margin = 0.06 * (high - low) + 0.1
    bounds = 10 ** (low - margin), 10 ** (high + margin)
    axes.set_xlim(*bounds)
    steps = (1,) if few or high - low > 2.6 else (1, 2, 5)
    powers = range(int(low) - 2, int(high) + 3)
    ticks = [tick for power in powers for step in steps if bounds[0] <= (tick := step * 10.0**power) <= bounds[1]]
    if not ticks:  # all values are close together, and no power of ten is near
        ticks = [float(f"{max(values):.2g}")]
    _set_ticks(axes.xaxis, ticks[:: -(-len(ticks) // 4)] if few else ticks)


def _set_ticks(axis, ticks):
    axis.set_major_locator(FixedLocator(ticks))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda number, _: f"{number:,.0f}" if number >= 100 else f"{number:g}"))
