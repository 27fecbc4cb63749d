"""A listing as its owner writes it: what may be said, what of it contradicts itself, what it costs, and the way in."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from typing import Annotated, Any, TypeAlias, get_args
from uuid import UUID

import asyncpg
import msgspec
from msgspec import Meta

from longan.floor.base.errors import FieldError, InvalidRequest, NotFound, Stale, WardUnknown
from longan.floor.base.fields import Dong, PositiveAmount, Text, Title, WardCode
from longan.floor.database import queue
from longan.floor.database.db import maybe
from longan.floor.feedback.personal_traces import certain
from longan.floor.housing.housing_costs import SEVERAL, Asked, Reckoned
from longan.floor.housing.housing_listings import Flag, Kind, Status
from longan.floor.housing.room_ranges import Field
from longan.floor.living_costs.monthly_cost import ElectricityUnit, FeeUnit, WaterUnit
from longan.floor.search.searchable import searchable

Writing: TypeAlias = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy

Small = {"format": "int32"}
Latitude = Annotated[float, Meta(ge=-90, le=90, description="Degrees (WGS 84)", examples=[10.6412])]
Longitude = Annotated[float, Meta(ge=-180, le=180, description="Degrees (WGS 84)", examples=[106.4837])]
# Wider than the ranges of room_ranges, which name what is outside in words of their own.
SquareMetres = Annotated[float, Meta(ge=0, le=100_000, description="Square metres")]
People = Annotated[int, Meta(ge=0, le=1_000, extra_json_schema=Small)]
Units = Annotated[int, Meta(ge=1, le=100_000, description="How many of them there are", extra_json_schema=Small)]
ParkCode = Annotated[
    str, Meta(pattern=r"^[a-z0-9-]{1,60}(?!\n)$", max_length=60, description="A park it is near to, of list_parks")
]
Moment = Annotated[time, Meta(tz=False, description="HH:MM:SS in Viet Nam", examples=["22:30:00"])]
Sure = Annotated[list[Field], Meta(max_length=len(get_args(Field)))]
Seen = Annotated[list[Flag], Meta(max_length=len(get_args(Flag)))]
Soon = Annotated[date, Meta(description="YYYY-MM-DD")]
# A ward is no wider than this: a point farther away is that of another place with the same name.
FARTHEST_METRES = 25_000
LAST_DAY = date(2100, 1, 1)
REACHING = frozenset({"number", "email"})


class Said(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """What an owner says of a room, a dormitory, a house or a project; whatever is left out nobody knows.

    Money is đồng: `rent` a month; `electricity_price` and `water_price` for their unit, absent for `state_tariff` and
    `included`; `parking_fee` for one motorbike a month. `max_people` may live there. Without `lat` and `lon` it is
    shown at the middle of its ward. A curfew is from `curfew_from` to `curfew_to`."""

    kind: Kind
    title: Title
    description: Text
    ward_code: WardCode
    rent: PositiveAmount
    lat: Latitude | None = None
    lon: Longitude | None = None
    park_code: ParkCode | None = None
    deposit: Dong | None = None
    area_m2: SquareMetres | None = None
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
    units: Units | None = None
    available_from: Soon | None = None
    curfew_from: Moment | None = None
    curfew_to: Moment | None = None
    free_hours: bool | None = None
    has_loft: bool | None = None
    private_bathroom: bool | None = None
    owner_lives_in: bool | None = None
    motorbike_parking: bool | None = None
    wifi: bool | None = None
    air_conditioning: bool | None = None
    kitchen: bool | None = None
    cooking_allowed: bool | None = None
    pets_allowed: bool | None = None
    fire_safety: bool | None = None
    residence_support: bool | None = None


def asked(said: Said) -> Asked:
    """Its amounts, as they are compared and reckoned with."""
    return Asked(**{name: getattr(said, name) for name in Asked.__struct_fields__})


def wrong(said: Said) -> list[FieldError]:
    """What in it contradicts something else in it."""
    return list(_wrong(said))


def _wrong(said: Said) -> Iterator[FieldError]:
    if (said.lat is None) != (said.lon is None):
        yield FieldError("/lat" if said.lat is None else "/lon", "needs_both")
    for name, by_price in (("electricity", ("kwh", "person_month", "room_month")),
                           ("water", ("m3", "person_month", "room_month"))):  # fmt: skip
        price, unit = getattr(said, f"{name}_price"), getattr(said, f"{name}_unit")
        if price is not None and unit is None:
            yield FieldError(f"/{name}_unit", "needs_both")
        elif price is not None and unit not in by_price:
            yield FieldError(f"/{name}_price", "one_of_them")
        elif price is None and unit in by_price:
            yield FieldError(f"/{name}_price", "needs_both")
    if (said.curfew_from is None) != (said.curfew_to is None):
        yield FieldError("/curfew_from" if said.curfew_from is None else "/curfew_to", "needs_both")
    elif said.curfew_from is not None and said.free_hours:
        yield FieldError("/free_hours", "one_of_them")
    if said.available_from is not None and said.available_from >= LAST_DAY:
        yield FieldError("/available_from", "too_large")
    # A number is for whom the owner has agreed to meet. Officials' projects have an office that anybody may ring.
    if said.kind != "project":
        for name, words in (("title", said.title), ("description", said.description)):
            if any(trace.kind in REACHING for trace in certain(words)):
                yield FieldError(f"/{name}", "names_contact")


class Standing(msgspec.Struct, frozen=True):
    """A listing as its rules need it, held. `closed_from`: where it stood when it was closed last."""

    id: UUID
    owner_id: UUID | None
    employer_id: UUID | None
    status: Status
    version: int
    ward_version: date
    price_flags: list[str]
    sure_of: list[Field]
    closed_from: Status | None
    said: Said


_READ = {"area_m2": "l.area_m2::float8", "lat": "case when not l.rough_point then l.lat end",
         "lon": "case when not l.rough_point then l.lon end"}  # fmt: skip
SAID = ", ".join(f'{_READ.get(name, f"l.{name}")} as "said.{name}"' for name in Said.__struct_fields__)

HELD = f"""-- housing_drafts.held
select l.id, l.owner_id, l.employer_id, l.status, l.version, l.ward_version, l.price_flags, l.sure_of,
       (select h.from_status from housing.history h
         where h.listing_id = l.id and h.to_status = 'closed' and l.status = 'closed'
         order by h.changed_at desc, h.id desc limit 1) as closed_from,
       {SAID}
  from housing.listings l
 where l.id = $1 and housing.may_write(l, $2, $3, $4)
   for no key update of l"""


async def held(tx: Writing, listing: UUID, account: UUID, as_official: bool, now: datetime) -> Standing:
    """A listing that the account may write, held until the transaction ends. Raises `NotFound`."""
    found = maybe(await tx.fetchrow(HELD, listing, account, as_official, now), Standing)
    if found is None:
        raise NotFound
    return found


def unchanged(standing: Standing, versions: list[int] | None) -> None:
    """Raises `Stale` when the listing is none of the versions that the caller may have seen; None for any."""
    if versions is not None and standing.version not in versions:
        raise Stale


PLACE = f"""-- housing_drafts.place
select u.version, u.lat, u.lon, array_remove(array[
           case when u.code is null then '/ward_code not_found' end,
           case when $2::text is not null and p.code is null then '/park_code not_found' end,
           case when earth_distance(ll_to_earth($3::float8, $4::float8), ll_to_earth(u.lat, u.lon)) > {FARTHEST_METRES}
                then '/lat elsewhere' end], null) as wrong
  from (select coalesce($5::date, places.version_on($6::timestamptz)) as version) v
  left join places.units u on u.version = v.version and u.code = $1 and u.level = 'commune'
  left join places.parks p on p.code = $2"""


class Placed(msgspec.Struct, frozen=True):
    """The list in which the ward is, the middle of the ward, and which fields name nothing, as "pointer code"."""

    version: date | None
    lat: float | None
    lon: float | None
    wrong: list[str]


async def place(tx: Writing, said: Said, ward_version: date | None, now: datetime) -> Placed:
    """Where it is, by that list of wards, by the one in force for None. Raises `WardUnknown`, `InvalidRequest`."""
    row = await tx.fetchrow(PLACE, said.ward_code, said.park_code, said.lat, said.lon, ward_version, now)
    placed = maybe(row, Placed)
    assert placed is not None
    errors = [FieldError(*each.split(" ")) for each in placed.wrong]
    if any(error.pointer == "/ward_code" for error in errors):
        raise WardUnknown
    if errors:
        raise InvalidRequest(*errors)
    return placed


# The columns a listing fills by itself, with their types; those of the ward come beside.
COLUMNS: dict[str, str] = {
    "kind": "text", "title": "text", "description": "text", "ward_code": "text", "lat": "double precision",
    "lon": "double precision", "park_code": "text", "rent": "bigint", "deposit": "bigint", "area_m2": "numeric(6, 1)",
    "electricity_price": "bigint", "electricity_unit": "text", "water_price": "bigint", "water_unit": "text",
    "internet_fee": "bigint", "internet_unit": "text", "parking_fee": "bigint", "service_fee": "bigint",
    "service_unit": "text", "max_people": "smallint", "units": "integer", "available_from": "date",
    "curfew_from": "time", "curfew_to": "time",
    **dict.fromkeys(("free_hours", "has_loft", "private_bathroom", "owner_lives_in", "motorbike_parking", "wifi",
                     "air_conditioning", "kitchen", "cooking_allowed", "pets_allowed", "fire_safety",
                     "residence_support"), "boolean"),
    "rough_point": "boolean", "near_park": "boolean", "search_text": "text", "title_marked": "text",
    "cost_month": "bigint", "cost_share": "bigint", "cost_complete": "boolean", "cost_on": "date",
    "price_flags": "text[]", "sure_of": "text[]", **dict.fromkeys(SEVERAL.values(), "bigint"),
}  # fmt: skip


def row_of(said: Said, placed: Placed, reckoned: Reckoned, sure: Sequence[str]) -> dict[str, object]:
    """The listing as columns of housing.listings."""
    row: dict[str, object] = {name: getattr(said, name) for name in said.__struct_fields__}
    if said.lat is None:
        row |= {"lat": placed.lat, "lon": placed.lon}
    return row | {
        "rough_point": said.lat is None, "near_park": said.park_code is not None, "sure_of": sorted(sure),
        **msgspec.structs.asdict(searchable(said.title, "")), **reckoned.columns(),
    }  # fmt: skip


def _of(alias: str) -> str:
    return ", ".join(f"{alias}.{name}" for name in COLUMNS)


_GIVEN = f"""with given as (
    select r.*
      from jsonb_to_record($1::text::jsonb)
        as r ({", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())}))"""

INSERT = f"""-- housing_drafts.insert
{_GIVEN}
insert into housing.listings (id, owner_id, employer_id, place_source, ward_version, province_code, created_at,
                              updated_at, {", ".join(COLUMNS)})
select coalesce($2::uuid, uuidv7()), $3, $4, case when $5 then 'official' else 'owner' end, u.version, u.province_code,
       $7, $7, {_of("g")}
  from given g
  join places.units u on u.version = $6 and u.code = g.ward_code
 where case when $5 then staff.may($3, 'housing', u.version, u.code, $7)
            else $4::uuid is null
                 or exists (select from members.members m where m.employer_id = $4 and m.account_id = $3) end
returning id"""


async def insert(
    tx: Writing, listing: UUID | None, account: UUID, employer: UUID | None, as_official: bool,
    row: Mapping[str, Any], ward_version: date, now: datetime,
) -> UUID | None:  # fmt: skip
    """A draft; None where the account is no member of the employer, or no official of that ward."""
    written = msgspec.json.encode(row).decode()
    made: UUID | None = await tx.fetchval(INSERT, written, listing, account, employer, as_official, ward_version, now)
    return made


UPDATE = f"""-- housing_drafts.update
{_GIVEN},
changed as (
    update housing.listings l
       set {", ".join(f"{name} = g.{name}" for name in COLUMNS)}, ward_version = u.version,
           province_code = u.province_code, place_source = case when $5 then 'official' else 'owner' end,
           version = l.version + 1, updated_at = $6
      from given g
      join places.units u on u.version = $4 and u.code = g.ward_code
     where l.id = $2 and housing.may_write(l, $3, $5, $6)
       and (l.ward_version, {_of("l")}) is distinct from (u.version, {_of("g")})
    returning l.id, l.version, l.status, housing.changes(old, new) as changes),
noted as (
    insert into housing.history (listing_id, version, changed_by, side, from_status, to_status, changes, changed_at)
    select c.id, c.version, $3, 'owner', c.status, c.status, c.changes, $6 from changed c where c.changes <> '{{}}')
select c.status from changed c"""


async def update(
    tx: Writing, listing: UUID, account: UUID, as_official: bool, row: Mapping[str, Any], ward_version: date,
    now: datetime,
) -> bool:  # fmt: skip
    """Write a listing as the columns of `row` say, on record; whether anything differed. Promises `listing_changed` and
    `housing_changed` for one that is open."""
    written = msgspec.json.encode(row).decode()
    status = await tx.fetchval(UPDATE, written, listing, account, ward_version, as_official, now)
    if status == "open":
        await queue.add(tx, "listing_changed", listing_id=listing)
        await queue.add(tx, "housing_changed")
    return status is not None


TIE = """-- housing_drafts.tie
with wanted as (
    select w.id, w.place from unnest($2::uuid[]) with ordinality as w (id, place)),
theirs as (
    select w.id from wanted w join jobs.postings j on j.id = w.id and j.employer_id = $3),
gone as (
    delete from housing.job_dormitories d where d.listing_id = $1 and d.posting_id <> all($2)),
tied as (
    insert into housing.job_dormitories (listing_id, posting_id)
    select $1, t.id from theirs t
        on conflict do nothing)
select array(select (w.place - 1)::integer from wanted w
              where not exists (select from theirs t where t.id = w.id)
              order by w.place) as missing,
       array(select d.posting_id from housing.job_dormitories d where d.listing_id = $1 order by d.posting_id) as old,
       array(select distinct t.id from theirs t order by t.id) as new"""


async def tie(tx: Writing, listing: UUID, jobs: Sequence[UUID], employer: UUID | None) -> tuple[list[UUID], list[UUID]]:
    """Let a dormitory belong to these postings of its employer; to which it did, and to which it does. Raises
    `InvalidRequest` naming those that are none."""
    row = await tx.fetchrow(TIE, listing, list(jobs), employer)
    assert row is not None
    if row["missing"]:
        raise InvalidRequest(*(FieldError(f"/job_ids/{place}", "not_found") for place in row["missing"]))
    return row["old"], row["new"]


RETIE = """-- housing_drafts.retie
with changed as (
    update housing.listings l
       set version = l.version + 1, updated_at = $5
     where l.id = $1 and housing.may_write(l, $2, false, $5)
    returning l.id, l.version, l.status),
noted as (
    insert into housing.history (listing_id, version, changed_by, side, from_status, to_status, changes, changed_at)
    select c.id, c.version, $2, 'owner', c.status, c.status,
           jsonb_build_object('job_ids', jsonb_build_object('old', to_jsonb($3::uuid[]), 'new', to_jsonb($4::uuid[]))),
           $5
      from changed c)
select c.status from changed c"""


async def retie(
    tx: Writing, listing: UUID, account: UUID, jobs: Sequence[UUID], employer: UUID | None, now: datetime
) -> None:
    """As `tie`, for a dormitory that its people have seen: what differs is a version of its own, on record. Promises
    `housing_changed` for one that is open."""
    old, new = await tie(tx, listing, jobs, employer)
    if old != new and await tx.fetchval(RETIE, listing, account, old, new, now) == "open":
        await queue.add(tx, "housing_changed")
