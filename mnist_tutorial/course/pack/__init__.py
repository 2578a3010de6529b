"""The teacher's pack: a mail, a check list and a survey, filled with what the plan of the day has."""

from collections.abc import Sequence
from pathlib import Path
from string import Template

from mnist_tutorial.course.lesson import Lesson
from mnist_tutorial.course.online import REPOSITORY, WHEEL
from mnist_tutorial.course.schedule import CORE, clock, plan

HERE = Path(__file__).parent


def pack(lessons: Sequence[Lesson], start: str) -> dict[str, str]:
    """Fill in the texts.

    Parameters
    ----------
    lessons : sequence of Lesson
    start : str
        Clock time.

    Returns
    -------
    dict of str to str
        File name to Markdown.
    """
    core = lessons[:CORE]
    values = {
        "start": start,
        "end": clock(plan(core, start)[-1][1]),
        "lessons": "\n".join(f"> {lesson.title}" for lesson in core),  # a title begins with its number
        "minutes": sum(lesson.minutes for lesson in core),
        "wheel": WHEEL,
        "repository": REPOSITORY,
    }
    paths = sorted(HERE.glob("*.md"))
    return {path.name: Template(path.read_text(encoding="utf-8")).substitute(values) for path in paths}
