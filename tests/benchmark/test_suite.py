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


def test_a_damaged_file_in_the_place_of_a_result_is_never_overwritten(tasks, out):
    def meanwhile(tasks):
        path.write_text(edited)
        yield task, event.result, None

    [task] = tasks("random_guess", seeds=1)
    [event] = suite.run([task], out, here)
    [path] = out.iterdir()
    whole = path.read_text()
    path.write_text(edited := whole.replace("random-guess", "ours"))
    refused = pytest.raises(MNISTError, match=f"{path.name}: edited .*; move it elsewhere, and run it again")
    with refused:
        next(suite.run([task], out, lambda tasks: pytest.fail("this trains")))
    path.unlink()
    with refused:
        list(suite.run([task], out, meanwhile))
    assert path.read_text() == edited
    path.unlink()
    older = path.with_name(path.name.replace(event.result.version[:8], "0" * 8))
    older.write_text(whole.replace('"format": 4', '"format": 3'))
    assert kinds(suite.run([task], out, here)) == [("done", 0)]
    assert '"format": 3' in older.read_text()


def test_a_failure_is_reported_the_rest_goes_on_and_a_failed_run_is_done_again(tasks, out):
    planned = tasks("crashing", "not_a_number", "looking", "quick", seeds=1)
    broken = suite.run(planned[3:], out, lambda tasks: ((task, None, "RuntimeError: it broke") for task in tasks))
    assert kinds(broken) == [("failed", 0)]
    *failed, good = suite.run(planned, out, here)
    assert [event.kind for event in failed] == ["failed"] * 3
    words = "it broke", "of 1,000 digits are NaN or infinite", "looked at digits that it was not given"
    assert [word in event.error.splitlines()[-1] for word, event in zip(words, failed, strict=True)] == [True] * 3
    assert good.kind == "done"
    kept = {failure.recipe: failure for _, failure in read_all(out, [Failure])[0]}
    assert set(kept) == {"crashing", "not-a-number", "looking"}
    assert kept["crashing"].error.endswith('raise RuntimeError("it broke")\nRuntimeError: it broke')


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
