"""A workshop: the notebooks of the course, and all files that it takes."""

import re
from pathlib import Path

import nbformat
from latex2mathml.converter import convert
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbconvert import HTMLExporter
from tqdm import tqdm

from mnist_tutorial.course.lesson import Lesson, read_lesson, read_notebook, tags, variant
from mnist_tutorial.course.online import lead_to_repository
from mnist_tutorial.course.schedule import evenings, half_day, schedule
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


def files(course: Path, start: str = "09:00", execute: bool = False, online: bool = False) -> dict[str, bytes]:
    """Make all files of a workshop.

    Parameters
    ----------
    course : Path
        The folder that has ``notebooks``.
    start : str
        Clock time.
    execute : bool
        Whether to run the notebooks first, so that the solutions have their figures; this takes minutes.
    online : bool
        Whether links between the notebooks lead to the repository, for readers who open one alone, as in Colab.

    Returns
    -------
    dict of str to bytes
        Path to content: ``student/``, ``instructor/``, ``solutions/``, ``schedule.md`` for a day, ``half-day.md``
        and ``evenings.md``.

    Raises
    ------
    MNISTError
        If the notebooks are not those of a course, or one of them does not run.
    """
    numbered = lessons(course)
    others = [path for path in (course / "notebooks").glob("*.ipynb") if not path.name[0].isdigit()]
    notebooks = {lesson.name: lesson.notebook for lesson in numbered}
    notebooks |= {path.name: read_notebook(path) for path in others}
    pages = {name: variant(notebook, "solutions") for name, notebook in notebooks.items()}
    plans = {
        "schedule": schedule(numbered, start),
        "half-day": half_day(numbered, start),
        "evenings": evenings(numbered),
    }
    contents = {f"{name}.md": f"{text}\n".encode() for name, text in plans.items()}
    for name, notebook in notebooks.items():
        for kind in ("student", "instructor"):
            of_kind = variant(notebook, kind)
            if online:
                lead_to_repository(of_kind, kind)
            contents[f"{kind}/{name}"] = f"{nbformat.writes(of_kind)}\n".encode()
    # Neither of the two scripts is needed, and both would be fetched from elsewhere. Sanitizing would change nothing in
    # our own notebooks, and takes a third of the time.
    exporter = HTMLExporter(require_js_url="", mathjax_url="", filters={"clean_html": lambda html: html})
    for name, notebook in tqdm(pages.items(), desc="solutions", unit=" notebooks", disable=None if execute else True):
        if execute:
            _execute(notebook, course / "notebooks" / name)
        contents[f"solutions/{Path(name).with_suffix('.html')}"] = _page(notebook, exporter).encode()
    return contents


def _execute(notebook, path):
    try:
        NotebookClient(notebook, resources={"metadata": {"path": str(path.parent)}}).execute()
    except (CellExecutionError, DeadKernelError) as error:
        reason = str(error).strip().splitlines()[-1]
        raise MNISTError(f"{path}: does not run ({reason}); to see all of it, run it in JupyterLab") from error


def _page(notebook, exporter):
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = _mathml(re.sub(r"\]\((\w+)\.ipynb\)", r"](\1.html)", cell.source))
        if "solution" in tags(cell):
            cell.source = f"# solution\n{cell.source}"
    title = notebook.cells[0].source.partition("\n")[0].lstrip("# ") if notebook.cells else ""
    return exporter.from_notebook_node(notebook, {"metadata": {"name": title}})[0]


def _mathml(text):
    """Turn formulas into MathML, which browsers show without a script."""
    # The converter knows align*, and no distance between two lines.
    text = re.sub(r"\{aligned\}", "{align*}", re.sub(r"\\\\\[\w+\]", r"\\\\", text))
    text = re.sub(r"\$\$(.+?)\$\$", lambda formula: convert(formula[1].strip(), display="block"), text, flags=re.S)
    return re.sub(r"\$([^$`\n]+)\$", lambda formula: convert(formula[1]), text)
