"""What the worker does for the room."""

from datetime import timedelta
from uuid import UUID

from longan.floor.database import calls
from longan.floor.database.tasks import Context, unhurried
from longan.floor.messages.notices import Posting
from longan.floor.messages.telling import tell
from longan.rooms.saved_jobs import domain, store

VIEWS_KEPT = timedelta(days=180)


async def saved_job_expiring(context: Context, *, account_id: UUID, job_id: UUID) -> None:
    """Two days before its end whoever keeps a posting hears of it, if it is open and they have not applied. Where the
    end was put off in between, they hear of it then."""
    now = context.clock()
    ending = await store.ending(context.pool, account_id, job_id, now)
    if ending is None:
        return
    if ending.expires_at - domain.TOLD_BEFORE > now:
        async with context.pool.acquire() as tx, tx.transaction():
            await domain.promise(tx, account_id, job_id, ending.expires_at, now)
        return
    fact = f"{job_id}:{ending.expires_at.isoformat()}"
    said = Posting(ending.job_title, ending.employer_name)
    await tell(
        context.pool, [account_id], "saved_job_expiring", job_id, said, fact, now, employer=ending.employer_id
    )  # fmt: skip
    await calls.happened(context.valkey, [account_id])


async def forget_job_views(context: Context) -> None:
    """Once a day: who opened what is forgotten after half a year."""
    async with unhurried(context.pool) as tx:
        await store.forget_views(tx, context.clock() - VIEWS_KEPT)


TASKS = {"saved_job_expiring": saved_job_expiring}
SCHEDULE = {"forget_job_views": ("40 19 * * *", forget_job_views)}
