"""A drawing of the protocol: who learns from which digits, and which are kept for the end."""

from matplotlib.patches import FancyBboxPatch

from mnist_tutorial.diagrams.drawing import INK, Drawing, arrow, canvas, still, write
from mnist_tutorial.plots import BLUE, GREY, ORANGE


def protocol() -> Drawing:
    """Draw the protocol: train on some digits, choose by others, and measure once on those left.

    Returns
    -------
    Drawing
        Shown in a notebook; ``data`` is a PNG, ``alt`` says what there is to see.

    Examples
    --------
    >>> protocol().data[1:4]
    b'PNG'
    """
    figure, axes = canvas(9.6, 4.0)
    parts = (
        (0.2, 3.7, "training digits", BLUE, "#dcecf6", "the network learns", "weights and biases", "at each step"),
        (
            4.1,
            2.7,
            "validation digits",
            ORANGE,
            "#fbe6da",
            "you choose",
            "what to build,\nwhen to stop",
            "as often as you like",
        ),
        (7.3, 2.1, "test digits", INK, "#ececec", "you measure", "the number\nto report", "once, at the end"),
    )
    for left, width, name, colour, fill, who, what, often in parts:
        _box(axes, left, 2.85, width, 0.75, fill, colour)
        middle = left + width / 2
        write(axes, middle, 3.22, name, fontsize=17, weight="bold", color=colour)
        arrow(axes, (middle, 2.78), (middle, 2.28), color=colour, linewidth=2.5, mutation_scale=20)
        write(axes, middle, 1.98, who, fontsize=15)
        write(axes, middle, 1.3, what, fontsize=15, weight="bold")
        write(axes, middle, 0.72, often, fontsize=14, color="#555555")
    arrow(
        axes, (5.85, 0.5), (2.45, 0.5), color=GREY, linewidth=2.5, mutation_scale=20, connectionstyle="arc3,rad=-0.12"
    )
    write(axes, 3.75, 0.13, "and train again", fontsize=14, color="#555555")
    axes.plot((7.05, 7.05), (0.1, 3.85), color=INK, linewidth=1.5, linestyle=(0, (4, 3)))
    return still(
        figure,
        "Three sets of digits. From the training digits the network learns its weights and biases, at each "
        "step. By the validation digits you choose what to build and when to stop, as often as you like, and train "
        "again. Behind a dashed line are the test digits: on them you measure the number to report, once, at the end.",
    )


def _box(axes, left, bottom, width, height, fill, edge):
    style = "round,pad=0,rounding_size=0.1"
    axes.add_patch(
        FancyBboxPatch((left, bottom), width, height, boxstyle=style, facecolor=fill, edgecolor=edge, linewidth=2)
    )
