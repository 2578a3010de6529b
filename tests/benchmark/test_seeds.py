from dataclasses import replace

from conftest import made_result

from mnist_tutorial.benchmark.seeds import each_seed_once


def test_of_two_machines_with_the_same_seeds_the_one_with_more_counts():
    one = [made_result(seed=seed) for seed in (0, 1)]
    other = [replace(run, machine=run.machine | {"processor": "another"}) for run in [*one, made_result(seed=2)]]
    assert each_seed_once(one + other) == other
    assert each_seed_once([one[0], *other[1:]]) == [one[0], *other[1:]]
