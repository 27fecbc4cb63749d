"""What a listing costs, as it is kept beside it for sorting and filtering, and what the law says of its prices."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import TypeAlias
from uuid import UUID

import asyncpg
import msgspec

from longan.floor.base.errors import Unprocessable
from longan.floor.database.db import many
from longan.floor.housing import room_ranges
from longan.floor.housing.room_ranges import Amounts, Field
from longan.floor.living_costs.monthly_cost import Living, MonthlyCost, RoomPrices, reckon
from longan.floor.living_costs.utility_tariffs import PriceFlag, Tariffs, tariffs

Writing: TypeAlias = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy

# For whom a share is reckoned where nobody says how many may live there.
PEOPLE = 2
SEVERAL = {2: "cost_two", 3: "cost_three", 4: "cost_four"}
"""Columns of housing.listings with what each of so many people pays: what lists are sorted and filtered by."""
WHOLE = frozenset({"house", "project"})


class Asked(RoomPrices, frozen=True, kw_only=True):
    """The amounts of a listing; those of a whole house or flat are of no square metre of a room."""

    kind: str = "room"
    area_m2: float | None = None
    max_people: int | None = None

    def amounts(self) -> Amounts:
        """As room_ranges compares them."""
        return Amounts(
            rent=self.rent, area_m2=self.area_m2, deposit=self.deposit, electricity_price=self.electricity_price,
            electricity_a_kwh=self.electricity_unit == "kwh", water_price=self.water_price,
            internet_fee=self.internet_fee, parking_fee=self.parking_fee, service_fee=self.service_fee,
            max_people=self.max_people, whole=self.kind in WHOLE,
        )  # fmt: skip


class Reckoned(msgspec.Struct, frozen=True):
    """By the tariffs of `day`: the cost of a month for one person, for the people a room is for, and what each of
    `several` pays; `flags` of the first two, the prices that are too high for one or the other, each verdict once."""

    day: date
    one: MonthlyCost
    shared: MonthlyCost
    several: dict[int, int]
    flags: list[PriceFlag]

    def columns(self) -> dict[str, object]:
        """As columns of housing.listings."""
        return {
            "cost_month": self.one.total, "cost_share": self.shared.per_person, "cost_complete": self.one.is_complete,
            "cost_on": self.day, "price_flags": sorted(flag.verdict for flag in self.flags),
            **{SEVERAL[people]: each for people, each in self.several.items()},
        }  # fmt: skip


class PriceFlagsUnseen(Unprocessable):
    """A price is above what the law allows. `flags` say which, by how much and by which text; sent again with their
    verdicts in `seen_flags` it is published all the same, and whoever reads it sees the flags."""

    code = "price_flags_unseen"
    vi, en = "Có giá cao hơn quy định, xin xem trước khi đăng", "A price is above the legal one; look before publishing"

    def __init__(self, flags: list[PriceFlag]) -> None:
        super().__init__(members={"flags": flags})


def reckoned(asked: Asked, day: date) -> Reckoned:
    people = asked.max_people or PEOPLE
    one = reckon(asked, Living(people=1), day)
    shared = reckon(asked, Living(people=people, motorbikes=people), day)
    high = {flag.verdict: flag for flag in (*one.flags, *shared.flags) if flag.verdict != "unknown"}
    several = {each: reckon(asked, Living(people=each, motorbikes=each), day).per_person for each in SEVERAL}
    return Reckoned(day, one, shared, several, list(high.values()))


def check(asked: Asked, sure: Collection[Field]) -> None:
    """Raises `InvalidRequest` for amounts outside the world's ranges, `AmountsDoubted` for those that are hardly meant
    and of which nobody is sure."""
    room_ranges.check(asked.amounts(), sure)


def demand_seen(found: Reckoned, seen: Collection[str]) -> None:
    """Raises `PriceFlagsUnseen` unless whoever publishes names every flag there is."""
    if any(flag.verdict not in seen for flag in found.flags):
        raise PriceFlagsUnseen(found.flags)


def tariffs_changed_on(day: date, of: Tariffs | None = None) -> date:
    """The last day, not after `day`, from which some rule of the tariffs holds, or holds no more."""
    known = of or tariffs()
    days = [date.min]
    for name in known.__struct_fields__:
        for rule in getattr(known, name):
            days += [rule.valid_from, *([rule.valid_to + timedelta(days=1)] if rule.valid_to else [])]
    return max(each for each in days if each <= day)


class Old(Asked, frozen=True, kw_only=True):
    id: UUID


OLD = f"""-- housing_costs.old (worker)
select l.id, {", ".join(f"l.{name}" for name in Asked.__struct_fields__ if name != "area_m2")},
       l.area_m2::float8 as area_m2
  from housing.listings l
 where l.status not in ('draft', 'closed') and l.cost_on < $1
 order by l.cost_on
 limit $2
   for no key update skip locked"""

KEEP = f"""-- housing_costs.keep (worker)
update housing.listings l
   set cost_month = c.cost_month, cost_share = c.cost_share, cost_complete = c.cost_complete, cost_on = c.cost_on,
       {", ".join(f"{name} = c.{name}" for name in SEVERAL.values())}, price_flags = c.price_flags, updated_at = $2,
       version = l.version + case when l.price_flags <> c.price_flags then 1 else 0 end
  from jsonb_to_recordset($1::text::jsonb)
    as c (id uuid, cost_month bigint, cost_share bigint, cost_complete boolean, cost_on date, price_flags text[],
          {", ".join(f"{name} bigint" for name in SEVERAL.values())})
 where l.id = c.id"""


async def reckon_anew(tx: Writing, changed_on: date, day: date, now: datetime, most: int) -> int:
    """Reckon at most so many listings by the tariffs of `day` whose costs are older than the change; how many."""
    old = many(await tx.fetch(OLD, changed_on, most), Old)
    rows = [{"id": each.id, **reckoned(each, day).columns()} for each in old]
    if rows:
        await tx.execute(KEEP, msgspec.json.encode(rows).decode(), now)
    return len(rows)
