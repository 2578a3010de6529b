"""The schedule of a workshop: clock times from the minutes in the notebooks."""

import re
from collections.abc import Sequence

from mnist_tutorial.course.lesson import Lesson
from mnist_tutorial.errors import MNISTError

BREAK, LUNCH = 15, 60
LONGEST_SESSION = 90  # minutes without a break; after that, people stop listening
NOON, LATEST_LUNCH = 12 * 60, 12 * 60 + 30


def schedule(lessons: Sequence[Lesson], start: str = "09:00") -> str:
    """Plan the day.

    Parameters
    ----------
    lessons : sequence of Lesson
    start : str
        Clock time.

    Returns
    -------
    str
        A Markdown table with a row for each lesson, break and lunch.

    Raises
    ------
    MNISTError
        If `start` is not a clock time.

    Examples
    --------
    >>> day = [Lesson(f"0{n}.ipynb", None, f"{n}. Part", minutes=50, exercise_minutes=20) for n in (1, 2)]
    >>> print(schedule(day, "10:30"))
    # Schedule
    <BLANKLINE>
    | from | to | what | exercises |
    | --- | --- | --- | ---: |
    | 10:30 | 11:20 | [1. Part](student/01.ipynb) | 20 minutes |
    | 11:20 | 11:35 | *break* | |
    | 11:35 | 12:25 | [2. Part](student/02.ipynb) | 20 minutes |
    <BLANKLINE>
    100 minutes of work, 40 of them for exercises.
    """
    clock = re.fullmatch(r"(\d{1,2}):(\d{2})", start)
    if not clock or int(clock[1]) > 23 or int(clock[2]) > 59:
        raise MNISTError(f"the start is {start!r}; expected a clock time such as 09:00")
    now = 60 * int(clock[1]) + int(clock[2])
    lunch_over, session = now >= LATEST_LUNCH, 0
    rows = []

    def row(minutes, what, exercises=""):
        nonlocal now
        rows.append(f"| {_clock(now)} | {_clock(now + minutes)} | {what} |{exercises} |")
        now += minutes

    for lesson in lessons:
        if session and not lunch_over and (now >= NOON or now + lesson.minutes / 2 > LATEST_LUNCH):
            row(LUNCH, "*lunch*")
            lunch_over, session = True, 0
        elif session and session + lesson.minutes > LONGEST_SESSION:
            row(BREAK, "*break*")
            session = 0
        row(lesson.minutes, f"[{lesson.title}](student/{lesson.name})", f" {lesson.exercise_minutes} minutes")
        session += lesson.minutes
    work, exercises = (sum(getattr(lesson, name) for lesson in lessons) for name in ("minutes", "exercise_minutes"))
    return "\n".join(
        [
            "# Schedule\n",
            "| from | to | what | exercises |",
            "| --- | --- | --- | ---: |",
            *rows,
            f"\n{work} minutes of work, {exercises} of them for exercises.",
        ]
    )


def _clock(minutes):
    return f"{minutes // 60 % 24:02}:{minutes % 60:02}"
