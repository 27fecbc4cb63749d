"""Loads the sample: employers, postings, rooms, personas; run again it only brings the dates up to today."""

import gzip
from datetime import date, datetime, timedelta
from decimal import Decimal
from importlib.resources import files
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
import msgspec
from msgspec.structs import asdict

from longan.devkit.sample.people import Seals, settle
from longan.devkit.sample.reading import read
from longan.floor.base.fields import Currency
from longan.floor.housing.housing_costs import Asked, reckoned
from longan.floor.housing.housing_limits import limits_on
from longan.floor.living_costs.monthly_cost import WaterUnit
from longan.floor.pay_and_days.pay import PayIn, Period
from longan.floor.pay_and_days.wages import day_of
from longan.floor.search import search
from longan.floor.search.searchable import searchable
from longan.reference.load import Tell, insert, json_lines

EMPLOYERS = """-- sample.employers
insert into employers.employers (id, tax_code_index, tax_code, name, search_text, ward_version, ward_code, status,
                                 verified_at)
select id, tax_code_index, tax_code, name, search_text, ward_version, ward_code, status, verified_at
  from jsonb_populate_recordset(null::employers.employers, $1::text::jsonb)
    on conflict do nothing"""

POSTINGS = """-- sample.postings
insert into jobs.postings (id, employer_id, status, title, description, search_text, title_marked, ward_version,
                           ward_code, province_code, lat, lon, pay_min, pay_max, pay_currency, pay_period,
                           effective_month, effective_hour, occupation_code, contract, shift, week_days, benefits,
                           experience_months, education, park_code, openings, source, place_source, published_at,
                           expires_at, created_at, updated_at)
select id, employer_id, 'open', title, description, search_text, title_marked, ward_version, ward_code, province_code,
       lat, lon, pay_min, pay_max, pay_currency, pay_period, effective_month, effective_hour, occupation_code, contract,
       shift, week_days, benefits, experience_months, education, park_code, openings, 'sample', 'sample',
       published_at, expires_at, published_at, published_at
  from jsonb_populate_recordset(null::jobs.postings, $1::text::jsonb)
    on conflict do nothing"""

PARKS = """-- sample.parks
select fold, code, ward_code from places.parks"""

LISTINGS = """-- sample.listings
insert into housing.listings (id, kind, status, title, search_text, title_marked, ward_version, ward_code,
                              province_code, lat, lon, rough_point, rent, area_m2, electricity_price, electricity_unit,
                              water_price, water_unit, has_loft, private_bathroom, free_hours, near_park, place_source,
                              cost_month, cost_share, cost_two, cost_three, cost_four, cost_complete, cost_on,
                              price_flags, published_at, confirmed_at, stale_at, created_at, updated_at)
select id, kind, 'open', title, search_text, title_marked, ward_version, ward_code, province_code, lat, lon, true,
       rent, area_m2, electricity_price, electricity_unit, water_price, water_unit, has_loft, private_bathroom,
       free_hours, near_park, place_source, cost_month, cost_share, cost_two, cost_three, cost_four, cost_complete,
       cost_on, price_flags, published_at, confirmed_at, stale_at, published_at, confirmed_at
  from jsonb_populate_recordset(null::housing.listings, $1::text::jsonb)
    on conflict do nothing"""

S = TypeVar("S", bound=msgspec.Struct)

# The newest row of the package tells how far the whole sample has fallen behind; what a person has published since, or
# closed, is theirs.
FRESHEN_POSTINGS = """-- sample.freshen_postings
with lag as (select $1 - published_at as behind from jobs.postings where id = $2)
update jobs.postings p
   set published_at = p.published_at + lag.behind, expires_at = p.expires_at + lag.behind,
       status = case p.status when 'expired' then 'open' else p.status end, version = p.version + 1, updated_at = $1
  from lag
 where p.id = any($3) and p.status in ('open', 'expired') and lag.behind > interval '1 day'"""

FRESHEN_LISTINGS = """-- sample.freshen_listings
with lag as (select $1 - published_at as behind from housing.listings where id = $2)
update housing.listings l
   set published_at = l.published_at + lag.behind, confirmed_at = l.confirmed_at + lag.behind,
       stale_at = l.stale_at + lag.behind, status = 'open', version = l.version + 1, updated_at = $1
  from lag
 where l.id = any($3) and l.status in ('open', 'stale') and lag.behind > interval '1 day'"""


class Employer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: UUID
    tax_code: str
    name: str
    ward_version: date
    ward_code: str
    status: str


