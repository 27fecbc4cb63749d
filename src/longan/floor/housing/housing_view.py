"""A listing as whoever may write it sees it, in every room where it is written."""

from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from longan.floor.access.tokens import Principal
from longan.floor.base.errors import InsufficientAuthentication, NotFound
from longan.floor.base.fields import Count, Day, Identifier, ProvinceCode, Timestamp, WardCode
from longan.floor.database.db import maybe
from longan.floor.housing import housing_drafts
from longan.floor.housing.housing_costs import reckoned
from longan.floor.housing.housing_drafts import SAID, Moment, Said
from longan.floor.housing.housing_listings import Kind, Status
from longan.floor.living_costs.monthly_cost import ElectricityUnit, FeeUnit, MonthlyCost, WaterUnit
from longan.floor.living_costs.utility_tariffs import PriceFlag
from longan.floor.pay_and_days.pay import Amount
from longan.floor.pay_and_days.wages import day_of
from longan.floor.pictures import uploads

PURPOSE: uploads.Purpose = "housing"
WITH_PASSKEY = 3


class MyHousing(msgspec.Struct, frozen=True, kw_only=True):
    """A listing with everything, for whoever may write it. `cost` is for `max_people`, two where that is not said;
    `flags` are the verdicts that the reader is shown. `lat` and `lon` are null where it is shown at the middle of its
    ward. Unless it is confirmed until `stale_at`, it is shown to nobody from then on."""

    id: Identifier
    status: Status
    employer_id: Identifier | None
    job_ids: list[Identifier]
    kind: Kind
    title: str
    description: str
    ward_code: WardCode
    province_code: ProvinceCode
    lat: float | None
    lon: float | None
    park_code: str | None
    rent: Amount
    deposit: Amount | None
    area_m2: float | None
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
    sure_of: list[str]
    price_flags: list[str]
    photo_ids: list[UUID]
    published_at: Timestamp | None
    confirmed_at: Timestamp | None
    stale_at: Timestamp | None
    closed_at: Timestamp | None
    closed_for: str | None
    created_at: Timestamp
    updated_at: Timestamp
    version: Count
    cost: MonthlyCost
    flags: list[PriceFlag]


def is_official(me: Principal) -> bool:
    """Whether the caller writes as an official. Raises `InsufficientAuthentication` for one without a passkey."""
    if me.audience != "official":
        return False
    if me.acr < WITH_PASSKEY:
        raise InsufficientAuthentication(WITH_PASSKEY, None)
    return True


ONE = f"""-- housing_view.one
select l.id, l.status, l.employer_id, l.province_code, l.sure_of, l.price_flags, l.published_at, l.confirmed_at,
       l.stale_at, l.closed_at, l.closed_for, l.created_at, l.updated_at, l.version, {SAID},
       array(select d.posting_id from housing.job_dormitories d where d.listing_id = l.id order by d.posting_id)
           as job_ids
  from housing.listings l
 where l.id = $1 and housing.may_write(l, $2, $3, $4)"""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A listing as it is kept, before it is reckoned."""

    id: UUID
    status: Status
    employer_id: UUID | None
    job_ids: list[UUID]
    province_code: str
    sure_of: list[str]
    price_flags: list[str]
    published_at: datetime | None
    confirmed_at: datetime | None
    stale_at: datetime | None
    closed_at: datetime | None
    closed_for: str | None
    created_at: datetime
    updated_at: datetime
    version: int
    said: Said


async def shown(conn: asyncpg.Connection, me: Principal, listing: UUID, now: datetime) -> MyHousing:
    """Raises `NotFound`."""
    kept = maybe(await conn.fetchrow(ONE, listing, me.account_id, is_official(me), now), Kept)
    if kept is None:
        raise NotFound
    pictures = (await uploads.of(conn, PURPOSE, [listing])).get(listing, [])
    cost = reckoned(housing_drafts.asked(kept.said), day_of(now))
    said = {name: getattr(kept.said, name) for name in Said.__struct_fields__}
    beside = {name: getattr(kept, name) for name in kept.__struct_fields__ if name != "said"}
    return MyHousing(
        **said, **beside, photo_ids=[each.id for each in pictures], cost=cost.shared, flags=cost.flags
    )  # fmt: skip
