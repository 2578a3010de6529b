"""The schedules of a workshop: clock times from the minutes in the notebooks."""

import re
from collections.abc import Sequence
from itertools import combinations, pairwise

from mnist_tutorial.course.lesson import APART, Lesson, tags
from mnist_tutorial.errors import MNISTError

WELCOME, BREAK, LUNCH, CLOSING = 15, 10, 60, 15
LONGEST_DAY = 9 * 60  # minutes, from the welcome to the closing; lessons that do not fit are for another day
LONGEST_SESSION = 90  # minutes without a break; after that, people stop listening
NOON, LATEST_LUNCH = 12 * 60, 12 * 60 + 30
EVENINGS, EVENING_START = 3, "18:00"
WORDS_PER_LINE = 8  # a line of code takes as long as so many words
# What a half day has, by the beginning of the file name, and why.
HALF_DAY = {
    "01": "a network in ten minutes, and your own digits, which it cannot read",
    "04": "a neuron by hand, so that nothing that follows is magic",
    "06": "the network that people use for images, and how it reads your digits",
}


def schedule(lessons: Sequence[Lesson], start: str = "09:00") -> str:
    """Plan the day: as many lessons as fit into nine hours.

    Parameters
    ----------
    lessons : sequence of Lesson
    start : str
        Clock time.

    Returns
    -------
    str
        Markdown: a table with a row for each lesson, break and lunch, and the minutes of each section.

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
    | 10:30 | 10:45 | *welcome, set-up check* | |
    | 10:45 | 11:35 | [1. Part](student/01.ipynb) | 20 minutes |
    | 11:35 | 11:45 | *break* | |
    | 11:45 | 12:35 | [2. Part](student/02.ipynb) | 20 minutes |
    | 12:35 | 12:50 | *closing* | |
    <BLANKLINE>
    100 minutes of work, 40 of them for exercises.
    """
    number = max(n for n in range(1, len(lessons) + 1) if n == 1 or _length(lessons[:n], start) <= LONGEST_DAY)
    later = [f"- {lesson.title}: {lesson.minutes} minutes" for lesson in lessons[number:]]
    later = ["\nFor another day:\n", *later] if later else []
    return "\n".join(["# Schedule\n", *_table(lessons[:number], start), *later, *_sections(lessons)])


def half_day(lessons: Sequence[Lesson], start: str = "09:00") -> str:
    """Plan a half day, as `schedule` does, with the lessons that matter most."""
    chosen = [lesson for lesson in lessons if lesson.name[:2] in HALF_DAY]
    reasons = [f"- {lesson.title}: {HALF_DAY[lesson.name[:2]]}." for lesson in chosen]
    table = _table(chosen, start, lunch=False)
    others = "The others are for the days after; each says at its top what it needs.\n"
    return "\n".join(["# Half a day\n", *table, "", *reasons, f"\n{others}", *_sections(chosen)])


def evenings(lessons: Sequence[Lesson], start: str = EVENING_START) -> str:
    """Plan three evenings, as `schedule` does, of which the longest is as short as can be."""
    parts = []
    for cuts in combinations(range(1, len(lessons)), min(EVENINGS, len(lessons)) - 1):
        part = [lessons[a:b] for a, b in pairwise((0, *cuts, len(lessons)))]
        parts.append((max(sum(lesson.minutes for lesson in evening) for evening in part), part))
    _, best = min(parts, key=lambda part: part[0])
    text = [f"# {EVENINGS} evenings"]
    for number, evening in enumerate(best, 1):
        text += [f"\n## Evening {number}\n", *_table(evening, start, lunch=False)]
    return "\n".join([*text, *_sections(lessons)])


def _table(lessons, start, lunch=True):
    """Make the lines of a table, and of a sum below it."""
    work, exercises = (sum(getattr(lesson, name) for lesson in lessons) for name in ("minutes", "exercise_minutes"))
    return [
        "| from | to | what | exercises |",
        "| --- | --- | --- | ---: |",
        *(f"| {_clock(a)} | {_clock(b)} | {what} |{rest} |" for a, b, what, rest in _plan(lessons, start, lunch)),
        f"\n{work} minutes of work, {exercises} of them for exercises.",
    ]


def _length(lessons, start):
    rows = _plan(lessons, start)
    return rows[-1][1] - rows[0][0]


def _plan(lessons, start, lunch=True):
    """List the parts of a day: first and last minute, what it is, and time for exercises."""
    clock = re.fullmatch(r"(\d{1,2}):(\d{2})", start)
    if not clock or int(clock[1]) > 23 or int(clock[2]) > 59:
        raise MNISTError(f"the start is {start!r}; expected a clock time such as 09:00")
    now = 60 * int(clock[1]) + int(clock[2])
    lunch_over, session = not lunch or now >= LATEST_LUNCH, WELCOME
    rows = []

    def row(minutes, what, exercises=""):
        nonlocal now
        rows.append((now, now + minutes, what, exercises))
        now += minutes

    row(WELCOME, "*welcome, set-up check*")
    for lesson in lessons:
        if session and not lunch_over and (now >= NOON or now + lesson.minutes / 2 > LATEST_LUNCH):
            row(LUNCH, "*lunch*")
            lunch_over, session = True, 0
        elif session and session + lesson.minutes > LONGEST_SESSION:
            row(BREAK, "*break*")
            session = 0
        row(lesson.minutes, f"[{lesson.title}](student/{lesson.name})", f" {lesson.exercise_minutes} minutes")
        session += lesson.minutes
    row(CLOSING, "*closing*")
    return rows


def _sections(lessons):
    """List the minutes of each section: those of the lesson are shared out by its words and lines of code."""
    lines = ["\n## Minutes of each section"]
    for lesson in lessons:
        if lesson.notebook is None:
            return []
        lengths, section = {}, None
        for cell in lesson.notebook.cells:
            if APART & tags(cell):  # exercises have minutes of their own, and notes are not read out
                continue
            for line in cell.source.splitlines():
                if cell.cell_type == "markdown" and line.startswith("## "):
                    section = line.removeprefix("## ")
                if section:
                    words = len(line.split()) if cell.cell_type == "markdown" else WORDS_PER_LINE
                    lengths[section] = lengths.get(section, 0) + words
        minutes, whole = lesson.minutes - lesson.exercise_minutes, sum(lengths.values()) - lengths.get("Exercises", 0)
        lines.append(f"\n**{lesson.title}**\n")
        for section, length in lengths.items():
            share = lesson.exercise_minutes if section == "Exercises" else max(1, round(minutes * length / whole))
            lines.append(f"- {section}: {share}")
    return lines


def _clock(minutes):
    return f"{minutes // 60 % 24:02}:{minutes % 60:02}"
