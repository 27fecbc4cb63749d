"""SQL of the room, each statement above the function that runs it."""

from datetime import date, datetime
from uuid import UUID

import asyncpg

from longan.floor.database.db import many, maybe
from longan.floor.database.listing import Listing, listing, newest
from longan.floor.database.page import Cursors
from longan.rooms.insights.models import Cell, Dimension, EmployerFigures, JobFigures, JobSummaryPage, Row, Told

# Of the postings `p` of the member who asks; $2 is the member, $3 the first day.
VIEWED = """(select coalesce(sum(v.times), 0)::integer from saved_jobs.views v
         where v.posting_id in (select id from p) and v.day >= $3) as views,
       (select count(distinct v.account_id)::integer from saved_jobs.views v
         where v.posting_id in (select id from p) and v.day >= $3) as viewers,
       array(select (v.day, sum(v.times)::integer, count(distinct v.account_id)::integer)::insights.day
               from saved_jobs.views v
              where v.posting_id in (select id from p) and v.day >= $3
              group by v.day order by v.day) as days,
       (select count(*)::integer from saved_jobs.saves s where s.posting_id in (select id from p)) as saves"""

ANSWERED = """(select count(*)::integer from a) as applications,
       array(select (a.status, count(*)::integer)::insights.step from a group by a.status order by a.status)
           as by_status,
       (select count(a.first_at)::integer from a) as answered,
       (select round((percentile_cont(0.5) within group (order by extract(epoch from a.first_at - a.created_at))
                      / 3600)::numeric, 1)::double precision
          from a where a.first_at is not null) as answer_hours"""

# A worker moves an application by withdrawing it: that is no answer.
APPLIED = """select a.status, a.created_at,
               (select min(m.moved_at) from applications.moves m
                 where m.application_id = a.id and m.moved_by <> a.worker_id) as first_at
          from applications.applications a"""

OF_JOB = f"""-- insights.of_job
with p as materialized (
        select j.id, j.status, j.openings, j.filled
          from jobs.postings j
         where j.id = $1
           and exists (select from members.members m where m.employer_id = j.employer_id and m.account_id = $2)),
     a as materialized ({APPLIED} where a.job_id in (select id from p))
select p.id as job_id, p.status, p.openings, p.filled, $3::date as since,
       {VIEWED},
       {ANSWERED}
  from p"""


async def of_job(conn: asyncpg.Connection, job: UUID, member: UUID, since: date) -> JobFigures | None:
    """Figures of the member's posting, None for a stranger's."""
    return maybe(await conn.fetchrow(OF_JOB, job, member, since), JobFigures)


OF_EMPLOYER = f"""-- insights.of_employer
with e as materialized (
        select m.employer_id as id from members.members m where m.employer_id = $1 and m.account_id = $2),
     p as materialized (
        select j.id, j.status, j.expires_at from jobs.postings j where j.employer_id in (select id from e)),
     a as materialized ({APPLIED} where a.employer_id in (select id from e))
select e.id as employer_id, (select count(*)::integer from p) as postings,
       (select count(*)::integer from p where p.status = 'open' and p.expires_at > $4) as open_postings,
       $3::date as since,
       {VIEWED},
       {ANSWERED},
       r.rate as response_rate, r.median_hours as response_hours
  from e
 cross join lateral employers.response(e.id, $4) r"""


async def of_employer(
    conn: asyncpg.Connection, employer: UUID, member: UUID, since: date, now: datetime
) -> EmployerFigures | None:
    """Figures over all postings of the member's employer, None for a stranger's."""
    return maybe(await conn.fetchrow(OF_EMPLOYER, employer, member, since, now), EmployerFigures)


JOBS = listing(
    Listing(
        name="insights.jobs",
        select="""select j.id as job_id, j.id, j.title, j.status, j.created_at, j.published_at, j.openings, j.filled,
       v.views, v.viewers, s.saves, a.applications, a.answered, a.answer_hours
  from jobs.postings j
 cross join lateral (
    select coalesce(sum(v.times), 0)::integer as views, count(distinct v.account_id)::integer as viewers
      from saved_jobs.views v where v.posting_id = j.id) v
 cross join lateral (select count(*)::integer as saves from saved_jobs.saves s where s.posting_id = j.id) s
 cross join lateral (
    select count(*)::integer as applications, count(f.first_at)::integer as answered,
           round((percentile_cont(0.5) within group (order by extract(epoch from f.first_at - a.created_at))
                  / 3600)::numeric, 1)::double precision as answer_hours
      from applications.applications a
      left join lateral (
        select min(m.moved_at) as first_at from applications.moves m
         where m.application_id = a.id and m.moved_by <> a.worker_id) f on true
     where a.job_id = j.id) a
 where j.employer_id = {employer_id}
   and exists (select from members.members m where m.employer_id = j.employer_id and m.account_id = {account_id})""",
        where={},
        orders={"newest": newest("j.created_at", "j.id")},
    )
)


