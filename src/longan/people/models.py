"""Nouns of the room: a person as they see themself."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from longan.fields import Count, Identifier, Locale, Name, WardCode

BirthYear = Annotated[int, Meta(ge=1900, le=2100, extra_json_schema={"format": "int32"})]


class Role(msgspec.Struct, frozen=True):
    """`worker`; `owner` or `recruiter` of `employer_id`; `official` or `administrator`, of `agency_code` if given."""

    role: str
    employer_id: Identifier | None
    agency_code: str | None


class Person(msgspec.Struct, frozen=True):
    """`assurance_level` is that of this session: 0 code by SMS, 1 with a device key, 2 passkey and confirmed identity,
    3 an official's passkey. `ward_code` is of the list in force on the day it was said."""

    id: Identifier
    phone: str | None
    full_name: str | None
    birth_year: BirthYear | None
    locale: str
    ward_code: WardCode | None
    assurance_level: Annotated[int, Meta(ge=0, le=3)]
    roles: list[Role]
    version: Count


class PersonChange(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What is absent stays as it is; `clear` names what becomes unknown."""

    full_name: Name | UnsetType = UNSET
    birth_year: BirthYear | UnsetType = UNSET
    locale: Locale | UnsetType = UNSET
    ward_code: WardCode | UnsetType = UNSET
    clear: Annotated[list[Literal["full_name", "birth_year", "ward_code"]], Meta(max_length=3)] = []
