"""Nouns of the room: which jobs and rooms are compared, and what is left of the pay with each pair of them."""

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from longan.floor.base.fields import Count, Day, Identifier, PositiveAmount
from longan.floor.housing.housing_listings import Kind
from longan.floor.living_costs.affordability import MOST_JOBS, MOST_ROOMS, MOST_SHOWN, JobRoomPair
from longan.floor.living_costs.commute import Commute
from longan.floor.living_costs.monthly_cost import MonthlyCost, People, RoomPrices
from longan.floor.pay_and_days.pay import Amount
from longan.floor.pay_and_days.pay_words import Line

MyJobs = Literal["saved", "offers"]
OwnMode = Literal["motorbike", "bus", "bicycle", "walking"]
Missing = Literal["pay", "job_place"]

MAX_RADIUS_KM, MAX_ROAD_KM = 50, 200

JobIds = Annotated[list[UUID], Meta(min_length=1, max_length=MOST_JOBS)]
RoomIds = Annotated[list[UUID], Meta(min_length=1, max_length=MOST_ROOMS)]
WorkDays = Annotated[
    int, Meta(ge=1, le=31, description="Working days of a month", extra_json_schema={"format": "int32"})
]


class RoomsAround(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Open listings around a point in degrees (WGS 84), the nearest 1,000 of them; `rent_max` is đồng a month."""

    lat: Annotated[float, Meta(ge=-90, le=90)]
    lon: Annotated[float, Meta(ge=-180, le=180)]
    radius_km: Annotated[float, Meta(gt=0, le=MAX_RADIUS_KM)] = 10.0
    kind: Kind | None = None
    rent_max: PositiveAmount | None = None


class JobRoomIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Jobs: either `job_ids` or `my_jobs`, of which the newest 100 are taken. Rooms: either `housing_ids` or
    `housing_around`. `people` share the room. `days` of work a month; what each posting says when null. With
    `company_bus` the employer's bus is taken where there is one. `max_road_km` is one way, on the
    ground; on foot never above 5, by bicycle never above 15."""

    job_ids: JobIds | None = None
    my_jobs: MyJobs | None = None
    housing_ids: RoomIds | None = None
    housing_around: RoomsAround | None = None
    mode: OwnMode = "motorbike"
    company_bus: bool = True
    people: People = 1
    days: WorkDays | None = None
    max_road_km: Annotated[int, Meta(ge=1, le=MAX_ROAD_KM)] = MAX_ROAD_KM
    limit: Annotated[int, Meta(ge=1, le=MOST_SHOWN)] = 20


class JobRoomItem(msgspec.Struct, frozen=True):
    """A pair with what it is called; the `lines` together are what is left."""

    pair: JobRoomPair
    job_title: str
    employer_name: str
    housing_title: str
    lines: list[Line]


class JobRoomList(msgspec.Struct, frozen=True):
    """The pairs that leave most of a month, of `ranked` in all. `jobs_left_out` have no pay that one can rely on, or
    no place; `jobs_unknown` and `housing_unknown` are not to be had any more; `housing_too_small` is for fewer people.
    Where neither says anything against it, a pair is missing because its way is too long."""

    items: list[JobRoomItem]
    ranked: Count
    jobs: Count
    housing: Count
    jobs_left_out: list[UUID]
    jobs_unknown: list[UUID]
    housing_too_small: list[UUID]
    housing_unknown: list[UUID]
    method_vi: str
    method_en: str
    day: Day


class JobRoomExplained(msgspec.Struct, frozen=True):
    """One pair. `pair` is null where what is in `missing` is not known; the room's `cost` is that of the people asked
    for, and `commute` the way to work, null without a place of the job."""

    job_id: Identifier
    housing_id: Identifier
    job_title: str
    employer_name: str
    housing_title: str
    pair: JobRoomPair | None
    missing: list[Missing]
    lines: list[Line]
    commute: Commute | None
    cost: MonthlyCost


class Job(msgspec.Struct, frozen=True):
    """A posting as it is compared; `lat` and `lon` those of its park or ward where it is `rough`."""

    id: UUID
    title: str
    employer_name: str
    month: Amount | None
    lat: float | None
    lon: float | None
    rough: bool
    week_days: int | None
    has_bus: bool


class Place(RoomPrices, frozen=True, kw_only=True):
    """A listing as it is compared, with what it costs one person, and each of the people it is for."""

    id: UUID
    title: str
    lat: float
    lon: float
    rough_point: bool
    max_people: int | None
    cost_month: Amount
    cost_share: Amount
    cost_complete: bool
