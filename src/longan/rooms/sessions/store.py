"""SQL of the room, each statement above the function that runs it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from longan.floor.access.entrance import IDLE, IDLE_ADMINISTRATOR, Session
from longan.floor.database.db import many, maybe
from longan.rooms.sessions.models import Expiring, OwnSession, Reused

# One statement, so that of many who come with the same token one wins: the others wait for its row, then find it spent.
ROTATE = """-- sessions.rotate
with spent as (
    update sessions.refresh_tokens t set used_at = $2, successor = $3
      from sessions.sessions s
      join identity.accounts a on a.id = s.account_id
     where t.digest = $1 and t.used_at is null and s.id = t.session_id
       and s.ended_at is null and s.idle_expires_at > $2 and s.expires_at > $2 and a.disabled_at is null
       and (s.key_thumbprint is null or s.key_thumbprint = $4)
    returning t.session_id),
moved as (
    update sessions.sessions s
       set last_used_at = $2,
           idle_expires_at = least(s.expires_at, $2 + case
               when s.audience = 'app' then $5::interval
               when exists (select from identity.roles r
                             where r.account_id = s.account_id and r.role = 'administrator'
                               and (r.ends_at is null or r.ends_at > $2)) then $7::interval
               else $6::interval end)
      from spent
     where s.id = spent.session_id and s.ended_at is null
    returning s.id, s.account_id, s.audience, s.acr, s.amr, s.signed_in_at, s.key_thumbprint),
next as (
    insert into sessions.refresh_tokens (digest, session_id, created_at) select $3, m.id, $2 from moved m)
select m.id, m.account_id, m.audience, m.acr, m.amr, m.signed_in_at, m.key_thumbprint from moved m"""


async def rotate(
    conn: asyncpg.Connection, spent: bytes, following: bytes, key_thumbprint: str | None, now: datetime
) -> Session | None:
    """The session of a refresh token that was still good; `following` is the digest of the one that replaces it."""
    row = await conn.fetchrow(
        ROTATE, spent, now, following, key_thumbprint, IDLE["app"], IDLE["official"], IDLE_ADMINISTRATOR
    )
    return maybe(row, Session)


# One statement, as above: of many who come again at once without a key, one has the answer.
REPEAT = """-- sessions.repeat
update sessions.refresh_tokens t set repeated_at = $4
  from sessions.refresh_tokens f, sessions.sessions s, identity.accounts a
 where t.digest = $1 and t.used_at > $2 and t.successor = any($3)
   and f.digest = t.successor and f.used_at is null and s.id = t.session_id and a.id = s.account_id
   and s.ended_at is null and s.idle_expires_at > $4 and s.expires_at > $4 and a.disabled_at is null
   and (s.key_thumbprint = $5 or s.key_thumbprint is null and t.repeated_at is null)
returning s.id, s.account_id, s.audience, s.acr, s.amr, s.signed_in_at, s.key_thumbprint, t.successor"""


async def repeat(
    conn: asyncpg.Connection, spent: bytes, since: datetime, successors: Mapping[bytes, str],
    key_thumbprint: str | None, now: datetime,
) -> tuple[Session, str] | None:  # fmt: skip
    """The session of a token that was spent after `since`, and the one of `successors` (by digest) that replaced it and
    has not been used itself; for a session without a key once."""
    row = await conn.fetchrow(REPEAT, spent, since, list(successors), now, key_thumbprint)
    session = maybe(row, Session)
    return None if row is None or session is None else (session, successors[row["successor"]])


END_REUSED = """-- sessions.end_reused
update sessions.sessions s set ended_at = $2, end_reason = 'refresh_token_reused'
  from sessions.refresh_tokens t
 where t.digest = $1 and t.used_at is not null and s.id = t.session_id and s.ended_at is null
returning s.id, s.account_id"""


async def end_reused(tx: asyncpg.Connection, digest: bytes, now: datetime) -> Reused | None:
    """End the session of a refresh token that was spent before: which one it was, None when nothing was left to end."""
    return maybe(await tx.fetchrow(END_REUSED, digest, now), Reused)


END = """-- sessions.end
update sessions.sessions s set ended_at = $4, end_reason = 'signed_out'
 where s.ended_at is null
   and (s.id = $1 and s.account_id = $2
        or s.id = (select t.session_id from sessions.refresh_tokens t where t.digest = $3))
