"""A clock that also tells how much other processes had of the machine meanwhile."""

import os
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import psutil

CONTENDED = 0.05  # of our own processor time; beyond, threads that wait for each other lose far more than that


@dataclass(frozen=True)
class Time:
    """What an action took.

    Attributes
    ----------
    wall : float
        Seconds.
    cpu_seconds : float
        Processor seconds of this process and of its children.
    other_cpu_seconds : float
        Processor seconds of everybody else meanwhile. The system counts them in hundredths.
    """

    wall: float
    cpu_seconds: float
    other_cpu_seconds: float

    @property
    def contended(self):
        """Whether others had so much that the time does not count."""
        return self.other_cpu_seconds > CONTENDED * self.cpu_seconds


class Stopwatch:
    """A clock that can be stopped for what does not count.

    Examples
    --------
    >>> watch = Stopwatch()
    >>> watch.start()
    >>> with watch.paused():
    ...     pass  # does not count
    >>> watch.stop().wall > 0
    True
    """

    def __init__(self):
        self.time = Time(0.0, 0.0, 0.0)

    def start(self):
        """Go on."""
        self._before = _busy(), _own(), time.perf_counter()

    def stop(self):
        """Stop; gives the `Time` so far."""
        wall, own, busy = time.perf_counter(), _own(), _busy()
        busy_before, own_before, wall_before = self._before
        wall, own, busy = wall - wall_before, own - own_before, busy - busy_before
        self.time = Time(
            self.time.wall + wall, self.time.cpu_seconds + own, self.time.other_cpu_seconds + max(0.0, busy - own)
        )
        return self.time

    @contextmanager
    def paused(self):
        """Stop while the block runs."""
        self.stop()
        yield
        self.start()


def timed(action):
    """Run an action, and take its time.

    Parameters
    ----------
    action : callable
        Without arguments.

    Returns
    -------
    value
        Of the action.
    time : Time

    Examples
    --------
    >>> value, time = timed(lambda: sum(range(1000)))
    >>> value, time.wall > 0
    (499500, True)
    """
    watch = Stopwatch()
    watch.start()
    value = action()
    return value, watch.stop()


def _own():
    """Tell the processor seconds of this process, and of its children, whether they are done or not."""
    seconds = sum(os.times()[:4])
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):  # it has just ended
            seconds += sum(child.cpu_times()[:2])
    return seconds


def _busy():
    """Tell for how many seconds the processors of this machine have worked since it was started."""
    spent = psutil.cpu_times()
    return spent.user + spent.system + getattr(spent, "nice", 0.0)  # Windows knows no "nice"
