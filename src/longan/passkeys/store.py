"""SQL of the room, each statement above the function that runs it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from longan.db import many, maybe
from longan.passkeys.models import Challenge, Held, Made, Passkey, Shown, Standing

CHALLENGE = """-- passkeys.challenge
insert into passkeys.challenges (digest, purpose, account_id, session_id, ticket, expires_at)
values ($1, $2, $3, $4, $5, $6)"""


async def insert_challenge(conn: asyncpg.Connection, digest: bytes, asked: Challenge, expires_at: datetime) -> None:
    await conn.execute(
        CHALLENGE, digest, asked.purpose, asked.account_id, asked.session_id, asked.ticket, expires_at
    )  # fmt: skip


# One statement, so that of many who answer the same challenge one wins: the others wait for its row and find it used.
USE = """-- passkeys.use
update passkeys.challenges c set used_at = $6
 where c.digest = $1 and c.purpose = $2 and c.account_id is not distinct from $3
   and c.session_id is not distinct from $4 and c.ticket is not distinct from $5
   and c.used_at is null and c.expires_at > $6
returning true"""


async def use(conn: asyncpg.Connection, digest: bytes, asked: Challenge, now: datetime) -> bool:
    """Whether this is the one time that the challenge is answered, by the one it was given to."""
    return bool(
        await conn.fetchval(USE, digest, asked.purpose, asked.account_id, asked.session_id, asked.ticket, now)
    )  # fmt: skip


# Who changes how many passkeys an account has waits for whoever does so already.
HOLD = """-- passkeys.hold
select pg_advisory_xact_lock(hashtextextended('passkeys:' || $1::uuid, 0))"""


async def hold(tx: asyncpg.Connection, account: UUID) -> None:
    """Until the transaction ends nobody else adds or removes a passkey of this account."""
    await tx.execute(HOLD, account)


STANDING = """-- passkeys.standing
select (select count(*)::int from passkeys.credentials c where c.account_id = a.id) as held,
       exists (select from assurance.identities i where i.account_id = a.id and i.confirmed_at is not null)
           as confirmed,
       exists (select from sessions.sessions s
                where s.id = $2 and s.account_id = a.id and s.amr @> array['hwk', 'user']) as by_passkey,
       a.phone_index is not null or exists (select from federation.links l where l.account_id = a.id) as has_other,
       (select max(r.closed_at) from recovery.cases r where r.account_id = a.id and r.state = 'done') as recovered_at
  from identity.accounts a
 where a.id = $1"""


async def standing(conn: asyncpg.Connection, account: UUID, session: UUID | None) -> Standing | None:
    return maybe(await conn.fetchrow(STANDING, account, session), Standing)


LABEL = """-- passkeys.label
select (select p.full_name from people.profiles p where p.account_id = a.id) as full_name, a.phone_cipher
  from identity.accounts a
 where a.id = $1"""


async def label(conn: asyncpg.Connection, account: UUID) -> tuple[str | None, bytes | None]:
    """The full name and the sealed phone of an account."""
    row = await conn.fetchrow(LABEL, account)
    return (None, None) if row is None else (row["full_name"], row["phone_cipher"])


DESCRIBED = """-- passkeys.described
select c.credential_id, c.transports from passkeys.credentials c where c.account_id = $1 order by c.id"""


async def described(conn: asyncpg.Connection, account: UUID) -> list[tuple[bytes, list[str]]]:
    """The ids and transports of an account's passkeys."""
    return [(row["credential_id"], row["transports"]) for row in await conn.fetch(DESCRIBED, account)]


OF_ACCOUNT = """-- passkeys.of_account
select c.id, c.name, c.backed_up, c.created_at, c.last_used_at, c.counter_back_at, c.version
  from passkeys.credentials c
 where c.account_id = $1
 order by c.created_at, c.id"""


async def of_account(conn: asyncpg.Connection, account: UUID) -> list[Passkey]:
    return many(await conn.fetch(OF_ACCOUNT, account), Passkey)


INSERT = """-- passkeys.insert
insert into passkeys.credentials
       (account_id, credential_id, public_key, sign_count, name, transports, backed_up, for_staff, created_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
on conflict on constraint credentials_one_owner do nothing
returning id, name, backed_up, created_at, last_used_at, counter_back_at, version"""


async def insert(
    tx: asyncpg.Connection, account: UUID, made: Made, name: str, transports: Sequence[str], now: datetime, *,
    for_staff: bool,
) -> Passkey | None:  # fmt: skip
    """A new passkey; None when the authenticator's id for it is taken."""
    row = await tx.fetchrow(
        INSERT, account, made.credential_id, made.public_key, made.sign_count, name, transports, made.backed_up,
        for_staff, now,
    )  # fmt: skip
    return maybe(row, Passkey)


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
update passkeys.credentials c set name = $3, version = c.version + 1
 where c.id = $1 and c.account_id = $2 and ($4::int[] is null or c.version = any($4))
returning c.id, c.name, c.backed_up, c.created_at, c.last_used_at, c.counter_back_at, c.version"""


async def rename(
    tx: asyncpg.Connection, passkey: UUID, account: UUID, name: str, versions: list[int] | None
) -> Passkey | None:
    """None when the account has no such passkey, or not in one of these versions."""
    return maybe(await tx.fetchrow(RENAME, passkey, account, name, versions), Passkey)


EXISTS = """-- passkeys.exists
select exists (select from passkeys.credentials c where c.id = $1 and c.account_id = $2)"""


async def exists(conn: asyncpg.Connection, passkey: UUID, account: UUID) -> bool:
    return bool(await conn.fetchval(EXISTS, passkey, account))


REMOVE = """-- passkeys.remove
delete from passkeys.credentials c where c.id = $1 and c.account_id = $2 returning true"""


async def remove(tx: asyncpg.Connection, passkey: UUID, account: UUID) -> bool:
    return bool(await tx.fetchval(REMOVE, passkey, account))


# The tickets are the room's that gives them; which were used is ours to say.
TICKET = """-- passkeys.ticket
select e.account_id
  from staff.enrolments e
 where e.digest = $1 and e.expires_at > $2 and e.used_at is null
   and not exists (select from passkeys.used_tickets u where u.digest = e.digest)"""


async def ticket(conn: asyncpg.Connection, digest: bytes, now: datetime) -> UUID | None:
    """Whose ticket it is, while it is good."""
    found: UUID | None = await conn.fetchval(TICKET, digest, now)
    return found


USE_TICKET = """-- passkeys.use_ticket
insert into passkeys.used_tickets (digest, passkey_id, used_at) values ($1, $2, $3)
on conflict on constraint used_tickets_once do nothing
returning true"""


async def use_ticket(tx: asyncpg.Connection, digest: bytes, passkey: UUID, now: datetime) -> bool:
    """Whether this transaction is the one in which the ticket is used."""
    return bool(await tx.fetchval(USE_TICKET, digest, passkey, now))


PRUNE = """-- passkeys.prune (worker)
delete from passkeys.challenges c where c.expires_at < $1"""


async def prune(pool: asyncpg.Pool, before: datetime) -> None:
    """Forget the challenges that were over before `before`."""
    await pool.execute(PRUNE, before)
