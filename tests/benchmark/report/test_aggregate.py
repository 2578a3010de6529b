import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest
from conftest import made_result

from mnist_tutorial.benchmark.report.aggregate import aggregate
from mnist_tutorial.stats import wilson_interval

GPU = {"processor": "another", "cores": 16, "device": "a GPU, bfloat16", "system": "Linux x86_64"}


def only(results):
    [table] = aggregate(results)
    [row] = table.rows
    return row


def test_mean_std_errors_and_interval_are_those_of_the_seeds():
    runs = [made_result(seed=seed, wrong=wrong) for seed, wrong in enumerate((50, 54, 60))]
    row = only([*runs[:2], dataclasses.replace(runs[2], machine=runs[2].machine | {"commit": "f" * 40})])
    assert "runs from 2 commits" in " ".join(row.remarks)
    assert row.n == 3
    assert row.accuracy == pytest.approx(1 - np.mean([50, 54, 60]) / 10_000)
    assert row.std == pytest.approx(np.std([50, 54, 60], ddof=1) / 10_000)
    assert row.errors == pytest.approx(164 / 3)
    assert row.interval == wilson_interval(10_000 - 55, 10_000)


def test_seconds_are_the_median_of_uncontended_runs():
    runs = [made_result(seed=seed, wall=wall) for seed, wall in enumerate((5.0, 6.0, 10.0))]
    row = only([*runs, made_result(seed=3, wall=90.0, other_cpu_seconds=40.0)])
    assert (row.seconds, row.uncontended, row.n) == (6.0, 3, 4)


def test_the_most_accurate_comes_first_and_untested_recipes_last():
    names = {"poor": 900, "good": 40, "better": 30}
    runs = [made_result(name, wrong=wrong) for name, wrong in names.items()]
    [table] = aggregate([made_result("unfinished", wrong=1, evaluated_on="validation"), *runs])
    assert [row.label for row in table.rows] == ["better", "good", "poor", "unfinished"]
    last = table.rows[-1]
    assert (last.n, last.accuracy, last.interval, last.seconds) == (0, None, None, None)
    assert "no test runs; 99.98 % on held-out digits (n = 1)" in last.remarks


def test_sample_and_full_never_meet():
    runs = [made_result("cnn", wrong=50), made_result("cnn", wrong=20, variant="sample")]
    full, sample = aggregate(runs[::-1])
    assert (full.variant, sample.variant) == ("full", "sample")
    assert [len(full.rows), len(sample.rows)] == [1, 1]
    assert full.rows[0].accuracy == 0.995
    assert sample.rows[0].accuracy == 0.98  # 20 of 1,000
    assert (full.images, sample.images) == ((10_000, 5_000), (1_000, 333))


def test_an_edited_recipe_gets_its_own_row_and_a_remark():
    runs = [made_result("cnn", source_sha256="a" * 64), made_result("cnn", source_sha256="b" * 64)]
    [table] = aggregate(runs)
    assert {row.label for row in table.rows} == {f"cnn {run.version[:8]}" for run in runs}
    assert all("are of other code" in " ".join(row.remarks) for row in table.rows)


def test_results_of_other_code_are_stale_and_not_merged():
    older = [made_result("cnn", seed, code={"mnist_tutorial.errors": "0" * 16}) for seed in range(3)]
    [table] = aggregate([made_result("cnn", 0), *older])
    assert sorted((row.n, row.label.endswith(", stale"), row.changes) for row in table.rows) == [
        (1, False, []),
        (3, True, ["mnist_tutorial.errors"]),
    ]
    assert only([dataclasses.replace(older[0], code={})]).label == "cnn, stale"


def test_one_reproduced_seed_makes_a_row_current():
    [first, *others] = [made_result("cnn", seed, code={"mnist_tutorial.errors": "0" * 16}) for seed in range(3)]
    again = {"code": made_result().code, "date": "2026-12-01", "commit": "f" * 10}
    row = only([dataclasses.replace(first, reproductions=[again]), *others])
    assert (row.label, row.n, row.changes) == ("cnn", 3, [])
    assert "seed 0 (test run) again on 2026-12-01, commit ffffffffff" in " ".join(row.remarks)


def test_each_machine_has_its_row_and_its_letter():
    here = [made_result("cnn", seed) for seed in range(3)]
    there = [made_result("cnn", seed, machine=run.machine | GPU, wall=0.5) for seed, run in enumerate(here[:2])]
    [table] = aggregate(there + here)
    assert [(row.label, row.machine, row.n) for row in table.rows] == [("cnn", "A", 3), ("cnn", "B", 2)]
    assert "a GPU" in table.machines["B"]
    assert "a GPU" not in table.machines["A"]


def test_a_seed_counts_once():
    first = made_result("cnn", 0, wrong=50)
    again = made_result("cnn", 0, wrong=90, started="2026-12-01T00:00:00+00:00")
    row = only([again, first, made_result("cnn", 1, wrong=50)])
    assert (row.n, row.std) == (2, 0)
    assert "seed 0 occurs more than once (test runs); the first run counts" in row.remarks


def test_the_corrupted_accuracy_is_that_of_the_same_code():
    rows = [made_result("cnn", 0), made_result("cnn", 0, code={"mnist_tutorial.errors": "0" * 16}), made_result("mlp")]
    measured = SimpleNamespace(recipe="cnn", variant="full", evaluated_on="test", code=rows[0].code, mean=0.75)
    validation = SimpleNamespace(**(vars(measured) | {"evaluated_on": "validation", "mean": 0.1}))
    again = SimpleNamespace(**(vars(measured) | {"mean": 0.77}))
    [table] = aggregate(rows, [measured, validation, again])
    assert {row.label: row.corrupted_accuracy for row in table.rows if row.recipe == "mlp" or not row.changes} == {
        f"cnn {rows[0].version[:8]}": 0.76,
        "mlp": None,
    }
    assert [row.corrupted_accuracy for row in table.rows if row.changes] == [None]
