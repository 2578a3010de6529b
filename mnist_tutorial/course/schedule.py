"""The schedule of a workshop: clock times from the minutes in the notebooks."""

import re

from mnist_tutorial.errors import MNISTError

BREAK, LUNCH = 15, 60
AT_A_STRETCH = 90  # minutes of work; after that, people no longer listen
NOON, HUNGRY = 12 * 60, 12 * 60 + 30


def schedule(lessons, start="09:00"):
    """Plan the day.

    Parameters
    ----------
    lessons : sequence of Lesson
    start : str
        Clock time, as ``09:00``.

    Returns
    -------
    str
        Markdown: a table with a row for each lesson, break and lunch.

    Raises
    ------
    MNISTError
        If `start` is no clock time.

    Examples
    --------
    >>> from types import SimpleNamespace as Lesson
    >>> day = [Lesson(title=f"{n}. Part", name=f"0{n}.ipynb", minutes=50, exercising=20) for n in (1, 2)]
    >>> print(schedule(day, "10:30"))
    # Schedule
    <BLANKLINE>
    | from | to | what | of it exercises |
    | --- | --- | --- | ---: |
    | 10:30 | 11:20 | [1. Part](student/01.ipynb) | 20 minutes |
    | 11:20 | 11:35 | *break* | |
    | 11:35 | 12:25 | [2. Part](student/02.ipynb) | 20 minutes |
    <BLANKLINE>
    100 minutes of work, 40 of them for exercises.
    """
    found = re.fullmatch(r"(\d{1,2}):(\d{2})", start)
    if not found or int(found[1]) > 23 or int(found[2]) > 59:
        raise MNISTError(f"start is {start!r}; expected a clock time such as 09:00")
    now = 60 * int(found[1]) + int(found[2])
    eaten, worked = now >= HUNGRY, 0
    rows = []

    def row(minutes, what, exercises=""):
        nonlocal now
        rows.append(f"| {_clock(now)} | {_clock(now + minutes)} | {what} |{exercises} |")
        now += minutes

    for lesson in lessons:
        if worked and not eaten and (now >= NOON or now + lesson.minutes / 2 > HUNGRY):
            row(LUNCH, "*lunch*")
            eaten, worked = True, 0
        elif worked and worked + lesson.minutes > AT_A_STRETCH:
            row(BREAK, "*break*")
            worked = 0
        row(lesson.minutes, f"[{lesson.title}](student/{lesson.name})", f" {lesson.exercising} minutes")
        worked += lesson.minutes
    work, exercises = (sum(getattr(lesson, name) for lesson in lessons) for name in ("minutes", "exercising"))
    return "\n".join(
        [
            "# Schedule\n",
            "| from | to | what | of it exercises |",
            "| --- | --- | --- | ---: |",
            *rows,
            f"\n{work} minutes of work, {exercises} of them for exercises.",
        ]
    )


def _clock(minutes):
    return f"{minutes // 60 % 24:02}:{minutes % 60:02}"
