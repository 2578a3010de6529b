"""A clock that also tells how much other processes had of the machine meanwhile."""

import os
import time
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
    own : float
        Processor seconds of this process and of those that it has waited for.
    others : float
        Processor seconds of everybody else meanwhile. The system counts them in hundredths.
    """

    wall: float
    own: float
    others: float

    @property
    def contended(self):
        """Whether others had so much that the time does not count."""
        return self.others > CONTENDED * self.own


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
    all_before, own_before, before = _busy(), _own(), time.perf_counter()
    value = action()
    wall, own = time.perf_counter() - before, _own() - own_before
    return value, Time(wall, own, max(0.0, _busy() - all_before - own))


def _own():
    return sum(os.times()[:4])


def _busy():
    """Tell for how many seconds the processors of this machine have worked since it was started."""
    spent = psutil.cpu_times()
    return spent.user + spent.system + getattr(spent, "nice", 0.0)  # Windows knows no "nice"
