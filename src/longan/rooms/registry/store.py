"""SQL of the room, each statement above the function that runs it."""

from datetime import datetime
from uuid import UUID

import asyncpg

from longan.floor.database.db import maybe
from longan.rooms.registry.models import Check, Question

NEWEST = """-- registry.newest
select c.id, coalesce(c.state, 'not_asked') as state, coalesce(c.opened_at, e.asked_at) as opened_at,
       coalesce(c.tries, 0) as tries, c.tried_at, c.next_try_at, c.last_failure, c.answered_at, c.result, c.sealed,
       coalesce(e.wanted_name, e.name) as name, e.ward_version, e.ward_code,
       exists (select from members.members m where m.employer_id = e.id and m.account_id = $2) as is_member,
       members.belongs($2, e.id) as belongs
  from employers.employers e
  left join registry.checks c on c.employer_id = e.id
 where e.id = $1
 order by c.opened_at desc, c.id desc
 limit 1"""


async def newest(conn: asyncpg.Connection, employer: UUID, viewer: UUID) -> Check | None:
    """The newest question about an employer, None when there is no such employer."""
    return maybe(await conn.fetchrow(NEWEST, employer, viewer), Check)


QUESTION = """-- registry.question (worker)
select c.employer_id, e.tax_code, e.tax_code_cipher, c.tries,
       e.status = 'unverified' or e.wanted_name is not null as wanted
  from registry.checks c
  join employers.employers e on e.id = c.employer_id
 where c.id = $1 and c.state = 'waiting'"""


async def question(pool: asyncpg.Pool, check: UUID) -> Question | None:
    return maybe(await pool.fetchrow(QUESTION, check), Question)


NOT_ASKED = """-- registry.not_asked (worker)
update registry.checks c set state = 'not_asked', next_try_at = null where c.id = $1 and c.state = 'waiting'"""


async def not_asked(pool: asyncpg.Pool, check: UUID) -> None:
    await pool.execute(NOT_ASKED, check)


ANSWERED = """-- registry.answered (worker)
update registry.checks c
   set state = 'answered', answered_at = $4, tried_at = $4, next_try_at = null, last_failure = null, result = $2,
       sealed = $3
 where c.id = $1 and c.state = 'waiting'"""


async def answered(pool: asyncpg.Pool, check: UUID, result: str, sealed: bytes, now: datetime) -> None:
    """Keep what the registry said; the first answer counts."""
    await pool.execute(ANSWERED, check, result, sealed, now)


LATER = """-- registry.later (worker)
update registry.checks c
   set next_try_at = $2, tries = c.tries + ($3::text is not null)::integer, last_failure = coalesce($3, c.last_failure),
       tried_at = case when $3 is not null then $4::timestamptz else c.tried_at end
 where c.id = $1 and c.state = 'waiting'
returning true"""


async def later(
    tx: asyncpg.pool.PoolConnectionProxy, check: UUID, at: datetime, failure: str | None, now: datetime
) -> bool:
    """Whether the question still waits, from now on until then. Without a `failure` it was not tried."""
    return bool(await tx.fetchval(LATER, check, at, failure, now))


OPEN_UNTIL = """-- registry.open_until (worker)
select b.open_until from registry.breakers b where b.provider = 'tax_registry' and b.open_until > $1"""


async def open_until(pool: asyncpg.Pool, now: datetime) -> datetime | None:
    """Until when the registry is left alone, None when it is not."""
    until: datetime | None = await pool.fetchval(OPEN_UNTIL, now)
    return until


FAILED = """-- registry.failed (worker)
insert into registry.breakers as b (provider, failures) values ('tax_registry', 1)
on conflict (provider) do update
   set failures = b.failures + 1,
       open_until = case when b.failures + 1 >= $1 then $2::timestamptz else b.open_until end"""


async def failed(tx: asyncpg.pool.PoolConnectionProxy, failures: int, until: datetime) -> None:
    """The registry failed; after `failures` in a row it is left alone until then."""
    await tx.execute(FAILED, failures, until)


MENDED = """-- registry.mended (worker)
update registry.breakers b set failures = 0, open_until = null where b.provider = 'tax_registry' and b.failures > 0"""


async def mended(pool: asyncpg.Pool) -> None:
    await pool.execute(MENDED)
