"""Each rule of RULES.md that files can show has a folder here that breaks it, and only it."""

import json
from dataclasses import replace

import numpy as np
import pytest
from conftest import made_result
from sessions import at, changed, forge, made_session, written
from statsmodels.stats.weightstats import DescrStatsW

from mnist_tutorial import MNISTError
from mnist_tutorial.benchmark.record import check
from mnist_tutorial.benchmark.record.entry import REFERENCE, Entry
from mnist_tutorial.benchmark.record.requirements import TRIES
from mnist_tutorial.benchmark.results.predictions import pack


@pytest.fixture
def reasons(tmp_path):
    def find(results, target="99.0"):
        return check(written(results, tmp_path / "entry"), target).reasons

    return find


def seed(number):
    return lambda result: (result.recipe, result.seed) == ("cnn-1s", number)


def reference(number):
    return lambda result: (result.recipe, result.seed) == (REFERENCE, number)


def edited(result):
    return {name: "0" * 16 if ":" in name else value for name, value in result.code.items()}


def other(results, which, wrong, **fields):
    """Replace results by those of other digits."""
    return [
        made_result(
            result.recipe,
            result.seed,
            wrong,
            **{name: getattr(result, name) for name in ("source", "source_sha256", "code", "machine", "started")},
            **fields,
        )
        if which(result)
        else result
        for result in results
    ]


def on_machine(results, which, **fields):
    [machine] = [result.machine for result in results if which(result)]
    return changed(results, which, machine=machine | fields)


ALL = made_session()
BROKEN = {
    "too few seeds": (made_session(seeds=9), ["9 runs"]),
    "a gap in the seeds": (changed(ALL, seed(4), seed=14), ["the seeds are 0, 1, 2, 3, 5, 6, 7, 8, 9, 14"]),
    "p too large": (made_session(lambda seed: 80 + 30 * (seed % 2)), ["mean accuracy 99.050% with p = 0.17"]),
    "below the target": (made_session(lambda seed: 120 + seed), ["mean accuracy 98.755%"]),
    "no better than the target, without spread": (made_session(lambda seed: 100), ["mean accuracy 99.000% with p = 1"]),
    "copied predictions": (
        changed(ALL, seed(7), predictions=ALL[1].predictions, test_accuracy=ALL[1].accuracy),
        ["seeds 0, 7 share"],
    ),
    "held-out digits": (other(ALL, seed(3), 40, evaluated_on="validation"), ["validation digits of the full MNIST"]),
    "the sample": (other(ALL, seed(3), 4, variant="sample"), ["test digits of the sample MNIST"]),
    "a contended run": (changed(ALL, seed(3), other_cpu_seconds=5.0), ["other programs used 5 s"]),
    "a contended reference": (changed(ALL, reference(3), other_cpu_seconds=5.0), ["other programs used 5 s"]),
    "another machine": (on_machine(ALL, seed(3), processor="Z80"), ["processor is not the same in all runs"]),
    "another Python": (on_machine(ALL, reference(3), python="3.99"), ["python is not the same in all runs"]),
    "another commit": (on_machine(ALL, seed(3), commit="d" * 40), ["commit is not the same in all runs"]),
    "changes without a commit": (on_machine(ALL, seed(3), dirty=True), ["changes that are in no commit"]),
    "another torch": (changed(ALL, seed(3), versions={"torch": "9", "deeplay": "0.1.4"}), ["versions of torch are"]),
    "fewer threads": (changed(ALL, seed(3), threads=1), ["different numbers of threads"]),
    "another recipe": (changed(ALL, seed(3), recipe="cnn"), ["several recipes, cnn, cnn-1s"]),
    "other code": (changed(ALL, seed(3), code=edited(ALL[1])), ["networks:cnn_1s is not the same in all runs"]),
    "another harness": (
        changed(ALL, reference(3), code=ALL[0].code | {"mnist_tutorial.data.split": "0" * 16}),
        ["the code of mnist_tutorial.data.split is not the same"],
    ),
    "unknown code": (changed(ALL, seed(3), code={}), ["1 runs do not say which code ran"]),
    "an edited reference": (
        changed(ALL, lambda result: result.recipe == REFERENCE, source="def faster(run): ..."),
        ["is not that of this package"],
    ),
    "no reference": ([result for result in ALL if result.recipe != REFERENCE], ["0 runs of the reference"]),
    "too few references": (
        [result for result in ALL if not reference(4)(result)],
        ["4 runs of the reference", "before the last run of the recipe"],
    ),
    "a late reference": (changed(ALL, reference(0), started=at(1.5)), ["after the first run of the recipe"]),
    "an early end": (changed(ALL, reference(4), started=at(12.5)), ["before the last run of the recipe"]),
    "references in a row": (changed(ALL, reference(2), started=at(3.5)), ["5 runs between the references"]),
    "a break of a day": (
        [result if result.started < at(8) else replace(result, started=at(24 * 60)) for result in ALL],
        ["more than three hours apart"],
    ),
    "slow predictions": (changed(ALL, lambda result: True, prediction=21.0), ["predictions take 21.00 s"]),
    "a time that is none": (
        changed(ALL, reference(1), started="at noon"),
        ["started at 'at noon'", "4 runs", "5 runs"],
    ),
    "nothing": ([], ["no runs of a recipe"]),
}


