"""A time limit for answers that never end."""

import random
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

MOST = 3  # times the limit, for what has hardly computed: it waits, or other programs have taken the processor
AGAIN, OFTEN = 2, 1e-3  # seconds after which an answer that goes on all the same is interrupted again, and then again


class OutOfTimeError(BaseException):
    """An answer takes too long. No `Exception`, or answers that catch those would go on."""


def call_within(seconds: float, function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function, and raise `OutOfTimeError` in it if it takes longer.

    There is no limit on Windows, nor outside the main thread. Python looks for signals between two of its steps, as for
    ctrl-C: neither ends a single step that takes for ever, such as ``sum(itertools.count())``.

    Parameters
    ----------
    seconds : float
        Of the clock on the wall. A process that has computed for less than half of that time, since the machine is busy
        or since it waits, may take three times as long.
    function : callable
    *arguments : object

    Returns
    -------
    object
        What the function returns.
    """
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        return function(*arguments)
    times, tracer = 0, sys.gettrace()

    def interrupt(number, frame):
        nonlocal times
        if frame.f_code in (call_within.__code__, interrupt.__code__):  # it is over
            return
        if time.process_time() - computed < seconds / 2 and time.monotonic() - start < MOST * seconds:
            return
        times += 1
        if times > 1:
            signal.setitimer(signal.ITIMER_REAL, OFTEN, OFTEN)
            _interrupt_soon(frame)
        raise OutOfTimeError

    start, computed = time.monotonic(), time.process_time()
    handler = signal.signal(signal.SIGALRM, interrupt)
    left, interval = signal.setitimer(signal.ITIMER_REAL, seconds, min(AGAIN, seconds))
    try:
        return function(*arguments)
    finally:
        if times > 1:
            sys.settrace(tracer)
        # As before; there may be another limit around this one
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler or signal.SIG_DFL)
        if left:
            signal.setitimer(signal.ITIMER_REAL, max(left - (time.monotonic() - start), 1e-6), interval)


def call_unhurried(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function whose time does not count, such as one that may fetch data."""
    if not hasattr(signal, "setitimer"):
        return function(*arguments)
    left, interval = signal.setitimer(signal.ITIMER_REAL, 0)
    try:
        return function(*arguments)
    finally:
        signal.setitimer(signal.ITIMER_REAL, left, interval)


def _interrupt_soon(frame):
    """Interrupt what catches an interruption, too: one of the next lines, sooner or later outside every ``try``."""
    lines = random.choice((1, 2, 3, 5, 8))

    def trace(frame, event, argument):
        nonlocal lines
        lines -= event == "line"
        if lines <= 0:
            raise OutOfTimeError
        return trace

    sys.settrace(trace)
    while frame and frame.f_code is not call_within.__code__:
        frame.f_trace = trace
        frame = frame.f_back
