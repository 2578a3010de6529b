"""Measurements: several routes to the same result, timed in turn on one machine."""

import math
import statistics
from collections.abc import Callable
from dataclasses import asdict, dataclass, field

from tqdm import tqdm

from mnist_tutorial.benchmark.clock import timed

TRIES = 3  # a contended repeat is run again, up to this many times the number of repeats


@dataclass(frozen=True)
class Route:
    """One way to reach the result.

    Attributes
    ----------
    name : str
        For tables and figures.
    prepare : callable
        Does the work before the clock starts, and returns the action to time and the number of images per call. If
        it raises an exception, the route cannot run.
    note : str
        What a reader should know.
    """

    name: str
    prepare: Callable[[], tuple[Callable[[], object], int]]
    note: str = ""


@dataclass
class Measurement:
    """The times of one route.

    Attributes
    ----------
    name, note : str
        Of the route.
    images : int
        Per call of the action.
    calls : int
        Per repeat, so that a repeat is long enough for the clock.
    times : list of Time
        Of the uncontended repeats.
    discarded : int
        Number of contended repeats, during which other programs used the processor.
    failure : str
        Why the route could not run, or empty.
    """

    name: str
    note: str
    images: int = 0
    calls: int = 1
    times: list = field(default_factory=list)
    discarded: int = 0
    failure: str = ""

    @property
    def rates(self) -> list[float]:
        """Images per second, of each repeat."""
        return [self.images * self.calls / time.wall for time in self.times]

    @property
    def rate(self) -> float | None:
        """Images per second: the median of the repeats, or None."""
        return statistics.median(self.rates) if self.times else None

    def to_json(self) -> dict:
        """Convert to a dictionary."""
        return asdict(self) | {"images_per_second": self.rate}


def measure(routes: list[Route], repeats: int = 5, seconds: float = 1.0) -> list[Measurement]:
    """Measure routes side by side.

    Each route runs once to warm up. Then they take turns, so that a machine that slows down does so for all.

    Parameters
    ----------
    routes : list of Route
    repeats : int
        Number of uncontended repeats of each route.
    seconds : float
        Minimal length of a repeat, which calls the action as often as necessary.

    Returns
    -------
    list of Measurement
        In the order of the routes.

    Examples
    --------
    >>> routes = [Route("sum", lambda: (lambda: sum(range(9999)), 9999)), Route("none", lambda: 1 / 0)]
    >>> [measurement.failure for measurement in measure(routes, repeats=1, seconds=0.1)]
    ['', 'ZeroDivisionError: division by zero']
    """
    measurements = [Measurement(route.name, route.note) for route in routes]
    ready = []
    with tqdm(total=len(routes) * (1 + repeats), unit=" runs", dynamic_ncols=True, disable=None) as bar:
        for route, measurement in zip(routes, measurements, strict=True):
            bar.set_description(f"warming up {route.name}")
            try:
                action, measurement.images = route.prepare()
                _, time = timed(action)  # loads, compiles and allocates what later calls reuse
                if time.wall < seconds:
                    _, time = timed(action)
                measurement.calls = max(1, math.ceil(seconds / time.wall))
            except Exception as error:  # whatever it is, the other routes continue
                measurement.failure = f"{type(error).__name__}: {error}"
                bar.update(1 + repeats)
            else:
                ready.append((measurement, action))
                bar.update()
        for _ in range(TRIES * repeats):
            for measurement, action in ready:
                if len(measurement.times) < repeats:
                    bar.set_description(measurement.name)
                    bar.update(_repeat(measurement, action))
    return measurements


def _repeat(measurement, action):
    def calls():
        for _ in range(measurement.calls):
            action()

    _, time = timed(calls)
    if time.contended:
        measurement.discarded += 1
    else:
        measurement.times.append(time)
    return not time.contended
