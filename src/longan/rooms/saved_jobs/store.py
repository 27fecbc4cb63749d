"""SQL of the room, each statement above the function that runs it."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg

from longan.floor.database.db import maybe
from longan.floor.database.listing import Listing, listing, newest
from longan.floor.database.page import Cursors
from longan.floor.postings.postings import BRIEF
from longan.rooms.saved_jobs.models import MOST_SAVED, Ending, JobView, SavedJob, SavedJobPage

# What everybody may open (jobs.shown): the rest waits for an official, or was taken down by one.
PUBLIC = "(j.published_at is not null and j.status in ('open', 'paused', 'closed', 'expired'))"
KEPT = f"""select j.id,
       case when not {PUBLIC} then 'unavailable' when j.status in ('open', 'paused') and j.expires_at <= {{now}}
            then 'expired' else j.status end as status,
       case when {PUBLIC} then j.title end as title,
       {BRIEF},
       j.published_at, j.expires_at, s.saved_at
  from saved_jobs.saves s
  join jobs.postings j on j.id = s.posting_id
  join employers.employers e on e.id = j.employer_id
 where s.account_id = {{account_id}}"""

LIST = listing(
    Listing(name="saved_jobs.list", select=KEPT, where={}, orders={"newest": newest("s.saved_at", "j.id")}),
)


async def kept(
    conn: asyncpg.Connection, cursors: Cursors, account: UUID, cursor: str | None, limit: int, now: datetime
) -> SavedJobPage:
    """What the account keeps, the last one kept first. Raises `InvalidRequest` for a cursor of another list."""
    values = {"account_id": account, "now": now}
    return await LIST.page(conn, cursors, "newest", values, cursor, limit, SavedJobPage)


ONE = "-- saved_jobs.one\n" + KEPT.format(now="$3::timestamptz", account_id="$1") + "\n   and s.posting_id = $2"


async def one(conn: asyncpg.Connection, account: UUID, job: UUID, now: datetime) -> SavedJob | None:
    return maybe(await conn.fetchrow(ONE, account, job, now), SavedJob)


ONE_AT_A_TIME = """-- saved_jobs.one_at_a_time
select pg_advisory_xact_lock(hashtextextended('saved_jobs:' || $1::text, 0))"""

SAVE = f"""-- saved_jobs.save
with wanted as (
    select j.id, j.expires_at from jobs.postings j where j.id = $2 and {PUBLIC}),
made as (
    insert into saved_jobs.saves (account_id, posting_id, saved_at)
    select $1, w.id, $3
      from wanted w
     where (select count(*) from saved_jobs.saves s where s.account_id = $1 and s.posting_id <> $2) < $4
    on conflict (account_id, posting_id) do update set saved_at = saves.saved_at
    returning posting_id)
select w.expires_at, exists (select from made) as made from wanted w"""


class Saved(NamedTuple):
    """`made` is false where there is no room for more."""

    expires_at: datetime
    made: bool


async def save(tx: asyncpg.Connection, account: UUID, job: UUID, now: datetime) -> Saved | None:
    """Keep a posting for the account; one that is kept stays as it is. None for no public posting."""
    await tx.execute(ONE_AT_A_TIME, str(account))
    row = await tx.fetchrow(SAVE, account, job, now, MOST_SAVED)
    return None if row is None else Saved(row["expires_at"], row["made"])


UNSAVE = """-- saved_jobs.unsave
delete from saved_jobs.saves where account_id = $1 and posting_id = $2 returning true"""


async def unsave(tx: asyncpg.Connection, account: UUID, job: UUID) -> bool:
    return bool(await tx.fetchval(UNSAVE, account, job))


# The order is that of the key, so that two batches of one person wait for each other and never both. A posting that was
# reported before changes nothing, and a day that is full takes no other.
RECORD = """-- saved_jobs.record
with counted as (
    select o.posting_id, o.day, max(o.times) as times
      from unnest($2::uuid[], $3::date[], $4::int[]) as o(posting_id, day, times)
      join jobs.postings j on j.id = o.posting_id
     cross join (select ($5::timestamptz at time zone 'Asia/Ho_Chi_Minh')::date as day) t
     where (j.published_at at time zone 'Asia/Ho_Chi_Minh')::date <= o.day and o.day between t.day - 7 and t.day
       and not exists (select from members.members m where m.employer_id = j.employer_id and m.account_id = $1)
     group by o.posting_id, o.day),
written as (
    insert into saved_jobs.views as v (account_id, day, posting_id, times)
    select $1, c.day, c.posting_id, c.times
      from counted c
     where (select count(*) from saved_jobs.views k where k.account_id = $1 and k.day = c.day) < 500
        or exists (select from saved_jobs.views k
                    where k.account_id = $1 and k.day = c.day and k.posting_id = c.posting_id)
     order by c.day, c.posting_id
    on conflict (account_id, day, posting_id) do update set times = excluded.times where v.times < excluded.times)
select count(*) from counted"""


async def record(tx: asyncpg.Connection, account: UUID, views: list[JobView], now: datetime) -> int:
    """How many of them count."""
    recorded: int = await tx.fetchval(
        RECORD, account, [v.job_id for v in views], [v.day for v in views], [v.times for v in views], now
    )
    return recorded


FORGET_VIEWS = """-- saved_jobs.forget_views (worker)
delete from saved_jobs.views where day < ($1::timestamptz at time zone 'Asia/Ho_Chi_Minh')::date"""


async def forget_views(tx: asyncpg.pool.PoolConnectionProxy, before: datetime) -> None:
    await tx.execute(FORGET_VIEWS, before)


ENDING = """-- saved_jobs.ending (worker)
select j.employer_id, j.title as job_title, e.name as employer_name, j.expires_at
  from saved_jobs.saves s
  join jobs.postings j on j.id = s.posting_id and j.status = 'open'
  join employers.employers e on e.id = j.employer_id
 where s.account_id = $1 and s.posting_id = $2
   and j.expires_at > $3
   and not exists (select from applications.applications a
                    where a.worker_id = $1 and a.job_id = $2 and a.status <> 'obsolete')"""


async def ending(pool: asyncpg.Pool, account: UUID, job: UUID, now: datetime) -> Ending | None:
    """An open posting, not past its end, that the account keeps and has not applied for."""
    return maybe(await pool.fetchrow(ENDING, account, job, now), Ending)
