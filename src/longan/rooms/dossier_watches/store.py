"""SQL of the room, each statement above the function that runs it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import asyncpg

from longan.floor.database.db import many, maybe
from longan.floor.database.listing import Listing, listing, newest
from longan.floor.database.page import Cursors
from longan.floor.database.reminders import Writing
from longan.rooms.dossier_watches.models import MOST, Followed, Taken, Watcher, WatchRow, WatchRows

# Whoever is rung for stands before all whose time has come.
RUNG = datetime(2000, 1, 1, tzinfo=UTC)
AT_ONCE = 30
"""How many a worker takes at once, at most."""

_SHOWN = """w.id, w.created_at, w.dossier_id, f.sealed, f.as_of, f.followed_at, f.changed_at, f.answers, f.failures,
       f.ended_at, f.ended_by"""
_FOLLOWED = """f.id, f.source, f.code_sealed, f.sealed, f.as_of, f.followed_at, f.changed_at, f.answers, f.revision,
       f.due_at, f.rings, f.lease, f.failures, f.missing_since, f.ended_at"""

LIST = listing(
    Listing(
        name="dossier_watches.list",
        select=f"""select {_SHOWN}
  from dossier_watches.watches w
  join dossier_watches.followed f on f.id = w.dossier_id
 where w.account_id = {{account_id}}""",
        where={},
        orders={"newest": newest("w.created_at", "w.id")},
    )
)


async def page(conn: asyncpg.Connection, cursors: Cursors, account: UUID, cursor: str | None, limit: int) -> WatchRows:
    """Raises `InvalidRequest` for a cursor of another list."""
    return await LIST.page(conn, cursors, "newest", {"account_id": account}, cursor, limit, WatchRows)


ONE = f"""-- dossier_watches.one
select {_SHOWN}
  from dossier_watches.watches w
  join dossier_watches.followed f on f.id = w.dossier_id
 where w.id = $1 and w.account_id = $2"""


async def one(conn: asyncpg.Connection, watch: UUID, account: UUID) -> WatchRow | None:
    return maybe(await conn.fetchrow(ONE, watch, account), WatchRow)


ANSWERS = """-- dossier_watches.answers
select f.answers from dossier_watches.followed f where f.source = $1 and f.code_index = $2"""


async def answers(conn: asyncpg.Connection, source: str, code_index: bytes) -> int | None:
    """How many answers were taken in of a dossier; None where nobody watches it."""
    found: int | None = await conn.fetchval(ANSWERS, source, code_index)
    return found


ONE_AT_A_TIME = """-- dossier_watches.one_at_a_time
select pg_advisory_xact_lock(hashtextextended('dossier_watches:' || $1::text, 0))"""

FOLLOW = """-- dossier_watches.follow
insert into dossier_watches.followed
    (id, source, code_index, code_sealed, sealed, as_of, followed_at, due_at, ended_at, ended_by, failures)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
    on conflict on constraint followed_once do nothing
returning id"""


async def follow(
    tx: asyncpg.Connection, dossier: UUID, source: str, code_index: bytes, code_sealed: bytes, taken: Taken,
    failures: int, now: datetime,
) -> bool:  # fmt: skip
    """Whether the dossier was not followed before; of two who come at once one is answered so."""
    ended_at = now if taken.ended_by else None
    return (
        await tx.fetchval(
            FOLLOW, dossier, source, code_index, code_sealed, taken.sealed, taken.as_of, now, taken.due_at, ended_at,
            taken.ended_by, failures,
        )
        is not None
    )  # fmt: skip


HOLD = f"""-- dossier_watches.hold
select {_FOLLOWED} from dossier_watches.followed f where f.source = $1 and f.code_index = $2 for update"""


async def hold(tx: asyncpg.Connection, source: str, code_index: bytes) -> Followed | None:
    """The dossier, of which nobody else begins or ends a watch, or takes in an answer, until the transaction ends."""
    return maybe(await tx.fetchrow(HOLD, source, code_index), Followed)


HOLD_ID = f"""-- dossier_watches.hold_id (worker)
select {_FOLLOWED} from dossier_watches.followed f where f.id = $1 for update"""


async def hold_id(tx: Writing, dossier: UUID) -> Followed | None:
    return maybe(await tx.fetchrow(HOLD_ID, dossier), Followed)


WATCH = """-- dossier_watches.watch
insert into dossier_watches.watches (account_id, dossier_id, created_at)
select $1, $2, $3
 where (select count(*) from dossier_watches.watches o where o.account_id = $1) < $4
returning id"""


async def watch(tx: asyncpg.Connection, account: UUID, dossier: UUID, now: datetime) -> UUID | None:
    """The new watch, None where the account has as many as it may. Raises `UniqueViolationError` of `watches_once`."""
    await tx.execute(ONE_AT_A_TIME, str(account))
    made: UUID | None = await tx.fetchval(WATCH, account, dossier, now, MOST)
    return made


HOLD_WATCHED = """-- dossier_watches.hold_watched
select f.id
  from dossier_watches.watches w
  join dossier_watches.followed f on f.id = w.dossier_id
 where w.id = $1 and w.account_id = $2
   for update of f"""

UNWATCH = """-- dossier_watches.unwatch
delete from dossier_watches.watches w where w.id = $1 and w.account_id = $2 returning w.dossier_id"""

LET_GO = """-- dossier_watches.let_go
delete from dossier_watches.followed f
 where f.id = $1 and not exists (select from dossier_watches.watches w where w.dossier_id = f.id)
