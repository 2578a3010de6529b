"""Diagrams: figures that explain, drawn by tools/diagrams.py, each with a text for those who cannot see it."""

import base64
import html
import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from mnist_tutorial.errors import MNISTError

__all__ = ["convolution", "gradient_descent", "layers", "neuron", "pooling", "protocol"]
_FOLDER = Path(__file__).with_name("figures")
_SIZES = (784, 32, 32, 10), (784, 128, 10)


class Drawing:
    """A figure that a notebook shows: `data` is a file, SVG or GIF, and `alt` says what there is to see."""

    def __init__(self, name: str):
        about = json.loads((_FOLDER / "figures.json").read_text(encoding="utf-8"))[name]
        self.data, self.alt, self._width = (_FOLDER / about["file"]).read_bytes(), about["alt"], about["width"]

    def _repr_html_(self) -> str:  # of an image in any other form, JupyterLab drops the text
        kind, code = "gif" if self.data.startswith(b"GIF") else "svg+xml", base64.b64encode(self.data).decode()
        return f'<img alt="{html.escape(self.alt)}" width="{self._width}" src="data:image/{kind};base64,{code}">'

    def __repr__(self) -> str:
        return self.alt


def layers(sizes: Sequence[int] = (784, 32, 32, 10)) -> Drawing:
    """Show a network of (784, 32, 32, 10) or (784, 128, 10) neurons, each connected with all of the layer before."""
    if tuple(sizes) not in _SIZES:
        raise MNISTError(f"sizes is {sizes}; expected {_SIZES[0]} or {_SIZES[1]}: tools/diagrams.py draws others")
    return Drawing(f"layers-{'-'.join(map(str, sizes))}")


neuron = partial(Drawing, "neuron")  # inputs, weights, their sum plus a bias, the activation function, and the output
gradient_descent = partial(Drawing, "gradient_descent")  # a weight goes down a curve, with three learning rates
convolution = partial(Drawing, "convolution")  # a window of 3 x 3 pixels moves over an image and fills a map
pooling = partial(Drawing, "pooling")  # what is kept of each square of 2 x 2: the largest number, or the mean
protocol = partial(Drawing, "protocol")  # train on some digits, choose by others, and measure once on those left
