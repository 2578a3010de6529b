from dataclasses import replace

from conftest import made_result

from mnist_tutorial.benchmark.results.seeds import each_seed_once


def elsewhere(result):
    return replace(result, machine=result.machine | {"processor": "another"})


def test_a_seed_that_is_run_again_does_not_count_twice():
    runs = [made_result(seed=seed, wrong=40 + seed) for seed in (2, 0)]
    again = made_result(seed=0, wrong=90, started="2026-11-24T07:59:00+00:00")
    assert each_seed_once([again, *runs]) == [runs[1], runs[0]]


def test_of_two_machines_with_the_same_seeds_the_one_with_more_counts():
    one = [made_result(seed=seed) for seed in (0, 1)]
    other = [elsewhere(made_result(seed=seed)) for seed in (0, 1, 2)]
    assert each_seed_once(one + other) == other
    assert each_seed_once([one[0], *other[1:]]) == [one[0], *other[1:]]
