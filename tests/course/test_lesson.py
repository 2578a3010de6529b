"""The variants of a notebook for each kind of reader."""

import nbformat
import pytest
from conftest import ROOT

from mnist_tutorial.course.lesson import read_lesson, tags
from mnist_tutorial.course.workshop import lessons
from mnist_tutorial.errors import MNISTError

COURSE = lessons(ROOT)


@pytest.fixture(params=COURSE, ids=lambda lesson: lesson.name)
def lesson(request):
    return request.param


def sources(notebook, tag):
    return [cell.source for cell in notebook.cells if tag in tags(cell)]


def test_students_get_stubs_and_checks_and_no_line_of_a_solution(lesson):
    student = lesson.variant("student")
    exercises = len(sources(lesson.notebook, "check"))
    assert len(sources(student, "stub")) == len(sources(student, "check")) == len(sources(student, "task")) == exercises
    text = "\n".join(cell.source for cell in student.cells)
    untagged = [cell.source for cell in student.cells if not tags(cell)]
    taught = {line.strip() for source in untagged for line in source.splitlines()}
    for solution, stub in zip(sources(lesson.notebook, "solution"), sources(lesson.notebook, "stub"), strict=True):
        # A line that the lesson has, too, gives nothing away; each solution has others.
        own = {line.strip() for line in set(solution.splitlines()) - set(stub.splitlines())} - taught
        assert own
        for line in own:
            assert line not in text
    for notes in sources(lesson.notebook, "notes"):
        assert notes not in text


def test_instructors_get_solutions_and_notes_in_place_of_stubs(lesson):
    instructor = lesson.variant("instructor")
    assert sources(instructor, "solution") == sources(lesson.notebook, "solution")
    assert sources(instructor, "notes")
    assert not sources(instructor, "stub")


def test_the_notebook_itself_stays_whole(lesson):
    before = len(lesson.notebook.cells)
    lesson.variant("student").cells.clear()
    assert len(lesson.notebook.cells) == before


def test_a_lesson_has_a_title_and_minutes(lesson):
    assert lesson.title[0] == lesson.name[1]
    assert 0 < lesson.exercise_minutes < lesson.minutes


@pytest.mark.parametrize("first", ["no title\n\n**Time** 30 minutes", "# 1. Title, no time", None])
def test_a_notebook_that_is_not_a_lesson_is_refused(first, tmp_path):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(first)] if first else [])
    path = tmp_path / "01_x.ipynb"
    nbformat.write(notebook, path)
    with pytest.raises(MNISTError, match=r"01_x.ipynb: .*expected"):
        read_lesson(path)
    path.write_text("<html>")
    with pytest.raises(MNISTError, match=r"01_x.ipynb: no notebook"):
        read_lesson(path)
