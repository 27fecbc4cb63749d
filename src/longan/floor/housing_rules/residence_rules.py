"""What the law has of telling of a stay and of registering it: dated data (`residence_rules.toml`)."""

from functools import cache
from typing import Annotated

import msgspec
from msgspec import Meta

from longan.floor.base.fields import PositiveAmount
from longan.floor.pay_and_days.dated_rules import Bilingual, Dated, check_days, decoded, packaged

Hour = Annotated[int, Meta(ge=0, le=23)]
Days = Annotated[int, Meta(ge=1, le=365)]


class Notice(Dated, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """To be told by that hour of the first day; of whoever comes later, by the other hour of the next."""

    by_hour: Hour
    next_day_by_hour: Hour
    who: Bilingual


class Registration(Dated, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """For stays from so many days on, within so many days; for at most so many months, to be prolonged in the last so
    many days of them."""

    from_days: Days
    within_days: Days
    longest_months: Annotated[int, Meta(ge=1, le=120)]
    prolong_before_days: Days
    who: Bilingual


class Form(Dated, frozen=True, forbid_unknown_fields=True, kw_only=True):
    name: Bilingual


class Fine(Dated, frozen=True, forbid_unknown_fields=True, kw_only=True):
    least: PositiveAmount
    most: PositiveAmount


class Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    stay_notice: list[Notice]
    registration: list[Registration]
    form: list[Form]
    fine: list[Fine]


@cache
def rules() -> Rules:
    """Those in the package. Raises `BadRules`."""
    return read(packaged("residence_rules.toml"))


def read(toml: bytes) -> Rules:
    """Raises `BadRules` for what is misspelt or overlapping."""
    found = decoded(toml, Rules)
    for name in Rules.__struct_fields__:
        check_days(name, getattr(found, name))
    return found
