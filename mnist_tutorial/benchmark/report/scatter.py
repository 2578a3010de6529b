"""Scatter plots: the accuracy of each recipe against what it costs."""

from collections.abc import Callable
from typing import NamedTuple

from matplotlib.lines import Line2D

from mnist_tutorial.benchmark.report import drawing
from mnist_tutorial.benchmark.report.drawing import Drawing
from mnist_tutorial.benchmark.report.labels import place
from mnist_tutorial.benchmark.report.svg import INK, style
from mnist_tutorial.benchmark.report.table import percent, seconds
from mnist_tutorial.plots import Picture


class Cost(NamedTuple):
    """What a recipe costs."""

    key: str
    title: str
    axis: str
    least: str  # what the cheapest recipe is called
    known: str  # what published results are called
    write: Callable  # a number with its unit
    of: Callable  # a Row, or something Published: a number or None
    runs: Callable  # a Row: a number for each run
    where: Callable  # something Published: what has to be known of the number


TIME = Cost(
    "time",
    "Accuracy against training time",
    "seconds of training",
    "Fastest",
    "published, on other hardware",
    lambda number: f"{seconds(number)} s",
    lambda one: one.seconds,
    lambda row: [run.wall for run in row.uncontended_runs],
    lambda one: f", {one.hardware}",
)
PARAMETERS = Cost(
    "parameters",
    "Accuracy against parameters",
    "parameters",
    "Smallest",
    "published",
    lambda number: f"{number:,} parameters",
    lambda one: one.parameters,
    lambda row: [row.parameters],
    lambda one: "",
)


def against_time(table, published=()):
    """Draw accuracy against seconds of training.

    Parameters
    ----------
    table : Table
    published : sequence of Published
        Those with seconds are drawn, too.

    Returns
    -------
    Drawing or None
        None without any run for the record.

    Examples
    --------
    >>> from mnist_tutorial.benchmark.report.aggregate import Table
    >>> against_time(Table("full", [], {})) is None
    True
    """
    return _scatter(TIME, table, published)


def against_parameters(table, published=()):
    """Draw accuracy against the number of parameters.

    Parameters
    ----------
    table : Table
    published : sequence of Published
        Those with parameters are drawn, too.

    Returns
    -------
    Drawing or None
        None where no recipe with a run for the record has parameters.
    """
    return _scatter(PARAMETERS, table, published)


@style()
def _scatter(cost, table, published):
    rows = [row for row in table.rows if row.n and cost.of(row)]
    if not rows:
        return None
    rows, hidden = rows[: drawing.MOST], drawing.hidden(len(rows) - drawing.MOST)
    known = [one for one in published if cost.of(one)]
    points = [(cost.of(row), 100 * row.accuracy) for row in rows] + [(cost.of(one), one.accuracy) for one in known]
    figure = Picture(figsize=(8.5, max(6.2, 0.24 * len(points))), layout="constrained")
    axes = figure.add_subplot(xlabel=f"{cost.axis} (log scale)", ylabel="test accuracy, %", xscale="log")
    ends = []
    for row, point in zip(rows, points, strict=False):
        ends += _draw(axes, cost, row, point)
    for point in points[len(rows) :]:
        axes.plot(*point, "D", color=INK, markerfacecolor="none", markersize=7)
    drawing.accuracy_scale(axes, [y for _, y in points], gap=0.045)
    drawing.log_scale(axes, [x for x, _ in points])
    axes.grid()
    if handles := _handles(cost, table, rows, known):
        figure.legend(handles=handles, loc="outside upper left", ncols=2, fontsize=11)
    names = [drawing.name(table, row) for row in rows]
    left_out = place(
        axes, points, [*map(drawing.short, rows), *_names(cost, known)], ends, size=12 if len(points) <= 20 else 10.5
    )
    caption = "Each mark is the mean of a recipe; the lines span its seeds. Higher and further left is better. "
    caption += "The vertical axis is logarithmic in the errors: from 90 to 99 % is as far as from 99 to 99.9 %."
    if cost is TIME and not all(row.uncontended for row in rows):
        caption += " Hollow: other processes disturbed all runs."
    if known:
        caption += f" Diamonds: {cost.known}."
    if left_out:
        caption += f" No space for the names of: {', '.join(left_out)}."
    return Drawing(cost.key, cost.title, caption + hidden, _alt(cost, rows, names, known), figure)


def _draw(axes, cost, row, point):
    """Draw the mean of a recipe and the span of its seeds; gives the ends of the lines."""
    (x, y), (colour, marker) = point, drawing.mark(row.machine)
    accuracies, costs = [100 * run.test_accuracy for run in row.records], cost.runs(row)
    vertical, horizontal = [(x, min(accuracies)), (x, max(accuracies))], [(min(costs), y), (max(costs), y)]
    for line in (vertical, horizontal):
        axes.plot(*zip(*line, strict=True), color=colour, linewidth=1.2, alpha=0.6)
    hollow = cost is TIME and not row.uncontended
    axes.plot(x, y, marker, color=colour, markersize=8, markerfacecolor="none" if hollow else colour)
    return vertical + horizontal


def _alt(cost, rows, names, known):
    said = [
        f"{name}: {cost.write(cost.of(row))}, {percent(row.accuracy)} %" for name, row in zip(names, rows, strict=True)
    ]
    least = min(range(len(rows)), key=lambda i: cost.of(rows[i]))
    alt = (
        f"Scatter plot of test accuracy against {cost.axis}, on logarithmic scales, for {drawing.count(rows)}. "
        f"Most accurate: {said[0]}. {cost.least}: {said[least]}. All: {'; '.join(said)}."
    )
    quoted = [
        f"{name}: {cost.write(cost.of(one))}, {one.accuracy:g} %"
        for name, one in zip(_names(cost, known), known, strict=True)
    ]
    return alt + (f" Published: {'; '.join(quoted)}." if quoted else "")


def _names(cost, known):
    models = [one.model for one in known]
    for one in known:
        augmented = models.count(one.model) > 1 and one.augmentation not in {"", "none"}
        yield one.model + (f" with {one.augmentation}" if augmented else "") + cost.where(one)


def _handles(cost, table, rows, known):
    """Make the legend: machines, if there are several, and what is published, if anything is."""
    looks = {}
    if len(table.machines) > 1:
        for letter in sorted({row.machine for row in rows}):
            device = next(row for row in rows if row.machine == letter).runs[0].machine.get("device", "")
            looks[f"{letter}: {device}"] = drawing.mark(letter)
    elif known:
        looks["this report"] = drawing.mark("A")
    handles = [Line2D([], [], ls="none", label=label, color=c, marker=m) for label, (c, m) in looks.items()]
    if known:
        handles.append(Line2D([], [], ls="none", label=cost.known, color=INK, marker="D", markerfacecolor="none"))
    return handles
