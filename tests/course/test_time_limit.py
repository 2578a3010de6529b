"""The time limit of checks: what never ends is interrupted, and nothing else is."""

import signal
import sys
import threading
import time

import pytest

import mnist_tutorial as mt
from mnist_tutorial.course.checks import exercise, networks, time_limit
from mnist_tutorial.course.checks.time_limit import OutOfTimeError, call_unhurried, call_within

pytestmark = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="there is no limit here")


def endless(*args):
    while True:
        pass


def deaf(*args):
    while True:
        try:  # noqa: SIM105
            time.sleep(1)
        except BaseException:
            pass


def deaf_twice(*args):
    while True:
        try:
            while True:
                try:
                    endless()
                except BaseException:
                    continue
                finally:
                    try:  # noqa: SIM105
                        time.sleep(0.1)
                    except:  # noqa: E722
                        pass
        except BaseException:
            pass


def with_an_endless_end(*args):
    try:
        endless()
    finally:
        endless()


def state():
    """Return what a limit changes: the handler, and whether a timer runs, such as that of pytest-timeout."""
    return signal.getsignal(signal.SIGALRM), signal.getitimer(signal.ITIMER_REAL)[0] > 0


@pytest.mark.parametrize("answer", [endless, deaf, deaf_twice, with_an_endless_end])
def test_whatever_never_ends_is_interrupted_also_if_it_catches_everything(answer, monkeypatch):
    monkeypatch.setattr(time_limit, "AGAIN", 0.1)
    # An interruption may hit the end of a generator, and goes to this hook then; pytest's own takes so long that it is
    # interrupted as well, and then fails the test.
    monkeypatch.setattr(sys, "unraisablehook", lambda unraisable: None)
    before = state()
    with pytest.raises(OutOfTimeError):
        call_within(0.1, answer)
    assert state() == before


def test_what_waits_gets_more_time_but_not_for_ever():
    start = time.monotonic()
    with pytest.raises(OutOfTimeError):
        call_within(0.2, threading.Event().wait)
    assert time.monotonic() - start >= 0.4


def test_what_ends_in_time_gives_its_value_or_its_error():
    before = state()
    assert call_within(60, divmod, 7, 2) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        call_within(60, divmod, 7, 0)
    assert state() == before


def test_a_limit_within_a_limit_leaves_the_outer_one_in_force():
    def inner():
        with pytest.raises(OutOfTimeError):
            call_within(0.1, endless)
        endless()

    with pytest.raises(OutOfTimeError):
        call_within(0.5, inner)


def test_a_limit_leaves_time_to_fetch_data():
    def answer():
        during = call_unhurried(signal.getitimer, signal.ITIMER_REAL)
        return during, signal.getitimer(signal.ITIMER_REAL)

    during, after = call_within(60, answer)
    assert during == (0, 0)
    assert after > (0, 0)


def test_in_another_thread_there_is_no_limit():
    outcome = []
    thread = threading.Thread(target=lambda: outcome.append(call_within(1e-6, sum, range(10**6))))
    thread.start()
    thread.join()
    assert outcome == [sum(range(10**6))]


def test_the_line_that_never_ends_is_named(capsys, monkeypatch):
    monkeypatch.setattr(exercise, "LIMIT", 0.1)
    names = {}
    exec(compile("def answer(numbers):\n    while True:\n        numbers\n", "a cell", "exec"), names)
    assert mt.checks.batch_shape(names["answer"]) is mt.checks.batch_shape.reference
    line = capsys.readouterr().out
    assert "of your code" in line
    assert "still running after 0.1 s" in line


def test_a_network_that_trains_for_long_is_told_what_it_computes(capsys, monkeypatch, sample):
    monkeypatch.setattr(networks, "TRAINING_LIMIT", 0.01)
    mt.checks.small_cnn(mt.checks.small_cnn.reference)
    assert "million times for each image" in capsys.readouterr().out
    # 9 weights of each of 4 x 4 outputs, then a neuron.
    network = networks.torch.nn.Sequential(
        networks.torch.nn.Conv2d(1, 1, 3, stride=8), networks.torch.nn.Flatten(), networks.torch.nn.Linear(16, 1)
    )
    assert networks._multiplications(network) == 9 * 16 + 16
