"""Nouns of the room: what was asked, and a posting as it is listed."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from longan.fields import Identifier, ProvinceCode, Timestamp, WardCode
from longan.pay import Pay
from longan.postings import EmployerBrief

Sort = Literal["relevance", "newest", "pay", "distance"]


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
