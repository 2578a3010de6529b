"""The plans of a workshop: clock times from the minutes in the notebooks, and nobody needs what comes later."""

import re
from itertools import pairwise

import pytest
from conftest import ROOT

from mnist_tutorial.course.lesson import Lesson, lessons, read_notebook
from mnist_tutorial.course.schedule import CORE, PROJECT, evenings, half_day, schedule
from mnist_tutorial.errors import MNISTError

COURSE = lessons(ROOT)
TEXTS = {"day": schedule(COURSE), "half a day": half_day(COURSE), "evenings": evenings(COURSE)}
DAYS = {name: re.split("^## Evening", text.partition("## Instead")[0], flags=re.M) for name, text in TEXTS.items()}


def rows(text):
    """List the rows of a plan: first and last minute since midnight, and what it is."""
    matches = re.findall(r"^\| (\d\d):(\d\d) \| (\d\d):(\d\d) \| (.*?) \|", text, re.M)
    return [(60 * int(a) + int(b), 60 * int(c) + int(d), what) for a, b, c, d, what in matches]


def planned(text):
    """List the numbers of the notebooks of a plan."""
    return [int(number) for _, _, what in rows(text) for number in re.findall(r"student/(\d+)", what)]


def needed(lesson):
    """List the numbers of the notebooks that one needs."""
    ranges = [range(int(a), int(b)) for a, b in re.findall(r"(\d+) to (\d+)", lesson.needs)]
    return {*map(int, re.findall(r"\d+", lesson.needs)), *(number for numbers in ranges for number in numbers)}


def longest_session(day):
    """Find the most minutes between two breaks."""
    breaks = [(begin, end) for begin, end, what in day if what in ("*break*", "*lunch*")]
    ends = [(day[0][0], day[0][0]), *breaks, (day[-1][1], day[-1][1])]
    return max(following[0] - pause[1] for pause, following in pairwise(ends))


@pytest.mark.parametrize("name", TEXTS)
def test_a_plan_has_no_notebook_before_one_that_it_needs_and_lists_those_left_with_their_minutes(name):
    numbers = [number for day in DAYS[name] for number in planned(day)]
    for place, number in enumerate(numbers):
        assert needed(COURSE[number - 1]) <= {*numbers[:place]}, f"notebook {number}"
    assert numbers[:CORE] == [*range(1, 1 + min(CORE, len(numbers)))]
    left = [lesson for lesson in COURSE if int(lesson.name[:2]) not in numbers]
    listed = [f"- [{x.title}](student/{x.name}): {x.minutes} minutes. You need {x.needs}." for x in left]
    assert TEXTS[name].partition("## Instead")[2].strip().splitlines()[2:] == [*listed, PROJECT]


def test_the_project_takes_as_long_as_its_notebook_says():
    first = read_notebook(ROOT / "notebooks/project.ipynb").cells[0].source
    assert re.search(r"\*\*Time\*\* ([^.]+)\.", first)[1] == re.search(r": (.+?)\. You need", PROJECT)[1]


@pytest.mark.parametrize("start", ["08:00", "9:00", "11:15", "13:00"])
def test_the_day_has_the_core_without_gaps_and_enough_breaks(start):
    text = schedule(COURSE, start)
    day, hour, minute = rows(text), *map(int, start.split(":"))
    assert planned(text) == [1, 2, 3, 4, 5, 6]
    assert day[0][0] == 60 * hour + minute
    assert day[0][2].startswith("*welcome")
    assert day[-1][2] == "*closing*"
    assert all(row[1] == following[0] for row, following in pairwise(day))
    for lesson, (begin, end, _) in zip(COURSE, [row for row in day if "student" in row[2]], strict=False):
        assert end - begin == lesson.minutes
    assert longest_session(day) <= 120
    lunches = [begin for begin, _, what in day if what == "*lunch*"]
    assert all(11 * 60 + 30 <= begin <= 12 * 60 + 30 for begin in lunches)
    assert len(lunches) == (hour < 12)


def test_people_survive_each_plan():
    (day,), (half,), three = ([rows(text) for text in days if rows(text)] for days in DAYS.values())
    assert day[-1][1] <= 17 * 60 + 30
    assert half[-1][1] - half[0][0] <= 4 * 60
    assert len(planned(TEXTS["half a day"])) >= 3
    assert len(three) == 3
    assert all(evening[0][0] == 18 * 60 and evening[-1][1] <= 21 * 60 for evening in three)
    for part in (half, *three):
        assert longest_session(part) <= 120
        assert "*lunch*" not in [what for _, _, what in part]


def test_each_row_of_a_notebook_says_when_exercises_begin():
    lesson = Lesson("01_x.ipynb", None, "1. X", minutes=50, exercise_minutes=20)
    assert "| 09:15 | 10:05 | [1. X](student/01_x.ipynb) | 09:45 |" in schedule([lesson])
    for start in ("9", "25:00", "soon", ""):
        with pytest.raises(MNISTError, match="expected a clock time such as 09:00"):
            schedule([lesson], start)
