"""A stopwatch that also measures what other programs took of the processor meanwhile."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

import numpy as np
import psutil

CONTENDED = 0.05  # of our own processor time: beyond it, threads that wait for each other lose far more than that


class Time(NamedTuple):
    """The time that an action took, in seconds."""

    wall: float
    cpu_seconds: float  # of the processor, for this process and its children
    other_cpu_seconds: float  # for all other processes meanwhile; the system counts them in hundredths

    @property
    def contended(self) -> bool:
        """Whether other programs used so much of the processor that the time does not count."""
        return self.other_cpu_seconds > CONTENDED * self.cpu_seconds


class Stopwatch:
    """A stopwatch that pauses for work that does not count; an accelerator ends its work before it starts and stops."""

    def __init__(self) -> None:
        self.time = Time(0.0, 0.0, 0.0)

    def start(self) -> None:
        """Start, or continue after `stop`."""
        _synchronize()
        self._before = _busy_seconds(), _cpu_seconds(), time.perf_counter()

    def stop(self) -> Time:
        """Stop, and return the time so far."""
        _synchronize()
        now = time.perf_counter(), _cpu_seconds(), _busy_seconds()
        wall, own, busy = np.subtract(now, self._before[::-1])
        self.time = Time(*np.add(self.time, (wall, own, max(0.0, busy - own))).tolist())
        return self.time

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Pause while the block runs."""
        self.stop()
        yield
        self.start()


def timed(action: Callable[[], Any]) -> tuple[Any, Time]:
    """Run an action without arguments; returns its value and its time."""
    stopwatch = Stopwatch()
    stopwatch.start()
    value = action()
    return value, stopwatch.stop()


def _synchronize() -> None:
    if "torch" in sys.modules:  # otherwise there is nothing to wait for, and importing it takes seconds
        from mnist_tutorial.device import synchronize

        synchronize()


def _cpu_seconds() -> float:
    """Add up the processor time of this process and its children, running and finished."""
    seconds = sum(os.times()[:4])
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):  # it has just ended
            seconds += sum(child.cpu_times()[:2])
    return seconds


def _busy_seconds() -> float:
    """Add up the working time of all processors of this machine since it started."""
    times = psutil.cpu_times()
    return times.user + times.system + getattr(times, "nice", 0.0)  # there is no "nice" on Windows
