"""SQL of the room, each statement above the function that runs it."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from longan.floor.access.tokens import Principal
from longan.floor.database.db import maybe
from longan.floor.database.listing import Listing, Order, listing, newest
from longan.floor.database.page import Cursors
from longan.rooms.feedback_units.models import (
    Action,
    ChangeRowPage,
    FeedbackUnit,
    FeedbackUnitPage,
    NewUnit,
    RoutingRule,
    RoutingRulePage,
)

UNIT = """u.id, u.name, u.province_code, u.agency_code, u.ward_version, u.ward_codes, u.category_codes, u.valid_from,
       u.ended_on, u.version"""

UNITS = listing(
    Listing(
        name="feedback_units.units",
        select=f"""select {UNIT}
  from feedback_units.units u
 where u.province_code = {{province}}""",
        where={
            "current": "((u.ended_on is null or u.ended_on > {day}) = {current})",
            "category_code": "(u.category_codes is null or {category_code} = any(u.category_codes))",
            "ward_code": """(u.ward_codes is null
                            or u.ward_version = places.version_on({now}) and {ward_code} = any(u.ward_codes))""",
        },
        orders={
            "name": Order(
                by="u.name, u.id", after="(u.name, u.id) > ({after_0}, {after_1})", position=("name", "id"),
                kind=tuple[str, UUID],
            ),
        },
    )
)  # fmt: skip


async def units(
    conn: asyncpg.Connection, cursors: Cursors, values: dict[str, Any], cursor: str | None, limit: int,
    asked: dict[str, Any],
) -> FeedbackUnitPage:  # fmt: skip
    """Raises `InvalidRequest` for a cursor of another list."""
    return await UNITS.page(conn, cursors, "name", values, cursor, limit, FeedbackUnitPage, asked)


ONE = f"""-- feedback_units.one
select {UNIT} from feedback_units.units u where u.id = $1"""

HOLD = f"""{ONE.replace("feedback_units.one", "feedback_units.hold")} for update"""


async def unit(conn: asyncpg.Connection, identifier: UUID, *, hold: bool = False) -> FeedbackUnit | None:
    """A unit; held, nobody else changes it or makes a rule for it until the transaction ends."""
    return maybe(await conn.fetchrow(HOLD if hold else ONE, identifier), FeedbackUnit)


# Every ward must be one of the list in force, and one that the official was appointed for.
KNOWN = """-- feedback_units.known
select places.version_on($3) as version, count(u.code) as known,
       coalesce(bool_and(staff.may($1, 'feedback', u.version, u.code, $3)), true) as mine
  from (select) as one
  left join places.units u on u.version = places.version_on($3) and u.code = any($2) and u.level = 'commune'
                          and u.province_code = $4"""


async def known(
    conn: asyncpg.Connection, official: UUID, wards: Sequence[str], province: str, now: datetime
) -> tuple[date, int, bool]:
    """The list in force, how many of the wards are in it, and whether the official was appointed for all of those."""
    row = await conn.fetchrow(KNOWN, official, wards, now, province)
    if row is None:
        raise LookupError("one row is always there")
    return row["version"], row["known"], row["mine"]


ADD = f"""-- feedback_units.add
insert into feedback_units.units as u
    (name, province_code, agency_code, ward_version, ward_codes, category_codes, valid_from, ended_on, created_at,
     updated_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)
returning {UNIT}"""


async def add(tx: asyncpg.Connection, new: NewUnit, now: datetime) -> FeedbackUnit:
    """Raises `asyncpg.UniqueViolationError` (units_one_of_a_name)."""
    return msgspec.convert(await tx.fetchrow(ADD, *msgspec.structs.astuple(new), now), FeedbackUnit)


CHANGE = f"""-- feedback_units.change
update feedback_units.units u
   set name = $2, province_code = $3, agency_code = $4, ward_version = $5, ward_codes = $6, category_codes = $7,
       valid_from = $8, ended_on = $9, updated_at = $10, version = u.version + 1
 where u.id = $1
