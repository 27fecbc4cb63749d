"""Housing listings: what every room that speaks of them shares; a listing's states and the way from one to another."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal, TypeAlias
from uuid import UUID

import asyncpg
import msgspec

from longan.floor.database import queue, reminders
from longan.floor.database.db import maybe
from longan.floor.housing.housing_limits import limits_on
from longan.floor.pay_and_days.wages import day_of
from longan.floor.pictures import uploads

Writing: TypeAlias = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy

Kind = Literal["room", "shared_room", "dormitory", "house", "project"]
Status = Literal["draft", "in_review", "open", "stale", "closed", "hidden", "suspended"]
Side = Literal["owner", "official", "system"]
ClosedFor = Literal["let", "withdrawn", "built", "not_confirmed", "official"]
CloseReason = Literal["let", "withdrawn", "built"]
Flag = Literal["above_at_this_use", "above_every_tier", "above_frame"]

# These count as published: what a landlord may have only a few of.
PUBLISHED: frozenset[Status] = frozenset({"in_review", "open", "stale", "hidden"})

# Shown to the public, or shown again as soon as it is confirmed; and where nobody can see it any more.
PUBLIC: frozenset[Status] = frozenset({"open", "stale"})
ENDED: frozenset[Status] = frozenset({"closed", "hidden", "suspended"})

# Who may bring a listing from where to where. What an owner wants open stands in `in_review` where an official is to
# read it first; what was closed while an official had it goes back there, never past them.
STEPS: Mapping[Side, Mapping[Status, frozenset[Status]]] = {
    "owner": {
        "draft": frozenset({"open", "in_review", "closed"}),
        "in_review": frozenset({"closed"}),
        "open": frozenset({"in_review", "closed"}),
        "stale": frozenset({"open", "in_review", "closed"}),
        "hidden": frozenset({"closed"}),
        "closed": frozenset({"open", "in_review"}),
    },
    "official": {
        "draft": frozenset({"suspended"}),
        "in_review": frozenset({"open", "draft", "suspended"}),
        "open": frozenset({"suspended"}),
        "stale": frozenset({"suspended"}),
        "hidden": frozenset({"open", "suspended", "closed"}),
        "closed": frozenset({"suspended"}),
        "suspended": frozenset({"open", "draft", "closed"}),
    },
    "system": {
        "open": frozenset({"stale", "hidden", "closed"}),
        "stale": frozenset({"hidden", "closed"}),
    },
}

# A listing that comes back stands at the top of what is new again, but once in so long only.
LIFTED_EVERY = timedelta(days=7)

# What a listing `l` says of itself wherever it is shown.
BRIEF = """l.id, l.title, l.kind, l.rent, l.area_m2::float8 as area_m2, l.max_people, l.ward_code, l.province_code,
       l.cost_month, l.cost_share, l.cost_complete, l.price_flags, l.confirmed_at, l.published_at"""


class Moved(msgspec.Struct, frozen=True):
    """`stale_at`: null for what was never open."""

    from_status: Status
    version: int
    stale_at: datetime | None


# What nobody could see when it was closed stays unseen: words that no official has let out must not come out that way.
# What was closed when it was suspended is not to be had: only its owner opens it again, so nobody opens it past them.
MOVE = """-- housing_listings.move
with held as (
    select l.id, l.status
      from housing.listings l
     where l.id = $1 and l.status = any($2)
       and not ($3 = 'open' and l.status = 'suspended'
                and 'closed' is not distinct from (
                    select h.from_status from housing.history h
                     where h.listing_id = l.id and h.to_status = 'suspended' and h.from_status <> 'suspended'
                     order by h.changed_at desc, h.id desc
                     limit 1))
       for no key update of l),
moved as (
    update housing.listings l
       set status = $3, version = l.version + 1, updated_at = $7,
           published_at = case when $3 = 'closed' and held.status in ('draft', 'in_review', 'suspended') then null
                               when $3 <> 'open' then l.published_at
                               when l.published_at is null or l.published_at <= $8 then $7
                               else l.published_at end,
           confirmed_at = case when $5 = 'owner' and $3 in ('open', 'in_review') then $7
                               when $3 = 'open' then coalesce(l.confirmed_at, $7)
                               else l.confirmed_at end,
           stale_at = case when $3 = 'open' then $9 else l.stale_at end,
           closed_at = case when $3 = 'closed' then $7 end,
           closed_for = case when $3 = 'closed' then $10 end
      from held
     where l.id = held.id
    returning l.id, l.version, l.stale_at, held.status as from_status),
