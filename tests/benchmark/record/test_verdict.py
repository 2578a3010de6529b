"""Each rule of RULES.md that files can show has a folder here that breaks it, and only it."""

import json
from dataclasses import replace

import numpy as np
import pytest
from conftest import made_result
from sessions import at, changed, made_session, written
from statsmodels.stats.weightstats import DescrStatsW

from mnist_tutorial.benchmark.record import check
from mnist_tutorial.benchmark.record.entry import REFERENCE, Entry


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
TWIN = {"predictions": FIRST.predictions, "test_accuracy": FIRST.accuracy}
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
    "unknown code": (changed(ALL, seed(3), code={}), "1 runs do not say which code ran"),
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
        assert [check(folder, target).accepted for target in ("99.0", "99.5", "99.7")] == [True, True, False]


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
    entry = Entry.read(written(ALL, tmp_path / "busy"))
    assert (entry.accuracies[0], entry.seconds) == (0.95, 10.0)


def test_the_figures(tmp_path):
    verdict = check(written(changed(made_session(), references, wall=8.0), tmp_path / "entry"), "99.0")
    accuracies = np.array([1 - (80 + seed) / 10_000 for seed in range(10)])
    _, p_value, _ = DescrStatsW(accuracies).ttest_mean(0.99, alternative="larger")
    assert verdict.p_value == pytest.approx(p_value)
    assert verdict.entry.ratio == 10 / 8
    lines = list(verdict.lines())
    assert "cnn-1s, n = 10: 99.155 ± 0.030 % of the test digits" in lines[0]
    assert lines[1:3] == ["median of training: 10.00 s", f"median of 5 runs of {REFERENCE}: 8.00 s; ratio 1.250"]
    assert "commit cccccccccc" in lines[3]
    assert lines[-1] == "accepted"
