import json
import os
from concurrent.futures import BrokenExecutor, Future
from contextlib import suppress
from dataclasses import replace
from itertools import count
from threading import Thread

import pytest
from conftest import Here
from crashes import crash
from filelock import FileLock, Timeout

from mnist_tutorial import MNISTError
from mnist_tutorial.benchmark.results import read, read_all, write
from mnist_tutorial.benchmark.runs import load_recipe, locks, suite
from mnist_tutorial.benchmark.runs.process import run_in_worker


@pytest.fixture
def tasks(quick_file):
    def make(*names, seeds=2, splits=("test",)):
        return suite.plan([load_recipe(f"{quick_file}:{name}") for name in names], range(seeds), splits, "sample")

    return make


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


def kinds(events):
    return [(event.kind, event.task.seed) for event in events if event.kind != "started"]


def contents(folder):
    return {path: path.read_bytes() for path in folder.iterdir()}


def test_a_plan_has_each_recipe_with_each_seed_and_split(tasks):
    planned = tasks("quick", "random_guess", seeds=3, splits=("validation", "test"))
    assert len({task.name for task in planned}) == 12
    assert [task.recipe.name for task in planned] == ["quick"] * 6 + ["random-guess"] * 6


def test_a_result_under_its_older_name_is_not_done_again(tasks, out):
    list(suite.run(tasks("random_guess", seeds=1), out, Here()))
    [path] = out.iterdir()
    path.rename(path.with_name(path.name.replace("-test-", "-record-")))
    assert kinds(suite.run(tasks("random_guess", seeds=1), out, Here())) == [("there", 0)]


def test_each_run_gets_a_file_and_is_not_done_again(tasks, tmp_path):
    out = tmp_path / "new/folder"
    events = list(suite.run(tasks("random_guess"), out, Here()))
    assert [event.kind for event in events] == ["started", "done", "started", "done"]
    results, refused = read_all(out)
    assert [result for _, result in results] == [event.result for event in events if event.kind == "done"]
    assert not refused
    before = contents(out)
    assert len(before) == 2  # no locks, no parts
    events = suite.run(tasks("random_guess", seeds=3), out, Here())
    assert kinds(events) == [("there", 0), ("there", 1), ("done", 2)]
    assert {path: path.read_bytes() for path in before} == before


def test_a_result_of_other_code_is_trained_anew_and_both_stay(tasks, out, quick_file):
    list(suite.run(tasks("random_guess", seeds=1), out, Here()))
    text = quick_file.read_text()
    quick_file.write_text(f"# a comment\n{text}")
    assert kinds(suite.run(tasks("random_guess", seeds=1), out, Here())) == [("there", 0)]
    quick_file.write_text(f"{text}\nUSELESS = 1\n")
    assert kinds(suite.run(tasks("random_guess", seeds=1), out, Here())) == [("done", 0)]
    [old] = [path for path, result in read_all(out)[0] if "USELESS" not in result.source]
    assert len(list(out.iterdir())) == 2
    result = replace(read(old), code=read(old).code | {"mnist_tutorial.data.split": "0" * 16}, seed=1)
    write(result, out)  # as another version of this package would have
    assert kinds(suite.run(tasks("random_guess", seeds=2), out, Here())) == [("there", 0), ("done", 1)]


def test_a_damaged_file_in_the_place_of_a_result_stays(tasks, out):
    list(suite.run(tasks("random_guess", seeds=1), out, Here()))
    [path] = out.iterdir()
    path.write_text(path.read_text()[:-100])
    assert kinds(suite.run(tasks("random_guess", seeds=1), out, Here())) == [("there", 0)]


def test_a_failure_is_reported_and_the_rest_goes_on(tasks, out):
    planned = tasks("crashing", "not_a_number", "looking", "quick", seeds=1)
    *failed, good = (event for event in suite.run(planned, out, Here()) if event.kind != "started")
    assert [event.kind for event in failed] == ["failed"] * 3
    errors = [event.error.splitlines()[-1] for event in failed]
    assert errors[0] == "RuntimeError: it broke"
    assert "of 1,000 digits are NaN or infinite" in errors[1]
    assert "looked at digits that it was not given" in errors[2]
    assert good.kind == "done"
    kept = json.loads((out / f"{failed[0].task.name}.failure.json").read_text())
    assert (kept["kind"], kept["recipe"], kept["seed"]) == ("failure", "crashing", 0)
    assert kept["error"].endswith("RuntimeError: it broke")
    assert len(read_all(out)[0]) == 1


def test_a_failed_run_is_done_again_and_its_failure_removed(tasks, out, monkeypatch):
    planned = tasks("quick", seeds=1)
    with monkeypatch.context() as broken:
        broken.setattr("mnist_tutorial.benchmark.runs.execution.load", lambda variant: 1 / 0)
        assert kinds(suite.run(planned, out, Here())) == [("failed", 0)]
    assert kinds(suite.run(planned, out, Here())) == [("done", 0)]
    assert [path.suffixes for path in out.iterdir()] == [[".json"]]


def test_a_task_of_another_process_is_left_to_it(tasks, out):
    planned = tasks("random_guess", seeds=3)
    out.mkdir()
    with FileLock(out / f".{planned[0].name}.lock"):
        assert kinds(suite.run(planned, out, Here())) == [("done", 1), ("done", 2), ("elsewhere", 0)]
    assert kinds(suite.run(planned, out, Here())) == [("done", 0), ("there", 1), ("there", 2)]


