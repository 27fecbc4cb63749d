"""SQL of the room, each statement above the function that runs it."""

from datetime import datetime
from uuid import UUID

import asyncpg

from longan.floor.database.db import maybe
from longan.floor.database.listing import Listing, Order, listing
from longan.floor.database.page import Cursors
from longan.floor.housing.housing_drafts import SAID
from longan.floor.housing.housing_found import ALWAYS
from longan.floor.postings.postings import BRIEF
from longan.rooms.housing.models import Advertised, NearJobPage, Spot

SHOWN = ALWAYS.replace("{now}", "$2")

ONE = f"""-- housing.one
select l.id, l.employer_id, l.province_code, l.lat, l.lon, l.rough_point, l.place_source, l.near_park, l.features,
       l.published_at, l.confirmed_at, l.updated_at, l.version, {SAID},
       array(select d.posting_id
               from housing.job_dormitories d
               join jobs.postings j on j.id = d.posting_id and j.status = 'open'
              where d.listing_id = l.id
              order by d.posting_id) as job_ids
  from housing.listings l
 where l.id = $1 and {SHOWN}"""


async def one(conn: asyncpg.Connection, housing: UUID, now: datetime) -> Advertised | None:
    """A place that is open, and that somebody has confirmed lately; no dormitory of a suspended employer."""
    return maybe(await conn.fetchrow(ONE, housing, now), Advertised)


SPOT = f"""-- housing.spot
select l.lat, l.lon, l.rough_point as rough
  from housing.listings l
 where l.id = $1 and {SHOWN}"""


async def spot(conn: asyncpg.Connection, housing: UUID, now: datetime) -> Spot | None:
    """Where such a place is."""
    return maybe(await conn.fetchrow(SPOT, housing, now), Spot)


POINT = "ll_to_earth({lat}, {lon})"
CHORD = f"(j.point <-> {POINT})"

JOBS = listing(
    Listing(
        name="housing.jobs_near",
        select=f"""select j.id, j.title, {BRIEF}, j.expires_at, {CHORD} as chord,
       round((sec_to_gc({CHORD}) / 1000)::numeric, 3)::float8 as distance_km, j.place_source = 'sample' as rough
  from jobs.postings j
  join employers.employers e on e.id = j.employer_id
 where j.status = 'open' and (j.expires_at <= {{now}}) is not true
   and (select earth_box({POINT}, {{metres}})) @> j.point and sec_to_gc({CHORD}) <= {{metres}}""",
        where={"pay_min": "j.effective_month >= {pay_min}"},
        orders={
            "distance": Order(
                by=f"{CHORD}, j.id",
                after=f"({CHORD}, j.id) > ({{after_0}}::float8, {{after_1}}::uuid)",
                position=("chord", "id"),
                kind=tuple[float, UUID],
            ),
        },
    )
)


async def jobs_near(
    conn: asyncpg.Connection, cursors: Cursors, housing: UUID, at: Spot, metres: float, pay_min: int | None,
    now: datetime, cursor: str | None, limit: int,
) -> NearJobPage:  # fmt: skip
    """One page of open jobs around it, the nearest first, without their ways. Raises `InvalidRequest` for a cursor of
    another list."""
    values: dict[str, object] = {"lat": at.lat, "lon": at.lon, "metres": metres, "now": now}
    values |= {} if pay_min is None else {"pay_min": pay_min}
    asked = {"housing": housing, "metres": metres, "pay_min": pay_min}
    return await JOBS.page(conn, cursors, "distance", values, cursor, limit, NearJobPage, asked)
