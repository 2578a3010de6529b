"""Each rule of RULES.md that files can show has a folder here that breaks it, and only it."""

import json
from dataclasses import replace

import numpy as np
import pytest
from conftest import made_result
from sessions import Busy, at, changed, made_session, written
from statsmodels.stats.weightstats import DescrStatsW

from mnist_tutorial import MNISTError
from mnist_tutorial.benchmark import records
from mnist_tutorial.benchmark.recipe import load_recipe
from mnist_tutorial.benchmark.records import REFERENCE, TRIES, check, entries, history, markdown


def seed(number):
    return lambda result: (result.recipe, result.seed) == ("cnn-1s", number)


def reference(number):
    return lambda result: (result.recipe, result.seed) == (REFERENCE, number)


def references(result):
    return result.recipe == REFERENCE


def on_machine(which, **fields):
    [machine] = [result.machine for result in ALL if which(result)]
    return changed(ALL, which, machine=machine | fields)


ALL = made_session()
FIRST = ALL[1]
OTHER_CODE = FIRST.code | {"mnist_tutorial.data.split": "0" * 16}
HELD_OUT = {"evaluated_on": "validation", "started": FIRST.started, "machine": FIRST.machine, "code": FIRST.code}
TWIN = {"predicted": FIRST.predicted, "accuracy": FIRST.accuracy}
BROKEN = {
    "too few seeds": (made_session(seeds=9), "9 runs"),
    "a gap in the seeds": (changed(ALL, seed(4), seed=14), "the seeds are 0, 1, 2, 3, 5, 6, 7, 8, 9, 14"),
    "p too large": (made_session(lambda seed: 80 + 30 * (seed % 2)), "mean accuracy 99.050% with p = 0.17"),
    "no better than the target": (made_session(lambda seed: 100), "mean accuracy 99.000% with p = 1"),
    "copied predictions": (changed(ALL, seed(7), **TWIN), "seeds 0, 7 share"),
    "held-out digits": (
        [made_result("cnn-1s", 0, 40, **HELD_OUT), *ALL[:1], *ALL[2:]],
        "validation digits of the full",
    ),
    "a contended run": (changed(ALL, seed(3), other_cpu_seconds=5.0), "other programs used 5 s"),
    "a contended reference": (changed(ALL, reference(3), other_cpu_seconds=5.0), "other programs used 5 s"),
    "another machine": (on_machine(seed(3), processor="Z80"), "processor is not the same in all runs"),
    "another commit": (on_machine(seed(3), commit="d" * 40), "commit is not the same in all runs"),
    "changes without a commit": (on_machine(seed(3), dirty=True), "changes that are in no commit"),
    "another torch": (changed(ALL, seed(3), versions={"torch": "9", "deeplay": "0.1.4"}), "versions of torch are"),
    "fewer threads": (changed(ALL, seed(3), threads=1), "different numbers of threads"),
    "another recipe": (changed(ALL, seed(3), recipe="cnn"), "several recipes, cnn, cnn-1s"),
    "other code": (changed(ALL, seed(3), code=OTHER_CODE), "the code of mnist_tutorial.data.split is not the same"),
    "an edited reference": (changed(ALL, references, source="def faster(run): ..."), "is not that of this package"),
    "no reference": ([result for result in ALL if not references(result)], "0 runs of the reference"),
    "a late reference": (changed(ALL, reference(0), started=at(1.5)), "after the first run of the recipe"),
    "an early end": (changed(ALL, reference(4), started=at(12.5)), "before the last run of the recipe"),
    "references in a row": (changed(ALL, reference(2), started=at(3.5)), "5 runs between the references"),
    "a break": ([replace(r, started=at(1440)) if r.started >= at(8) else r for r in ALL], "three hours apart"),
    "slow predictions": (changed(ALL, lambda result: True, prediction=21.0), "predictions take 21.00 s"),
    "nothing": ([], "no runs of a recipe"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_refused(name, tmp_path):
    results, expected = BROKEN[name]
    [reason] = check(written(results, tmp_path / "entry"), "99.0").reasons
    assert expected in reason


def test_the_target_decides_about_what_a_session_plans(tmp_path):
    for seeds in (10, 13, 18):
        folder = written(made_session(lambda seed: 45 + seed % 2, seeds), tmp_path / str(seeds))
        assert [bool(check(folder, target).reasons) for target in ("99.0", "99.5", "99.7")] == [False, False, True]


def test_files_that_are_cut_short_and_runs_that_failed_are_refused(tmp_path):
    folder = written(ALL, tmp_path / "entry")
    path = folder / f"{ALL[-2].name}.json"  # of seed 9, so that the seeds before it are complete
    path.write_bytes(path.read_bytes()[:999])
    failure = {"kind": "failure", "recipe": "cnn-1s", "seed": 3, "evaluated_on": "test", "error": "it broke"}
    (folder / "x.failure.json").write_text(json.dumps(failure))
    damaged, failed, few = check(folder, "99.0").reasons
    assert damaged.startswith(f"{path}: cut short")
    assert (failed, few) == ("seed 3 of cnn-1s failed", "9 runs; expected at least 10")


def test_a_run_is_set_aside_for_a_reason_and_its_accuracy_counts(tmp_path):
    written([FIRST], tmp_path / "free/contended/1")
    [reason] = check(written(ALL, tmp_path / "free"), "99.0").reasons
    assert "although no other program was busy" in reason
    wrong = made_result("cnn-1s", 0, 500, other_cpu_seconds=5.0, started=at(0.5), code=FIRST.code, wall=77.0)
    written([wrong], tmp_path / "busy/contended/1")
    entry = check(written(ALL, tmp_path / "busy"), "99.0")
    assert (entry.accuracies[0], entry.seconds) == (0.95, 10.0)


def test_the_figures(tmp_path):
    entry = check(written(changed(made_session(), references, wall=8.0), tmp_path / "entry"), "99.0")
    accuracies = np.array([1 - (80 + seed) / 10_000 for seed in range(10)])
    _, p_value, _ = DescrStatsW(accuracies).ttest_mean(0.99, alternative="larger")
    assert entry.p_value == pytest.approx(p_value)
    assert entry.ratio == 10 / 8
    lines = list(entry.lines())
    assert "cnn-1s, n = 10: 99.155 ± 0.030 % of the test digits" in lines[0]
    assert lines[1:3] == ["median of training: 10.00 s", f"median of 5 runs of {REFERENCE}: 8.00 s; ratio 1.250"]
    assert "commit cccccccccc" in lines[3]
    assert lines[-1] == "accepted"


def test_the_history_holds_what_was_a_record_on_its_day_and_the_table_what_a_claim_needs(tmp_path):
    for target, name, day, wall, wrong in (
        ("99.0", "earliest", 1, 5.0, 80),
        ("99.0", "slower", 2, 6.0, 80),
        ("99.0", "faster", 3, 2.5, 80),
        ("99.7", "accurate", 1, 90.0, 15),
        ("99.0", "careless", 4, 1.0, 120),
    ):
        results = made_session(lambda seed, wrong=wrong: wrong + seed % 3, wall=wall)
        on_day = [replace(result, started=result.started.replace("11-26", f"12-0{day}")) for result in results]
        written(on_day, tmp_path / target / name)
    (tmp_path / "99.0/faster/reason.txt").write_text("Fewer | pixels,\nand so on", encoding="utf-8")

    judged = [(entry.folder.name, not entry.reasons) for entry in entries(tmp_path, "99.0")]
    assert judged == [("faster", True), ("earliest", True), ("slower", True), ("careless", False)]
    assert entries(tmp_path, "99.5") == []
    assert [entry.folder.name for entry in history(tmp_path)] == ["earliest", "faster", "accurate"]
    line = markdown(history(tmp_path)).splitlines()[3]
    assert line.startswith("| 99.0 % | 2026-12-03 | cnn-1s | 2.50 | 0.250 | 10 |")
    cells = line.replace("\\|", "/").split(" | ")
    assert (cells[6], cells[9], cells[10]) == ("99.19 ± 0.01", "cccccccccc", "Fewer / pixels, |")
    assert float(cells[7]) < 0.01


@pytest.fixture
def tasks(quick_file):
    """The tasks of a recipe without those of the reference, which take longer."""

    def plan(name="random_guess"):
        planned = records.plan(load_recipe(f"{quick_file}:{name}"), 3, "sample")
        return [task for task in planned if task.recipe.name != REFERENCE]

    return plan


def kinds(events):
    return [(event.kind, event.task.seed) for event in events if event.kind != "started"]


def test_the_reference_comes_first_and_last_and_in_between():
    planned = [(task.recipe.name, task.seed) for task in records.plan(load_recipe("cnn"), 10)]
    assert [name for name, _ in planned] == [name for runs in (0, 2, 3, 2, 3) for name in [*["cnn"] * runs, REFERENCE]]
    assert [seed for name, seed in planned if name == "cnn"] == list(range(10))
    with pytest.raises(MNISTError, match="whose ratio is 1"):
        records.plan(load_recipe(REFERENCE), 10)


def test_a_contended_run_is_repeated_and_an_interrupted_session_carries_on(tasks, tmp_path):
    for event in records.run(tasks(), tmp_path, Busy({0: 1})):
        if event.kind == "done":
            break
    events = kinds(records.run(tasks(), tmp_path, Busy({2: TRIES - 1})))
    assert events == [("done", seed) for seed in [0, 1, *[2] * TRIES]]
    entry = check(tmp_path, "99.0", "sample")
    assert [run.contended for run in entry.runs] == [False, False, False]
    assert sorted(run.seed for run in entry.set_aside if run.contended) == [0, *[2] * (TRIES - 1)]
    assert kinds(records.run(tasks(), tmp_path, Busy())) == [("there", seed) for seed in range(3)]


def test_a_failure_or_a_machine_that_is_never_quiet_ends_the_session(tasks, tmp_path):
    assert kinds(records.run(tasks("crashing"), tmp_path / "failed", Busy())) == [("failed", 0)]
    with pytest.raises(MNISTError, match=f"in each of {TRIES} tries"):
        list(records.run(tasks(), tmp_path / "busy", Busy({0: TRIES})))


def test_a_folder_has_one_session_of_one_code(tasks, quick_file, tmp_path):
    list(records.run(tasks()[:1], tmp_path, Busy()))
    quick_file.write_text(quick_file.read_text() + "x = 1\n")
    with pytest.raises(MNISTError, match="has results of other runs, or of other code"):
        list(records.run(tasks(), tmp_path, Busy()))
