"""Scatter plots: the accuracy of each recipe against its cost."""

from collections.abc import Callable, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
from adjustText import adjust_text
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.lines import Line2D
from matplotlib.transforms import Bbox

from mnist_tutorial.benchmark.report import drawing
from mnist_tutorial.benchmark.report.drawing import Drawing
from mnist_tutorial.benchmark.report.literature import Published
from mnist_tutorial.benchmark.report.rendering import INK, style
from mnist_tutorial.benchmark.report.summary import SummaryTable
from mnist_tutorial.benchmark.report.table import percent, seconds
from mnist_tutorial.plots import Picture

# Where adjustText starts, and how hard it pushes. A simple figure needs one attempt, a crowded one several.
STARTS = list(product(("center", "left"), ((0.1, 0.2), (0.2, 0.4)), ((0.02, 0.8), (0.1, 0.5))))
CROWD = 25  # labels; beyond, an attempt takes a second, and none succeeds


class Cost(NamedTuple):
    """A cost of a recipe, and how to write about it."""

    key: str
    title: str
    axis: str
    lowest: str  # what the cheapest recipe is called
    legend: str  # of published results
    write: Callable  # number -> text with unit
    value: Callable  # RecipeSummary or Published -> number or None
    values: Callable  # RecipeSummary -> a number for each run
    context: Callable  # Published -> what one must know about the number


TIME = Cost(
    "time",
    "Accuracy against training time",
    "seconds of training",
    "Fastest",
    "published, on other hardware",
    lambda number: f"{seconds(number)} s",
    lambda result: result.seconds,
    lambda row: [run.wall for run in row.uncontended_runs],
    lambda result: f", {result.hardware}",
)
PARAMETERS = Cost(
    "parameters",
    "Accuracy against parameters",
    "parameters",
    "Smallest",
    "published",
    lambda number: f"{number:,} parameters",
    lambda result: result.parameters,
    lambda row: [row.parameters],
    lambda result: "",
)


def against_time(table: SummaryTable, published: Sequence[Published] = ()) -> Drawing | None:
    """Draw accuracy against seconds of training, also of published results if they state them.

    Returns
    -------
    Drawing or None
        None without test runs.

    Examples
    --------
    >>> against_time(SummaryTable("full", [], {})) is None
    True
    """
    return _scatter(TIME, table, published)


def against_parameters(table: SummaryTable, published: Sequence[Published] = ()) -> Drawing | None:
    """Draw accuracy against the number of parameters, also of published results if they state it.

    Returns
    -------
    Drawing or None
        None without test runs of a recipe that has parameters.
    """
    return _scatter(PARAMETERS, table, published)


@style()
def _scatter(cost, table, published):
    rows = [row for row in table.rows if row.n and cost.value(row)]
    if not rows:
        return None
    rows, left_out = rows[: drawing.MAX_ROWS], drawing.left_out(len(rows) - drawing.MAX_ROWS)
    published = [result for result in published if cost.value(result)]
    points = [(cost.value(row), 100 * row.accuracy) for row in rows]
    points += [(cost.value(result), result.accuracy) for result in published]
    figure = Picture(figsize=(8.5, max(7.0, 0.24 * len(points))), layout="constrained")
    axes = figure.add_subplot(xlabel=f"{cost.axis} (log scale)", ylabel="test accuracy, %", xscale="log")
    for row, point in zip(rows, points, strict=False):
        _draw(axes, cost, row, point)
    for point in points[len(rows) :]:
        axes.plot(*point, "D", color=INK, markerfacecolor="none", markersize=7)
    drawing.accuracy_scale(axes, [y for _, y in points], gap=0.045)
    drawing.log_scale(axes, [x for x, _ in points])
    axes.grid()
    if handles := _handles(cost, table, rows, published):
        figure.legend(handles=handles, loc="outside upper left", ncols=2, fontsize=11)
    names = [_name(result, published) for result in published]
    contexts = [cost.context(result) for result in published]
    labels = [name + context.replace(", ", "\n") for name, context in zip(names, contexts, strict=True)]
    _label(axes, points, [*map(drawing.short_name, rows), *labels], size=10.5)
    caption = "Each mark is the mean of a recipe; the lines span its seeds. Higher and further left is better. "
    caption += "The vertical axis is logarithmic in the errors: from 90 to 99 % is as far as from 99 to 99.9 %."
    if cost is TIME and not all(row.uncontended for row in rows):
        caption += " Hollow: all runs were contended."
    if published:
        caption += f" Diamonds: {cost.legend}."
    names = [name + context for name, context in zip(names, contexts, strict=True)]
    return Drawing(cost.key, cost.title, caption + left_out, _alt(cost, table, rows, names, published), figure)


