"""The clock of a dossier: what the ten national statuses do to it, and when its term ends.

A working day counts when the clock ran as the day began: so the day of receipt does not count, nor the one on which
the citizen has brought what was missing, and the day on which something is asked of them does (Bộ luật Dân sự 2015
điều 147). The statuses are dated data; which of them stop the clock is our reading of NĐ 118/2025/NĐ-CP.
"""

import csv
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import Literal

import msgspec

from longan.floor.pay_and_days.wages import day_of
from longan.floor.pay_and_days.working_days import MOST_DAYS, Calendar, due, next_working, working_days_between

Clock = Literal["not_begun", "running", "stopped", "ended"]


class Status(msgspec.Struct, frozen=True):
    """A status of the national list. `next`: the codes of those that usually follow."""

    valid_from: date
    code: str
    key: str
    name: str
    clock: Clock
    next: tuple[str, ...]


class Change(msgspec.Struct, frozen=True):
    """From `at` on the dossier has the status with this code."""

    at: datetime
    status: str


class Reckoning(msgspec.Struct, frozen=True):
    """`due_on` is None while the clock stands and the term is not used up (nobody knows then when it ends) and where no
    term is known; the two numbers are of working days, None and 0 without a term."""

    clock: Clock
    due_on: date | None
    working_days_left: int | None
    late_by: int

    @property
    def clock_runs(self) -> bool:
        return self.clock == "running"


@cache
def _all() -> tuple[Status, ...]:
    text = (files("longan.reference") / "data" / "dossier_statuses.csv").read_text("utf-8")
    return tuple(
        Status(
            date.fromisoformat(row["valid_from"]), row["code"], row["key"], row["name"],
            msgspec.convert(row["clock"], Clock), tuple(filter(None, row["next"].split("|"))),
        )
        for row in csv.DictReader(text.splitlines())
    )  # fmt: skip


@cache
def statuses(day: date) -> dict[str, Status]:
    """The list in force on that day, by code; the first one for the days before."""
    begun = {each.valid_from for each in _all() if each.valid_from <= day} or {min(s.valid_from for s in _all())}
    return {each.code: each for each in _all() if each.valid_from == max(begun)}


def clock_of(status: str, day: date) -> Clock:
    """Raises `KeyError` for a code that the list does not have."""
    return statuses(day)[status].clock


def in_order(changes: Iterable[Change]) -> list[Change]:
    """Earliest first; what happened at the same moment stays in the order in which it was told."""
    return sorted(changes, key=lambda change: change.at)


def term(calendar: Calendar, received: date, promised: date) -> int:
    """Of how many working days the term is that was promised to end on that day, or, as that is a day off, with the
    next working one."""
    return max(working_days_between(calendar, received, next_working(calendar, promised)), 0)


def reckon(
    calendar: Calendar, changes: Sequence[Change], allowed: int | None, today: date, promised_anew: date | None = None
) -> Reckoning:
    """Where the clock stands on `today`, of a term of `allowed` working days.

    `promised_anew` is the day that was promised when the clock began to run for the last time; it holds over `allowed`.
    Raises `KeyError` for an unknown status.
    """
    runs = _runs(in_order(changes))
    last = in_order(changes)[-1] if changes else None
    clock: Clock = "not_begun" if last is None else clock_of(last.status, day_of(last.at))
    if promised_anew is not None and len(runs) > 1:
        before = sum(max(working_days_between(calendar, begin, min(end, today)), 0) for begin, end in runs[:-1] if end)
        allowed = before + term(calendar, runs[-1][0], promised_anew)
    # Of a day that is no promise ("31/12/2099") nothing follows.
    if allowed is None or not 0 <= allowed <= MOST_DAYS or not runs:
        return Reckoning(clock, None, None, 0)
    used, due_on = 0, None
    for begin, end in runs:
        # What has ended is counted to its end, and when it would have been due as if it had gone on.
        goes_on = (begin, end) == runs[-1] and clock in ("running", "ended")
        ran = max(working_days_between(calendar, begin, min(end or today, today)), 0)
        if due_on is None and (goes_on or used + ran >= allowed):
            due_on = due(calendar, begin, allowed - used)
        used += ran
    return Reckoning(clock, due_on, max(allowed - used, 0), max(used - allowed, 0))


def _runs(changes: list[Change]) -> list[tuple[date, date | None]]:
    """From which day to which the clock ran, time and again; the last run may not have ended."""
    runs: list[tuple[date, date | None]] = []
    for change in changes:
        running = clock_of(change.status, day_of(change.at)) == "running"
        ran = bool(runs) and runs[-1][1] is None
        if running and not ran:
            runs.append((day_of(change.at), None))
        elif ran and not running:
            runs[-1] = (runs[-1][0], day_of(change.at))
    return runs
