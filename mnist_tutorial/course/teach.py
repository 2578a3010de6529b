"""Teaching: all files that a workshop takes, as `workshop` writes them.

Slides are the cells that are tagged for them, as a page that reveal.js shows. A cell tagged ``slide`` begins a slide,
one tagged ``slide-more`` continues it, and the notes for instructors are notes for the speaker. Text written for a
slide is tagged ``slide-only`` as well. Of code, a slide shows the figure or, if it has none, what it printed; code that
is tagged ``slide-code`` as well is shown itself, above both. A slide that begins with code repeats the last headline.

The folder ``slides/reveal`` has what is needed of reveal.js 6.0.2 (MIT licence): a room without a network has slides.
"""

import re
from collections.abc import Iterator, Sequence
from copy import deepcopy
from pathlib import Path
from string import Template

import nbformat
from latex2mathml.converter import convert
from nbconvert import HTMLExporter, SlidesExporter
from nbconvert.preprocessors import CoalesceStreamsPreprocessor
from tqdm import tqdm

from mnist_tutorial.course.executed import read_executed, run
from mnist_tutorial.course.lesson import HERE, REPOSITORY, WHEEL, Lesson, lessons, read_notebook, tags, variant
from mnist_tutorial.course.schedule import CORE, plan, plans

SLIDES = HERE / "slides"
SHOWN = {"image/png", "image/svg+xml", "text/html", "text/markdown"}  # outputs that are figures, or say so in words
MOST_LINES = 20  # of printed text; more than that, nobody reads
# What is no news for an audience: claims, and how a guess is asked for; nobody guessed while the notebook was run.
UNSAID = re.compile(r"^[✓✗–] .*\n?| You have not guessed\.|^You have not drawn a curve\.\n?", re.M)
UNSHOWN = re.compile(r"\n(?:(?:mt\.checks\.claim|\w+\.reveal)\(.*\);?|(\w+) = mt\.guess\(.*\)\n\1)$", re.M)
SLIDE_TYPES = {"slide": "slide", "slide-more": "-", "notes": "notes"}  # tag to what nbconvert calls it
AWAY = re.compile(r"^\*(?:Previous|Next|Open in|In the evening)\b.*\n+", re.M)  # lines that lead out of a notebook
# Sanitizing would change nothing in our own notebooks, and takes a third of the time.
OURS = {"clean_html": lambda html: html}


def not_run(course: Path) -> list[str]:
    """Name the notebooks that ``make test`` has not run, or that have changed since."""
    return [path.name for path in _paths(course) if read_executed(path, course / "build" / "executed") is None]


def files(course: Path, start: str = "09:00", execute: bool = False, online: bool = False) -> dict[str, bytes]:
    """Make all files of a workshop: path to content.

    Solutions and slides have their figures if ``make test`` has run the notebooks of the folder, or else with
    `execute`, which takes minutes. With `online`, links between notebooks lead to the repository.
    """
    numbered = lessons(course)
    texts = plans(numbered, start) | pack(numbered, start)
    for path in tqdm(_paths(course), desc="solutions", unit=" notebooks", disable=None if execute else True):
        notebook, page = read_notebook(path), f"{path.stem}.html"
        for kind in ("student", "instructor"):
            texts[f"{kind}/{path.name}"] = f"{nbformat.writes(variant(notebook, kind, online))}\n"
        executed = read_executed(path, course / "build" / "executed") or (run(path) if execute else notebook)
        if any("slide" in tags(cell) for cell in notebook.cells):
            texts[f"slides/{page}"] = slides(variant(executed, "pages"))  # notes for instructors are for the speaker
        texts[f"solutions/{page}"] = _solutions(variant(executed, "solutions"))
    return {name: text.encode() for name, text in texts.items()} | assets()


def _paths(course):
    return sorted((course / "notebooks").glob("*.ipynb"))


