"""Plans, in which nobody needs what comes later; the teacher's texts, whose commands, links and answers exist."""

import re
from itertools import pairwise

import pytest
from conftest import ROOT
from typer.main import get_command

from mnist_tutorial.cli import app
from mnist_tutorial.course.lesson import Lesson, lessons, read_notebook
from mnist_tutorial.course.teach import CORE, PROJECT, pack, plans
from mnist_tutorial.errors import MNISTError

COURSE = lessons(ROOT)
PLANS = plans(COURSE)
PACK = pack(COURSE, "10:15")


def days(text):
    """List the rows of each day of a plan: first and last minute since midnight, and what it is."""
    for day in re.split("^## Evening .*", text, flags=re.M):
        if rows := re.findall(r"^\| (\d\d):(\d\d) \| (\d\d):(\d\d) \| (.*?) \|", day, re.M):
            yield [(60 * int(a) + int(b), 60 * int(c) + int(d), what) for a, b, c, d, what in rows]


def planned(text):
    """List the numbers of the notebooks of a plan."""
    return [int(number) for day in days(text) for *_, what in day for number in re.findall(r"student/(\d+)", what)]


def needed(lesson):
    """List the numbers of the notebooks that one needs."""
    ranges = [range(int(a), int(b)) for a, b in re.findall(r"(\d+) to (\d+)", lesson.needs)]
    return {*map(int, re.findall(r"\d+", lesson.needs)), *(number for numbers in ranges for number in numbers)}


def check_day(day, start, longest):
    """Check that a day has no gap, enough breaks, and its notebooks the time that they need; returns its lunches."""
    assert day[0][0] == start
    assert day[-1][1] <= start + longest
    assert day[0][2].startswith("*welcome")
    assert day[-1][2] == "*closing*"
    assert all(row[1] == following[0] for row, following in pairwise(day))
    minutes = {f"[{lesson.title}](student/{lesson.name})": lesson.minutes for lesson in COURSE}
    assert all(end - begin == minutes[what] for begin, end, what in day if "student" in what)
    breaks = [(begin, end) for begin, end, what in day if what in ("*break*", "*lunch*")]
    assert all(begin - end <= 120 for (_, end), (begin, _) in pairwise([(start, start), *breaks, (day[-1][1], 0)]))
    return [begin for begin, _, what in day if what == "*lunch*"]


@pytest.mark.parametrize("name", PLANS)
def test_a_plan_has_no_notebook_before_one_that_it_needs_and_lists_those_left_with_their_minutes(name):
    numbers = planned(PLANS[name])
    for place, number in enumerate(numbers):
        assert needed(COURSE[number - 1]) <= {*numbers[:place]}, f"notebook {number}"
    assert numbers[:CORE] == [*range(1, 1 + min(CORE, len(numbers)))]
    left = [lesson for lesson in COURSE if int(lesson.name[:2]) not in numbers]
    listed = [f"- [{x.title}](student/{x.name}): {x.minutes} minutes. You need {x.needs}." for x in left]
    assert PLANS[name].partition("## Instead")[2].strip().splitlines()[2:] == [*listed, PROJECT]


def test_the_project_takes_as_long_as_its_notebook_says():
    first = read_notebook(ROOT / "notebooks/project.ipynb").cells[0].source
    assert re.search(r"\*\*Time\*\* ([^.]+)\.", first)[1] == re.search(r": (.+?)\. You need", PROJECT)[1]


@pytest.mark.parametrize("start", ["08:00", "9:00", "11:15", "13:00"])
def test_people_survive_each_plan(start):
    made, begin = plans(COURSE, start), 60 * int(start.partition(":")[0]) + int(start[-2:])
    assert planned(made["schedule.md"]) == [1, 2, 3, 4, 5, 6]
    assert len(planned(made["half-day.md"])) >= 3
    (day,), (half,), evenings = map(days, made.values())
    lunches = check_day(day, begin, longest=8 * 60 + 30)
    assert all(11 * 60 + 30 <= lunch <= 12 * 60 + 30 for lunch in lunches)
    assert len(lunches) == (begin < 12 * 60)
    assert check_day(half, begin, longest=4 * 60) == []
    assert [check_day(evening, 18 * 60, longest=3 * 60) for evening in evenings] == [[], [], []]


def test_each_row_of_a_notebook_says_when_exercises_begin():
    lesson = Lesson("01_x.ipynb", None, "1. X", minutes=50, exercise_minutes=20)
    assert "| 09:15 | 10:05 | [1. X](student/01_x.ipynb) | 09:45 |" in plans([lesson])["schedule.md"]
    for start in ("9", "25:00", "soon", ""):
        with pytest.raises(MNISTError, match="expected a clock time such as 09:00"):
            plans([lesson], start)


def test_the_mail_names_what_the_plan_of_the_day_has():
    assert set(PACK) == {"mail.md", "checklist.md", "survey.md"}
    end = re.findall(r"\d\d:\d\d", plans(COURSE, "10:15")["schedule.md"])[-1]
    assert f"from 10:15 to {end} " in PACK["mail.md"]
    for number, lesson in enumerate(COURSE, 1):
        assert (f"\n> {lesson.title}\n" in PACK["mail.md"]) == (number <= CORE)
    assert f"{sum(lesson.minutes for lesson in COURSE[:CORE])} minutes" in PACK["checklist.md"]


def test_commands_and_links_of_the_teachers_texts_exist():
    text = "".join(PACK.values())
    assert {*re.findall(r"-m mnist_tutorial (\w+)", text)} <= {*get_command(app).commands}
    assert {*re.findall(r"\]\((\w+\.md)\)", text)} <= {*PACK, *PLANS}


def test_the_survey_has_an_answer_among_those_offered_and_a_notebook_of_the_day_for_each_question():
    asked, _, answers = PACK["survey.md"].partition("## For the teacher")
    questions = re.split(r"^(\d+)\. ", asked.partition("## Before only")[0], flags=re.M)[1:]
    assert re.findall(r"^(\d+)\. ", asked, re.M) == [str(n) for n in range(1, len(questions) // 2 + 5)]
    answers = dict(re.findall(r"^(\d+)\. \*\*(.+?)\*\* \(notebook [1-6]\)", answers, re.M))
    assert list(answers) == questions[::2]
    for number, question in zip(questions[::2], questions[1::2], strict=True):
        _, *offered = (" ".join(part.split()) for part in question.split("( )"))
        assert len(offered) == 4
        assert offered[3].startswith("I do not know")
        assert answers[number] in offered[:3]
