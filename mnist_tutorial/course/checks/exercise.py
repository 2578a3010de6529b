"""An exercise: the function that examines an answer, and the course's own answer."""

import functools
import inspect
import linecache
import os
import re
import sysconfig
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from mnist_tutorial import compat
from mnist_tutorial.course.checks.time_limit import OutOfTimeError, call_within
from mnist_tutorial.errors import encodable, printable

LIBRARIES = tuple(sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib"))
PACKAGE = Path(__file__).parent.parent.parent
NOT_THE_STUDENTS = (*(f"{folder}{os.sep}" for folder in (*LIBRARIES, PACKAGE)), "<frozen")
OUTCOME = "Prints one line. Returns the answer if it is right, and our answer otherwise."
CARRY_ON = "(Until then, the notebook carries on with our answer.)"
LIMIT = 30  # seconds; right answers take less than five, also beside two busy programs on two cores


class Hint(Exception):
    """What is wrong with an answer, in one line that helps."""


class Judgement(NamedTuple):
    """What a check says of an answer: whether it is right, why, and which line of it raised an error."""

    right: bool
    line: str
    place: str


def exercise(reference: Any) -> Callable[[Callable[[Any], str]], Callable[[Any], Any]]:
    """Turn a function that examines an answer into the check of an exercise.

    The check takes the student's answer and prints one line. It returns the answer if it is right, and otherwise ours,
    so that the notebook can carry on. Nothing that an answer raises leaves a check, except ctrl-C. An answer that never
    ends is interrupted after half a minute, where `call_within` can do it.

    Parameters
    ----------
    reference : object
        Our answer.

    Returns
    -------
    callable
        Decorates a function that takes an answer and returns the sentence that praises it, or raises `Hint`. Any other
        exception counts as a mistake in the student's code, and is shown with its line.

    Examples
    --------
    >>> @exercise(reference=lambda x: 2 * x)
    ... def double(answer):
    ...     '''Check a function that doubles a number.'''
    ...     number = np.random.default_rng().integers(1, 9)
    ...     same(answer(number), 2 * number, f"for {number}")
    ...     return "twice as much, whatever the number"
    >>> _ = double(lambda x: x + x)
    ✓ double: twice as much, whatever the number.
    """

    def decorate(examine):
        def judge(answer):
            place = ""
            try:
                praise = call_within(LIMIT, examine, answer)
                line = f"✓ {examine.__name__}: {praise}."
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # an answer may also raise SystemExit, GeneratorExit or CancelledError
                praise = None
                message, place = (str(error), "") if isinstance(error, Hint) else blame(error)
                line = f"✗ {examine.__name__}: {message}"
            # On one line and without escape sequences, whatever the answer had to say.
            return Judgement(praise is not None, *(printable(" ".join(text.split())) for text in (line, place)))

        @functools.wraps(examine)
        def check(answer):
            judgement = judge(answer)
            print(encodable(judgement.line), *(() if judgement.right else (CARRY_ON,)))
            return answer if judgement.right else reference

        check.__signature__ = inspect.signature(examine).replace(return_annotation=Any)
        check.__doc__ = f"{inspect.getdoc(examine)}\n\n{OUTCOME}"
        check.reference, check.judge = reference, judge
        return check

    return decorate


def returned(value: Any) -> Any:
    """Return a value, unless it is nothing, or the dots of a stub."""
    if value is ... or (isinstance(value, tuple) and any(part is ... for part in value)):
        raise Hint("your function returns dots. Replace them.")
    if value is None:
        raise Hint("your function returns nothing yet. Does each way through it end with `return` and a value?")
    return value


def same(
    found: Any,
    expected: Any,
    case: str,
    mistakes: Iterable[tuple[Any, str]] = (),
    hint: str = "",
    rtol: float = 1e-3,
) -> None:
    """Compare a value, a tuple or an array with what it should be.

    Whole numbers must be equal; others may be rounded to the four digits that the message shows.

    Parameters
    ----------
    found, expected : object
    case : str
        Such as "for 3 digits".
    mistakes : iterable of (object, str)
        What people get by mistake, each with the hint that helps them; the first one that fits is shown.
    hint : str
        For all other mistakes.
    rtol : float
        The relative error that is allowed.

    Raises
    ------
    Hint
        If the two differ.
    """
    if agree(returned(found), expected, rtol):
        return
    hint = next((text for value, text in mistakes if agree(found, value, rtol)), hint)
    raise Hint(f"{case}, yours is {_short(found)}; expected {_short(expected)}. {hint}".strip())


def agree(found: Any, expected: Any, rtol: float = 1e-3) -> bool:
    """Tell whether two values are equal; an array of one number is as good as the number."""
    if isinstance(expected, str) or (isinstance(expected, tuple) and isinstance(expected[0], str)):
        return bool(np.array_equal(found, expected))
    if isinstance(found, str):  # "7" is no number
        return False
    try:
        array, truth = np.asarray(found, float), np.asarray(expected, float)
    except (TypeError, ValueError):  # not a number
        return False
    if truth.ndim == 0 and array.size == 1:
        array = array.reshape(())
    whole = np.asarray(expected).dtype.kind in "biu"
    return array.shape == truth.shape and bool(np.allclose(array, truth, rtol=0 if whole else rtol, atol=1e-6))


def frozen(array: np.ndarray) -> np.ndarray:
    """Return a copy that cannot be changed: an answer computes something new, and leaves what it gets as it is."""
    copy = np.array(array)
    copy.flags.writeable = False
    return copy


def feature(value: Any) -> Any:
    """Return a value if it is a DeepTrack feature."""
    import deeptrack as dt

    from mnist_tutorial.pipeline import PerImage

    if isinstance(returned(value), dt.Feature):
        return value
    if isinstance(value, type):
        raise Hint(f"you returned the class {value.__name__}; expected a feature: call the class.")
    if isinstance(value, PerImage):
        raise Hint("you returned a draw for each image; expected a feature that takes it as a property.")
    if callable(value):  # as DeepTrack takes a plain function behind `>>`
        return dt.Lambda(lambda: value)
    raise Hint(f"you returned {_short(value)}; expected a DeepTrack feature, which is evaluated later.")


def _short(value):
    """Show a value in a few characters."""
    if isinstance(value, tuple):
        return f"({', '.join(map(_short, value))})"
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, str | int | float):
        return f"{value:.4g}" if isinstance(value, float) else repr(value)
    if hasattr(value, "shape") and np.size(value) > 8:
        return f"an array of shape {tuple(value.shape)}, from {value.min():.4g} to {value.max():.4g}"
    return f"{value!r:.60}".replace("\n", " ") if not hasattr(value, "shape") else f"{np.asarray(value)!r:.60}"


