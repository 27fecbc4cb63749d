"""What somebody looks for among open listings: the parameters, and what their words, places and work come to."""

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Annotated, Literal
from uuid import UUID

import asyncpg
import msgspec
from litestar.params import QueryParameter

from longan.floor.base.errors import FieldError, InvalidRequest
from longan.floor.base.several import commas, several
from longan.floor.database.db import maybe
from longan.floor.housing.housing_listings import Kind
from longan.floor.places import ward
from longan.floor.places.geo import DEFAULT_KM, metres
from longan.floor.places.place_words import candidates
from longan.floor.postings.words_meant import may_name_places, understood
from longan.floor.search.queries import Query, parse

Feature = Literal[
    "loft", "private_bathroom", "free_hours", "owner_away", "motorbike_parking", "wifi", "air_conditioning", "kitchen",
    "cooking_allowed", "pets_allowed", "fire_safety", "residence_support",
]  # fmt: skip

# No rent, price or size of a dwelling is beyond these: what is, is a slip.
MOST_MONEY, MOST_AREA, MOST_PEOPLE = 10**9, 10_000.0, 20

Words = Annotated[
    str | None,
    QueryParameter(
        max_length=200,
        description='Words of the title, with or without marks; at most 12. `"in quotes"` side by side, `-without`, '
        "`this OR that`. Names of wards, districts and provinces, of now or of before, are also read as places",
    ),
]
Parks = Annotated[
    str | None,
    QueryParameter(
        max_length=400,
        pattern="^[a-z0-9-]+(,[a-z0-9-]+)*$",
        description="Codes of industrial parks the place is said to be near to, by commas",
    ),
]
JobId = Annotated[UUID | None, QueryParameter(description="Around this open job, in the place of `lat` and `lon`")]
Workplace = Annotated[
    str | None,
    QueryParameter(
        max_length=60,
        pattern="^[a-z0-9-]+$",
        description="Around this industrial park (its code), in the place of `lat` and `lon`",
    ),
]
RentMin = Annotated[int | None, QueryParameter(ge=0, le=MOST_MONEY, description="Đồng a month, at least")]
RentMax = Annotated[int | None, QueryParameter(ge=0, le=MOST_MONEY, description="Đồng a month, at most")]
CostMax = Annotated[
    int | None,
    QueryParameter(
        ge=0,
        le=MOST_MONEY,
        description="Đồng a month, at most, that living there truly costs each of `people` (one person when not given)",
    ),
]
AreaMin = Annotated[float | None, QueryParameter(ge=0, le=MOST_AREA, description="Square metres, at least")]
People = Annotated[
    int | None,
    QueryParameter(
        ge=1,
        le=MOST_PEOPLE,
        description="How many will live there: places for so many, or that do not say",
    ),
]
Kinds = Annotated[str | None, QueryParameter(max_length=200, description=commas(Kind))]
Features = Annotated[
    str | None,
    QueryParameter(max_length=400, description=f"All of these, where they are said to be there. {commas(Feature)}"),
]
CurfewAfter = Annotated[
    str | None,
    QueryParameter(
        pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$",
        max_length=5,
        description="HH:MM: the door is open until then, or always; hours after midnight are later than those before",
    ),
]
AvailableBy = Annotated[
    str | None,
    QueryParameter(
        pattern="^2[0-9]{3}-[0-9]{2}-[0-9]{2}$",
        max_length=10,
        description="YYYY-MM-DD: free on that day; what does not say from when is free now",
    ),
]
VerifiedOwner = Annotated[
    bool | None,
    QueryParameter(description="Only of people whose identity is confirmed, verified employers and officials"),
]


