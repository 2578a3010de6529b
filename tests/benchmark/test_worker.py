import os
import signal
import subprocess
import sys
from dataclasses import replace
from functools import partial

import psutil
import pytest
from conftest import ends, here
from distributed import Client

from mnist_tutorial import MNISTError
from mnist_tutorial.benchmark import suite, worker
from mnist_tutorial.benchmark.execute import run_task
from mnist_tutorial.benchmark.recipe import Task, load_recipe
from mnist_tutorial.benchmark.store import read_all
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


@pytest.mark.parametrize("name", ["SIGKILL", "SIGINT"])
def test_a_suite_that_was_interrupted_leaves_nothing_behind_and_carries_on(name, tasks, quick_file, tmp_path):
    out, planned = tmp_path / "out", tasks("quick", "leaving", added=ENDLESS)
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
    assert ends(suite.run([planned[0], mended], out, here)) == ["there", "done"]
    assert path.read_bytes() == before


def test_a_process_does_the_runs_of_one_recipe_until_it_ends_or_leaves_something(tasks, capfd):
    ended, *done = run_locally(tasks("varying", seeds=[1, 0, 2, 3, 4], added=ENDLESS) + tasks("another"))
    assert "ended with exit code 3" in ended.error
    assert ends(done) == ["done"] * 5
    first, second, third, fresh, other = (int(outcome.result.precision) for outcome in done)
    assert first == second == third
    assert len({first, fresh, other}) == 3
    assert not any(map(psutil.pid_exists, (first, fresh, other)))
    assert "this is no output" not in capfd.readouterr().out


def test_a_run_beyond_its_limit_is_a_failure_and_the_rest_goes_on(tasks):
    reasons = [outcome.reason for outcome in run_locally(tasks("endless", seeds=[0, 1]), limit=1e-3)]
    assert reasons == ["TimeoutError: not finished after 0.001 seconds, the limit that --limit sets"] * 2


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
    failed, done = sorted(train(planned), key=lambda outcome: outcome.task.name)
    assert failed.reason == "RuntimeError: it broke"
    assert (done.result.predicted == run_task(planned[0]).predicted).all()


def test_a_scheduler_that_does_not_answer_is_an_error(tasks, monkeypatch):
    monkeypatch.setattr(worker, "PATIENCE", 1)
    with pytest.raises(MNISTError, match=r"no dask scheduler answers at tcp://127\.0\.0\.1:9 within 1 s"):
        list(run_on_cluster(tasks("quick"), "tcp://127.0.0.1:9"))


@pytest.mark.full
def test_two_processes_train_what_one_does_and_end():
    task = Task(load_recipe("cnn-1s"), 0, "validation", "sample")
    options = {"devices": 2, "strategy": "ddp", "accelerator": "cpu"}
    [(_, together, error)] = run_locally([replace(task, options=options)])
    assert error is None
    alone = run_task(task)
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
