"""Drawing digits in a notebook: `draw` shows a canvas, which needs anywidget; the package does not."""

from typing import TYPE_CHECKING

from mnist_tutorial.errors import MNISTError

if TYPE_CHECKING:
    import deeptrack as dt
    import torch

    from mnist_tutorial.course.canvas import Canvas


def draw(
    network: "torch.nn.Module | None" = None, features: "dt.Feature | None" = None, centre: bool = True
) -> "Canvas":
    """Show a canvas to draw digits on, with the mouse, a finger or a pen; make it the last value of a cell.

    There are two pens, for digits of two sizes. The page shows the image that a network would see and, if there is a
    network, what it reads. "Keep as" adds the drawing to those that `my_digits` returns, also in other notebooks; the
    last of them are shown below. What is drawn is in ``strokes``: a list of strokes, each
    ``{"width": 0.08, "points": [[x, y], ...]}`` in sides of the canvas, or the list of its points alone.

    Parameters
    ----------
    network : torch.nn.Module, optional
        A classifier or a network that takes images of 28 x 28 pixels and returns 10 logits.
    features : deeptrack.Feature, optional
        How to prepare the images, as in `predict`. By default with `Standardize`.
    centre : bool
        Whether drawings are prepared as in `prepare`. If so, a box on the page switches that off, to compare; if not,
        there is no such box.

    Raises
    ------
    MNISTError
        If anywidget is not installed, or the file of kept digits cannot be read.

    Examples
    --------
    >>> import mnist_tutorial as mt
    >>> canvas = mt.draw(mt.classifier(mt.models.mlp(hidden=(32,))))
    >>> canvas.strokes = [[[0.5, 0.2], [0.5, 0.8]]]  # as if it were drawn
    >>> len(canvas.probabilities)
    10
    """
    try:
        from mnist_tutorial.course.canvas import Canvas
    except ImportError as error:
        raise MNISTError(
            f'mt.draw needs anywidget ({error}); run pip install "mnist-tutorial[lab]", and start JupyterLab again'
        ) from error
    return Canvas(network, features, centre)
