"""A drawing: a figure with a text in place of it, and the scales and marks that all figures share."""

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from mnist_tutorial.benchmark.report.svg import MARKS

MOST = 40  # rows in a figure: the most accurate
LEAST = 0.005  # error in percent, added to all, so that an accuracy of 100 % has a place on the logarithmic scale
LONGEST = 40  # letters of a name in a figure
MACHINES = list(zip(MARKS, "os^DvP", strict=True))  # the shape tells them apart without any colour
ACCURACIES = (99, 90, 99.9, 99.99, 50, 97, 99.5, 95, 80, 98, 99.8, 99.7, 99.95, 70, 10)  # the first have precedence


@dataclass(frozen=True)
class Drawing:
    """A figure, and what belongs to it.

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


def mark(letter):
    """Choose colour and marker of a machine."""
    return MACHINES[(ord(letter[0]) - ord("A")) % len(MACHINES)]


def short(row):
    """Name a row in a figure."""
    return row.label if len(row.label) <= LONGEST else f"{row.label[: LONGEST - 1]}…"


def name(table, row):
    """Name a row in a figure, with its machine where the table has several."""
    return f"{short(row)}, {row.machine}" if len(table.machines) > 1 else short(row)


def count(rows):
    """Write how many recipes there are."""
    return f"{len(rows)} recipe{'s' * (len(rows) > 1)}"


def hidden(number):
    """Say how many recipes were left out of a figure, if any were."""
    return f" The {number:,} least accurate recipes are in the table only." if number > 0 else ""


def accuracy_scale(axes, values, gap, axis="y"):
    """Make an axis of accuracies in percent on which each step to a tenth of the errors is as long.

    Labels have at least `gap` of the length of the axis between them.
    """
    forward = lambda accuracy: -np.log10(np.maximum(100 - np.asarray(accuracy, float) + LEAST, 1e-9))  # noqa: E731
    inverse = lambda place: 100 + LEAST - 10 ** -np.asarray(place, float)  # noqa: E731
    getattr(axes, f"set_{axis}scale")("function", functions=(forward, inverse))
    low, high = forward(min(values)), forward(max(values))
    margin = 0.08 * (high - low) + 0.06
    low, high = low - margin, high + margin
    getattr(axes, f"set_{axis}lim")(inverse(low), inverse(high))
    ticks = []
    for tick in ACCURACIES:
        near = [one for one in ticks if abs(forward(tick) - forward(one)) < gap * (high - low)]
        if low <= forward(tick) <= high and not near:
            ticks.append(tick)
    _fixed(getattr(axes, f"{axis}axis"), sorted(ticks))


def log_scale(axes, values, few=False):
    """Make the horizontal axis logarithmic, with at most four labels if they shall be few."""
    axes.set_xscale("log")
    low, high = np.log10([min(values), max(values)])
    margin = 0.06 * (high - low) + 0.1
    bounds = 10 ** (low - margin), 10 ** (high + margin)
    axes.set_xlim(*bounds)
    steps = (1,) if few or high - low > 2.6 else (1, 2, 5)
    powers = range(int(low) - 2, int(high) + 3)
    ticks = [tick for power in powers for step in steps if bounds[0] <= (tick := step * 10.0**power) <= bounds[1]]
    _fixed(axes.xaxis, ticks[:: -(-len(ticks) // 4)] if few else ticks)


def _fixed(axis, ticks):
    axis.set_major_locator(FixedLocator(ticks))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda number, _: f"{number:,.0f}" if number >= 100 else f"{number:g}"))
