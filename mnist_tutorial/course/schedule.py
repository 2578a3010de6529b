"""The plans of a workshop: clock times from the minutes in the notebooks."""

from collections.abc import Sequence
from time import strptime

from mnist_tutorial.course.lesson import Lesson
from mnist_tutorial.errors import MNISTError

CORE = 6  # notebooks, each of which needs those before it; the others are electives
WELCOME, BREAK, LUNCH, CLOSING = 15, 15, 60, 15  # minutes
LONGEST_SESSION = 105  # minutes without a break: the welcome, and two notebooks of 45
LUNCH_FROM = 11 * 60 + 30  # from then on, lunch comes before the next notebook, unless the day begins later
HALF_DAY = 4 * 60
EVENINGS, EVENING, EVENING_ENDS = 3, "18:00", 21 * 60
PROJECT = "- [The final project](student/project.ipynb): two hours, alone or in pairs. You need notebook 6."


def schedule(lessons: Sequence[Lesson], start: str = "09:00") -> str:
    """Plan a day with the notebooks of the core, in Markdown; the electives are listed below it."""
    return _page("# A day\n", *_table(plan(lessons[:CORE], start)), others=lessons[CORE:])


def half_day(lessons: Sequence[Lesson], start: str = "09:00") -> str:
    """Plan half a day with as many notebooks of the core as fit."""
    plans = [plan(lessons[:number], start, lunch=False) for number in range(1, CORE + 1)]
    number = sum(rows[-1][1] - rows[0][0] <= HALF_DAY for rows in plans)
    return _page("# Half a day\n", *_table(plans[number - 1]), others=lessons[number:])


def evenings(lessons: Sequence[Lesson]) -> str:
    """Plan three evenings: the core in equal parts, then the electives that fit."""
    size, others = -(-CORE // EVENINGS), []
    parts = [[*lessons[first : first + size]] for first in range(0, CORE, size)]
    for lesson in lessons[CORE:]:
        fits = plan([*parts[-1], lesson], EVENING, lunch=False)[-1][1] <= EVENING_ENDS
        (parts[-1] if fits else others).append(lesson)
    text = ["# Three evenings"]
    for number, part in enumerate(parts, 1):
        text += [f"\n## Evening {number}\n", *_table(plan(part, EVENING, lunch=False))]
    return _page(*text, others=others)


def plan(lessons: Sequence[Lesson], start: str, lunch: bool = True) -> list[tuple[int, int, str, str]]:
    """List the parts of a day: first and last minute since midnight, what it is, and when exercises begin."""
    try:
        begin = strptime(start, "%H:%M")
    except ValueError as error:
        raise MNISTError(f"the start is {start!r}; expected a clock time such as 09:00") from error
    rested = now = 60 * begin.tm_hour + begin.tm_min
    hungry, rows = lunch and now < LUNCH_FROM, [(now, now + WELCOME, "*welcome, set-up check*", "")]
    for lesson in lessons:
        now = rows[-1][1]
        if hungry and now >= LUNCH_FROM and len(rows) > 1:
            rows.append((now, now + LUNCH, "*lunch*", ""))
            hungry, rested = False, now + LUNCH
        elif now + lesson.minutes > rested + LONGEST_SESSION:
            rows.append((now, now + BREAK, "*break*", ""))
            rested = now + BREAK
        end = rows[-1][1] + lesson.minutes
        what, exercises = f"[{lesson.title}](student/{lesson.name})", clock(end - lesson.exercise_minutes)
        rows.append((rows[-1][1], end, what, exercises))
    return [*rows, (rows[-1][1], rows[-1][1] + CLOSING, "*closing*", "")]


def clock(minutes: int) -> str:
    """Write minutes since midnight as a clock time."""
    return f"{minutes // 60 % 24:02}:{minutes % 60:02}"


def _table(rows):
    lines = [f"| {clock(begin)} | {clock(end)} | {what} | {rest} |" for begin, end, what, rest in rows]
    return ["| from | to | what | exercises from |", "| --- | --- | --- | --- |", *lines]


def _page(*lines, others):
    listed = [f"- [{x.title}](student/{x.name}): {x.minutes} minutes. You need {x.needs}." for x in others]
    return "\n".join([*lines, "\n## Instead, or afterwards\n", *listed, PROJECT, ""])
