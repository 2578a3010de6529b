"""The time limit of checks: what never ends is interrupted, and nothing else is."""

import signal
import threading

import pytest

import mnist_tutorial as mt
from mnist_tutorial.course.checks import exercise, networks
from mnist_tutorial.course.checks.time_limit import call_unhurried, call_within

pytestmark = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="there is no limit here")


def test_fetching_data_does_not_count():
    during = call_within(60, call_unhurried, signal.getitimer, signal.ITIMER_REAL)
    assert during == (0, 0)


def test_the_line_that_never_ends_is_named(capsys, monkeypatch):
    monkeypatch.setattr(exercise, "LIMIT", 0.1)
    names = {}
    code = "def answer(numbers):\n    while True:\n        try: numbers\n        except Exception: pass\n"
    exec(compile(code, "a cell", "exec"), names)
    handler = signal.getsignal(signal.SIGALRM)
    assert mt.checks.batch_shape(names["answer"]) is mt.checks.batch_shape.reference
    line = capsys.readouterr().out
    assert "of your code" in line
    assert "still running after 0.1 s" in line
    assert signal.getsignal(signal.SIGALRM) is handler


def test_an_answer_that_waits_for_ever_is_interrupted(capsys, monkeypatch):
    monkeypatch.setattr(exercise, "LIMIT", 0.1)
    mt.checks.batch_shape(lambda numbers: threading.Event().wait())
    assert "still running after 0.1 s" in capsys.readouterr().out


def test_a_network_that_trains_for_long_is_told_what_it_computes(capsys, monkeypatch, sample):
    monkeypatch.setattr(networks, "TRAINING_LIMIT", 0.01)
    mt.checks.small_cnn(mt.checks.small_cnn.reference)
    assert "million times for each image" in capsys.readouterr().out