def blame(error: BaseException) -> tuple[str, str]:
    """Describe an error, and find the line of the student's code that raised it, or that ran when time was up."""
    try:
        lacks_kwargs = compat.lacks_kwargs(error)
        if isinstance(error, OutOfTimeError):
            description = (
                f"was still running after {LIMIT} s. Does a loop never end, or is there far too much to compute?"
            )
        else:
            description = f"raised {type(error).__name__}: {_abridged(str(error)):.300}."
            if "read-only" in description:
                description += " You change the array that you are given; compute a new one."
    except KeyboardInterrupt:
        raise
    except BaseException:
        description, lacks_kwargs = "raised an error that cannot be shown, since its text raises another one.", False
    if lacks_kwargs:
        return f"your answer {description} DeepTrack passes more than your properties to get: accept **kwargs.", ""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if not frame.filename.startswith(NOT_THE_STUDENTS):
            line = linecache.getline(frame.filename, frame.lineno).strip()
            return f"line {frame.lineno} of your code, `{line:.200}`, {description}", line
    return f"your answer {description}", ""


def _abridged(text):
    """Leave out most of the numbers of an array."""
    return re.sub(
        r"(\d[\d.e+-]*(?:[\s,\[\]]+-?\d[\d.e+-]*){2})(?:[\s,\[\]]+-?\d[\d.e+-]*){5,}\s*", r"\1 ...", text[:10_000]
    )
