"""Figures as SVG text for a page that is light or dark, and as PNG on white."""

import io
import xml.etree.ElementTree as ET
from contextlib import contextmanager

import matplotlib as mpl

from mnist_tutorial.plots import BLUE, ORANGE

# Okabe and Ito's colours again. In the SVG they are variables, --mark-0 and so on, that a dark page sets lighter.
MARKS = (BLUE, ORANGE, "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
INK = "#1b1c1e"  # of texts and axes; in the SVG it becomes the colour of the text around
SVG, XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
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
    "svg.fonttype": "none",  # texts stay texts: small, and one can select them
    "text.parse_math": False,  # the name of a recipe may have a dollar in it
}


ET.register_namespace("", SVG)
ET.register_namespace("xlink", XLINK)


@contextmanager
def style():
    """Set colours and sizes while figures are made; also a decorator."""
    with mpl.rc_context(STYLE):
        yield


def to_svg(figure, key, alt):
    """Write a figure as SVG, ready to be put into a page.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Made within `style`.
    key : str
        Comes before each id in the SVG, so that several fit onto one page.
    alt : str
        What to read out instead of the figure.

    Returns
    -------
    str
        One ``svg`` element, which refers to nothing outside.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> to_svg(Figure(), "empty", "nothing <yet>")[:32]
    '<svg xmlns="http://www.w3.org/20'
    """
    stream = io.BytesIO()
    with style(), mpl.rc_context({"svg.hashsalt": key}):
        figure.savefig(stream, format="svg", metadata={"Date": None})
    root = ET.fromstring(stream.getvalue())
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in {f"{{{SVG}}}metadata", f"{{{SVG}}}style"}:  # that style is for each element of the page
                parent.remove(child)
    for element in root.iter():
        for name, value in list(element.attrib.items()):
            if name == "id":
                value = f"{key}-{value}"
            elif name == f"{{{XLINK}}}href" and value.startswith("#"):
                value = f"#{key}-{value[1:]}"
            elif "url(#" in value:
                value = value.replace("url(#", f"url(#{key}-")
            element.set(name, _themed(value) if name == "style" else value)
    root.attrib.pop("height", None)
    root.attrib.pop("width", None)  # the page says how wide
    root.set("role", "img")
    root.set("aria-label", alt)
    return ET.tostring(root, encoding="unicode")


def to_png(figure, path, dpi=110):
    """Write a figure as PNG on white; the same figure gives the same file.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Made within `style`.
    path : Path
    dpi : int
    """
    with style():
        figure.savefig(path, format="png", dpi=dpi, facecolor="white", metadata={"Software": None})


def _themed(text):
    for number, mark in enumerate(MARKS):
        text = text.replace(mark.lower(), f"var(--mark-{number}, {mark.lower()})")
    return text.replace(INK, "currentColor")