class Filters(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked. `metres` is the radius around `lat`, `lon`, or around the place of a job or a park; money is
    đồng a month."""

    q: str | None = None
    ward_code: str | None = None
    old_ward_code: str | None = None
    place: str | None = None
    province_code: str | None = None
    parks: list[str] | None = None
    lat: float | None = None
    lon: float | None = None
    metres: float | None = None
    job_id: UUID | None = None
    workplace: str | None = None
    rent_min: int | None = None
    rent_max: int | None = None
    cost_max: int | None = None
    area_min: float | None = None
    people: int | None = None
    kinds: list[Kind] | None = None
    features: list[Feature] | None = None
    curfew_after: time | None = None
    available_by: date | None = None
    verified_owner: bool | None = None
    now: datetime

    def asked(self) -> dict[str, object]:
        """What a cursor is bound to."""
        return {name: value for name in self.__struct_fields__ if (value := getattr(self, name)) is not None}


def filters(
    now: datetime, *, q: str | None = None, ward_code: str | None = None, old_ward_code: str | None = None,
    place: str | None = None, province_code: str | None = None, park: str | None = None, lat: float | None = None,
    lon: float | None = None, radius_km: float | None = None, job_id: UUID | None = None, workplace: str | None = None,
    rent_min: int | None = None, rent_max: int | None = None, cost_max: int | None = None,
    area_min: float | None = None, people: int | None = None, kind: str | None = None, features: str | None = None,
    curfew_after: str | None = None, available_by: str | None = None, verified_owner: bool | None = None,
) -> Filters:  # fmt: skip
    """The parameters as they were sent. Raises `InvalidRequest` for half a point, two points, or bounds the wrong way
    round."""
    points = {"lat": lat, "job_id": job_id, "workplace": workplace}
    given = [name for name, value in points.items() if value is not None]
    if len(given) > 1:
        raise InvalidRequest(*(FieldError(f"?{name}", "one_of_them") for name in given))
    if rent_min is not None and rent_max is not None and rent_min > rent_max:
        raise InvalidRequest(FieldError("?rent_min", "too_large"))
    by_name = job_id is not None or workplace is not None
    return Filters(
        q=(q or "").strip() or None, ward_code=ward_code, old_ward_code=old_ward_code, place=place,
        province_code=province_code, parks=several("park", park, str), lat=lat, lon=lon,
        metres=(radius_km or DEFAULT_KM) * 1000 if by_name and lon is None else metres(lat, lon, radius_km),
        job_id=job_id, workplace=workplace, rent_min=rent_min, rent_max=rent_max, cost_max=cost_max, area_min=area_min,
        people=people, kinds=several("kind", kind, Kind), features=several("features", features, Feature),
        curfew_after=None if curfew_after is None else time.fromisoformat(curfew_after),
        available_by=None if available_by is None else _day(available_by), verified_owner=verified_owner or None,
        now=now,
    )  # fmt: skip


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidRequest(FieldError("?available_by", "bad_time")) from error


class Meaning(msgspec.Struct, frozen=True):
    """What the words of a search come to: `wards` of the place that was named by a parameter, None for any; the
    `query`; where words of it name a place, its wards (`named`) and the query without these words (`rest`); the point
    of a job or a park, `rough` where it is only the middle of a ward."""

    wards: list[str] | None = None
    query: Query | None = None
    named: list[str] | None = None
    rest: Query | None = None
    place_words: list[str] = []
    lat: float | None = None
    lon: float | None = None
    rough: bool = False


class Found(msgspec.Struct, frozen=True):
    rows: str
    in_force: list[str]
    successors: list[str]
    places: str
    is_whole: bool
    lat: float | None
    lon: float | None
    rough: bool | None


# The place of a job is its own, else that of its park, else the middle of its ward; a park's is always the middle.
FOUND = f"""-- housing_filters.found
with work as (
    select coalesce(j.lat, p.lat, u.lat) as lat, coalesce(j.lon, p.lon, u.lon) as lon, j.lat is null as rough
      from jobs.postings j
      left join places.parks p on p.code = j.park_code
      left join places.units u on u.version = j.ward_version and u.code = j.ward_code
     where j.id = $9 and j.status = 'open' and j.expires_at > $1
     union all
    select p.lat, p.lon, true from places.parks p where p.code = $10)
select (select coalesce(jsonb_agg(to_jsonb(n)), '[]') from (
{ward.NAMED}) n)::text as rows,
       array(select u.code from places.units u
              where u.version = places.version_on($1) and u.code = $5 and u.level = 'commune') as in_force,
       array(select s.new_code from places.successions s
              where s.new_version = places.version_on($1) and s.old_code = $6
                and s.old_version = (select max(v.version) from places.versions v
                                      where v.version < places.version_on($1))
              order by s.new_code) as successors,
       (select coalesce(jsonb_object_agg(p.name, p.ward_codes), '{{}}')
          from job_search.places_named($7, $8, $1) p)::text as places,
       exists (select from housing_search.words w where w.word = $11) as is_whole,
       (select w.lat from work w) as lat, (select w.lon from work w) as lon, (select w.rough from work w) as rough"""


async def meaning_of(conn: asyncpg.Connection, home: str, asked: Filters) -> Meaning:
    """At most one round trip, none when nothing was said in words or by name. Raises `InvalidRequest` for more than one
    place, or a job or a park that is not there, `PlaceUnknown`, `PlaceAmbiguous`."""
    given = ward.the_one(asked.ward_code, asked.old_ward_code, asked.place)
    query = parse(asked.q) if asked.q else None
    by_name = "job_id" if asked.job_id else "workplace" if asked.workplace else None
    if given is None and query is None and by_name is None:
        return Meaning()
    place = ward.name_of(asked.place) if asked.place is not None else None
    said = may_name_places(query) if query else []
    found = await _found(conn, asked, home, place, candidates(said), query.unfinished() if query else None)
    if by_name and found.lat is None:
        raise InvalidRequest(FieldError(f"?{by_name}", "not_found"))
    wards = None if given is None else _wards(given, found, place, home)
    around = {"lat": found.lat, "lon": found.lon, "rough": bool(found.rough)}
    if query is None:
        return Meaning(wards, **around)  # type: ignore[arg-type]
    read = understood(query, found.places, "{}", is_whole=found.is_whole)
    return Meaning(wards, read.query, read.wards, read.rest, read.place_words, **around)  # type: ignore[arg-type]


async def _found(
    conn: asyncpg.Connection, asked: Filters, home: str, place: ward.Named | None, names: Sequence[str],
    unfinished: str | None,
) -> Found:  # fmt: skip
    folds = (place.own[0].fold, place.own[-1].fold, bool(place.around)) if place else ("", "", False)
    row = await conn.fetchrow(
        FOUND, asked.now, *folds, asked.ward_code, asked.old_ward_code, names, home, asked.job_id, asked.workplace,
        unfinished,
    )  # fmt: skip
    found = maybe(row, Found)
    assert found is not None
    return found


def _wards(given: str, found: Found, place: ward.Named | None, home: str) -> list[str]:
    wards = found.in_force if given == "ward_code" else found.successors
    if given == "place":
        meant = ward.meant(place, home, msgspec.json.decode(found.rows, type=list[ward.Place])) if place else None
        wards = meant.ward_codes if meant else []
    if not wards:
        raise ward.PlaceUnknown(FieldError(f"?{given}", "not_found"))
    return wards
