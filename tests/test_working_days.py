"""Terms in working days: the examples of the law's years, and what holds of every calendar."""

import csv
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import asyncpg
import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from longan.floor.pay_and_days import working_days
from longan.floor.pay_and_days.working_days import (
    Calendar,
    due,
    due_in_working_hours,
    next_working,
    working_days_between,
    working_time_between,
)

EXAMPLES = list(csv.DictReader((Path(__file__).parent / "data" / "due_date_examples.csv").read_text().splitlines()))
FIRST = date(2026, 1, 1)
HOURS = (
    working_days.Hours(date(2000, 1, 1), time(7, 30), time(11, 30)),
    working_days.Hours(date(2000, 1, 1), time(13), time(17)),
)

days = st.dates(FIRST, FIRST + timedelta(days=400))
numbers = st.integers(0, 60)


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    off = frozenset(draw(st.sets(days, max_size=40)))
    saturdays = frozenset(day for day in draw(st.sets(days, max_size=20)) if day.weekday() == 5)
    return Calendar(off=off - saturdays, worked=saturdays, hours=HOURS)


@pytest.fixture
async def calendar(conn: asyncpg.Connection) -> Calendar:
    return await working_days.load(conn)


@pytest.mark.parametrize("row", EXAMPLES, ids=lambda row: f"{row['received']}+{row['working_days']}")
async def test_every_example_holds(calendar: Calendar, row: dict[str, str]) -> None:
    received, number = date.fromisoformat(row["received"]), int(row["working_days"])

    assert due(calendar, received, number) == date.fromisoformat(row["due"]), row["why"]
    assert working_days_between(calendar, received, date.fromisoformat(row["due"])) == number


async def test_the_database_and_the_module_know_the_same_working_days(
    conn: asyncpg.Connection, calendar: Calendar
) -> None:
    rows = await conn.fetch(
        """select d::date as day, reference.working_day(d::date) as works
             from generate_series('2024-12-25'::date, '2028-01-10', '1 day') d"""
    )

    assert [row["works"] for row in rows] == [calendar.is_working(row["day"]) for row in rows]
    assert await conn.fetchval("select reference.working_day(null)") is None


async def test_the_day_is_that_of_viet_nam(calendar: Calendar) -> None:
    late = datetime(2026, 11, 22, 17, 30, tzinfo=UTC)  # half past midnight on Monday there

    assert due(calendar, late, 1) == date(2026, 11, 25)


async def test_days_that_nobody_has_announced_are_told_apart(calendar: Calendar) -> None:
    assert calendar.is_sure(date(2026, 11, 22), date(2026, 12, 31))
    assert not calendar.is_sure(date(2027, 1, 20), date(2027, 2, 20))
    assert not calendar.is_sure(date(2027, 12, 1), date(2028, 1, 2))


@pytest.mark.parametrize(
    ("at", "hours", "end"),
    [
        ("2026-11-23T07:30+07:00", 4, "2026-11-23T11:30+07:00"),
        ("2026-11-23T07:30+07:00", 4.5, "2026-11-23T13:30+07:00"),
        ("2026-11-23T12:00+07:00", 1, "2026-11-23T14:00+07:00"),
        ("2026-11-23T16:00+07:00", 2, "2026-11-25T08:30+07:00"),  # 24/11 is off
        ("2026-11-22T20:00+07:00", 0, "2026-11-23T07:30+07:00"),
        ("2026-08-21T16:30+07:00", 8, "2026-08-22T16:30+07:00"),  # a working Saturday
        ("2026-11-23T11:30+07:00", 0, "2026-11-23T13:00+07:00"),
    ],
)
async def test_hours_are_those_of_the_office(calendar: Calendar, at: str, hours: float, end: str) -> None:
    assert due_in_working_hours(calendar, datetime.fromisoformat(at), hours) == datetime.fromisoformat(end)


@pytest.mark.parametrize("number", [-1, working_days.MOST_DAYS + 1])
def test_no_term_is_that_long(number: int) -> None:
    with pytest.raises(ValueError, match="no such number"):
        due(Calendar(frozenset()), FIRST, number)


def test_a_calendar_without_working_days_is_not_searched_for_ever() -> None:
    off = frozenset(FIRST + timedelta(days=ahead) for ahead in range(500))

    with pytest.raises(ValueError, match="without a working day"):
        next_working(Calendar(off), FIRST)


@given(calendar=calendars(), received=days, number=numbers)
def test_a_term_ends_on_a_working_day_and_not_before_it_began(calendar: Calendar, received: date, number: int) -> None:
    end = due(calendar, received, number)

    assert calendar.is_working(end)
    assert end >= received
    assert number == 0 or end > received


@given(calendar=calendars(), received=days, later=days, number=numbers, more=numbers)
def test_who_comes_later_or_has_longer_is_done_no_sooner(
    calendar: Calendar, received: date, later: date, number: int, more: int
) -> None:
    assume(received <= later)

    assert due(calendar, received, number) <= due(calendar, later, number)
    assert due(calendar, received, number) <= due(calendar, received, number + more)
    assert number == 0 or more == 0 or due(calendar, received, number) < due(calendar, received, number + more)


@given(calendar=calendars(), received=days, number=numbers, another=days)
def test_one_more_day_off_makes_nothing_due_earlier(
    calendar: Calendar, received: date, number: int, another: date
) -> None:
    more = msgspec.structs.replace(calendar, off=calendar.off | {another}, worked=calendar.worked - {another})

    assert due(more, received, number) >= due(calendar, received, number)
    assert working_days_between(more, FIRST, received) <= working_days_between(calendar, FIRST, received)


@given(calendar=calendars(), received=days, number=numbers, until=days)
def test_counting_and_ending_undo_each_other(calendar: Calendar, received: date, number: int, until: date) -> None:
    if number or calendar.is_working(received):
        assert working_days_between(calendar, received, due(calendar, received, number)) == number
    if until > received and calendar.is_working(until):
        assert due(calendar, received, working_days_between(calendar, received, until)) == until


@given(calendar=calendars(), a=days, b=days, c=days)
def test_counts_of_parts_add_up_and_turn_round(calendar: Calendar, a: date, b: date, c: date) -> None:
    a, b, c = sorted((a, b, c))

    assert working_days_between(calendar, a, c) == (
        working_days_between(calendar, a, b) + working_days_between(calendar, b, c)
    )
    assert working_days_between(calendar, c, a) == -working_days_between(calendar, a, c)


moments = st.integers(0, 150 * 24 * 60).map(lambda minute: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute))


@given(calendar=calendars(), at=moments, minutes=st.integers(0, 60 * 60))
def test_hours_that_are_due_were_open_and_lie_in_the_office(calendar: Calendar, at: datetime, minutes: int) -> None:
    end = due_in_working_hours(calendar, at, minutes / 60)

    assert abs(working_time_between(calendar, at, end) - timedelta(minutes=minutes)) < timedelta(milliseconds=1)
    assert calendar.is_working(working_days.day_in_viet_nam(end))
    assert end >= at


async def test_whoever_puts_the_calendar_right_changes_what_is_due(conn: asyncpg.Connection) -> None:
    await conn.execute(
        "insert into reference.holidays (day, name, kind, status) values ('2026-11-25', 'Nghỉ', 'holiday', 'official')"
    )

    assert due(await working_days.load(conn), date(2026, 11, 23), 1) == date(2026, 11, 26)


async def test_only_a_saturday_is_worked_instead(conn: asyncpg.Connection) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await conn.execute(
            """insert into reference.holidays (day, name, kind, status)
               values ('2026-12-06', 'x', 'working_saturday', 'official')"""
        )
