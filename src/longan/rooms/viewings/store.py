"""SQL of the room, each statement above the function that runs it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from longan.floor.database.db import many, maybe
from longan.floor.database.listing import Listing, listing, newest
from longan.floor.database.page import Cursors
from longan.rooms.viewings.models import (
    Kept,
    Sent,
    Side,
    Standing,
    Status,
    Told,
    ViewingIn,
    ViewingPage,
    Wanted,
)

# The requests of one account are counted one after the other: two at once would both be the last that is allowed.
ONE_AT_A_TIME = """-- viewings.one_at_a_time
select pg_advisory_xact_lock(hashtextextended('viewings:' || $1::text, 0))"""


async def alone(tx: asyncpg.Connection, account: UUID) -> None:
    """Until the transaction ends nobody else asks for this account."""
    await tx.execute(ONE_AT_A_TIME, str(account))


# Whoever wants to hear nothing of an employer finds none of its rooms, and nobody any of a suspended one.
WANTED = """-- viewings.wanted
select l.owner_id, l.employer_id,
       coalesce(l.owner_id = $2, false)
       or l.employer_id is not null and members.belongs($2, l.employer_id) as own,
       l.kind <> 'project' and l.owner_id is not null
       and (l.employer_id is not null
            or exists (select from identity.accounts a where a.id = l.owner_id and a.disabled_at is null)) as taken
  from housing.listings l
 where l.id = $1 and l.status = 'open' and l.stale_at > $3
   and not (l.employer_id is not null and privacy.blocked($2, l.employer_id))
   and not exists (select from employers.employers e where e.id = l.employer_id and e.status = 'suspended')
   for share of l"""


async def wanted(tx: asyncpg.Connection, listing_id: UUID, account: UUID, now: datetime) -> Wanted | None:
    """A listing that is shown, held open until the transaction ends."""
    return maybe(await tx.fetchrow(WANTED, listing_id, account, now), Wanted)


SENT = """-- viewings.sent
select r.created_at,
       case when $4::uuid is not null then r.employer_id is not distinct from $4
            else r.employer_id is null and r.owner_id = $3 end as same_owner
  from viewings.requests r
 where r.worker_id = $1 and r.created_at > $2
 order by r.created_at desc"""


async def sent(tx: asyncpg.Connection, worker: UUID, since: datetime, owner: UUID, employer: UUID | None) -> list[Sent]:
    """What the account has asked for since, the latest first."""
    return many(await tx.fetch(SENT, worker, since, owner, employer), Sent)


OPEN = """-- viewings.open
select r.id from viewings.requests r
 where r.listing_id = $1 and r.worker_id = $2 and r.status in ('requested', 'moved', 'accepted')"""


async def open_one(tx: asyncpg.Connection, listing_id: UUID, worker: UUID) -> UUID | None:
    """The request for that listing that the account has still open."""
    found: UUID | None = await tx.fetchval(OPEN, listing_id, worker)
    return found


REQUEST = """-- viewings.request
insert into viewings.requests
    (id, listing_id, owner_id, employer_id, worker_id, times, last_time, people, note, created_at, updated_at)
