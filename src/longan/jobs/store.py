"""SQL of the room, each statement above the function that runs it."""

from datetime import datetime
from uuid import UUID

import asyncpg

from longan.db import many, maybe
from longan.jobs.models import Ending, Job, JobIn, Over, Standing
from longan.pay import Pay
from longan.postings import BRIEF, Status
from longan.search import fold, mark

ONE = f"""-- jobs.one
select j.id, j.status, j.title, j.description,
       {BRIEF},
       j.openings, j.place_source, j.published_at, j.expires_at, j.closed_at,
       j.created_at, j.updated_at, j.version
  from jobs.postings j
  join employers.employers e on e.id = j.employer_id
 where j.id = $1"""


async def one(conn: asyncpg.Connection, job: UUID) -> Job | None:
    """Any posting: for the member who has just changed it."""
    return maybe(await conn.fetchrow(ONE, job), Job)


SHOWN = (
    ONE.replace("jobs.one", "jobs.shown")
    + """
   and (j.published_at is not null and j.status in ('open', 'paused', 'closed', 'expired')
        or exists (select from members.members m where m.employer_id = j.employer_id and m.account_id = $2))"""
)


async def shown(conn: asyncpg.Connection, job: UUID, viewer: UUID | None) -> Job | None:
    """A posting that was published, or any of an employer whose member is asking."""
    return maybe(await conn.fetchrow(SHOWN, job, viewer), Job)


EMPLOYER_OF = """-- jobs.employer_of
select e.name
  from employers.employers e
  join members.members m on m.employer_id = e.id
 where e.id = $1 and m.account_id = $2"""


async def employer_of(tx: asyncpg.Connection, employer: UUID, member: UUID) -> str | None:
    """The name of the member's employer, None when the account is no member."""
    name: str | None = await tx.fetchval(EMPLOYER_OF, employer, member)
    return name


INSERT = """-- jobs.insert
insert into jobs.postings (employer_id, title, description, search_text, title_marked, ward_version, ward_code,
                           province_code, lat, lon, pay_min, pay_max, pay_currency, pay_period, openings, expires_at,
                           created_at, updated_at)
select m.employer_id, $3, $4, $5, $6, u.version, u.code, u.province_code, u.lat, u.lon,
       $8, $9, $10, $11, $12, $13, $14, $14
  from members.members m
  join places.units u on u.version = places.version_on($14::timestamptz) and u.code = $7 and u.level = 'commune'
 where m.employer_id = $1 and m.account_id = $2
returning id"""


async def insert(tx: asyncpg.Connection, member: UUID, job: JobIn, employer_name: str, now: datetime) -> UUID | None:
    """A draft of the member's employer, None when there is no such ward."""
    made: UUID | None = await tx.fetchval(
        INSERT, job.employer_id, member, job.title, job.description, fold(f"{job.title} {employer_name}"),
        mark(job.title), job.ward_code, job.pay.min, job.pay.max, job.pay.currency, job.pay.period, job.openings,
        job.expires_at, now,
    )  # fmt: skip
    return made


STANDING = """-- jobs.standing
select j.status, j.version, j.published_at is not null as was_published, j.expires_at,
       e.name as employer_name, e.status = 'verified' as employer_verified
  from jobs.postings j
  join employers.employers e on e.id = j.employer_id
 where j.id = $1 and exists (select from members.members m where m.employer_id = j.employer_id and m.account_id = $2)
   for no key update of j"""


async def standing(tx: asyncpg.Connection, job: UUID, member: UUID) -> Standing | None:
    """Where the member's posting stands, held until the transaction ends."""
    return maybe(await tx.fetchrow(STANDING, job, member), Standing)


UPDATE = """-- jobs.update
update jobs.postings j
   set title = coalesce($3, title), search_text = coalesce($4, search_text), title_marked = coalesce($5, title_marked),
       description = coalesce($6, description),
       pay_min = case when $7 then $8 else pay_min end, pay_max = case when $7 then $9 else pay_max end,
       pay_currency = coalesce($10, pay_currency), pay_period = coalesce($11, pay_period),
       openings = coalesce($12, openings), expires_at = coalesce($13, expires_at),
       version = version + 1, updated_at = $14
 where j.id = $1
   and exists (select from members.members m where m.employer_id = j.employer_id and m.account_id = $2)"""


async def update(
    tx: asyncpg.Connection, job: UUID, member: UUID, employer_name: str, *, title: str | None,
    description: str | None, pay: Pay | None, openings: int | None, expires_at: datetime | None, now: datetime,
) -> None:  # fmt: skip
    """Change the member's posting; None leaves a column as it is."""
    searched = None if title is None else fold(f"{title} {employer_name}")
    await tx.execute(
        UPDATE, job, member, title, searched, title and mark(title), description, pay is not None, pay and pay.min,
        pay and pay.max, pay and pay.currency, pay and pay.period, openings, expires_at, now,
    )  # fmt: skip


RELOCATE = """-- jobs.relocate
update jobs.postings j
   set ward_version = u.version, ward_code = u.code, province_code = u.province_code, lat = u.lat, lon = u.lon,
       place_source = 'employer'
  from places.units u
 where j.id = $1 and exists (select from members.members m where m.employer_id = j.employer_id and m.account_id = $2)
   and u.version = places.version_on($4::timestamptz) and u.code = $3 and u.level = 'commune'
returning true"""


async def relocate(tx: asyncpg.Connection, job: UUID, member: UUID, ward_code: str, now: datetime) -> bool:
    """Whether there is such a ward, to which the member's posting was moved."""
    return bool(await tx.fetchval(RELOCATE, job, member, ward_code, now))


PUBLISH = """-- jobs.publish
update jobs.postings j set status = 'open', published_at = $3, version = version + 1, updated_at = $3
 where j.id = $1
   and exists (select from members.members m where m.employer_id = j.employer_id and m.account_id = $2)"""


async def publish(tx: asyncpg.Connection, job: UUID, member: UUID, now: datetime) -> None:
    await tx.execute(PUBLISH, job, member, now)


CLOSE = """-- jobs.close
update jobs.postings j set status = 'closed', closed_at = $3, version = version + 1, updated_at = $3
 where j.id = $1
   and exists (select from members.members m where m.employer_id = j.employer_id and m.account_id = $2)"""


async def close(tx: asyncpg.Connection, job: UUID, member: UUID, now: datetime) -> None:
    await tx.execute(CLOSE, job, member, now)


EXPIRE = """-- jobs.expire (worker)
with due as (
    select j.id from jobs.postings j
     where j.status = 'open' and j.expires_at <= $1
     order by j.expires_at
     limit $2
       for no key update skip locked)
update jobs.postings j set status = 'expired', version = j.version + 1, updated_at = $1
  from due
 where j.id = due.id
returning j.id, j.expires_at"""


async def expire(tx: asyncpg.pool.PoolConnectionProxy, now: datetime, most: int) -> list[Over]:
    """Take down at most so many postings that are past their time; which ones."""
    return many(await tx.fetch(EXPIRE, now, most), Over)


ENDING = """-- jobs.ending (worker)
select j.title as job_title, e.name as employer_name,
       array(select m.account_id from members.members m where m.employer_id = j.employer_id) as members
  from jobs.postings j
  join employers.employers e on e.id = j.employer_id
 where j.id = $1 and j.status = $2 and j.expires_at = $3"""


async def ending(pool: asyncpg.Pool, job: UUID, status: Status, expires_at: datetime) -> Ending | None:
    """A posting whose end is that one, None when it has another by now, or another status."""
    return maybe(await pool.fetchrow(ENDING, job, status, expires_at), Ending)
