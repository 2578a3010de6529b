"""The plans of a workshop: clock times from the minutes in the notebooks, and nobody needs what comes later."""

import re
from itertools import pairwise

import pytest
from conftest import ROOT

from mnist_tutorial.course.lesson import Lesson, lessons, read_notebook
from mnist_tutorial.course.schedule import CORE, PROJECT, plans
from mnist_tutorial.errors import MNISTError

COURSE = lessons(ROOT)
PLANS = plans(COURSE)


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
