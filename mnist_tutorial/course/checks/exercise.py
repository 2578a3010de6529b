"""An exercise: what examines an answer, and the answer of the course."""

import functools
import linecache
import sysconfig
import traceback
from pathlib import Path

import numpy as np

LIBRARIES = tuple(sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib"))
PACKAGE = str(Path(__file__).parent.parent.parent)


class Hint(Exception):
    """What is wrong with an answer, in one line that leads on."""


def exercise(reference):
    """Turn a function that examines an answer into the check of an exercise.

    The check takes the student's answer and prints one line. It returns the answer if it is right, and otherwise the
    answer of the course, so that a notebook goes on. Nothing that an answer does makes it raise.

    Parameters
    ----------
    reference : object
        The answer of the course.

    Returns
    -------
    callable
        Decorates a function that takes an answer, returns the sentence that says what is right about it, and raises
        `Hint` otherwise. What else is raised counts as a mistake of the student's code, and is shown with its line.

    Examples
    --------
    >>> @exercise(reference=lambda x: 2 * x)
    ... def double(answer):
    ...     number = np.random.default_rng().integers(1, 9)
    ...     same(answer(number), 2 * number, f"of {number}")
    ...     return "twice as much, whatever it is"
    >>> _ = double(lambda x: x + x)
    ✓ double: twice as much, whatever it is.
    """

    def decorate(examine):
        @functools.wraps(examine)
        def check(answer):
            try:
                print(f"✓ {examine.__name__}: {examine(answer)}.")
                return answer
            except Hint as hint:
                message = str(hint)
            except (Exception, SystemExit) as error:
                message = _blame(error)
            # One line, whatever the error had to say.
            print(f"✗ {examine.__name__}: {' '.join(message.split())} (Until then, the notebook goes on with ours.)")
            return reference

        check.reference = reference
        return check

    return decorate


def returned(value):
    """Refuse what a stub returns.

    Parameters
    ----------
    value : object
        What the student's function returned.

    Returns
    -------
    object
        The value.

    Raises
    ------
    Hint
        If it is nothing.
    """
    if value is None or value is ... or (isinstance(value, tuple) and any(part is ... for part in value)):
        raise Hint("your function returned nothing yet. Replace the dots, and do not forget return.")
    return value


def same(found, expected, of, hint="", tolerance=1e-5):
    """Compare a value, a tuple or an array with what it should be.

    Parameters
    ----------
    found : object
        What the student's function returned.
    expected : object
    of : str
        What it was asked, as in "of 3 digits".
    hint : str
        What leads on.
    tolerance : float
        How far a number may be off.

    Raises
    ------
    Hint
        With both values, if they differ.
    """
    returned(found)
    if isinstance(expected, str) or (isinstance(expected, tuple) and isinstance(expected[0], str)):
        agree = found == expected
    else:
        try:
            one, other = np.asarray(found, float), np.asarray(expected, float)
            agree = one.shape == other.shape and np.allclose(one, other, rtol=0, atol=tolerance)
        except (TypeError, ValueError):  # what is no number
            agree = False
    if not agree:
        raise Hint(f"{of}, yours is {_short(found)}, and should be {_short(expected)}. {hint}".strip())


def feature(value):
    """Refuse what is no DeepTrack feature.

    Parameters
    ----------
    value : object
        What the student's function returned.

    Returns
    -------
    deeptrack.Feature

    Raises
    ------
    Hint
        If it is something else.
    """
    import deeptrack as dt

    if isinstance(returned(value), dt.Feature):
        return value
    if isinstance(value, type):
        raise Hint(f"you gave the class {value.__name__}; expected a feature, which its call makes.")
    raise Hint(f"you gave {_short(value)}; expected a DeepTrack feature, which is evaluated later.")


def _short(value):
    """Show a value in a few words."""
    if isinstance(value, tuple):
        return f"({', '.join(map(_short, value))})"
    if isinstance(value, str | int | float | np.number):
        return f"{value:.4g}" if isinstance(value, float | np.floating) else repr(value)
    if hasattr(value, "shape") and np.size(value) > 8:
        return f"an array of shape {tuple(value.shape)}, from {value.min():.4g} to {value.max():.4g}"
    return f"{value!r:.60}".replace("\n", " ") if not hasattr(value, "shape") else f"{np.asarray(value)!r:.60}"


def _blame(error):
    """Find the line of the student's code in which an error arose."""
    told = f"{type(error).__name__}: {error}"
    if "get() got an unexpected keyword argument" in told:
        return f"your answer raised {told}. DeepTrack hands get more than your properties: expected **kwargs, too."
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if not frame.filename.startswith((*LIBRARIES, PACKAGE, "<frozen")):
            line = linecache.getline(frame.filename, frame.lineno).strip()
            return f"line {frame.lineno} of your code, `{line}`, raised {told}."
    return f"your answer raised {told}."
