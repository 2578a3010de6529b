import os
import signal
import subprocess
import sys

import psutil
import pytest
from conftest import Here

from mnist_tutorial import MNISTError
from mnist_tutorial.benchmark.results import read_all
from mnist_tutorial.benchmark.runs import DaskWorkers, LocalWorkers, load_recipe, suite, workers


@pytest.fixture
def tasks(quick_file):
    def make(*names, seeds=1):
        return suite.plan([load_recipe(f"{quick_file}:{name}") for name in names], range(seeds), ["test"], "sample")

    return make


def kinds(events):
    return [(event.kind, event.task.recipe.name) for event in events if event.kind != "started"]


def test_a_suite_that_was_killed_carries_on_where_it_stopped(quick_file, tmp_path):
    out = tmp_path / "out"
    recipes = ["--recipe", f"{quick_file}:quick", "--recipe", f"{quick_file}:endless"]
    command = ["-m", "mnist_tutorial", "benchmark", "run", *recipes, "--seeds", "1", "--evaluate", "test"]
    command += ["--variant", "sample", "--out", str(out)]
    process = subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, text=True)
    line = next(line for line in iter(process.stdout.readline, "") if line.startswith("quick-"))
    assert "of the test digits" in line
    children = psutil.Process(process.pid).children(recursive=True)
    assert children
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not psutil.wait_procs(children, timeout=60)[1]  # nobody trains on for nobody
    [(path, _)] = read_all(out)[0]
    before = path.read_bytes()
    quick_file.write_text(quick_file.read_text().replace("while True:\n        pass", "return quick(run)"))
    mended = suite.plan([load_recipe(f"{quick_file}:endless")], range(1), ["test"], "sample")
    assert kinds(suite.run(mended, out, Here())) == [("done", "endless")]
    assert path.read_bytes() == before


def test_a_recipe_that_kills_its_process_fails_and_the_rest_goes_on(tasks, tmp_path, monkeypatch):
    monkeypatch.setattr(suite, "TRIES", 1)
    with LocalWorkers() as local:
        events = list(suite.run(tasks("killed", "random_guess"), tmp_path / "out", local))
    assert kinds(events) == [("failed", "killed"), ("done", "random-guess")]
    assert "killed, or out of memory?" in next(event.error for event in events if event.kind == "failed")


def test_workers_that_are_no_longer_needed_end_in_the_middle_of_a_task(tasks):
    with LocalWorkers() as local:
        unfinished = local.submit(*tasks("endless"))
    assert unfinished.cancelled() or unfinished.exception() is not None


def test_a_dask_worker_that_dies_loses_no_run(tasks, tmp_path):
    out, killed = tmp_path / "out", []
    with DaskWorkers(workers=2) as pool:
        assert pool.slots == 2
        for event in suite.run(tasks("random_guess", seeds=6), out, pool):
            if event.kind == "done" and not killed:
                finished = {path: path.read_bytes() for path in out.glob("*.json")}
                killed = list(pool._client.run(os.getpid).values())
                os.kill(killed[0], signal.SIGKILL)
            assert event.kind != "failed", event.error
    assert len(read_all(out)[0]) == 6
    assert {path: path.read_bytes() for path in finished} == finished


def test_a_scheduler_that_does_not_answer_is_an_error(monkeypatch):
    monkeypatch.setattr(workers, "PATIENCE", 1)
    with pytest.raises(MNISTError, match=r"no dask scheduler answers at tcp://127\.0\.0\.1:9 within 1 s"):
        DaskWorkers("tcp://127.0.0.1:9").__enter__()


def test_a_scheduler_without_workers_is_an_error():
    from distributed import LocalCluster

    with (
        LocalCluster(n_workers=0, dashboard_address=None) as cluster,
        pytest.raises(MNISTError, match="has no workers; start some with"),
    ):
        DaskWorkers(cluster.scheduler_address).__enter__()
