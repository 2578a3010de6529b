"""The schedule of a day: clock times from minutes."""

import re
from itertools import pairwise

import pytest
from conftest import ROOT

from mnist_tutorial.course.schedule import schedule
from mnist_tutorial.course.workshop import lessons
from mnist_tutorial.errors import MNISTError

COURSE = lessons(ROOT)


def rows(text):
    clock = r"(\d\d):(\d\d)"
    matches = re.findall(rf"^\| {clock} \| {clock} \| (.*?) \|", text, re.MULTILINE)
    return [(60 * int(a) + int(b), 60 * int(c) + int(d), what) for a, b, c, d, what in matches]


@pytest.mark.parametrize("start", ["08:30", "9:00", "11:15", "13:00"])
def test_the_day_has_no_gaps_and_enough_breaks(start):
    day = rows(schedule(COURSE, start))
    hour, minute = map(int, start.split(":"))
    assert day[0][0] == 60 * hour + minute
    assert all(row[1] == following[0] for row, following in pairwise(day))
    work = [row for row in day if not row[2].startswith("*")]
    assert [end - begin for begin, end, _ in work] == [lesson.minutes for lesson in COURSE]
    assert all(lesson.name in row[2] for lesson, row in zip(COURSE, work, strict=True))
    session = 0
    for begin, end, what in day:
        session = 0 if what.startswith("*") else session + end - begin
        assert session <= 90
    assert not day[-1][2].startswith("*")


def test_there_is_one_lunch_around_noon():
    lunch = [row for row in rows(schedule(COURSE)) if row[2] == "*lunch*"]
    assert len(lunch) == 1
    assert 11 * 60 + 30 <= lunch[0][0] <= 13 * 60
    assert "*lunch*" not in schedule(COURSE, "13:30")


@pytest.mark.parametrize("start", ["9", "25:00", "09:61", "soon", ""])
def test_anything_but_a_clock_time_is_refused(start):
    with pytest.raises(MNISTError, match="expected a clock time such as 09:00"):
        schedule(COURSE, start)
