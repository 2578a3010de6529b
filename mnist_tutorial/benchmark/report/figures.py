"""Figures of what recipes reach, and how."""

import matplotlib as mpl
import numpy as np

from mnist_tutorial.benchmark.report import drawing
from mnist_tutorial.benchmark.report.drawing import Drawing
from mnist_tutorial.benchmark.report.published_plot import beside_published
from mnist_tutorial.benchmark.report.scatter import against_parameters, against_time
from mnist_tutorial.benchmark.report.svg import style
from mnist_tutorial.benchmark.report.table import percent, seconds
from mnist_tutorial.plots import Picture

PANELS = 24  # learning curves in a figure
LOWEST = 80  # accuracy in percent; of the first steps below it, a panel shows none unless the recipe stays there


def draw(table, published=()):
    """Make all figures for which there are results.

    Parameters
    ----------
    table : Table
    published : sequence of Published
        To draw beside them; nothing published is about the sample.

    Returns
    -------
    list of Drawing
    """
    published = published if table.variant == "full" else ()
    made = [
        against_time(table, published),
        against_parameters(table, published),
        learning_curves(table),
        digit_errors(table),
        beside_published(table, published),
    ]
    return [one for one in made if one is not None]


@style()
def learning_curves(table):
    """Draw validation accuracy against seconds, a panel for each recipe.

    Parameters
    ----------
    table : Table

    Returns
    -------
    Drawing or None
        None without validation runs.
    """
    rows = [row for row in table.rows if row.curve]
    if not rows:
        return None
    rows, hidden = rows[:PANELS], drawing.hidden(len(rows) - PANELS)
    numbers = {row.curve.n for row in rows}
    titles = [drawing.name(table, row) + (f" (n = {row.curve.n})" if len(numbers) > 1 else "") for row in rows]
    columns = min(3 if max(map(len, titles)) <= 26 else 2, len(rows))
    lines = -(-len(rows) // columns)
    figure = Picture(figsize=(8.5, 0.8 + 1.75 * lines), layout="constrained")
    panels = figure.subplots(lines, columns, sharex=True, sharey=True, squeeze=False).ravel()
    for axes, row, title in zip(panels, rows, titles, strict=False):
        curve, (colour, marker) = row.curve, drawing.mark(row.machine)
        axes.fill_between(curve.seconds, 100 * curve.low, 100 * curve.high, color=colour, alpha=0.3, linewidth=0)
        axes.plot(curve.seconds, 100 * curve.mean, color=colour, marker=marker, markersize=3)
        axes.set_title(title, fontsize=11)
        axes.grid()
    reached = np.concatenate([100 * row.curve.mean for row in rows])
    lowest = min(LOWEST, *(100 * row.curve.mean.max() for row in rows))
    drawing.accuracy_scale(panels[0], np.maximum(reached, lowest), gap=0.13)
    drawing.log_scale(panels[0], [second for row in rows for second in row.curve.seconds if second > 0], few=True)
    for axes in panels[len(rows) :]:
        axes.set_visible(False)
    for axes in panels[len(rows) - columns : len(rows)]:  # below some of them there is none
        axes.tick_params(labelbottom=True)
    figure.supxlabel("seconds of training (log scale)", fontsize=12)
    figure.supylabel(f"accuracy on {table.images[1]:,} held-out digits, %", fontsize=12)
    said = [f"{drawing.name(table, row)}: {_course(row.curve)}" for row in rows]
    alt = (
        f"Learning curves of {drawing.count(rows)}, a panel for each: held-out accuracy against seconds. "
        f"{'; '.join(said)}."
    )
    n = f" (n = {numbers.pop()})" if len(numbers) == 1 else ""
    caption = f"Line: the mean over the seeds of the validation runs{n}. Band: from the worst to the best of them."
    return Drawing("learning", "Learning curves", caption + hidden, alt, figure)


@style()
def digit_errors(table):
    """Draw how many of each digit a recipe takes for another, on average over its seeds.

    Parameters
    ----------
    table : Table

    Returns
    -------
    Drawing or None
        None without any run for the record.
    """
    rows = [row for row in table.rows if row.n]
    if not rows:
        return None
    rows, hidden = rows[: drawing.MOST], drawing.hidden(len(rows) - drawing.MOST)
    names = [drawing.name(table, row) for row in rows]
    errors = np.array([_errors(row) for row in rows])
    figure = Picture(figsize=(8.5, 0.9 + 0.36 * len(rows)), layout="constrained")
    axes = figure.add_subplot(xticks=range(10))
    shades = mpl.colormaps["cividis"]
    scale = mpl.colors.LogNorm(max(0.2, errors.min()), max(1, errors.max()), clip=True)
    axes.pcolormesh(np.arange(-0.5, 10), np.arange(-0.5, len(rows)), errors, cmap=shades, norm=scale, linewidth=0)
    for (line, digit), number in np.ndenumerate(errors):
        light = np.dot(shades(scale(number))[:3], [0.2126, 0.7152, 0.0722]) > 0.46  # where black contrasts more
        colour, text = "black" if light else "white", f"{number:.{0 if number >= 9.95 else 1}f}"
        axes.text(digit, line, text, ha="center", va="center", fontsize=11, color=colour)
    axes.set_yticks(range(len(rows)), names)
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("top")
    axes.set_xlabel("true digit", labelpad=8)
    axes.invert_yaxis()
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    said = [
        f"{name}: most for {line.argmax()} ({line.max():.1f}), fewest for {line.argmin()} ({line.min():.1f})"
        for name, line in zip(names, errors, strict=True)
    ]
    alt = f"Heat map of the mean errors of {drawing.count(rows)} for each of the ten digits. {'; '.join(said)}."
    caption = "Mean number of test digits of each kind that are taken for another, over the runs for the record."
    return Drawing("digits", "Errors by digit", caption + hidden, alt, figure)


def _course(curve):
    reached = curve.reaches(0.99)
    there = "never 99 %" if reached is None else f"99 % after {seconds(reached)} s"
    return f"{percent(curve.mean[-1])} % after {seconds(curve.seconds[-1])} s, {there}"


def _errors(row):
    """Count the errors for each digit: ndarray of float, shape (10,)."""
    labels = row.records[0].labels
    wrong = np.mean([run.predicted != labels for run in row.records], axis=0)
    return np.bincount(labels, wrong, minlength=10)
