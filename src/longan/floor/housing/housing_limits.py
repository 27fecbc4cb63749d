"""How long a listing counts as fresh, and how many of them one may have: dated data (`housing_limits.toml`)."""

from datetime import date
from functools import cache
from typing import Annotated

import msgspec
from msgspec import Meta

from longan.floor.pay_and_days.dated_rules import BadRules, Dated, check_days, decoded, on, packaged

Days = Annotated[int, Meta(ge=1, le=365)]
Few = Annotated[int, Meta(ge=1, le=100)]


class Limits(Dated, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A listing that nobody has confirmed for `fresh_days` is stale and shown to nobody; its owner hears of it
    `warned_days` before, and `closed_days` after it is closed. `hidden_at`: so many confirmed reports hide one. So many
    published ones a landlord may have `without_identity`, without being identified at level 2."""

    fresh_days: Days
    warned_days: Days
    closed_days: Days
    hidden_at: Few
    without_identity: Few


class Written(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    limits: Annotated[list[Limits], Meta(min_length=1)]


@cache
def packaged_limits() -> list[Limits]:
    """Those in the package. Raises `BadRules`."""
    return read(packaged("housing_limits.toml"))


def read(toml: bytes) -> list[Limits]:
    """Raises `BadRules` for what is misspelt, overlapping, or warns before anything was fresh."""
    found = decoded(toml, Written).limits
    check_days("limits", found)
    for each in found:
        if each.warned_days >= each.fresh_days:
            raise BadRules(f"limits from {each.valid_from}: warned before it was fresh")
    return found


def limits_on(day: date) -> Limits:
    """Those of a day; of a day before all, the first ones."""
    found = packaged_limits()
    return on(found, day) or min(found, key=lambda each: each.valid_from)
