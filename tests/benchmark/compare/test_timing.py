from dataclasses import replace

import numpy as np
import pytest
from conftest import made_result

from mnist_tutorial.benchmark.compare.timing import slowdown


def runs(recipe, *seconds, **others):
    return [made_result(recipe, seed, wall=wall, **others) for seed, wall in enumerate(seconds)]


def pair(recipe, then, now):
    return runs(recipe, *then), runs(recipe, *now)


def test_a_slower_machine_is_no_slowdown():
    found = slowdown(pair("cnn", (9, 10, 12), (18, 20, 24)), pair("fast", (2, 1, 3), (4, 2, 6)))
    assert (found.old, found.new, found.factor, found.problem) == (5, 5, 1, "")
    assert found.p_value == pytest.approx(0.5)


def test_what_takes_longer_beside_the_same_reference_is_one():
    found = slowdown(pair("cnn", (10, 10.2, 9.9), (15, 15.3, 14.7)), pair("fast", (1, 1.01, 0.99), (1, 1.02, 0.98)))
    assert found.factor == pytest.approx(1.5)
    assert found.p_value < 1e-6


def test_times_that_vary_much_say_little():
    found = slowdown(pair("cnn", (6, 10, 14), (8, 14, 18)), pair("fast", (1, 1.4, 0.7), (1, 1.5, 0.6)))
    assert found.factor == pytest.approx(1.4)
    assert found.p_value > 0.1


def test_the_variation_of_single_runs_is_unknown():
    found = slowdown(pair("cnn", (10,), (15,)), pair("fast", (1,), (1,)))
    assert found.factor == 1.5
    assert np.isnan(found.p_value)


def test_contended_runs_do_not_count():
    old, new = pair("cnn", (10, 10), (15, 10))
    references = pair("fast", (1, 1), (1, 1))
    new[0] = replace(new[0], other_cpu_seconds=19.0)
    assert slowdown((old, new), references).factor == 1
    new[1] = replace(new[1], other_cpu_seconds=19.0)
    found = slowdown((old, new), references)
    assert (found.factor, found.problem) == (
        None,
        "all new runs of cnn were contended: other programs used the processor",
    )


@pytest.mark.parametrize(
    ("change", "whose", "problem"),
    [
        ({"machine": {"processor": "another"}}, "fast", "the new runs of cnn and fast come from different machines"),
        ({"devices": 2}, "cnn", "the number of processes of cnn changed from 1 to 2"),
        ({"source_sha256": "0"}, "fast", "the reference fast was edited"),
    ],
)
def test_times_of_something_else_are_not_compared(change, whose, problem):
    made = {recipe: pair(recipe, (10, 11), (10, 11)) for recipe in ("cnn", "fast")}
    made[whose] = made[whose][0], [replace(run, **change) for run in made[whose][1]]
    assert slowdown(made["cnn"], made["fast"]).problem == problem
