"""Each exercise: its stub fails, its solution passes, right answers pass, and each wrong answer gets its hint.

`make checks` asks again and again, with DRAWS=200 a quarter as often if the check trains, of all digits and of the
sample in turns: no draw may refuse a right answer, accept a wrong one, or give it another hint.
"""

import inspect
import os
import re
import signal
import threading
from itertools import cycle, islice

import nbformat
import pytest
from answers import ANSWERS, IGNORES, RIGHT, ZEROS
from conftest import ROOT

import mnist_tutorial as mt
from mnist_tutorial.course.checks import exercise, helpers
from mnist_tutorial.course.lesson import tags

DRAWS = int(os.environ.get("DRAWS", "1"))
TRAINED = ("start", "small_mlp", "own_recipe", "small_cnn")  # their checks take seconds
LIMITED = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="there is no limit here")
# What the cells of an exercise take from the cells before it.
IMPORTS = """
from pathlib import Path
import deeplay as dl, deeptrack as dt, numpy as np, mnist_tutorial as mt
from scipy.special import expit, softmax
from sklearn.metrics import confusion_matrix
from torch import nn
"""


def exercises():
    """List each exercise of the notebooks: check -> (name of the answer, cells of stub, solution, check)."""
    found = {}
    for path in sorted((ROOT / "notebooks").glob("[0-9]*.ipynb")):
        cells = {}
        for cell in nbformat.read(path, as_version=4).cells:
            cells |= {tag: cell.source for tag in tags(cell) & {"stub", "solution", "check"}}
            if "check" in tags(cell):
                name, _, call = cell.source.splitlines()[0].partition(" = mt.checks.")
                found[call.partition("(")[0]] = (name, cells.pop("stub"), cells.pop("solution"), cells.pop("check"))
        assert not cells, f"{path.name}: an exercise without a check"
    return found


EXERCISES = exercises()


@pytest.fixture(autouse=True)
def on_the_sample(sample, monkeypatch):
    """Let checks draw from the sample, which is all that a class without a network has."""
    monkeypatch.setattr(helpers, "load", lambda variant: sample)


def answer(source, name):
    """Run the cell of an answer, and return what it defines."""
    names = {}
    exec(IMPORTS, names)
    exec(compile(source, "a cell", "exec"), names)
    return names[name]


def ask(check, submission, capsys):
    """Ask a check; returns its line, and what it puts in place."""
    placed = getattr(mt.checks, check)(submission)
    (line,) = capsys.readouterr().out.splitlines()
    return line, placed


