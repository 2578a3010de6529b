"""A lesson: one notebook of the course, its variant for each kind of reader, and the folder that it is written into.

The notebook in the repository has everything. Tags tell the cells of an exercise apart: ``task``, ``hint``, ``stub``,
``solution`` and ``check``; where an explanation is asked for, ``write`` is for the student's, and ``model`` is ours.
``notes`` are for instructors; ``review`` asks what has been learnt. For ``slide`` and ``slide-more``, see `pages`;
``slide-only`` is text that nobody but the audience sees.
"""

import re
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import nbformat

from mnist_tutorial import __version__
from mnist_tutorial.data import atomic
from mnist_tutorial.errors import MNISTError

HERE = Path(__file__).parent
LEFT_OUT = {
    "student": {"solution", "notes", "slide-only"},
    "instructor": {"stub", "write", "slide-only"},
    "solutions": {"stub", "write", "notes", "slide-only"},
    "slides": {"stub", "write"},  # the notes for instructors are for the speaker
}
REPOSITORY = "https://github.com/DeepTrackAI/mnist-tutorial"
BRANCH = f"{REPOSITORY}/blob/course"  # what `workshop --online` writes; the release workflow pushes it
WHEEL = f"{REPOSITORY}/releases/download/v{__version__}/mnist_tutorial-{__version__}-py3-none-any.whl"
# No release of torch or NumPy is named, so those that are there stay. anywidget is for `mt.draw`.
INSTALL = f"""\
# Installs the course where it is missing, as in Colab or Kaggle; at home, it does nothing.
from importlib.util import find_spec

if find_spec("mnist_tutorial") is None:
    print("Installing the course; this takes a while. In Kaggle, Internet must be on.")
    %pip install --quiet anywidget {WHEEL}"""


@dataclass(frozen=True)
class Lesson:
    """One notebook of the course: its file name, its title, its minutes in class, and what it needs."""

    name: str
    notebook: nbformat.NotebookNode
    title: str
    minutes: int
    exercise_minutes: int  # of the minutes, those for exercises
    needs: str = ""  # as in "notebooks 1 and 2"


def variant(notebook: nbformat.NotebookNode, kind: str, online: bool = False) -> nbformat.NotebookNode:
    """Leave out the cells that are not for a kind of reader: student, instructor, solutions or slides.

    Those of students and instructors install the course where it is missing. Colab and Kaggle open one notebook alone:
    with `online`, links to others lead to the repository. Only for students, model answers are folded. Returns a copy.
    """
    notebook = deepcopy(notebook)
    notebook.cells = [cell for cell in notebook.cells if not LEFT_OUT[kind] & tags(cell)]
    for cell in notebook.cells:
        if "model" in tags(cell) and kind != "student":
            cell.source = cell.source.replace("<details>", "<details open>", 1)
        if kind == "instructor":
            cell.source = cell.source.replace("/course/student/", "/course/instructor/")
        if online and cell.cell_type == "markdown":
            cell.source = re.sub(r"\]\((\w+\.ipynb)\)", rf"]({BRANCH}/{kind}/\1)", cell.source)
    code = [i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    if kind in ("student", "instructor") and code:
        cell = nbformat.v4.new_code_cell(INSTALL, id="install", metadata={"tags": ["install"]})
        notebook.cells.insert(code[0], cell)
    return notebook


def tags(cell: nbformat.NotebookNode) -> set[str]:
    """Return the tags of a cell."""
    return set(cell.metadata.get("tags", []))


def read_notebook(path: Path, content: bytes | None = None) -> nbformat.NotebookNode:
    """Read a notebook from a file, or from its content; what is none is an `MNISTError`."""
    try:
        content = path.read_bytes() if content is None else content
        notebook = nbformat.convert(nbformat.reader.reads(content.decode()), 4)
        nbformat.validate(notebook)
        return notebook
    except Exception as error:  # whatever nbformat meets where it expects a dictionary or a number
        reason = " ".join(f"{type(error).__name__}: {error!s:.100}".split())  # on one line
        raise MNISTError(
            f"{path}: no notebook ({reason}); expected one of the course. Restore the file, and run the command again"
        ) from error


def read_lesson(path: Path) -> Lesson:
    """Read a notebook of the course; an `MNISTError` if its first cell lacks the title or the time."""
    notebook = read_notebook(path)
    first = notebook.cells[0].source if notebook.cells else ""
    title = re.search(r"^# (.+)", first)
    time = re.search(r"\*\*Time\*\* (\d+) minutes(?:, (\d+) of them for exercises)?", first)
    if not title or not time:
        raise MNISTError(
            f"{path}: the first cell lacks a title or a time; expected '# 1. Title' and "
            "'**Time** 40 minutes, 15 of them for exercises'"
        )
    needs = re.search(r"\*\*You need\*\* (.+?)\.(?: |$)", first, re.M)
    return Lesson(path.name, notebook, title[1], int(time[1]), int(time[2] or 0), needs[1] if needs else "")


def folder() -> Path:
    """Return the folder that has the notebooks: the package if it comes from a wheel, otherwise the repository."""
    return HERE if (HERE / "notebooks").is_dir() else HERE.parent.parent


def lessons(course: Path) -> list[Lesson]:
    """Read the numbered notebooks of the folder that has ``notebooks``; an `MNISTError` if there are none."""
    paths = sorted((course / "notebooks").glob("[0-9]*.ipynb"))
    if not paths:
        raise MNISTError(f"{course / 'notebooks'}: no notebooks; expected 01_loading.ipynb and others")
    return [read_lesson(path) for path in paths]


def update(folder: Path | str, files: Mapping[str, bytes]) -> dict[str, str]:
    """Write files into a folder in which people work: what is there stays, and ours goes beside it.

    The files are given by their paths within the folder, with slashes. Returns those that were written, each with its
    place: itself if it was missing or, if another file is there, as in ``01_loading.new-1b4e28.ipynb``. A notebook with
    answers in place of stubs is no other. An `MNISTError` if the folder cannot be written.
    """
    written = {}
    try:
        for name, content in files.items():
            path = Path(folder, name)
            if path.exists() and not _has_all_of(path, content):
                path = path.with_stem(f"{path.stem}.new-{sha256(content).hexdigest()[:6]}")
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                with atomic(path) as part:
                    part.write_bytes(content)
                written[name] = path.relative_to(folder).as_posix()
    except OSError as error:
        raise MNISTError(
            f"{error.filename or folder}: cannot be written ({error.strerror or error}); expected a folder that you "
            "may write to, with 20 MB of free space. Mend it or choose another one, and run the command again"
        ) from error
    return written


def _has_all_of(path, content):
    """Whether a file is ours, or a notebook that still has each cell of ours that is not for answers."""
    try:
        if path.suffix != ".ipynb":
            return path.read_bytes() == content
        present = {cell.source for cell in read_notebook(path).cells}
    except (OSError, MNISTError):  # a folder, or no notebook
        return False
    ours = read_notebook(path, content).cells
    return all(cell.source in present for cell in ours if not {"stub", "write"} & tags(cell))
