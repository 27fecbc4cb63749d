"""Rules of the room: which minimum wage answers a question, and what a pay is worth."""

from datetime import date, datetime

import asyncpg

from longan.floor.base.errors import FieldError, WardUnknown
from longan.floor.pay_and_days import pay, wages
from longan.floor.pay_and_days.pay_words import explain
from longan.floor.places import ward
from longan.rooms.labour import store
from longan.rooms.labour.models import MinimumWageList, Question, Worth


async def minimum_wages(
    conn: asyncpg.Connection, ward_code: str | None, day: date | None, now: datetime
) -> MinimumWageList:
    """Of all regions on that day, or of one ward. Raises `PlaceUnknown` for a code that no ward has now."""
    on = day or wages.day_of(now)
    if ward_code is None:
        return MinimumWageList(on, wages.LAW, await store.wages_on(conn, on))
    named = await store.in_force(conn, ward_code, now)
    if named is None:
        raise ward.PlaceUnknown(FieldError("?ward_code", "not_found"))
    least = await wages.floor_of(conn, *named, on)
    return MinimumWageList(on, wages.LAW, [] if least is None else [least])


async def calculate(conn: asyncpg.Connection, asked: Question, now: datetime) -> Worth:
    """Raises `InvalidRequest` for a pay that contradicts itself, `WardUnknown`."""
    pay.check(asked.pay, "/pay", asked.week_hours, asked.week_days)
    least, kept = None, None
    if asked.ward_code is not None:
        named = await store.in_force(conn, asked.ward_code, now)
        if named is None:
            raise WardUnknown
        least = await wages.floor_of(conn, *named, asked.day or wages.day_of(now))
        if least is not None:
            kept = wages.is_kept(asked.pay, asked.week_hours, asked.week_days, least)
    worth = pay.comparable(asked.pay, asked.week_hours, asked.week_days)
    lines = explain(asked.pay, asked.week_hours, asked.week_days)
    return Worth(worth.month, worth.hour, lines, least, kept, wages.LAW)
