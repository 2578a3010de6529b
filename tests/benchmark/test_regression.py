import pytest
from conftest import made_result
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.weightstats import CompareMeans

from mnist_tutorial.benchmark.regression import REFERENCE, check, table
from mnist_tutorial.benchmark.store import write
from mnist_tutorial.errors import MNISTError

ERRORS = (50, 56, 49, 53, 51)
SECONDS = (10, 10.3, 9.8, 10.1, 10.2)
EDITED = {"source": "def cnn(run): pass"}


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


# The recipes of both folders: errors then and now, or seconds, or fields; what makes the check fail, and a remark.
WORSE, SLOWER = {"errors": [90, 95, 88, 99, 91]}, {"seconds": [1.3 * wall for wall in SECONDS]}
CASES = {
    "as it was": ({}, {}, "", ""),
    "more errors": ({}, WORSE, "is worse: 99.48 %, now 99.07 %", ""),
    "fewer errors": ({}, {"errors": [10, 12, 11, 9, 10]}, "", ""),
    "one run, by its predictions": ({"errors": (range(50),)}, {"errors": (range(90),)}, "is worse", ""),
    "one run, not clearly worse": ({"errors": (range(50),)}, {"errors": (range(3, 56),)}, "", ""),
    "one more error without random numbers": ({"errors": (range(30),) * 2}, {"errors": (range(31),) * 2}, "worse", ""),
    "held-out digits": ({"evaluated_on": "validation"}, WORSE | {"evaluated_on": "validation"}, "is worse", ""),
    "15 % slower": ({}, {"seconds": [1.15 * wall for wall in SECONDS]}, "", ""),
    "30 % slower": ({}, SLOWER, "is slower by 30 %: it took 10.10 times as long", ""),
    "times that vary": ({"seconds": (6, 10, 18)}, {"seconds": (7, 14, 22)}, "", "but chance explains it"),
    "one run, slower": ({"errors": (50,)}, {"errors": (50,), "seconds": (13,)}, "is slower", ""),
    "a busy machine": ({}, {"other_cpu_seconds": 19.0}, "", "during all runs of new cnn"),
    "gone": ({}, {"evaluated_on": "validation"}, "new is missing: found no test run", ""),
    "another variant": ({"errors": (5, 6), "variant": "sample"}, {}, "new is missing", ""),
    "an edited recipe": ({}, EDITED, "", "was edited"),
    "another machine": ({}, {"machine": {"processor": "another"}}, "", "different machines"),
    "more processes": ({}, {"devices": 2}, "", "number of processes"),
}


@pytest.mark.parametrize("name", CASES)
def test_what_has_become_worse_is_found_and_nothing_else(name, runs, tmp_path):
    then, now, *expected = CASES[name]
    runs("old", "cnn", **then)
    runs("new", "cnn", **now)
    _, *found = check(tmp_path / "old", tmp_path / "new")
    for sentences, words in zip(found, expected, strict=True):
        assert ["cnn" in sentence and words in sentence for sentence in sentences] == [True] * bool(words)


def test_p_is_that_of_statsmodels(runs, tmp_path):
    others = {"cnn": (57, 60, 54, 55, 52), "mlp": (55, 51, 58, 50, 56), "tiny": (60, 66, 59, 63, 61)}
    for recipe, errors in others.items():
        runs("old", recipe)
        runs("new", recipe, errors)
    found = {change.label: change.p_worse for change in check(tmp_path / "old", tmp_path / "new")[0]}
    tests = [CompareMeans.from_data(errors, ERRORS) for errors in others.values()]
    one_sided = [test.ttest_ind(alternative="larger", usevar="unequal")[1] for test in tests]
    adjusted = multipletests([*one_sided, 0.5], method="holm")[1]  # the reference is as it was
    assert [found[recipe] for recipe in others] == pytest.approx(adjusted[:3])


def test_a_slower_machine_is_not_bad_and_contended_runs_do_not_count(tmp_path, runs):
    runs("old", "cnn")
    runs("slow", "cnn", seconds=[3 * wall for wall in SECONDS])
    write(made_result("cnn", 9, 52, wall=100.0, other_cpu_seconds=19.0), tmp_path / "slow")
    runs("slow", REFERENCE, [97, 95, 99], (3, 3.1, 2.9))
    changes, failures, remarks = check(tmp_path / "old", tmp_path / "slow")
    assert (failures, remarks, changes[0].times) == ([], [], pytest.approx((10.1, 10.1)))


def test_times_beside_an_edited_reference_or_none_are_not_compared(tmp_path, runs):
    runs("old", "cnn")
    runs("edited", "cnn")
    runs("edited", REFERENCE, [97, 95, 99], (1, 1.1, 0.9), **EDITED)
    for reference, why in (
        (REFERENCE, "the reference was edited"),
        ("gone", "gone does not have runs in both folders"),
    ):
        _, failures, [edited, time] = check(tmp_path / "old", tmp_path / "edited", reference)
        assert (failures, f"{REFERENCE} was edited" in edited) == ([], True)
        assert time == f"the time of cnn, {REFERENCE} cannot be compared: {why}"


def test_damaged_files_and_two_versions_in_one_folder_are_bad(runs, tmp_path):
    (tmp_path / "new/broken.json").write_text("{")
    runs("old", "cnn")
    for others in ({}, EDITED):
        runs("new", "cnn", **others)
    _, [damaged, versions], _ = check(tmp_path / "old", tmp_path / "new")
    assert "broken.json: cut short" in damaged
    assert f"cnn in {tmp_path / 'new'}: found runs of code" in versions


def test_folders_that_cannot_be_compared_are_errors(runs, tmp_path):
    (tmp_path / "empty").mkdir()
    errors = {"empty": "found no results", "nowhere": "no such folder", "": "one lies within the other"}
    for name, match in errors.items():
        with pytest.raises(MNISTError, match=match):
            check(tmp_path / name, tmp_path / "new")


def test_the_table_has_accuracies_and_times(runs, tmp_path):
    runs("old", "cnn")
    runs("new", "cnn", seconds=[2 * wall for wall in SECONDS])
    columns = [[*column.cells] for column in table(check(tmp_path / "old", tmp_path / "new")[0]).columns]
    assert [cells[0] for cells in columns] == ["cnn", "5, 5", "99.48, 99.48", "1", "10.10, 20.20", "+100 %"]
