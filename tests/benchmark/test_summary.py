import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest
from conftest import made_code, made_result

from mnist_tutorial.benchmark.summary import aggregate, learning_curve
from mnist_tutorial.stats import wilson_interval

OLDER = {"mnist_tutorial.errors": "0" * 16}
GPU = {"processor": "another", "cores": 16, "device": "a GPU, bfloat16", "system": "Linux x86_64"}


def only(results):
    [table] = aggregate(results)
    [row] = table.rows
    return row


def test_mean_std_errors_and_interval_are_those_of_the_seeds_and_seconds_those_of_uncontended_runs():
    runs = [made_result(seed=seed, wrong=wrong, wall=wall) for seed, wrong, wall in ((0, 50, 5.0), (1, 54, 6.0))]
    row = only([*runs, made_result(seed=2, wrong=60, wall=90.0, other_cpu_seconds=40.0)])
    assert (row.n, row.uncontended, row.seconds) == (3, 2, 5.5)
    assert row.accuracy == pytest.approx(1 - np.mean([50, 54, 60]) / 10_000)
    assert row.std == pytest.approx(np.std([50, 54, 60], ddof=1) / 10_000)
    assert row.errors == pytest.approx(164 / 3)
    assert row.interval == wilson_interval(10_000 - 55, 10_000)


def test_the_most_accurate_comes_first_and_untested_recipes_last():
    runs = [made_result(name, wrong=wrong) for name, wrong in {"poor": 900, "good": 40}.items()]
    [table] = aggregate([made_result("unfinished", wrong=1, evaluated_on="validation"), *runs])
    assert [row.label for row in table.rows] == ["good", "poor", "unfinished"]
    last = table.rows[-1]
    assert (last.n, last.accuracy, last.interval, last.seconds) == (0, None, None, None)
    assert "no test runs; 99.98 % on held-out digits (n = 1)" in last.remarks


def test_sample_and_full_never_meet():
    tables = aggregate([made_result("cnn", wrong=20, variant="sample"), made_result("cnn", wrong=50)])
    full, sample = [(table.variant, [row.accuracy for row in table.rows], table.images) for table in tables]
    assert full == ("full", [0.995], (10_000, 5_000))
    assert sample == ("sample", [0.98], (1_000, 333))


def test_results_of_other_code_are_stale_until_one_seed_is_reproduced():
    older = [made_result("cnn", seed, code=OLDER) for seed in range(3)]
    [table] = aggregate([made_result("cnn", 0), *older])
    assert sorted((row.n, row.label.endswith(" (stale)"), row.changes) for row in table.rows) == [
        (1, False, []),
        (3, True, ["mnist_tutorial.errors"]),
    ]
    assert only(older[:1]).label == "cnn (stale)"
    again = {"code": made_result("cnn").code, "date": "2026-12-01", "commit": "f" * 10}
    row = only([*older[1:], made_result("cnn", 3), dataclasses.replace(older[0], reproductions=[again])])
    assert (row.label, row.n, row.changes) == ("cnn", 4, [])
    assert "seed 0 (test run) again on 2026-12-01, commit ffffffffff" in " ".join(row.remarks)


def test_an_edited_recipe_each_machine_and_each_number_of_processes_has_its_row():
    runs = [made_result("cnn", source="a"), made_result("cnn", source="b")]
    [table] = aggregate(runs)
    assert {row.label for row in table.rows} == {f"cnn {run.version[:8]}" for run in runs}
    assert all("are of other code" in " ".join(row.remarks) for row in table.rows)
    here = [made_result("cnn", seed) for seed in range(3)]
    there = [made_result("cnn", seed, machine=run.machine | GPU, wall=0.5) for seed, run in enumerate(here[:2])]
    [table] = aggregate(there + here)
    assert [(row.label, row.machine, row.n) for row in table.rows] == [("cnn", "A", 3), ("cnn", "B", 2)]
    assert ["a GPU" in table.machines[letter] for letter in "AB"] == [False, True]
    [table] = aggregate([made_result("cnn"), made_result("cnn", devices=2)])
    assert {row.label for row in table.rows} == {"cnn, 1 process", "cnn, 2 processes"}


def test_the_first_run_of_a_seed_counts():
    again = made_result("cnn", 0, wrong=90, started="2026-12-01T00:00:00+00:00")
    row = only([again, *(made_result("cnn", seed, wrong=50) for seed in (0, 1))])
    assert (row.n, row.std) == (2, 0)
    assert "several runs with seed 0; the first counts" in row.remarks


def people(*runs):
    """Summarize pairs of a person and a result."""
    [table] = aggregate([run for _, run in runs], people=[name for name, _ in runs])
    return {row.label: row for row in table.rows}


def test_a_shared_starter_recipe_has_a_row_for_each_person():
    runs = [("Ada", made_result("cnn", seed, range(50))) for seed in (0, 1)]  # as of neighbours: seeds change nothing
    runs += [("Ben", made_result("cnn", seed, 70)) for seed in (0, 1)]
    rows = people(*runs, ("", made_result("cnn", 0, 90)))
    assert {label: (row.person, row.n, round(row.errors)) for label, row in rows.items()} == {
        "Ada/cnn": ("Ada", 2, 50),
        "Ben/cnn": ("Ben", 2, 70),
        "cnn": ("", 1, 90),
    }
    assert not any(row.twins for row in rows.values())
    assert "other code" not in " ".join(remark for row in rows.values() for remark in row.remarks)


