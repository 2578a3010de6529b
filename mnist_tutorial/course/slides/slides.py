"""The page of a lesson's slides, and the files that it needs."""

import re
from copy import deepcopy
from pathlib import Path

from nbconvert import SlidesExporter
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

from mnist_tutorial.course.formulas import to_mathml

HERE = Path(__file__).parent
SIZE = 1280, 720  # pixels of a common projector; reveal.js scales to others
SHOWN = {"image/png", "image/svg+xml", "text/html", "text/markdown"}  # outputs that are figures, or say so in words
MOST_LINES = 20  # of printed text; more than that, nobody reads
# What is no news for an audience: claims, and how a guess is asked for; nobody guessed while the notebook was run.
UNSAID = re.compile(r"^[✓✗–] .*\n?| You have not guessed\.|^You have not drawn a curve\.\n?", re.M)
UNSHOWN = re.compile(r"\n(?:(?:mt\.checks\.claim|\w+\.reveal)\(.*\);?|(\w+) = mt\.guess\(.*\)\n\1)$", re.M)
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
        If it has not been run, it has no figures, and the code is shown in their place.
    title : str

    Returns
    -------
    str
        HTML.
    """
    notebook = deepcopy(notebook)
    notebook.cells = _with_headlines([cell for cell in map(_prepared, notebook.cells) if cell])
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
    tags = cell.metadata.get("tags", [])
    kinds = [SLIDE_TYPES[tag] for tag in tags if tag in SLIDE_TYPES]
    if not kinds:
        return None
    cell.metadata["slideshow"] = {"slide_type": kinds[0]}
    if cell.cell_type == "markdown":
        text = AWAY.sub("", cell.source)
        cell.source = to_mathml(re.sub(r"\[([^]]+)\]\(\w+\.ipynb\)", r"\1", text))
        if text.startswith("*Figure."):
            tags.append("caption")  # a class of the page
        return cell
    cell.source = UNSHOWN.sub("", cell.source)
    figures = [output for output in cell.outputs if SHOWN & set(output.get("data", {}))]
    if not figures or "slide-code" in tags:
        cell.outputs = [output for output in _joined(cell.outputs) if output in figures or _is_short(output)]
    else:
        cell.outputs = figures
    cell.metadata["transient"] = {"remove_source": bool(cell.outputs) and "slide-code" not in tags}
    return cell


def _with_headlines(cells):
    """Repeat the last headline on a slide that begins with code."""
    headline, headed = "", []
    for cell in cells:
        if cell.cell_type == "markdown" and (found := re.match("##? (.+)", cell.source)):
            headline = found[1]
        elif headline and cell.cell_type == "code" and cell.metadata.slideshow.slide_type == "slide":
            metadata = {"slideshow": {"slide_type": "slide"}}
            headed.append(new_markdown_cell(f"## {headline}", id=f"above-{cell.id}", metadata=metadata))
            cell.metadata.slideshow.slide_type = "-"
        headed.append(cell)
    return headed


def _joined(outputs):
    """Join what was printed in several pieces."""
    joined = []
    for output in outputs:
        if "text" in output and joined and "text" in joined[-1]:
            joined[-1].text += output.text
        else:
            joined.append(output)
    return joined


def _is_short(output):
    """Tell whether a slide has room for what was printed; a value without a text of its own, "<...>", says nothing."""
    if "text" in output:
        output.text = UNSAID.sub("", output.text)
    text = output.get("text") or output.get("data", {}).get("text/plain", "")
    return 0 < len(text.splitlines()) <= MOST_LINES and not text.startswith("<")
