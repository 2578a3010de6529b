import hashlib

import numpy as np
import pytest
from conftest import made_result
from rich.console import Console
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.weightstats import CompareMeans

from mnist_tutorial.benchmark.compare.regression import REFERENCE, check, table
from mnist_tutorial.benchmark.results.files import write
from mnist_tutorial.errors import MNISTError

ERRORS = (50, 56, 49, 53, 51)
SECONDS = (10, 10.3, 9.8, 10.1, 10.2)
EDITED = {"source": "def cnn(run): pass", "source_sha256": hashlib.sha256(b"def cnn(run): pass").hexdigest()}


@pytest.fixture
def old(tmp_path):
    return Runs(tmp_path / "baseline")


@pytest.fixture
def now(tmp_path):
    return Runs(tmp_path / "results")


class Runs:
    """A folder of results, with the reference."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()
        self.add(REFERENCE, [97, 95, 99, 96, 98], seconds=(1, 1.02, 0.98, 1.01, 1))

    def add(self, recipe, errors=ERRORS, seconds=SECONDS, **others):
        for seed, (wrong, wall) in enumerate(zip(errors, seconds, strict=False)):
            write(made_result(recipe, seed, wrong, wall=wall, **others), self.folder)


def kinds(found):
    return [(alert.kind, alert.recipe) for alert in found.alerts]


def test_what_is_as_it_was_is_fine(old, now):
    for runs in (old, now):
        runs.add("cnn")
    found = check(old.folder, now.folder)
    assert found.alerts == []
    assert not found.failed
    assert [change.label for change in found.changes] == ["cnn", REFERENCE]


def test_a_recipe_that_makes_more_errors_is_bad_and_one_that_makes_fewer_is_not(old, now):
    for recipe, errors in (("cnn", [90, 95, 88, 99, 91]), ("mlp", [10, 12, 11, 9, 10])):
        old.add(recipe)
        now.add(recipe, errors)
    found = check(old.folder, now.folder)
    assert kinds(found) == [("worse", "cnn")]
    assert found.failed
    sentence = found.alerts[0].sentence
    assert sentence.startswith("cnn is worse: 99.48 % (5 runs), now 99.07 % (5 runs); p = ")


def test_p_is_that_of_statsmodels(old, now):
    others = {"cnn": (57, 60, 54, 55, 52), "mlp": (55, 51, 58, 50, 56), "tiny": (60, 66, 59, 63, 61)}
    for recipe, errors in others.items():
        old.add(recipe)
        now.add(recipe, errors)
    found = {change.recipe: change.p_worse for change in check(old.folder, now.folder).changes}
    one_sided = [
        CompareMeans.from_data(errors, ERRORS).ttest_ind(alternative="larger", usevar="unequal")[1]
        for errors in others.values()
    ]
    adjusted = multipletests([*one_sided, 0.5], method="holm")[1]  # the reference is as it was
    assert [found[recipe] for recipe in others] == pytest.approx(adjusted[:3])


def test_single_runs_are_compared_by_their_predictions(old, now):
    old.add("cnn", (range(50),))
    old.add("mlp", (range(50),))
    now.add("cnn", (range(90),))
    now.add("mlp", (range(3, 56),))
    assert kinds(check(old.folder, now.folder)) == [("worse", "cnn")]


def test_without_random_numbers_one_error_more_is_bad(old, now):
    for recipe, count in (("knn", 301), ("svm", 299)):
        old.add(recipe, (range(300),) * 2)
        now.add(recipe, (range(count),) * 2)
    found = check(old.folder, now.folder)
    assert kinds(found) == [("worse", "knn")]
    assert "this is not chance" in found.alerts[0].sentence


@pytest.mark.parametrize(("factor", "bad"), [(1.15, False), (1.3, True)])
def test_more_than_a_fifth_slower_is_bad(old, now, factor, bad):
    old.add("cnn")
    now.add("cnn", seconds=[factor * wall for wall in SECONDS])
    found = check(old.folder, now.folder)
    assert found.failed == bad
    assert kinds(found) == ([("slower", "cnn")] if bad else [])
    if bad:
        assert all(part in found.alerts[0].sentence for part in ("cnn is slower by 30 %", REFERENCE, "10.10", "13.13"))


def test_a_slower_machine_is_not_bad(old, now, tmp_path):
    old.add("cnn")
    slow = Runs(tmp_path / "slow")
    slow.add("cnn", seconds=[3 * wall for wall in SECONDS])
    for path in slow.folder.glob(f"{REFERENCE}*"):
        path.unlink()
    slow.add(REFERENCE, [97, 95, 99], seconds=(3, 3.1, 2.9))
    assert check(old.folder, slow.folder).alerts == []


def test_times_that_vary_too_much_are_not_compared(old, now):
    old.add("cnn", seconds=(6, 10, 18))
    now.add("cnn", seconds=(7, 14, 22))
    found = check(old.folder, now.folder)
    assert kinds(found) == [("time not compared", "cnn")]
    assert not found.failed
    assert "chance explains it" in found.alerts[0].sentence


def test_times_of_single_runs_are_compared_by_their_ratio(old, now, tmp_path):
    for runs, wall in ((old, 10), (now, 13)):
        for path in runs.folder.glob("*.json"):
            path.unlink()
        runs.add("cnn", (50,), (wall,))
        runs.add("fast", (50,), (1,))
    assert kinds(check(old.folder, now.folder, reference="fast")) == [("slower", "cnn")]


def test_contended_runs_and_a_missing_reference_are_reported(old, now):
    old.add("cnn")
    now.add("cnn", other_cpu_seconds=19.0)
    found = check(old.folder, now.folder)
    assert kinds(found) == [("time not compared", "cnn")]
    assert "all new runs of cnn were contended" in found.alerts[0].sentence
    found = check(old.folder, now.folder, reference="nothing")
    [alert] = found.alerts
    assert alert.kind == "time not compared"
    assert f"no time of cnn, {REFERENCE}" in alert.sentence
    assert not found.failed


def test_a_recipe_that_is_gone_is_bad(old, now):
    old.add("cnn")
    now.add("cnn", evaluated_on="validation")
    found = check(old.folder, now.folder)
    assert kinds(found) == [("missing", "cnn")]
    assert f"no test run on the full MNIST in {now.folder}, but 5 in {old.folder}" in found.alerts[0].sentence
    assert found.failed


def test_variants_are_not_mixed(old, now):
    old.add("cnn", (5, 6), variant="sample")
    now.add("cnn", (50, 60))
    assert kinds(check(old.folder, now.folder)) == [("missing", "cnn")]


def test_runs_for_validation_count_where_there_are_no_others(old, now):
    old.add("cnn", evaluated_on="validation")
    now.add("cnn", [90, 95, 88, 99, 91], evaluated_on="validation")
    assert kinds(check(old.folder, now.folder)) == [("worse", "cnn")]


def test_an_edited_recipe_is_compared_by_name_and_reported(old, now):
    old.add("cnn")
    now.add("cnn", **EDITED)
    found = check(old.folder, now.folder)
    assert kinds(found) == [("edited", "cnn")]
    assert f"now {EDITED['source_sha256'][:8]}); it is compared by its name" in found.alerts[0].sentence
    assert not found.failed


def test_two_versions_in_one_folder_cannot_be_compared(old, now):
    old.add("cnn")
    now.add("cnn")
    now.add("cnn", **EDITED)
    found = check(old.folder, now.folder)
    assert kinds(found) == [("several versions", "cnn")]
    assert f"cnn in {now.folder}: found runs of 2 versions" in found.alerts[0].sentence
    assert found.failed


def test_a_file_that_does_not_check_out_is_bad(old, now):
    (now.folder / "broken.json").write_text("{")
    found = check(old.folder, now.folder)
    assert kinds(found) == [("refused", None)]
    assert found.failed


def test_a_copied_run_counts_once(old, now):
    for folder in (now.folder, now.folder / "copy"):
        folder.mkdir(exist_ok=True)
        write(made_result("cnn"), folder)
    old.add("cnn")
    assert [len(change.new) for change in check(old.folder, now.folder).changes] == [1, 5]


def test_a_baseline_within_the_results_is_an_error(now):
    within = Runs(now.folder / "baseline")
    for folders in ((within.folder, now.folder), (now.folder, within.folder), (now.folder, now.folder)):
        with pytest.raises(MNISTError, match="one lies within the other"):
            check(*folders)


def test_nothing_to_compare_with_is_an_error(now, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(MNISTError, match="empty: found no results; expected those of"):
        check(tmp_path / "empty", now.folder)
    with pytest.raises(MNISTError, match="no such folder"):
        check(tmp_path / "nowhere", now.folder)


def test_the_table_has_accuracies_times_and_findings(old, now):
    old.add("cnn")
    now.add("cnn", [90, 95, 88, 99, 91], seconds=[2 * wall for wall in SECONDS])
    console = Console(width=150)
    with console.capture() as capture:
        console.print(table(check(old.folder, now.folder)))
    [row] = [line.split() for line in capture.get().splitlines() if line.strip().startswith("cnn")]
    assert row[:5] == ["cnn", "5,", "5", "99.48,", "99.07"]
    assert row[6:] == ["10.10,", "20.20", "+100", "%", "worse,", "slower"]


def test_false_alarms_are_rare(old, now):
    """Eight recipes that are as they were: their errors and times come from the same distributions."""
    rng = np.random.default_rng(0)
    for runs in (old, now):
        for i in range(8):
            runs.add(f"r{i}", [int(count) for count in rng.normal(50, 6, 4)], 10 * np.exp(rng.normal(0, 0.1, 4)))
    found = check(old.folder, now.folder)
    assert not found.failed
    assert {alert.kind for alert in found.alerts} <= {"time not compared"}