def draws(check, monkeypatch, *data):
    """Repeat what follows, on each of the data in turns."""
    for chosen in islice(cycle(data), -(-DRAWS // 4) if check in TRAINED else DRAWS):
        monkeypatch.setattr(helpers, "load", lambda variant, chosen=chosen: chosen)
        yield


def test_each_exercise_has_a_check_with_help_and_right_and_wrong_answers():
    assert {*EXERCISES} == {*ANSWERS} == {*mt.checks.__all__} - {"claim"}
    for check, answers in ANSWERS.items():
        text = inspect.getdoc(getattr(mt.checks, check))
        assert "The answer " in text
        assert "Returns the answer if it is right" in text
        assert sum(words == RIGHT for _, words in answers.values()) >= 2
        assert {ZEROS, IGNORES} <= {*answers}
    assert "def negative(answer" in inspect.getsource(inspect.unwrap(mt.checks.negative))  # as `??` shows it


@pytest.mark.parametrize("check", EXERCISES)
def test_the_stub_fails_and_our_answer_takes_its_place(check, capsys, sample, mnist, monkeypatch):
    """What a student's notebook does who skips an exercise; the notebook itself is run with the solution."""
    name, stub, _, cell = EXERCISES[check]
    for _ in draws(check, monkeypatch, sample, mnist):
        names = {}
        exec(IMPORTS + stub, names)
        exec(cell.splitlines()[0], names)  # the lines below go on with the answer
        assert re.fullmatch(rf"✗ {check}: .*our answer.*\n", capsys.readouterr().out)
        assert names[name] is getattr(mt.checks, check).reference
        assert ask(check, names[name], capsys)[0].startswith("✓")


@pytest.mark.parametrize("check", EXERCISES)
def test_the_solution_passes_and_stays_on_all_of_mnist(check, capsys, mnist, monkeypatch):
    name, _, solution, _ = EXERCISES[check]
    submission = answer(solution, name)
    for _ in draws(check, monkeypatch, mnist):
        line, placed = ask(check, submission, capsys)
        assert line.startswith("✓"), line
        assert placed is submission


@pytest.mark.parametrize(
    ("check", "idea"),
    [
        (check, idea)
        for check, answers in ANSWERS.items()
        for number, (idea, (_, words)) in enumerate(answers.items())
        # Of right answers that train, one of each exercise; `make checks` asks about all of them.
        if DRAWS > 1 or check not in TRAINED or words != RIGHT or number == 0
    ],
)
def test_a_right_answer_stays_and_a_wrong_one_gets_its_hint(check, idea, capsys, sample, mnist, monkeypatch):
    submission, words = ANSWERS[check][idea]
    for _ in draws(check, monkeypatch, sample, mnist):
        line, placed = ask(check, submission, capsys)
        assert words in line
        assert line.startswith(RIGHT if words == RIGHT else "✗"), line
        assert placed is (submission if words == RIGHT else getattr(mt.checks, check).reference)
        assert max(EXERCISES[check][2].splitlines(), key=len).strip() not in line  # a hint gives nothing away


@pytest.mark.parametrize("submission", [None, ..., 0, "text", [], lambda: None, lambda *a, **k: exit(), object])
def test_no_check_raises_whatever_it_gets(submission, capsys):
    for check in EXERCISES:
        assert ask(check, submission, capsys)[0].startswith("✗")


@pytest.mark.parametrize("error", ["SystemExit(3)", "ValueError(10**6 * 'x')", "ValueError('two\\nlines')"])
def test_whatever_an_answer_raises_becomes_a_line(error, capsys):
    line, _ = ask("batch_shape", answer(f"def batch_shape(n):\n    raise {error}", "batch_shape"), capsys)
    assert re.match("✗.* line 2 of your code, .* raised (SystemExit: 3|ValueError: xxx|ValueError: two lines)", line)
    assert len(line) < 1_000


def test_ctrl_c_ends_a_check():
    with pytest.raises(KeyboardInterrupt):
        mt.checks.batch_shape(answer("def batch_shape(n):\n    raise KeyboardInterrupt", "batch_shape"))


@LIMITED
@pytest.mark.parametrize("body", ["while True:\n  try: n\n  except Exception: pass", "threading.Event().wait()"])
def test_the_line_that_never_ends_is_named(body, capsys, monkeypatch):
    monkeypatch.setattr(exercise, "LIMIT", 0.1)
    handler = signal.getsignal(signal.SIGALRM)
    submission = answer(f"import threading\ndef batch_shape(n):\n {body}\n", "batch_shape")
    assert re.search("✗.* of your code.* still running after 0.1 s", ask("batch_shape", submission, capsys)[0])
    assert signal.getsignal(signal.SIGALRM) is handler


@LIMITED
def test_fetching_data_does_not_count(monkeypatch, sample):
    timers = []
    monkeypatch.setattr(helpers, "load", lambda variant: timers.append(signal.getitimer(signal.ITIMER_REAL)) or sample)
    with exercise.time_limit(60):
        helpers.draw(10, 10)
        timers.append(signal.getitimer(signal.ITIMER_REAL))
    assert timers[0] == (0, 0) < timers[1]


def test_elsewhere_than_in_the_main_thread_there_is_no_limit(capsys, monkeypatch):
    monkeypatch.setattr(exercise, "LIMIT", 1e-6)
    thread = threading.Thread(target=mt.checks.batch_shape, args=[mt.checks.batch_shape.reference])
    thread.start()
    thread.join()
    assert capsys.readouterr().out.startswith("✓")


@LIMITED
def test_a_network_that_trains_for_long_is_told_what_it_computes(monkeypatch, capsys):
    monkeypatch.setattr(helpers, "TRAINING_LIMIT", 0.01)
    # 6 x 9 weights for 28 x 28 pixels, 12 x 54 for 14 x 14, and 10 x 108: 170,424.
    line, _ = ask("small_cnn", mt.checks.small_cnn.reference, capsys)
    assert "it multiplies 0.2 million times for each image" in line
