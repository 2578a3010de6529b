"""Figures: three of the recipes, whose titles and alternative texts are in report.html, and one of robustness."""

import base64
import io
from collections.abc import Sequence
from importlib.resources import files
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import LogLocator, NullLocator
from matplotlib.transforms import Bbox

from mnist_tutorial.benchmark.report.table import Published, percent, seconds, span
from mnist_tutorial.benchmark.summary import SummaryTable
from mnist_tutorial.errors import printable
from mnist_tutorial.plots import BLUE, ORANGE, Picture

if TYPE_CHECKING:  # it imports the pipeline, and with it torch
    from mnist_tutorial.benchmark.robustness import Robustness

MAX_ROWS = 24  # that have a name, a line or a panel in a figure: the most accurate
FEWEST_ERRORS = 0.005  # percent: half an error, so that an accuracy of 100 % has a place on the logarithmic scale
# Okabe and Ito's colours again; the shapes distinguish machines without colour.
MACHINES = list(zip((BLUE, ORANGE, "#009E73", "#CC79A7", "#E69F00", "#56B4E9"), "os^DvP", strict=True))
DIRECTIONS = np.array([(1, 0), (-1, 0), (0.7, 0.7), (0.7, -0.7), (-0.7, 0.7), (-0.7, -0.7), (0, 1), (0, -1)])
GAPS = (7, 16, 28, 42)  # points between a mark and its name, which lies in one of these directions
styled = mpl.rc_context(fname=files(__package__) / "figures.mplstyle")  # a decorator


class Drawing(NamedTuple):
    """A figure, what to add to its caption, and its numbers in lines of text, if no other table has them."""

    key: str
    figure: Figure
    remark: str
    numbers: Sequence[Sequence[str]] = ()


@styled
def to_address(figure: Figure) -> str:
    """Render a figure as an SVG data address: the ``src`` of an image that needs no file."""
    stream = io.BytesIO()
    metadata = dict.fromkeys(["Creator", "Date", "Format", "Type"])
    figure.savefig(stream, format="svg", facecolor="none", metadata=metadata)
    return f"data:image/svg+xml;base64,{base64.b64encode(stream.getvalue()).decode()}"


@styled
def to_png(figure: Figure, path: Path, dpi: int = 110) -> None:
    """Write a figure as PNG on white; the same figure gives the same file."""
    figure.savefig(path, format="png", dpi=dpi, facecolor="white", metadata={"Software": None})


def draw(table: SummaryTable, published: Sequence[Published] = ()) -> list[Drawing]:
    """Make all figures for which there are results; published ones appear for the full MNIST only."""
    published = published if table.variant == "full" else ()
    made = scatter(table, "seconds", published), scatter(table, "parameters", published), learning_curves(table)
    return [drawing for drawing in made if drawing]


@styled
def scatter(table: SummaryTable, cost: str, published: Sequence[Published] = ()) -> Drawing | None:
    """Draw accuracy against "seconds" of training or "parameters"; None if no test runs have any."""
    rows = [row for row in table.rows if row.n and getattr(row, cost)]
    if not rows:
        return None
    published, timed = [result for result in published if getattr(result, cost)], cost == "seconds"
    theirs = [(getattr(result, cost), _error(result.accuracy / 100)) for result in published]
    points = theirs + [(getattr(row, cost), _error(row.accuracy)) for row in rows]
    names = [_their_name(result, timed) for result in published] + [_name(table, row) for row in rows[:MAX_ROWS]]
    figure, axis = Picture(figsize=(8.5, 7)), "seconds of training" if timed else "parameters"
    axes = figure.add_subplot(xlabel=f"{axis} (log scale)", ylabel="test accuracy, %")
    _scale(axes, "x", [x for x, _ in points], 0.15)
    _scale(axes, "y", [y for _, y in points], 0.14, ticks=(1, 2, 5))
    for row, (x, y) in zip(rows, points[len(theirs) :], strict=True):
        look, errors = _look(table, row), [_error(run.accuracy) for run in row.test_runs]
        costs = [run.wall for run in row.uncontended_runs] if timed else [x]
        axes.plot([x, x], [min(errors), max(errors)], color=look["color"], alpha=0.6)
        axes.plot([min(costs), max(costs)], [y, y], color=look["color"], alpha=0.6)
        if timed and not row.uncontended:
            look |= {"markerfacecolor": "none", "label": "hollow: all runs were contended"}
        axes.plot(x, y, **look)
    for point in theirs:
        axes.plot(*point, "D", color="black", markerfacecolor="none", label=f"published{', on other hardware' * timed}")
    handles, labels = axes.get_legend_handles_labels()
    once = dict(zip(labels, handles, strict=True))
    figure.legend(once.values(), once, loc="outside upper left", ncols=2)
    nameless = _label(axes, points, names)
    remark = f"{nameless:,} marks have no name, for want of room; their numbers are in the table." if nameless else ""
    return Drawing(cost, figure, remark)


