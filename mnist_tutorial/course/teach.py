"""Teaching: all files that a workshop takes, as `workshop` writes them, and its plans: from minutes to clock times."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from string import Template
from time import strptime

import nbformat
from tqdm import tqdm

from mnist_tutorial.course.lesson import HERE, REPOSITORY, WHEEL, Lesson, lessons, read_notebook, tags, variant
from mnist_tutorial.course.pages import assets, read_executed, run, slides, solutions
from mnist_tutorial.errors import MNISTError

CORE = 6  # notebooks, each of which needs those before it; the others are electives
HALF_DAY = 4  # notebooks fit into four hours
EVENINGS, EVENING = (0, 2, 4, 7), "18:00"  # three of them, until 21:00: where they begin and end among the notebooks
WELCOME, BREAK, LUNCH, CLOSING = 15, 15, 60, 15  # minutes
LONGEST_SESSION = 105  # minutes without a break: the welcome, and two notebooks of 45
LUNCH_FROM = 11 * 60 + 30  # from then on, lunch comes before the next notebook, unless the day begins later
PROJECT = "- [The final project](student/project.ipynb): two hours, alone or in pairs. You need notebook 6."


def not_run(course: Path) -> list[str]:
    """Name the notebooks that ``make test`` has not run, or that have changed since."""
    return [path.name for path in _paths(course) if read_executed(path, course / "build" / "executed") is None]


def files(course: Path, start: str = "09:00", execute: bool = False, online: bool = False) -> dict[str, bytes]:
    """Make all files of a workshop: path to content.

    Solutions and slides have their figures if ``make test`` has run the notebooks of the folder, or else with
    `execute`, which takes minutes. With `online`, links between notebooks lead to the repository.
    """
    numbered = lessons(course)
    texts = plans(numbered, start) | pack(numbered, start)
    for path in tqdm(_paths(course), desc="solutions", unit=" notebooks", disable=None if execute else True):
        notebook = read_notebook(path)
        for kind in ("student", "instructor"):
            texts[f"{kind}/{path.name}"] = f"{nbformat.writes(variant(notebook, kind, online))}\n"
        executed = read_executed(path, course / "build" / "executed") or (run(path) if execute else notebook)
        if any("slide" in tags(cell) for cell in notebook.cells):
            texts[f"slides/{path.stem}.html"] = slides(executed)
        texts[f"solutions/{path.stem}.html"] = solutions(executed)
    return {name: text.encode() for name, text in texts.items()} | assets()


def _paths(course):
    return sorted((course / "notebooks").glob("*.ipynb"))


def pack(lessons: Sequence[Lesson], start: str) -> dict[str, str]:
    """Fill in the teacher's mail, check list and survey: file name to Markdown."""
    core = lessons[:CORE]
    values = {
        "start": start,
        "end": plan(core, start, lunch=True)[-1][1],
        "lessons": "\n".join(f"> {lesson.title}" for lesson in core),  # a title begins with its number
        "minutes": sum(lesson.minutes for lesson in core),
        "wheel": WHEEL,
        "repository": REPOSITORY,
    }
    paths = (HERE / "pack").glob("*.md")
    return {path.name: Template(path.read_text(encoding="utf-8")).substitute(values) for path in paths}


def plans(lessons: Sequence[Lesson], start: str = "09:00") -> dict[str, str]:
    """Plan a day, half a day and three evenings: file name to Markdown, in which the other notebooks are listed."""
    evenings = [plan(lessons[begin:end], EVENING) for begin, end in pairwise(EVENINGS)]
    return {
        "schedule.md": _page("A day", [plan(lessons[:CORE], start, lunch=True)], lessons[CORE:]),
        "half-day.md": _page("Half a day", [plan(lessons[:HALF_DAY], start)], lessons[HALF_DAY:]),
        "evenings.md": _page("Three evenings", evenings, lessons[EVENINGS[-1] :]),
    }


def plan(lessons: Sequence[Lesson], start: str, lunch: bool = False) -> list[tuple[str, str, str, str]]:
    """List the parts of a day: the times when each begins and ends, what it is, and when its exercises begin."""
    try:
        begin = strptime(start, "%H:%M")
    except ValueError as error:
        raise MNISTError(f"the start is {start!r}; expected a clock time such as 09:00") from error
    now = rested = 60 * begin.tm_hour + begin.tm_min  # minutes since midnight
    hungry, rows = lunch and now < LUNCH_FROM, []

    def add(minutes, what, exercises=""):
        rows.append((_clock(now), _clock(now + minutes), what, exercises))
        return now + minutes

    now = add(WELCOME, "*welcome, set-up check*")
    for number, lesson in enumerate(lessons):
        if hungry and now >= LUNCH_FROM and number:
            now = rested = add(LUNCH, "*lunch*")
            hungry = False
        elif now + lesson.minutes > rested + LONGEST_SESSION:
            now = rested = add(BREAK, "*break*")
        exercises = _clock(now + lesson.minutes - lesson.exercise_minutes)
        now = add(lesson.minutes, f"[{lesson.title}](student/{lesson.name})", exercises)
    add(CLOSING, "*closing*")
    return rows


def _clock(minutes):
    return f"{minutes // 60 % 24:02}:{minutes % 60:02}"


def _page(title, days, others):
    lines = [f"# {title}"]
    for number, rows in enumerate(days, 1):
        lines += [f"\n## Evening {number}\n"] if len(days) > 1 else [""]
        lines += ["| from | to | what | exercises from |", "| --- | --- | --- | --- |"]
        lines += [f"| {' | '.join(row)} |" for row in rows]
    listed = [f"- [{x.title}](student/{x.name}): {x.minutes} minutes. You need {x.needs}." for x in others]
    return "\n".join([*lines, "\n## Instead, or afterwards\n", *listed, PROJECT, ""])
