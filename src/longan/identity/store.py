"""SQL of the room, each statement above the function that runs it."""

from datetime import datetime
from uuid import UUID

import asyncpg

from longan.db import maybe
from longan.identity.models import Asked, Challenge

# A sealed phone number is bound to the id of its row, so ids are drawn ahead of the insert.
READY = """-- identity.ready
select uuidv7() as id,
       (select b.open_until from identity.sms_breaker b where b.gateway = 'sms' and b.open_until > $1) as open_until"""


async def ready(conn: asyncpg.Connection | asyncpg.Pool, now: datetime) -> tuple[UUID, datetime | None]:
    """An id for what comes next, and until when the SMS gateway is left alone, None when it is not."""
    (row,) = await conn.fetch(READY, now)
    return row["id"], row["open_until"]


CHALLENGE = """-- identity.challenge
insert into identity.challenges (id, purpose, audience, phone_index, phone_cipher, nonce, code_key, locale, created_at,
                                 expires_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"""


async def insert_challenge(
    tx: asyncpg.Connection, challenge: Challenge, created_at: datetime, expires_at: datetime
) -> None:
    await tx.execute(
        CHALLENGE, challenge.id, challenge.purpose, challenge.audience, challenge.phone_index, challenge.phone_cipher,
        challenge.nonce, challenge.code_key, challenge.locale, created_at, expires_at,
    )  # fmt: skip


# A code that was used counts one try too many: the right one.
ASKED = """-- identity.asked
select c.phone_cipher,
       (select coalesce(sum(f.tries - (f.used_at is not null)::int), 0)::int
          from identity.challenges f where f.expires_at > $2::timestamptz) as failures
  from identity.challenges c
 where c.id = $1"""


async def asked(conn: asyncpg.Connection, challenge: UUID, since: datetime) -> Asked | None:
    """Whom a challenge is for, and the wrong codes of all challenges that were alive after `since`."""
    return maybe(await conn.fetchrow(ASKED, challenge, since), Asked)


TRY = """-- identity.try
update identity.challenges c set tries = tries + 1
 where c.id = $1 and c.used_at is null and c.expires_at > $2 and c.tries < $3
returning c.id, c.purpose, c.audience, c.phone_index, c.phone_cipher, c.nonce, c.code_key, c.locale"""


async def count_try(conn: asyncpg.Connection, challenge: UUID, now: datetime, tries: int) -> Challenge | None:
    """The challenge, after one of its `tries` is used up; None when it is over. To be committed before the code is
    compared: a refusal rolls the request's transaction back, and the code could be guessed for ever."""
    return maybe(await conn.fetchrow(TRY, challenge, now, tries), Challenge)


USE = """-- identity.use
update identity.challenges c set used_at = $2 where c.id = $1 and c.used_at is null returning true"""


async def use(tx: asyncpg.Connection, challenge: UUID, now: datetime) -> bool:
    """Whether this transaction is the one in which the code is used."""
    return bool(await tx.fetchval(USE, challenge, now))


UNSENT = """-- identity.unsent (worker)
select c.id, c.purpose, c.audience, c.phone_index, c.phone_cipher, c.nonce, c.code_key, c.locale
  from identity.challenges c
 where c.id = $1 and c.sent_at is null and c.used_at is null and c.expires_at > $2"""


async def unsent(pool: asyncpg.Pool, challenge: UUID, now: datetime) -> Challenge | None:
    """A challenge whose code still waits to be sent."""
    return maybe(await pool.fetchrow(UNSENT, challenge, now), Challenge)


SENT = """-- identity.sent (worker)
with mended as (
    update identity.sms_breaker b set failures = 0, open_until = null where b.gateway = 'sms' and b.failures > 0)
update identity.challenges c set sent_at = $2 where c.id = $1"""


async def sent(pool: asyncpg.Pool, challenge: UUID, now: datetime) -> None:
    """The gateway took the message, so it is well."""
    await pool.execute(SENT, challenge, now)


FAILED = """-- identity.failed (worker)
insert into identity.sms_breaker as b (gateway, failures) values ('sms', 1)
on conflict (gateway) do update
   set failures = b.failures + 1,
       open_until = case when b.failures + 1 >= $1 then $2::timestamptz else b.open_until end"""


async def failed(pool: asyncpg.Pool, failures: int, open_until: datetime) -> None:
    """The gateway failed; after `failures` in a row it is left alone until `open_until`."""
    await pool.execute(FAILED, failures, open_until)


PRUNE_CHALLENGES = """-- identity.prune_challenges (worker)
delete from identity.challenges c where c.expires_at < $1"""


async def prune(pool: asyncpg.Pool, before: datetime) -> None:
    """Forget the codes that were over before `before`."""
    await pool.execute(PRUNE_CHALLENGES, before)
