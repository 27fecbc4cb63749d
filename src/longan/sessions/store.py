"""SQL of the room, each statement above the function that runs it."""

from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from longan.db import maybe
from longan.entrance import Session

# One statement, so that of many who come with the same token one wins: the others wait for its row, then find it spent.
ROTATE = """-- sessions.rotate
with spent as (
    update sessions.refresh_tokens t set used_at = $2
      from sessions.sessions s
      join identity.accounts a on a.id = s.account_id
     where t.digest = $1 and t.used_at is null and s.id = t.session_id
       and s.ended_at is null and s.idle_expires_at > $2 and s.expires_at > $2 and a.disabled_at is null
    returning t.session_id),
moved as (
    update sessions.sessions s
       set last_used_at = $2,
           idle_expires_at = least(s.expires_at,
                                   $2 + case s.audience when 'app' then $4::interval else $5::interval end)
      from spent
     where s.id = spent.session_id and s.ended_at is null
    returning s.id, s.account_id, s.audience, s.acr, s.signed_in_at, s.key_thumbprint),
next as (
    insert into sessions.refresh_tokens (digest, session_id, created_at) select $3, m.id, $2 from moved m)
select m.id, m.account_id, m.audience, m.acr, m.signed_in_at, m.key_thumbprint from moved m"""


async def rotate(
    conn: asyncpg.Connection, spent: bytes, following: bytes, now: datetime, idle_app: timedelta,
    idle_official: timedelta,
) -> Session | None:  # fmt: skip
    """The session of a refresh token that was still good; `following` is the digest of the one that replaces it."""
    return maybe(await conn.fetchrow(ROTATE, spent, now, following, idle_app, idle_official), Session)


END_REUSED = """-- sessions.end_reused
update sessions.sessions s set ended_at = $2, end_reason = 'refresh_token_reused'
  from sessions.refresh_tokens t
 where t.digest = $1 and t.used_at is not null and s.id = t.session_id and s.ended_at is null
returning s.id"""


async def end_reused(conn: asyncpg.Connection, digest: bytes, now: datetime) -> UUID | None:
    """End the session of a refresh token that was spent before: which one it was, None when nothing was left to end."""
    found: UUID | None = await conn.fetchval(END_REUSED, digest, now)
    return found


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


PRUNE_REFRESH_TOKENS = """-- sessions.prune_refresh_tokens (worker)
delete from sessions.refresh_tokens t
 using sessions.sessions s
 where s.id = t.session_id and least(s.ended_at, s.idle_expires_at, s.expires_at) < $1"""


async def prune(pool: asyncpg.Pool, before: datetime) -> None:
    """Forget the refresh tokens that were over before `before`; the sessions stay as the record of who signed in."""
    await pool.execute(PRUNE_REFRESH_TOKENS, before)
