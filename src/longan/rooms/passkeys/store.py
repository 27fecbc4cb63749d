"""SQL of the room, each statement above the function that runs it."""

from datetime import datetime
from uuid import UUID

import asyncpg

from longan.floor.access.tokens import Principal
from longan.floor.database.db import many, maybe
from longan.floor.formats.compact import spelled
from longan.floor.setup.crypto import digest, new_secret
from longan.rooms.passkeys.models import (
    CHALLENGE_LIFE,
    Held,
    Made,
    Passkey,
    PasskeyChallengeOver,
    PasskeyTaken,
    Purpose,
    Shown,
    Standing,
)

ASK = """-- passkeys.ask
insert into passkeys.challenges (digest, purpose, given_to, expires_at) values ($1, $2, $3, $4)"""


async def ask(conn: asyncpg.Connection, purpose: Purpose, given_to: bytes | None, now: datetime) -> str:
    """A new challenge; `given_to` is the session, or the digest of the ticket, that alone may answer it."""
    challenge = new_secret()
    await conn.execute(ASK, digest(challenge), purpose, given_to, now + CHALLENGE_LIFE)
    return challenge


# One statement, so that of many who answer the same challenge one wins: the others wait for its row and find it used.
USE = """-- passkeys.use
update passkeys.challenges c set used_at = $4
 where c.digest = $1 and c.purpose = $2 and c.given_to is not distinct from $3 and c.used_at is null
   and c.expires_at > $4
returning true"""


async def use(
    conn: asyncpg.Connection, challenge: bytes, purpose: Purpose, given_to: bytes | None, now: datetime
) -> None:  # fmt: skip
    """Raises `PasskeyChallengeOver` unless this is the one answer to a challenge of ours, by whom it was given to."""
    if not await conn.fetchval(USE, digest(spelled(challenge)), purpose, given_to, now):
        raise PasskeyChallengeOver


def _mine(me: Principal) -> tuple[UUID, bool]:
    """The account, and for which side of it the caller signed in."""
    return me.account_id, me.audience == "official"


STANDING = """-- passkeys.standing
select (select count(*)::int from passkeys.credentials c where c.account_id = a.id and c.for_staff = $2) as held,
       exists (select from assurance.identities i where i.account_id = a.id and i.confirmed_at is not null)
           as confirmed,
       exists (select from sessions.sessions s
                where s.id = $3 and s.account_id = a.id and s.amr @> array['hwk', 'user']) as by_passkey,
       a.phone_index is not null or exists (select from federation.links l where l.account_id = a.id) as has_other,
       (select max(r.closed_at) from recovery.cases r where r.account_id = a.id and r.state = 'done') as recovered_at
  from identity.accounts a
 where a.id = $1
   and exists (select from sessions.sessions s where s.id = $3 and s.account_id = a.id and s.ended_at is null)"""


async def standing(conn: asyncpg.Connection, me: Principal) -> Standing | None:
    """None for a session that has ended: a process believes in one for a few seconds more (SECURITY S1), which is too
    long where the way in that is added stays."""
    return maybe(await conn.fetchrow(STANDING, *_mine(me), me.session_id), Standing)


LABEL = """-- passkeys.label
select (select p.full_name from people.profiles p where p.account_id = a.id) as full_name, a.phone_cipher
  from identity.accounts a
 where a.id = $1"""


async def label(conn: asyncpg.Connection, account: UUID) -> tuple[str | None, bytes | None]:
    """The full name and the sealed phone of an account."""
    row = await conn.fetchrow(LABEL, account)
    return (None, None) if row is None else (row["full_name"], row["phone_cipher"])


DESCRIBED = """-- passkeys.described
select c.credential_id, c.transports
  from passkeys.credentials c
 where c.account_id = $1 and c.for_staff = $2
 order by c.id"""


async def described(conn: asyncpg.Connection, me: Principal) -> list[tuple[bytes, list[str]]]:
    """The ids and transports of the passkeys."""
    return [(row["credential_id"], row["transports"]) for row in await conn.fetch(DESCRIBED, *_mine(me))]


OF_ACCOUNT = """-- passkeys.of_account
select c.id, c.name, c.backed_up, c.created_at, c.last_used_at, c.counter_back_at, c.version
  from passkeys.credentials c
 where c.account_id = $1 and c.for_staff = $2
 order by c.created_at, c.id"""


