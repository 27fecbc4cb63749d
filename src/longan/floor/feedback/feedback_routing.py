"""Routing of reports to 1022: which unit the rules of the day name for one, and which units may be given it at all.

The most specific rule wins: one for the category and the ward, then one for the category, then one for the ward, then
one for everything. Nothing is guessed: what has no known ward, and what lies in a ward that was split or put together
since the rule was made, has no suggestion and stays at the desk until somebody decides.
"""

from datetime import date
from typing import Literal
from uuid import UUID

import asyncpg
import msgspec

from longan.floor.base.errors import FieldError, Unprocessable
from longan.floor.base.fields import Identifier
from longan.floor.database.db import maybe

Because = Literal["category_and_ward", "category", "ward", "everything"]


class UnitSuggestion(msgspec.Struct, frozen=True):
    """The unit that the rules name, and `because` of which kind of rule."""

    unit_id: Identifier
    unit_name: str
    rule_id: Identifier
    because: Because


class Place(msgspec.Struct, frozen=True):
    """What routing asks of a report; without a ward its place is unknown."""

    category_code: str
    province_code: str
    ward_version: date | None
    ward_code: str | None


class UnitNotResponsible(Unprocessable):
    """The unit has ended or not begun, is of another province, or does not handle that category or ward."""

    code = "unit_not_responsible"
    vi, en = "Đơn vị này không xử lý loại việc hoặc địa bàn đó", "This unit does not handle that"

    def __init__(self) -> None:
        super().__init__(FieldError("/unit_id", "not_one_of"))


# The best rule decides although it does not fit for sure: a broader one would be a guess as well.
SUGGESTED = """-- feedback_routing.suggested
select b.unit_id, b.unit_name, b.rule_id, b.because
  from (select u.id as unit_id, u.name as unit_name, l.id as rule_id, f.fits,
               case when l.category_code is not null and l.ward_code is not null then 'category_and_ward'
                    when l.category_code is not null then 'category'
                    when l.ward_code is not null then 'ward'
                    else 'everything' end as because
          from feedback_units.rules l
          join feedback_units.units u on u.id = l.unit_id
         cross join lateral (select case when l.ward_code is null then 2
                                         else feedback_units.fits(l.ward_version, l.ward_code, $3, $4) end as fits) f
         where l.province_code = $2 and (l.category_code is null or l.category_code = $1)
           and l.valid_from <= $5 and (l.ended_on is null or l.ended_on > $5)
           and u.valid_from <= $5 and (u.ended_on is null or u.ended_on > $5)
           and f.fits is not null
         order by l.category_code is null, l.ward_code is null, f.fits desc, l.ward_version desc
         limit 1) b
 where b.fits > 0 and $4 is not null"""


async def suggested(conn: asyncpg.Connection, place: Place, day: date) -> UnitSuggestion | None:
    """The unit that the rules of that day name, None where somebody has to decide."""
    row = await conn.fetchrow(
        SUGGESTED, place.category_code, place.province_code, place.ward_version, place.ward_code, day
    )
    return maybe(row, UnitSuggestion)


class Unit(msgspec.Struct, frozen=True):
    id: Identifier
    name: str


# What the wards of a unit are not sure to hold an official may still give it: they know where the place is.
RESPONSIBLE = """-- feedback_routing.responsible
select u.id, u.name
  from feedback_units.units u
 where u.id = $1 and u.province_code = $3
   and u.valid_from <= $6 and (u.ended_on is null or u.ended_on > $6)
   and (u.category_codes is null or $2 = any(u.category_codes))
   and (u.ward_codes is null or $5::text is null
        or exists (select from unnest(u.ward_codes) w (code)
                    where feedback_units.fits(u.ward_version, w.code, $4, $5) is not null))
   for share of u"""


async def responsible(tx: asyncpg.Connection, unit: UUID, place: Place, day: date) -> Unit:
    """The unit, which does not end until this transaction does. Raises `UnitNotResponsible`."""
    row = await tx.fetchrow(
        RESPONSIBLE, unit, place.category_code, place.province_code, place.ward_version, place.ward_code, day
    )
    if (found := maybe(row, Unit)) is None:
        raise UnitNotResponsible
    return found
