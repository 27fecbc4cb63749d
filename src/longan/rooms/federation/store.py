"""SQL of the room, each statement above the function that runs it."""

from datetime import datetime
from uuid import UUID

import asyncpg

from longan.floor.database.db import many, maybe
from longan.rooms.federation.models import Link, Standing, UnderWay

BEGIN = """-- federation.begin
insert into federation.sign_ins (state_digest, continuation_digest, issuer, audience, nonce, verifier, account_id,
                                 key_thumbprint, created_at, expires_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"""


async def begin(
    conn: asyncpg.Connection, state: bytes, continuation: bytes, under_way: UnderWay, expires_at: datetime
) -> None:
    """`state` and `continuation` are digests."""
    each = under_way
    await conn.execute(
        BEGIN, state, continuation, each.issuer, each.audience, each.nonce, each.verifier, each.account_id,
        each.key_thumbprint, each.created_at, expires_at,
    )  # fmt: skip


# Who knows the state alone, which stood in an address, cannot end another's sign-in.
TAKE = """-- federation.take
delete from federation.sign_ins s
 where s.state_digest = $1 and s.continuation_digest = $2 and s.expires_at > $5
   and s.account_id is not distinct from $3 and (s.key_thumbprint is null or s.key_thumbprint = $4)
returning s.issuer, s.audience, s.nonce, s.verifier, s.account_id, s.key_thumbprint, s.created_at"""


async def take(
    conn: asyncpg.Connection, state: bytes, continuation: bytes, account: UUID | None, key_thumbprint: str | None,
    now: datetime,
) -> UnderWay | None:  # fmt: skip
    """The sign-in that was under way, once. `account` is for whom it was begun, `key_thumbprint` who ends it."""
    return maybe(await conn.fetchrow(TAKE, state, continuation, account, key_thumbprint, now), UnderWay)


ACCOUNT_OF = """-- federation.account_of
select l.account_id from federation.links l where l.issuer = $1 and l.subject_index = $2"""


async def account_of(conn: asyncpg.Connection, issuer: str, subject: bytes) -> UUID | None:
    found: UUID | None = await conn.fetchval(ACCOUNT_OF, issuer, subject)
    return found


# Whichever of the two constraints stands against it: nothing of another's is ever changed.
LINK = """-- federation.link
insert into federation.links (account_id, issuer, subject_index, linked_at) values ($1, $2, $3, $4)
on conflict do nothing
returning id"""


async def link(tx: asyncpg.Connection, account: UUID, issuer: str, subject: bytes, now: datetime) -> UUID | None:
    """The new link; None when the subject belongs to an account, or the account has a subject there."""
    made: UUID | None = await tx.fetchval(LINK, account, issuer, subject, now)
    return made


LINKS = """-- federation.links
select l.issuer, l.linked_at from federation.links l where l.account_id = $1 order by l.linked_at, l.id"""


async def links(conn: asyncpg.Connection, account: UUID) -> list[Link]:
    return many(await conn.fetch(LINKS, account), Link)


STANDING = """-- federation.standing
select a.phone_cipher,
       (select count(*) from passkeys.credentials c where c.account_id = a.id and not c.for_staff) as passkeys
  from identity.accounts a
 where a.id = $1"""


async def standing(conn: asyncpg.Connection, account: UUID) -> Standing | None:
    return maybe(await conn.fetchrow(STANDING, account), Standing)


UNLINK = """-- federation.unlink
delete from federation.links l where l.account_id = $1 and l.issuer = $2 returning l.id"""


async def unlink(tx: asyncpg.Connection, account: UUID, issuer: str) -> bool:
    return await tx.fetchval(UNLINK, account, issuer) is not None


CONFIRMED = """-- federation.confirmed
select i.number_index from assurance.identities i where i.account_id = $1 and i.confirmed_at is not null"""


async def confirmed(conn: asyncpg.Connection, account: UUID) -> bytes | None:
    """Under what the personal number of an account's confirmed identity is filed; None while it has none."""
    found: bytes | None = await conn.fetchval(CONFIRMED, account)
    return found


KEEP_CLAIMS = """-- federation.keep_claims
insert into federation.claims (id, account_id, issuer, acr, sealed, created_at) values ($1, $2, $3, $4, $5, $6)"""


async def keep_claims(
    tx: asyncpg.Connection, claims: UUID, account: UUID, issuer: str, acr: int, sealed: bytes, now: datetime
) -> None:
    await tx.execute(KEEP_CLAIMS, claims, account, issuer, acr, sealed, now)


PRUNE_SIGN_INS = """-- federation.prune_sign_ins (worker)
delete from federation.sign_ins s where s.expires_at < $1"""

PRUNE_CLAIMS = """-- federation.prune_claims (worker)
delete from federation.claims c where c.created_at < $1"""


async def prune(pool: asyncpg.Pool, now: datetime, claims_before: datetime) -> None:
    await pool.execute(PRUNE_SIGN_INS, now)
    await pool.execute(PRUNE_CLAIMS, claims_before)