values (coalesce($1, uuidv7()), $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)
returning id"""


async def request(
    tx: asyncpg.Connection, listing_id: UUID, found: Wanted, worker: UUID, given: ViewingIn, now: datetime
) -> UUID:
    """Raises `asyncpg.UniqueViolationError` for a second open one, and for an id that is taken."""
    made: UUID = await tx.fetchval(
        REQUEST, given.id, listing_id, found.owner_id, found.employer_id, worker, sorted(given.times),
        max(given.times), given.people, given.note, now,
    )  # fmt: skip
    return made


BEFORE = """-- viewings.before
select r.id, r.listing_id from viewings.requests r where r.id = $1 and r.worker_id = $2"""


async def listing_of(tx: asyncpg.Connection, identifier: UUID, worker: UUID) -> UUID | None:
    """For which listing the account has sent that request before."""
    row = await tx.fetchrow(BEFORE, identifier, worker)
    return None if row is None else row["listing_id"]


STANDING = """-- viewings.standing
select r.id, r.listing_id, r.worker_id, viewings.side_of(r, $2) as side, r.status, r.times, r.times_of, r.agreed_for,
       r.version,
       l.status in ('open', 'stale', 'in_review')
       and not (r.employer_id is not null and privacy.blocked(r.worker_id, r.employer_id)) as is_open
  from viewings.requests r
  join housing.listings l on l.id = r.listing_id
 where r.id = $1 and (r.worker_id = $2 or viewings.side_of(r, $2) is not null)
   for no key update of r for share of l"""


async def standing(tx: asyncpg.Connection, identifier: UUID, account: UUID) -> Standing | None:
    """A request of the account's, on whichever side, held until the transaction ends."""
    return maybe(await tx.fetchrow(STANDING, identifier, account), Standing)


# Where the worker accepts, the number is that of whoever offered the times, or of a colleague where they have left.
STEP = """-- viewings.step
update viewings.requests r
   set status = $3, moved_by = $4, version = r.version + 1, updated_at = $5,
       times = coalesce($6, r.times), last_time = coalesce($7, r.last_time),
       times_of = case when $6::timestamptz[] is null then r.times_of else $4 end,
       agreed_for = $8,
       note = coalesce($9, r.note), reason = $10,
       contact_id = case when $3 <> 'accepted' then null
                         when $4 = 'owner' then $2
                         else coalesce((select m.account_id from members.members m
                                         where m.employer_id = r.employer_id
                                         order by m.account_id = r.answered_by desc, m.account_id = r.owner_id desc,
                                                  m.account_id
                                         limit 1), r.answered_by, r.owner_id) end,
       answered_at = case when $4 = 'owner' then coalesce(r.answered_at, $5) else r.answered_at end,
       answered_by = case when $4 = 'owner' then $2 else r.answered_by end
 where r.id = $1 and (r.worker_id = $2 or viewings.side_of(r, $2) is not null)
returning r.version"""


async def step(
    tx: asyncpg.Connection, identifier: UUID, account: UUID, to: Status, side: Side, now: datetime, *,
    times: Sequence[datetime] | None = None, agreed_for: datetime | None = None, note: str | None = None,
    reason: str | None = None,
) -> int:  # fmt: skip
    """Bring a request there, which the caller holds; its version then."""
    last = agreed_for if agreed_for is not None else None if times is None else max(times)
    made: int = await tx.fetchval(
        STEP, identifier, account, to, side, now, None if times is None else sorted(times), last, agreed_for, note,
        reason,
    )  # fmt: skip
    return made


# The number of the owner is that of whoever has accepted, else of whoever answered or wrote the listing.
ONE = """-- viewings.one
select r.id, r.listing_id as housing_id, l.title as housing_title, s.side, r.status, r.times, r.times_of, r.agreed_for,
       r.people, r.note, r.reason, r.created_at, r.updated_at, r.version, viewings.shows_numbers(r, $3) as can_call,
       o.id as other_id,
       case when o.disabled_at is null and (s.side = 'owner' or viewings.side_of(r, o.id) = 'owner')
            then o.phone_cipher end as other_cipher
  from viewings.requests r
  join housing.listings l on l.id = r.listing_id
 cross join lateral (select viewings.side_of(r, $2) as side) s
  join identity.accounts o
    on o.id = case when s.side = 'owner' then r.worker_id else coalesce(r.contact_id, r.answered_by, r.owner_id) end
 where r.id = $1 and (r.worker_id = $2 or viewings.side_of(r, $2) is not null)"""


async def one(conn: asyncpg.Connection, identifier: UUID, account: UUID, now: datetime) -> Kept | None:
    """A request of the account's, on whichever side."""
    return maybe(await conn.fetchrow(ONE, identifier, account, now), Kept)


