"""Plots: figures of digits, trainings and predictions.

Each function takes arrays and returns a new figure, which a notebook shows if it is the last value of a cell. None of
them changes the state or the settings of pyplot.
"""

import io
import itertools
from collections.abc import Sequence

import numpy as np
import scipy
from matplotlib import colors, figure, ticker
from numpy.typing import ArrayLike

__all__ = ["BLUE", "GREY", "ORANGE", "SIGNED", "confusion_matrix", "digits", "failures", "learning_curves"]
__all__ += ["robustness", "runs", "weights"]
# Okabe and Ito's colour-blind-safe colours (jfly.uni-koeln.de/color).
BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#999999"
SIGNED = colors.LinearSegmentedColormap.from_list("signed", [ORANGE, "white", BLUE], N=257)  # odd: 0 is white


class Picture(figure.Figure):
    """A figure that a notebook shows without pyplot, which keeps every figure in memory and shows some twice."""

    def _repr_png_(self) -> bytes:
        stream = io.BytesIO()
        self.savefig(stream, format="png", dpi=80)
        return stream.getvalue()


def digits(
    images: np.ndarray, titles: Sequence | np.ndarray | None = None, columns: int = 10, title: str | None = None
) -> Picture:
    """Draw images (N, H, W) side by side, in rows of `columns`, each from white to black.

    Grey values may be on any scale: the largest of each image is black ink. `titles` has a text or a number for each
    image, and `title` is that of the figure.

    Examples
    --------
    >>> import mnist_tutorial as mt
    >>> test = mt.load("sample").test
    >>> picture = digits(test.images[:20], titles=test.labels[:20])
    """
    height = -(-len(images) // columns) * (1.0 if titles is None else 1.25) + (0.3 if title else 0)
    picture = _side_by_side(images, titles, columns, (columns, height))
    if title:
        picture.suptitle(title)
    return picture


def _side_by_side(images, titles, columns, size, signed=False):
    picture, rows = Picture(figsize=size, layout="constrained"), -(-len(images) // columns)
    for i, image in enumerate(images):
        axes = picture.add_subplot(rows, columns, i + 1, xticks=[], yticks=[])
        limit = np.abs(image).max() or 1
        axes.imshow(image, **({"cmap": SIGNED, "vmin": -limit, "vmax": limit} if signed else {"cmap": "gray_r"}))
        axes.spines[:].set_color("#dddddd")  # a frame shows where the white paper of an image ends
        if titles is not None:
            axes.set_title(titles[i], fontsize=11)
    return picture


def learning_curves(
    history: dict[str, dict], step_history: dict[str, dict] | None = None, scale: str = "log"
) -> Picture:
    """Draw the losses and accuracies of a training against its steps: losses on the left, accuracies on the right.

    `history` is such as ``trainer.history.history``: for each name, lists of ``value`` and ``step``. If it has neither
    losses nor accuracies, that is a ValueError. `step_history`, such as ``trainer.history.step_history``, has the same
    for each step, drawn in the background. The `scale` of the losses is "log" or "linear".

    Examples
    --------
    >>> picture = learning_curves({"train_loss_epoch": {"value": [0.9, 0.6], "step": [235, 470]}})
    """
    kinds = [kind for kind in ("loss", "accuracy") if any(kind in name.lower() for name in history)]
    if not kinds:
        names = ", ".join(map(repr, history)) or "nothing"
        raise ValueError(f"history has {names}; expected losses or accuracies. Train first: trainer.fit(...)")
    picture, steps = Picture(figsize=(5 * len(kinds), 3.4), layout="constrained"), step_history or {}
    for i, kind in enumerate(kinds, 1):
        axes = picture.add_subplot(1, len(kinds), i, xlabel="step", ylabel=kind)
        for name, curve in steps.items():
            if kind in name.lower() and name.startswith("train"):
                axes.plot(curve["step"], curve["value"], color=BLUE, alpha=0.5, linewidth=0.8, label="each step")
        for name, curve in history.items():
            # A single mean tells less than the steps that it is a mean of.
            alone = len(curve["step"]) == 1 and name.replace("_epoch", "_step") in steps
            if kind not in name.lower() or alone:
                continue
            if name.startswith("train"):  # a mean over an epoch belongs to its middle
                middle = curve["step"] - np.diff(curve["step"], prepend=0) / 2
                axes.plot(middle, curve["value"], color=BLUE, marker="o", label="training, mean over an epoch")
            else:
                axes.plot(curve["step"], curve["value"], color=ORANGE, marker="s", label="validation")
        if kind == "loss" and scale == "log":
            axes.set_yscale("log")
            _plain_numbers(axes.yaxis)
        axes.grid(alpha=0.3, which="both")
        axes.legend()
    return picture


def _plain_numbers(axis):
    """Label a logarithmic axis with 0.1 and 0.2 in place of powers of ten, and with more of them if it is short."""
    low, high = axis.get_view_interval()
    steps = range(1, 10) if high < 10 * low else (1, 2, 5) if high < 1000 * low else (1,)
    axis.set_major_locator(ticker.LogLocator(subs=steps))
    axis.set_major_formatter("{x:g}")
    axis.set_minor_formatter(ticker.NullFormatter())


def runs(accuracies: dict[str, Sequence[float]]) -> Picture:
    """Draw the errors of the runs of each network, from top to bottom: a point for each, a line for their mean.

    Examples
    --------
    >>> picture = runs({"sigmoid": [0.91, 0.92], "ReLU": [0.96, 0.97]})  # accuracies
    """
    picture = Picture(figsize=(7, 0.9 + 0.45 * len(accuracies)), layout="constrained")
    axes = picture.add_subplot(xlabel="error (%, log scale)", xscale="log")
    for y, values in enumerate(accuracies.values()):
        errors = 100 * (1 - np.asarray(values))
        axes.plot(errors.mean(), y, "|", color=BLUE, markersize=18, markeredgewidth=2.5)
        axes.plot(errors, np.full(len(errors), y), "o", color=BLUE, alpha=0.5)
    axes.set_yticks(range(len(accuracies)), list(accuracies))
    axes.set_ylim(len(accuracies) - 0.5, -0.5)
    _plain_numbers(axes.xaxis)
    axes.grid(axis="x", alpha=0.3)
    return picture


def confusion_matrix(labels: ArrayLike, predictions: ArrayLike) -> Picture:
    """Draw how often each digit, in rows, is mistaken for each other digit, in columns; both are integers (N,).

    The colours show only mistakes, since the correct ones would outshine them.

    Examples
    --------
    >>> picture = confusion_matrix([3, 3, 8], [3, 8, 8])
    """
    counts = np.zeros((10, 10), dtype=int)
    np.add.at(counts, (np.asarray(labels), np.asarray(predictions)), 1)
    mistakes = counts * (1 - np.eye(10, dtype=int))
    picture = Picture(figsize=(5.6, 5.2), layout="constrained")
    axes = picture.add_subplot(xlabel="predicted digit", ylabel="true digit", xticks=range(10), yticks=range(10))
    axes.imshow(mistakes, cmap="Oranges", vmax=max(1, mistakes.max()))
    for row, column in np.argwhere(counts):
        colour = "white" if mistakes[row, column] > 0.75 * mistakes.max() else "black"
        look = {"ha": "center", "va": "center", "fontsize": 9, "weight": "bold" if row == column else "normal"}
        axes.text(column, row, counts[row, column], color=colour, **look)
    axes.set_title(f"{mistakes.sum():,} mistakes in {counts.sum():,} digits")
    return picture


def failures(images: ArrayLike, labels: np.ndarray, logits: ArrayLike, n: int = 20, columns: int = 10) -> Picture:
    """Draw at most `n` images that are classified wrongly, the most confident mistakes first, in rows of `columns`.

    Above each image are the true digit, the predicted digit, and its predicted probability. The images (N, H, W) have
    labels (N,), and logits (N, 10) as from `predict`.

    Examples
    --------
    >>> import mnist_tutorial as mt
    >>> test = mt.load("sample").test
    >>> picture = failures(test.images, test.labels, np.eye(10)[(test.labels + 1) % 10], n=3)
    """
    logits = np.asarray(logits, dtype=np.float64)
    predictions = logits.argmax(1)
    probability = scipy.special.softmax(logits, axis=1).max(1)
    wrong = np.flatnonzero(predictions != labels)
    shown = wrong[np.argsort(-probability[wrong], kind="stable")][:n]
    titles = [f"{labels[i]} → {predictions[i]}\n{100 * probability[i]:.0f} %" for i in shown]
    title = f"{len(shown)} of {len(wrong):,} mistakes, the most confident first"
    return digits(np.asarray(images)[shown], titles, columns, title)


def robustness(strengths: dict[str, ArrayLike], accuracies: dict[str, dict[str, ArrayLike]]) -> Picture:
    """Draw the accuracy of networks against the strength of corruptions, with axes for each corruption.

    Each corruption has its strengths, and each network a dictionary with its accuracies in percent at these strengths.

    Examples
    --------
    >>> picture = robustness({"noise": [0, 1]}, {"MLP": {"noise": [98, 40]}, "CNN": {"noise": [99, 20]}})
    """
    picture = Picture(figsize=(3 * len(strengths), 3.2), layout="constrained")
    looks = [(ORANGE, "s-"), (BLUE, "o-"), ("black", "^--")]
    for i, (corruption, x) in enumerate(strengths.items(), 1):
        axes = picture.add_subplot(1, len(strengths), i, xlabel=corruption, ylim=(0, 103))
        for (network, curves), (colour, style) in zip(accuracies.items(), itertools.cycle(looks), strict=False):
            axes.plot(x, curves[corruption], style, color=colour, label=network)
    picture.axes[0].set_ylabel("accuracy (%)")
    picture.axes[0].legend(loc="lower left")
    return picture


def weights(images: ArrayLike, titles: Sequence | np.ndarray | None = None) -> Picture:
    """Draw the weights of neurons side by side, as images (N, H, W) of their inputs.

    Positive weights are blue, negative ones orange, and 0 is white; each image is scaled by itself.

    Examples
    --------
    >>> picture = weights(np.random.default_rng(0).normal(size=(3, 28, 28)), titles="abc")
    """
    columns = len(images)
    size = min(2, 10 / columns)
    extent = size * columns, size + (0 if titles is None else 0.5)
    return _side_by_side(np.asarray(images), titles, columns, extent, signed=True)
