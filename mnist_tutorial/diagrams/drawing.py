"""A drawing: a picture, or an animation, and the text that stands for it."""

import base64
import html
import io
from collections.abc import Iterator

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

INK, PALE = "#222222", "#e8e8e8"
_DOTS_PER_INCH = 80  # as on the page; a still picture has twice as many


class Drawing:
    """A picture that a notebook shows, with a text for those who cannot see it.

    Attributes
    ----------
    data : bytes
        The file: PNG, or GIF if it moves.
    alt : str
        What there is to see.
    """

    def __init__(self, data: bytes, alt: str, width: int):
        self.data, self.alt, self._width = data, alt, width

    def _repr_mimebundle_(self, **_):
        kind = "image/gif" if self.data.startswith(b"GIF") else "image/png"
        code = base64.b64encode(self.data).decode()
        # JupyterLab drops the alternative text of an image, but keeps that of HTML, which it prefers.
        page = f'<img alt="{html.escape(self.alt)}" width="{self._width}" src="data:{kind};base64,{code}">'
        return {kind: code, "text/html": page, "text/plain": self.alt}, {kind: {"alt": self.alt, "width": self._width}}

    def __repr__(self):
        return self.alt


def canvas(width: float, height: float) -> tuple[Figure, Axes]:
    """Return a figure, in inches, and axes over all of it on which an inch is a unit."""
    figure = Figure(figsize=(width, height))
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, width), ylim=(0, height), aspect="equal")
    axes.axis("off")
    return figure, axes


def write(axes: Axes, x: float, y: float, text: str, **style) -> None:
    """Write a text, centred, with formulas as LaTeX sets them."""
    axes.text(
        x,
        y,
        text,
        **{"ha": "center", "va": "center", "fontsize": 15, "color": INK, "zorder": 5, "math_fontfamily": "cm"} | style,
    )


def arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float], **style) -> None:
    """Draw an arrow."""
    style = {
        "arrowstyle": "-|>",
        "color": INK,
        "linewidth": 1.6,
        "mutation_scale": 16,
        "shrinkA": 0,
        "shrinkB": 0,
    } | style
    axes.annotate("", end, start, arrowprops=style)


def still(figure: Figure, alt: str) -> Drawing:
    """Return a figure as a picture."""
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=2 * _DOTS_PER_INCH)
    return Drawing(stream.getvalue(), alt, round(figure.get_figwidth() * _DOTS_PER_INCH))


def animation(figure: Figure, states: Iterator[int], alt: str) -> Drawing:
    """Return a figure as an animation: `states` changes the figure and yields how long it stays so, in ms."""
    figure.set_dpi(_DOTS_PER_INCH * 1.25)
    frames, durations = [], []
    for duration in states:
        figure.canvas.draw()
        frames.append(Image.fromarray(np.asarray(figure.canvas.buffer_rgba())[..., :3]))
        durations.append(duration)
    palette = frames[0].quantize(64, method=Image.Quantize.MAXCOVERAGE)  # white stays white
    frames = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    stream = io.BytesIO()
    frames[0].save(stream, "GIF", save_all=True, append_images=frames[1:], duration=durations, loop=0, optimize=False)
    return Drawing(stream.getvalue(), alt, round(figure.get_figwidth() * _DOTS_PER_INCH))
