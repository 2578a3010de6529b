import pytest

from mnist_tutorial.benchmark.clock import Time
from mnist_tutorial.benchmark.speed import measurement
from mnist_tutorial.benchmark.speed.measurement import TRIES, Route, measure


@pytest.fixture
def called(monkeypatch):
    """Routes that note when they run, and a clock with given readings."""

    class Calls(list):
        def route(self, name, images=100):
            return Route(name, lambda: (lambda: self.append(name), images))

        def clock(self, *times):
            readings = iter(times)
            monkeypatch.setattr(measurement, "timed", lambda action: (action(), next(readings)))

    return Calls()


def uncontended(wall):
    return Time(wall, cpu_seconds=wall, other_cpu_seconds=0)


def contended(wall):
    return Time(wall, cpu_seconds=wall, other_cpu_seconds=wall)


def test_routes_take_turns(called):
    called.clock(*[uncontended(2)] * 8)
    rows = measure([called.route("a"), called.route("b")], repeats=3, seconds=1)
    assert called == ["a", "b", "a", "b", "a", "b", "a", "b"]  # the first two are to warm up
    assert [len(row.times) for row in rows] == [3, 3]


def test_the_rate_is_the_median(called):
    called.clock(uncontended(9), uncontended(1), uncontended(5), uncontended(2))
    [row] = measure([called.route("a", images=100)], repeats=3, seconds=1)
    assert row.rate == 50
    assert row.rates == [100, 20, 50]
    assert row.to_json()["images_per_second"] == 50


def test_what_is_too_short_for_the_clock_is_called_again_and_again(called):
    called.clock(uncontended(0.5), uncontended(0.3), uncontended(1.2))  # the first call is slower, as they are
    [row] = measure([called.route("a", images=100)], repeats=1, seconds=1)
    assert row.calls == 4
    assert len(called) == 2 + 4
    assert row.rate == 400 / 1.2


def test_contended_repeats_are_discarded_counted_and_run_again(called):
    called.clock(uncontended(1), contended(1), uncontended(4), contended(1), uncontended(5))
    [row] = measure([called.route("a")], repeats=2, seconds=1)
    assert row.discarded == 2
    assert [time.wall for time in row.times] == [4, 5]


def test_a_machine_that_is_always_contended_ends_the_measurement(called):
    called.clock(uncontended(1), *[contended(1)] * TRIES * 2)
    [row] = measure([called.route("a")], repeats=2, seconds=1)
    assert row.discarded == TRIES * 2
    assert row.rate is None


def test_a_route_that_cannot_run_says_why_and_the_others_run():
    def missing():
        import nothing_of_that_name  # noqa: F401

    def raises():
        raise RuntimeError("in the action")

    routes = [Route("missing", missing), Route("fails", lambda: (raises, 1)), Route("runs", lambda: (lambda: None, 1))]
    missing, fails, runs = measure(routes, repeats=1, seconds=0)
    assert missing.failure == "ModuleNotFoundError: No module named 'nothing_of_that_name'"
    assert fails.failure == "RuntimeError: in the action"
    assert not runs.failure
    assert len(runs.times) + runs.discarded > 0
