"""Nouns of the room: a listing as its owner writes it, has it checked, publishes and closes it, and its history."""

from typing import Annotated, Literal, get_args
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from longan.floor.base.errors import Conflict, FieldError
from longan.floor.base.fields import (
    Count,
    Dong,
    Identifier,
    PositiveAmount,
    ProvinceCode,
    Text,
    Timestamp,
    Title,
    WardCode,
)
from longan.floor.housing.housing_drafts import (
    Latitude,
    Longitude,
    Moment,
    ParkCode,
    People,
    Said,
    Seen,
    Soon,
    SquareMetres,
    Sure,
    Units,
)
from longan.floor.housing.housing_listings import Kind, Status
from longan.floor.housing.room_ranges import Doubt, Field
from longan.floor.living_costs.monthly_cost import ElectricityUnit, FeeUnit, MonthlyCost, WaterUnit
from longan.floor.living_costs.utility_tariffs import PriceFlag
from longan.floor.pay_and_days.money_said import HeardAmount
from longan.floor.pay_and_days.pay import Amount
from longan.floor.pictures.uploads import PhotoLink

ClientId = Annotated[
    UUID, Meta(description="UUIDv7, made by the phone", examples=["0192f0c1-6d1e-7c3a-9b1e-3f7c1f0e2a11"])
]
Jobs = Annotated[list[Identifier], Meta(max_length=50)]
Uploads = Annotated[list[UUID], Meta(max_length=10)]

Clearable = Literal[
    "lat", "lon", "park_code", "deposit", "area_m2", "electricity_price", "electricity_unit", "water_price",
    "water_unit", "internet_fee", "parking_fee", "service_fee", "max_people", "units", "available_from", "curfew_from",
    "curfew_to", "free_hours", "has_loft", "private_bathroom", "owner_lives_in", "motorbike_parking", "wifi",
    "air_conditioning", "kitchen", "cooking_allowed", "pets_allowed", "fire_safety", "residence_support",
]  # fmt: skip


