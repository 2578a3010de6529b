"""Pages that are made of a notebook that was run: its solutions, and its slides.

Slides are the cells that are tagged for them, as a page that reveal.js shows. A cell tagged ``slide`` begins a slide,
one tagged ``slide-more`` continues it, and the notes for instructors are notes for the speaker. Text written for a
slide is tagged ``slide-only`` as well. Of code, a slide shows the figure or, if it has none, what it printed; code that
is tagged ``slide-code`` as well is shown itself, above both. A slide that begins with code repeats the last headline.

The folder ``slides/reveal`` has what is needed of reveal.js 6.0.2 (MIT licence): a room without a network has slides.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
from latex2mathml.converter import convert
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbconvert import HTMLExporter, SlidesExporter
from nbconvert.preprocessors import CoalesceStreamsPreprocessor
from nbformat.v4 import new_markdown_cell, new_output

from mnist_tutorial.course.lesson import HERE, read_notebook, tags, variant
from mnist_tutorial.errors import MNISTError

WIDGET = "application/vnd.jupyter.widget-view+json"
WORDS = re.compile(r"^(Guess first:|A canvas to draw digits on\.)")  # as `Guess` and `Canvas` call themselves
SHOWN = {"image/png", "image/svg+xml", "text/html", "text/markdown"}  # outputs that are figures, or say so in words
MOST_LINES = 20  # of printed text; more than that, nobody reads
# What is no news for an audience: claims, and how a guess is asked for; nobody guessed while the notebook was run.
UNSAID = re.compile(r"^[✓✗–] .*\n?| You have not guessed\.|^You have not drawn a curve\.\n?", re.M)
UNSHOWN = re.compile(r"\n(?:(?:mt\.checks\.claim|\w+\.reveal)\(.*\);?|(\w+) = mt\.guess\(.*\)\n\1)$", re.M)
SLIDE_TYPES = {"slide": "slide", "slide-more": "-", "notes": "notes"}  # tag to what nbconvert calls it
AWAY = re.compile(r"^\*(?:Previous|Next|Open in|In the evening)\b.*\n+", re.M)  # lines that lead out of a notebook
# Sanitizing would change nothing in our own notebooks, and takes a third of the time.
OURS = {"clean_html": lambda html: html}


def read_executed(path: Path, folder: Path) -> nbformat.NotebookNode | None:
    """Read the copy of a notebook that was run, as by ``make test``; none if it has failed, or had other cells then."""
    if not (folder / path.name).is_file():
        return None
    notebook, executed = read_notebook(path), read_notebook(folder / path.name)
    now, then = ([(c.cell_type, c.source, tags(c)) for c in each.cells] for each in (notebook, executed))
    code = [cell for cell in executed.cells if cell.cell_type == "code"]
    failed = any(output.output_type == "error" for cell in code for output in cell.outputs)
    if now != then or failed or not all(cell.execution_count for cell in code):
        return None
    return _without_widgets(executed)


def run(path: Path) -> nbformat.NotebookNode:
    """Run a notebook, with words in place of widgets; an `MNISTError` if it stops with an error."""
    client = NotebookClient(read_notebook(path), resources={"metadata": {"path": str(path.parent)}})
    try:
        return _without_widgets(client.execute())
    except (CellExecutionError, DeadKernelError) as error:
        reason = str(error).strip().splitlines()[-1]
        raise MNISTError(f"{path}: does not run ({reason}); to see all of it, run it in JupyterLab") from error


def _without_widgets(notebook):
    """Put words in place of widgets; bars of progress, and figures that a slider draws again, are left out."""
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        outputs, cell.outputs = cell.outputs, []
        for output in outputs:
            if WIDGET in output.get("data", {}):
                text, known = WORDS.subn(r"**\1**", output.data.get("text/plain", ""))
                cell.outputs += [new_output("display_data", {"text/markdown": text})] if known else []
            elif output.get("name") != "stderr":
                cell.outputs.append(output)
    return notebook


def to_mathml(text: str) -> str:
    """Turn the formulas of a Markdown text into MathML, which browsers show without a script."""
    # The converter knows align*, and no distance between two lines.
    text = re.sub(r"\{aligned\}", "{align*}", re.sub(r"\\\\\[\w+\]", r"\\\\", text))
    text = re.sub(r"\$\$(.+?)\$\$", lambda formula: convert(formula[1].strip(), display="block"), text, flags=re.S)
    return re.sub(r"\$([^$`\n]+)\$", lambda formula: convert(formula[1]), text)


def solutions(notebook: nbformat.NotebookNode) -> str:
    """Make the page of a lesson with our answers."""
    notebook = variant(notebook, "solutions")
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = to_mathml(re.sub(r"\]\((\w+)\.ipynb\)", r"](\1.html)", cell.source))
        if "solution" in tags(cell):
            cell.source = f"# solution\n{cell.source}"
    # Neither of the two scripts is needed, and both would be fetched from elsewhere.
    return _page(HTMLExporter(require_js_url="", mathjax_url="", filters=OURS), notebook)


def slides(notebook: nbformat.NotebookNode) -> str:
    """Make the page of a lesson's slides, which fetches nothing but `assets`; not run, it shows code for figures."""
    notebook = variant(notebook, "slides")
    notebook.cells = [*_slides(notebook.cells)]
    exporter = SlidesExporter(
        template_name="course",
        extra_template_basedirs=[str(HERE / "slides" / "templates")],
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        reveal_url_prefix="reveal",
        reveal_theme="course",
        reveal_width="1280",  # a common projector; reveal.js scales to others
        reveal_height="720",
        filters=OURS,
    )
    return _page(exporter, notebook)


