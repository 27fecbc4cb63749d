"""SQL of the room, each statement above the function that runs it."""

from datetime import datetime
from uuid import UUID

import asyncpg

from longan.floor.database.db import maybe
from longan.floor.database.listing import Listing, listing, newest
from longan.floor.database.page import Cursors
from longan.rooms.open311_keys.models import Open311Key, Open311KeyIn, Open311KeyPage

COLUMNS = (
    "k.id, k.partner, k.contact, k.hint, k.jurisdictions, k.a_minute, k.a_day, k.given_by, k.given_at, k.revoked_at"
)

KEYS = listing(
    Listing(
        name="open311_keys.keys",
        select=f"select {COLUMNS} from open311_keys.keys k where true",
        where={},
        orders={"newest": newest("k.given_at", "k.id")},
    )
)


async def keys(conn: asyncpg.Connection, cursors: Cursors, cursor: str | None, limit: int) -> Open311KeyPage:
    """Raises `InvalidRequest` for a cursor of another list."""
    return await KEYS.page(conn, cursors, "newest", {}, cursor, limit, Open311KeyPage)


GIVE = f"""-- open311_keys.give
with k as (
    insert into open311_keys.keys (digest, hint, partner, contact, jurisdictions, a_minute, a_day, given_by, given_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    returning *),
told as (
    insert into open311_keys.acts (key_id, act, account_id, reason, at) select k.id, 'given', $8, $10, $9 from k)
select {COLUMNS} from k"""


async def give(
    tx: asyncpg.Connection, digest: bytes, hint: str, given: Open311KeyIn, by: UUID, now: datetime
) -> Open311Key:
    made = maybe(
        await tx.fetchrow(
            GIVE, digest, hint, given.partner, given.contact, given.jurisdictions, given.a_minute, given.a_day, by, now,
            given.reason,
        ),
        Open311Key,
    )  # fmt: skip
    if made is None:
        raise RuntimeError("an insert returned nothing")
    return made


REVOKE = """-- open311_keys.revoke
with k as (
    update open311_keys.keys k set revoked_at = $3 where k.id = $1 and k.revoked_at is null returning k.id),
told as (
    insert into open311_keys.acts (key_id, act, account_id, reason, at) select k.id, 'revoked', $2, $4, $3 from k)
select id from k"""


async def revoke(tx: asyncpg.Connection, key: UUID, by: UUID, reason: str, now: datetime) -> bool:
    """Whether it was good until now."""
    return await tx.fetchval(REVOKE, key, by, now, reason) is not None