returning s.id"""


async def end(
    conn: asyncpg.Connection, session: UUID | None, account: UUID | None, digest: bytes | None, now: datetime
) -> list[UUID]:
    """End the account's session and that of a refresh token; which ones were still going on."""
    return [row["id"] for row in await conn.fetch(END, session, account, digest, now)]


OWN = """-- sessions.own
select s.id, s.audience, s.device_name, s.platform, s.id = $2 as current, s.acr,
       s.key_thumbprint is not null as key_bound, s.signed_in_at, s.last_used_at,
       least(s.idle_expires_at, s.expires_at) as expires_at, s.version
  from sessions.sessions s
 where s.account_id = $1 and s.ended_at is null and s.idle_expires_at > $3 and s.expires_at > $3
   and ($4::uuid is null or s.id = $4)
 order by s.last_used_at desc, s.id desc"""


async def own(
    conn: asyncpg.Connection, account: UUID, current: UUID, now: datetime, only: UUID | None = None
) -> list[OwnSession]:
    """The account's sessions that go on, or that one."""
    return many(await conn.fetch(OWN, account, current, now, only), OwnSession)


NAME = """-- sessions.name
update sessions.sessions s set device_name = $4, version = s.version + 1
 where s.id = $1 and s.account_id = $2 and s.ended_at is null and ($3::int[] is null or s.version = any($3))
returning s.id"""


async def name(
    tx: asyncpg.Connection, session: UUID, account: UUID, versions: Sequence[int] | None, device_name: str
) -> bool:
    """Whether the session stood at one of `versions` (None: at any) and has its name."""
    return await tx.fetchval(NAME, session, account, versions, device_name) is not None


END_ONE = """-- sessions.end_one
update sessions.sessions s set ended_at = $3, end_reason = 'ended_by_owner'
 where s.id = $1 and s.account_id = $2 and s.ended_at is null and s.idle_expires_at > $3 and s.expires_at > $3
returning s.id"""


async def end_one(conn: asyncpg.Connection, session: UUID, account: UUID, now: datetime) -> bool:
    """Whether it was still going on."""
    return await conn.fetchval(END_ONE, session, account, now) is not None


# Only of phones: an official's session is over in minutes.
EXPIRING = """-- sessions.expiring (worker)
update sessions.sessions s set expiry_told = least(s.idle_expires_at, s.expires_at)
 where s.id in (select due.id
                  from sessions.sessions due
                 where due.ended_at is null and due.audience = 'app'
                   and least(due.idle_expires_at, due.expires_at) > $1
                   and least(due.idle_expires_at, due.expires_at) <= $2
                   and due.expiry_told is distinct from least(due.idle_expires_at, due.expires_at)
                 order by least(due.idle_expires_at, due.expires_at)
                 limit $3
                   for update skip locked)
returning s.id, s.account_id, s.expiry_told as at"""


async def expiring(tx: asyncpg.pool.PoolConnectionProxy, now: datetime, until: datetime, most: int) -> list[Expiring]:
    """At most so many sessions that end before `until` and whose owner was not told; now they count as told."""
    return many(await tx.fetch(EXPIRING, now, until, most), Expiring)


END_EXPIRED = """-- sessions.end_expired (worker)
update sessions.sessions s set ended_at = least(s.idle_expires_at, s.expires_at), end_reason = 'expired'
 where s.ended_at is null and least(s.idle_expires_at, s.expires_at) <= $1"""

PRUNE_REFRESH_TOKENS = """-- sessions.prune_refresh_tokens (worker)
delete from sessions.refresh_tokens t
 using sessions.sessions s
 where s.id = t.session_id and least(s.ended_at, s.idle_expires_at, s.expires_at) < $1"""


async def prune(tx: asyncpg.pool.PoolConnectionProxy, now: datetime, before: datetime) -> None:
    """Say of the sessions whose time is over that they ended, and forget the refresh tokens of those that ended
    `before`; the sessions stay as the record of who signed in."""
    await tx.execute(END_EXPIRED, now)
    await tx.execute(PRUNE_REFRESH_TOKENS, before)
