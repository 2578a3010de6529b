"""Figures: how accurate recipes are, and how they get there."""

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np

from mnist_tutorial.benchmark.report import drawing
from mnist_tutorial.benchmark.report.drawing import Drawing
from mnist_tutorial.benchmark.report.literature import Published
from mnist_tutorial.benchmark.report.published_plot import published_plot
from mnist_tutorial.benchmark.report.rendering import style
from mnist_tutorial.benchmark.report.scatter import against_parameters, against_time
from mnist_tutorial.benchmark.report.summary import SummaryTable
from mnist_tutorial.benchmark.report.table import percent, seconds
from mnist_tutorial.plots import Picture

MAX_PANELS = 24  # learning curves in a figure
LOWEST = 80  # percent; a panel omits lower accuracies unless its recipe stays there


def draw(table: SummaryTable, published: Sequence[Published] = ()) -> list[Drawing]:
    """Make all figures for which there are results; published ones appear for the full MNIST only."""
    published = published if table.variant == "full" else ()
    drawings = [
        against_time(table, published),
        against_parameters(table, published),
        learning_curves(table),
        digit_errors(table),
        published_plot(table, published),
    ]
    return [drawing for drawing in drawings if drawing]


@style()
def learning_curves(table: SummaryTable) -> Drawing | None:
    """Draw validation accuracy against seconds, one panel per recipe.

    Returns
    -------
    Drawing or None
        None without validation runs.
    """
    rows = [row for row in table.rows if row.curve and row.curve.seconds.max() > 0]
    if not rows:
        return None
    rows, left_out = rows[:MAX_PANELS], drawing.left_out(len(rows) - MAX_PANELS)
    numbers = {row.curve.n for row in rows}
    titles = [drawing.full_name(table, row) + (f" (n = {row.curve.n})" if len(numbers) > 1 else "") for row in rows]
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
    accuracies = np.concatenate([100 * row.curve.mean for row in rows])
    lowest = min(LOWEST, *(100 * row.curve.mean.max() for row in rows))
    drawing.accuracy_scale(panels[0], np.maximum(accuracies, lowest), gap=0.13)
    drawing.log_scale(panels[0], [second for row in rows for second in row.curve.seconds if second > 0], few=True)
    for axes in panels[len(rows) :]:
        axes.set_visible(False)
    for axes in panels[len(rows) - columns : len(rows)]:  # some of them have no panel below
        axes.tick_params(labelbottom=True)
    figure.supxlabel("seconds of training (log scale)", fontsize=12)
    figure.supylabel(f"accuracy on {table.images[1]:,} held-out digits, %", fontsize=12)
    courses = [f"{drawing.full_name(table, row)}: {_course(row.curve)}" for row in rows]
    alt = (
        f"Learning curves of {drawing.count(rows)}, one panel each: held-out accuracy against seconds. "
        f"{'; '.join(courses)}."
    )
    n = f" (n = {numbers.pop()})" if len(numbers) == 1 else ""
    caption = f"Line: mean over the seeds of the validation runs{n}. Band: from the worst seed to the best."
    return Drawing("learning", "Learning curves", caption + left_out, alt, figure)


@style()
def digit_errors(table: SummaryTable) -> Drawing | None:
    """Draw how many of each digit a recipe misclassifies, on average over its seeds.

    Returns
    -------
    Drawing or None
        None without test runs.
    """
    rows = [row for row in table.rows if row.n]
    if not rows:
        return None
    rows, left_out = rows[: drawing.MAX_ROWS], drawing.left_out(len(rows) - drawing.MAX_ROWS)
    names = [drawing.full_name(table, row) for row in rows]
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
    extremes = [
        f"{name}: most for {line.argmax()} ({line.max():.1f}), fewest for {line.argmin()} ({line.min():.1f})"
        for name, line in zip(names, errors, strict=True)
    ]
    alt = f"Heat map of the mean errors of {drawing.count(rows)} on each of the ten digits. {'; '.join(extremes)}."
    caption = "Mean number of misclassified test digits of each kind, over the test runs."
    return Drawing("digits", "Errors by digit", caption + left_out, alt, figure)


def _course(curve):
    reached = curve.seconds_to(0.99)
    end = "never 99 %" if reached is None else f"99 % after {seconds(reached)} s"
    return f"{percent(curve.mean[-1])} % after {seconds(curve.seconds[-1])} s, {end}"


def _errors(row):
    """Count the errors on each digit: ndarray of float, shape (10,)."""
    labels = row.test_runs[0].labels
    wrong = np.mean([run.predicted != labels for run in row.test_runs], axis=0)
    return np.bincount(labels, wrong, minlength=10)
