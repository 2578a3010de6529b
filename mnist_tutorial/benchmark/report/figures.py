"""Figures: five of the recipes, and one of robustness."""

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text
from matplotlib.ticker import LogLocator, NullLocator
from matplotlib.transforms import Bbox

from mnist_tutorial.benchmark.report.literature import FAMILIES, Published
from mnist_tutorial.benchmark.report.table import percent, seconds
from mnist_tutorial.benchmark.summary import STALE, SummaryTable
from mnist_tutorial.errors import printable
from mnist_tutorial.plots import BLUE, ORANGE, Picture

if TYPE_CHECKING:  # it imports the pipeline, and with it torch
    from mnist_tutorial.benchmark.robustness import Robustness

MAX_ROWS = 40  # in a figure: the most accurate
MAX_PANELS = 24  # learning curves in a figure
LOWEST = 80  # percent; learning curves omit lower accuracies unless a recipe stays there
FEWEST_ERRORS = 0.005  # percent: half an error, so that an accuracy of 100 % has a place on the logarithmic scale
INK = "#1b1c1e"  # text, axes, and what others have published
# Okabe and Ito's colours again; the shapes distinguish machines without colour.
MACHINES = list(zip((BLUE, ORANGE, "#009E73", "#CC79A7", "#E69F00", "#56B4E9"), "os^DvP", strict=True))
KINDS = {  # of published results
    "published: one network, no augmentation": "o",
    "published: one network, augmented or not stated": "^",
    "published: several networks, or not stated": "s",
    "published: best case, chosen on the test set": "x",
}
DIRECTIONS = np.array([(1, 0), (-1, 0), (0.7, 0.7), (0.7, -0.7), (-0.7, 0.7), (-0.7, -0.7), (0, 1), (0, -1)])
GAPS = (7, 16, 28, 42, 60, 80)  # points between a mark and its label, which lies in one of these directions
STYLE = {
    **dict.fromkeys(["text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color"], INK),
    "axes.facecolor": "none",
    "axes.grid": True,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "font.size": 12,
    "grid.alpha": 0.15,
    "grid.color": INK,
    "legend.frameon": False,
    "svg.fonttype": "none",  # text stays text: smaller, and a reader can search it
    "svg.hashsalt": "mnist",  # the same figure gives the same file
    "text.parse_math": False,  # the name of a recipe may contain a dollar sign
}
styled = mpl.rc_context(STYLE)  # a decorator


@dataclass(frozen=True)
class Drawing:
    """A figure, its texts, and its numbers: headings and lines of text; none if the tables of the page have them."""

    key: str  # a short name without spaces
    title: str
    caption: str
    alt: str
    figure: Figure
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
    time, parameters = against_time(table, published), against_parameters(table, published)
    made = [time, parameters, learning_curves(table), digit_errors(table), published_plot(table, published)]
    return [drawing for drawing in made if drawing]


def against_time(table: SummaryTable, published: Sequence[Published] = ()) -> Drawing | None:
    """Draw accuracy against seconds of training, also of published results; None without test runs."""
    return _scatter("time", "training time", "seconds of training", "seconds", table, published)


def against_parameters(table: SummaryTable, published: Sequence[Published] = ()) -> Drawing | None:
    """Draw accuracy against the number of parameters, also of published results; None if no recipe has parameters."""
    return _scatter("parameters", "parameters", "parameters", "parameters", table, published)


