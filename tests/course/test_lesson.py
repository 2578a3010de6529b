"""The variants of a notebook for each kind of reader, and the folder that they are written into."""

import tomllib
from types import SimpleNamespace

import nbformat
import pytest
from conftest import APART, ROOT
from IPython.core.inputtransformer2 import TransformerManager

from mnist_tutorial.course.lesson import INSTALL, REPOSITORY, WHEEL, lessons, read_lesson, tags, update, variant
from mnist_tutorial.errors import MNISTError

COURSE = lessons(ROOT)
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]


@pytest.fixture(params=COURSE, ids=lambda lesson: lesson.name)
def lesson(request):
    return request.param


def sources(notebook, tag):
    return [cell.source for cell in notebook.cells if tag in tags(cell)]


def lines(texts):
    return {line.strip() for text in texts for line in text.splitlines()}


def test_students_get_stubs_and_checks_and_no_line_of_a_solution(lesson):
    student = variant(lesson.notebook, "student")
    exercises = len(sources(lesson.notebook, "check"))
    assert len(sources(student, "stub")) == len(sources(student, "check")) == len(sources(student, "task")) == exercises
    shown = [cell.source for cell in student.cells if not APART & tags(cell) or "stub" in tags(cell)]
    taught, read = lines(shown), lines(cell.source for cell in student.cells)
    for solution in sources(lesson.notebook, "solution"):
        # A line that the lesson or a stub has, too, gives nothing away; each solution has others.
        own = lines([solution]) - taught
        assert own
        assert not own & read


LEFT_OUT = {
    "student": {"solution", "notes", "slide-only"},
    "instructor": {"stub", "write", "slide-only"},
    "solutions": {"stub", "write", "notes", "slide-only"},
}


@pytest.mark.parametrize("kind", LEFT_OUT)
def test_each_gets_the_notebook_without_the_cells_of_others_and_nothing_else_changes(kind, lesson):
    def content(cell):  # what leads to its own kind in Colab, and whether our answer is folded, may differ
        source = cell.source.replace(f"/course/{kind}/", "/course/student/").replace("<details open>", "<details>")
        return cell.cell_type, cell.id, source, tags(cell)

    made = variant(lesson.notebook, kind)
    ours = [cell for cell in lesson.notebook.cells if not LEFT_OUT[kind] & tags(cell)]
    assert sources(made, "install") == [INSTALL] * (kind != "solutions")
    assert [content(cell) for cell in made.cells if "install" not in tags(cell)] == [*map(content, ours)]
    opened = {source.startswith("<details open>") for source in sources(made, "model")}
    assert opened == {kind != "student"}


@pytest.mark.parametrize(("package", "installed"), [("mnist_tutorial", []), ("no_such_package", [WHEEL])])
def test_the_first_cell_installs_the_wheel_where_the_package_is_missing(package, installed):
    asked = []
    shell = SimpleNamespace(run_line_magic=lambda name, line: asked.append((name, line.split()[-1])))
    code = TransformerManager().transform_cell(INSTALL.replace('"mnist_tutorial"', f'"{package}"'))
    exec(code, {"get_ipython": lambda: shell})
    assert asked == [("pip", wheel) for wheel in installed]

    assert f"{REPOSITORY}/releases/download/v{VERSION}/mnist_tutorial-{VERSION}-py3-none-any.whl" == WHEEL


NOTEBOOK = '{"cells": [%s], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
CELL = '{"cell_type": "markdown", "id": "a", "metadata": {"tags": ["task"]}, "source": "%s"}'
# Notebooks as people, programs and disks leave them.
DAMAGED = {
    "no title": NOTEBOOK % (CELL % "no title\\n\\n**Time** 30 minutes"),
    "no time": NOTEBOOK % (CELL % "# 1. Title, no time"),
    "a page": "<html>",
    "cut off": NOTEBOOK[:20],
    "of the future": '{"cells": [], "metadata": {}, "nbformat": 400, "nbformat_minor": 5}',
    "not UTF-8": "\udcff",
}


@pytest.mark.parametrize("kind", DAMAGED)
def test_a_notebook_that_is_not_a_lesson_is_refused(kind, tmp_path, caplog):
    path = tmp_path / "01_x.ipynb"
    path.write_text(NOTEBOOK % (CELL % "# 1. Title\\n\\n**Time** 30 minutes"))
    assert read_lesson(path).minutes == 30
    path.write_text(DAMAGED[kind], errors="surrogateescape")
    with pytest.raises(MNISTError, match=r"01_x.ipynb: .*expected"):
        read_lesson(path)
    assert not caplog.records  # no second error by nbformat


FIRST, SECOND = ({"a/one.txt": version, "two.txt": version} for version in (b"1", b"2"))
BESIDE = {"a/one.txt": "a/one.new-d4735e.txt", "two.txt": "two.new-d4735e.txt"}  # a digest of the content


def test_what_is_there_stays_and_ours_goes_beside_it(tmp_path):
    assert update(tmp_path, FIRST) == {name: name for name in FIRST}
    assert update(tmp_path, FIRST) == {}
    (tmp_path / "two.txt").unlink()
    (tmp_path / "two.txt").mkdir()
    assert update(tmp_path, SECOND) == BESIDE
    assert (tmp_path / "a/one.txt").read_bytes() == b"1"
    for name in BESIDE.values():
        assert (tmp_path / name).read_bytes() == b"2"
    (tmp_path / "a/one.new-d4735e.txt").write_bytes(b"mine")
    assert update(tmp_path, SECOND) == {}
    assert (tmp_path / "a/one.new-d4735e.txt").read_bytes() == b"mine"


def test_a_notebook_with_answers_is_ours_until_we_have_a_newer_one(tmp_path):
    notebook, path = variant(COURSE[0].notebook, "student"), tmp_path / "01.ipynb"
    update(tmp_path, {path.name: nbformat.writes(notebook).encode()})
    worked = nbformat.read(path, as_version=4)
    for cell in worked.cells:
        cell.source = "my answer" if {"stub", "write"} & tags(cell) else cell.source
        cell |= {"execution_count": 1} if cell.cell_type == "code" else {}
    nbformat.write(worked, path)
    mine = path.read_bytes()
    assert update(tmp_path, {path.name: nbformat.writes(notebook).encode()}) == {}
    notebook.cells[0].source += "!"
    newer = nbformat.writes(notebook).encode()
    beside = update(tmp_path, {path.name: newer})[path.name]
    assert beside != path.name
    assert (tmp_path / beside).read_bytes() == newer
    assert path.read_bytes() == mine
