from dataclasses import replace

import pytest
from conftest import ends, here

from mnist_tutorial import MNISTError
from mnist_tutorial.benchmark import suite
from mnist_tutorial.benchmark.result import Failure
from mnist_tutorial.benchmark.store import read, read_all, write
from mnist_tutorial.benchmark.worker import Outcome


@pytest.fixture
def out(tmp_path):
    return tmp_path / "new/folder"


def test_each_run_gets_a_file_and_is_not_done_again(tasks, out):
    done = list(suite.run(tasks("random_guess", seeds=[0, 1]), out, here))
    assert [result for _, result in read_all(out)[0]] == [outcome.result for outcome in done]
    before = {path: path.read_bytes() for path in out.iterdir()}
    assert len(before) == 2  # no locks, no parts
    assert ends(suite.run(tasks("random_guess", seeds=[0, 1, 2]), out, here)) == ["there", "there", "done"]
    assert {path: path.read_bytes() for path in before} == before


def test_a_result_of_other_code_is_trained_anew_and_both_stay(tasks, out, quick_file):
    list(suite.run(tasks("random_guess"), out, here))
    [old], text = out.iterdir(), quick_file.read_text()
    quick_file.write_text(f"# a comment\n{text}")
    assert ends(suite.run(tasks("random_guess"), out, here)) == ["there"]
    quick_file.write_text(f"{text}\nUSELESS = 1\n")
    assert ends(suite.run(tasks("random_guess"), out, here)) == ["done"]
    assert len(list(out.iterdir())) == 2
    result = replace(read(old), code=read(old).code | {"mnist_tutorial.data.split": "0" * 16}, seed=1)
    write(result, out)  # as another version of this package would have
    assert ends(suite.run(tasks("random_guess", seeds=[0, 1]), out, here)) == ["there", "done"]


def test_a_damaged_file_in_the_place_of_a_result_is_never_overwritten(tasks, out):
    def meanwhile(tasks):
        path.write_text(edited)
        yield Outcome(tasks[0], result)

    planned = tasks("random_guess")
    [(_, result, _)] = suite.run(planned, out, here)
    [path] = out.iterdir()
    path.write_text(edited := path.read_text().replace("random-guess", "ours"))
    refused = pytest.raises(MNISTError, match=f"{path.name}: edited .*; move it elsewhere, and run it again")
    with refused:
        next(suite.run(planned, out, lambda tasks: pytest.fail("this trains")))
    path.unlink()
    with refused:
        list(suite.run(planned, out, meanwhile))
    assert path.read_text() == edited


def test_a_failure_is_reported_the_rest_goes_on_and_a_failed_run_is_done_again(tasks, out):
    planned = tasks("crashing", "not_a_number", "looking", "quick")
    broken = suite.run(planned[3:], out, lambda tasks: (Outcome(task, error="it broke") for task in tasks))
    assert ends(broken) == ["failed"]
    outcomes = list(suite.run(planned, out, here))
    assert ends(outcomes) == ["failed", "failed", "failed", "done"]
    words = "it broke", "of 1,000 digits are NaN or infinite", "looked at digits that it was not given"
    assert all(word in outcome.reason for word, outcome in zip(words, outcomes[:3], strict=True))
    kept = {failure.recipe: failure for _, failure in read_all(out, [Failure])[0]}
    assert set(kept) == {"crashing", "not-a-number", "looking"}
    assert kept["crashing"].error.endswith('raise RuntimeError("it broke")\nRuntimeError: it broke')


def test_of_an_error_of_several_lines_the_first_is_the_reason(tasks):
    [outcome] = here(tasks("several", added="def several(run):\n    raise ValueError('it broke\\n  - try this')\n"))
    assert outcome.reason == "ValueError: it broke"
    assert "  - try this" in outcome.error


def test_a_folder_has_one_suite_at_a_time(tasks, out):
    planned = tasks("random_guess", seeds=[0, 1])
    first = suite.run(planned, out, here)
    next(first)
    with pytest.raises(MNISTError, match=r"another process is at work in it; wait .* or choose another folder"):
        next(suite.run(planned, out, here))
    first.close()  # as ctrl-C does
    assert ends(suite.run(planned, out, here)) == ["there", "done"]


def test_a_folder_that_cannot_be_written_is_an_error_before_any_training(tasks, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(MNISTError, match=r"cannot be written .* choose another folder with --out"):
        next(suite.run(tasks("endless"), tmp_path / "file", here))
