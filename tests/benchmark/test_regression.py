import numpy as np
import pytest
from conftest import made_result
from rich.console import Console
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.weightstats import CompareMeans

from mnist_tutorial.benchmark.files import write
from mnist_tutorial.benchmark.regression import REFERENCE, check, relative_times, table
from mnist_tutorial.errors import MNISTError

ERRORS = (50, 56, 49, 53, 51)
SECONDS = (10, 10.3, 9.8, 10.1, 10.2)
EDITED = {"source": "def cnn(run): pass", "source_sha256": "0" * 64}


@pytest.fixture
def runs(tmp_path):
    """Two folders of results, each with the reference; the value adds runs to one of them."""

    def add(name, recipe, errors=ERRORS, seconds=SECONDS, **others):
        (tmp_path / name).mkdir(exist_ok=True)
        for seed, (wrong, wall) in enumerate(zip(errors, seconds, strict=False)):
            write(made_result(recipe, seed, wrong, wall=wall, **others), tmp_path / name)

    for name in ("old", "new"):
        add(name, REFERENCE, [97, 95, 99, 96, 98], (1, 1.02, 0.98, 1.01, 1))
    return add


# The recipes of both folders: errors then and now, or seconds, or fields; and what is said. A * makes the check fail.
WORSE, SLOWER = {"errors": [90, 95, 88, 99, 91]}, {"seconds": [1.3 * wall for wall in SECONDS]}
CASES = {
    "as it was": ({}, {}, []),
    "more errors": ({}, WORSE, ["worse*"]),
    "fewer errors": ({}, {"errors": [10, 12, 11, 9, 10]}, []),
    "one run, by its predictions": ({"errors": (range(50),)}, {"errors": (range(90),)}, ["worse*"]),
    "one run, not clearly worse": ({"errors": (range(50),)}, {"errors": (range(3, 56),)}, []),
    "one more error without random numbers": ({"errors": (range(30),) * 2}, {"errors": (range(31),) * 2}, ["worse*"]),
    "held-out digits": ({"evaluated_on": "validation"}, WORSE | {"evaluated_on": "validation"}, ["worse*"]),
    "15 % slower": ({}, {"seconds": [1.15 * wall for wall in SECONDS]}, []),
    "30 % slower": ({}, SLOWER, ["slower*"]),
    "times that vary": ({"seconds": (6, 10, 18)}, {"seconds": (7, 14, 22)}, ["time not compared"]),
    "one run, slower": ({"errors": (50,)}, {"errors": (50,), "seconds": (13,)}, ["slower*"]),
    "a busy machine": ({}, {"other_cpu_seconds": 19.0}, ["time not compared"]),
    "gone": ({}, {"evaluated_on": "validation"}, ["missing*"]),
    "another variant": ({"errors": (5, 6), "variant": "sample"}, {}, ["missing*"]),
    "an edited recipe": ({}, EDITED, ["edited"]),
}


@pytest.mark.parametrize("name", CASES)
def test_what_has_become_worse_is_found_and_nothing_else(name, runs, tmp_path):
    then, now, expected = CASES[name]
    runs("old", "cnn", **then)
    runs("new", "cnn", **now)
    _, found = check(tmp_path / "old", tmp_path / "new")
    assert [alert.kind + "*" * alert.failed for alert in found] == expected
    assert all("cnn" in alert.sentence for alert in found)


def test_p_is_that_of_statsmodels(runs, tmp_path):
    others = {"cnn": (57, 60, 54, 55, 52), "mlp": (55, 51, 58, 50, 56), "tiny": (60, 66, 59, 63, 61)}
    for recipe, errors in others.items():
        runs("old", recipe)
        runs("new", recipe, errors)
    found = {change.label: change.p_worse for change in check(tmp_path / "old", tmp_path / "new")[0]}
    one_sided = [
        CompareMeans.from_data(errors, ERRORS).ttest_ind(alternative="larger", usevar="unequal")[1]
        for errors in others.values()
    ]
    adjusted = multipletests([*one_sided, 0.5], method="holm")[1]  # the reference is as it was
    assert [found[recipe] for recipe in others] == pytest.approx(adjusted[:3])


