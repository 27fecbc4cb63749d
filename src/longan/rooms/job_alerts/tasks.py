"""What the worker does for the room: new postings are compared with saved searches, and people are told.

First it is noted whom a posting may interest, one row a person and posting; then they are told in batches, each in one
transaction with the note that they were. So a worker that dies at any point, or a task that is run again, loses nobody
and tells nobody twice. Of what came in a heap (an import that publishes thousands) a person hears a few at once and of
the rest in the digest.
"""

from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from longan.floor.database.tasks import Context, unhurried
from longan.floor.messages import search_alerts
from longan.floor.messages.notices import JobDigest, Posting
from longan.floor.messages.search_alerts import BATCH, HITS_KEPT, MOST_AN_HOUR, Told
from longan.floor.messages.telling import tell
from longan.floor.search import saved_searches
from longan.rooms.job_alerts import store

ANSWERED_WITHIN = timedelta(days=14)


async def job_opened(context: Context, *, job_id: UUID) -> None:
    """Whoever saved a search that a new posting fits hears of it: now, or with their next digest."""
    async with unhurried(context.pool) as tx:
        await store.match(tx, job_id, context.clock())
    await search_alerts.tell_all(context, lambda pool, now: alert(pool, job_id, now))


async def alert(
    pool: asyncpg.Pool, posting: UUID, now: datetime, batch: int = BATCH, an_hour: int = MOST_AN_HOUR
) -> Told:
    """Tell the next of those who want to hear at once: one transaction. Who was told, and whether there are more."""
    async with pool.acquire() as tx, tx.transaction():
        accounts, more = await store.take_alerts(tx, posting, now, batch, an_hour)
        job = await store.announced(tx, posting) if accounts else None
        if job is not None:
            said = Posting(job.job_title, job.employer_name)
            await tell(tx, accounts, "job_alert", posting, said, posting, now, employer=job.employer_id)
    return accounts, more


async def tell_job_digests(context: Context) -> None:
    """Every minute: whose digest hour has come hears how many new postings there are for them."""
    await search_alerts.tell_all(context, digest)


async def digest(pool: asyncpg.Pool, now: datetime, batch: int = BATCH) -> Told:
    """Tell the next whose digest is due: one transaction. Who was told, and whether there may be more."""
    async with unhurried(pool) as tx:
        digests = await store.take_digests(tx, now, batch)
        told = await search_alerts.tell_digests(tx, digests, "job_digest", JobDigest, now)
    return told, bool(digests)


async def prune_job_alerts(context: Context) -> None:
    """Forget what was found long ago."""
    async with unhurried(context.pool) as tx:
        await store.prune(tx, context.clock() - HITS_KEPT)


async def doubt_saved_searches(context: Context) -> None:
    """Once a day: whoever has not used a search for half a year is asked whether they want it, and then it stops."""
    now = context.clock()
    while await ask(context.pool, now):
        pass
    async with unhurried(context.pool) as tx:
        await saved_searches.stop(tx, now - ANSWERED_WITHIN, now)


async def ask(pool: asyncpg.Pool, now: datetime, batch: int = BATCH) -> int:
    """Ask the next owners: one transaction. How many there were."""
    return await search_alerts.ask(pool, "jobs", ("job_alert", "job_digest"), "saved_search_unused", now, batch)


TASKS = {"job_opened": job_opened}
SCHEDULE = {
    "tell_job_digests": ("* * * * *", tell_job_digests),
    "doubt_saved_searches": ("40 2 * * *", doubt_saved_searches),
    "prune_job_alerts": ("25 20 * * *", prune_job_alerts),
}
