"""SQL of the room, each statement above the function that runs it."""

from datetime import date, datetime
from typing import Any

import asyncpg

from longan.floor.database.db import many
from longan.floor.database.listing import Listing, Order, listing
from longan.floor.database.page import Cursors
from longan.floor.pay_and_days.wages import MinimumWage, Ward
from longan.floor.postings import occupations
from longan.floor.search.search import fold
from longan.rooms.labour.models import OccupationPage

# By code, as text, a group stands before its members.
LIST = listing(
    Listing(
        name="labour.list",
        select="""select o.code, o.level, o.name, o.parent, p.name as parent_name
  from reference.occupations o
  left join reference.occupations p on p.code = o.parent
 where true""",
        where={
            "q": "({fold} <> '' and strpos(o.fold, {fold}) > 0 or o.code = any({spoken}::text[]))",
            "parent": "o.parent = {parent}",
            "level": "o.level = {level}",
        },
        orders={
            "code": Order(
                by="o.code", after="o.code > {after_0}", position=("code",), kind=tuple[str],
            )
        },
    )
)  # fmt: skip


async def search(
    conn: asyncpg.Connection, cursors: Cursors, q: str | None, parent: str | None, level: int | None,
    cursor: str | None, limit: int,
) -> OccupationPage:  # fmt: skip
    """A page of occupations in the order of the tree. Raises `InvalidRequest` for a cursor of another list."""
    values: dict[str, Any] = {"parent": parent, "level": level}
    if q is not None:
        values |= {"fold": fold(q), "spoken": occupations.spoken(q)}
    given = {name: value for name, value in values.items() if value is not None}
    return await LIST.page(conn, cursors, "code", given, cursor, limit, OccupationPage)


WAGES = """-- labour.wages
select distinct on (w.region) w.region, w.month_vnd, w.hour_vnd, w.decree, w.valid_from, w.valid_to
  from reference.minimum_wages w
 where w.valid_from <= $1 and (w.valid_to is null or w.valid_to >= $1)
 order by w.region, w.valid_from desc"""


async def wages_on(conn: asyncpg.Connection, day: date) -> list[MinimumWage]:
    """What each region's minimum is on that day."""
    return many(await conn.fetch(WAGES, day), MinimumWage)


IN_FORCE = """-- labour.in_force
select u.version
  from places.units u
 where u.version = places.version_on($1::timestamptz) and u.code = $2 and u.level = 'commune'"""


async def in_force(conn: asyncpg.Connection, ward_code: str, now: datetime) -> Ward | None:
    """The ward with the list it is of, None when the list in force now has none of that code."""
    version: date | None = await conn.fetchval(IN_FORCE, now, ward_code)
    return None if version is None else (version, ward_code)
