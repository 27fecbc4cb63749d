"""How many requests to see a room one account may send: dated data (`viewing_limits.toml`)."""

from datetime import date
from functools import cache
from typing import Annotated

import msgspec
from msgspec import Meta

from longan.floor.pay_and_days.dated_rules import BadRules, Dated, check_days, decoded, on, packaged

Few = Annotated[int, Meta(ge=1, le=1_000)]


class Limits(Dated, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """So many requests an account may send within `an_hour` and `a_day`, and `of_one_owner_a_day`. How fast an owner
    answers is told from `answered_from` requests on."""

    an_hour: Few
    a_day: Few
    of_one_owner_a_day: Few
    answered_from: Few


class Written(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    limits: Annotated[list[Limits], Meta(min_length=1)]


@cache
def packaged_limits() -> list[Limits]:
    """Those in the package. Raises `BadRules`."""
    return read(packaged("viewing_limits.toml"))


def read(toml: bytes) -> list[Limits]:
    """Raises `BadRules` for what is misspelt or overlapping, and for an hour that allows more than its day."""
    found = decoded(toml, Written).limits
    check_days("limits", found)
    for each in found:
        if each.an_hour > each.a_day or each.of_one_owner_a_day > each.a_day:
            raise BadRules(f"limits from {each.valid_from}: a part of the day allows more than the day")
    return found


def limits_on(day: date) -> Limits:
    """Those of a day; of a day before all, the first ones."""
    found = packaged_limits()
    return on(found, day) or min(found, key=lambda each: each.valid_from)