returning {UNIT}"""


async def change(tx: asyncpg.Connection, identifier: UUID, new: NewUnit, now: datetime) -> FeedbackUnit:
    """Of a unit that is held. Raises `asyncpg.UniqueViolationError` (units_one_of_a_name)."""
    return msgspec.convert(await tx.fetchrow(CHANGE, identifier, *msgspec.structs.astuple(new), now), FeedbackUnit)


# Rules that hold after the unit has ended, or for what it handles no more.
MISLED = """-- feedback_units.misled
select exists (
    select from feedback_units.rules l
      join feedback_units.units u on u.id = l.unit_id
     where u.id = $1
       and (u.ended_on is not null and (l.ended_on is null or l.ended_on > u.ended_on)
            or (l.ended_on is null or l.ended_on > $2)
               and (l.category_code is null and u.category_codes is not null
                    or l.category_code <> all(u.category_codes)
                    or u.ward_codes is not null
                       and (l.ward_code is null or l.ward_version <> u.ward_version
                            or l.ward_code <> all(u.ward_codes)))))"""


async def misled(tx: asyncpg.Connection, identifier: UUID, day: date) -> bool:
    """Whether a rule leads to the unit that it is not there for."""
    return bool(await tx.fetchval(MISLED, identifier, day))


RULE = (
    """l.id, l.unit_id, u.name as unit_name, l.category_code, l.ward_version, l.ward_code, l.valid_from, l.ended_on"""
)

RULES = listing(
    Listing(
        name="feedback_units.rules",
        select=f"""select {RULE}
  from feedback_units.rules l
  join feedback_units.units u on u.id = l.unit_id
 where l.province_code = {{province}}""",
        where={
            "current": "((l.ended_on is null or l.ended_on > {day}) = {current})",
            "unit_id": "l.unit_id = {unit_id}",
            "category_code": "l.category_code = {category_code}",
            "ward_code": "(l.ward_version = places.version_on({now}) and l.ward_code = {ward_code})",
        },
        orders={
            "newest": Order(
                by="l.id desc", after="l.id < {after_0}", position=("id",), kind=tuple[UUID],
            ),
        },
    )
)  # fmt: skip


async def rules(
    conn: asyncpg.Connection, cursors: Cursors, values: dict[str, Any], cursor: str | None, limit: int,
    asked: dict[str, Any],
) -> RoutingRulePage:  # fmt: skip
    """Raises `InvalidRequest` for a cursor of another list."""
    return await RULES.page(conn, cursors, "newest", values, cursor, limit, RoutingRulePage, asked)


HOLD_RULE = f"""-- feedback_units.hold_rule
select {RULE}
  from feedback_units.rules l
  join feedback_units.units u on u.id = l.unit_id
 where l.id = $1
   for update of l"""


async def rule(tx: asyncpg.Connection, identifier: UUID) -> RoutingRule | None:
    """A rule, held until the transaction ends."""
    return maybe(await tx.fetchrow(HOLD_RULE, identifier), RoutingRule)


SAME = f"""-- feedback_units.same
select {RULE}
  from feedback_units.rules l
  join feedback_units.units u on u.id = l.unit_id
 where l.province_code = $1 and l.category_code is not distinct from $2
   and l.ward_version is not distinct from $3 and l.ward_code is not distinct from $4
   and l.valid_from <= $5 and (l.ended_on is null or l.ended_on > $5)
   for update of l"""


async def same(
    tx: asyncpg.Connection, province: str, category: str | None, ward: tuple[date | None, str | None], day: date
) -> RoutingRule | None:
    """The rule of this category and ward that holds on the day, held."""
    return maybe(await tx.fetchrow(SAME, province, category, *ward, day), RoutingRule)


ADD_RULE = """-- feedback_units.add_rule
insert into feedback_units.rules
    (unit_id, province_code, category_code, ward_version, ward_code, valid_from, created_at)
values ($1, $2, $3, $4, $5, $6, $7)
returning id, unit_id, (select u.name from feedback_units.units u where u.id = unit_id) as unit_name, category_code,
          ward_version, ward_code, valid_from, ended_on"""


async def add_rule(
    tx: asyncpg.Connection, unit_id: UUID, province: str, category: str | None, ward: tuple[date | None, str | None],
    day: date, now: datetime,
) -> RoutingRule:  # fmt: skip
    """Raises `asyncpg.ExclusionViolationError` (rules_one_at_a_time)."""
    row = await tx.fetchrow(ADD_RULE, unit_id, province, category, *ward, day, now)
    return msgspec.convert(row, RoutingRule)


END_RULE = """-- feedback_units.end_rule
update feedback_units.rules l set ended_on = greatest($2, l.valid_from) where l.id = $1 returning l.ended_on"""


async def end_rule(tx: asyncpg.Connection, held: RoutingRule, day: date) -> RoutingRule:
    """The rule holds no more from that day on; one that had not begun never does."""
    return msgspec.structs.replace(held, ended_on=await tx.fetchval(END_RULE, held.id, day))


KEEP = """-- feedback_units.keep
insert into feedback_units.changes (action, unit_id, rule_id, before, after, account_id, agency_code, at)
values ($1, $2, $3, $4::text::jsonb, $5::text::jsonb, $6, $7, $8)"""


async def keep(
    tx: asyncpg.Connection, action: Action, unit_id: UUID, rule_id: UUID | None, before: msgspec.Struct | None,
    after: msgspec.Struct | None, me: Principal, now: datetime,
) -> None:  # fmt: skip
    """Write down who changed it, and from what to what."""
    old, new = (None if each is None else msgspec.json.encode(each).decode() for each in (before, after))
    await tx.execute(KEEP, action, unit_id, rule_id, old, new, me.account_id, me.agency_code, now)


CHANGES = listing(
    Listing(
        name="feedback_units.changes",
        select="""select c.id, c.action, c.unit_id, c.rule_id, c.before::text as before, c.after::text as after,
       c.account_id as by, c.agency_code, c.at
  from feedback_units.changes c
 where true""",
        where={"unit_id": "c.unit_id = {unit_id}"},
        orders={"newest": newest("c.at", "c.id")},
    )
)


async def changes(
    conn: asyncpg.Connection, cursors: Cursors, values: dict[str, Any], cursor: str | None, limit: int
) -> ChangeRowPage:
    """The latest first. Raises `InvalidRequest` for a cursor of another list."""
    return await CHANGES.page(conn, cursors, "newest", values, cursor, limit, ChangeRowPage)