class HousingIn(Said, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """A draft. `employer_id`: the dormitory of an employer you act for, which belongs to its postings `job_ids`. `id`
    lets a phone write it while it is offline. `sure` names amounts that are meant although they look like slips."""

    id: ClientId | None = None
    employer_id: Identifier | None = None
    job_ids: Jobs = msgspec.field(default_factory=list)
    sure: Sure = msgspec.field(default_factory=list)


class HousingChange(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """What is absent stays as it is; `clear` names what becomes unknown. `job_ids` are replaced whole."""

    kind: Kind | UnsetType = UNSET
    title: Title | UnsetType = UNSET
    description: Text | UnsetType = UNSET
    ward_code: WardCode | UnsetType = UNSET
    rent: PositiveAmount | UnsetType = UNSET
    lat: Latitude | UnsetType = UNSET
    lon: Longitude | UnsetType = UNSET
    park_code: ParkCode | UnsetType = UNSET
    deposit: Dong | UnsetType = UNSET
    area_m2: SquareMetres | UnsetType = UNSET
    electricity_price: Dong | UnsetType = UNSET
    electricity_unit: ElectricityUnit | UnsetType = UNSET
    water_price: Dong | UnsetType = UNSET
    water_unit: WaterUnit | UnsetType = UNSET
    internet_fee: Dong | UnsetType = UNSET
    internet_unit: FeeUnit | UnsetType = UNSET
    parking_fee: Dong | UnsetType = UNSET
    service_fee: Dong | UnsetType = UNSET
    service_unit: FeeUnit | UnsetType = UNSET
    max_people: People | UnsetType = UNSET
    units: Units | UnsetType = UNSET
    available_from: Soon | UnsetType = UNSET
    curfew_from: Moment | UnsetType = UNSET
    curfew_to: Moment | UnsetType = UNSET
    free_hours: bool | UnsetType = UNSET
    has_loft: bool | UnsetType = UNSET
    private_bathroom: bool | UnsetType = UNSET
    owner_lives_in: bool | UnsetType = UNSET
    motorbike_parking: bool | UnsetType = UNSET
    wifi: bool | UnsetType = UNSET
    air_conditioning: bool | UnsetType = UNSET
    kitchen: bool | UnsetType = UNSET
    cooking_allowed: bool | UnsetType = UNSET
    pets_allowed: bool | UnsetType = UNSET
    fire_safety: bool | UnsetType = UNSET
    residence_support: bool | UnsetType = UNSET
    job_ids: Jobs | UnsetType = UNSET
    clear: Annotated[list[Clearable], Meta(max_length=29)] = []
    sure: Sure = []
    seen_flags: Seen = []


class PhotosIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """All pictures of the listing in their order: clean uploads of yours, and those that it has."""

    upload_ids: Uploads


class SaidAmount(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """An amount as somebody types it: "1tr8", "1,8 triệu", "15"."""

    field: Field
    text: Annotated[str, Meta(min_length=1, max_length=60)]


class CheckIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Amounts as far as they are known, in đồng; `typed` ones as they were typed."""

    kind: Kind = "room"
    rent: PositiveAmount | None = None
    area_m2: SquareMetres | None = None
    deposit: Dong | None = None
    electricity_price: Dong | None = None
    electricity_unit: ElectricityUnit | None = None
    water_price: Dong | None = None
    water_unit: WaterUnit | None = None
    internet_fee: Dong | None = None
    internet_unit: FeeUnit = "room_month"
    parking_fee: Dong | None = None
    service_fee: Dong | None = None
    service_unit: FeeUnit = "room_month"
    max_people: People | None = None
    typed: Annotated[list[SaidAmount], Meta(max_length=len(get_args(Field)))] = []


class HeardField(HeardAmount, frozen=True):
    """What was understood of a typed amount."""

    field: Field


class OutOfRange(msgspec.Struct, frozen=True):
    """A field outside the world's ranges: `too_small` or `too_large`."""

    field: str
    code: str


class Checked(msgspec.Struct, frozen=True):
    """What would be asked back, and what the room would cost; null as long as the rent is not known or something is out
    of range. `flags` are prices above the legal ones, for the landlord to read before publishing."""

    heard: list[HeardField]
    out_of_range: list[OutOfRange]
    doubts: list[Doubt]
    cost: MonthlyCost | None
    flags: list[PriceFlag]


class HousingPhotos(msgspec.Struct, frozen=True):
    items: list[PhotoLink]


class MyHousingItem(msgspec.Struct, frozen=True):
    """A listing in the list of those who may write it."""

    id: Identifier
    status: Status
    kind: Kind
    title: str
    employer_id: Identifier | None
    rent: Amount
    cost_share: Amount
    price_flags: list[str]
    ward_code: WardCode
    province_code: ProvinceCode
    published_at: Timestamp | None
    stale_at: Timestamp | None
    closed_for: str | None
    created_at: Timestamp
    updated_at: Timestamp
    version: Count


class MyHousingPage(msgspec.Struct, frozen=True):
    items: list[MyHousingItem]
    next_cursor: str | None


class HousingFieldChange(msgspec.Struct, frozen=True):
    """`old` and `new` as text, null for what was or became unknown."""

    field: str
    old: str | None
    new: str | None


class HousingEvent(msgspec.Struct, frozen=True):
    """What happened to a listing. Where `from_status` is `to_status`, `changes` say what was changed, or `reason` that
    it was `confirmed`. `side` is `owner`, `official` or `system`; `changed_by` is null unless it was the owner's.
    `reason` is an official's own words; of the system codes with commas between, as reason codes of reports."""

    id: Identifier
    version: Count
    side: str
    changed_by: Identifier | None
    from_status: str
    to_status: str
    changes: list[HousingFieldChange]
    reason: str | None
    changed_at: Timestamp


class HousingEventPage(msgspec.Struct, frozen=True):
    items: list[HousingEvent]
    next_cursor: str | None


class IdTaken(Conflict):
    """The phone's own id names something already: perhaps this very draft, sent once more under another key."""

    code = "id_taken"
    vi, en = "Mã này đã được dùng", "This id is in use already"

    def __init__(self) -> None:
        super().__init__(FieldError("/id", "not_one_of"))


class HousingSuspended(Conflict):
    code = "housing_suspended"
    vi, en = "Tin này đã bị cán bộ gỡ", "An official has taken this listing down"
