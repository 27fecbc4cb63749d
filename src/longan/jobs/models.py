"""Nouns of the room: a posting as it is listed, shown, written."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from longan.errors import Forbidden
from longan.fields import Count, Currency, Identifier, PositiveAmount, ProvinceCode, Text, Timestamp, Title, WardCode

Period = Literal["hour", "day", "week", "month", "piece"]
Status = Literal["draft", "in_review", "open", "paused", "closed", "expired", "suspended"]
Sort = Literal["relevance", "newest", "pay", "distance"]
Openings = Annotated[int, Meta(ge=1, le=10_000, extra_json_schema={"format": "int32"})]


class EmployerBrief(msgspec.Struct, frozen=True):
    id: Identifier
    name: str
    verified: bool


class Pay(msgspec.Struct, frozen=True):
    """`min` and `max` in whole units of `currency`, each null when the employer did not say."""

    min: Annotated[int, Meta(extra_json_schema={"format": "int64"})] | None
    max: Annotated[int, Meta(extra_json_schema={"format": "int64"})] | None
    currency: str
    period: str


class PayIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """At least one of `min` and `max`; `max` not below `min`."""

    min: PositiveAmount | None = None
    max: PositiveAmount | None = None
    currency: Currency = "VND"
    period: Period = "month"


class JobItem(msgspec.Struct, frozen=True):
    """A posting in a list. `distance_km` is null when no point was given."""

    id: Identifier
    title: str
    employer: EmployerBrief
    pay: Pay
    ward_code: WardCode
    province_code: ProvinceCode
    published_at: Timestamp | None
    expires_at: Timestamp
    distance_km: float | None


class JobPage(msgspec.Struct, frozen=True):
    items: list[JobItem]
    next_cursor: str | None


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


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """What `list_jobs` was asked. `wards` are codes in force now; `metres` the radius around `lat`, `lon`.

    `pay_min` is đồng a month. Without `sort`: the nearest first when there is a point, else the best matches of `q`,
    else the newest.
    """

    q: str | None = None
    wards: list[str] | None = None
    province_code: str | None = None
    lat: float | None = None
    lon: float | None = None
    metres: float | None = None
    pay_min: int | None = None
    employer_id: UUID | None = None
    sort: Sort | None = None
    now: datetime


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
