"""SQL of the room, each statement above the function that runs it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from longan.floor.database.db import many, maybe
from longan.rooms.eligibility.models import KeptCase, Listed

PROCEDURES = """-- eligibility.procedures
select p.code, p.name, p.detail ->> 'source_url' as source_url
  from services.procedures p
 where p.code = any($1::text[])"""


async def procedures(conn: asyncpg.Connection, codes: Sequence[str]) -> list[Listed]:
    """Those of them that are known."""
    return many(await conn.fetch(PROCEDURES, codes), Listed)


MINE = """-- eligibility.mine
select c.account_id, c.sealed, k.wrap_key, k.wrapped, k.version as key_version, c.version, c.created_at, c.updated_at
  from eligibility.cases c
  join assurance.person_keys k on k.account_id = c.account_id
 where c.account_id = $1 and eligibility.kept(c.account_id, c.updated_at, $2)"""


async def mine(conn: asyncpg.Connection, account: UUID, now: datetime) -> KeptCase | None:
    """The case of the account, while it consents to our keeping it."""
    return maybe(await conn.fetchrow(MINE, account, now), KeptCase)


KEEP = """-- eligibility.keep
insert into eligibility.cases as c (account_id, sealed, created_at, updated_at) values ($1, $2, $3, $3)
on conflict (account_id) do update
   set sealed = excluded.sealed, updated_at = excluded.updated_at, version = c.version + 1
 where $4::integer[] is null or c.version = any($4)
returning c.version"""


async def keep(
    tx: asyncpg.Connection, account: UUID, sealed: bytes, versions: list[int] | None, now: datetime
) -> int | None:
    """The version that was written; None where there is another one than those expected."""
    written: int | None = await tx.fetchval(KEEP, account, sealed, now, versions)
    return written


DROP = """-- eligibility.drop
delete from eligibility.cases where account_id = $1 returning true"""


async def drop(tx: asyncpg.Connection, account: UUID) -> bool:
    return bool(await tx.fetchval(DROP, account))


FORGET = """-- eligibility.forget (worker)
delete from eligibility.cases c
 where c.updated_at < $1 or not eligibility.kept(c.account_id, c.updated_at, $2)"""


async def forget(tx: asyncpg.pool.PoolConnectionProxy, before: datetime, now: datetime) -> None:
    """Cases that nobody has written since, and those whose consent was withdrawn."""
    await tx.execute(FORGET, before, now)