@styled
def _scatter(key, title, axis, cost, table, published):
    rows, left_out = _most_accurate([row for row in table.rows if row.n and getattr(row, cost)], MAX_ROWS)
    if not rows:
        return None
    published, timed = [result for result in published if getattr(result, cost)], key == "time"
    figure = Picture(figsize=(8.5, max(7.0, 0.24 * len([*rows, *published]))), layout="constrained")
    axes = figure.add_subplot(xlabel=f"{axis} (log scale)", ylabel="test accuracy, %")
    points = [(getattr(row, cost), _error(row.accuracy)) for row in rows]
    points += [(getattr(result, cost), _error(result.accuracy / 100)) for result in published]
    _costs(axes, [x for x, _ in points], 0.15)
    _accuracies(axes, "y", [y for _, y in points], 0.14)
    for row, (x, y) in zip(rows, points, strict=False):
        errors = [_error(run.accuracy) for run in row.test_runs]
        costs = [run.wall for run in row.uncontended_runs] if timed else [x]
        axes.vlines(x, min(errors), max(errors), color=_look(row)["color"], alpha=0.6)
        axes.hlines(y, min(costs), max(costs), color=_look(row)["color"], alpha=0.6)
        axes.plot(x, y, **_look(row) | ({"markerfacecolor": "none"} if timed and not row.uncontended else {}))
    for point in points[len(rows) :]:
        axes.plot(*point, **_their_look("D"))
    legend = "published, on other hardware" if timed else "published"
    if handles := _handles(table, rows, {legend: "D"} if published else {}):
        figure.legend(handles=handles, loc="outside upper left", ncols=2, fontsize=11)
    names = [_name(table, row) for row in rows]
    _label(axes, points, names + [_their_name(result, result.hardware if timed else "") for result in published])
    caption = "Each mark is the mean of a recipe; the lines span its seeds. Higher and further left is better. "
    caption += "The vertical axis is logarithmic in the errors: from 90 to 99 % is as far as from 99 to 99.9 %."
    if timed and not all(row.uncontended for row in rows):
        caption += " Hollow: all runs were contended."
    alt = f"Scatter plot of test accuracy against {axis}, a mark for each recipe; all numbers are in the tables."
    return Drawing(key, f"Accuracy against {title}", caption + left_out, alt, figure)