# Whose turn it is: whoever did not offer the times.
_ITEM = """select r.id, r.listing_id as housing_id, l.title as housing_title, {side} as side, r.status,
       r.status in ('requested', 'moved') and r.times_of <> {side} as your_turn, r.times, r.agreed_for, r.people,
       r.created_at, r.updated_at, r.version
  from viewings.requests r
  join housing.listings l on l.id = r.listing_id"""
_WHERE = {"status": "r.status = any({status})"}
_ORDERS = {"newest": newest("r.created_at", "r.id")}

SENT_ONES = listing(
    Listing(
        name="viewings.sent_ones",
        select=_ITEM.replace("{side}", "'worker'") + "\n where r.worker_id = {account_id}",
        where=_WHERE, orders=_ORDERS,
    )
)  # fmt: skip
RECEIVED = listing(
    Listing(
        name="viewings.received",
        select=_ITEM.replace("{side}", "'owner'")
        + """
 where (r.employer_id is null and r.owner_id = {account_id}
        or r.employer_id = any(array(
            select m.employer_id from members.members m where m.account_id = {account_id})))""",
        where={**_WHERE, "housing": "r.listing_id = {housing}"}, orders=_ORDERS,
    )
)  # fmt: skip


async def page(
    conn: asyncpg.Connection, cursors: Cursors, account: UUID, side: Side, filters: dict[str, Any],
    cursor: str | None, limit: int,
) -> ViewingPage:  # fmt: skip
    """Requests the account has sent, or has to answer. Raises `InvalidRequest` for a foreign cursor."""
    values = {"account_id": account, **{name: value for name, value in filters.items() if value is not None}}
    asked = SENT_ONES if side == "worker" else RECEIVED
    return await asked.page(conn, cursors, "newest", values, cursor, limit, ViewingPage)


TOLD = """-- viewings.told (worker)
select l.title as housing_title, r.status, r.moved_by, r.version, r.agreed_for, r.worker_id, r.employer_id,
       case when r.employer_id is null then array[r.owner_id]
            else array(select m.account_id from members.members m where m.employer_id = r.employer_id) end as owners
  from viewings.requests r
  join housing.listings l on l.id = r.listing_id
 where r.id = $1"""


async def told(pool: asyncpg.Pool, identifier: UUID) -> Told | None:
    return maybe(await pool.fetchrow(TOLD, identifier), Told)


# What waits for another process is left to it.
END = """-- viewings.end (worker)
with due as (
    select r.id, case when l.status not in ('open', 'stale', 'in_review') then 'ended'
                      when r.status = 'accepted' then 'over' else 'lapsed' end as status
      from viewings.requests r
      join housing.listings l on l.id = r.listing_id
     where r.status in ('requested', 'moved', 'accepted')
       and (l.status not in ('open', 'stale', 'in_review')
            or r.last_time <= case when r.status = 'accepted' then $1::timestamptz - interval '1 day' else $1 end)
     order by r.id
     limit $2
       for no key update of r skip locked)
update viewings.requests r
   set status = d.status, moved_by = 'system', version = r.version + 1, updated_at = $1, contact_id = null,
       agreed_for = case when d.status = 'over' then r.agreed_for end
  from due d
 where r.id = d.id
returning r.id, r.status, r.version"""


async def end(tx: asyncpg.pool.PoolConnectionProxy, now: datetime, most: int) -> list[asyncpg.Record]:
    """At most so many requests whose listing is gone, or whose times are over: id, status and version of each."""
    return await tx.fetch(END, now, most)


FORGET = """-- viewings.forget (worker)
update viewings.requests r set note = null, reason = null
 where r.updated_at < $1 and (r.note is not null or r.reason is not null)
   and r.status not in ('requested', 'moved', 'accepted')"""


async def forget(tx: asyncpg.pool.PoolConnectionProxy, ended_before: datetime) -> None:
    """What people wrote in requests that ended before a moment."""
    await tx.execute(FORGET, ended_before)
