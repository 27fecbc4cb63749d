"""SQL of the room, each statement above the function that runs it."""

from datetime import date, datetime
from typing import TypeAlias
from uuid import UUID

import asyncpg

from longan.floor.database.db import many, maybe
from longan.floor.pictures.pictures import Reason
from longan.floor.pictures.redrawing import Drawn
from longan.rooms.photos.models import CONSENT, MOST_A_DAY, MOST_BYTES_A_DAY, Leased, Leaving, Stored, UploadIn

Connection: TypeAlias = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy

# Whoever comes second waits for the first one's row: no two of them pass a limit together.
TAKE = """-- photos.take
insert into photos.days as d (account_id, day, uploads, bytes)
values ($1, ($3::timestamptz at time zone 'Asia/Ho_Chi_Minh')::date, 1, $2)
on conflict (account_id, day) do update set uploads = d.uploads + 1, bytes = d.bytes + excluded.bytes
 where d.uploads < $4 and d.bytes + excluded.bytes <= $5
returning true"""


async def take(tx: asyncpg.Connection, account: UUID, size: int, now: datetime) -> bool:
    """Count an upload against the account's day; whether there was room for it."""
    return bool(await tx.fetchval(TAKE, account, size, now, MOST_A_DAY, MOST_BYTES_A_DAY))


INSERT = """-- photos.insert
insert into photos.uploads (id, account_id, purpose, content_type, size, sha256, key, created_at, put_until)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)"""


async def insert(
    tx: asyncpg.Connection, upload: UUID, account: UUID, given: UploadIn, key: str, now: datetime, until: datetime
) -> None:
    await tx.execute(
        INSERT, upload, account, given.purpose, given.content_type, given.size, bytes.fromhex(given.sha256), key, now,
        until,
    )  # fmt: skip


ONE = """-- photos.one
select u.id, u.state, u.reason, u.purpose, u.content_type, u.size, u.key, u.width, u.height,
       case when privacy.consented(u.account_id, $3, $4) then u.lat end as lat,
       case when privacy.consented(u.account_id, $3, $4) then u.lon end as lon,
       u.claimed_at is not null as used, u.created_at
  from photos.uploads u
 where u.id = $1 and u.account_id = $2"""


async def one(conn: asyncpg.Connection, upload: UUID, account: UUID, now: datetime) -> Stored | None:
    return maybe(await conn.fetchrow(ONE, upload, account, CONSENT, now), Stored)


COMPLETE = """-- photos.complete
update photos.uploads u set state = 'pending' where u.id = $1 and u.account_id = $2 and u.state = 'waiting'
returning u.id"""


async def complete(tx: asyncpg.Connection, upload: UUID, account: UUID) -> bool:
    """Whether it was waiting, and is to be looked at now."""
    return await tx.fetchval(COMPLETE, upload, account) is not None


LEAVE = """
insert into photos.leavings as l (key, whole, last_at)
select g.key, {whole}, greatest(g.put_until, {settled}::timestamptz) from gone g
on conflict (key) do update
   set whole = l.whole or excluded.whole, cleared_at = null, last_at = greatest(l.last_at, excluded.last_at)
returning key"""

DELETE = f"""-- photos.delete
with gone as (
    delete from photos.uploads u where u.id = $1 and u.account_id = $2 and u.claimed_at is null
    returning u.key, u.put_until)
{LEAVE.format(whole="true", settled="$3")}"""


async def delete(tx: asyncpg.Connection, upload: UUID, account: UUID, settled: datetime) -> bool:
    """Whether there was one that nobody uses; its objects are left to `clear`."""
    return await tx.fetchval(DELETE, upload, account, settled) is not None


SHOWN = """-- photos.shown
select u.key from photos.uploads u where u.id = $1 and u.is_public"""


async def shown(conn: asyncpg.Connection, photo: UUID) -> str | None:
    """The key of a picture that everybody may see."""
    found: str | None = await conn.fetchval(SHOWN, photo)
    return found


DOWN = """-- photos.down
select s.down_until from photos.storage s where s.down_until > $1"""


async def down_until(conn: asyncpg.Connection, now: datetime) -> datetime | None:
    """Until when the storage is taken to be away; None while it is there."""
    found: datetime | None = await conn.fetchval(DOWN, now)
    return found


HEARD = """-- photos.heard (worker)
update photos.storage s set down_until = $1 where s.down_until is distinct from $1"""


