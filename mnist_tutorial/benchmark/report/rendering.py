"""Rendering: figures as SVG for a page that is light or dark, and as PNG on white."""

import base64
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from mnist_tutorial.plots import BLUE, ORANGE

INK = "#1b1c1e"  # text and axes
MARKS = (BLUE, ORANGE, "#009E73", "#CC79A7", "#E69F00", "#56B4E9")  # Okabe and Ito's colours again
DARK = dict(  # the same colours on a dark page
    zip((INK, *MARKS), ("#e6e7e9", "#4ea9e0", "#f28135", "#2fc399", "#e09bc3", "#f2b93b", "#9ad4f5"), strict=True)
)
STYLE = {
    **dict.fromkeys(["text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color"], INK),
    "axes.facecolor": "none",
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "figure.facecolor": "white",  # in a notebook; the SVG has none
    "font.size": 12,
    "grid.alpha": 0.15,
    "grid.color": INK,
    "legend.frameon": False,
    "savefig.facecolor": "none",
    "svg.fonttype": "none",  # text stays text: smaller, and in the font of the reader
    "svg.hashsalt": "mnist",  # the same figure gives the same file
    "text.parse_math": False,  # the name of a recipe may contain a dollar sign
}


@contextmanager
def style() -> Iterator[None]:
    """Set colours and sizes while figures are made; also a decorator."""
    with mpl.rc_context(STYLE):
        yield


def to_svg(figure: Figure) -> str:
    """Render a figure made within `style` as SVG with a light and a dark style of its own."""
    stream = io.StringIO()
    with style():
        figure.savefig(stream, format="svg", metadata=dict.fromkeys(["Creator", "Date", "Format", "Type"]))
    head, body = stream.getvalue().split("<defs>", 1)
    names = {colour: f"--c{i}" for i, colour in enumerate(DARK)}
    for colour, name in names.items():
        body = body.replace(colour.lower(), f"var({name})")
    light, dark = (
        ";".join(f"{names[colour]}:{shown}" for colour, shown in colours.items())
        for colours in (dict(zip(DARK, DARK, strict=True)), DARK)
    )
    css = f":root{{{light}}}@media(prefers-color-scheme:dark){{:root{{{dark}}}}}"
    return f"{head}<style>{css}text{{font-family:system-ui,sans-serif!important}}</style><defs>{body}"


def to_address(figure: Figure) -> str:
    """Render a figure as an SVG data address: the ``src`` of an image that needs no file.

    Examples
    --------
    >>> to_address(Figure())[:30]
    'data:image/svg+xml;base64,PD94'
    """
    return f"data:image/svg+xml;base64,{base64.b64encode(to_svg(figure).encode()).decode()}"


def to_png(figure: Figure, path: Path, dpi: int = 110) -> None:
    """Write a figure made within `style` as PNG on white; the same figure gives the same file."""
    with style():
        figure.savefig(path, format="png", dpi=dpi, facecolor="white", metadata={"Software": None})
