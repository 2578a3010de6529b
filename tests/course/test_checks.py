"""Each exercise: its stub fails, its solution passes, and each wrong answer gets its hint."""

import inspect
import re

import pytest
from right_answers import RIGHT
from submissions import EXERCISES, IMPORTS, TRAINED, answer, ask, right
from wrong_answers import IGNORES, WRONG, ZEROS

import mnist_tutorial as mt
from mnist_tutorial.course.checks import digits


@pytest.fixture(autouse=True)
def on_the_sample(sample, monkeypatch):
    """Let checks draw from the sample, which is all that a class without a network has."""
    monkeypatch.setattr(digits, "load", lambda variant: sample)


def test_each_exercise_has_a_check_and_each_check_an_exercise_and_right_and_wrong_answers():
    assert set(EXERCISES) == set(WRONG) == set(RIGHT) == set(mt.checks.__all__) - {"claim"}
    assert all(len(answers) >= 2 for answers in RIGHT.values())
    for wrong in WRONG.values():
        assert {ZEROS, IGNORES} <= set(wrong)
        assert len(wrong) >= 4


def test_help_says_what_a_check_takes_and_returns_and_its_source_is_that_of_the_check():
    for check in EXERCISES:
        text = inspect.getdoc(getattr(mt.checks, check))
        assert "The answer " in text
        assert "Returns the answer if it is right" in text
    assert "def negative(answer" in inspect.getsource(inspect.unwrap(mt.checks.negative))  # as `??` shows it


@pytest.mark.parametrize("check", EXERCISES)
def test_the_stub_fails_and_our_answer_takes_its_place(check, capsys):
    """What a student's notebook does who skips an exercise; the notebook itself is run with the solution."""
    _, name, stub, _, cell = EXERCISES[check]
    names = {}
    exec(IMPORTS + stub, names)
    exec(cell.splitlines()[0], names)  # the lines below go on with the answer
    assert re.fullmatch(rf"✗ {check}: .*our answer.*\n", capsys.readouterr().out)
    assert names[name] is getattr(mt.checks, check).reference
    assert ask(check, names[name])[0]


@pytest.mark.parametrize("check", EXERCISES)
def test_the_solution_passes_and_stays_on_all_of_mnist(check, mnist, monkeypatch):
    monkeypatch.setattr(digits, "load", lambda variant: mnist)
    _, name, _, solution, _ = EXERCISES[check]
    submission = answer(solution, name)
    right, line, placed = ask(check, submission)
    assert right, line
    assert placed is submission


@pytest.mark.parametrize(
    ("check", "idea"),
    # Of those that train, one of each exercise; `make checks` asks about all of them, many times.
    [(check, idea) for check in RIGHT for idea in list(RIGHT[check])[: 1 if check in TRAINED else None]],
)
def test_a_right_answer_passes_and_stays(check, idea):
    submission = right(check)[idea]
    content, line, placed = ask(check, submission)
    assert content, line
    assert placed is submission


@pytest.mark.parametrize(
    ("check", "mistake"), [(check, mistake) for check, wrong in WRONG.items() for mistake in wrong]
)
def test_a_wrong_answer_gets_its_hint(check, mistake):
    submission, hint = WRONG[check][mistake]
    right, line, _ = ask(check, submission)
    assert not right, line
    assert hint in line
    solution = EXERCISES[check][3]
    assert max(solution.splitlines(), key=len).strip() not in line  # a hint helps, but gives nothing away


def test_an_error_in_the_answer_becomes_a_hint_with_its_line():
    submission = answer("def batch_shape(numbers):\n    a = 1\n    return a / 0\n", "batch_shape")
    right, line, placed = ask("batch_shape", submission)
    assert not right
    assert "line 3 of your code" in line
    assert "ZeroDivisionError" in line
    assert placed is mt.checks.batch_shape.reference


@pytest.mark.parametrize("submission", [None, ..., 0, "text", [], lambda: None, lambda *a, **k: exit(), object])
def test_no_check_raises_whatever_it_gets(submission):
    for check in EXERCISES:
        assert not ask(check, submission)[0]


def raising(error):
    def answer(*args):
        raise error

    return answer


@pytest.mark.parametrize("error", [SystemExit(3), ValueError("x" * 10**6), ValueError("two\nlines")])
def test_whatever_an_answer_raises_becomes_one_line(error):
    right, line, placed = ask("batch_shape", raising(error))
    assert not right
    assert f"{type(error).__name__}: {error}"[:15] in line
    assert len(line) < 1_000
    assert placed is mt.checks.batch_shape.reference


def test_ctrl_c_ends_a_check():
    with pytest.raises(KeyboardInterrupt):
        mt.checks.batch_shape(raising(KeyboardInterrupt()))