def assets() -> dict[str, bytes]:
    """Return the files of reveal.js, with its licence: path to content."""
    paths = [path for path in (SLIDES / "reveal").rglob("*") if path.is_file()]
    return {path.relative_to(HERE).as_posix(): path.read_bytes() for path in paths}


def pack(lessons: Sequence[Lesson], start: str) -> dict[str, str]:
    """Fill in the teacher's mail, check list and survey: file name to Markdown."""
    core = lessons[:CORE]
    values = {
        "start": start,
        "end": plan(core, start, lunch=True)[-1][1],
        "lessons": "\n".join(f"> {lesson.title}" for lesson in core),  # a title begins with its number
        "minutes": sum(lesson.minutes for lesson in core),
        "wheel": WHEEL,
        "repository": REPOSITORY,
    }
    paths = (HERE / "pack").glob("*.md")
    return {path.name: Template(path.read_text(encoding="utf-8")).substitute(values) for path in paths}


def to_mathml(text: str) -> str:
    r"""Turn the formulas of a Markdown text into MathML, which browsers show without a script.

    Examples
    --------
    >>> to_mathml("The bias $b$.")
    'The bias <math xmlns="http://www.w3.org/1998/Math/MathML" display="inline"><mrow><mi>b</mi></mrow></math>.'
    """
    # The converter knows align*, and no distance between two lines.
    text = re.sub(r"\{aligned\}", "{align*}", re.sub(r"\\\\\[\w+\]", r"\\\\", text))
    text = re.sub(r"\$\$(.+?)\$\$", lambda formula: convert(formula[1].strip(), display="block"), text, flags=re.S)
    return re.sub(r"\$([^$`\n]+)\$", lambda formula: convert(formula[1]), text)


def _solutions(notebook):
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = to_mathml(re.sub(r"\]\((\w+)\.ipynb\)", r"](\1.html)", cell.source))
        if "solution" in tags(cell):
            cell.source = f"# solution\n{cell.source}"
    # Neither of the two scripts is needed, and both would be fetched from elsewhere.
    return _page(HTMLExporter(require_js_url="", mathjax_url="", filters=OURS), notebook)


def slides(notebook: nbformat.NotebookNode) -> str:
    """Make the page of a lesson's slides, which fetches nothing but `assets`; not run, it shows code for figures."""
    notebook = deepcopy(notebook)
    notebook.cells = [*_slides(notebook.cells)]
    exporter = SlidesExporter(
        template_name="course",
        extra_template_basedirs=[str(SLIDES / "templates")],
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        reveal_url_prefix="reveal",
        reveal_theme="course",
        reveal_width="1280",  # a common projector; reveal.js scales to others
        reveal_height="720",
        filters=OURS,
    )
    return _page(exporter, notebook)


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
                yield nbformat.v4.new_markdown_cell(f"## {headline[1]}", id=f"above-{cell.id}", metadata=metadata)
            _shorten(cell, "slide-code" in names)
        cell.metadata["slideshow"] = {"slide_type": kind}
        yield cell


def _shorten(cell, show_code):
    """Keep the figures of a cell, and what it has printed if it is short and stands with the code or alone."""
    cell.source = UNSHOWN.sub("", cell.source)
    CoalesceStreamsPreprocessor().preprocess_cell(cell, {}, 0)  # what was printed in several pieces
    figures = [output for output in cell.outputs if SHOWN & set(output.get("data", {}))]
    if show_code or not figures:
        cell.outputs = [output for output in cell.outputs if output in figures or _is_short(output)]
    else:
        cell.outputs = figures
    cell.metadata["transient"] = {"remove_source": bool(cell.outputs) and not show_code}


def _is_short(output):
    """Tell whether a slide has room for what was printed; a value without a text of its own, "<...>", says nothing."""
    if "text" in output:
        output.text = UNSAID.sub("", output.text)
    text = output.get("text") or output.get("data", {}).get("text/plain", "")
    return 0 < len(text.splitlines()) <= MOST_LINES and not text.startswith("<")