async def of_account(conn: asyncpg.Connection, me: Principal) -> list[Passkey]:
    return many(await conn.fetch(OF_ACCOUNT, *_mine(me)), Passkey)


INSERT = """-- passkeys.insert
insert into passkeys.credentials
       (account_id, credential_id, public_key, sign_count, name, transports, backed_up, for_staff, created_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
on conflict on constraint credentials_one_owner do nothing
returning id, name, backed_up, created_at, last_used_at, counter_back_at, version"""


async def insert(
    tx: asyncpg.Connection, account: UUID, made: Made, name: str, now: datetime, *, for_staff: bool
) -> Passkey:
    """Raises `PasskeyTaken` when the authenticator's id for it is."""
    row = await tx.fetchrow(
        INSERT, account, made.credential_id, made.public_key, made.sign_count, name, made.transports, made.backed_up,
        for_staff, now,
    )  # fmt: skip
    passkey = maybe(row, Passkey)
    if passkey is None:
        raise PasskeyTaken
    return passkey


BY_CREDENTIAL = """-- passkeys.by_credential
select c.id, c.account_id, c.public_key, c.for_staff from passkeys.credentials c where c.credential_id = $1"""


async def by_credential(conn: asyncpg.Connection, credential_id: bytes) -> Held | None:
    return maybe(await conn.fetchrow(BY_CREDENTIAL, credential_id), Held)


# A counter that stays at 0 says that there is none (WebAuthn section 6.1.1).
ADVANCE = """-- passkeys.advance
update passkeys.credentials c set sign_count = $3, backed_up = $4, last_used_at = $5
 where c.id = $1 and c.account_id = $2 and (c.sign_count < $3 or c.sign_count = 0 and $3 = 0)
returning true"""


async def advance(tx: asyncpg.Connection, held: Held, shown: Shown, now: datetime) -> bool:
    """Write down that a passkey was used; False when its counter did not go forward, or it is gone."""
    return bool(await tx.fetchval(ADVANCE, held.id, held.account_id, shown.sign_count, shown.backed_up, now))


COUNTER_BACK = """-- passkeys.counter_back
update passkeys.credentials c set counter_back_at = $3, version = c.version + 1
 where c.id = $1 and c.account_id = $2
returning true"""


async def counter_back(conn: asyncpg.Connection, held: Held, now: datetime) -> bool:
    """Write down that a passkey's counter went back; False when it is gone."""
    return bool(await conn.fetchval(COUNTER_BACK, held.id, held.account_id, now))


RENAME = """-- passkeys.rename
update passkeys.credentials c set name = $4, version = c.version + 1
 where c.id = $1 and c.account_id = $2 and c.for_staff = $3 and ($5::int[] is null or c.version = any($5))
returning c.id, c.name, c.backed_up, c.created_at, c.last_used_at, c.counter_back_at, c.version"""


async def rename(
    tx: asyncpg.Connection, passkey: UUID, me: Principal, name: str, versions: list[int] | None
) -> Passkey | None:
    """None when there is no such passkey, or not in one of these versions."""
    return maybe(await tx.fetchrow(RENAME, passkey, *_mine(me), name, versions), Passkey)


EXISTS = """-- passkeys.exists
select exists (select from passkeys.credentials c where c.id = $1 and c.account_id = $2 and c.for_staff = $3)"""


async def exists(conn: asyncpg.Connection, passkey: UUID, me: Principal) -> bool:
    return bool(await conn.fetchval(EXISTS, passkey, *_mine(me)))


REMOVE = """-- passkeys.remove
delete from passkeys.credentials c where c.id = $1 and c.account_id = $2 and c.for_staff = $3"""


async def remove(tx: asyncpg.Connection, passkey: UUID, me: Principal) -> None:
    await tx.execute(REMOVE, passkey, *_mine(me))


REMOVE_OF_STAFF = """-- passkeys.remove_of_staff
delete from passkeys.credentials c where c.account_id = $1 and c.for_staff"""


async def remove_of_staff(tx: asyncpg.Connection, account: UUID) -> None:
    """No passkey opens the account's duty any more."""
    await tx.execute(REMOVE_OF_STAFF, account)


PRUNE = """-- passkeys.prune (worker)
delete from passkeys.challenges c where c.expires_at < $1"""


async def prune(pool: asyncpg.Pool, before: datetime) -> None:
    """Forget the challenges that were over before `before`."""
    await pool.execute(PRUNE, before)
