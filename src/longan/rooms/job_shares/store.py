"""SQL of the room, each statement above the function that runs it."""

from datetime import datetime
from uuid import UUID

import asyncpg

STANDING = """-- job_shares.standing
select j.status = 'open' and j.expires_at > $2 as is_open, j.expires_at
  from jobs.postings j
 where j.id = $1 and j.published_at is not null and j.status in ('open', 'paused', 'closed', 'expired')"""


async def standing(tx: asyncpg.Connection, job: UUID, now: datetime) -> asyncpg.Record | None:
    """Whether a public posting `is_open`, and when it ends."""
    return await tx.fetchrow(STANDING, job, now)


# Who comes second finds the code of the first only with their next question.
SHARE = """-- job_shares.share
with made as (
    insert into job_shares.shares (posting_id, code, shared_at) values ($1, $2, $3)
    on conflict do nothing
    returning code)
select code from made
 union all
select s.code from job_shares.shares s where s.posting_id = $1
 limit 1"""


async def share(tx: asyncpg.Connection, job: UUID, code: str, now: datetime) -> str | None:
    """The code of the posting, `code` where it had none; None when `code` is that of another posting, or somebody has
    made one at this moment."""
    found: str | None = await tx.fetchval(SHARE, job, code, now)
    return found


JOB = """-- job_shares.job
select s.posting_id from job_shares.shares s where s.code = $1"""


async def job(conn: asyncpg.Connection, code: str) -> UUID | None:
    found: UUID | None = await conn.fetchval(JOB, code)
    return found


# No more a day than anybody could wish to boast of.
OPENED = """-- job_shares.opened
with shared as (
    select s.posting_id, j.status = 'open' and j.expires_at > $2 as is_open
      from job_shares.shares s
      join jobs.postings j on j.id = s.posting_id
     where s.code = $1),
counted as (
    insert into job_shares.opens as o (posting_id, day, times)
    select s.posting_id, ($2::timestamptz at time zone 'Asia/Ho_Chi_Minh')::date, 1 from shared s where s.is_open
    on conflict (posting_id, day) do update set times = least(o.times + 1, 1000000))
select true from shared"""


async def opened(tx: asyncpg.Connection, code: str, now: datetime) -> bool:
    """Count that the link was opened, while its posting is open. Whether there is such a link."""
    return bool(await tx.fetchval(OPENED, code, now))


FIGURES = """-- job_shares.figures
select s.code, coalesce(sum(o.times), 0)::int as opens,
       coalesce(sum(o.times) filter (
           where o.day > ($3::timestamptz at time zone 'Asia/Ho_Chi_Minh')::date - 30), 0)::int as lately
  from job_shares.shares s
  join jobs.postings j on j.id = s.posting_id
  join members.members m on m.employer_id = j.employer_id and m.account_id = $2
  left join job_shares.opens o on o.posting_id = s.posting_id
 where s.posting_id = $1
 group by s.code"""


async def figures(conn: asyncpg.Connection, job: UUID, member: UUID, now: datetime) -> asyncpg.Record | None:
    """For a member of the posting's employer; None when nobody has passed it on."""
    return await conn.fetchrow(FIGURES, job, member, now)
