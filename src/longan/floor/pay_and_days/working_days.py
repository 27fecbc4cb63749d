"""Working days: when a term ends that is counted in working days or in the hours of an office.

Bộ luật Dân sự 2015 điều 147: a term in days does not count the day on which it begins, one in hours begins at once;
điều 148: one that ends on a day off ends with the next working day. Week-ends and days off are skipped, Saturdays on
which the civil service works for another day count. The calendar is dated data (`reference.holidays`), which an
administrator puts right when days off are announced. Days are those of Viet Nam.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import asyncpg
import msgspec

from longan.floor.base.zones import HOME
from longan.floor.database.db import many
from longan.floor.pay_and_days.wages import day_of

DAY = timedelta(days=1)
WEEK_ENDS = 5
# Longer terms there are none; a calendar without one working day must not be searched for ever.
MOST_DAYS = 10_000
LONGEST_REST = 366


class Hours(msgspec.Struct, frozen=True):
    """Offices are open from `begins` to `ends`, from `valid_from` on until hours of a later day hold."""

    valid_from: date
    begins: time
    ends: time


class Calendar(msgspec.Struct, frozen=True):
    """`off`: days on which nobody works; `worked`: Saturdays on which the civil service does; `estimated`: those of
    both that nobody has announced yet; `years`: those of which anything is known."""

    off: frozenset[date]
    worked: frozenset[date] = frozenset()
    estimated: frozenset[date] = frozenset()
    years: frozenset[int] = frozenset()
    hours: tuple[Hours, ...] = ()

    def is_working(self, day: date) -> bool:
        return day in self.worked or (day.weekday() < WEEK_ENDS and day not in self.off)

    def is_sure(self, first: date, last: date) -> bool:
        """Whether all days off from `first` to `last` are announced."""
        known = all(year in self.years for year in range(first.year, last.year + 1))
        return known and not any(first <= day <= last for day in self.estimated)

    def open(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        """From when to when offices are open on that day, in UTC; nothing on a day off. Raises `ValueError` where no
        hours are known."""
        if not self.is_working(day):
            return
        begun = [each.valid_from for each in self.hours if each.valid_from <= day]
        if not begun:
            raise ValueError("no working hours are known for that day")
        zone = ZoneInfo(HOME)
        for each in sorted(self.hours, key=lambda each: each.begins):
            if each.valid_from == max(begun):
                yield (
                    datetime.combine(day, each.begins, zone).astimezone(UTC),
                    datetime.combine(day, each.ends, zone).astimezone(UTC),
                )


HOLIDAYS = """-- working_days.holidays
select h.day, h.kind, h.status from reference.holidays h order by h.day"""

HOURS = """-- working_days.hours
select w.valid_from, w.begins, w.ends from reference.working_hours w order by w.valid_from, w.begins"""


async def load(conn: asyncpg.Connection | asyncpg.pool.PoolConnectionProxy) -> Calendar:
    """The calendar as the database has it now: a few dozen rows."""
    days = await conn.fetch(HOLIDAYS)
    worked = frozenset(row["day"] for row in days if row["kind"] == "working_saturday")
    return Calendar(
        off=frozenset(row["day"] for row in days) - worked,
        worked=worked,
        estimated=frozenset(row["day"] for row in days if row["status"] == "estimated"),
        years=frozenset(row["day"].year for row in days),
        hours=tuple(many(await conn.fetch(HOURS), Hours)),
    )


def day_in_viet_nam(moment: date) -> date:
    """The day; of a `datetime`, which needs a time zone, the one in Viet Nam."""
    return day_of(moment) if isinstance(moment, datetime) else moment


def next_working(calendar: Calendar, day: date) -> date:
    """The day itself, or the first working day after it. Raises `ValueError` for a calendar without any."""
    for ahead in range(LONGEST_REST):
        if calendar.is_working(day + ahead * DAY):
            return day + ahead * DAY
    raise ValueError("a year without a working day")


def due(calendar: Calendar, received: date, working_days: int) -> date:
    """The last day of a term of so many working days after the day of receipt; of none: the day itself, or the next
    working one. Raises `ValueError` for less than none and for more than MOST_DAYS."""
    if not 0 <= working_days <= MOST_DAYS:
        raise ValueError("no such number of working days")
    day = day_in_viet_nam(received)
    if working_days == 0:
        return next_working(calendar, day)
    for _ in range(working_days):
        day = next_working(calendar, day + DAY)
    return day


def working_days_between(calendar: Calendar, after: date, until: date) -> int:
    """How many working days there are after the one day, up to and with the other; less than none backwards."""
    first, last = day_in_viet_nam(after), day_in_viet_nam(until)
    if last < first:
        return -working_days_between(calendar, last, first)
    return sum(calendar.is_working(first + ahead * DAY) for ahead in range(1, (last - first).days + 1))


def due_in_working_hours(calendar: Calendar, at: datetime, hours: float) -> datetime:
    """When offices have been open for so many hours since `at`, in UTC; of none: `at`, or when they open next. Raises
    `ValueError` for less than none, for more than a day's in MOST_DAYS, and where no hours are known."""
    if not 0 <= hours <= MOST_DAYS:
        raise ValueError("no such number of hours")
    left, day = timedelta(hours=hours), day_of(at)
    for ahead in range(MOST_DAYS):
        for begins, ends in calendar.open(day + ahead * DAY):
            begun = max(begins, at)
            if begun < ends and begun + left <= ends:
                return begun + left
            left -= max(ends - begun, timedelta())
    raise ValueError("no such number of hours")


def working_time_between(calendar: Calendar, begin: datetime, end: datetime) -> timedelta:
    """How long offices were open from `begin` to `end`; none where it ends before it begins."""
    first, last = day_of(begin), day_of(end)
    return sum(
        (
            max(min(ends, end) - max(begins, begin), timedelta())
            for ahead in range((last - first).days + 1)
            for begins, ends in calendar.open(first + ahead * DAY)
        ),
        timedelta(),
    )
