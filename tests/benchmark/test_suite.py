from dataclasses import replace

import pytest
from conftest import here

from mnist_tutorial import MNISTError
from mnist_tutorial.benchmark import suite
from mnist_tutorial.benchmark.recipe import load_recipe
from mnist_tutorial.benchmark.result import Failure, read, read_all, write


@pytest.fixture
def tasks(quick_file):
    def make(*names, seeds=2, splits=("test",)):
        return suite.plan([load_recipe(f"{quick_file}:{name}") for name in names], range(seeds), splits, "sample")

    return make


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


def kinds(events):
    return [(event.kind, event.task.seed) for event in events]


def test_each_run_gets_a_file_and_is_not_done_again(tasks, tmp_path):
    out = tmp_path / "new/folder"
    events = list(suite.run(tasks("random_guess"), out, here))
    assert kinds(events) == [("done", 0), ("done", 1)]
    assert [result for _, result in read_all(out)[0]] == [event.result for event in events]
    before = {path: path.read_bytes() for path in out.iterdir()}
    assert len(before) == 2  # no locks, no parts
    events = suite.run(tasks("random_guess", seeds=3), out, here)
    assert kinds(events) == [("there", 0), ("there", 1), ("done", 2)]
    assert {path: path.read_bytes() for path in before} == before


def test_a_result_of_other_code_is_trained_anew_and_both_stay(tasks, out, quick_file):
    list(suite.run(tasks("random_guess", seeds=1), out, here))
    [old], text = out.iterdir(), quick_file.read_text()
    quick_file.write_text(f"# a comment\n{text}")
    assert kinds(suite.run(tasks("random_guess", seeds=1), out, here)) == [("there", 0)]
    quick_file.write_text(f"{text}\nUSELESS = 1\n")
    assert kinds(suite.run(tasks("random_guess", seeds=1), out, here)) == [("done", 0)]
    assert len(list(out.iterdir())) == 2
    result = replace(read(old), code=read(old).code | {"mnist_tutorial.data.split": "0" * 16}, seed=1)
    write(result, out)  # as another version of this package would have
    assert kinds(suite.run(tasks("random_guess", seeds=2), out, here)) == [("there", 0), ("done", 1)]


def test_a_damaged_result_is_trained_again_and_its_file_is_kept_aside(tasks, out):
    [task] = tasks("random_guess", seeds=1)
    list(suite.run([task], out, here))
    [path] = out.iterdir()
    other = path.with_name(f"{task.name.replace(task.recipe.sha256[:8], '0' * 8)}.json")
    other.write_text("{")  # a damaged result of other code stays in its place
    whole = path.read_text()
    for name in ("damaged", "damaged2"):
        path.write_text(whole[: -len(name)])
        [event] = suite.run([task], out, here)
        assert (event.kind, event.damaged) == ("done", path.with_name(f"{path.name}.{name}"))
        assert event.damaged.read_text() == whole[: -len(name)]
        assert read(path) == event.result
    assert kinds(suite.run([task], out, here)) == [("there", 0)]
    assert other.read_text() == "{"


def test_a_failure_is_reported_and_the_rest_goes_on(tasks, out):
    planned = tasks("crashing", "not_a_number", "looking", "quick", seeds=1)
    *failed, good = suite.run(planned, out, here)
    assert [event.kind for event in failed] == ["failed"] * 3
    words = "it broke", "of 1,000 digits are NaN or infinite", "looked at digits that it was not given"
    assert [word in event.error.splitlines()[-1] for word, event in zip(words, failed, strict=True)] == [True] * 3
    assert good.kind == "done"
    kept = {failure.recipe: failure for _, failure in read_all(out, [Failure])[0]}
    assert set(kept) == {"crashing", "not-a-number", "looking"}
    assert kept["crashing"].error.endswith('raise RuntimeError("it broke")\nRuntimeError: it broke')


def test_a_failed_run_is_done_again_and_its_failure_removed(tasks, out):
    planned = tasks("quick", seeds=1)
    broken = suite.run(planned, out, lambda tasks: ((task, None, "RuntimeError: it broke") for task in tasks))
    assert kinds(broken) == [("failed", 0)]
    assert kinds(suite.run(planned, out, here)) == [("done", 0)]
    assert read_all(out, [Failure]) == ([], [])


def test_a_folder_has_one_suite_at_a_time(tasks, out):
    first = suite.run(tasks("random_guess"), out, here)
    next(first)
    with pytest.raises(MNISTError, match=r"another process is at work in it; wait .* or choose another folder"):
        next(suite.run(tasks("quick"), out, here))
    first.close()  # as ctrl-C does
    assert kinds(suite.run(tasks("random_guess"), out, here)) == [("there", 0), ("done", 1)]


def test_a_folder_that_cannot_be_written_is_an_error_before_any_training(tasks, out, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    with pytest.raises(MNISTError, match=r"cannot be written .* choose another folder with --out"):
        next(suite.run(tasks("endless"), tmp_path / "file", here))
    monkeypatch.setattr(suite, "FREE", 2**60)
    with pytest.raises(MNISTError, match=r"less than 1 MiB is free .* run the command again"):
        next(suite.run(tasks("endless"), out, here))
