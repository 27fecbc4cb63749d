"""What the worker does for the room: new listings are compared with saved searches, and people are told.

First it is noted whom a listing may interest, one row a person and listing; then they are told in batches, each in one
transaction with the note that they were. So a worker that dies at any point, or a task that is run again, loses nobody
and tells nobody twice.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from longan.floor.database import calls
from longan.floor.database.tasks import Context, unhurried
from longan.floor.messages.notices import HousingDigest, HousingFound, Unused
from longan.floor.messages.telling import tell
from longan.floor.search import saved_searches
from longan.rooms.housing_alerts import store

MOST_AN_HOUR = 5
"""How many single alerts a person has within any hour."""

BATCH = 1_000
HITS_KEPT = timedelta(days=90)
UNUSED = timedelta(days=180)


async def listing_opened(context: Context, *, listing_id: UUID) -> None:
    """Whoever saved a search that a new listing fits hears of it: now, or with their next digest."""
    await _tell_of(context, listing_id, store.NEWS)


async def listing_changed(context: Context, *, listing_id: UUID) -> None:
    """So does whoever has waited since before it opened, when a change makes it fit."""
    await _tell_of(context, listing_id, store.NEWS_BY_CHANGE)


async def _tell_of(context: Context, listing: UUID, news: timedelta) -> None:
    async with unhurried(context.pool) as tx:
        await store.match(tx, listing, context.clock(), news)
    more = True
    while more:
        told, more = await alert(context.pool, listing, context.clock())
        await calls.happened(context.valkey, told)


async def alert(
    pool: asyncpg.Pool, listing: UUID, now: datetime, batch: int = BATCH, an_hour: int = MOST_AN_HOUR
) -> tuple[Sequence[UUID], bool]:
    """Tell the next of those who want to hear at once: one transaction. Who was told, and whether there are more."""
    async with pool.acquire() as tx, tx.transaction():
        accounts, more = await store.take_alerts(tx, listing, now, batch, an_hour)
        place = await store.announced(tx, listing) if accounts else None
        if place is not None:
            said = HousingFound(place.title)
            await tell(tx, accounts, "housing_found", listing, said, listing, now, employer=place.employer_id)
    return accounts, more


async def tell_housing_digests(context: Context) -> None:
    """Every minute: whose digest hour has come hears how many new places there are for them."""
    more = True
    while more:
        told, more = await digest(context.pool, context.clock())
        await calls.happened(context.valkey, told)


async def digest(pool: asyncpg.Pool, now: datetime, batch: int = BATCH) -> tuple[Sequence[UUID], bool]:
    """Tell the next whose digest is due: one transaction. Who was told, and whether there may be more."""
    by_count: dict[int, list[UUID]] = defaultdict(list)
    async with unhurried(pool) as tx:
        digests = await store.take_digests(tx, now, batch)
        for each in digests:
            by_count[each.count].append(each.account_id)
        by_count.pop(0, None)
        for count, accounts in by_count.items():
            for account in accounts:
                await tell(tx, [account], "housing_digest", account, HousingDigest(count), now.isoformat(), now)
    return [account for accounts in by_count.values() for account in accounts], bool(digests)


async def prune_housing_alerts(context: Context) -> None:
    """Forget what was found long ago."""
    async with unhurried(context.pool) as tx:
        await store.prune(tx, context.clock() - HITS_KEPT)


async def doubt_housing_searches(context: Context) -> None:
    """Once a day: whoever has not used a search for half a year is asked whether they want it. It stops with those of
    jobs, unless they say so."""
    now = context.clock()
    while await ask(context.pool, now):
        pass


async def ask(pool: asyncpg.Pool, now: datetime, batch: int = BATCH) -> int:
    """Ask the next owners: one transaction. How many there were."""
    async with unhurried(pool) as tx:
        doubted = await saved_searches.doubt(
            tx, "housing", now - UNUSED, ("housing_found", "housing_digest"), batch, now
        )
        for search, account in doubted:
            fact = f"{search}:{now.isoformat()}"
            await tell(tx, [account], "housing_search_unused", search, Unused(), fact, now)
    return len(doubted)


TASKS = {"listing_opened": listing_opened, "listing_changed": listing_changed}
SCHEDULE = {
    "tell_housing_digests": ("* * * * *", tell_housing_digests),
    "doubt_housing_searches": ("50 2 * * *", doubt_housing_searches),
    "prune_housing_alerts": ("35 20 * * *", prune_housing_alerts),
}