def test_two_processes_never_hold_one_task(tasks, tmp_path, monkeypatch):
    task = tasks("quick", seeds=1)[0]
    first, second = locks.lock_task(task, tmp_path), FileLock(tmp_path / f".{task.name}.lock", timeout=0)
    release = FileLock.release

    def release_to_second(lock, *arguments):
        release(lock, *arguments)
        second.acquire()

    monkeypatch.setattr(FileLock, "release", release_to_second)
    locks.unlock_task(first)
    monkeypatch.undo()
    assert second.is_locked
    assert locks.lock_task(task, tmp_path) is None
    second.release()


def test_a_lock_file_that_was_removed_after_it_was_opened_is_not_held(tasks, tmp_path, monkeypatch):
    task = tasks("quick", seeds=1)[0]
    first, second = locks.lock_task(task, tmp_path), FileLock(tmp_path / f".{task.name}.lock", timeout=0)
    open_file = os.open

    def open_then_lose(path, *arguments, **options):
        descriptor = open_file(path, *arguments, **options)
        if str(path).endswith(".lock"):
            monkeypatch.undo()
            locks.unlock_task(first)
        return descriptor

    monkeypatch.setattr(os, "open", open_then_lose)
    with suppress(Timeout):
        second.acquire()
    assert not first.is_locked
    third = locks.lock_task(task, tmp_path)
    assert [second.is_locked, third is not None].count(True) == 1
    (second if third is None else third).release()


def test_two_suites_on_one_folder_share_the_work(tasks, out):
    planned, events = tasks("random_guess", seeds=6), [[], []]
    threads = [Thread(target=lambda kept=kept: kept.extend(suite.run(planned, out, Here()))) for kept in events]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done = [[seed for kind, seed in kinds(kept) if kind == "done"] for kept in events]
    assert sorted(done[0] + done[1]) == list(range(6))  # each once
    assert not any(kind == "failed" for kept in events for kind, _ in kinds(kept))
    assert len(read_all(out)[0]) == 6


def test_several_workers_work_at_once(tasks, out):
    events = [event.kind for event in suite.run(tasks("random_guess", seeds=4), out, Here(slots=3))]
    assert events[:3] == ["started"] * 3
    assert events.count("done") == 4


def test_a_folder_that_cannot_be_written_is_an_error_before_any_training(tasks, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(MNISTError, match=r"cannot be written .* choose another folder with --out"):
        next(suite.run(tasks("endless"), tmp_path / "file", Here()))


def test_a_full_disk_is_an_error_before_any_training(tasks, out, monkeypatch):
    monkeypatch.setattr(suite, "FREE", 2**60)
    with pytest.raises(MNISTError, match="KiB are free on its disk, expected at least 1 MiB"):
        next(suite.run(tasks("endless"), out, Here()))


class Lossy(Here):
    """Workers of which the first dies before it has done its task."""

    def submit(self, task):
        if hasattr(self, "lost"):
            return super().submit(task)
        self.lost = Future()
        self.lost.set_exception(BrokenExecutor("gone"))
        return self.lost


def test_a_task_whose_worker_died_is_done_again(tasks, out):
    assert kinds(suite.run(tasks("random_guess", seeds=1), out, Lossy())) == [("done", 0)]
    assert len(read_all(out)[0]) == 1


class Remembering:
    """Workers that have done everything before."""

    slots = 1

    def __init__(self, tasks):
        self.outcomes = {task.name: run_in_worker(task) for task in tasks}

    def submit(self, task):
        future = Future()
        future.set_result(self.outcomes[task.name])
        return future


def test_after_a_crash_at_any_call_that_writes_the_same_command_finishes(tasks, tmp_path):
    planned = [*tasks("random_guess"), *tasks("crashing", seeds=1)]
    workers, points = Remembering(planned), 0
    first, second = (result.name for result, _ in workers.outcomes.values() if result)
    failing = planned[2].name
    foreign = {
        name: name.encode() for name in ("notes.txt", f"{first}.json.bak", f"{first}.part", "sub/.a.lock", "b.json")
    }
    for how in "killed", "failed":
        for n in count(1):
            out = tmp_path / f"{how}{n}"
            (out / "sub").mkdir(parents=True)
            for name, content in foreign.items():
                (out / name).write_bytes(content)
            (out / f"{planned[0].name}.failure.json").write_text('{"kind": "failure"}')  # of an earlier run
            if not (end := crash(lambda out=out: list(suite.run(planned, out, workers)), out, n, how)):
                break
            points += 1
            before = {path: path.read_bytes() for path in out.glob("*-seed?.json")}
            events = kinds(suite.run(planned, out, workers))
            assert events[2] == ("failed", 0), (n, how, end)
            assert [kind for kind, _ in events].count("there") == len(before)
            after = {path.relative_to(out).as_posix(): path for path in out.rglob("*") if path.is_file()}
            for name, content in foreign.items():
                assert after.pop(name).read_bytes() == content, (n, how, end)
            assert all(path.read_bytes() == content for path, content in before.items())
            ours = {name for name in after if not name.startswith(".") and not name.endswith(".part")}
            assert ours == {f"{first}.json", f"{second}.json", f"{failing}.failure.json"}, (n, how, end)
            assert len(read_all(out)[0]) == 2
    assert points > 30
