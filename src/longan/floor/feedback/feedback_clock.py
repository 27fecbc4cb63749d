"""The clock of a report to 1022: until when it is to be accepted and answered, and by how much that is late.

Both terms begin with the sending. The first is of working hours (iHanoi, QĐ 1207/QĐ-UBND 2025: 8, urgent 4), the other
of working days and ends when offices close on its last day; neither counts the time outside working hours (Bộ luật Dân
sự 2015 điều 147-148). While the citizen is asked for more the clock stands: that much working time is added to what was
not over yet. Where the citizen has the report dealt with again, the term of the answer begins anew. Nothing here knows
the time or the database: it is a function of the report's moves.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Protocol

import msgspec

from longan.floor.pay_and_days.wages import day_of
from longan.floor.pay_and_days.working_days import (
    DAY,
    Calendar,
    due,
    due_in_working_hours,
    next_working,
    working_days_between,
    working_time_between,
)

SENT, ASKED, REOPENED = "moi_gui", "yeu_cau_bo_sung", "mo_lai"
# Until one of these nobody has accepted the report.
WAITING = frozenset({SENT, ASKED})
ENDED = frozenset({"da_tra_loi", "da_dong", "tu_choi"})
HOUR = timedelta(hours=1)
# The longest step that the calendar is asked for at once: it refuses numbers that no term has.
MOST_HOURS = 1000 * HOUR


class Terms(Protocol):
    """What the list of categories says of a category on the day of sending."""

    @property
    def accept_hours(self) -> int: ...
    @property
    def urgent_hours(self) -> int: ...
    @property
    def working_days(self) -> int: ...


class Moment(msgspec.Struct, frozen=True):
    """From `at` on the report has the status; `by_citizen`: it was the reporter who brought it there."""

    at: datetime
    status: str
    by_citizen: bool = False


class Due(msgspec.Struct, frozen=True):
    """Until when the report is to be accepted and answered, in UTC. While the clock stands for the citizen (`runs` is
    false and the report has not ended) both are the earliest moments that are still possible."""

    accept_due_at: datetime
    due_at: datetime
    runs: bool


class Late(msgspec.Struct, frozen=True):
    """By how much something is late: working days after the day on which it was due, and the begun hours of working
    time after that moment; both are 0 where nothing is late, and until offices open for the next time."""

    is_late: bool
    working_days: int
    working_hours: int


def terms(calendar: Calendar, category: Terms, created_at: datetime, is_urgent: bool) -> Due:
    """The two terms of a report that is sent now."""
    return after(calendar, category, [Moment(created_at, SENT, by_citizen=True)], is_urgent)


def after(calendar: Calendar, category: Terms, moments: Sequence[Moment], is_urgent: bool) -> Due:
    """The two terms after these moves, the sending being the first of them, earliest first. Raises `ValueError` where
    there are none."""
    if not moments:
        raise ValueError("a report begins with its being sent")
    sent = moments[0].at
    accepted = next((n for n, moment in enumerate(moments) if moment.status not in WAITING), len(moments))
    begun = max((n for n, moment in enumerate(moments) if moment.status == REOPENED), default=0)
    hours = category.urgent_hours if is_urgent else category.accept_hours
    answer = closing(calendar, moments[begun].at, category.working_days)
    last = moments[-1]
    return Due(
        accept_due_at=later(
            calendar, due_in_working_hours(calendar, sent, hours), stood(calendar, moments[: accepted + 1])
        ),
        due_at=later(calendar, answer, stood(calendar, moments[begun:])),
        runs=last.status not in ENDED and not stands(last),
    )


def stands(moment: Moment) -> bool:
    """Whether the clock stands from that moment on, because the citizen has been asked and has not said anything."""
    return moment.status == ASKED and not moment.by_citizen


def stood(calendar: Calendar, moments: Iterable[Moment]) -> timedelta:
    """The working time for which the clock stood between these moments; what has not ended yet is not in it."""
    return sum(
        (
            working_time_between(calendar, moment.at, following.at)
            for moment, following in pairwise(moments)
            if stands(moment)
        ),
        timedelta(),
    )


def closing(calendar: Calendar, begins: datetime, working_days: int) -> datetime:
    """When offices close on the last of so many working days after that of `begins`; never before `begins`. Raises
    `ValueError` for no such number, and where no hours are known."""
    closes = _closing(calendar, due(calendar, begins, working_days))
    if closes > begins:
        return closes
    return _closing(calendar, next_working(calendar, day_of(begins) + DAY))


def later(calendar: Calendar, at: datetime, time: timedelta) -> datetime:
    """The moment at which offices have been open for so long after `at`; `at` itself for no time at all."""
    while time > timedelta():
        step = min(time, MOST_HOURS)
        at, time = due_in_working_hours(calendar, at, step / HOUR), time - step
    return at


def late(calendar: Calendar, due_at: datetime, until: datetime) -> Late:
    """By how much what was due at `due_at` is late at `until`: now, the answer, or when the clock began to stand."""
    if until <= due_at:
        return Late(is_late=False, working_days=0, working_hours=0)
    over = working_time_between(calendar, due_at, until)
    return Late(
        is_late=True,
        working_days=working_days_between(calendar, due_at, until),
        working_hours=-(-over // HOUR),
    )


def within(calendar: Calendar, now: datetime, hours: int) -> datetime:
    """What is due up to this moment has no more than so many hours of working time left."""
    return due_in_working_hours(calendar, now, hours)


def _closing(calendar: Calendar, day: date) -> datetime:
    """Raises `ValueError` where no hours are known for that day."""
    return max(ends for _, ends in calendar.open(day))
