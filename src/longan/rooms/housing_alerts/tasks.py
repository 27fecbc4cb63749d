"""What the worker does for the room: new listings are compared with saved searches, and people are told.

First it is noted whom a listing may interest, one row a person and listing; then they are told in batches, each in one
transaction with the note that they were. So a worker that dies at any point, or a task that is run again, loses nobody
and tells nobody twice.
"""

from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from longan.floor.database.tasks import Context, unhurried
from longan.floor.messages import search_alerts
from longan.floor.messages.notices import HousingDigest, HousingFound
from longan.floor.messages.search_alerts import BATCH, HITS_KEPT, MOST_AN_HOUR, NEWS, Told
from longan.floor.messages.telling import tell
from longan.rooms.housing_alerts import store


async def listing_opened(context: Context, *, listing_id: UUID) -> None:
    """Whoever saved a search that a new listing fits hears of it: now, or with their next digest."""
    await _tell_of(context, listing_id, NEWS)


async def listing_changed(context: Context, *, listing_id: UUID) -> None:
    """So does whoever has waited since before it opened, when a change makes it fit."""
    await _tell_of(context, listing_id, store.NEWS_BY_CHANGE)


async def _tell_of(context: Context, listing: UUID, news: timedelta) -> None:
    async with unhurried(context.pool) as tx:
        await store.match(tx, listing, context.clock(), news)
    await search_alerts.tell_all(context, lambda pool, now: alert(pool, listing, now))


async def alert(
    pool: asyncpg.Pool, listing: UUID, now: datetime, batch: int = BATCH, an_hour: int = MOST_AN_HOUR
) -> Told:
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
    await search_alerts.tell_all(context, digest)


async def digest(pool: asyncpg.Pool, now: datetime, batch: int = BATCH) -> Told:
    """Tell the next whose digest is due: one transaction. Who was told, and whether there may be more."""
    async with unhurried(pool) as tx:
        digests = await store.take_digests(tx, now, batch)
        told = await search_alerts.tell_digests(tx, digests, "housing_digest", HousingDigest, now)
    return told, bool(digests)


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
    return await search_alerts.ask(
        pool, "housing", ("housing_found", "housing_digest"), "housing_search_unused", now, batch
    )


TASKS = {"listing_opened": listing_opened, "listing_changed": listing_changed}
SCHEDULE = {
    "tell_housing_digests": ("* * * * *", tell_housing_digests),
    "doubt_housing_searches": ("50 2 * * *", doubt_housing_searches),
    "prune_housing_alerts": ("35 20 * * *", prune_housing_alerts),
}