@pytest.mark.parametrize("name", BROKEN)
def test_refused(name, reasons):
    results, expected = BROKEN[name]
    found = reasons(results)
    assert len(found) == len(expected), found
    for reason, words in zip(found, expected, strict=True):
        assert words in reason


@pytest.mark.parametrize("seeds", range(10, 19))
def test_what_a_session_plans_is_accepted(reasons, seeds):
    assert reasons(made_session(lambda seed: 60, seeds)) == []


def test_the_target_decides(tmp_path):
    folder = written(made_session(lambda seed: 45 + seed % 2), tmp_path / "entry")
    assert [check(folder, target).accepted for target in ("99.0", "99.5", "99.7")] == [True, True, False]


FORGED = {
    "predictions": ({"predictions": pack(np.zeros(10_000))}, "that of its predictions is 0.098"),
    "other data": ({"digests": ALL[0].digests | {"train_images": "0" * 64}}, "made with other data"),
    "a peek at the test digits": ({"evaluations": 2 * ALL[0].evaluations}, "expected one look at 10,000 test digits"),
    "a file that is cut short": (None, "cut short"),
}


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_file_is_refused(name, tmp_path):
    folder = written(ALL, tmp_path / "entry")
    path = folder / f"{ALL[-2].name}.json"  # of seed 9, so that the seeds before it are complete
    fields, expected = FORGED[name]
    if fields is None:
        path.write_bytes(path.read_bytes()[:999])
    else:
        forge(path, **fields)
    first, *others = check(folder, "99.0").reasons
    assert str(path) in first
    assert expected in first
    assert others == ["9 runs; expected at least 10"]


def test_a_failed_run_is_refused(tmp_path):
    folder = written(ALL, tmp_path / "entry")
    failure = {"kind": "failure", "recipe": "cnn-1s", "seed": 3, "evaluated_on": "test", "error": "it broke"}
    (folder / "x.failure.json").write_text(json.dumps(failure))
    assert check(folder, "99.0").reasons == ["seed 3 of cnn-1s failed"]


def set_aside(folder, result, count=1):
    for number in range(1, count + 1):
        written([result], folder / "contended" / str(number))


def test_a_run_is_set_aside_for_a_reason_and_not_too_often(tmp_path):
    contended = replace(ALL[1], other_cpu_seconds=5.0)
    for name, result, count, expected in (
        ("reason", ALL[1], 1, ["although no other program was busy"]),
        ("now and then", contended, TRIES - 1, []),
        ("often", contended, TRIES, ["set aside 10 times"]),
    ):
        folder = tmp_path / name
        set_aside(folder, result, count)
        found = check(written(ALL, folder), "99.0").reasons
        assert len(found) == len(expected)
        assert all(words in reason for words, reason in zip(expected, found, strict=True))


def test_the_first_accuracy_of_a_seed_counts(tmp_path):
    folder = tmp_path / "entry"
    [first] = other([ALL[1]], seed(0), 500, other_cpu_seconds=5.0)
    set_aside(folder, replace(first, started=at(0.5), wall=77.0))
    entry = Entry.read(written(ALL, folder))
    assert entry.accuracies[0] == 0.95
    assert entry.seconds == 10.0
    assert "mean accuracy 98.735%" in check(folder, "99.0").reasons[0]


def test_the_figures(tmp_path):
    results = changed(made_session(), lambda result: result.recipe == REFERENCE, wall=8.0)
    verdict = check(written(results, tmp_path / "entry"), "99.0")
    accuracies = np.array([1 - (80 + seed) / 10_000 for seed in range(10)])
    _, p_value, _ = DescrStatsW(accuracies).ttest_mean(0.99, alternative="larger")
    assert verdict.p_value == pytest.approx(p_value)
    assert verdict.entry.ratio == 10 / 8
    lines = list(verdict.lines())
    assert "cnn-1s, n = 10: 99.155 ± 0.030 % of the test digits" in lines[0]
    assert lines[1:3] == ["median of training: 10.00 s", f"median of 5 runs of {REFERENCE}: 8.00 s; ratio 1.250"]
    assert "commit cccccccccc" in lines[3]
    assert lines[-1] == "accepted"


def test_an_unknown_commit_is_said_but_not_refused(tmp_path):
    results = [replace(result, machine=result.machine | {"commit": None, "dirty": None}) for result in ALL]
    verdict = check(written(results, tmp_path / "entry"), "99.0")
    assert verdict.accepted
    assert any("commit is unknown" in line for line in verdict.lines())


def test_no_folder(tmp_path):
    with pytest.raises(MNISTError, match="no such folder"):
        check(tmp_path / "none", "99.0")