@pytest.mark.parametrize(
    ("recipe", "seed", "minute", "why"),
    [
        ("cnn", 0, "09", "as the same code"),
        ("cnn", 1, "09", "with another seed"),
        ("cnn", 0, "00", "in the same second"),
        ("mine", 0, "09", "from different code"),
    ],
)
def test_equal_predictions_under_two_names_are_marked(recipe, seed, minute, why):
    code = {} if recipe == "cnn" else {"recipe": "mine", "code": made_code("mine")}  # a print is enough
    begin = "2026-11-23T07:00:00+00:00"
    first = made_result("cnn", 0, 50, started=begin)
    copied = dataclasses.replace(first, started=begin.replace("07:00", f"07:{minute}"), seed=seed, **code)
    rows = people(("Ada", first), ("Eve", copied), ("Ben", made_result("cnn", 1, 60, started=begin)))
    twins = {label: row.twins for label, row in rows.items()}
    assert twins == {"Ada/cnn": [f"Eve/{recipe}"], f"Eve/{recipe}": ["Ada/cnn"], "Ben/cnn": []}
    for label in ("Ada/cnn", f"Eve/{recipe}"):
        remarks = [remark for remark in rows[label].remarks if "under another name" in remark]
        assert [why in remark for remark in remarks] == [True]


def test_the_corrupted_accuracy_is_that_of_the_same_code():
    runs = [made_result("cnn"), made_result("cnn", code=OLDER), made_result("mlp")]
    measured = SimpleNamespace(recipe="cnn", variant="full", code=runs[0].code)
    means = ("test", 0.75), ("test", 0.77), ("validation", 0.1)
    tests = [SimpleNamespace(**vars(measured), evaluated_on=split, mean=mean) for split, mean in means]
    [table] = aggregate(runs, tests)
    corrupted = {(row.recipe, bool(row.changes)): row.corrupted_accuracy for row in table.rows}
    assert corrupted == {("cnn", False): 0.76, ("cnn", True): None, ("mlp", False): None}


def validation(seed, accuracy, seconds=(1.0, 5.0, 10.0), images=(6_000, 60_000, 120_000), **others):
    points = {"images": list(images), "seconds": list(seconds), "accuracy": list(accuracy)}
    return made_result(seed=seed, evaluated_on="validation", validation_curve=points, **others)


def test_a_learning_curve_is_the_mean_over_seeds_at_the_numbers_of_images_they_share():
    first = validation(0, (0.95, 0.992, 0.993))
    curve = learning_curve([first, validation(1, (0.95, 0.980, 0.993))])
    assert list(curve["mean"]) == pytest.approx([0.95, 0.986, 0.993])
    assert (curve["min"].iloc[1], curve["max"].iloc[1], curve["size"].iloc[1]) == (0.980, 0.992, 2)
    curve = learning_curve([first, validation(1, (0.95, 0.983), (1, 5), (6_000, 120_000))])
    assert dict(curve["mean"]) == pytest.approx({6_000: 0.95, 120_000: 0.988})
    assert learning_curve([first, validation(1, (0.9,), (1,), (7,))]) is None
    # The seconds are the median of the uncontended runs.
    runs = [validation(seed, (0.9, 0.95, 0.99), (1, seconds, 10)) for seed, seconds in enumerate((4, 6, 7))]
    contended = validation(3, (0.9, 0.95, 0.99), (30, 60, 90), other_cpu_seconds=50.0)
    curve = learning_curve([*runs, contended])
    assert (list(curve.seconds), list(curve["size"]), curve.contended.any()) == ([1, 6, 10], [4, 4, 4], False)
    curve = learning_curve([contended])
    assert (list(curve.seconds), curve.contended.all()) == ([30, 60, 90], True)


def test_the_scores_of_probabilities_are_means_over_the_test_runs():
    runs = made_result(nll=0.1, brier=0.2, ece=0.3), made_result(seed=1, nll=0.3, brier=0.2, ece=0.1)
    row = only([*runs, made_result(evaluated_on="validation", nll=0.9)])
    assert (row.nll, row.brier, row.ece) == pytest.approx((0.2, 0.2, 0.2))
    assert only([runs[0], made_result(seed=1)]).nll is None  # a recipe without probabilities


MACHINE = {"processor": "A processor", "cores": 2, "device": "CPU, 2 threads, float32", "system": "Linux x86_64"}
MACHINE |= {"python": "3.12.1", "versions": {"torch": "2.15.0"}, "commit": "a" * 40, "dirty": False}


def on(seed=0, fields=(), **machine):
    return made_result(seed=seed, machine=MACHINE | machine, **dict(fields))


def test_differences_between_runs_are_remarks_and_machines_described():
    assert only([on(0), on(1)]).remarks == []
    changed = on(1, {"precision": "bf16-mixed"}, commit="b" * 40, dirty=True, versions={"torch": "2.16.0"})
    remarks = ["runs differ in commit, precision, torch", "some runs with uncommitted changes"]
    assert only([on(0), changed]).remarks == remarks
    later = on(1, {"started": "2026-11-25T08:00:00+00:00"}, commit="b" * 40, versions={"torch": "2.16.0"})
    [table] = aggregate([later, on(0)])
    assert table.machines["A"] == (
        "A processor, 2 cores, CPU, 2 threads, float32, Linux x86_64; Python 3.12.1, torch 2.16.0; "
        "2026-11-23 to 2026-11-25; commits aaaaaaaaaa, bbbbbbbbbb"
    )
