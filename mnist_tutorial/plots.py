"""Figures of digits and of what networks make of them.

Each function takes arrays and returns a figure of its own, which a notebook shows where it is the last value of a
cell; none touches pyplot or its settings.
"""

import io

import numpy as np
from matplotlib.figure import Figure

# Okabe and Ito's colours, which the colour-blind can tell apart (jfly.uni-koeln.de/color).
BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#999999"


class Picture(Figure):
    """A figure that a notebook shows without pyplot, which would keep every figure in memory, and show some twice."""

    def _repr_png_(self):
        stream = io.BytesIO()
        self.savefig(stream, format="png", dpi=80)
        return stream.getvalue()


def digits(images, titles=None, columns=10, title=None):
    """Draw images side by side.

    Parameters
    ----------
    images : ndarray, shape (N, H, W)
        Grey values on any scale; each image spans black to white by itself, with ink in black.
    titles : sequence of str or int, length N, optional
        One above each image.
    columns : int
        Images in a row.
    title : str, optional
        Above them all.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> import mnist_tutorial as mt
    >>> test = mt.load("sample").test
    >>> figure = digits(test.images[:20], titles=test.labels[:20])
    >>> len(figure.axes)
    20
    """
    rows = -(-len(images) // columns)
    figure = Picture(
        figsize=(columns, rows * (1.25 if titles is not None else 1.0) + (0.3 if title else 0)),
        layout="constrained",
    )
    for i, image in enumerate(images):
        axes = figure.add_subplot(rows, columns, i + 1, xticks=[], yticks=[])
        axes.imshow(image, cmap="gray_r")
        axes.spines[:].set_color("#dddddd")  # paper is white: without a frame one could not see where an image ends
        if titles is not None:
            axes.set_title(titles[i], fontsize=11)
    if title:
        figure.suptitle(title)
    return figure


def learning_curves(history, step_history=None):
    """Draw losses and accuracies against the steps of a training.

    Parameters
    ----------
    history : dict
        As in ``trainer.history.history``: for each name, lists of ``value`` and ``step``.
    step_history : dict, optional
        As in ``trainer.history.step_history``: the same, at each step; drawn in the background.

    Returns
    -------
    matplotlib.figure.Figure
        The losses on the left, on a logarithmic scale; the accuracies, if any, on the right.

    Examples
    --------
    >>> figure = learning_curves({"train_loss_epoch": {"value": [0.9, 0.6], "step": [235, 470]}})
    >>> figure.axes[0].get_ylabel()
    'loss'
    """
    kinds = [kind for kind in ("loss", "accuracy") if any(kind in name.lower() for name in history)]
    figure = Picture(figsize=(5 * len(kinds), 3.4), layout="constrained")
    colours = {"train": BLUE, "val": ORANGE}
    for i, kind in enumerate(kinds):
        axes = figure.add_subplot(1, len(kinds), i + 1, xlabel="step", ylabel=kind)
        for name, curve in (step_history or {}).items():
            if kind in name.lower() and name.startswith("train"):
                axes.plot(curve["step"], curve["value"], color=BLUE, alpha=0.5, linewidth=0.8, label="each step")
        for name, curve in history.items():
            if kind in name.lower():
                part = "train" if name.startswith("train") else "val"
                label = {"train": "training, mean of an epoch", "val": "validation"}[part]
                marker = {"train": "o", "val": "s"}[part]
                step = np.array(curve["step"], dtype=float)
                if part == "train":  # a mean over an epoch belongs to its middle
                    step -= np.diff(step, prepend=0) / 2
                axes.plot(step, curve["value"], color=colours[part], marker=marker, label=label)
        if kind == "loss":
            axes.set_yscale("log")
        axes.grid(alpha=0.3, which="both")
        axes.legend()
    return figure


def confusion_matrix(labels, predictions):
    """Draw how often each digit is taken for each other.

    Parameters
    ----------
    labels, predictions : ndarray of int, shape (N,)
        Digits from 0 to 9.

    Returns
    -------
    matplotlib.figure.Figure
        Rows are the true digits. The colours count mistakes only, since the correct ones outshine everything else.

    Examples
    --------
    >>> figure = confusion_matrix(np.array([3, 3, 8]), np.array([3, 8, 8]))
    >>> figure.axes[0].get_xlabel()
    'predicted digit'
    """
    counts = np.zeros((10, 10), dtype=int)
    np.add.at(counts, (np.asarray(labels), np.asarray(predictions)), 1)
    mistakes = counts * (1 - np.eye(10, dtype=int))
    figure = Picture(figsize=(5.6, 5.2), layout="constrained")
    axes = figure.add_subplot(xlabel="predicted digit", ylabel="true digit", xticks=range(10), yticks=range(10))
    axes.imshow(mistakes, cmap="Oranges", vmax=max(1, mistakes.max()))
    for row, column in np.argwhere(counts):
        dark = mistakes[row, column] > 0.75 * mistakes.max()
        weight = "bold" if row == column else "normal"
        axes.text(
            column,
            row,
            counts[row, column],
            ha="center",
            va="center",
            fontsize=9,
            weight=weight,
            color="white" if dark else "black",
        )
    axes.set_title(f"{mistakes.sum():,} mistakes in {counts.sum():,} digits")
    return figure


def failures(images, labels, logits, n=20, columns=10):
    """Draw the images that are classified wrongly, the surest mistakes first.

    Parameters
    ----------
    images : ndarray, shape (N, H, W)
    labels : ndarray of int, shape (N,)
    logits : ndarray, shape (N, 10)
        As `predict` gives them.
    n : int
        How many to draw, at most.
    columns : int
        Images in a row.

    Returns
    -------
    matplotlib.figure.Figure
        Above each image: true digit, arrow, predicted digit, and the probability that the network gives to it.

    Examples
    --------
    >>> import mnist_tutorial as mt
    >>> test = mt.load("sample").test
    >>> figure = failures(test.images, test.labels, np.eye(10)[(test.labels + 1) % 10], n=3)
    >>> len(figure.axes)
    3
    """
    logits = np.asarray(logits, dtype=np.float64)
    predictions = logits.argmax(1)
    probability = np.exp(logits - logits.max(1, keepdims=True))
    probability = probability.max(1) / probability.sum(1)
    wrong = np.flatnonzero(predictions != labels)
    shown = wrong[np.argsort(-probability[wrong], kind="stable")][:n]
    titles = [f"{labels[i]} → {predictions[i]}\n{100 * probability[i]:.0f} %" for i in shown]
    return digits(
        np.asarray(images)[shown],
        titles,
        columns,
        title=f"{len(shown)} of {len(wrong):,} mistakes, the surest first",
    )
