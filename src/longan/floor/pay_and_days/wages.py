"""The regional minimum wage: which one holds in a ward on a day, and whether a pay keeps it.

BLLĐ 2019 điều 90-91; the amounts and the regions are dated lists in `reference`. What is compared is the pay for the
work itself at normal hours, without allowances, bonuses and overtime (NĐ 293/2025/NĐ-CP điều 4 khoản 2-3): pay by the
month with the month's minimum when the week is a full one, any other with the hour's.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

import asyncpg
import msgspec

from longan.floor.base.errors import FieldError, Unprocessable
from longan.floor.base.fields import Count, Day
from longan.floor.base.zones import HOME
from longan.floor.database.db import many
from longan.floor.pay_and_days.pay import WEEK_HOURS, Amount, PayIn, hours_thirds, month_thirds, normal_time

LAW = "BLLĐ 2019 Điều 90-91"
# Between the week that the state recommends and the longest normal one (BLLĐ điều 105 khoản 2).
FULL_WEEK = range(40, WEEK_HOURS + 1)

Ward = tuple[date, str]
"""The version of the list of units, and the code in it."""


class MinimumWage(msgspec.Struct, frozen=True):
    """The least that may be paid in a region (I to IV as 1 to 4) for normal hours, in whole đồng. `valid_to` is the
    last day of it, null while no end is known."""

    region: Count
    month_vnd: Amount
    hour_vnd: Amount
    decree: str
    valid_from: Day
    valid_to: Day | None


class BelowMinimumWage(Unprocessable):
    """The pay is below what the law allows there. `region`, `month_vnd`, `hour_vnd`, `decree` and `law` say what
    holds, `ward_code` where."""

    code = "below_minimum_wage"
    vi, en = "Lương thấp hơn mức lương tối thiểu của nơi làm việc", "The pay is below the minimum wage of the place"

    def __init__(self, field: str, ward_code: str, least: MinimumWage) -> None:
        """`field` is that of the pay which is too low."""
        super().__init__(
            FieldError(f"/pay/{field}", "too_small"),
            members={"ward_code": ward_code, **msgspec.structs.asdict(least), "law": LAW},
        )


FLOORS = """-- wages.floors
select r.region, w.month_vnd, w.hour_vnd, w.decree, w.valid_from, w.valid_to, r.ward_version, r.ward_code
  from (select distinct version, code from unnest($1::date[], $2::text[]) given (version, code)) g
 cross join lateral (
    select r.ward_version, r.ward_code, r.region
      from reference.wage_regions r
     where r.ward_version = g.version and r.ward_code = g.code and r.valid_from <= $3
     order by r.valid_from desc
     limit 1) r
 cross join lateral (
    select w.month_vnd, w.hour_vnd, w.decree, w.valid_from, w.valid_to
      from reference.minimum_wages w
     where w.region = r.region and w.valid_from <= $3 and (w.valid_to is null or w.valid_to >= $3)
     order by w.valid_from desc
     limit 1) w"""


def day_of(now: datetime) -> date:
    """The day on which a moment falls in Viet Nam."""
    return now.astimezone(ZoneInfo(HOME)).date()


async def floors_of(conn: asyncpg.Connection, wards: Sequence[Ward], day: date) -> dict[Ward, MinimumWage]:
    """The minimum wage of each ward on that day, in one question; a ward that no list has is not among them."""
    rows = await conn.fetch(FLOORS, [version for version, _ in wards], [code for _, code in wards], day)
    found = many(rows, MinimumWage)
    return {(row["ward_version"], row["ward_code"]): least for row, least in zip(rows, found, strict=True)}


async def floor_of(conn: asyncpg.Connection, ward_version: date, ward_code: str, day: date) -> MinimumWage | None:
    """The minimum wage of a ward on that day, None when no list has the ward."""
    return (await floors_of(conn, [(ward_version, ward_code)], day)).get((ward_version, ward_code))


def is_kept(pay: PayIn, week_hours: int | None, week_days: int | None, least: MinimumWage) -> bool | None:
    """Whether the least that the pay says keeps the minimum wage; None when that cannot be told: dollars, the piece,
    nothing said."""
    amounts = [amount for amount in (pay.base, pay.min, pay.max) if amount is not None]
    if not amounts or pay.currency != "VND" or pay.period == "piece":
        return None
    thirds = month_thirds(min(amounts), pay.period, week_hours, week_days)
    if pay.period == "month" and normal_time(week_hours, week_days)[0] in FULL_WEEK:
        return thirds >= 3 * least.month_vnd
    return thirds >= least.hour_vnd * hours_thirds(week_hours, week_days)


def below(
    pay: PayIn, week_hours: int | None, week_days: int | None, ward: Ward, floors: Mapping[Ward, MinimumWage]
) -> BelowMinimumWage | None:
    """The refusal of a pay that is below the minimum wage of its ward, for rows whose wards were asked for together."""
    least = floors.get(ward)
    if least is None or is_kept(pay, week_hours, week_days, least) is not False:
        return None
    amounts = {"base": pay.base, "min": pay.min, "max": pay.max}
    field = min((name for name in amounts if amounts[name] is not None), key=lambda name: amounts[name] or 0)
    return BelowMinimumWage(field, ward[1], least)


async def demand(
    conn: asyncpg.Connection, pay: PayIn, week_hours: int | None, week_days: int | None, ward_version: date,
    ward_code: str, day: date,
) -> None:  # fmt: skip
    """Raises `BelowMinimumWage`. Where no list has the ward, or the pay does not tell, nothing is demanded."""
    ward = (ward_version, ward_code)
    refusal = below(pay, week_hours, week_days, ward, await floors_of(conn, [ward], day))
    if refusal is not None:
        raise refusal
