"""Nouns of the room: a person as they see themself."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from longan.floor.base.errors import FieldError, Unprocessable
from longan.floor.base.fields import Count, Identifier, Locale, Name, PositiveAmount, WardCode
from longan.floor.postings.drafts import OccupationCode, Skill
from longan.floor.postings.postings import Education, Shift

Months = Annotated[
    int, Meta(ge=0, le=600, description="Months of experience in their work", extra_json_schema={"format": "int32"})
]
BirthYear = Annotated[int, Meta(ge=1900, le=2100, extra_json_schema={"format": "int32"})]


Clearable = Literal[
    "full_name", "birth_year", "ward_code", "occupation_code", "experience_months", "education", "wanted_month_pay"
]


class Role(msgspec.Struct, frozen=True):
    """`worker`; `owner` or `recruiter` of `employer_id`; `official` or `administrator`, of `agency_code` if given."""

    role: str
    employer_id: Identifier | None
    agency_code: str | None


class Person(msgspec.Struct, frozen=True):
    """`assurance_level` is that of this session: 0 code by SMS, 1 with a device key, 2 passkey and confirmed identity,
    3 an official's passkey. `ward_code` is of the list in force on the day it was said.

    `shifts` are those they would work, and none named means any; `wanted_month_pay` is đồng."""

    id: Identifier
    phone: str | None
    full_name: str | None
    birth_year: BirthYear | None
    locale: str
    ward_code: WardCode | None
    occupation_code: OccupationCode | None
    skills: list[str]
    experience_months: Months | None
    education: Education | None
    shifts: list[Shift]
    wanted_month_pay: PositiveAmount | None
    assurance_level: Annotated[int, Meta(ge=0, le=3)]
    roles: list[Role]
    version: Count


class PersonChange(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What is absent stays as it is; `clear` names what becomes unknown. `skills` and `shifts` replace those of
    before; of skills that differ only by marks or capitals the first stays."""

    full_name: Name | UnsetType = UNSET
    birth_year: BirthYear | UnsetType = UNSET
    locale: Locale | UnsetType = UNSET
    ward_code: WardCode | UnsetType = UNSET
    occupation_code: OccupationCode | UnsetType = UNSET
    skills: Annotated[list[Skill], Meta(max_length=20)] | UnsetType = UNSET
    experience_months: Months | UnsetType = UNSET
    education: Education | UnsetType = UNSET
    shifts: Annotated[list[Shift], Meta(max_length=6)] | UnsetType = UNSET
    wanted_month_pay: PositiveAmount | UnsetType = UNSET
    clear: Annotated[list[Clearable], Meta(max_length=7)] = []


class OccupationUnknown(Unprocessable):
    code = "occupation_unknown"
    vi, en = "Không có nghề với mã này", "There is no occupation with this code"

    def __init__(self) -> None:
        super().__init__(FieldError("/occupation_code", "not_found"))
