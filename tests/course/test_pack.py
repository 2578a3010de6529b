"""The teacher's pack: texts that know the plan of the day, and whose commands, links and answers exist."""

import re

from conftest import ROOT
from typer.main import get_command

from mnist_tutorial.cli import app
from mnist_tutorial.course.lesson import lessons
from mnist_tutorial.course.schedule import CORE, plans
from mnist_tutorial.course.teach import pack

LESSONS = lessons(ROOT)
PACK = pack(LESSONS, "10:15")
ASKED, _, ANSWERS = PACK["survey.md"].partition("## For the teacher")
KNOWLEDGE = ASKED.partition("## Before only")[0]


def test_the_mail_names_what_the_plan_of_the_day_has():
    assert set(PACK) == {"mail.md", "checklist.md", "survey.md"}
    end = re.findall(r"\d\d:\d\d", plans(LESSONS, "10:15")["schedule.md"])[-1]
    assert f"from 10:15 to {end} " in PACK["mail.md"]
    for number, lesson in enumerate(LESSONS, 1):
        assert (f"\n> {lesson.title}\n" in PACK["mail.md"]) == (number <= CORE)
    assert f"{sum(lesson.minutes for lesson in LESSONS[:CORE])} minutes" in PACK["checklist.md"]


def test_its_commands_and_links_exist():
    text = "".join(PACK.values())
    assert {*re.findall(r"-m mnist_tutorial (\w+)", text)} <= {*get_command(app).commands}
    assert {*re.findall(r"\]\((\w+\.md)\)", text)} <= {*PACK, *plans(LESSONS)}


def test_the_survey_has_an_answer_among_those_offered_and_a_notebook_of_the_day_for_each_question():
    questions = re.split(r"^(\d+)\. ", KNOWLEDGE, flags=re.M)[1:]
    assert re.findall(r"^(\d+)\. ", ASKED, re.M) == [str(n) for n in range(1, len(questions) // 2 + 5)]
    answers = dict(re.findall(r"^(\d+)\. \*\*(.+?)\*\* \(notebook [1-6]\)", ANSWERS, re.M))
    assert list(answers) == questions[::2]
    for number, question in zip(questions[::2], questions[1::2], strict=True):
        _, *offered = (" ".join(part.split()) for part in question.split("( )"))
        assert len(offered) == 4
        assert offered[3].startswith("I do not know")
        assert answers[number] in offered[:3]
