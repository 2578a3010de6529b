"""`workshop grade`: made-up people, whose answers are right, wrong, missing, endless or deadly."""

import csv
import re
from collections import Counter

import nbformat
import pytest
from conftest import ROOT
from typer.testing import CliRunner

from mnist_tutorial.benchmark.outputs import MARK
from mnist_tutorial.cli import app
from mnist_tutorial.course import workshop
from mnist_tutorial.course.grading.handed_in import Exercise
from mnist_tutorial.course.grading.worker import Judgement, judge
from mnist_tutorial.course.lesson import read_lesson, tags

LESSON = read_lesson(ROOT / "notebooks/01_loading.ipynb")
EXERCISES = ["batch_shape", "negative", "flat_source"]
WRONG = "def batch_shape(numbers):\n    return (3, 28, 28)"
# What people make of the first exercise: code, whether it is solved, and words of what the check says.
ANSWERS = {
    "wrong": (WRONG, "no", "for an array"),
    "raising": ("def batch_shape(numbers):\n    return numbers.no_such_thing", "no", "AttributeError"),
    "endless": ("def batch_shape(numbers):\n    while True:\n        pass", "no", "still running"),
    "endless in the cell": ("while True:\n    pass", "no", "still running"),
    "endless in C": ("import itertools\ndef batch_shape(numbers):\n    sum(itertools.count())", "no", "was ended"),
    "leaves": ("import os\ndef batch_shape(numbers):\n    os._exit(0)", "no", "ended the process"),
    "no Python": ("def batch_shape(numbers)\n    return 1", "no", "SyntaxError"),
    "no answer": ("# to do", "no", "NameError"),
    "prints": ("def batch_shape(numbers):\n    print('✓')\n    return 3", "no", "a shape is a tuple"),
    "right": ("import numpy\ndef batch_shape(n):\n    return (*numpy.shape(n), 28, 28)", "yes", "✓"),
    "magic": ("%time 1\ndef batch_shape(n):\n    return (*np.shape(n), 28, 28)", "yes", "✓"),
    "data": ("def batch_shape(n):\n    return mnist.train.images[n].shape", "yes", "✓"),
    "in parts": ("d = (28, 28)\ndef batch_shape(n):\n    return np.shape(n) + d", "yes", "✓"),
    "a formula": ("=1+1", "no", "SyntaxError"),
}


def notebook(first=None, kind="student"):
    """Make a notebook with this answer to the first exercise, and none to the others."""
    made = LESSON.variant(kind)
    if first is not None:
        cell = next(cell for cell in made.cells if "stub" in tags(cell))
        cell.source = first
    return made


def without_tags(made):
    for cell in made.cells:
        cell.metadata.pop("tags", None)
    return made


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory):
    folder = tmp_path_factory.mktemp("handed in")
    for name, (source, *_) in ANSWERS.items():
        (folder / name).mkdir()
        nbformat.write(notebook(source), folder / name / LESSON.name)
    without_checks = notebook()
    without_checks.cells = [cell for cell in without_checks.cells if "check" not in tags(cell)]
    others = {
        "ida/student/01_loading.ipynb": notebook(kind="solutions"),
        "ida/.ipynb_checkpoints/01_loading-checkpoint.ipynb": notebook(),
        "01_loading_jo.ipynb": notebook(WRONG),
        "01_loading_jo (2).ipynb": notebook(kind="solutions"),
        "kim.ipynb": without_tags(notebook(kind="solutions")),
        "lea/01_loading.ipynb": without_tags(notebook()),
        "max/01_loading.ipynb": without_checks,
        "nora/01_loading.ipynb": notebook(),
        "nora/glossary.ipynb": nbformat.v4.new_notebook(),
    }
    for name, made in others.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(made, folder / name)
    for person, name, kind in (("sam", "06_failures.ipynb", "solutions"), ("tom", "07_augmenting.ipynb", "student")):
        (folder / person).mkdir()
        nbformat.write(notebook(), folder / person / LESSON.name)
        nbformat.write(read_lesson(ROOT / "notebooks" / name).variant(kind), folder / person / name)
    for person in ("otto", "pia", "rosa"):
        (folder / person).mkdir()
    (folder / "otto/01_loading.ipynb").write_text("<html>no notebook</html>")
    (folder / "pia/recipes.ipynb").write_text(nbformat.writes(nbformat.v4.new_notebook()))
    (folder / "rosa/notes.txt").write_text("nothing to read")
    return folder


@pytest.fixture(scope="module")
def graded(handed_in, tmp_path_factory):
    out = tmp_path_factory.mktemp("grades") / "grades.csv"
    done = CliRunner().invoke(app, ["workshop", "grade", str(handed_in), "--out", str(out), "--limit", "3"])
    with out.open(encoding="utf-8-sig", newline="") as file:
        return done, list(csv.DictReader(file)), out


def of(rows, person):
    return {row["exercise"]: row for row in rows if row["person"] == person}


