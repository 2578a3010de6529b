"""The page of a lesson's slides, and the files that it needs."""

import re
from copy import deepcopy
from pathlib import Path

from nbconvert import SlidesExporter
from nbformat import NotebookNode

from mnist_tutorial.course.formulas import to_mathml

HERE = Path(__file__).parent
SIZE = 1280, 720  # pixels of a common projector; reveal.js scales to others
SHOWN = {"image/png", "image/svg+xml", "text/html"}  # outputs that are figures
SLIDE_TYPES = {"slide": "slide", "slide-more": "-", "notes": "notes"}  # tag to what nbconvert calls it
AWAY = re.compile(r"^\*(?:Previous|Next|Open in|In the evening)\b.*\n+", re.M)  # lines that lead out of a notebook


def assets() -> dict[str, bytes]:
    """Return the files of reveal.js, with its licence.

    Returns
    -------
    dict of str to bytes
        Path beside the pages to content.
    """
    paths = sorted(path for path in (HERE / "reveal").rglob("*") if path.is_file())
    return {path.relative_to(HERE).as_posix(): path.read_bytes() for path in paths}


def slides(notebook: NotebookNode, title: str) -> str:
    """Make the page of a lesson's slides, which fetches nothing but `assets`.

    Parameters
    ----------
    notebook : NotebookNode
        Its figures are shown if it has been run, and its code where it has none.
    title : str

    Returns
    -------
    str
        HTML.
    """
    notebook = deepcopy(notebook)
    notebook.cells = [cell for cell in map(_prepared, notebook.cells) if cell]
    exporter = SlidesExporter(
        template_name="course",
        extra_template_basedirs=[str(HERE / "templates")],
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        reveal_url_prefix="reveal",
        reveal_theme="course",
        reveal_width=str(SIZE[0]),
        reveal_height=str(SIZE[1]),
        filters={"clean_html": lambda html: html},
    )
    return exporter.from_notebook_node(notebook, {"metadata": {"name": title}})[0]


def _prepared(cell):
    """Give a cell its kind of slide; None if it is not for slides."""
    kinds = [SLIDE_TYPES[tag] for tag in cell.metadata.get("tags", []) if tag in SLIDE_TYPES]
    if not kinds:
        return None
    cell.metadata["slideshow"] = {"slide_type": kinds[0]}
    if cell.cell_type == "markdown":
        text = AWAY.sub("", cell.source)
        heading = re.search(r"^##? ", text, re.M)
        text = text[heading.start() :] if heading else text  # what stands before it ends the slide before
        cell.source = to_mathml(re.sub(r"\[([^]]+)\]\(\w+\.ipynb\)", r"\1", text))
    elif figures := [output for output in cell.outputs if SHOWN & set(output.get("data", {}))]:
        cell.outputs = figures
        cell.metadata["transient"] = {"remove_source": True}  # the figure is enough
    return cell
