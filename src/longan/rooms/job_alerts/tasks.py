"""What the worker does for the room: new postings are compared with saved searches, and people are told.

First it is noted whom a posting may interest, one row a person and posting; then they are told in batches, each in one
transaction with the note that they were. So a worker that dies at any point, or a task that is run again, loses nobody
and tells nobody twice. Of what came in a heap (an import that publishes thousands) a person hears a few at once and of
the rest in the digest.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from longan.floor.database import calls
from longan.floor.database.tasks import Context, unhurried
from longan.floor.messages.notices import JobDigest, Posting, Unused
from longan.floor.messages.telling import tell
from longan.floor.search import saved_searches
from longan.rooms.job_alerts import store

MOST_AN_HOUR = 5
"""How many single alerts a person has within any hour."""

BATCH = 1_000
HITS_KEPT = timedelta(days=90)
UNUSED = timedelta(days=180)
ANSWERED_WITHIN = timedelta(days=14)


async def job_opened(context: Context, *, job_id: UUID) -> None:
    """Whoever saved a search that a new posting fits hears of it: now, or with their next digest."""
    async with unhurried(context.pool) as tx:
        await store.match(tx, job_id, context.clock())
    more = True
    while more:
        told, more = await alert(context.pool, job_id, context.clock())
        await calls.happened(context.valkey, told)


async def alert(
    pool: asyncpg.Pool, posting: UUID, now: datetime, batch: int = BATCH, an_hour: int = MOST_AN_HOUR
) -> tuple[Sequence[UUID], bool]:
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
                await tell(tx, [account], "job_digest", account, JobDigest(count), now.isoformat(), now)
    return [account for accounts in by_count.values() for account in accounts], bool(digests)


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
    async with unhurried(pool) as tx:
        doubted = await saved_searches.doubt(tx, "jobs", now - UNUSED, ("job_alert", "job_digest"), batch, now)
        for search, account in doubted:
            await tell(tx, [account], "saved_search_unused", search, Unused(), f"{search}:{now.isoformat()}", now)
    return len(doubted)


TASKS = {"job_opened": job_opened}
SCHEDULE = {
    "tell_job_digests": ("* * * * *", tell_job_digests),
    "doubt_saved_searches": ("40 2 * * *", doubt_saved_searches),
    "prune_job_alerts": ("25 20 * * *", prune_job_alerts),
}