returning f.id"""


async def unwatch(tx: asyncpg.Connection, watch: UUID, account: UUID) -> UUID | None:
    """The dossier that the account no longer watches; None where it did not."""
    # First its row, which whoever begins to watch it holds too: so the last one who leaves is the last one.
    await tx.execute(HOLD_WATCHED, watch, account)
    left: UUID | None = await tx.fetchval(UNWATCH, watch, account)
    return left


async def let_go(tx: Writing, dossier: UUID) -> bool:
    """Whether nobody watches it any more, and so nothing of it is kept."""
    return await tx.fetchval(LET_GO, dossier) is not None


HEAR = """-- dossier_watches.hear
insert into dossier_watches.heard (source, message, heard_at) values ($1, $2, $3)"""


async def hear(tx: asyncpg.Connection, source: str, message: bytes, now: datetime) -> None:
    """Raises `UniqueViolationError` of `heard_once`."""
    await tx.execute(HEAR, source, message, now)


# What had ended is asked about again: its source says that it goes on.
RING = """-- dossier_watches.ring
update dossier_watches.followed f set rings = f.rings + 1, due_at = $3, ended_at = null, ended_by = null
 where f.source = $1 and f.code_index = $2"""


async def ring(tx: Writing, source: str, code_index: bytes) -> None:
    await tx.execute(RING, source, code_index, RUNG)


# The limit stands in it as a number, so that the plan is one for a few rows.
CLAIM = f"""-- dossier_watches.claim (worker)
with due as (
    select f.id
      from dossier_watches.followed f
     where f.source = $1 and f.due_at <= $2 and (f.leased_until is null or f.leased_until <= $2)
     order by f.due_at
     limit {AT_ONCE}
       for update skip locked),
chosen as (
    select due.id from due limit $5)
update dossier_watches.followed f set lease = $3, leased_until = $4
  from chosen
 where f.id = chosen.id
returning {_FOLLOWED}"""


async def claim(
    pool: asyncpg.Pool, source: str, lease: UUID, until: datetime, most: int, now: datetime
) -> list[Followed]:
    """Take those that are due, the ones that are due longest first, `most` of them (at most AT_ONCE)."""
    return many(await pool.fetch(CLAIM, source, now, lease, until, most), Followed)


TAKE_IN = """-- dossier_watches.take_in (worker)
update dossier_watches.followed f
   set sealed = coalesce($3, f.sealed), as_of = $4, answers = f.answers + 1, revision = f.revision + $7::int,
       changed_at = case when $7 = 1 then $8::timestamptz else f.changed_at end,
       due_at = case when f.rings <> $9 then $10::timestamptz else $5::timestamptz end,
       ended_at = case when f.rings <> $9 or $6::text is null then null else coalesce(f.ended_at, $8) end,
       ended_by = case when f.rings <> $9 then null else $6 end,
       lease = null, leased_until = null, failures = 0,
       missing_since = case when $6 = 'missing' then f.missing_since end
 where f.id = $1 and f.lease is not distinct from $2
returning f.revision"""


async def take_in(
    tx: asyncpg.Pool | Writing, dossier: UUID, lease: UUID | None, rings: int, taken: Taken, now: datetime
) -> int | None:
    """The dossier's revision from now on; None, and nothing has happened, where the lease was not ours any more. Who
    rang since it was claimed has it asked about again."""
    revision: int | None = await tx.fetchval(
        TAKE_IN, dossier, lease, taken.sealed, taken.as_of, taken.due_at, taken.ended_by, int(taken.is_news), now,
        rings, RUNG,
    )  # fmt: skip
    return revision


PUT_OFF = """-- dossier_watches.put_off (worker)
update dossier_watches.followed f
   set failures = f.failures + 1, lease = null, leased_until = null,
       due_at = case when f.rings <> $6 then $5::timestamptz else $3::timestamptz end,
       missing_since = case when $4 then coalesce(f.missing_since, $5) else f.missing_since end
 where f.id = $1 and f.lease = $2"""


async def put_off(
    pool: asyncpg.Pool, dossier: UUID, lease: UUID, rings: int, until: datetime, now: datetime, *, missing: bool
) -> None:
    """Its source did not answer, or knows no such dossier: what was last seen of it stays."""
    await pool.execute(PUT_OFF, dossier, lease, until, missing, now, rings)


GIVE_BACK = """-- dossier_watches.give_back (worker)
update dossier_watches.followed f set lease = null, leased_until = null where f.id = any($1) and f.lease = $2"""


async def give_back(pool: asyncpg.Pool, dossiers: Sequence[UUID], lease: UUID) -> None:
    """They were not asked about, and are due as before."""
    await pool.execute(GIVE_BACK, dossiers, lease)


WATCHERS = """-- dossier_watches.watchers (worker)
select w.id as watch_id, w.account_id from dossier_watches.watches w where w.dossier_id = $1 order by w.account_id"""


async def watchers(tx: Writing, dossier: UUID) -> list[Watcher]:
    """In the order of the accounts, so that two who tell the same people wait for each other and never both."""
    return many(await tx.fetch(WATCHERS, dossier), Watcher)


FORGET = """-- dossier_watches.forget (worker)
with over as (
    select f.id from dossier_watches.followed f where f.ended_at < $1 order by f.ended_at limit $2 for update),
unwatched as (
    delete from dossier_watches.watches w using over where w.dossier_id = over.id)
select over.id from over"""


async def forget(tx: Writing, ended_before: datetime, most: int) -> list[UUID]:
    """End the watches of dossiers that ended long ago; which those are."""
    return [row["id"] for row in await tx.fetch(FORGET, ended_before, most)]


FORGET_HEARD = """-- dossier_watches.forget_heard (worker)
delete from dossier_watches.heard h where h.heard_at < $1"""


async def forget_heard(tx: Writing, before: datetime) -> None:
    await tx.execute(FORGET_HEARD, before)