def test_a_slower_machine_is_not_bad(tmp_path, runs):
    runs("old", "cnn")
    runs("slow", "cnn", seconds=[3 * wall for wall in SECONDS])
    runs("slow", REFERENCE, [97, 95, 99], (3, 3.1, 2.9))
    assert check(tmp_path / "old", tmp_path / "slow")[1] == []


def test_damaged_files_and_two_versions_in_one_folder_are_bad(runs, tmp_path):
    (tmp_path / "new/broken.json").write_text("{")
    runs("old", "cnn")
    runs("new", "cnn")
    runs("new", "cnn", **EDITED)
    refused, versions = check(tmp_path / "old", tmp_path / "new")[1]
    assert (refused.kind, versions.kind, versions.recipe) == ("refused", "several versions", "cnn")


def test_folders_that_cannot_be_compared_are_errors(runs, tmp_path):
    (tmp_path / "empty").mkdir()
    for baseline, match in (
        (tmp_path / "empty", "found no results"),
        (tmp_path / "nowhere", "no such folder"),
        (tmp_path, "one lies within the other"),
    ):
        with pytest.raises(MNISTError, match=match):
            check(baseline, tmp_path / "new")


def test_the_table_has_accuracies_times_and_findings(runs, tmp_path):
    runs("old", "cnn")
    runs("new", "cnn", **WORSE, seconds=[2 * wall for wall in SECONDS])
    console = Console(width=150)
    with console.capture() as capture:
        console.print(table(*check(tmp_path / "old", tmp_path / "new")))
    [row] = [line.split() for line in capture.get().splitlines() if line.strip().startswith("cnn")]
    assert row[:5] == ["cnn", "5,", "5", "99.48,", "99.07"]
    assert row[6:] == ["10.10,", "20.20", "+100", "%", "worse,", "slower"]


def timed(recipe, then, now, **others):
    """Runs of a recipe, old and new; the latter with other fields."""
    old = [made_result(recipe, seed, wall=wall) for seed, wall in enumerate(then)]
    return old, [made_result(recipe, seed, **({"wall": wall} | others)) for seed, wall in enumerate(now)]


@pytest.mark.parametrize(
    ("recipe", "reference", "factor", "p_value"),
    [
        (((9, 10, 12), (18, 20, 24)), ((2, 1, 3), (4, 2, 6)), 1, 0.5),  # a slower machine
        (((10, 10.2, 9.9), (15, 15.3, 14.7)), ((1, 1.01, 0.99), (1, 1.02, 0.98)), 1.5, 0),
        (((6, 10, 14), (8, 14, 18)), ((1, 1.4, 0.7), (1, 1.5, 0.6)), 1.4, 0.2),  # times that vary much
        (((10,), (15,)), ((1,), (1,)), 1.5, np.nan),  # unknown variation
    ],
)
def test_times_are_compared_with_those_of_the_reference(recipe, reference, factor, p_value):
    old, new, found = relative_times(timed("cnn", *recipe), timed("fast", *reference))
    assert old == np.median(recipe[0]) / np.median(reference[0])
    assert new / old == pytest.approx(factor)
    assert found == pytest.approx(p_value, abs=1e-6 if p_value in (0, 0.5) else 0.1, nan_ok=True)


def test_contended_runs_do_not_count():
    old, new = timed("cnn", (10, 10), (15, 10))
    new[0] = made_result("cnn", 0, wall=15, other_cpu_seconds=19.0)
    assert relative_times((old, new), timed("fast", (1, 1), (1, 1)))[:2] == (10, 10)


@pytest.mark.parametrize(
    ("change", "whose", "problem"),
    [
        ({"machine": {"processor": "another"}}, "fast", "the new runs of cnn and fast come from different machines"),
        ({"devices": 2}, "cnn", "the number of processes of cnn changed from 1 to 2"),
        ({"source_sha256": "0" * 64}, "fast", "the reference fast was edited"),
        ({"other_cpu_seconds": 19.0}, "cnn", "all new runs of cnn were contended"),
    ],
)
def test_times_of_something_else_are_not_compared(change, whose, problem):
    made = [timed(name, (10, 11), (10, 11), **(change if name == whose else {})) for name in ("cnn", "fast")]
    with pytest.raises(MNISTError, match=problem):
        relative_times(*made)
