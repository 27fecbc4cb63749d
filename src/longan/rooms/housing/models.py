"""Nouns of the room: a place to live as it is shown and paid for, and work around it."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from longan.floor.base.fields import Count, Day, Identifier, ProvinceCode, Timestamp, WardCode
from longan.floor.housing.housing_drafts import Moment, Said
from longan.floor.housing.housing_listings import Kind
from longan.floor.living_costs.monthly_cost import ElectricityUnit, FeeUnit, MonthlyCost, WaterUnit
from longan.floor.pay_and_days.pay import Amount, Pay
from longan.floor.pictures.uploads import PhotoLink
from longan.floor.postings.postings import EmployerBrief

SquareMetres = Annotated[float, Meta(description="Square metres")]
Km = Annotated[float, Meta(description="Kilometres")]


class Advertised(msgspec.Struct, frozen=True):
    """An open listing as it is kept; `said` by its owner. `lat` and `lon` are those of the ward with `rough_point`."""

    id: UUID
    employer_id: UUID | None
    job_ids: list[UUID]
    province_code: str
    lat: float
    lon: float
    rough_point: bool
    place_source: str
    near_park: bool
    features: list[str]
    published_at: datetime
    confirmed_at: datetime
    updated_at: datetime
    version: int
    said: Said


class Housing(msgspec.Struct, frozen=True, kw_only=True):
    """One place with everything. Money is đồng: prices are for their units, `parking_fee` for one motorbike a month;
    null is what nobody has said. `lat` and `lon` are the middle of the ward with `rough_point`; `place_source` is
    `sample` where a rule, not the owner, chose the ward. `features` are the things that are said to be there.
    `job_ids`: the jobs a dormitory belongs to. `monthly_cost` holds the `flags` of prices above the legal ones, each
    with its law."""

    id: Identifier
    title: str
    description: str
    kind: Kind
    employer_id: Identifier | None
    job_ids: list[Identifier]
    ward_code: WardCode
    province_code: ProvinceCode
    lat: float
    lon: float
    rough_point: bool
    place_source: str
    park_code: str | None
    near_park: bool
    rent: Amount
    deposit: Amount | None
    area_m2: SquareMetres | None
    electricity_price: Amount | None
    electricity_unit: ElectricityUnit | None
    water_price: Amount | None
    water_unit: WaterUnit | None
    internet_fee: Amount | None
    internet_unit: FeeUnit
    parking_fee: Amount | None
    service_fee: Amount | None
    service_unit: FeeUnit
    max_people: Count | None
    units: Count | None
    available_from: Day | None
    curfew_from: Moment | None
    curfew_to: Moment | None
    free_hours: bool | None
    has_loft: bool | None
    private_bathroom: bool | None
    owner_lives_in: bool | None
    motorbike_parking: bool | None
    wifi: bool | None
    air_conditioning: bool | None
    kitchen: bool | None
    cooking_allowed: bool | None
    pets_allowed: bool | None
    fire_safety: bool | None
    residence_support: bool | None
    features: list[str]
    photos: list[PhotoLink]
    published_at: Timestamp
    confirmed_at: Timestamp
    updated_at: Timestamp
    version: Count
    monthly_cost: MonthlyCost


class NearJob(msgspec.Struct, frozen=True):
    """An open job near a place. `distance_km` is the straight line, `road_km` the way on the ground, one way,
    approximated as `method_en` of the page says, `minutes` what it takes by motorbike. `rough`: nobody said where the
    job is, and the middle of its ward stands for it."""

    id: Identifier
    title: str
    employer: EmployerBrief
    pay: Pay
    ward_code: WardCode
    province_code: ProvinceCode
    expires_at: Timestamp
    distance_km: Km
    rough: bool
    road_km: Km | None = None
    minutes: Count | None = None


class NearJobPage(msgspec.Struct, frozen=True):
    """The nearest first. `method_vi`, `method_en`: how the way on the ground was approximated."""

    items: list[NearJob]
    next_cursor: str | None
    method_vi: str = ""
    method_en: str = ""


class Spot(msgspec.Struct, frozen=True):
    """Where an open place is; `rough`: only the middle of its ward."""

    lat: float
    lon: float
    rough: bool
