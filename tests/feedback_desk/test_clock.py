"""The clock of a report: the examples of an office's week, and what holds of every story."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

import asyncpg
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from longan.floor.feedback.feedback_clock import (
    ASKED,
    REOPENED,
    SENT,
    Due,
    Late,
    Moment,
    after,
    late,
    later,
    terms,
    within,
)
from longan.floor.pay_and_days import working_days
from longan.floor.pay_and_days.working_days import Calendar, due_in_working_hours, working_time_between

FIRST = date(2026, 1, 1)
INSTANT = timedelta(microseconds=1)
HOURS = (
    working_days.Hours(date(2000, 1, 1), time(7, 30), time(11, 30)),
    working_days.Hours(date(2000, 1, 1), time(13), time(17)),
)


class Category(msgspec.Struct, frozen=True):
    accept_hours: int = 8
    urgent_hours: int = 4
    working_days: int = 10


ROADS = Category()
NEXT = {
    SENT: ("da_tiep_nhan", "tu_choi", ASKED),
    ASKED: ("da_tiep_nhan", "tu_choi", SENT, ASKED),
    "da_tiep_nhan": ("da_chuyen",),
    "da_chuyen": ("dang_xu_ly", "da_chuyen"),
    "dang_xu_ly": ("da_tra_loi", "da_chuyen"),
    "da_tra_loi": ("da_dong", REOPENED),
    REOPENED: ("dang_xu_ly",),
    "da_dong": (),
    "tu_choi": (),
}

moments = st.timedeltas(timedelta(), timedelta(days=364)).map(datetime(2026, 1, 1, tzinfo=UTC).__add__)
gaps = st.timedeltas(timedelta(), timedelta(days=20))
categories = st.builds(Category, st.integers(1, 40), st.integers(1, 40), st.integers(0, 60))
days = st.dates(FIRST, FIRST + timedelta(days=500))


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    return Calendar(off=frozenset(draw(st.sets(days, max_size=40))), hours=HOURS)


@st.composite
def stories(draw: st.DrawFn) -> list[Moment]:
    """A report's moves, each a legal one."""
    story = [Moment(draw(moments), SENT, by_citizen=True)]
    for _ in range(draw(st.integers(0, 12))):
        if not NEXT[story[-1].status]:
            break
        status = draw(st.sampled_from(NEXT[story[-1].status]))
        by_citizen = status in (SENT, REOPENED) or (status == ASKED == story[-1].status and draw(st.booleans()))
        story.append(Moment(story[-1].at + draw(gaps), status, by_citizen))
    return story


@pytest.fixture
async def calendar(conn: asyncpg.Connection) -> Calendar:
    return await working_days.load(conn)


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}:00+07:00")


def said(*story: tuple[str, str]) -> list[Moment]:
    return [Moment(at(when), status, by_citizen=status in (SENT, REOPENED)) for when, status in story]


@pytest.mark.parametrize(
    ("sent", "urgent", "accept", "answer"),
    [
        ("11-16T08:00", False, "11-17T08:00", "12-01T17:00"),  # Tuesday 24/11 is off
        ("11-16T08:00", True, "11-16T13:30", "12-01T17:00"),
        ("11-16T16:00", False, "11-17T16:00", "12-01T17:00"),
        ("11-13T18:00", False, "11-16T17:00", "11-30T17:00"),  # Friday evening is Monday morning
        ("11-14T09:00", False, "11-16T17:00", "11-30T17:00"),
        ("11-15T23:59", False, "11-16T17:00", "11-30T17:00"),
        ("11-23T16:00", True, "11-25T10:30", "12-08T17:00"),
    ],
)
async def test_the_terms_are_those_of_an_office_week(
    calendar: Calendar, sent: str, urgent: bool, accept: str, answer: str
) -> None:
    assert terms(calendar, ROADS, at(sent), urgent) == Due(at(accept), at(answer), runs=True)


async def test_while_the_citizen_is_asked_the_clock_stands_and_then_goes_on(calendar: Calendar) -> None:
    asked = said(("11-16T08:00", SENT), ("11-16T10:00", ASKED))
    answered = [*asked, *said(("11-18T10:00", SENT))]  # two days of eight hours later
    accepted = [*answered, *said(("11-18T11:00", "da_tiep_nhan"))]

    assert after(calendar, ROADS, asked, False) == Due(at("11-17T08:00"), at("12-01T17:00"), runs=False)
    assert after(calendar, ROADS, answered, False) == Due(at("11-19T08:00"), at("12-03T17:00"), runs=True)
    assert after(calendar, ROADS, accepted, False) == Due(at("11-19T08:00"), at("12-03T17:00"), runs=True)


async def test_an_answer_of_the_citizen_starts_it_again_whatever_the_status_is_called(calendar: Calendar) -> None:
    asked = said(("11-16T08:00", SENT), ("11-16T10:00", ASKED))
    answered = [*asked, Moment(at("11-16T14:00"), ASKED, by_citizen=True)]

    assert after(calendar, ROADS, answered, False) == Due(at("11-17T10:30"), at("12-02T10:00"), runs=True)


async def test_what_is_reopened_begins_anew(calendar: Calendar) -> None:
    story = said(
        ("11-02T08:00", SENT), ("11-02T09:00", "da_tiep_nhan"), ("11-02T10:00", "da_chuyen"),
        ("11-03T08:00", "dang_xu_ly"), ("11-05T08:00", "da_tra_loi"), ("11-10T20:00", REOPENED),
    )  # fmt: skip

    assert after(calendar, ROADS, story[:-1], False) == Due(at("11-03T08:00"), at("11-16T17:00"), runs=False)
    assert after(calendar, ROADS, story, False) == Due(at("11-03T08:00"), at("11-25T17:00"), runs=True)


