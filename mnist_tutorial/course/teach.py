"""Teaching: all files that a workshop takes, as `workshop` writes them.

Slides are the cells that are tagged for them, as a page that reveal.js shows. A cell tagged ``slide`` begins a slide,
one tagged ``slide-more`` continues it, and the notes for instructors are notes for the speaker. Text written for a
slide is tagged ``slide-only`` as well. Of code, a slide shows the figure or, if it has none, what it printed; code that
is tagged ``slide-code`` as well is shown itself, above both. A slide that begins with code repeats the last headline.

The folder ``slides/reveal`` has what is needed of reveal.js 6.0.2 (MIT licence): a room without a network has slides.
"""

import re
from collections.abc import Sequence
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
from mnist_tutorial.course.schedule import CORE, clock, evenings, half_day, plan, schedule

SLIDES = HERE / "slides"
SIZE = 1280, 720  # pixels of a common projector; reveal.js scales to others
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
    paths = sorted((course / "notebooks").glob("*.ipynb"))
    return [path.name for path in paths if read_executed(path, course / "build" / "executed") is None]


def files(course: Path, start: str = "09:00", execute: bool = False, online: bool = False) -> dict[str, bytes]:
    """Make all files of a workshop: path to content.

    Solutions and slides have their figures if ``make test`` has run the notebooks of the folder, or else with
    `execute`, which takes minutes. With `online`, links between notebooks lead to the repository.
    """
    numbered = lessons(course)
    others = [path for path in (course / "notebooks").glob("*.ipynb") if not path.name[0].isdigit()]
    notebooks = {lesson.name: lesson.notebook for lesson in numbered}
    notebooks |= {path.name: read_notebook(path) for path in others}
    plans = {"schedule.md": schedule(numbered, start), "half-day.md": half_day(numbered, start)}
    texts = plans | {"evenings.md": evenings(numbered)} | pack(numbered, start)
    contents = {name: text.encode() for name, text in texts.items()}
    contents |= {f"slides/{name}": content for name, content in assets().items()}
    for name in tqdm(notebooks, desc="solutions", unit=" notebooks", disable=None if execute else True):
        for kind in ("student", "instructor"):
            contents[f"{kind}/{name}"] = f"{nbformat.writes(variant(notebooks[name], kind, online))}\n".encode()
        path, page = course / "notebooks" / name, Path(name).with_suffix(".html")
        executed = read_executed(path, course / "build" / "executed") or (run(path) if execute else None)
        # The notes for instructors go into the slides.
        notebook = variant(executed or notebooks[name], "pages")
        if any("slide" in tags(cell) for cell in notebook.cells):
            contents[f"slides/{page}"] = slides(notebook, _title(notebook)).encode()
        contents[f"solutions/{page}"] = _solutions(variant(notebook, "solutions")).encode()
    return contents


def pack(lessons: Sequence[Lesson], start: str) -> dict[str, str]:
    """Fill in the teacher's mail, check list and survey: file name to Markdown."""
    core = lessons[:CORE]
    values = {
        "start": start,
        "end": clock(plan(core, start)[-1][1]),
        "lessons": "\n".join(f"> {lesson.title}" for lesson in core),  # a title begins with its number
        "minutes": sum(lesson.minutes for lesson in core),
        "wheel": WHEEL,
        "repository": REPOSITORY,
    }
    paths = sorted((HERE / "pack").glob("*.md"))
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


def _title(notebook):
    return notebook.cells[0].source.partition("\n")[0].lstrip("# ") if notebook.cells else ""


def _solutions(notebook):
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = to_mathml(re.sub(r"\]\((\w+)\.ipynb\)", r"](\1.html)", cell.source))
        if "solution" in tags(cell):
            cell.source = f"# solution\n{cell.source}"
    # Neither of the two scripts is needed, and both would be fetched from elsewhere.
    exporter = HTMLExporter(require_js_url="", mathjax_url="", filters=OURS)
    return exporter.from_notebook_node(notebook, {"metadata": {"name": _title(notebook)}})[0]


def assets() -> dict[str, bytes]:
    """Return the files of reveal.js, with its licence: path beside the slides to content."""
    paths = sorted(path for path in (SLIDES / "reveal").rglob("*") if path.is_file())
    return {path.relative_to(SLIDES).as_posix(): path.read_bytes() for path in paths}


def slides(notebook: nbformat.NotebookNode, title: str) -> str:
    """Make the page of a lesson's slides, which fetches nothing but `assets`; not run, it shows code for figures."""
    notebook = deepcopy(notebook)
    notebook.cells = _with_headlines([cell for cell in map(_slide, notebook.cells) if cell])
    exporter = SlidesExporter(
        template_name="course",
        extra_template_basedirs=[str(SLIDES / "templates")],
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        reveal_url_prefix="reveal",
        reveal_theme="course",
        reveal_width=str(SIZE[0]),
        reveal_height=str(SIZE[1]),
        filters=OURS,
    )
    return exporter.from_notebook_node(notebook, {"metadata": {"name": title}})[0]


def _slide(cell):
    """Give a cell its kind of slide; None if it is not for slides."""
    names = cell.metadata.get("tags", [])
    kinds = [SLIDE_TYPES[name] for name in names if name in SLIDE_TYPES]
    if not kinds:
        return None
    cell.metadata["slideshow"] = {"slide_type": kinds[0]}
    if cell.cell_type == "markdown":
        text = AWAY.sub("", cell.source)
        cell.source = to_mathml(re.sub(r"\[([^]]+)\]\(\w+\.ipynb\)", r"\1", text))
        if text.startswith("*Figure."):
            names.append("caption")  # a class of the page
        return cell
    cell.source = UNSHOWN.sub("", cell.source)
    CoalesceStreamsPreprocessor().preprocess_cell(cell, {}, 0)  # what was printed in several pieces
    figures = [output for output in cell.outputs if SHOWN & set(output.get("data", {}))]
    texts = [] if figures and "slide-code" not in names else [*filter(_is_short, cell.outputs)]
    cell.outputs = [output for output in cell.outputs if output in figures or output in texts]
    cell.metadata["transient"] = {"remove_source": bool(cell.outputs) and "slide-code" not in names}
    return cell


def _with_headlines(cells):
    """Repeat the last headline on a slide that begins with code."""
    headline, headed = "", []
    for cell in cells:
        if cell.cell_type == "markdown" and (match := re.match("##? (.+)", cell.source)):
            headline = match[1]
        elif headline and cell.cell_type == "code" and cell.metadata.slideshow.slide_type == "slide":
            metadata = {"slideshow": {"slide_type": "slide"}}
            headed.append(nbformat.v4.new_markdown_cell(f"## {headline}", id=f"above-{cell.id}", metadata=metadata))
            cell.metadata.slideshow.slide_type = "-"
        headed.append(cell)
    return headed


def _is_short(output):
    """Tell whether a slide has room for what was printed; a value without a text of its own, "<...>", says nothing."""
    if "text" in output:
        output.text = UNSAID.sub("", output.text)
    text = output.get("text") or output.get("data", {}).get("text/plain", "")
    return 0 < len(text.splitlines()) <= MOST_LINES and not text.startswith("<")
