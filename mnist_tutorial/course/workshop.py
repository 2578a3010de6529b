"""A workshop: the notebooks of the course, and all files that it takes."""

import re
from pathlib import Path

import nbformat
from nbconvert import HTMLExporter
from tqdm import tqdm

from mnist_tutorial.course.executed import read_executed, run
from mnist_tutorial.course.formulas import to_mathml
from mnist_tutorial.course.lesson import Lesson, read_lesson, read_notebook, tags, variant
from mnist_tutorial.course.online import lead_to_repository
from mnist_tutorial.course.pack import pack
from mnist_tutorial.course.schedule import evenings, half_day, schedule
from mnist_tutorial.course.slides import assets, slides
from mnist_tutorial.errors import MNISTError

HERE = Path(__file__).parent


def folder() -> Path:
    """Return the folder that has the notebooks of the course.

    In an installation from a wheel, that is the package; otherwise it is the repository.
    """
    return HERE if (HERE / "notebooks").is_dir() else HERE.parent.parent


def lessons(course: Path) -> list[Lesson]:
    """Read the numbered notebooks.

    Parameters
    ----------
    course : Path
        The folder that has ``notebooks``.

    Returns
    -------
    list of Lesson

    Raises
    ------
    MNISTError
        If there are none.
    """
    paths = sorted((course / "notebooks").glob("[0-9]*.ipynb"))
    if not paths:
        raise MNISTError(f"{course / 'notebooks'}: no notebooks; expected 01_loading.ipynb and others")
    return [read_lesson(path) for path in paths]


def not_run(course: Path) -> list[str]:
    """Name the notebooks that ``make test`` has not run, or that have changed since."""
    paths = sorted((course / "notebooks").glob("*.ipynb"))
    return [path.name for path in paths if read_executed(path, course / "build" / "executed") is None]


def files(course: Path, start: str = "09:00", execute: bool = False, online: bool = False) -> dict[str, bytes]:
    """Make all files of a workshop.

    Parameters
    ----------
    course : Path
        The folder that has ``notebooks``.
    start : str
        Clock time.
    execute : bool
        Whether to run notebooks that ``make test`` has not run, so that solutions and slides have their figures; this
        takes minutes.
    online : bool
        Whether links between the notebooks lead to the repository, for readers who open one alone, as in Colab.

    Returns
    -------
    dict of str to bytes
        Path to content: ``student/``, ``instructor/``, ``solutions/``, ``slides/``, ``schedule.md`` for a day,
        ``half-day.md`` and ``evenings.md``; and ``checklist.md``, ``mail.md`` and ``survey.md`` for the teacher.

    Raises
    ------
    MNISTError
        If the notebooks are not those of a course, or one of them does not run.
    """
    numbered = lessons(course)
    others = [path for path in (course / "notebooks").glob("*.ipynb") if not path.name[0].isdigit()]
    notebooks = {lesson.name: lesson.notebook for lesson in numbered}
    notebooks |= {path.name: read_notebook(path) for path in others}
    texts = {
        "schedule.md": f"{schedule(numbered, start)}\n",
        "half-day.md": f"{half_day(numbered, start)}\n",
        "evenings.md": f"{evenings(numbered)}\n",
    } | pack(numbered, start)
    contents = {name: text.encode() for name, text in texts.items()}
    contents |= {f"slides/{name}": content for name, content in assets().items()}
    for name, notebook in notebooks.items():
        for kind in ("student", "instructor"):
            of_kind = variant(notebook, kind)
            if online:
                lead_to_repository(of_kind, kind)
            contents[f"{kind}/{name}"] = f"{nbformat.writes(of_kind)}\n".encode()
    # Neither of the two scripts is needed, and both would be fetched from elsewhere. Sanitizing would change nothing in
    # our own notebooks, and takes a third of the time.
    exporter = HTMLExporter(require_js_url="", mathjax_url="", filters={"clean_html": lambda html: html})
    for name in tqdm(notebooks, desc="solutions", unit=" notebooks", disable=None if execute else True):
        path, page = course / "notebooks" / name, Path(name).with_suffix(".html")
        executed = read_executed(path, course / "build" / "executed") or (run(path) if execute else None)
        # The notes for instructors go into the slides.
        notebook = variant(executed or notebooks[name], "pages")
        if any("slide" in tags(cell) for cell in notebook.cells):
            contents[f"slides/{page}"] = slides(notebook, _title(notebook)).encode()
        contents[f"solutions/{page}"] = _page(variant(notebook, "solutions"), exporter).encode()
    return contents


def _page(notebook, exporter):
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = to_mathml(re.sub(r"\]\((\w+)\.ipynb\)", r"](\1.html)", cell.source))
        if "solution" in tags(cell):
            cell.source = f"# solution\n{cell.source}"
    return exporter.from_notebook_node(notebook, {"metadata": {"name": _title(notebook)}})[0]


def _title(notebook):
    return notebook.cells[0].source.partition("\n")[0].lstrip("# ") if notebook.cells else ""