@styled
def learning_curves(table: SummaryTable) -> Drawing | None:
    """Draw validation accuracy against seconds, one panel per recipe; None without validation runs."""
    rows = [row for row in table.rows if row.curve is not None and row.curve.seconds.max() > 0]
    if not rows:
        return None
    rows, left_out = _most_accurate(rows, MAX_PANELS)
    columns = min(3, len(rows))
    lines = -(-len(rows) // columns)
    figure = Picture(figsize=(8.5, 0.8 + 1.75 * lines), layout="constrained")
    panels = figure.subplots(lines, columns, sharex=True, sharey=True, squeeze=False).ravel()
    _costs(panels[0], [value for row in rows for value in row.curve.seconds if value > 0])
    lowest = max(100 - LOWEST, *(_error(row.curve["mean"].max()) for row in rows))
    errors = np.concatenate([_error(row.curve["mean"]) for row in rows])
    _accuracies(panels[0], "y", np.minimum(errors, lowest), steps=(1, 3))
    for axes, row in zip(panels, rows, strict=False):
        curve = row.curve[row.curve.seconds > 0]
        look = _look(row) | {"linestyle": "-", "markersize": 3}
        axes.fill_between(curve.seconds, _error(curve["min"]), _error(curve["max"]), color=look["color"], alpha=0.3)
        axes.plot(curve.seconds, _error(curve["mean"]), **look)
        axes.set_title(_name(table, row, 26), fontsize=11)
    for axes in panels[len(rows) :]:
        axes.set_visible(False)
    for axes in panels[len(rows) - columns :]:  # those of them that are seen have no panel below
        axes.tick_params(labelbottom=True)
    figure.supxlabel("seconds of training (log scale)", fontsize=12)
    figure.supylabel(f"accuracy on {table.images[1]:,} held-out digits, %", fontsize=12)
    n = " to ".join(dict.fromkeys(str(limit(row.curve["size"].max() for row in rows)) for limit in (min, max)))
    caption = f"Line: mean over the seeds of the validation runs (n = {n}). Band: from the worst seed to the best."
    alt = "Held-out accuracy against seconds, a panel for each recipe; all numbers are in the table below."
    numbers = [("recipe", "digits seen", "seconds", "mean, %", "lowest, %", "highest, %")]
    for row in rows:
        for images, point in row.curve.iterrows():
            shares = (percent(point[name]) for name in ("mean", "min", "max"))
            numbers.append((_name(table, row), f"{images:,}", seconds(point.seconds), *shares))
    return Drawing("learning", "Learning curves", caption + left_out, alt, figure, numbers)


@styled
def digit_errors(table: SummaryTable) -> Drawing | None:
    """Draw how many of each digit a recipe misclassifies, on average over its seeds; None without test runs."""
    rows, left_out = _most_accurate([row for row in table.rows if row.n], MAX_ROWS)
    if not rows:
        return None
    errors, names = np.array([_errors_by_digit(row) for row in rows]), [_name(table, row) for row in rows]
    figure = Picture(figsize=(8.5, 0.9 + 0.36 * len(rows)), layout="constrained")
    axes = figure.add_subplot()
    norm = mpl.colors.LogNorm(max(0.2, errors.min()), max(1, errors.max()), clip=True)
    axes.imshow(errors, cmap="Blues", norm=norm, aspect="auto", interpolation="none")
    for (line, digit), count in np.ndenumerate(errors):
        colour, text = "white" if norm(count) > 0.6 else "black", f"{count:.{0 if count >= 9.95 else 1}f}"
        axes.text(digit, line, text, ha="center", va="center", fontsize=11, color=colour)
    axes.set_xticks(range(10))
    axes.set_yticks(range(len(rows)), names)
    axes.tick_params(length=0, top=True, labeltop=True, bottom=False, labelbottom=False)
    axes.xaxis.set_label_position("top")
    axes.set_xlabel("true digit", labelpad=8)
    axes.grid(False)
    axes.spines[:].set_visible(False)
    caption = "Mean number of misclassified test digits of each kind, over the test runs."
    alt = "Heat map of the mean errors of each recipe on each of the ten digits; all numbers are in the table below."
    numbers = [("recipe", *map(str, range(10)))]
    numbers += [(name, *(f"{count:.1f}" for count in line)) for name, line in zip(names, errors, strict=True)]
    return Drawing("digits", "Errors by digit", caption + left_out, alt, figure, numbers)


@styled
def published_plot(table: SummaryTable, published: Sequence[Published]) -> Drawing | None:
    """Draw our accuracies next to published ones; None if there are no test runs, or nothing is published."""
    rows, left_out = _most_accurate([row for row in table.rows if row.n], MAX_ROWS)
    if not rows or not published:
        return None
    lines = {_name(table, row): [(row.accuracy, _look(row))] for row in rows}
    for result in sorted(published, key=lambda result: (FAMILIES[::-1].index(result.family), -result.accuracy)):
        name = f"{result.model}, {result.source.split(',')[0].replace(' et al.', '')}"
        lines.setdefault(name, []).append((result.accuracy / 100, _their_look(KINDS[_kind(result)])))
    figure = Picture(figsize=(8.5, 1.5 + 0.235 * len(lines)), layout="constrained")
    axes = figure.add_subplot(xlabel="test accuracy, %", ylim=(len(lines) - 0.4, -0.6))
    _accuracies(axes, "x", [_error(accuracy) for marks in lines.values() for accuracy, _ in marks])
    for place, marks in enumerate(lines.values()):
        for accuracy, look in marks:
            axes.plot(_error(accuracy), place, **look)
    axes.set_yticks(range(len(lines)), lines, fontsize=10.5)
    axes.tick_params(axis="x", top=True, labeltop=True, labelsize=10.5)
    axes.tick_params(axis="y", length=0)
    figure.legend(handles=_handles(table, rows, KINDS), loc="outside lower center", ncols=2, fontsize=10.5)
    caption = "Published accuracies are as their sources state them; the table of the literature has the details."
    alt = "Dot plot of the test accuracies of this report and of published ones; all numbers are in the tables."
    return Drawing("published", "Published results", caption + left_out, alt, figure)


@styled
def draw_robustness(robustness: "Robustness") -> Figure:
    """Draw the accuracy on clean digits and at each strength, in a small picture for each corruption."""
    figure = Figure(figsize=(10, 7.5), layout="constrained")
    panels, clean = figure.subplots(3, 4, sharex=True, sharey=True), 100 * robustness.clean
    for axes, (corruption, curve) in zip(panels.flat, robustness.accuracies.items(), strict=True):
        axes.axhline(clean, color=INK, linestyle=":", linewidth=1)
        axes.plot([clean, *(100 * share for share in curve)], "o-", color=BLUE, markersize=4)
        mean = 100 * robustness.by_corruption[corruption]
        axes.set_title(f"{corruption.replace('_', ' ')}: {mean:.1f}", fontsize=11)
        axes.set(ylim=(0, 103), xticks=range(len(curve) + 1))
    figure.suptitle(
        f"{printable(robustness.recipe)}, seed {robustness.seed}: {clean:.2f} % of the clean "
        f"{robustness.evaluated_on} digits, {100 * robustness.mean:.1f} % of the corrupted ones",
        fontsize=13,
    )
    figure.supxlabel("strength (0: clean)", fontsize=12)
    figure.supylabel("accuracy (%)", fontsize=12)
    return figure


def _accuracies(axes, name, errors, margin=0.05, steps=(1, 2, 5)):
    """Scale an empty axis for errors in percent, so that each tenfold reduction is as long, and label accuracies."""
    axes.set(**{f"{name}lim": _limits(errors, margin)[::-1], f"{name}scale": "log"})
    ticks = {"major_locator": LogLocator(subs=steps), "minor_locator": NullLocator()}
    getattr(axes, f"{name}axis").set(major_formatter=lambda error, _: f"{100 - error:.5g}", **ticks)


def _costs(axes, costs, margin=0.05):
    """Scale an empty horizontal axis for seconds or parameters."""
    axes.set(xlim=_limits(costs, margin), xscale="log")
    axes.xaxis.set_major_formatter(lambda cost, _: f"{cost:,.10g}")


def _limits(values, margin):
    """Leave a margin, on a logarithmic scale, also around a single value."""
    room = max((max(values) / min(values)) ** margin, 2)
    return min(values) / room, max(values) * room


def _label(axes, points, labels):
    """Write a label near each point: at the first place where it covers no mark and no other label."""
    axes.figure.draw_without_rendering()  # so that the layout is final
    marks, pixel = axes.transData.transform(points), 72 / axes.figure.dpi  # in points, as offsets are
    taken = [Bbox([mark - 7, mark + 7]) for mark in marks]
    look = {"textcoords": "offset points", "ha": "center", "va": "center", "in_layout": False, "fontsize": 10.5}
    line = {"arrowstyle": "-", "linewidth": 0.7, "alpha": 0.6, "shrinkA": 0, "color": INK}
    for point, mark, label in zip(points, marks, labels, strict=True):
        text = axes.annotate(label, point, (0, 0), linespacing=1, arrowprops=line, **look)
        half = Text.get_window_extent(text).size / 2
        for gap, direction in product(GAPS, DIRECTIONS):
            offset = direction * (gap / pixel + half)
            box = Bbox([mark + offset - half, mark + offset + half])
            if axes.bbox.count_contains(box.corners()) == 4 and not box.count_overlaps(taken):
                break
        taken.append(box)
        text.set_position(offset * pixel)
        text.arrow_patch.set_visible(gap > GAPS[0])


def _handles(table, rows, theirs):
    """Make the legend: machines if there are several, and published results if there are any."""
    looks = {}
    if len(table.machines) > 1:
        for row in rows:
            looks.setdefault(f"{row.machine}: {row.runs[0].machine.get('device', '')}", _look(row))
    elif theirs:
        looks["this report, mean"] = _look(rows[0])
    looks |= {label: _their_look(marker) for label, marker in theirs.items()}
    return [Line2D([], [], label=label, **look) for label, look in looks.items()]


def _look(row):
    """Choose colour and marker by the letter of the machine."""
    colour, marker = MACHINES[(ord(row.machine[0]) - ord("A")) % len(MACHINES)]
    return {"color": colour, "marker": marker, "linestyle": "none", "markersize": 7}


def _their_look(marker):
    return {"color": INK, "marker": marker, "linestyle": "none", "markersize": 6, "markerfacecolor": "none"}


def _kind(result):
    single, augmented, several, best_case = KINDS
    if result.best_case or result.ensemble != 1:
        return best_case if result.best_case else several
    return single if result.augmentation == "none" else augmented


def _most_accurate(rows, limit):
    left_out = len(rows) - limit
    return rows[:limit], f" The {left_out:,} least accurate recipes are in the table only." if left_out > 0 else ""


def _name(table, row, letters=40):
    """Name a row, with its machine if the table has several."""
    name = row.label.removesuffix(STALE)
    name = name if len(name) <= letters else f"{name[: letters - 1]}…"
    return f"{name}, {row.machine}" if len(table.machines) > 1 else name


def _their_name(result, hardware):
    """Name a published result, with augmentation and hardware below."""
    parts = ["" if result.augmentation == "none" else result.augmentation, hardware]
    return "\n".join(filter(None, [result.model, ", ".join(filter(None, parts))]))


def _error(accuracy):
    """Turn an accuracy from 0 to 1 into an error in percent that a logarithmic scale can show."""
    return np.maximum(100 * (1 - accuracy), FEWEST_ERRORS)


def _errors_by_digit(row):
    labels = row.test_runs[0].labels
    wrong = np.mean([run.predicted != labels for run in row.test_runs], axis=0)
    return np.bincount(labels, wrong, minlength=10)
