"""Nouns of the room: a saved search of jobs, what it found, and why somebody was told."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from longan.floor.base.fields import Count, Identifier, ProvinceCode, Timestamp, WardCode
from longan.floor.messages.search_alerts import OldWardCode, Parks
from longan.floor.pay_and_days.pay import Pay
from longan.floor.postings.postings import Education, EmployerBrief
from longan.floor.search.saved_searches import Cadence, SearchName

Many = Annotated[str, Meta(min_length=1, max_length=400, description="Comma-separated, as in `list_jobs`")]
Occupations = Annotated[
    str,
    Meta(
        pattern=r"^[0-9]{1,5}(,[0-9]{1,5})*(?!\n)$",
        max_length=100,
        description="VSCO codes, by commas; a group's code is that of all in it",
        examples=["8153,75"],
    ),
]


class JobFilters(msgspec.Struct, frozen=True, kw_only=True):
    """The filters of `list_jobs`, by their names and with their meaning. `sort` is none of them."""

    q: Annotated[str, Meta(min_length=1, max_length=200, examples=["công nhân may"])] | None = None
    ward_code: WardCode | None = None
    old_ward_code: OldWardCode | None = None
    place: Annotated[str, Meta(min_length=1, max_length=120, examples=["Bến Lức"])] | None = None
    province_code: ProvinceCode | None = None
    lat: Annotated[float, Meta(ge=-90, le=90, examples=[10.64])] | None = None
    lon: Annotated[float, Meta(ge=-180, le=180, examples=[106.49])] | None = None
    radius_km: Annotated[float, Meta(gt=0, le=100, examples=[10.0])] | None = None
    park: Parks | None = None
    pay_min: Annotated[int, Meta(ge=1, le=10**12, extra_json_schema={"format": "int64"})] | None = None
    occupation: Occupations | None = None
    contract: Annotated[Many, Meta(examples=["indefinite"])] | None = None
    shift: Annotated[Many, Meta(examples=["day,two_shifts"])] | None = None
    benefits: Annotated[Many, Meta(examples=["bus,meals"])] | None = None
    employer_id: Identifier | None = None
    published_within_days: Annotated[int, Meta(ge=1, le=365, extra_json_schema={"format": "int32"})] | None = None
    education: Annotated[str, Meta(max_length=20, examples=["upper_secondary"])] | None = None
    experience_months_max: Annotated[int, Meta(ge=0, le=600, extra_json_schema={"format": "int32"})] | None = None


class JobFiltersIn(JobFilters, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Filters as they are given, at least one."""

    education: Education | None = None


class SavedSearch(msgspec.Struct, frozen=True):
    """A search of jobs somebody saved. `query` is ready to be put after `GET /v1/jobs?`; `filters` are as they were
    given. `cadence`: told at once, in the digest of the day, in that of Monday, or not at all."""

    id: Identifier
    name: str
    cadence: Cadence
    filters: JobFilters
    query: Annotated[str, Meta(examples=["q=may&place=B%E1%BA%BFn+L%E1%BB%A9c"])]
    asked_at: Timestamp
    created_at: Timestamp
    updated_at: Timestamp
    version: Count


class SavedSearchList(msgspec.Struct, frozen=True):
    """All of them: there are at most 20, so `next_cursor` is always null."""

    items: list[SavedSearch]
    next_cursor: None


class SavedSearchIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    name: SearchName
    filters: JobFiltersIn
    cadence: Cadence = "daily"


class SavedSearchChange(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What is absent stays as it is; `filters` are given all together."""

    name: SearchName | UnsetType = UNSET
    filters: JobFiltersIn | UnsetType = UNSET
    cadence: Cadence | UnsetType = UNSET


class AlertReason(msgspec.Struct, frozen=True):
    """A saved search that the posting fits, and what it demands. `changed_since`: it was changed after it had found
    the posting, which may not fit what it demands now."""

    saved_search_id: Identifier
    name: str
    filters: JobFilters
    changed_since: bool


class JobHit(msgspec.Struct, frozen=True):
    """A posting that was found, as it stands now. `told_at` is when you were told, null when that is to come or never
    will; `is_open` whether one can still apply; `why` which of your searches it fits, without those you have deleted
    since."""

    id: Identifier
    title: str
    employer: EmployerBrief
    pay: Pay
    ward_code: WardCode
    province_code: ProvinceCode
    published_at: Timestamp | None
    expires_at: Timestamp
    is_open: bool
    found_at: Timestamp
    told_at: Timestamp | None
    why: list[AlertReason]


class JobHitPage(msgspec.Struct, frozen=True):
    items: list[JobHit]
    next_cursor: str | None


class HitRow(msgspec.Struct, frozen=True):
    """As the database has it: `why` is JSON."""

    id: UUID
    title: str
    employer: EmployerBrief
    pay: Pay
    ward_code: str
    province_code: str
    published_at: datetime | None
    expires_at: datetime
    is_open: bool
    found_at: datetime
    told_at: datetime | None
    why: str


class HitRows(msgspec.Struct, frozen=True):
    items: list[HitRow]
    next_cursor: str | None


class Announced(msgspec.Struct, frozen=True):
    """A posting as those are told whose search it fits."""

    job_title: str
    employer_name: str
    employer_id: UUID
