"""Nouns of the room: a posting as it is shown and written."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from longan.errors import Forbidden
from longan.fields import Count, Identifier, ProvinceCode, Text, Timestamp, Title, WardCode
from longan.pay import Pay, PayIn
from longan.postings import EmployerBrief, Status

Openings = Annotated[int, Meta(ge=1, le=10_000, extra_json_schema={"format": "int32"})]


class Job(msgspec.Struct, frozen=True):
    """One posting with everything. `place_source` is `sample` where a rule, not the employer, chose the ward."""

    id: Identifier
    status: str
    title: str
    description: str
    employer: EmployerBrief
    pay: Pay
    openings: Count
    ward_code: WardCode
    province_code: ProvinceCode
    place_source: str
    published_at: Timestamp | None
    expires_at: Timestamp
    closed_at: Timestamp | None
    created_at: Timestamp
    updated_at: Timestamp
    version: Count


class JobIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`expires_at` lies ahead, before the year 2100."""

    employer_id: Identifier
    title: Title
    description: Text
    ward_code: WardCode
    pay: PayIn
    openings: Openings
    expires_at: Timestamp


class JobChange(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What is absent stays as it is; `clear` names what becomes unknown."""

    title: Title | UnsetType = UNSET
    description: Text | UnsetType = UNSET
    ward_code: WardCode | UnsetType = UNSET
    pay: PayIn | UnsetType = UNSET
    openings: Openings | UnsetType = UNSET
    expires_at: Timestamp | UnsetType = UNSET
    clear: Annotated[list[Literal["pay"]], Meta(max_length=1)] = []


class Standing(msgspec.Struct, frozen=True):
    """Where a posting stands, as the rules need it."""

    status: Status
    version: int
    was_published: bool
    expires_at: datetime
    employer_name: str
    employer_verified: bool


class Over(msgspec.Struct, frozen=True):
    """A posting that was taken down because its time was over."""

    id: UUID
    expires_at: datetime


class Ending(msgspec.Struct, frozen=True):
    """A posting that ends or has ended, as its employer's members are told of it."""

    job_title: str
    employer_name: str
    members: list[UUID]


class EmployerNotVerified(Forbidden):
    code = "employer_not_verified"
    vi, en = "Đơn vị chưa được xác minh nên chưa đăng tin được", "The employer is not verified yet and cannot publish"
