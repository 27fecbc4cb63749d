"""What the worker does for the room."""

from longan import cache
from longan.jobs import store
from longan.tasks import Context


async def jobs_changed(context: Context) -> None:
    """What the public sees of postings changed: throw the cached pages away."""
    await cache.invalidate(context.valkey, "jobs")


async def expire_jobs(context: Context) -> None:
    """Every five minutes: take down what is past its time; lists left it out since, and nobody could apply."""
    if await store.expire(context.pool, context.clock()):
        await cache.invalidate(context.valkey, "jobs")


TASKS = {"jobs_changed": jobs_changed}
SCHEDULE = {"expire_jobs": ("*/5 * * * *", expire_jobs)}
