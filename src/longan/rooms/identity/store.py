"""SQL of the room, each statement above the function that runs it."""

from datetime import datetime
from uuid import UUID

import asyncpg

from longan.floor.accounts.codes import Challenge
from longan.floor.database.db import maybe

UNSENT = """-- identity.unsent (worker)
select c.id, c.purpose, c.audience, c.account_id, c.about_index, c.phone_index, c.phone_cipher, c.nonce, c.code_key,
       c.key_thumbprint, c.locale, c.failed_by
  from identity.challenges c
 where c.id = $1 and c.sent_at is null and c.used_at is null and c.expires_at > $2"""


async def unsent(pool: asyncpg.Pool, challenge: UUID, now: datetime) -> tuple[Challenge, str | None] | None:
    """A challenge whose code still waits to be sent, and the gateway that has failed to deliver it."""
    row = await pool.fetchrow(UNSENT, challenge, now)
    found = maybe(row, Challenge)
    return None if row is None or found is None else (found, row["failed_by"])


SENT = """-- identity.sent (worker)
update identity.challenges c set sent_at = $2, gateway = $3 where c.id = $1"""


async def sent(pool: asyncpg.Pool, challenge: UUID, gateway: str, now: datetime) -> None:
    await pool.execute(SENT, challenge, now, gateway)


DELIVERED = """-- identity.delivered
update identity.challenges c set delivered_at = $3 where c.id = $1 and c.gateway = $2 and c.delivered_at is null"""


async def delivered(tx: asyncpg.Connection, challenge: UUID, gateway: str, at: datetime) -> None:
    """`at` is when the gateway says it was."""
    await tx.execute(DELIVERED, challenge, gateway, at)


# What waits again to be sent has no `sent_at`; the gateway that failed first is remembered, and is not asked again.
UNDELIVERED = """-- identity.undelivered
update identity.challenges c
   set failed_at = $6, failure = $4,
       failed_by = case when a.again then $2 else c.failed_by end,
       sent_at = case when a.again then null else c.sent_at end
  from (select o.id, $5 and o.failed_by is null and o.used_at is null and o.expires_at > $3 as again
          from identity.challenges o where o.id = $1 for update) a
 where c.id = a.id and c.gateway = $2 and c.sent_at is not null and c.delivered_at is null
returning a.again"""


async def undelivered(
    tx: asyncpg.Connection, challenge: UUID, gateway: str, reason: str, at: datetime, now: datetime, *, again: bool
) -> bool:
    """Whether the message is to be sent `again`: once, and only while its code lives."""
    return bool(await tx.fetchval(UNDELIVERED, challenge, gateway, now, reason, again, at))


IS_TEXT = """-- identity.is_text
select exists (select from fallback.texts t where t.id = $1)"""


async def is_text(tx: asyncpg.Connection, reference: UUID) -> bool:
    """Whether a message stood in for a push."""
    return bool(await tx.fetchval(IS_TEXT, reference))


STILL_WANTED = """-- identity.still_wanted (worker)
select coalesce(notifications.still_wanted($1, 'sms', $2), false)"""


async def still_wanted(pool: asyncpg.Pool, notice: UUID, now: datetime) -> bool:
    return bool(await pool.fetchval(STILL_WANTED, notice, now))


RESTING = """-- identity.resting (worker)
select b.gateway from identity.sms_breaker b where b.open_until > $1"""


async def resting(pool: asyncpg.Pool, now: datetime) -> set[str]:
    """The gateways that are left alone for a while."""
    return {row["gateway"] for row in await pool.fetch(RESTING, now)}


MENDED = """-- identity.mended (worker)
update identity.sms_breaker b set failures = 0, open_until = null where b.gateway = $1 and b.failures > 0"""


async def mended(pool: asyncpg.Pool, gateway: str) -> None:
    """The gateway took a message, so it is well."""
    await pool.execute(MENDED, gateway)


FAILED = """-- identity.failed (worker)
insert into identity.sms_breaker as b (gateway, failures) values ($1, 1)
on conflict (gateway) do update
   set failures = b.failures + 1,
       open_until = case when b.failures + 1 >= $2 then $3::timestamptz else b.open_until end"""


async def failed(pool: asyncpg.Pool, gateway: str, failures: int, open_until: datetime) -> None:
    """The gateway failed; after `failures` in a row it is left alone until `open_until`."""
    await pool.execute(FAILED, gateway, failures, open_until)


USED_SHARE = """-- identity.used_share (worker)
select count(*)::int as sent, count(c.used_at)::int as used
  from identity.challenges c
 where c.expires_at > $1 and c.sent_at > $1"""


async def used_share(pool: asyncpg.Pool, since: datetime) -> tuple[int, int]:
    """How many codes were sent since then, and how many of them were used."""
    (row,) = await pool.fetch(USED_SHARE, since)
    return row["sent"], row["used"]


PRUNE_CHALLENGES = """-- identity.prune_challenges (worker)
delete from identity.challenges c where c.expires_at < $1"""

PRUNE_FAILURES = """-- identity.prune_failures (worker)
delete from identity.code_failures f where f.failed_at < $1"""

PRUNE_WRONG_CODES = """-- identity.prune_wrong_codes (worker)
delete from identity.wrong_codes w where w.minute < $1"""


async def prune(pool: asyncpg.Pool, before: datetime, failures_before: datetime) -> None:
    """Forget the codes that were over before `before`, and the wrong ones for phones before `failures_before`."""
    await pool.execute(PRUNE_CHALLENGES, before)
    await pool.execute(PRUNE_WRONG_CODES, before)
    await pool.execute(PRUNE_FAILURES, failures_before)