async def heard(pool: asyncpg.Pool, down: datetime | None) -> None:
    await pool.execute(HEARD, down)


LEASE = """-- photos.lease (worker)
update photos.uploads u set tried_at = $2
 where u.id = $1 and u.state = 'pending' and (u.tried_at is null or u.tried_at <= $3)
returning u.account_id, u.content_type, u.size, u.sha256, u.key"""


async def lease(pool: asyncpg.Pool, upload: UUID, now: datetime, before: datetime) -> Leased | None:
    """A pending upload at which no other worker has looked since `before`."""
    return maybe(await pool.fetchrow(LEASE, upload, now, before), Leased)


LEFT = """-- photos.left (worker)
select u.id from photos.uploads u
 where u.state = 'pending' and (u.tried_at is null or u.tried_at <= $1)
 order by u.tried_at nulls first
 limit $2"""


async def left(pool: asyncpg.Pool, before: datetime, most: int) -> list[UUID]:
    """Pending uploads whose storage or worker went away while they were looked at."""
    return [row["id"] for row in await pool.fetch(LEFT, before, most)]


REJECT = f"""-- photos.reject (worker)
with gone as (
    update photos.uploads u set state = 'rejected', reason = $2 where u.id = $1 and u.state = 'pending'
    returning u.key, u.put_until)
{LEAVE.format(whole="true", settled="$3")}"""


async def reject(tx: Connection, upload: UUID, reason: Reason, settled: datetime) -> None:
    await tx.execute(REJECT, upload, reason, settled)


ACCEPT = f"""-- photos.accept (worker)
with gone as (
    update photos.uploads u
       set state = 'clean', width = $2, height = $3, difference_hash = $9,
           lat = case when privacy.consented(u.account_id, $6, $7) then $4::float8 end,
           lon = case when privacy.consented(u.account_id, $6, $7) then $5::float8 end
     where u.id = $1 and u.state = 'pending'
    returning u.key, u.put_until)
{LEAVE.format(whole="false", settled="$8")}"""


async def accept(tx: Connection, upload: UUID, drawn: Drawn, now: datetime, settled: datetime) -> bool:
    """Whether it is still there. Where it was taken is written down with consent only."""
    lat, lon = drawn.location or (None, None)
    values = (drawn.width, drawn.height, lat, lon, CONSENT, now, settled, drawn.difference_hash)
    return await tx.fetchval(ACCEPT, upload, *values) is not None


FORGET_PLACES = """-- photos.forget_places (worker)
update photos.uploads u set lat = null, lon = null
 where u.lat is not null and not privacy.consented(u.account_id, $1, $2)"""


async def forget_places(tx: Connection, now: datetime) -> None:
    """Locations of whoever has taken the consent back."""
    await tx.execute(FORGET_PLACES, CONSENT, now)


UNCLAIMED = f"""-- photos.unclaimed (worker)
with old as (
    select u.id from photos.uploads u
     where u.claimed_at is null and u.created_at <= $1
     order by u.created_at
     limit $3
       for update skip locked),
gone as (
    delete from photos.uploads u using old where u.id = old.id returning u.key, u.put_until)
{LEAVE.format(whole="true", settled="$2")}"""


async def remove_unclaimed(tx: Connection, before: datetime, settled: datetime, most: int) -> int:
    return len(await tx.fetch(UNCLAIMED, before, settled, most))


LEAVINGS = """-- photos.leavings (worker)
select l.key, l.whole, l.last_at <= $1 as last
  from photos.leavings l
 where l.cleared_at is null or l.last_at <= $1
 order by l.last_at
 limit $2"""


async def leavings(pool: asyncpg.Pool, now: datetime, most: int) -> list[Leaving]:
    return many(await pool.fetch(LEAVINGS, now, most), Leaving)


# What was left anew meanwhile has another time, or more to clear, and stays.
CLEARED = """-- photos.cleared (worker)
with over as (
    delete from photos.leavings l where l.key = $1 and l.whole = $2 and $4 and l.last_at <= $3)
update photos.leavings l set cleared_at = $3 where l.key = $1 and l.whole = $2 and not $4"""


async def cleared(pool: asyncpg.Pool, leaving: Leaving, now: datetime) -> None:
    await pool.execute(CLEARED, leaving.key, leaving.whole, now, leaving.last)


PRUNE = """-- photos.prune (worker)
delete from photos.days d where d.day < $1"""


async def prune(tx: Connection, before: date) -> None:
    await tx.execute(PRUNE, before)
