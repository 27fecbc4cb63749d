"""Invented people whose answers are compared when the rules of social housing change: they show what a new text does
without looking at anybody."""

from collections import Counter
from functools import cache
from typing import Annotated

import msgspec
from msgspec import Meta

from longan.floor.housing_rules.social_housing import SocialHousingCase
from longan.floor.pay_and_days.dated_rules import BadRules, Bilingual, decoded, packaged


class ModelCase(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody who is nobody, in words, and what they would say of themselves."""

    id: Annotated[str, Meta(pattern="^[a-z][a-z0-9_]{1,60}$")]
    name: Bilingual
    case: SocialHousingCase


class ModelCases(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    cases: list[ModelCase]


@cache
def model_cases() -> dict[str, ModelCase]:
    """Those in the package by their ids, in the order of the file. Raises `BadRules`."""
    return read(packaged("social_housing_cases.toml"))


def read(toml: bytes) -> dict[str, ModelCase]:
    """Raises `BadRules` for what is misspelt, and where an id stands twice."""
    found = decoded(toml, ModelCases).cases
    if doubled := [name for name, times in Counter(each.id for each in found).items() if times > 1]:
        raise BadRules(f"cases {doubled} stand twice")
    return {each.id: each for each in found}
