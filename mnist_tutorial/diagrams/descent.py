"""An animation of gradient descent."""

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from mnist_tutorial.diagrams.drawing import INK, Drawing, animation
from mnist_tutorial.plots import BLUE, ORANGE

LEARNING_RATES = {"too small": 0.03, "about right": 0.4, "too large": 2.03}
_START, _STEPS = 2.6, 12


def descend(learning_rate: float) -> np.ndarray:
    """Return the weights, from first to last, of gradient descent on the loss w² / 2, of which the gradient is w."""
    weights = [_START]
    for _ in range(_STEPS):
        weights.append(weights[-1] - learning_rate * weights[-1])
    return np.array(weights)


def gradient_descent() -> Drawing:
    """Draw how a weight goes down a curve step by step, with three learning rates.

    Returns
    -------
    Drawing
        Shown in a notebook; ``data`` is a GIF, ``alt`` says what there is to see.

    Examples
    --------
    >>> gradient_descent().data[:3]
    b'GIF'
    """
    figure = Figure(figsize=(9.6, 3.5), layout="constrained")
    FigureCanvasAgg(figure)
    w = np.linspace(-4, 4, 200)
    panels = []
    for i, (name, rate) in enumerate(LEARNING_RATES.items()):
        axes = figure.add_subplot(1, 3, i + 1, xlim=(-4, 4), ylim=(-0.6, 8), xlabel="weight", xticks=[], yticks=[])
        axes.plot(w, w**2 / 2, color="#888888", linewidth=2.5)
        axes.set_title(f"{name}: {rate}", fontsize=16)
        axes.xaxis.label.set_size(15)
        axes.spines[["top", "right"]].set_visible(False)
        if i == 0:
            axes.set_ylabel("loss", fontsize=15)
        (trail,) = axes.plot([], [], color=BLUE, linewidth=1.3, marker="o", markersize=6, markerfacecolor="white")
        (ball,) = axes.plot([], [], color=ORANGE, marker="o", markersize=14)
        (slope,) = axes.plot([], [], color=INK, linewidth=2, linestyle=(0, (2, 1)))
        panels.append((descend(rate), trail, slope, ball))
    caption = figure.supxlabel(" ", fontsize=14)

    def states():
        for step, duration in [(_STEPS, 1500), *((step, 450) for step in range(_STEPS)), (_STEPS, 2500)]:
            for path, trail, slope, ball in panels:
                trail.set_data(path[: step + 1], path[: step + 1] ** 2 / 2)
                along = path[step] + np.array([-1, 1]) / np.hypot(1, path[step] / 1.6)
                slope.set_data(along, path[step] ** 2 / 2 + path[step] * (along - path[step]))
                ball.set_data(path[[step]], path[[step]] ** 2 / 2)
            caption.set_text(f"step {step} of {_STEPS}:  new weight = weight − learning rate × slope")
            yield duration

    return animation(
        figure,
        states(),
        f"Gradient descent, {_STEPS} steps on a curve with three learning rates. Too small: the ball creeps, and is "
        "still far from the lowest point. About right: it reaches the lowest point in a few steps. Too large: each "
        "step jumps across the valley, to a higher place on the other side. A dashed line shows the slope at the ball.",
    )
