"""Officials: the function, the wards and the time for which one was appointed (SECURITY Z6), asked by every room that
lets officials decide."""

from datetime import date, datetime
from typing import Literal

import asyncpg

from longan.floor.access.tokens import Principal
from longan.floor.base.errors import Forbidden

Function = Literal["labour", "public_services", "feedback", "identity", "moderation", "campaigns", "housing"]

APPOINTED = """-- officials.appointed
select exists (select from staff.appointments($1, $2, $3))"""


async def demand(conn: asyncpg.Connection, me: Principal, function: Function, now: datetime) -> None:
    """Raises `Forbidden` for whoever is not appointed for the function in any ward, administrators among them."""
    if me.audience != "official" or not await conn.fetchval(APPOINTED, me.account_id, function, now):
        raise Forbidden


# The same predicate stands in the SQL of lists and decisions: `staff.may($official, 'identity', w.ward_version,
# w.ward_code, $now)`. What has no ward is for those who are appointed for everywhere.
MAY = """-- officials.may
select staff.may($1, $2, $3, $4, $5)"""


async def may(
    conn: asyncpg.Connection, me: Principal, function: Function, version: date | None, ward: str | None, now: datetime
) -> bool:
    """Whether the function and the wards of an official reach a ward of the list `version`."""
    return me.audience == "official" and bool(await conn.fetchval(MAY, me.account_id, function, version, ward, now))