class Posting(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Offsets are seconds from the publication of the sample's newest posting, which is the moment of loading."""

    id: UUID
    employer_id: UUID
    title: str
    description: str
    ward_version: date
    ward_code: str
    province_code: str
    lat: float
    lon: float
    pay_min: int | None
    pay_max: int | None
    pay_currency: Currency
    pay_period: Period
    openings: int
    published_offset: int
    expires_offset: int


class Listing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Rents and prices are đồng; `published_offset` as in `Posting`."""

    id: UUID
    kind: str
    title: str
    ward_version: date
    ward_code: str
    province_code: str
    lat: float
    lon: float
    rent: int
    area_m2: Decimal
    electricity_per_kwh: int | None
    water_price: int | None
    water_unit: WaterUnit | None
    has_loft: bool | None
    private_bathroom: bool | None
    free_hours: bool | None
    near_park: bool
    place_source: str
    published_offset: int


async def load(connection: asyncpg.Connection, tell: Tell, now: datetime, phones: Seals, numbers: Seals) -> None:
    """Load what is missing, all or nothing. The reference data must be there."""
    employers = _rows(Employer, "employers.jsonl.gz")
    names = {employer.id: employer.name for employer in employers}
    async with connection.transaction():
        await insert(connection, tell, "employers", EMPLOYERS, [_employer(each, now, numbers) for each in employers])
        parks = {fold: (code, ward) for fold, code, ward in await connection.fetch(PARKS)}
        postings = [_posting(each, names[each.employer_id], parks, now) for each in _rows(Posting, "postings.jsonl.gz")]
        await insert(connection, tell, "postings", POSTINGS, postings)
        rooms = [_listing(each, now) for each in _rows(Listing, "rooms.jsonl.gz")]
        await insert(connection, tell, "rooms", LISTINGS, rooms)
        await settle(connection, tell, now, phones)
        await freshen(connection, now)


async def freshen(connection: asyncpg.Connection, now: datetime) -> None:
    """Shift the sample's dates so that its newest posting is published `now`, once it is more than a day old."""
    sample: list[tuple[str, list[Posting] | list[Listing]]] = [
        (FRESHEN_POSTINGS, _rows(Posting, "postings.jsonl.gz")),
        (FRESHEN_LISTINGS, _rows(Listing, "rooms.jsonl.gz")),
    ]
    for statement, rows in sample:
        offset, newest = max((row.published_offset, row.id) for row in rows)
        await connection.execute(statement, now + timedelta(seconds=offset), newest, [row.id for row in rows])


def _employer(row: Employer, now: datetime, numbers: Seals) -> dict[str, Any]:
    return asdict(row) | {
        "tax_code_index": rf"\x{numbers.index(row.tax_code).hex()}",
        "verified_at": now if row.status == "verified" else None,
        "search_text": search.fold(row.name),
    }


def _posting(row: Posting, employer: str, parks: dict[str, tuple[str, str]], now: datetime) -> dict[str, Any]:
    pay = PayIn(row.pay_min, row.pay_max, row.pay_currency, row.pay_period)
    searched = searchable(row.title, employer)
    return (
        asdict(row)
        | read(row.title, row.description, pay, row.ward_code, parks)
        | {
            "search_text": searched.search_text,
            "title_marked": searched.title_marked,
            "published_at": now + timedelta(seconds=row.published_offset),
            "expires_at": now + timedelta(seconds=row.expires_offset),
        }
    )


def _listing(row: Listing, now: datetime) -> dict[str, Any]:
    asked = Asked(
        kind=row.kind, rent=row.rent, area_m2=float(row.area_m2), electricity_price=row.electricity_per_kwh,
        electricity_unit="kwh" if row.electricity_per_kwh else None, water_price=row.water_price,
        water_unit=row.water_unit,
    )  # fmt: skip
    fresh = timedelta(days=limits_on(day_of(now)).fresh_days)
    # As long ago as it was published, less whole turns of a confirmation a day before it would be stale.
    confirmed_at = now - timedelta(seconds=-row.published_offset) % (fresh - timedelta(days=1))
    return (
        asdict(row)
        | reckoned(asked, day_of(now)).columns()
        | {
            "electricity_price": row.electricity_per_kwh,
            "electricity_unit": asked.electricity_unit,
            **asdict(searchable(row.title, "")),
            "published_at": now + timedelta(seconds=row.published_offset),
            "confirmed_at": confirmed_at,
            "stale_at": confirmed_at + fresh,
        }
    )


def _rows(shape: type[S], name: str) -> list[S]:
    return json_lines(shape, gzip.decompress((files("longan.devkit.sample") / "data" / name).read_bytes()))
