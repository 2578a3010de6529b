"""Drawings of one neuron, and of layers of neurons."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from matplotlib.patches import Circle, Rectangle

from mnist_tutorial.diagrams.drawing import INK, Drawing, arrow, canvas, still, write
from mnist_tutorial.plots import BLUE, GREY, ORANGE


def neuron_numbers() -> tuple[np.ndarray, np.ndarray, float, float, float]:
    """Return the inputs, weights, bias, sum and output that `neuron` shows."""
    inputs, weights, bias = np.array([0.0, 0.5, 1.0, 0.8]), np.array([0.7, -2.0, 1.5, 1.0]), -0.5
    total = float(inputs @ weights + bias)
    return inputs, weights, bias, total, float(1 / (1 + np.exp(-total)))


def neuron() -> Drawing:
    """Draw a neuron at work: inputs, weights, their sum plus a bias, the activation function, and the output.

    Returns
    -------
    Drawing
        Shown in a notebook; ``data`` is a PNG, ``alt`` says what there is to see.

    Examples
    --------
    >>> neuron().alt
    'One neuron. Four inputs, each times its weight, are added up with a bias: z = 0.80. ... a = 0.69.'
    """
    inputs, weights, bias, total, output = neuron_numbers()
    figure, axes = canvas(9.6, 4.1)
    centre, radius = (4.55, 2.2), 0.62
    for i, (value, weight, y) in enumerate(zip(inputs, weights, (3.55, 2.65, 1.75, 0.85), strict=True), 1):
        axes.add_patch(
            Rectangle((0.75, y - 0.3), 0.6, 0.6, facecolor=str(1 - 0.85 * value), edgecolor=INK, linewidth=1.3)
        )
        write(axes, 1.05, y, f"{value:.1f}", color="white" if value > 0.45 else INK)
        write(axes, 0.4, y, f"$x_{i}$", fontsize=19)
        colour = BLUE if weight > 0 else ORANGE
        start = np.array([1.45, y])
        step = (centre - start) / np.hypot(*(centre - start))
        end = centre - step * (radius + 0.05)
        arrow(axes, start, end, color=colour, linewidth=1 + 1.8 * abs(weight))
        place = start + 0.42 * (end - start)
        label = f"$w_{i} = {weight:.1f}$"
        write(
            axes, *place, label, color=colour, fontsize=17, bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5}
        )
    axes.add_patch(Circle(centre, radius, facecolor="white", edgecolor=INK, linewidth=2))
    write(axes, *centre, r"$\Sigma$", fontsize=30)
    write(axes, centre[0], 3.72, f"$b = {bias:.1f}$", color=ORANGE, fontsize=17)
    arrow(axes, (centre[0], 3.5), (centre[0], centre[1] + radius + 0.05), color=ORANGE, linewidth=1 + 1.8 * abs(bias))
    arrow(axes, (centre[0] + radius + 0.05, centre[1]), (6.45, centre[1]))
    write(axes, 5.83, centre[1] + 0.3, f"$z = {total:.2f}$", fontsize=17)
    axes.add_patch(Circle((7.12, centre[1]), radius, facecolor="white", edgecolor=INK, linewidth=2))
    x = np.linspace(-1, 1, 60)
    axes.plot(7.12 + 0.42 * x, centre[1] - 0.3 + 0.6 / (1 + np.exp(-6 * x)), color=BLUE, linewidth=3)
    arrow(axes, (7.12 + radius + 0.05, centre[1]), (9.2, centre[1]))
    write(axes, 8.47, centre[1] + 0.3, f"$a = {output:.2f}$", fontsize=17)
    for place, text in (
        (1.05, "inputs"),
        (2.6, "weights"),
        (4.55, "sum and bias"),
        (7.12, "activation\nfunction"),
        (8.7, "output"),
    ):
        write(axes, place, 0.28, text, color="#555555", fontsize=13.5)
    write(axes, centre[0] + 0.05, 1.1, r"$z = w \cdot x + b$", fontsize=20)
    write(axes, 7.12, 1.1, r"$a = \sigma(z)$", fontsize=20)
    return still(
        figure,
        f"One neuron. Four inputs, each times its weight, are added up with a bias: z = {total:.2f}. "
        f"The activation function, a sigmoid, turns the sum into the output, a = {output:.2f}.",
    )


def layers(sizes: Sequence[int] = (784, 32, 32, 10)) -> Drawing:
    """Draw a network of layers in which each neuron is connected with all of the layer before.

    Parameters
    ----------
    sizes : sequence of int
        The number of inputs, then of neurons in each layer.

    Returns
    -------
    Drawing
        Dots stand for what is left out; below are the numbers of neurons and of weights and biases.

    Raises
    ------
    ValueError
        If there are fewer than two sizes, or one is below 1.

    Examples
    --------
    >>> layers((784, 10)).alt
    'A network of layers: 784 inputs, 10 outputs. ... 7,850 weights and biases in all.'
    """
    sizes = [int(size) for size in sizes]
    if len(sizes) < 2 or min(sizes) < 1:
        raise ValueError(f"sizes is {sizes}; expected at least two, each of them 1 or more")
    gap = 2.35
    figure, axes = canvas(gap * (len(sizes) - 1) + 2.4, 4.5)
    columns = [_column(size) for size in sizes]
    parameters = [(before + 1) * after for before, after in pairwise(sizes)]
    for i, (size, rows) in enumerate(zip(sizes, columns, strict=True)):
        x = 1.2 + gap * i
        first, last = i == 0, i == len(sizes) - 1
        for y in rows if not first else []:
            for before in columns[i - 1]:
                axes.plot((x - gap, x), (before, y), color=GREY, linewidth=0.7, alpha=0.6, zorder=1)
        for y in rows:
            fill = PAPER[0] if first else PAPER[2] if last else PAPER[1]
            edge = GREY if first else ORANGE if last else BLUE
            axes.add_patch(Circle((x, y), 0.17, facecolor=fill, edgecolor=edge, linewidth=2.2, zorder=3))
        if len(rows) < size:
            for offset in (-0.13, 0, 0.13):
                axes.add_patch(Circle((x, _MIDDLE + offset), 0.032, color=INK, zorder=3))
        name = "inputs" if first else "outputs" if last else "hidden layer"
        write(axes, x, 0.92, f"{size:,}", fontsize=18, weight="bold")
        write(axes, x, 0.62, name, color="#555555", fontsize=13.5)
        if not first:
            write(axes, x - gap / 2 + (0.4 if i == 1 else 0), 0.3, f"{parameters[i - 1]:,}", fontsize=13.5, color=BLUE)
    write(axes, 1.03, 0.3, "weights and biases:", fontsize=13.5, color=BLUE)
    hidden = "".join(f"{size:,} hidden neurons, " for size in sizes[1:-1])
    return still(
        figure,
        f"A network of layers: {sizes[0]:,} inputs, {hidden}{sizes[-1]:,} outputs. Each neuron is connected with "
        f"all of the layer before. {sum(parameters):,} weights and biases in all.",
    )


PAPER = ("#f4f4f4", "#dcecf6", "#fbe6da")
_MIDDLE = 2.75


def _column(size: int) -> list[float]:
    """Return the heights of the circles that stand for a layer, with a gap for dots where some are left out."""
    if size <= 8:
        return [_MIDDLE + 0.44 * (i - (size - 1) / 2) for i in range(size)]
    return [_MIDDLE + sign * (0.44 * i + 0.4) for i in range(3) for sign in (-1, 1)]
