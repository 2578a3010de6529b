import os
import signal
import subprocess
import sys
from dataclasses import replace

import psutil
import pytest
from conftest import Here

from mnist_tutorial import MNISTError
from mnist_tutorial.benchmark.results import read_all, read_failures
from mnist_tutorial.benchmark.runs import DaskWorkers, LocalWorkers, load_recipe, suite, workers
from mnist_tutorial.benchmark.runs.process import TaskProcess


@pytest.fixture
def tasks(quick_file):
    def make(*names, seeds=1):
        return suite.plan([load_recipe(f"{quick_file}:{name}") for name in names], range(seeds), ["test"], "sample")

    return make


def kinds(events):
    return [(event.kind, event.task.recipe.name) for event in events if event.kind != "started"]


# Whatever it starts, in its session and out of it, must end with the process.
ENDLESS = '''

def leaving(run):
    """Start programs, fork, and never return. Source: none. Claim: none."""
    import subprocess, sys, time
    subprocess.Popen(["sleep", "77"])
    subprocess.Popen(["sleep", "78"], start_new_session=True)
    subprocess.Popen(["sleep", "79"], env={})
    os.fork()
    while True:
        time.sleep(1)


def varying(run):
    """Do something else with each seed. Source: none. Claim: none."""
    import beside_the_recipe, subprocess, torch
    assert torch.get_default_dtype() is torch.float32  # as no other run, nor the warm-up, has left it
    torch.set_default_dtype(torch.float64)
    os.chdir("..")
    os.write(1, b"this is not a message")
    try:
        input("and nobody answers: ")
    except EOFError:
        pass
    if run.seed == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    if run.seed == 2 and (child := os.fork()):
        os.waitpid(child, 0)
    if run.seed == 3:
        subprocess.Popen(["sleep", "77"])
    run.precision = str(os.getpid())
    return random_guess(run)
'''


def test_a_suite_that_was_killed_leaves_nothing_behind_and_carries_on_where_it_stopped(quick_file, tmp_path):
    out = tmp_path / "out"
    quick_file.write_text(quick_file.read_text() + ENDLESS)
    recipes = ["--recipe", f"{quick_file}:quick", "--recipe", f"{quick_file}:leaving"]
    command = ["-m", "mnist_tutorial", "benchmark", "run", *recipes, "--seeds", "1", "--evaluate", "test"]
    command += ["--variant", "sample", "--out", str(out)]
    process = subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, text=True)
    line = next(line for line in iter(process.stdout.readline, "") if line.startswith("quick-"))
    assert "of the test digits" in line
    children = []
    while len(children) < 5:  # the process, its copy and three programs
        children = psutil.Process(process.pid).children(recursive=True)
        assert process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not psutil.wait_procs(children, timeout=60)[1]
    [(path, _)] = read_all(out)[0]
    before = path.read_bytes()
    quick_file.write_text(
        quick_file.read_text().replace("    import subprocess", "    return quick(run)\n    import subprocess")
    )
    mended = suite.plan([load_recipe(f"{quick_file}:leaving")], range(1), ["test"], "sample")
    assert kinds(suite.run(mended, out, Here())) == [("done", "leaving")]
    assert path.read_bytes() == before


def test_another_recipe_gets_another_process(tasks):
    quick, guess = tasks("quick", "random_guess")
    process, me, started = TaskProcess(), psutil.Process(), []
    others = set(me.children())
    for task in (quick, replace(quick, seed=1), guess):
        process.start(task)
        started += [set(me.children()) - others]
    process.end()
    assert started[0] == started[1]
    assert len(started[2]) == len(started[0]) == 1  # the first one has ended
    assert not started[0] & started[2]
    assert not set(me.children()) - others


def test_a_process_is_used_again_only_if_a_run_has_left_it_as_it_was(quick_file, tmp_path, monkeypatch):
    monkeypatch.setattr(suite, "TRIES", 1)
    quick_file.write_text(quick_file.read_text() + ENDLESS)
    quick_file.with_name("beside_the_recipe.py").write_text("")
    monkeypatch.syspath_prepend(quick_file.parent)
    planned = suite.plan([load_recipe(f"{quick_file}:varying")], [1, 0, 2, 3], ["test"], "sample")
    with LocalWorkers() as local:
        died, *done = (event for event in suite.run(planned, tmp_path / "out", local) if event.kind != "started")
        assert "killed, or out of memory?" in died.error
        assert [event.kind for event in done] == ["done"] * 3, [event.error for event in done]
        assert len({event.result.precision for event in done}) == 1
        assert not psutil.pid_exists(int(done[0].result.precision))
        unfinished = local.submit(planned[0])  # which is no longer needed at the end of the block
    assert unfinished.cancelled() or unfinished.exception() is not None


def test_a_run_beyond_its_limit_is_a_failure_and_the_rest_goes_on(tasks, tmp_path):
    [task] = tasks("endless")
    # The processes of a distributed training take far longer than this to start.
    planned = [replace(task, seed=seed, options={"devices": 2}) for seed in range(2)]
    with LocalWorkers(limit=1e-3) as local:
        events = [event for event in suite.run(planned, tmp_path / "out", local) if event.kind != "started"]
    assert [event.kind for event in events] == ["failed"] * 2
    assert "not finished after 0.001 seconds, the limit that --limit sets" in events[0].error
    assert all("--limit" in failure["error"] for failure in read_failures(tmp_path / "out"))


def test_a_dask_worker_that_dies_loses_no_run(tasks, tmp_path):
    out, killed = tmp_path / "out", []
    with DaskWorkers(workers=2) as pool:
        assert pool.slots == 2
        assert pool._client.scheduler.address.startswith("tls://127.0.0.1:")
        assert {place.laddr.ip for place in psutil.Process().net_connections() if place.status == "LISTEN"} == {
            "127.0.0.1"
        }
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
