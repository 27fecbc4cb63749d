"""SQL of the room, which reads only: one statement for the jobs, one for the rooms."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from longan.floor.database.db import many
from longan.floor.living_costs.affordability import MOST_JOBS, MOST_ROOMS
from longan.floor.living_costs.monthly_cost import RoomPrices
from longan.rooms.job_room.models import Job, MyJobs, Place, RoomsAround

# The points of parks and wards are the middle of a ward.
JOB = """j.id, j.title, e.name as employer_name, j.effective_month as month,
       coalesce(j.lat, p.lat, u.lat) as lat, coalesce(j.lon, p.lon, u.lon) as lon,
       j.lat is null or (j.lat, j.lon) = (u.lat, u.lon) as rough, j.week_days, 'bus' = any(j.benefits) as has_bus
  from jobs.postings j
  join employers.employers e on e.id = j.employer_id
  left join places.parks p on p.code = j.park_code
  left join places.units u on u.version = j.ward_version and u.code = j.ward_code"""
OPEN = "j.status = 'open' and j.expires_at > {now}::timestamptz"

JOBS = f"""-- job_room.jobs
select {JOB}
 where j.id = any($1::uuid[]) and {OPEN.format(now="$2")}"""


async def jobs(conn: asyncpg.Connection, ids: Sequence[UUID], now: datetime) -> list[Job]:
    """Those of them that are open."""
    return many(await conn.fetch(JOBS, ids, now), Job)


SAVED = f"""-- job_room.saved
select {JOB}
  join saved_jobs.saves s on s.posting_id = j.id
 where s.account_id = $1 and {OPEN.format(now="$2")}
 order by s.saved_at desc, j.id desc
 limit {MOST_JOBS}"""

# What somebody was offered may have been closed meanwhile: they have it.
OFFERED = f"""-- job_room.offered
select {JOB}
  join applications.applications a on a.job_id = j.id
 where a.worker_id = $1 and a.status in ('offer', 'hired') and j.published_at is not null and j.status <> 'suspended'
 order by a.updated_at desc, j.id desc
 limit {MOST_JOBS}"""


async def mine(conn: asyncpg.Connection, account: UUID, which: MyJobs, now: datetime) -> list[Job]:
    """The postings the account keeps and that are open, or those it was offered."""
    rows = await (conn.fetch(SAVED, account, now) if which == "saved" else conn.fetch(OFFERED, account))
    return many(rows, Job)


PLACE = f"""l.id, l.title, l.lat, l.lon, l.rough_point, l.max_people, l.cost_month, l.cost_share, l.cost_complete,
       {", ".join(f"l.{name}" for name in RoomPrices.__struct_fields__)}
  from housing.listings l"""
SHOWN = "l.status = 'open' and l.stale_at > {now}::timestamptz"

PLACES = f"""-- job_room.places
select {PLACE}
 where l.id = any($1::uuid[]) and {SHOWN.format(now="$2")}"""


async def places(conn: asyncpg.Connection, ids: Sequence[UUID], now: datetime) -> list[Place]:
    """Those of them that are open and confirmed lately."""
    return many(await conn.fetch(PLACES, ids, now), Place)


AROUND = f"""-- job_room.around
select {PLACE}
 where {SHOWN.format(now="$7")} and earth_box(ll_to_earth($1, $2), $3) @> l.point
   and earth_distance(ll_to_earth($1, $2), l.point) <= $3
   and ($4::text is null or l.kind = $4) and ($5::bigint is null or l.rent <= $5)
   and coalesce(l.max_people, $6::integer) >= $6
 order by l.point <-> ll_to_earth($1, $2)
 limit {MOST_ROOMS}"""


async def around(conn: asyncpg.Connection, asked: RoomsAround, people: int, now: datetime) -> list[Place]:
    """The nearest of the open ones for so many people."""
    rows = await conn.fetch(
        AROUND, asked.lat, asked.lon, asked.radius_km * 1000, asked.kind, asked.rent_max, people, now
    )
    return many(rows, Place)
