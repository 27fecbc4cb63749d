"""Nouns of the room: a place to live as it is listed, shown, and paid for."""

from datetime import datetime
from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta

from longan.fields import Count, Day, Identifier, ProvinceCode, Timestamp, WardCode

Kind: TypeAlias = Literal["room", "dormitory", "house"]
WaterUnit: TypeAlias = Literal["m3", "person_month", "room_month"]

Money = Annotated[int, Meta(description="Whole đồng", extra_json_schema={"format": "int64"})]
SquareMetres = Annotated[float, Meta(description="Square metres")]


class HousingItem(msgspec.Struct, frozen=True):
    """A place in a list. `rent` is đồng a month."""

    id: Identifier
    title: str
    kind: Kind
    rent: Money
    area_m2: SquareMetres | None
    ward_code: WardCode
    province_code: ProvinceCode
    published_at: Timestamp
    distance_km: float | None


class HousingPage(msgspec.Struct, frozen=True):
    items: list[HousingItem]
    next_cursor: str | None


class Tariff(msgspec.Struct, frozen=True):
    """What a tenant may be charged for electricity from `valid_from` on: đồng a kWh of the dearest household tier."""

    valid_from: Day
    valid_to: Day | None
    top_tier_per_kwh: Money
    includes_vat: bool
    legal_basis: str


class MonthlyCost(msgspec.Struct, frozen=True):
    """An estimate for `persons` who together use `kwh` and `water_m3` in a month.

    `electricity` and `water` are null where the advertisement names no price; `total` then lacks them and `is_complete`
    is false. `electricity_above_tariff`: the advertised price is above the top tier; null when one is not known.
    """

    persons: Count
    kwh: Count
    water_m3: Count
    rent: Money
    service_fee: Money | None
    electricity: Money | None
    water: Money | None
    total: Money
    is_complete: bool
    electricity_above_tariff: bool | None
    tariff: Tariff | None


class Advertised(msgspec.Struct, frozen=True, kw_only=True):
    """What the advertisement says. Money is đồng: `rent`, `service_fee` a month, `water_price` for a `water_unit`.
    `place_source` is `sample` where a rule, not the owner, chose the ward."""

    id: Identifier
    title: str
    kind: Kind
    ward_code: WardCode
    province_code: ProvinceCode
    lat: float | None
    lon: float | None
    place_source: str
    rent: Money
    deposit: Money | None
    area_m2: SquareMetres | None
    electricity_per_kwh: Money | None
    water_price: Money | None
    water_unit: WaterUnit | None
    service_fee: Money | None
    has_loft: bool | None
    private_bathroom: bool | None
    free_hours: bool | None
    near_park: bool
    published_at: Timestamp
    updated_at: Timestamp
    version: Count


class Housing(Advertised, frozen=True, kw_only=True):
    """One place with everything."""

    monthly_cost: MonthlyCost


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """What `list_housing` was asked. `wards` are codes in force now; `metres` the radius around `lat`, `lon`."""

    q: str | None = None
    wards: list[str] | None = None
    lat: float | None = None
    lon: float | None = None
    metres: float | None = None
    rent_max: int | None = None
    kind: Kind | None = None
    now: datetime
