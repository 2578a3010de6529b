"""A comparison: several routes to the same, measured turn by turn on one machine."""

import math
import statistics
from collections.abc import Callable
from dataclasses import asdict, dataclass, field

from tqdm import tqdm

from mnist_tutorial.benchmark.clock import timed

TRIES = 3  # a repeat that others disturbed is run again, until there are as many as this times those wanted


@dataclass(frozen=True)
class Route:
    """One way to do what is compared.

    Attributes
    ----------
    name : str
        For tables and figures.
    prepare : callable
        Does what comes before the clock starts, and returns the action to time and how many images one call of it
        takes. What it raises says why the route cannot run.
    note : str
        What a reader has to know of it.
    """

    name: str
    prepare: Callable
    note: str = ""


@dataclass
class Row:
    """What was measured of a route.

    Attributes
    ----------
    name, note : str
        Of the route.
    images : int
        In one call of the action.
    calls : int
        In one repeat, so that it is long enough for the clock.
    times : list of Time
        Of the repeats that count.
    thrown_away : int
        How many repeats were disturbed by other processes.
    failure : str
        Why the route could not run; empty where it could.
    """

    name: str
    note: str
    images: int = 0
    calls: int = 1
    times: list = field(default_factory=list)
    thrown_away: int = 0
    failure: str = ""

    @property
    def rates(self):
        """Images per second, of each repeat."""
        return [self.images * self.calls / time.wall for time in self.times]

    @property
    def rate(self):
        """Images per second: the median of the repeats, or None."""
        return statistics.median(self.rates) if self.times else None

    def to_json(self):
        """Collect everything into a dictionary."""
        return asdict(self) | {"images_per_second": self.rate}


def compare(routes, repeats=5, seconds=1.0):
    """Measure routes side by side.

    Each route is run once to warm up. Then they take turns, so that a machine that becomes slower does so for all.

    Parameters
    ----------
    routes : list of Route
    repeats : int
        How many uncontended ones are wanted of each.
    seconds : float
        A repeat takes at least so long: the action is called again and again.

    Returns
    -------
    list of Row
        In the order of the routes.

    Examples
    --------
    >>> routes = [Route("sum", lambda: (lambda: sum(range(9999)), 9999)), Route("none", lambda: 1 / 0)]
    >>> one, other = compare(routes, repeats=1, seconds=0.1)
    >>> one.failure, other.failure
    ('', 'ZeroDivisionError: division by zero')
    """
    rows = [Row(route.name, route.note) for route in routes]
    ready = []
    with tqdm(total=len(routes) * (1 + repeats), unit=" runs", dynamic_ncols=True) as bar:
        for route, row in zip(routes, rows, strict=True):
            bar.set_description(f"warming up {route.name}")
            try:
                action, row.images = route.prepare()
                _, time = timed(action)  # loads, compiles and allocates what later calls find there
                if time.wall < seconds:
                    _, time = timed(action)
                row.calls = max(1, math.ceil(seconds / time.wall))
            except Exception as error:  # whatever it is, the other routes go on
                row.failure = f"{type(error).__name__}: {error}"
                bar.update(1 + repeats)
            else:
                ready.append((row, action))
                bar.update()
        for _ in range(TRIES * repeats):
            for row, action in ready:
                if len(row.times) < repeats:
                    bar.set_description(row.name)
                    bar.update(_measure(row, action))
    return rows


def _measure(row, action):
    def repeat():
        for _ in range(row.calls):
            action()

    _, time = timed(repeat)
    if time.contended:
        row.thrown_away += 1
    else:
        row.times.append(time)
    return not time.contended