def test_a_right_and_a_wrong_answer_are_graded(tmp_path):
    for person in ("right", "wrong"):
        (tmp_path / person).mkdir()
        nbformat.write(notebook(ANSWERS[person][0]), tmp_path / person / LESSON.name)
    out = tmp_path / "grades.csv"
    assert CliRunner().invoke(app, ["workshop", "grade", str(tmp_path), "--out", str(out)]).exit_code == 0
    with out.open(encoding="utf-8-sig", newline="") as file:
        rows = [(row["person"], row["exercise"], row["solved"]) for row in csv.DictReader(file)]
    expected = {"right": "yes", "wrong": "no"}
    assert [row for row in rows if row[1] == "batch_shape"] == [(who, "batch_shape", expected[who]) for who in expected]
    assert [row[2] for row in rows if row[1] != "batch_shape"] == ["not answered"] * 4


@pytest.mark.full
@pytest.mark.parametrize("person", ANSWERS)
def test_each_answer_is_judged_and_costs_nobody_another_exercise(person, graded):
    rows = of(graded[1], person)
    assert list(rows) == EXERCISES
    _, solved, words = ANSWERS[person]
    assert rows["batch_shape"]["solved"] == solved
    assert words in rows["batch_shape"]["the check says"]
    assert rows["negative"]["solved"] == rows["flat_source"]["solved"] == "not answered"


@pytest.mark.full
def test_the_line_of_an_answer_that_failed_stands_beside_it(graded):
    lines = {person: of(graded[1], person)["batch_shape"]["line of the answer"] for person in ANSWERS}
    assert lines["raising"] == "return numbers.no_such_thing"
    assert lines["wrong"] == "return (3, 28, 28)"
    assert lines["endless"] in ("while True:", "pass")
    assert lines["right"] == ""
    assert lines["a formula"] == "'=1+1"  # a spreadsheet shows it, and does not compute it


@pytest.mark.full
def test_all_people_get_a_row_for_each_exercise_of_their_notebooks(graded):
    others = {"ida", "jo", "kim", "lea", "max", "nora", "sam", "tom"}
    assert {row["person"] for row in graded[1]} == {*ANSWERS, *others}  # otto, pia and rosa handed in nothing to read
    assert len(of(graded[1], "sam")) == len(of(graded[1], "tom")) == 6
    assert [row["solved"] for row in of(graded[1], "sam").values()] == ["not answered"] * 3 + ["yes"] * 3


@pytest.mark.full
def test_notebooks_are_found_in_folders_and_by_the_name_of_a_person_with_and_without_tags(graded):
    solved = Counter((row["person"], row["solved"]) for row in graded[1])
    assert solved["ida", "yes"] == solved["kim", "yes"] == 3
    assert solved["jo", "yes"] == solved["jo", "not answered"] + solved["jo", "no"] == 3
    assert solved["lea", "not answered"] == solved["nora", "not answered"] == solved["max", "not answered"] == 3


@pytest.mark.full
def test_what_is_no_notebook_of_the_course_is_named_with_a_reason(graded):
    done = graded[0]
    assert done.exit_code == 1
    otto, pia = sorted(done.stderr.splitlines())
    assert re.match("refused: .*/otto/", otto)
    assert re.match("refused: .*/pia/", pia)


@pytest.mark.full
def test_the_terminal_shows_how_many_exercises_each_person_has_solved(graded):
    lines = {line.split()[1]: line.split() for line in graded[0].stdout.splitlines() if len(line.split()) > 4}
    assert lines["ida"].count("3") == 2
    assert lines["nora"].count("0") == 2
    assert str(graded[2]) in graded[0].stdout


@pytest.mark.full
def test_only_its_own_file_is_replaced(graded, handed_in, tmp_path):
    assert MARK in graded[2].read_text(encoding="utf-8").splitlines()[0]
    mine = tmp_path / "mine.csv"
    mine.write_text("mine")
    done = CliRunner().invoke(app, ["workshop", "grade", str(handed_in), "--out", str(mine)])
    assert done.exit_code == 1
    assert "--force" in done.stderr
    assert mine.read_text() == "mine"


def test_a_folder_without_notebooks_is_an_error_and_a_folder_called_grade_can_be_written(tmp_path, monkeypatch):
    done = CliRunner().invoke(app, ["workshop", "grade", str(tmp_path)])
    assert done.exit_code == 1
    assert "no notebooks" in done.stderr
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(workshop, "files", lambda *_: {"schedule.md": b"09:00"})
    assert CliRunner().invoke(app, ["workshop", "./grade"]).exit_code == 0
    assert (tmp_path / "grade/schedule.md").exists()
    assert CliRunner().invoke(app, ["workshop", "write", "again"]).exit_code == 0
    assert (tmp_path / "again/schedule.md").exists()


def test_an_earlier_exercise_that_ends_the_process_does_not_take_a_later_one_with_it():
    right = "def negative(pixels):\n    return 1 - pixels"
    exercise = Exercise("negative", "negative", before=("import os\nos._exit(0)",), cells=(right,))
    assert judge(exercise, 5) == Judgement(True, judge(exercise, 5).line, "")
