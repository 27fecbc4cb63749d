"""Pay, as postings speak of it: its parts kept apart, and the one figure by which two postings compare.

Money is whole đồng in integers. A month is 52/12 weeks (NĐ 293/2025/NĐ-CP điều 4, as the decrees before it). Hours that
a posting does not say are those of the Labour Code 2019 (BLLĐ) điều 105: 8 a day, 48 a week, hence 6 days. Overtime is
at most 60 hours a month (điều 107 khoản 2: 40; Nghị quyết 17/2022/UBTVQH15: 60) and is paid at least 150 % of the wage
of an hour, 200 % on the weekly day off, 300 % on holidays (điều 98 khoản 1). Dollars are never converted.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from longan.floor.base.errors import FieldError, InvalidRequest
from longan.floor.base.fields import Currency, Dong, PositiveAmount

Period = Literal["hour", "day", "week", "month", "piece"]
Amount = Annotated[int, Meta(extra_json_schema={"format": "int64"})]
OvertimeHours = Annotated[int, Meta(ge=1, le=100, extra_json_schema={"format": "int32"})]

DAY_HOURS = 8
WEEK_HOURS = 48
WEEK_DAYS = 6
MOST_OVERTIME_HOURS = 60
# Thirds of a đồng and of an hour: 52/12 weeks are 13/3, so that nothing is rounded before the end.
MONTH_WEEKS_IN_THIRDS = 13


class Pay(msgspec.Struct, frozen=True):
    """`min` and `max` are the range as it is advertised, and `base` is for normal hours, each in whole units of
    `currency` for one `period`. `allowances`, `attendance` (for missing no day), `overtime` (for `overtime_hours`) and
    `deductions` are đồng a month. All are null when the employer did not say.

    `effective_month` and `effective_hour` are đồng that one can rely on, by which postings are sorted and filtered;
    null where that cannot be told: dollars, pay by the piece, only an upper end.
    """

    min: Amount | None
    max: Amount | None
    currency: str
    period: str
    base: Amount | None
    allowances: Amount | None
    attendance: Amount | None
    overtime: Amount | None
    overtime_hours: Annotated[int, Meta(extra_json_schema={"format": "int32"})] | None
    deductions: Amount | None
    effective_month: Amount | None
    effective_hour: Amount | None


class PayIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """At least one of `min`, `max` and `base`, in whole units of `currency` for one `period`; `max` not below the
    others. `allowances`, `attendance`, `overtime` (always with `overtime_hours`) and `deductions` are đồng a month, and
    go with VND only."""

    min: PositiveAmount | None = None
    max: PositiveAmount | None = None
    currency: Currency = "VND"
    period: Period = "month"
    base: PositiveAmount | None = None
    allowances: Dong | None = None
    attendance: Dong | None = None
    overtime: Dong | None = None
    overtime_hours: OvertimeHours | None = None
    deductions: Dong | None = None


class Comparable(msgspec.Struct, frozen=True):
    """Whole đồng that one can rely on, for a month and for an hour of it; both null where that cannot be told."""

    month: Amount | None
    hour: Amount | None


NOTHING = Comparable(None, None)


def normal_time(week_hours: int | None, week_days: int | None) -> tuple[int, int]:
    """Hours and days of a week: what the posting says, else what the Labour Code has (BLLĐ điều 105)."""
    days = week_days or WEEK_DAYS
    return week_hours or min(DAY_HOURS * days, WEEK_HOURS), days


def month_thirds(amount: int, period: Period, week_hours: int | None, week_days: int | None) -> int:
    """What so much for each `period` comes to in a month, in thirds of a unit. Not for pay by the piece."""
    hours, days = normal_time(week_hours, week_days)
    times = {"hour": hours, "day": days, "week": 1}
    return amount * (3 if period == "month" else MONTH_WEEKS_IN_THIRDS * times[period])


def hours_thirds(week_hours: int | None, week_days: int | None, overtime_hours: int | None = None) -> int:
    """Hours of a month, overtime among them, in thirds of an hour."""
    return MONTH_WEEKS_IN_THIRDS * normal_time(week_hours, week_days)[0] + 3 * (overtime_hours or 0)


def comparable(pay: PayIn, week_hours: int | None, week_days: int | None) -> Comparable:
    """What one can rely on: the base with its parts, less the deductions; without a base the lower end of the range.

    Whether a range holds the parts already cannot be told, so that they are added to a base only; deductions come off
    in any case. An hour is what a month brings divided by all its hours, overtime among them.
    """
    least = pay.base if pay.base is not None else pay.min
    if least is None or pay.currency != "VND" or pay.period == "piece":
        return NOTHING
    parts = (pay.allowances or 0) + (pay.attendance or 0) + (pay.overtime or 0) if pay.base is not None else 0
    thirds = month_thirds(least, pay.period, week_hours, week_days) + 3 * (parts - (pay.deductions or 0))
    if thirds < 3:
        return NOTHING
    overtime_hours = pay.overtime_hours if pay.base is not None else None
    return Comparable(thirds // 3, thirds // hours_thirds(week_hours, week_days, overtime_hours) or None)


def check(pay: PayIn, pointer: str = "/pay", week_hours: int | None = None, week_days: int | None = None) -> None:
    """Raises `InvalidRequest` that names each field which contradicts another, or the law on overtime."""
    if faults := list(_faults(pay, week_hours, week_days)):
        raise InvalidRequest(*(FieldError(f"{pointer}/{field}", code) for field, code in faults))


def _faults(pay: PayIn, week_hours: int | None, week_days: int | None) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    if pay.min is None and pay.max is None and pay.base is None:
        found.append(("min", "required"))
    if pay.max is not None and pay.max < (pay.min or 0):
        found.append(("max", "too_small"))
    if pay.max is not None and pay.max < (pay.base or 0):
        found.append(("base", "too_large"))
    if pay.currency != "VND":
        parts = ("allowances", "attendance", "overtime", "deductions")
        found += [(part, "mixed_currency") for part in parts if getattr(pay, part) is not None]
    if (pay.overtime is None) != (pay.overtime_hours is None):
        found.append(("overtime_hours" if pay.overtime_hours is None else "overtime", "needs_both"))
    elif pay.overtime_hours is not None and pay.overtime_hours > MOST_OVERTIME_HOURS:
        found.append(("overtime_hours", "too_large"))
    if found or pay.currency != "VND" or pay.period == "piece":
        return found
    if pay.overtime is not None and pay.overtime < least_overtime(pay, week_hours, week_days):
        found.append(("overtime", "too_small"))
    if (pay.base or pay.min) is not None and comparable(pay, week_hours, week_days).month is None:
        found.append(("deductions", "too_large"))
    return found


def least_overtime(pay: PayIn, week_hours: int | None, week_days: int | None) -> int:
    """The least that `overtime_hours` may bring a month, in đồng: 150 % of the base's hour (BLLĐ điều 98 khoản 1 điểm
    a). 0 without a base. The law counts some allowances as well, so that this errs on the employer's side."""
    if pay.base is None or pay.currency != "VND" or pay.period == "piece":
        return 0
    wage = month_thirds(pay.base, pay.period, week_hours, week_days)
    return wage * 3 * (pay.overtime_hours or 0) // (2 * hours_thirds(week_hours, week_days))
