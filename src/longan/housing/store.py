"""SQL of the room, each statement above the function that runs it."""

from datetime import datetime
from uuid import UUID

import asyncpg

from longan import queries
from longan.db import maybe
from longan.housing.models import Advertised, HousingPage, Search
from longan.listing import Listing, Order, listing, newest
from longan.page import Cursors
from longan.search import rank

DISTANCE_KM = "round((earth_distance(ll_to_earth({lat}, {lon}), ll_to_earth(l.lat, l.lon)) / 1000)::numeric, 3)::float8"

RANK = rank("l.title_marked", "l.search_text", "l.search_text")

LIST = listing(
    Listing(
        name="housing.list",
        select="""select l.id, l.title, l.kind, l.rent, l.area_m2::float8 as area_m2, l.ward_code, l.province_code,
       l.published_at, {distance_km} as distance_km, {rank} as rank
  from housing.listings l
 where l.status = 'open'""",
        columns={
            "distance_km": ("lat", "null::float8", DISTANCE_KM),
            "rank": ("marked", "0", RANK),
        },
        where={
            "q": "l.search @@ {tsquery}::text::tsquery",
            "wards": "l.ward_version = places.version_on({now}::timestamptz) and l.ward_code = any({wards}::text[])",
            "near": "earth_box(ll_to_earth({lat}, {lon}), {metres}) @> ll_to_earth(l.lat, l.lon) and l.lat is not null "
            "and earth_distance(ll_to_earth({lat}, {lon}), ll_to_earth(l.lat, l.lon)) <= {metres}",
            "rent_max": "l.rent <= {rent_max}",
            "kind": "l.kind = {kind}",
        },
        orders={
            "newest": newest("l.published_at", "l.id"),
            "relevance": Order(
                by="{rank} desc, l.published_at desc, l.id desc",
                after="({rank}, l.published_at, l.id) < ({after_0}::int, {after_1}::timestamptz, {after_2}::uuid)",
                position=("rank", "published_at", "id"),
                kind=tuple[int, datetime, UUID],
                needs="marked",
            ),
            "distance": Order(
                by="{distance_km}, l.id",
                after="({distance_km}, l.id) > ({after_0}::float8, {after_1}::uuid)",
                position=("distance_km", "id"),
                kind=tuple[float, UUID],
                needs="lat",
            ),
        },
    )
)


async def search(
    conn: asyncpg.Connection, cursors: Cursors, asked: Search, cursor: str | None, limit: int
) -> HousingPage:
    """One page of open places: the nearest first when there is a point, else the best matches, else the newest.

    Raises `InvalidRequest` for a cursor of another search.
    """
    values: dict[str, object] = {
        name: value
        for name in ("now", "wards", "lat", "lon", "metres", "rent_max", "kind")
        if (value := getattr(asked, name)) is not None
    }
    if asked.q:
        values |= queries.asked(asked.q)
    sort = "distance" if asked.lat is not None else "relevance" if asked.q else "newest"
    return await LIST.page(conn, cursors, sort, values, cursor, limit, HousingPage)


ONE = """-- housing.one
select l.id, l.title, l.kind, l.ward_code, l.province_code, l.lat, l.lon, l.place_source, l.rent, l.deposit,
       l.area_m2::float8 as area_m2, l.electricity_per_kwh, l.water_price, l.water_unit, l.service_fee, l.has_loft,
       l.private_bathroom, l.free_hours, l.near_park, l.published_at, l.updated_at, l.version
  from housing.listings l
 where l.id = $1 and l.status = 'open'"""


async def one(conn: asyncpg.Connection, housing: UUID) -> Advertised | None:
    """A place that is open."""
    return maybe(await conn.fetchrow(ONE, housing), Advertised)
