"""The schedule of a day: clock times from minutes."""

import re
from itertools import chain, combinations, pairwise

import pytest
from conftest import ROOT

from mnist_tutorial.course.schedule import HALF_DAY, evenings, half_day, schedule
from mnist_tutorial.course.workshop import lessons
from mnist_tutorial.errors import MNISTError

COURSE = lessons(ROOT)


PAUSES = {"*break*", "*lunch*"}


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
    chosen = COURSE[: len(work)]
    assert [end - begin for begin, end, _ in work] == [lesson.minutes for lesson in chosen]
    assert all(lesson.name in row[2] for lesson, row in zip(chosen, work, strict=True))
    session = 0
    for begin, end, what in day:
        session = 0 if what in PAUSES else session + end - begin
        assert session <= 90 + 15 * (what == "*closing*")
    assert day[0][2].startswith("*welcome")
    assert day[-1][2] == "*closing*"


def test_what_does_not_fit_into_nine_hours_is_for_another_day():
    text = schedule(COURSE)
    day = rows(text)
    work = [row for row in day if not row[2].startswith("*")]
    assert day[-1][1] - day[0][0] <= 9 * 60
    assert day[-1][1] - day[0][0] + COURSE[len(work)].minutes > 9 * 60  # and no more is left out than that
    later = text.partition("For another day:")[2].partition("##")[0]
    assert re.findall(r"^- (.+): \d+ minutes$", later, re.MULTILINE) == [lesson.title for lesson in COURSE[len(work) :]]
    assert "another day" not in schedule(COURSE[:2])


def test_there_is_one_lunch_around_noon():
    lunch = [row for row in rows(schedule(COURSE)) if row[2] == "*lunch*"]
    assert len(lunch) == 1
    assert 11 * 60 + 30 <= lunch[0][0] <= 13 * 60
    assert "*lunch*" not in schedule(COURSE, "13:30")


@pytest.mark.parametrize("start", ["9", "25:00", "09:61", "soon", ""])
def test_anything_but_a_clock_time_is_refused(start):
    with pytest.raises(MNISTError, match="expected a clock time such as 09:00"):
        schedule(COURSE, start)


def test_half_a_day_has_what_matters_with_a_reason_and_no_lunch():
    text = half_day(COURSE)
    day = rows(text)
    assert day[-1][1] - day[0][0] <= 4 * 60
    chosen = [lesson for lesson in COURSE if lesson.name[:2] in HALF_DAY]
    assert len(chosen) >= 2
    assert [what for _, _, what in day if not what.startswith("*")] == [
        f"[{lesson.title}](student/{lesson.name})" for lesson in chosen
    ]
    assert all(f"- {lesson.title}: " in text for lesson in chosen)
    assert "*lunch*" not in text


def test_three_evenings_have_all_lessons_and_none_is_longer_than_it_must_be():
    parts = re.split(r"^## Evening \d$", evenings(COURSE), flags=re.MULTILINE)[1:]
    work = [[end - begin for begin, end, what in rows(part) if not what.startswith("*")] for part in parts]
    assert len(work) == 3
    minutes = [lesson.minutes for lesson in COURSE]
    assert [*chain(*work)] == minutes
    for a, b in combinations(range(1, len(minutes)), 2):
        assert max(map(sum, work)) <= max(sum(minutes[:a]), sum(minutes[a:b]), sum(minutes[b:]))


def test_the_minutes_of_sections_add_up_to_those_of_the_lesson():
    text = schedule(COURSE).partition("## Minutes of each section")[2]
    for lesson in COURSE:
        part = text.partition(f"**{lesson.title}**")[2].partition("**")[0]
        minutes = dict(re.findall(r"^- (.+): (\d+)$", part, re.MULTILINE))
        assert int(minutes["Exercises"]) == lesson.exercise_minutes
        assert abs(sum(map(int, minutes.values())) - lesson.minutes) <= len(minutes) / 2  # each is rounded
