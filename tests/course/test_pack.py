"""The teacher's pack: texts that know the course, and whose commands and links exist."""

import re

import pytest
from conftest import ROOT
from typer.main import get_command

from mnist_tutorial.cli import app
from mnist_tutorial.course import workshop
from mnist_tutorial.course.pack import pack

LESSONS = workshop.lessons(ROOT)
PACK = pack(LESSONS, "10:15")


def test_it_knows_the_course():
    assert set(PACK) == {"mail.md", "checklist.md", "survey.md"}
    assert "10:15" in PACK["mail.md"]
    for lesson in LESSONS:
        assert f"{lesson.title}: {lesson.minutes} minutes" in PACK["mail.md"]
    assert f"{sum(lesson.minutes for lesson in LESSONS)} minutes" in PACK["checklist.md"]


@pytest.mark.parametrize("name", PACK)
def test_its_commands_and_links_exist(name):
    commands = get_command(app).commands
    named = re.findall(r"-m mnist_tutorial (\w+)", PACK[name])
    assert named or name == "survey.md"
    assert set(named) <= set(commands)
    for target in re.findall(r"\]\((\w+\.md)\)", PACK[name]):
        assert target in {*PACK, "schedule.md", "half-day.md", "evenings.md"}


def test_the_survey_has_ten_questions_and_an_answer_to_each_of_knowledge():
    asked, _, answers = PACK["survey.md"].partition("## For the teacher")
    assert re.findall(r"^(\d+)\. ", asked, re.M) == [str(number) for number in range(1, 11)]
    assert [int(number) for number in re.findall(r"(?:^|\s)(\d)\. [A-Z\d]", answers)] == list(range(1, 7))
