"""The course: its notebooks, and the files that a workshop needs of it."""

from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbconvert import HTMLExporter
from tqdm import tqdm

from mnist_tutorial.course.lesson import read, tags
from mnist_tutorial.course.schedule import schedule
from mnist_tutorial.errors import MNISTError

HERE = Path(__file__).parent


def folder():
    """Find the folder that has the notebooks of the course and the results that they read.

    Returns
    -------
    Path
        In the package where it was installed from a wheel, otherwise the repository.
    """
    return HERE if (HERE / "notebooks").is_dir() else HERE.parent.parent


def lessons(course):
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
    return [read(path) for path in paths]


def files(course, start="09:00", execute=False):
    """Make all files of a workshop.

    Parameters
    ----------
    course : Path
        The folder that has ``notebooks``.
    start : str
        Clock time.
    execute : bool
        Whether to run the notebooks, so that the solutions have their figures; that takes minutes.

    Returns
    -------
    dict of str to bytes
        Path to content: ``student/``, ``instructor/``, ``solutions/``, ``results/`` and ``schedule.md``.

    Raises
    ------
    MNISTError
        If the notebooks are not those of a course.
    """
    all_lessons = lessons(course)
    made = {"schedule.md": f"{schedule(all_lessons, start)}\n".encode()}
    for lesson in all_lessons:
        for kind in ("student", "instructor"):
            made[f"{kind}/{lesson.name}"] = _json(lesson.variant(kind))
    others = [path for path in (course / "notebooks").glob("*.ipynb") if not path.name[0].isdigit()]
    for path in others:
        made |= {f"{kind}/{path.name}": path.read_bytes() for kind in ("student", "instructor")}
    pages = {lesson.name: lesson.variant("solutions") for lesson in all_lessons}
    pages |= {path.name: nbformat.read(path, as_version=4) for path in others}
    for name, notebook in tqdm(pages.items(), desc="solutions", unit=" notebooks", disable=None if execute else True):
        if execute:
            NotebookClient(notebook, resources={"metadata": {"path": str(course / "notebooks")}}).execute()
        made[f"solutions/{Path(name).with_suffix('.html')}"] = _page(notebook).encode()
    for path in sorted((course / "results/cpu").glob("*.json")):
        made[f"results/cpu/{path.name}"] = path.read_bytes()  # notebooks 6 and 7 read them
    return made


def _json(notebook):
    return f"{nbformat.writes(notebook)}\n".encode()


def _page(notebook):
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = cell.source.replace(".ipynb)", ".html)")
        if "solution" in tags(cell):
            cell.source = f"# solution\n{cell.source}"
    # Neither of the two scripts is needed, and both would be fetched from elsewhere.
    exporter = HTMLExporter(require_js_url="", mathjax_url="", embed_images=True)
    return exporter.from_notebook_node(notebook)[0]
