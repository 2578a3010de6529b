import os
import signal
import subprocess
import sys
from dataclasses import replace
from functools import partial

import psutil
import pytest
from conftest import here
from distributed import Client

from mnist_tutorial import MNISTError
from mnist_tutorial.benchmark import suite, worker
from mnist_tutorial.benchmark.execute import run_task
from mnist_tutorial.benchmark.recipe import load_recipe
from mnist_tutorial.benchmark.result import read_all
from mnist_tutorial.benchmark.worker import run_locally, run_on_cluster

# Whatever it starts, in its session and out of it, must end with the process.
ENDLESS = """

def leaving(run):
    import subprocess, time
    subprocess.Popen(["sleep", "77"])
    subprocess.Popen(["sleep", "78"], start_new_session=True)
    subprocess.Popen(["sleep", "79"], env={})
    while True:
        time.sleep(1)


def varying(run):
    import subprocess
    print("this is no output of the suite")
    try:
        input("and nobody answers: ")
    except EOFError:
        pass
    if run.seed == 1:
        os._exit(3)
    if run.seed == 3:
        subprocess.Popen(["sleep", "77"])
    return another(run)


def another(run):
    run.precision = str(os.getpid())
    return random_guess(run)
"""


@pytest.fixture
def tasks(quick_file):
    quick_file.write_text(quick_file.read_text() + ENDLESS)

    def make(*names, seeds=(0,), **options):
        recipes = [load_recipe(f"{quick_file}:{name}") for name in names]
        return suite.plan(recipes, seeds, ["test"], "sample", options)

    return make


def kinds(events):
    return [(event.kind, event.task.recipe.name) for event in events]


@pytest.mark.parametrize("name", ["SIGKILL", "SIGINT"])
def test_a_suite_that_was_interrupted_leaves_nothing_behind_and_carries_on(name, tasks, quick_file, tmp_path):
    out, planned = tmp_path / "out", tasks("quick", "leaving")
    recipes = [f"--recipe={quick_file}:{name}" for name in ("quick", "leaving")]
    options = "--seeds", "1", "--evaluate", "test", "--variant", "sample", "--out", str(out)
    command = [sys.executable, "-m", "mnist_tutorial", "benchmark", "run", *recipes, *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert any(line.startswith("quick-") for line in iter(process.stdout.readline, ""))
        children = []
        while len(children) < 4:  # the process, and three programs
            children = psutil.Process(process.pid).children(recursive=True)
            assert process.poll() is None
        process.send_signal(getattr(signal, name))
    assert not psutil.wait_procs(children, timeout=60)[1]
    [(path, _)] = read_all(out)[0]
    before = path.read_bytes()
    mended = replace(planned[1], recipe=replace(planned[1].recipe, function_name="random_guess"))
    assert kinds(suite.run([planned[0], mended], out, here)) == [("there", "quick"), ("done", "leaving")]
    assert path.read_bytes() == before


def test_a_process_does_the_runs_of_one_recipe_until_it_ends_or_leaves_something(tasks, tmp_path, capfd):
    planned = [*tasks("varying", seeds=[1, 0, 2, 3, 4]), *tasks("another")]
    ended, *done = suite.run(planned, tmp_path / "out")
    assert "ended with exit code 3" in ended.error
    assert [event.kind for event in done] == ["done"] * 5, [event.error for event in done]
    first, second, third, fresh, other = (int(event.result.precision) for event in done)
    assert first == second == third
    assert len({first, fresh, other}) == 3
    assert not any(map(psutil.pid_exists, (first, fresh, other)))
    assert "this is no output" not in capfd.readouterr().out


def test_a_run_beyond_its_limit_is_a_failure_and_the_rest_goes_on(tasks, tmp_path):
    events = list(suite.run(tasks("endless", seeds=[0, 1]), tmp_path / "out", partial(run_locally, limit=1e-3)))
    assert kinds(events) == [("failed", "endless")] * 2
    assert all("not finished after 0.001 seconds, the limit that --limit sets" in event.error for event in events)


@pytest.fixture
def dask(tmp_path):
    """Start a process of Dask that ends with the test; the value is a function of its module and arguments."""
    processes = []

    def start(module, *arguments):
        command = [sys.executable, "-m", f"distributed.cli.{module}", *arguments, "--no-dashboard"]
        processes.append(subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.DEVNULL))

    yield start
    for process in reversed(processes):
        process.kill()
        process.wait()


def test_the_workers_of_a_scheduler_do_the_tasks_and_the_results_come_back(tasks, dask, quick_file, tmp_path):
    planned, file = tasks("random_guess", "crashing"), tmp_path / "scheduler.json"
    quick_file.unlink()  # the other machines have no such file
    dask("dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(file))
    with Client(scheduler_file=str(file)) as client:  # which waits for the file
        train = partial(run_on_cluster, scheduler=client.scheduler.address)
        with pytest.raises(MNISTError, match="has no workers; run `dask scheduler`"):
            list(train(planned))
        for _ in range(2):
            dask("dask_worker", client.scheduler.address, "--nthreads", "1", "--no-nanny")
        client.wait_for_workers(2)
    done, failed = sorted(suite.run(planned, tmp_path / "out", train), key=lambda event: event.kind)
    assert "RuntimeError: it broke" in failed.error
    [(_, expected, _)] = here(planned[:1])
    assert (done.result.predicted == expected.predicted).all()
    assert [result for _, result in read_all(tmp_path / "out")[0]] == [done.result]


def test_a_scheduler_that_does_not_answer_is_an_error(tasks, monkeypatch):
    monkeypatch.setattr(worker, "PATIENCE", 1)
    with pytest.raises(MNISTError, match=r"no dask scheduler answers at tcp://127\.0\.0\.1:9 within 1 s"):
        list(run_on_cluster(tasks("quick"), "tcp://127.0.0.1:9"))


@pytest.mark.full
def test_two_processes_train_what_one_does_and_end():
    options = {"devices": 2, "strategy": "ddp", "accelerator": "cpu"}
    alone, shared = (suite.plan([load_recipe("cnn-1s")], [0], ["validation"], "sample", o)[0] for o in ({}, options))
    [(_, together, error)] = run_locally([shared])
    assert error is None
    alone = run_task(alone)
    assert (together.devices, together.strategy, alone.strategy) == (2, "ddp", "auto")
    assert together.name != alone.name
    # The same number of steps with batches of the same size, each process with half of them.
    assert len(together.loss_curve["loss"]) == len(alone.loss_curve["loss"])
    assert together.loss_curve["images"][:-1] == alone.loss_curve["images"][:-1]
    assert abs(together.loss_curve["loss"][-1] - alone.loss_curve["loss"][-1]) < 0.3
    assert abs(together.accuracy - alone.accuracy) < 0.06  # of 333 digits
    for process in psutil.process_iter(["cmdline", "environ"]):
        ours = (process.info["environ"] or {}).get("PYTEST_CURRENT_TEST") == os.environ["PYTEST_CURRENT_TEST"]
        assert not (ours and worker.__name__ in process.info["cmdline"])
