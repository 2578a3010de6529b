"""The teacher's pack: a mail, a check list and a survey, filled with what the notebooks know."""

from collections.abc import Sequence
from pathlib import Path
from string import Template

from mnist_tutorial.course.lesson import Lesson
from mnist_tutorial.course.online import REPOSITORY, WHEEL

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
    values = {
        "start": start,
        "wheel": WHEEL,
        "issues": f"{REPOSITORY}/issues",
        "minutes": sum(lesson.minutes for lesson in lessons),
        "lessons": "\n".join(f"- {lesson.title}: {lesson.minutes} minutes" for lesson in lessons),
    }
    paths = sorted(HERE.glob("*.md"))
    return {path.name: Template(path.read_text(encoding="utf-8")).substitute(values) for path in paths}
