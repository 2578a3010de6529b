"""A training in several processes, which Lightning starts with the same command as the first."""

import os
import pickle
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import psutil

from mnist_tutorial.benchmark.results.result import Result
from mnist_tutorial.benchmark.runs.task import ERROR_LENGTH, Task


def run_distributed(task: Task) -> tuple[Result | None, str | None]:
    """Run a task in as many processes as its options ask for; returns the same as `execution.run_safely`."""
    with tempfile.TemporaryDirectory() as folder:
        task_file, outcome_file, output = Path(folder, "task"), Path(folder, "outcome"), Path(folder, "output")
        task_file.write_bytes(pickle.dumps(task))
        command = [sys.executable, "-m", "mnist_tutorial.benchmark.runs.distributed", task_file, outcome_file]
        with output.open("wb") as file:  # a pipe would stay open as long as anything that the recipe has started
            done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT)
        if not outcome_file.exists():
            text = output.read_text(encoding="utf-8", errors="backslashreplace")[-ERROR_LENGTH:]
            return None, f"{text}\nit ended with exit code {done.returncode}".strip()
        return pickle.loads(outcome_file.read_bytes())


def main(task_file: str, outcome_file: str) -> None:
    """Run the task in a file; the first process on each machine writes the outcome."""
    from mnist_tutorial.benchmark.runs.execution import run_safely  # imports torch, which who starts us need not

    outcome = run_safely(pickle.loads(Path(task_file).read_bytes()))
    if os.environ.get("LOCAL_RANK", "0") == "0":
        Path(outcome_file).write_bytes(pickle.dumps(outcome))
        # Lightning starts the other processes anew for the training after the warm-up, though those of the warm-up are
        # there and take part. The new ones would wait for half an hour to be called.
        for child in psutil.Process().children(recursive=True):
            with suppress(psutil.Error):  # it has just ended
                child.terminate()


if __name__ == "__main__":
    main(*sys.argv[1:])
