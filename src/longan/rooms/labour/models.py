"""Nouns of the room: occupations, minimum wages, a pay and what it is worth."""

import msgspec

from longan.floor.base.fields import Count, Day, WardCode
from longan.floor.pay_and_days.pay import Amount, PayIn
from longan.floor.pay_and_days.pay_words import Line
from longan.floor.pay_and_days.wages import MinimumWage
from longan.floor.postings.drafts import OccupationCode, WeekDays, WeekHours


class Occupation(msgspec.Struct, frozen=True):
    """A group of occupations of VSCO (QĐ 34/2020/QĐ-TTg). `level` is the length of `code`; `parent` the code of the
    group it lies in, null at the top."""

    code: OccupationCode
    level: Count
    name: str
    parent: OccupationCode | None
    parent_name: str | None


class OccupationPage(msgspec.Struct, frozen=True):
    items: list[Occupation]
    next_cursor: str | None


class MinimumWageList(msgspec.Struct, frozen=True):
    """On `day`; `law` is what demands it."""

    day: Day
    law: str
    items: list[MinimumWage]


class Question(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A pay, the hours and days of a normal week, and where the work is. Hours that are not said are 8 a day and at
    most 48 a week, days 6. `day`: the day whose minimum wage is asked for, today when absent."""

    pay: PayIn
    week_hours: WeekHours | None = None
    week_days: WeekDays | None = None
    ward_code: WardCode | None = None
    day: Day | None = None


class Worth(msgspec.Struct, frozen=True):
    """`month` and `hour` are đồng that one can rely on, null where that cannot be told; `lines` say how they come
    about. `minimum_wage` is that of the ward, null where no ward was named or no list has it. `keeps_minimum_wage` is
    null where nothing can be compared; it looks at the pay for the work at normal hours alone, without the parts."""

    month: Amount | None
    hour: Amount | None
    lines: list[Line]
    minimum_wage: MinimumWage | None
    keeps_minimum_wage: bool | None
    law: str
