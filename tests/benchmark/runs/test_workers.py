import os
import signal
import subprocess
import sys

import psutil
import pytest
from conftest import Here

from mnist_tutorial import MNISTError
from mnist_tutorial.benchmark.results.files import read_all
from mnist_tutorial.benchmark.runs import suite, workers
from mnist_tutorial.benchmark.runs.recipe import load_recipe
from mnist_tutorial.benchmark.runs.workers import DaskWorkers, LocalWorkers


@pytest.fixture
def tasks(quick_file):
    def make(*names, seeds=1):
        return suite.plan([load_recipe(f"{quick_file}:{name}") for name in names], range(seeds), ["test"], "sample")

    return make


def kinds(events):
    return [(event.kind, event.task.recipe.name) for event in events if event.kind != "started"]


def test_killed_in_the_middle_of_a_run_it_goes_on_where_it_stopped(quick_file, run_python, tmp_path):
    out = tmp_path / "out"
    recipes = ["--recipe", f"{quick_file}:quick", "--recipe", f"{quick_file}:endless"]
    command = ["-m", "mnist_tutorial", "benchmark", "run", *recipes, "--seeds", "1", "--evaluate", "test"]
    command += ["--variant", "sample", "--out", str(out)]
    at_work = subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, text=True)
    line = next(line for line in iter(at_work.stdout.readline, "") if line.startswith("quick-"))
    assert "of the test digits" in line
    children = psutil.Process(at_work.pid).children(recursive=True)
    assert children
    at_work.send_signal(signal.SIGKILL)
    at_work.wait()
    assert not psutil.wait_procs(children, timeout=60)[1]  # nobody goes on training for nobody
    [(path, _)] = read_all(out)[0]
    before = path.read_bytes()
    quick_file.write_text(quick_file.read_text().replace("while True:\n        pass", "return quick(run)"))
    mended = suite.plan([load_recipe(f"{quick_file}:endless")], range(1), ["test"], "sample")
    assert kinds(suite.run(mended, out, Here())) == [("done", "endless")]
    assert path.read_bytes() == before


def test_a_recipe_that_takes_its_process_down_fails_and_the_rest_goes_on(tasks, tmp_path, monkeypatch):
    monkeypatch.setattr(suite, "TRIES", 1)
    with LocalWorkers() as local:
        events = list(suite.run(tasks("killed", "quick"), tmp_path / "out", local))
    assert kinds(events) == [("failed", "killed"), ("done", "quick")]
    [error] = [event.error for event in events if event.kind == "failed"]
    assert error.startswith("the process that trained has ended: killed, or out of memory?")


def test_a_dask_worker_that_dies_loses_no_run(tasks, tmp_path):
    out, killed = tmp_path / "out", []
    with DaskWorkers(workers=2) as at_work:
        assert at_work.slots == 2
        for event in suite.run(tasks("quick", "random_guess", seeds=4), out, at_work):
            if event.kind == "done" and not killed:
                finished = {path: path.read_bytes() for path in out.glob("*.json")}
                killed = list(at_work._client.run(os.getpid).values())
                os.kill(killed[0], signal.SIGKILL)
            assert event.kind != "failed", event.error
    assert len(read_all(out)[0]) == 8
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
