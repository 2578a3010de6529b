"""Drawings of activation functions."""

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from mnist_tutorial.diagrams.drawing import Drawing, still
from mnist_tutorial.plots import BLUE, ORANGE


def activation_curves() -> tuple[np.ndarray, dict[str, tuple[np.ndarray, np.ndarray]]]:
    """Return the places, and for each activation function its values and slopes, that `activations` draws."""
    z = np.linspace(-5, 5, 401)
    sigmoid = 1 / (1 + np.exp(-z))
    return z, {"sigmoid": (sigmoid, sigmoid * (1 - sigmoid)), "ReLU": (np.maximum(z, 0), (z > 0).astype(float))}


def activations() -> Drawing:
    """Draw the sigmoid and the rectified linear unit (ReLU), and their slopes.

    Returns
    -------
    Drawing
        Shown in a notebook; ``data`` is a PNG, ``alt`` says what there is to see.

    Examples
    --------
    >>> activations().data[1:4]
    b'PNG'
    """
    figure = Figure(figsize=(9.6, 3.6), layout="constrained")
    FigureCanvasAgg(figure)
    z, curves = activation_curves()
    formulas = {"sigmoid": r"$\sigma(z) = 1\,/\,(1 + e^{-z})$", "ReLU": r"$\max(z, 0)$"}
    for i, (name, (value, slope)) in enumerate(curves.items()):
        axes = figure.add_subplot(1, 2, i + 1, xlim=(-5, 5))
        axes.axhline(0, color="#cccccc", linewidth=1)
        axes.axvline(0, color="#cccccc", linewidth=1)
        axes.plot(z, value, color=BLUE, linewidth=3, label="value")
        jump = np.abs(np.diff(slope, prepend=slope[0])) > 0.5
        axes.plot(z, np.where(jump, np.nan, slope), color=ORANGE, linewidth=2.5, linestyle=(0, (4, 1.5)), label="slope")
        axes.set_title(f"{name}:  {formulas[name]}", fontsize=16, math_fontfamily="cm")
        axes.set_xlabel("$z$", fontsize=17, math_fontfamily="cm")
        axes.tick_params(labelsize=13)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(fontsize=14, frameon=False, loc="upper left")
    return still(
        figure,
        "Two activation functions and their slopes. The sigmoid rises from 0 to 1; its slope is largest at z = 0, "
        "where it is 0.25. The ReLU is 0 below z = 0, with slope 0, and equal to z above, with slope 1.",
    )
