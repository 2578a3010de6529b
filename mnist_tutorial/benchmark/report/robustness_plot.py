"""The picture of robustness: accuracy against strength, for each corruption."""

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from mnist_tutorial.benchmark.report.rendering import INK, MARKS, style
from mnist_tutorial.benchmark.robustness import Robustness
from mnist_tutorial.errors import printable

COLUMNS = 4


@style()
def draw(robustness: Robustness) -> Figure:
    """Draw the accuracy on clean digits and at each strength, in a small picture for each corruption.

    Parameters
    ----------
    robustness : Robustness

    Returns
    -------
    matplotlib.figure.Figure
    """
    curves = robustness.accuracies
    rows = -(-len(curves) // COLUMNS)
    figure = Figure(figsize=(10, 2.3 * rows + 0.6), layout="constrained")
    axes = figure.subplots(rows, COLUMNS, sharex=True, sharey=True)
    for place, (corruption, curve) in zip(axes.flat, curves.items(), strict=False):
        shares = [100 * share for share in (robustness.clean, *curve)]
        place.axhline(shares[0], color=INK, linestyle=":", linewidth=1)
        place.plot(range(len(shares)), shares, "o-", color=MARKS[0], markersize=4)
        place.set_title(
            f"{corruption.replace('_', ' ')}: {100 * robustness.by_corruption[corruption]:.1f}", fontsize=11
        )
        place.grid()
        place.set_ylim(0, 103)
        place.xaxis.set_major_locator(MaxNLocator(integer=True))
    figure.suptitle(
        f"{printable(robustness.recipe)}, seed {robustness.seed}: {100 * robustness.clean:.2f} % of the clean "
        f"{robustness.evaluated_on} digits, {100 * robustness.mean:.1f} % of the corrupted ones",
        fontsize=13,
    )
    figure.supxlabel("strength (0: clean)", fontsize=12)
    figure.supylabel("accuracy (%)", fontsize=12)
    return figure