noted as (
    insert into housing.history (listing_id, version, changed_by, side, from_status, to_status, reason, changed_at)
    select m.id, m.version, $4, $5, m.from_status, $3, $6, $7 from moved m)
select m.from_status, m.version, m.stale_at from moved m"""


async def move(
    tx: Writing, listing: UUID, to: Status, side: Side, by: UUID | None, reason: str | None, now: datetime
) -> Moved | None:
    """Bring a listing there, on record and told; None when it is not where `side` could take it from.

    Who may speak for the side is the caller's to know. Of what is closed by its owner `reason` is a `CloseReason`, of
    what the system moves codes with commas between, of what an official moves their own words. Its
    pictures are public as long as it is open. Promises `listing_moved` where somebody else than the owner moved it,
    `listing_opened` for what was not open (saved searches), `listing_ended` for what was public and is closed, hidden
    or suspended (viewings), `housing_changed` for both.
    """
    sources = [source for source, targets in STEPS[side].items() if to in targets]
    closed_for = {"owner": reason or "withdrawn", "official": "official", "system": "not_confirmed"}[side]
    row = await tx.fetchrow(
        MOVE, listing, sources, to, by, side, reason, now, now - LIFTED_EVERY, now + _fresh(now), closed_for
    )
    moved = maybe(row, Moved)
    if moved is not None:
        await uploads.set_public(tx, "housing", listing, to == "open")
        await _warn(tx, listing, moved.stale_at if to == "open" else None, now)
        if side != "owner":
            await queue.add(tx, "listing_moved", listing_id=listing, to=to, version=moved.version)
        await _promise(tx, listing, moved.from_status, to, closed_for if to == "closed" else to)
    return moved


async def _promise(tx: Writing, listing: UUID, source: Status, to: Status, reason: str) -> None:
    if to == "open" and source != "open":
        await queue.add(tx, "listing_opened", listing_id=listing)
    elif source in PUBLIC and to in ENDED:
        await queue.add(tx, "listing_ended", listing_id=listing, reason=reason)
    if "open" in (source, to):
        await queue.add(tx, "housing_changed")


CONFIRM = """-- housing_listings.confirm
with confirmed as (
    update housing.listings l
       set confirmed_at = $3, stale_at = $4, version = l.version + 1, updated_at = $3
     where l.id = $1 and l.status = 'open' and l.confirmed_at <= $5
    returning l.id, l.version),
noted as (
    insert into housing.history (listing_id, version, changed_by, side, from_status, to_status, reason, changed_at)
    select c.id, c.version, $2, 'owner', 'open', 'open', 'confirmed', $3 from confirmed c)
select c.id from confirmed c"""
CONFIRMED_EVERY = timedelta(hours=1)


async def confirm(tx: Writing, listing: UUID, by: UUID, now: datetime) -> None:
    """The owner says of an open listing that it is still to be had, and so it is fresh again; once an hour at most."""
    stale_at = now + _fresh(now)
    if await tx.fetchval(CONFIRM, listing, by, now, stale_at, now - CONFIRMED_EVERY) is not None:
        await _warn(tx, listing, stale_at, now)


async def _warn(tx: Writing, listing: UUID, stale_at: datetime | None, now: datetime) -> None:
    """The owner hears that an open listing is about to be taken for stale; None where it is not open any more."""
    once = f"listing_stale_soon {listing}"
    if stale_at is None:
        await reminders.forget(tx, once)
    else:
        at = stale_at - timedelta(days=limits_on(day_of(now)).warned_days)
        await reminders.remind(tx, "listing_stale_soon", at, once, listing_id=listing, stale_at=stale_at)


def _fresh(now: datetime) -> timedelta:
    return timedelta(days=limits_on(day_of(now)).fresh_days)


DUE = """-- housing_listings.due (worker)
select l.id
  from housing.listings l
 where l.status in ('open', 'stale') and l.status = $1 and l.stale_at <= $2
 order by l.stale_at
 limit $3
   for no key update skip locked"""


async def sweep(tx: Writing, now: datetime, most: int) -> int:
    """Take at most so many open listings that nobody has confirmed from the lists, and close those that were stale for
    long; how many there were."""
    moved = 0
    over = now - timedelta(days=limits_on(day_of(now)).closed_days)
    ways: tuple[tuple[Status, Status, datetime], ...] = (("open", "stale", now), ("stale", "closed", over))
    for source, to, before in ways:
        for row in await tx.fetch(DUE, source, before, most):
            await move(tx, row["id"], to, "system", None, "not_confirmed", now)
            moved += 1
    return moved
