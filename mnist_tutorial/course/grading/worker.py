"""A process that checks one exercise, and may be killed."""

import io
import json
import linecache
import multiprocessing
import os
import re
import signal
import tempfile
from contextlib import redirect_stdout, suppress
from multiprocessing.connection import Connection, wait
from typing import NamedTuple

import torch

from mnist_tutorial.course import checks
from mnist_tutorial.course.checks import exercise as exercises
from mnist_tutorial.course.checks.exercise import CARRY_ON, blame, time_limit
from mnist_tutorial.course.grading.handed_in import Exercise, python
from mnist_tutorial.data import load

FORKS = "forkserver" in multiprocessing.get_all_start_methods()  # elsewhere, each process imports anew: seconds
CHECKS = {name: getattr(checks, name) for name in checks.__all__}  # all imported, before a process is forked for each
PATIENCE = 10  # seconds, to start a process and to interrupt an answer
MOST = 3  # times the limit, beside other programs


class Judgement(NamedTuple):
    """What a check says of an answer: whether it is right, why, and which line of it raised an error."""

    right: bool
    line: str
    place: str


def judge(exercise: Exercise, limit: float) -> Judgement:
    """Check an exercise in a process of its own.

    Parameters
    ----------
    exercise : Exercise
    limit : float
        Seconds for each cell, and for the check.

    Returns
    -------
    Judgement
        Also if the answer never ends, or ends the process.
    """
    context = multiprocessing.get_context("forkserver" if FORKS else "spawn")
    if FORKS:
        context.set_forkserver_preload([__name__])
    # What comes before, such as another exercise that ends the process, must not count: then it is left out.
    for before in (exercise.before, ()):
        reached, judgement = _run(context, before, exercise, limit)
        if reached:
            break
    return judgement


def _run(context, before, exercise, limit):
    """Run a process; returns whether it came to the answer, and the judgement."""
    receiving, sending = context.Pipe(duplex=False)
    reached, judgement = False, Judgement(False, f"✗ {exercise.check}: your answer ended the process.", "")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        process = context.Process(target=_check, args=(before, exercise, limit, folder, sending), daemon=True)
        process.start()
        sending.close()
        try:
            while wait(
                [receiving, process.sentinel],
                (len(exercise.cells if reached else before) + 1) * MOST * limit + PATIENCE,
            ):
                message = json.loads(receiving.recv_bytes())
                if message is not None:
                    return True, Judgement(*message)
                reached = True
            judgement = judgement._replace(line=f"✗ {exercise.check}: your answer was still running, and was ended.")
        except (EOFError, OSError, ValueError, TypeError):  # it has ended, or sent what is not ours
            pass
        finally:
            if FORKS:  # with all that it has started
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(process.pid, signal.SIGKILL)
            process.kill()
            process.join()
            receiving.close()
    return reached, judgement


def _check(before: tuple[str, ...], exercise: Exercise, limit: float, folder: str, sending: Connection) -> None:
    if FORKS:
        os.setsid()
    os.chdir(folder)
    silence = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(silence, stream)
    torch.set_num_threads(1)
    exercises.LIMIT = limit
    names = {"__name__": "__main__"}
    if any("mnist" in cell for cell in exercise.cells):
        names["mnist"] = load("auto")
    for number, cell in enumerate(before):
        _execute(cell, f"<before {number}>", names, limit)
    sending.send_bytes(json.dumps(None).encode())
    errors = [_execute(cell, f"<cell {number}>", names, limit) for number, cell in enumerate(exercise.cells)]
    try:
        answer = eval(exercise.answer, names)
    except BaseException as error:
        line = f"✗ {exercise.check}: {next(filter(None, reversed(errors)), blame(error))}"
    else:
        with redirect_stdout(io.StringIO()) as printed:
            CHECKS[exercise.check](answer)
        line = printed.getvalue().splitlines()[-1].removesuffix(f" {CARRY_ON}")
    place = re.search(r"line \d+ of your code, `(.*)`, ", line)
    judgement = Judgement(line.startswith("✓"), line, place[1] if place else "")
    sending.send_bytes(json.dumps(judgement).encode())
    os._exit(0)  # whatever threads are left


def _execute(cell, name, names, limit):
    """Run a cell; returns what `blame` says of its error."""
    source = python(cell)
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    try:
        with time_limit(limit):
            exec(compile(source, name, "exec"), names)
    except BaseException as error:  # also SystemExit
        return blame(error)
    return None