async def of_jobs(
    conn: asyncpg.Connection, cursors: Cursors, employer: UUID, member: UUID, cursor: str | None, limit: int
) -> JobSummaryPage:
    """A page of the postings of the member's employer, none for a stranger. Raises `InvalidRequest` for a cursor of
    another list."""
    values = {"employer_id": employer, "account_id": member}
    return await JOBS.page(conn, cursors, "newest", values, cursor, limit, JobSummaryPage)


IS_MEMBER = """-- insights.is_member
select exists (select from members.members m where m.employer_id = $1 and m.account_id = $2)"""


async def is_member(conn: asyncpg.Connection, employer: UUID, account: UUID) -> bool:
    return bool(await conn.fetchval(IS_MEMBER, employer, account))


# What is open now; by the month what was published then, as long as it was public.
COUNT = """-- insights.count (worker)
with counted as materialized (
    select case $1::text when 'occupation' then left(j.occupation_code, 2) when 'ward' then j.ward_code
                         when 'shift' then j.shift
                         else to_char(j.published_at at time zone 'Asia/Ho_Chi_Minh', 'YYYY-MM') end as key,
           j.employer_id, j.effective_month,
           case when $1 = 'month' then j.openings else j.openings - j.filled end as openings
      from jobs.postings j
     where j.province_code = $2
       and case when $1 = 'month' then j.published_at >= $4 and j.status in ('open', 'paused', 'closed', 'expired')
                else j.status = 'open' and j.expires_at > $3 and j.ward_version = (select places.version_on($3)) end),
own as materialized (
    select c.key, c.employer_id, count(*) as postings, sum(c.openings) as openings, count(c.effective_month) as paid
      from counted c
     group by c.key, c.employer_id),
sums as (
    select o.key, false as is_total, sum(o.postings)::integer as postings, sum(o.openings)::integer as openings,
           (array_agg(o.employer_id))[1:3] as employers, sum(o.paid)::integer as paid,
           coalesce((array_agg(o.employer_id) filter (where o.paid > 0))[1:3], '{}') as paying
      from own o
     group by o.key
     union all
    select null, true, coalesce(sum(o.postings), 0)::integer, coalesce(sum(o.openings), 0)::integer,
           array(select distinct e.employer_id from own e limit 3), coalesce(sum(o.paid), 0)::integer,
           array(select distinct e.employer_id from own e where e.paid > 0 limit 3)
      from own o),
medians as (
    select c.key, grouping(c.key) = 1 as is_total,
           percentile_disc(0.5) within group (order by c.effective_month) as median_month
      from counted c
     where c.effective_month is not null
     group by grouping sets ((c.key), ()))
select s.key, coalesce(o.name, u.name) as name, s.is_total, s.postings, s.openings, s.employers, s.paid, s.paying,
       m.median_month
  from sums s
  left join medians m on m.is_total = s.is_total and m.key is not distinct from s.key
  left join reference.occupations o on $1 = 'occupation' and o.code = s.key
  left join places.units u on $1 = 'ward' and u.version = places.version_on($3) and u.code = s.key"""


async def count(
    tx: asyncpg.pool.PoolConnectionProxy, dimension: Dimension, province_code: str, since: datetime, now: datetime
) -> list[Cell]:
    """The groups of a dimension and their total, as they are: not to be shown. `since` is where months begin."""
    return many(await tx.fetch(COUNT, dimension, province_code, now, since), Cell)


FORGET = """-- insights.forget
delete from insights.market where dimension = $1"""

TELL = """-- insights.tell
insert into insights.market (dimension, part, key, name, postings, openings, median_month, counted_at)
values ($1, $2, $3, $4, $5, $6, $7, $8)"""


async def tell(tx: asyncpg.pool.PoolConnectionProxy, dimension: Dimension, told: Told, now: datetime) -> None:
    """Show this of the dimension from now on."""
    await tx.execute(FORGET, dimension)
    rows: list[tuple[object, ...]] = [
        (dimension, part, None, None, each.postings, each.openings, each.median_month, now)
        for part, each in (("total", told.total), ("rest", told.rest))
        if each is not None
    ]
    rows += [
        (dimension, "group", each.key, each.name, each.postings, each.openings, each.median_month, now)
        for each in told.groups
    ]
    await tx.executemany(TELL, rows)


TOLD = """-- insights.told
select m.part, m.key, m.name, m.postings, m.openings, m.median_month, m.counted_at
  from insights.market m
 where m.dimension = $1
 order by m.postings desc, m.key nulls last"""


async def told(conn: asyncpg.Connection, dimension: Dimension) -> list[Row]:
    return many(await conn.fetch(TOLD, dimension), Row)
