import json
from concurrent.futures import BrokenExecutor, Future
from threading import Thread

import pytest
from conftest import Here
from filelock import FileLock

from mnist_tutorial import MNISTError
from mnist_tutorial.benchmark.results.files import read_all
from mnist_tutorial.benchmark.runs import suite
from mnist_tutorial.benchmark.runs.recipe import load_recipe


@pytest.fixture
def tasks(quick_file):
    def make(*names, seeds=2, splits=("test",)):
        return suite.plan([load_recipe(f"{quick_file}:{name}") for name in names], range(seeds), splits, "sample")

    return make


def kinds(events):
    return [(event.kind, event.task.seed) for event in events if event.kind != "started"]


def test_a_plan_has_each_recipe_with_each_seed_and_purpose(tasks):
    planned = tasks("quick", "random_guess", seeds=3, splits=("validation", "test"))
    assert len({task.name for task in planned}) == 12
    assert [task.recipe.name for task in planned] == ["quick"] * 6 + ["random-guess"] * 6


def test_each_run_gets_a_file(tasks, tmp_path):
    out = tmp_path / "new/folder"
    events = list(suite.run(tasks("quick"), out, Here()))
    assert [event.kind for event in events] == ["started", "done", "started", "done"]
    found, refused = read_all(out)
    assert [result for _, result in found] == [event.result for event in events if event.kind == "done"]
    assert not refused
    assert len(list(out.iterdir())) == 2  # no locks, no parts


def test_a_finished_run_is_not_done_again(tasks, tmp_path):
    list(suite.run(tasks("random_guess"), tmp_path / "out", Here()))
    before = {path: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    events = list(suite.run(tasks("random_guess", seeds=3), tmp_path / "out", Here()))
    assert kinds(events) == [("there", 0), ("there", 1), ("done", 2)]
    assert {path: path.read_bytes() for path in before} == before


def test_what_fails_is_reported_and_the_rest_goes_on(tasks, tmp_path):
    planned = tasks("crashing", "not_a_number", "looking", "quick", seeds=1)
    *failed, good = (event for event in suite.run(planned, tmp_path / "out", Here()) if event.kind != "started")
    assert [event.kind for event in failed] == ["failed"] * 3
    assert [event.error.splitlines()[-1].split(": ")[0] for event in failed] == [
        "RuntimeError",
        "mnist_tutorial.errors.MNISTError",
        "mnist_tutorial.errors.MNISTError",
    ]
    assert good.kind == "done"
    kept = json.loads((tmp_path / "out" / f"{failed[0].task.name}.failure.json").read_text())
    assert (kept["kind"], kept["recipe"], kept["seed"]) == ("failure", "crashing", 0)
    assert kept["error"].endswith("RuntimeError: it broke")
    assert len(read_all(tmp_path / "out")[0]) == 1


def test_a_failed_run_is_tried_again_and_its_failure_forgotten(tasks, tmp_path, monkeypatch):
    planned = tasks("quick", seeds=1)
    with monkeypatch.context() as broken:
        broken.setattr("mnist_tutorial.benchmark.runs.execution.load", lambda variant: 1 / 0)
        assert kinds(suite.run(planned, tmp_path / "out", Here())) == [("failed", 0)]
    assert kinds(suite.run(planned, tmp_path / "out", Here())) == [("done", 0)]
    assert [path.suffixes for path in (tmp_path / "out").iterdir()] == [[".json"]]


def test_what_another_process_is_at_is_left_to_it(tasks, tmp_path):
    planned = tasks("quick", seeds=3)
    (tmp_path / "out").mkdir()
    with FileLock(tmp_path / "out" / f".{planned[0].name}.lock"):
        assert kinds(suite.run(planned, tmp_path / "out", Here())) == [("done", 1), ("done", 2), ("elsewhere", 0)]
    assert kinds(suite.run(planned, tmp_path / "out", Here())) == [("done", 0), ("there", 1), ("there", 2)]


def test_two_on_one_folder_share_the_work(tasks, tmp_path):
    planned, events = tasks("random_guess", seeds=12), [[], []]
    threads = [
        Thread(target=lambda kept=kept: kept.extend(suite.run(planned, tmp_path / "out", Here()))) for kept in events
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done = [[seed for kind, seed in kinds(kept) if kind == "done"] for kept in events]
    assert sorted(done[0] + done[1]) == list(range(12))  # each once
    assert not any(kind == "failed" for kept in events for kind, _ in kinds(kept))
    assert len(read_all(tmp_path / "out")[0]) == 12


def test_several_workers_work_at_once(tasks, tmp_path):
    events = [event.kind for event in suite.run(tasks("quick", seeds=4), tmp_path / "out", Here(3))]
    assert events[:3] == ["started"] * 3
    assert events.count("done") == 4


def test_a_folder_that_cannot_be_written_is_an_error_before_any_training(tasks, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(MNISTError, match=r"cannot be written .* choose another with --out"):
        next(suite.run(tasks("endless"), tmp_path / "file", Here()))


def test_a_disk_without_space_is_an_error_before_any_training(tasks, tmp_path, monkeypatch):
    monkeypatch.setattr(suite, "FREE", 2**60)
    with pytest.raises(MNISTError, match="KiB are free; expected 1 MiB; free some"):
        next(suite.run(tasks("endless"), tmp_path / "out", Here()))


class Lossy(Here):
    """Workers of which the first is gone before it has done its run."""

    def submit(self, task):
        if hasattr(self, "lost"):
            return super().submit(task)
        self.lost = Future()
        self.lost.set_exception(BrokenExecutor("gone"))
        return self.lost


def test_a_run_whose_worker_is_gone_is_tried_again(tasks, tmp_path):
    events = kinds(suite.run(tasks("quick", seeds=1), tmp_path / "out", Lossy()))
    assert events == [("done", 0)]
    assert len(read_all(tmp_path / "out")[0]) == 1
