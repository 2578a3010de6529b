"""The dot plot of our results beside those that others have published."""

from matplotlib.lines import Line2D

from mnist_tutorial.benchmark.report import drawing
from mnist_tutorial.benchmark.report.drawing import Drawing
from mnist_tutorial.benchmark.report.svg import INK, style
from mnist_tutorial.benchmark.report.table import percent
from mnist_tutorial.plots import Picture

GROUPS = {"convolutional": {"CNN"}, "fully connected": {"MLP"}, "linear, and others": {"linear", "other"}}
MARKERS = {
    "one network, no augmentation": "o",
    "one network, augmented or not stated": "^",
    "several networks, or not stated": "s",
    "best case, chosen on the test set": "x",
}


@style()
def beside_published(table, published):
    """Draw accuracies beside those that others have published.

    Parameters
    ----------
    table : Table
    published : sequence of Published

    Returns
    -------
    Drawing or None
        None without either.
    """
    rows = [row for row in table.rows if row.n]
    if not rows or not published:
        return None
    rows, hidden = rows[: drawing.MOST], drawing.hidden(len(rows) - drawing.MOST)
    groups = {"this report": [(drawing.name(table, row), "", [(100 * row.accuracy, _ours(row))]) for row in rows]}
    groups |= {title: _lines(one for one in published if one.family in kinds) for title, kinds in GROUPS.items()}
    groups = {title: lines for title, lines in groups.items() if lines}
    height = sum(len(lines) + 1.2 for lines in groups.values())
    figure = Picture(figsize=(8.5, 1.1 + 0.235 * height), layout="constrained")
    axes = figure.add_subplot(xlabel="test accuracy, %", ylim=(height, -0.6))
    beside = {"transform": axes.get_yaxis_transform(), "va": "center"}
    places, names, y = [], [], 0
    for title, lines in groups.items():
        axes.text(-0.01, y, title, ha="right", weight="bold", **beside)
        for name, source, marks in lines:
            y += 1
            places.append(y)
            names.append(name)
            axes.text(1.01, y, source, fontsize=10.5, **beside)
            for accuracy, look in marks:
                axes.plot(accuracy, y, **look)
        y += 1.2
    axes.set_yticks(places, names, fontsize=10.5)
    accuracies = [100 * row.accuracy for row in rows] + [one.accuracy for one in published]
    drawing.accuracy_scale(axes, accuracies, gap=0.092, axis="x")
    axes.tick_params(axis="x", top=True, labeltop=True, labelsize=10.5)
    axes.tick_params(axis="y", length=0)
    axes.grid()
    looks = {"this report, mean": _ours(rows[0])} | {label: _theirs(label) for label in MARKERS}
    handles = [Line2D([], [], label=label, **look) for label, look in looks.items()]
    figure.legend(handles=handles, loc="outside lower center", ncols=2, fontsize=10.5)
    caption = "Published figures are as their sources state them. The table of the literature has sources and remarks."
    return Drawing("published", "Beside published results", caption + hidden, _alt(table, rows, published), figure)


def _lines(published):
    """Make a line for each model of a source, the best first."""
    models = {}
    for one in published:
        models.setdefault((one.model, one.source), []).append((one.accuracy, _theirs(_kind(one))))
    lines = [(model, source.split(",")[0].replace(" et al.", ""), marks) for (model, source), marks in models.items()]
    return sorted(lines, key=lambda line: -max(accuracy for accuracy, _ in line[2]))


def _kind(one):
    single, without, several, best = MARKERS
    if one.best_case:
        return best
    if one.ensemble != 1:
        return several
    return single if one.augmentation == "none" else without


def _ours(row):
    colour, marker = drawing.mark(row.machine)
    return {"marker": marker, "color": colour, "linestyle": "none", "markersize": 7}


def _theirs(kind):
    return {"marker": MARKERS[kind], "color": INK, "linestyle": "none", "markerfacecolor": "none", "markersize": 6}


def _alt(table, rows, published):
    said = [f"{drawing.name(table, row)}: {percent(row.accuracy)} %" for row in rows]
    best = max(published, key=lambda one: one.accuracy)
    alt = (
        f"Dot plot of the test accuracy of {drawing.count(rows)} and of {len(published)} published results. "
        f"Best here: {said[0]}. Best published: {_quote(best)}. "
    )
    if singles := [one for one in published if one.ensemble == 1]:
        alt += f"Best published single network: {_quote(max(singles, key=lambda one: one.accuracy))}. "
    return alt + f"All of this report: {'; '.join(said)}. The table of the literature lists what is published."


def _quote(one):
    return f"{one.model}, {one.accuracy:g} % ({one.source}{f'; {one.note}' if one.note else ''})"