def _draw(axes, cost, row, point):
    """Draw the mean of a recipe and the range of its seeds."""
    (x, y), (colour, marker) = point, drawing.mark(row.machine)
    accuracies, costs = [100 * run.test_accuracy for run in row.test_runs], cost.values(row)
    axes.plot([x, x], [min(accuracies), max(accuracies)], color=colour, linewidth=1.2, alpha=0.6)
    axes.plot([min(costs), max(costs)], [y, y], color=colour, linewidth=1.2, alpha=0.6)
    hollow = cost is TIME and not row.uncontended
    axes.plot(x, y, marker, color=colour, markersize=8, markerfacecolor="none" if hollow else colour)


def _label(axes, points, labels, size):
    """Write a label beside each point, with a thin line if it is not next to it; the best of several attempts."""
    renderer = FigureCanvasAgg(axes.figure).get_renderer()
    axes.figure.draw_without_rendering()  # so that the layout is final
    marks = [_box(axes, line, 5) for line in axes.lines if len(line.get_xdata()) == 1]
    spans = [_box(axes, line, 2) for line in axes.lines if np.ptp(line.get_xydata(), axis=0).any()]
    obstacles = [box.transformed(axes.transData.inverted()) for box in marks + spans]
    fewest, best = np.inf, []
    for align, push, explode in STARTS if len(points) <= CROWD else STARTS[-1:]:
        texts = [
            axes.text(*point, label, ha=align, fontsize=size, linespacing=1, in_layout=False)
            for point, label in zip(points, labels, strict=True)
        ]
        with np.printoptions(formatter={"all": lambda number: "."}):  # it formats arrays for a log that nobody reads
            _, lines = adjust_text(
                texts,
                objects=obstacles,
                ax=axes,
                avoid_self=False,  # the obstacles include the points
                iter_lim=150,  # not a time limit, so that the same figure gives the same file
                force_text=(0.2, 0.4),
                force_static=push,
                force_explode=explode,
                expand=(1.1, 1.4),
                min_arrow_len=12,
                arrowprops={
                    "arrowstyle": "-",
                    "linewidth": 0.7,
                    "alpha": 0.6,
                    "shrinkA": 1,
                    "shrinkB": 4,
                    "color": INK,
                },
            )
        boxes = [text.get_window_extent(renderer).padded(2, 0) for text in texts]
        overlaps = sum(box.count_overlaps([*boxes[i + 1 :], *marks]) for i, box in enumerate(boxes))
        worse = [*texts, *lines]
        if overlaps < fewest:
            fewest, best, worse = overlaps, worse, best
        for artist in worse:
            artist.remove()
        if not fewest:
            break


def _box(axes, line, margin):
    """Make the box around a line in pixels, with a margin in points."""
    ends, margin = axes.transData.transform(line.get_xydata()), margin * axes.figure.dpi / 72
    return Bbox([ends.min(0) - margin, ends.max(0) + margin])


def _alt(cost, table, rows, names, published):
    ours = [
        f"{drawing.full_name(table, row)}: {cost.write(cost.value(row))}, {percent(row.accuracy)} %" for row in rows
    ]
    cheapest = min(range(len(rows)), key=lambda i: cost.value(rows[i]))
    alt = (
        f"Scatter plot of test accuracy against {cost.axis}, on logarithmic scales, for {drawing.count(rows)}. "
        f"Most accurate: {ours[0]}. {cost.lowest}: {ours[cheapest]}. All: {'; '.join(ours)}."
    )
    theirs = [
        f"{name}: {cost.write(cost.value(result))}, {result.accuracy:g} %"
        for name, result in zip(names, published, strict=True)
    ]
    return alt + (f" Published: {'; '.join(theirs)}." if theirs else "")


def _name(result, published):
    """Name a published result, with its augmentation if its model has several."""
    namesakes = [other for other in published if other.model == result.model]
    augmented = len(namesakes) > 1 and result.augmentation not in {"", "none"}
    return result.model + (f" with {result.augmentation}" if augmented else "")


def _handles(cost, table, rows, published):
    """Make the legend: machines if there are several, and published results if there are any."""
    looks = {}
    if len(table.machines) > 1:
        for letter in sorted({row.machine for row in rows}):
            device = next(row for row in rows if row.machine == letter).runs[0].machine.get("device", "")
            looks[f"{letter}: {device}"] = drawing.mark(letter)
    elif published:
        looks["this report"] = drawing.mark("A")
    handles = [Line2D([], [], ls="none", label=label, color=c, marker=m) for label, (c, m) in looks.items()]
    if published:
        handles.append(Line2D([], [], ls="none", label=cost.legend, color=INK, marker="D", markerfacecolor="none"))
    return handles