def assets() -> dict[str, bytes]:
    """Return the files of reveal.js, with its licence: path to content."""
    paths = [path for path in (HERE / "slides" / "reveal").rglob("*") if path.is_file()]
    return {path.relative_to(HERE).as_posix(): path.read_bytes() for path in paths}


def _page(exporter, notebook):
    title = "".join(cell.source for cell in notebook.cells[:1]).partition("\n")[0].lstrip("# ")
    return exporter.from_notebook_node(notebook, {"metadata": {"name": title}})[0]


def _slides(cells: list) -> Iterator[nbformat.NotebookNode]:
    """Give each cell that is for slides its kind, and repeat the last headline on a slide that begins with code."""
    headline = None
    for cell in cells:
        names = cell.metadata.get("tags", [])
        kind = next((SLIDE_TYPES[name] for name in names if name in SLIDE_TYPES), None)
        if kind is None:
            continue
        if cell.cell_type == "markdown":
            text = AWAY.sub("", cell.source)
            cell.source = to_mathml(re.sub(r"\[([^]]+)\]\(\w+\.ipynb\)", r"\1", text))
            headline = re.match("##? (.+)", cell.source) or headline
            if text.startswith("*Figure."):
                names.append("caption")  # a class of the page
        else:
            if headline and kind == "slide":
                metadata, kind = {"slideshow": {"slide_type": kind}}, "-"
                yield new_markdown_cell(f"## {headline[1]}", id=f"above-{cell.id}", metadata=metadata)
            _shorten(cell, "slide-code" in names)
        cell.metadata["slideshow"] = {"slide_type": kind}
        yield cell


def _shorten(cell, show_code):
    """Keep the figures of a cell, and what it has printed if it is short and stands with the code or alone."""
    cell.source = UNSHOWN.sub("", cell.source)
    CoalesceStreamsPreprocessor().preprocess_cell(cell, {}, 0)  # what was printed in several pieces
    figures = [output for output in cell.outputs if SHOWN & set(output.get("data", {}))]
    shows_text = show_code or not figures
    cell.outputs = [output for output in cell.outputs if output in figures or (shows_text and _is_short(output))]
    cell.metadata["transient"] = {"remove_source": bool(cell.outputs) and not show_code}


def _is_short(output):
    """Tell whether a slide has room for what was printed; a value without a text of its own, "<...>", says nothing."""
    if "text" in output:
        output.text = UNSAID.sub("", output.text)
    text = output.get("text") or output.get("data", {}).get("text/plain", "")
    return 0 < len(text.splitlines()) <= MOST_LINES and not text.startswith("<")
