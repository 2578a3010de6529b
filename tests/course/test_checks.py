"""Each exercise: its stub fails, its solution passes, and wrong answers get the hint that is meant for them."""

import nbformat
import pytest
from conftest import ROOT
from wrong_answers import IGNORES, WRONG, ZEROS

import mnist_tutorial as mt
from mnist_tutorial.course.lesson import tags

NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
# What the cells of an exercise use of those before it.
IMPORTS = """
from pathlib import Path
import deeplay as dl, deeptrack as dt, numpy as np, mnist_tutorial as mt
from scipy.special import softmax
from sklearn.metrics import confusion_matrix
from torch import nn
"""


def exercises():
    """List each exercise of the notebooks: name of its check, stub and solution."""
    found = {}
    for path in NOTEBOOKS:
        stub = solution = None
        for cell in nbformat.read(path, as_version=4).cells:
            if "stub" in tags(cell):
                stub = cell.source
            elif "solution" in tags(cell):
                solution = cell.source
            elif "check" in tags(cell):
                answer, _, check = cell.source.splitlines()[0].partition(" = mt.checks.")
                found[check.partition("(")[0]] = (path.stem, answer, stub, solution)
                stub = solution = None
        assert (stub, solution) == (None, None), f"{path.name}: an exercise without a check"
    return found


EXERCISES = exercises()


def answer(source, name):
    names = {}
    exec(IMPORTS, names)
    exec(compile(source, "a cell", "exec"), names)
    return names[name]


def verdict(check, given, capsys):
    """Ask a check; gives whether it is content, its line, and what it puts in place."""
    placed = getattr(mt.checks, check)(given)
    (line,) = capsys.readouterr().out.splitlines()
    assert line[0] in "✓✗"
    return line[0] == "✓", line, placed


def test_each_exercise_has_a_check_and_each_check_an_exercise_and_wrong_answers():
    assert set(EXERCISES) == set(WRONG) == set(mt.checks.__all__) - {"claim"}
    for wrong in WRONG.values():
        assert {ZEROS, IGNORES} <= set(wrong)
        assert len(wrong) >= 4


@pytest.mark.parametrize("check", EXERCISES)
def test_the_stub_fails_and_the_answer_of_the_course_is_put_in_place(check, capsys):
    _, name, stub, _ = EXERCISES[check]
    right, line, placed = verdict(check, answer(stub, name), capsys)
    assert not right
    assert "goes on with ours" in line
    assert verdict(check, placed, capsys)[0]


@pytest.mark.parametrize("check", EXERCISES)
def test_the_solution_passes_and_stays(check, capsys):
    _, name, _, solution = EXERCISES[check]
    given = answer(solution, name)
    right, line, placed = verdict(check, given, capsys)
    assert right, line
    assert placed is given


@pytest.mark.parametrize(
    ("check", "mistake"), [(check, mistake) for check, wrong in WRONG.items() for mistake in wrong]
)
def test_a_wrong_answer_gets_the_hint_that_is_meant_for_it(check, mistake, capsys):
    given, hint = WRONG[check][mistake]
    right, line, _ = verdict(check, given, capsys)
    assert not right, line
    assert hint in line
    solution = EXERCISES[check][3]
    assert max(solution.splitlines(), key=len).strip() not in line  # a hint leads on, and gives nothing away


def test_an_error_in_the_answer_is_a_hint_with_its_line(capsys):
    given = answer("def batch_shape(numbers):\n    a = 1\n    return a / 0\n", "batch_shape")
    right, line, placed = verdict("batch_shape", given, capsys)
    assert not right
    assert "line 3 of your code" in line
    assert "ZeroDivisionError" in line
    assert placed is mt.checks.batch_shape.reference


@pytest.mark.parametrize("given", [None, ..., 0, "text", [], lambda: None, lambda *a, **k: exit(), object])
def test_no_check_raises_whatever_it_gets(given, capsys):
    for check in EXERCISES:
        assert not verdict(check, given, capsys)[0]
