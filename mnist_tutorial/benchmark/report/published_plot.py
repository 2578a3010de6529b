"""The dot plot: our results next to published ones."""

from collections.abc import Sequence

from matplotlib.lines import Line2D

from mnist_tutorial.benchmark.report import drawing
from mnist_tutorial.benchmark.report.drawing import Drawing
from mnist_tutorial.benchmark.report.literature import Published
from mnist_tutorial.benchmark.report.rendering import INK, style
from mnist_tutorial.benchmark.report.summary import SummaryTable
from mnist_tutorial.benchmark.report.table import percent
from mnist_tutorial.plots import Picture

GROUPS = {"convolutional": {"CNN"}, "fully connected": {"MLP"}, "linear and others": {"linear", "other"}}
MARKERS = {
    "one network, no augmentation": "o",
    "one network, augmented or not stated": "^",
    "several networks, or not stated": "s",
    "best case, chosen on the test set": "x",
}


@style()
def published_plot(table: SummaryTable, published: Sequence[Published]) -> Drawing | None:
    """Draw our accuracies next to published ones.

    Returns
    -------
    Drawing or None
        None if there are no test runs, or nothing is published.
    """
    rows = [row for row in table.rows if row.n]
    if not rows or not published:
        return None
    rows, left_out = rows[: drawing.MAX_ROWS], drawing.left_out(len(rows) - drawing.MAX_ROWS)
    ours = [(drawing.full_name(table, row), "", [(100 * row.accuracy, _our_look(row))]) for row in rows]
    groups = {"this report": ours}
    groups |= {
        title: _lines(result for result in published if result.family in kinds) for title, kinds in GROUPS.items()
    }
    groups = {title: lines for title, lines in groups.items() if lines}
    height = sum(len(lines) + 1.2 for lines in groups.values())
    figure = Picture(figsize=(8.5, 1.1 + 0.235 * height), layout="constrained")
    axes = figure.add_subplot(xlabel="test accuracy, %", ylim=(height, -0.6))
    margin = {"transform": axes.get_yaxis_transform(), "va": "center"}
    places, names, y = [], [], 0
    for title, lines in groups.items():
        axes.text(-0.01, y, title, ha="right", weight="bold", **margin)
        for name, source, marks in lines:
            y += 1
            places.append(y)
            names.append(name)
            axes.text(1.01, y, source, fontsize=10.5, **margin)
            for accuracy, look in marks:
                axes.plot(accuracy, y, **look)
        y += 1.2
    axes.set_yticks(places, names, fontsize=10.5)
    accuracies = [100 * row.accuracy for row in rows] + [result.accuracy for result in published]
    drawing.accuracy_scale(axes, accuracies, gap=0.092, axis="x")
    axes.tick_params(axis="x", top=True, labeltop=True, labelsize=10.5)
    axes.tick_params(axis="y", length=0)
    axes.grid()
    looks = {"this report, mean": _our_look(rows[0])} | {label: _their_look(label) for label in MARKERS}
    handles = [Line2D([], [], label=label, **look) for label, look in looks.items()]
    figure.legend(handles=handles, loc="outside lower center", ncols=2, fontsize=10.5)
    caption = "Published accuracies are as their sources state them; the table of the literature has the details."
    return Drawing("published", "Published results", caption + left_out, _alt(table, rows, published), figure)


def _lines(published):
    """Make a line for each model of a source, the best first."""
    models = {}
    for result in published:
        models.setdefault((result.model, result.source), []).append((result.accuracy, _their_look(_kind(result))))
    lines = [(model, source.split(",")[0].replace(" et al.", ""), marks) for (model, source), marks in models.items()]
    return sorted(lines, key=lambda line: -max(accuracy for accuracy, _ in line[2]))


def _kind(result):
    single, augmented, several, best_case = MARKERS
    if result.best_case:
        return best_case
    if result.ensemble != 1:
        return several
    return single if result.augmentation == "none" else augmented


def _our_look(row):
    colour, marker = drawing.mark(row.machine)
    return {"marker": marker, "color": colour, "linestyle": "none", "markersize": 7}


def _their_look(kind):
    return {"marker": MARKERS[kind], "color": INK, "linestyle": "none", "markerfacecolor": "none", "markersize": 6}


def _alt(table, rows, published):
    ours = [f"{drawing.full_name(table, row)}: {percent(row.accuracy)} %" for row in rows]
    alt = (
        f"Dot plot of the test accuracy of {drawing.count(rows)} and {len(published)} published results. "
        f"Best in this report: {ours[0]}. Best published: {_quote(published)}. "
    )
    if singles := [result for result in published if result.ensemble == 1]:
        alt += f"Best published single network: {_quote(singles)}. "
    return alt + f"All of this report: {'; '.join(ours)}. The table of the literature lists the published results."


def _quote(published):
    best = max(published, key=lambda result: result.accuracy)
    return f"{best.model}, {best.accuracy:g} % ({best.source}{f'; {best.note}' if best.note else ''})"
