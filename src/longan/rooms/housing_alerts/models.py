"""Nouns of the room: a saved search for a place to live, what it found, and why somebody was told."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from longan.floor.base.fields import Count, Identifier, ProvinceCode, Timestamp, WardCode
from longan.floor.housing.housing_filters import MOST_AREA, MOST_MONEY, MOST_PEOPLE
from longan.floor.housing.housing_listings import Kind
from longan.floor.messages.search_alerts import OldWardCode, Parks
from longan.floor.pay_and_days.pay import Amount
from longan.floor.search.saved_searches import Cadence, SearchName

Many = Annotated[str, Meta(min_length=1, max_length=400, description="Comma-separated, as in `list_housing`")]
Code = Annotated[str, Meta(pattern=r"^[a-z0-9-]+(?!\n)$", max_length=60, examples=["long-hau"])]
Most = Annotated[int, Meta(ge=0, le=MOST_MONEY, description="Đồng a month", extra_json_schema={"format": "int64"})]
Hour = Annotated[
    str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9](?!\n)$", max_length=5, description="HH:MM", examples=["23:00"])
]
Soon = Annotated[
    str,
    Meta(
        pattern=r"^2[0-9]{3}-[0-9]{2}-[0-9]{2}(?!\n)$", max_length=10, description="YYYY-MM-DD",
        examples=["2026-12-01"],
    ),
]  # fmt: skip
SquareMetres = Annotated[float, Meta(description="Square metres")]


class HousingFilters(msgspec.Struct, frozen=True, kw_only=True):
    """The filters of `list_housing`, by their names and with their meaning. `sort` is none of them."""

    q: Annotated[str, Meta(min_length=1, max_length=200, examples=["phòng có gác"])] | None = None
    ward_code: WardCode | None = None
    old_ward_code: OldWardCode | None = None
    place: Annotated[str, Meta(min_length=1, max_length=120, examples=["Bến Lức"])] | None = None
    province_code: ProvinceCode | None = None
    park: Parks | None = None
    lat: Annotated[float, Meta(ge=-90, le=90, examples=[10.64])] | None = None
    lon: Annotated[float, Meta(ge=-180, le=180, examples=[106.49])] | None = None
    radius_km: Annotated[float, Meta(gt=0, le=100, examples=[5.0])] | None = None
    job_id: Identifier | None = None
    workplace: Code | None = None
    rent_min: Most | None = None
    rent_max: Most | None = None
    cost_max: Most | None = None
    area_min: Annotated[float, Meta(ge=0, le=MOST_AREA, description="Square metres", examples=[15.0])] | None = None
    people: Annotated[int, Meta(ge=1, le=MOST_PEOPLE, extra_json_schema={"format": "int32"})] | None = None
    kind: Annotated[Many, Meta(examples=["room,shared_room"])] | None = None
    features: Annotated[Many, Meta(examples=["loft,motorbike_parking"])] | None = None
    curfew_after: Hour | None = None
    available_by: Soon | None = None
    verified_owner: bool | None = None


class HousingFiltersIn(HousingFilters, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Filters as they are given, at least one."""


class SavedHousingSearch(msgspec.Struct, frozen=True):
    """A search for a place to live somebody saved. `query` is ready to be put after `GET /v1/housing?`; `filters` are
    as they were given. `cadence`: told at once, in the digest of the day, in that of Monday, or not at all."""

    id: Identifier
    name: str
    cadence: Cadence
    filters: HousingFilters
    query: Annotated[str, Meta(examples=["rent_max=2000000&place=B%E1%BA%BFn+L%E1%BB%A9c"])]
    asked_at: Timestamp
    created_at: Timestamp
    updated_at: Timestamp
    version: Count


class SavedHousingSearchList(msgspec.Struct, frozen=True):
    """All of them: there are at most 20, so `next_cursor` is always null."""

    items: list[SavedHousingSearch]
    next_cursor: None


class SavedHousingSearchIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    name: SearchName
    filters: HousingFiltersIn
    cadence: Cadence = "daily"


class SavedHousingSearchChange(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What is absent stays as it is; `filters` are given all together."""

    name: SearchName | UnsetType = UNSET
    filters: HousingFiltersIn | UnsetType = UNSET
    cadence: Cadence | UnsetType = UNSET


class HousingAlertReason(msgspec.Struct, frozen=True):
    """A saved search that the place fits, and what it demands. `changed_since`: it was changed after it had found the
    place, which may not fit what it demands now."""

    saved_search_id: Identifier
    name: str
    filters: HousingFilters
    changed_since: bool


class Brief(msgspec.Struct, frozen=True):
    """A place as it stands now. `rent` is đồng a month; `cost_month` what a month truly costs one person, `cost_share`
    each of the people it is for, higher still unless `cost_complete`."""

    id: Identifier
    title: str
    kind: Kind
    rent: Amount
    area_m2: SquareMetres | None
    max_people: Count | None
    ward_code: WardCode
    province_code: ProvinceCode
    cost_month: Amount
    cost_share: Amount
    cost_complete: bool
    price_flags: list[str]
    confirmed_at: Timestamp | None
    published_at: Timestamp | None


class HousingHit(msgspec.Struct, frozen=True):
    """A place that was found. `told_at` is when you were told, null when that is to come or never will; `is_open`
    whether it is still shown; `why` which of your searches it fits, without those you have deleted since."""

    housing: Brief
    is_open: bool
    found_at: Timestamp
    told_at: Timestamp | None
    why: list[HousingAlertReason]


class HousingHitPage(msgspec.Struct, frozen=True):
    items: list[HousingHit]
    next_cursor: str | None


class HitRow(Brief, frozen=True):
    """As the database has it: `why` is JSON."""

    is_open: bool
    found_at: datetime
    told_at: datetime | None
    why: str


class HitRows(msgspec.Struct, frozen=True):
    items: list[HitRow]
    next_cursor: str | None


class Announced(msgspec.Struct, frozen=True):
    """A listing as those are told whose search it fits."""

    title: str
    employer_id: UUID | None
