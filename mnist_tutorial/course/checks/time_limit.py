"""A time limit for answers that never end."""

import signal
import threading
import time
from collections.abc import Callable
from typing import Any

MOST = 3  # times the limit, for what has hardly computed: it waits, or other programs have taken the processor
AGAIN = 1  # second after which an answer that has caught the interruption is interrupted again


class OutOfTimeError(BaseException):
    """An answer takes too long. No `Exception`, or answers that catch those would go on."""


def call_within(seconds: float, function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function, and raise `OutOfTimeError` in it if it takes longer.

    There is no limit on Windows, nor outside the main thread. As with ctrl-C, a single step of Python that takes for
    ever, such as ``sum(itertools.count())``, is not interrupted.

    Parameters
    ----------
    seconds : float
        Wall-clock time. A process that has computed for less than half of it, since the machine is busy or since it
        waits, may take three times as long.
    function : callable
    *arguments : object

    Returns
    -------
    object
        What the function returns.
    """
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        return function(*arguments)

    def interrupt(number, frame):
        if time.process_time() - computed >= seconds / 2 or time.monotonic() - start >= MOST * seconds:
            raise OutOfTimeError

    start, computed = time.monotonic(), time.process_time()
    handler = signal.signal(signal.SIGALRM, interrupt)
    before = signal.setitimer(signal.ITIMER_REAL, seconds, min(AGAIN, seconds))
    try:
        return function(*arguments)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler or signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, *before)  # there may be another limit around this one


def call_unhurried(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function whose time does not count, such as one that may fetch data."""
    if not hasattr(signal, "setitimer"):
        return function(*arguments)
    before = signal.setitimer(signal.ITIMER_REAL, 0)
    try:
        return function(*arguments)
    finally:
        signal.setitimer(signal.ITIMER_REAL, *before)