@styled
def learning_curves(table: SummaryTable) -> Drawing | None:
    """Draw validation accuracy against seconds, one panel per recipe; None without validation runs."""
    rows = [row for row in table.rows if row.curve is not None and row.curve.seconds.max() > 0]
    if not rows:
        return None
    numbers = [("recipe", "digits seen", "seconds", "mean, %", "lowest, %", "highest, %")]
    for row in rows:
        for point in row.curve.itertuples():
            shares = map(percent, (point.mean, point.min, point.max))
            numbers.append((_name(table, row), f"{point.Index:,}", seconds(point.seconds), *shares))
    curves = [row.curve[row.curve.seconds > 0] for row in rows[:MAX_ROWS]]
    columns = min(3, len(curves))
    lines = -(-len(curves) // columns)
    figure, axes = Picture(figsize=(8.5, 0.8 + 1.75 * lines)), None
    for place, (row, curve) in enumerate(zip(rows, curves, strict=False)):
        axes = figure.add_subplot(lines, columns, place + 1, sharex=axes, sharey=axes, title=_name(table, row, 26))
        look = _look(table, row) | {"linestyle": "-", "markersize": 3}
        axes.fill_between(curve.seconds, _error(curve["min"]), _error(curve["max"]), color=look["color"], alpha=0.3)
        axes.plot(curve.seconds, _error(curve["mean"]), **look)
        axes.tick_params(labelleft=place % columns == 0, labelbottom=place + columns >= len(curves))
    points = pd.concat(curves)
    _scale(axes, "x", points.seconds)
    axes.xaxis.set_minor_locator(NullLocator())  # of all panels; they take more time than all else
    _scale(axes, "y", _error(points["mean"]), ticks=(1, 3))
    figure.supxlabel("seconds of training (log scale)")
    figure.supylabel(f"accuracy on {table.images[1]:,} held-out digits, %")
    remark = f"Runs of a recipe: {span(points['size'])}."
    if (left_out := len(rows) - MAX_ROWS) > 0:
        remark += f" The {left_out:,} least accurate recipes are in the table only."
    return Drawing("learning", figure, remark, numbers)


@styled
def draw_robustness(robustness: "Robustness") -> Figure:
    """Draw the accuracy on clean digits and at each strength, in a small picture for each corruption."""
    figure, clean = Picture(figsize=(10, 7.5)), 100 * robustness.clean
    panels = figure.subplots(3, 4, sharex=True, sharey=True)
    for axes, (corruption, curve) in zip(panels.flat, robustness.accuracies.items(), strict=True):
        axes.axhline(clean, color="black", linestyle=":", linewidth=1)
        axes.plot([clean, *(100 * share for share in curve)], "o-", color=BLUE, markersize=4)
        axes.set(title=f"{corruption.replace('_', ' ')}: {percent(np.mean(curve), 1)}")
    axes.set(ylim=(0, 103), xticks=range(len(curve) + 1))  # of all
    figure.suptitle(
        f"{printable(robustness.recipe)}, seed {robustness.seed}: {clean:.2f} % of the clean "
        f"{robustness.evaluated_on} digits, {percent(robustness.mean, 1)} % of the corrupted ones"
    )
    figure.supxlabel("strength (0: clean)")
    figure.supylabel("accuracy (%)")
    return figure


def _scale(axes, name, values, margin=0.05, ticks=None):
    """Scale an axis logarithmically, around these values; those with `ticks` are errors, labelled as accuracies."""
    room = max((max(values) / min(values)) ** margin, 2)  # also around a single value
    limits, axis = (min(values) / room, max(values) * room), getattr(axes, f"{name}axis")
    axes.set(**{f"{name}scale": "log", f"{name}lim": limits[::-1] if ticks else limits})
    axis.set_major_formatter(lambda value, _: f"{100 - value:.5g}" if ticks else f"{value:,.10g}")
    if ticks:
        axis.set(major_locator=LogLocator(subs=ticks), minor_locator=NullLocator())


def _label(axes, points, names):
    """Name points where the name covers no mark and no other name; returns how many stay without one."""
    axes.figure.draw_without_rendering()  # so that the layout is final
    marks, pixel = axes.transData.transform(points), 72 / axes.figure.dpi  # in points, as offsets are
    taken = [Bbox([mark - 7, mark + 7]) for mark in marks]
    look = {"textcoords": "offset points", "ha": "center", "va": "center", "in_layout": False, "fontsize": 10.5}
    line = {"arrowstyle": "-", "linewidth": 0.7, "alpha": 0.6, "shrinkA": 0}
    for point, mark, name in zip(points, marks, names, strict=False):  # the others have none
        text = axes.annotate(name, point, (0, 0), linespacing=1, arrowprops=line, **look)
        half = Text.get_window_extent(text).size / 2
        for gap, direction in product(GAPS, DIRECTIONS):
            offset = direction * (gap / pixel + half)
            box = Bbox([mark + offset - half, mark + offset + half])
            if axes.bbox.count_contains(box.corners()) == 4 and not box.count_overlaps(taken):
                taken.append(box)
                text.set_position(offset * pixel)
                text.arrow_patch.set_visible(gap > GAPS[0])
                break
        else:
            text.remove()
    return len(points) - len(axes.texts)


def _look(table, row):
    """Choose colour and marker by the letter of the machine."""
    colour, marker = MACHINES[(ord(row.machine[0]) - ord("A")) % len(MACHINES)]
    device = row.runs[0].machine.get("device", "")
    label = f"{row.machine}: {device}" if len(table.machines) > 1 else "this report, mean"
    return {"color": colour, "marker": marker, "linestyle": "none", "label": label}


def _name(table, row, letters=40):
    """Name a row, with its machine if the table has several."""
    name = row.label if len(row.label) <= letters else f"{row.label[: letters - 1]}…"
    return f"{name}, {row.machine}" if len(table.machines) > 1 else name


def _their_name(result, timed):
    """Name a published result, with augmentation and hardware below."""
    below = ["" if result.augmentation == "none" else result.augmentation, result.hardware if timed else ""]
    return "\n".join(filter(None, [result.model, ", ".join(filter(None, below))]))


def _error(accuracy):
    """Turn an accuracy from 0 to 1 into an error in percent that a logarithmic scale can show."""
    return np.maximum(100 * (1 - accuracy), FEWEST_ERRORS)
