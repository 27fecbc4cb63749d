"""SQL of the room, each statement above the function that runs it."""

from datetime import datetime
from uuid import UUID

import asyncpg

from longan.floor.access.enrolment import WAIT
from longan.floor.database.db import many, maybe
from longan.rooms.device_keys.models import DeviceKey

# As many as one account can have (enrolment.MOST_KEYS of each standing), so there are no pages.
KEYS = """-- device_keys.keys
select k.thumbprint, case when k.enrolled_at is null then 'waiting' else 'enrolled' end as standing, k.device_name,
       k.platform, k.first_seen_at, k.last_seen_at, k.enrolled_at,
       case when k.enrolled_at is null and not exists (
                 select from assurance.identities i where i.account_id = k.account_id and i.confirmed_at is not null)
            then k.first_seen_at + $3::interval end as waits_until,
       k.thumbprint is not distinct from $2 as this_device
  from device_keys.keys k
 where k.account_id = $1 and k.ended_at is null and ($4::text is null or k.thumbprint = $4)
 order by k.last_seen_at desc, k.thumbprint"""


async def keys(conn: asyncpg.Connection, account: UUID, present: str | None) -> list[DeviceKey]:
    """The keys of an account; `present` is the thumbprint of the caller's own."""
    return many(await conn.fetch(KEYS, account, present, WAIT, None), DeviceKey)


async def key(conn: asyncpg.Connection, account: UUID, present: str | None, thumbprint: str) -> DeviceKey | None:
    return maybe(await conn.fetchrow(KEYS, account, present, WAIT, thumbprint), DeviceKey)


ENROLLED = """-- device_keys.enrolled
select k.enrolled_at is not null
  from device_keys.keys k
 where k.account_id = $1 and k.thumbprint = $2 and k.ended_at is null
   for share"""


async def enrolled(tx: asyncpg.Connection, account: UUID, thumbprint: str) -> bool | None:
    """Whether a key is enrolled, and stays as it is for this transaction; None for one that nobody brought."""
    found: bool | None = await tx.fetchval(ENROLLED, account, thumbprint)
    return found


ENROL = """-- device_keys.enrol
update device_keys.keys k set enrolled_at = $3, enrolled_by = 'device'
 where k.account_id = $1 and k.thumbprint = $2 and k.ended_at is null and k.enrolled_at is null
returning true"""


async def enrol(tx: asyncpg.Connection, account: UUID, thumbprint: str, now: datetime) -> bool:
    """Whether it was this that enrolled the key."""
    return bool(await tx.fetchval(ENROL, account, thumbprint, now))


END = """-- device_keys.end
update device_keys.keys k set ended_at = $3
 where k.account_id = $1 and k.thumbprint = $2 and k.ended_at is null
returning true"""


async def end(tx: asyncpg.Connection, account: UUID, thumbprint: str, now: datetime) -> bool:
    """Whether there was such a key."""
    return bool(await tx.fetchval(END, account, thumbprint, now))


PRUNE = """-- device_keys.prune (worker)
delete from device_keys.keys k where k.last_seen_at < $1 and (k.enrolled_at is null or k.ended_at is not null)"""


async def prune(pool: asyncpg.Pool, before: datetime) -> None:
    """Forget the keys that nobody trusts and nobody brought since `before`."""
    await pool.execute(PRUNE, before)
