"""What the worker does for the room."""

from longan import cache, queue
from longan.jobs import store
from longan.tasks import Context


async def jobs_changed(context: Context) -> None:
    """What the public sees of postings changed: throw the cached pages away."""
    await cache.invalidate(context.valkey, "jobs")


async def expire_jobs(context: Context) -> None:
    """Every five minutes: take down what is past its time. Nobody could apply to it any more as it was."""
    async with context.pool.acquire() as tx, tx.transaction():
        if await store.expire(tx, context.clock()):
            await queue.add(tx, "jobs_changed")


TASKS = {"jobs_changed": jobs_changed}
SCHEDULE = {"expire_jobs": ("*/5 * * * *", expire_jobs)}
