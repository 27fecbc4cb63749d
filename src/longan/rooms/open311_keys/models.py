"""Nouns of the room: a key, and what an administrator says of it."""

from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from longan.floor.base.errors import Unprocessable
from longan.floor.base.fields import LINE, Identifier, Name, Timestamp

Jurisdiction = Annotated[
    str, Meta(pattern="^[a-z0-9][a-z0-9.-]{0,63}(?![\r\n])$", max_length=64, examples=["tayninh.gov.vn"])
]
Quota = Annotated[int, Meta(ge=1, le=100_000, extra_json_schema={"format": "int32"})]
Reason = Annotated[str, Meta(min_length=3, max_length=500, pattern=LINE, examples=["Thỏa thuận số 12/TT-STTTT"])]


class Open311KeyIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Without `jurisdictions` the key is good for every one that is served. The quotas are of reports."""

    partner: Name
    reason: Reason
    contact: Name | None = None
    jurisdictions: Annotated[list[Jurisdiction], Meta(min_length=1, max_length=20)] | None = None
    a_minute: Quota = 30
    a_day: Quota = 2_000


class Open311Revocation(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    reason: Reason


class Open311Key(msgspec.Struct, frozen=True):
    """A key as administrators see it: `hint` is its end, the whole is kept nowhere."""

    id: Identifier
    partner: str
    contact: str | None
    hint: str
    jurisdictions: list[str] | None
    a_minute: int
    a_day: int
    given_by: UUID
    given_at: Timestamp
    revoked_at: Timestamp | None


class Open311KeyGiven(msgspec.Struct, frozen=True):
    """`api_key` is shown here and never again."""

    key: Open311Key
    api_key: str


class Open311KeyPage(msgspec.Struct, frozen=True):
    items: list[Open311Key]
    next_cursor: str | None


class JurisdictionNotServed(Unprocessable):
    code = "jurisdiction_not_served"
    vi, en = "Hệ thống không phục vụ địa bàn này", "This jurisdiction is not served here"