async def test_late_is_told_in_days_and_hours_of_work(calendar: Calendar) -> None:
    due = at("11-20T17:00")  # a Friday

    assert late(calendar, due, due) == Late(False, 0, 0)
    assert late(calendar, due, at("11-21T12:00")) == Late(True, 0, 0)
    assert late(calendar, due, at("11-23T07:45")) == Late(True, 1, 1)
    assert late(calendar, due, at("11-25T17:00")) == Late(True, 2, 16)


async def test_what_is_due_soon_is_so_in_hours_of_work(calendar: Calendar) -> None:
    assert within(calendar, at("11-20T16:00"), 2) == at("11-23T08:30")


async def test_a_pause_of_years_has_an_end(calendar: Calendar) -> None:
    long = timedelta(hours=2_345, minutes=6)

    assert working_time_between(calendar, at("01-05T08:00"), later(calendar, at("01-05T08:00"), long)) == long


def test_without_its_sending_there_is_no_report() -> None:
    with pytest.raises(ValueError, match="begins"):
        after(Calendar(frozenset(), hours=HOURS), ROADS, [], False)


@given(calendar=calendars(), story=stories(), category=categories, urgent=st.booleans(), gap=gaps, more=gaps)
def test_a_pause_never_brings_anything_nearer(
    calendar: Calendar, story: list[Moment], category: Category, urgent: bool, gap: timedelta, more: timedelta
) -> None:
    """The same story with one more question to the citizen at its end, or with a longer one."""
    last = story[-1].at
    asked = [*story, Moment(last + gap, ASKED)]
    without = after(calendar, category, story, urgent)
    short = after(calendar, category, [*asked, Moment(last + 2 * gap, SENT, by_citizen=True)], urgent)
    long = after(calendar, category, [*asked, Moment(last + 2 * gap + more, SENT, by_citizen=True)], urgent)

    assert not after(calendar, category, asked, urgent).runs
    for nearer, farther in pairwise((without, short, long)):
        assert nearer.due_at <= farther.due_at
        assert nearer.accept_due_at <= farther.accept_due_at


@given(calendar=calendars(), story=stories(), category=categories, urgent=st.booleans(), by=gaps)
def test_a_story_that_happens_later_is_due_no_sooner_from_its_sending_alone(
    calendar: Calendar, story: list[Moment], category: Category, urgent: bool, by: timedelta
) -> None:
    now, then = (terms(calendar, category, story[0].at + each, urgent) for each in (timedelta(), by))

    assert now.accept_due_at <= then.accept_due_at
    assert now.due_at <= then.due_at


@given(calendar=calendars(), story=stories(), category=categories, urgent=st.booleans(), more=st.integers(0, 20))
def test_longer_terms_are_due_no_sooner(
    calendar: Calendar, story: list[Moment], category: Category, urgent: bool, more: int
) -> None:
    longer = Category(category.accept_hours + more, category.urgent_hours + more, category.working_days + more)
    short, long = (after(calendar, each, story, urgent) for each in (category, longer))

    assert short.accept_due_at <= long.accept_due_at
    assert short.due_at <= long.due_at


@given(calendar=calendars(), story=stories(), category=categories, urgent=st.booleans())
def test_both_terms_end_in_hours_of_work_and_after_what_they_count_from(
    calendar: Calendar, story: list[Moment], category: Category, urgent: bool
) -> None:
    due = after(calendar, category, story, urgent)

    for end, begin in ((due.accept_due_at, story[0].at), (due.due_at, story[0].at)):
        assert end > begin
        assert working_time_between(calendar, end - INSTANT, end) == INSTANT
    hours = category.urgent_hours if urgent else category.accept_hours
    assert working_time_between(calendar, story[0].at, due.accept_due_at) >= timedelta(hours=hours)


@given(calendar=calendars(), story=stories(), category=categories, urgent=st.booleans(), data=st.data())
def test_hours_outside_working_time_do_not_count(
    calendar: Calendar, story: list[Moment], category: Category, urgent: bool, data: Any
) -> None:
    """A pause may begin and end anywhere between two openings: nobody could have worked meanwhile."""
    place = data.draw(st.integers(0, len(story) - 1))
    shut = story[place].at
    opens = due_in_working_hours(calendar, shut, 0)
    until = min([opens, *(moment.at for moment in story[place + 1 :])])
    moved = msgspec.structs.replace(story[place], at=until)
    other = [*story[:place], moved, *story[place + 1 :]]
    ours, theirs = after(calendar, category, story, urgent), after(calendar, category, other, urgent)

    assert ours.accept_due_at == theirs.accept_due_at
    if place not in (0, max((n for n, m in enumerate(story) if m.status == REOPENED), default=0)):
        assert ours.due_at == theirs.due_at


@given(calendar=calendars(), due=moments, until=moments, more=gaps)
def test_who_waits_longer_is_later(calendar: Calendar, due: datetime, until: datetime, more: timedelta) -> None:
    one, other = late(calendar, due, until), late(calendar, due, until + more)

    assert one.is_late <= other.is_late
    assert one.working_hours <= other.working_hours
    assert one.working_days <= other.working_days
    assert one.is_late or one == Late(False, 0, 0)
