"""An exercise: the function that examines an answer, and the course's own answer."""

import functools
import inspect
import os
import signal
import site
import sysconfig
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from mnist_tutorial import compat
from mnist_tutorial.errors import encodable, printable

LIBRARIES = (
    sysconfig.get_path("stdlib"),
    *site.getsitepackages(),
    site.getusersitepackages(),
    Path(__file__).parents[2],
)
NOT_THE_STUDENTS = (*(f"{folder}{os.sep}" for folder in LIBRARIES), "<frozen")
CARRY_ON = "(Until then, the notebook carries on with our answer.)"
LIMIT = 30  # seconds; right answers take less than five, also beside two busy programs on two cores
Answer = Callable[..., Any]
rng = np.random.default_rng()  # new input whenever a check is asked


class Hint(Exception):
    """What is wrong with an answer, in one line that helps."""


class OutOfTimeError(BaseException):
    """An answer takes too long. No `Exception`, or answers that catch those would go on."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise `OutOfTimeError` in what takes longer, or three times as long if it waits or the machine is busy.

    Within another limit, 0 stops its clock. Windows has no alarm, other threads get none: there is the stop button.
    """
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(number, frame):
        if time.process_time() - computed > seconds / 2 or time.monotonic() - start > 3 * seconds:
            raise OutOfTimeError

    start, computed = time.monotonic(), time.process_time()
    handler = signal.signal(signal.SIGALRM, interrupt)
    before = signal.setitimer(signal.ITIMER_REAL, seconds, 1)  # each second again, if an answer has caught it
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, *before)
        signal.signal(signal.SIGALRM, handler)


def exercise(reference: Any) -> Callable[[Callable[[Any], str]], Callable[[Any], Any]]:
    """Turn a function that examines an answer into the check of an exercise; `reference` is our answer.

    The function returns the sentence that praises the answer, or raises `Hint`. Any other exception counts as a
    mistake in the student's code, and is shown with its line. Only ctrl-C leaves a check.
    """

    def decorate(examine):
        @functools.wraps(examine)
        def check(answer):
            try:
                with time_limit(LIMIT), np.printoptions(threshold=20):  # short arrays in messages
                    line, right = f"✓ {examine.__name__}: {examine(answer)}.", True
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # an answer may also raise SystemExit, GeneratorExit or CancelledError
                line, right = f"✗ {examine.__name__}: {error if isinstance(error, Hint) else blame(error)}", False
            # On one line and without escape sequences, whatever the answer had to say.
            print(encodable(printable(" ".join(line.split()))), *(() if right else (CARRY_ON,)))
            return answer if right else reference

        check.__signature__ = inspect.signature(examine).replace(return_annotation=Any)
        check.__doc__ += "\n\nPrints one line. Returns the answer if it is right, and our answer otherwise."
        check.reference = reference
        return check

    return decorate


def blame(error: BaseException) -> str:
    """Describe an error, with the line of the student's code that raised it, or that ran when time was up."""
    description = f"raised {type(error).__name__}: {error!s:.300}."
    if isinstance(error, OutOfTimeError):
        description = f"was still running after {LIMIT} s. Does a loop never end, or is there far too much to compute?"
    elif compat.lacks_kwargs(error):
        return f"your answer {description} DeepTrack passes more than your properties to get: accept **kwargs."
    elif "read-only" in description:
        description += " You change the array that you are given; compute a new one."
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if not frame.filename.startswith(NOT_THE_STUDENTS):
            return f"line {frame.lineno} of your code, `{frame.line:.200}`, {description}"
    return f"your answer {description}"


def returned(value: Any) -> Any:
    """Return a value, or the array in a tensor of torch; refuse nothing, and the dots of a stub."""
    dots = value is ... or (isinstance(value, tuple) and any(part is ... for part in value))
    refuse(dots, "your function returns dots. Replace them.")
    refuse(value is None, "your function returns nothing yet. Does each way through it end with `return` and a value?")
    return value.detach().cpu().numpy() if hasattr(type(value), "detach") else value


def refuse(wrong: Any, hint: str) -> None:
    """Raise the hint if something is wrong."""
    if wrong:
        raise Hint(hint)


def ask(answer: Answer, truth: Any, mistakes: Iterable[tuple], hint: str, rtol: float = 1e-3, **inputs: Any) -> None:
    """Refuse an answer that does not give the truth for these inputs."""
    case = ", ".join(f"{name} = {short(value)}" for name, value in inputs.items())
    given = [frozen(value) if isinstance(value, np.ndarray) else value for value in inputs.values()]
    same(answer(*given), truth, f"for {case}", mistakes, hint, rtol)


def same(got: Any, truth: Any, case: str, mistakes: Iterable[tuple] = (), hint: str = "", rtol: float = 1e-3) -> None:
    """Refuse what is not the truth. Each mistake is one value or more, and the hint if that is what we got."""
    got = returned(got)
    if not agree(got, truth, rtol):
        hint = next((text for *values, text in mistakes if any(agree(got, value, rtol) for value in values)), hint)
        raise Hint(f"{case}, yours is {short(got)}; expected {short(truth)}. {hint}")


def frozen(array: np.ndarray) -> np.ndarray:
    """View an array so that nothing can change it: an answer computes something new, and leaves its input as it is."""
    return np.broadcast_to(array, array.shape)


def agree(got: Any, truth: Any, rtol: float = 1e-3) -> bool:
    """Compare values or arrays: whole numbers must be equal, others may be rounded to the digits that a hint shows."""
    truth = np.asarray(truth)
    if isinstance(got, str) or truth.dtype.kind == "U":  # "7" is no number
        return truth.dtype.kind == "U" and bool(np.array_equal(got, truth))
    try:
        got = np.asarray(got, float)
    except (TypeError, ValueError):  # not a number
        return False
    if truth.ndim == 0 and got.size == 1:  # an array of one number is as good as the number
        got = got.reshape(())
    if truth.dtype.kind in "biu":
        return bool(np.array_equal(got, truth))
    return got.shape == truth.shape and np.allclose(got, truth, rtol=rtol, atol=1e-5 * np.abs(truth).max(initial=0))


def short(value: Any) -> str:
    """Show a value in a few characters."""
    if isinstance(value, tuple):
        return f"({', '.join(map(short, value))})"
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, float):
        return f"{value:.4g}"
    if hasattr(value, "shape") and np.size(value) > 8 and getattr(value.dtype, "kind", "f") in "biuf":
        return f"an array of shape {tuple(value.shape)}, from {value.min():.4g} to {value.max():.4g}"
    return f"{np.asarray(value) if hasattr(value, 'shape') else value!r:.60}"
