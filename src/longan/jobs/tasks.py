"""What the worker does for the room."""

from datetime import datetime
from uuid import UUID

from longan import cache, calls, queue
from longan.jobs import store
from longan.notices import Posting
from longan.postings import Status
from longan.tasks import Context
from longan.telling import tell

AT_ONCE = 200


async def jobs_changed(context: Context) -> None:
    """What the public sees of postings changed: throw the cached pages away."""
    await cache.invalidate(context.valkey, "jobs")


async def job_expiring(context: Context, *, job_id: UUID, expires_at: datetime) -> None:
    """Three days before a posting's end its employer's members hear of it, if it is still open and ends then."""
    await _tell(context, "job_expiring", "open", job_id, expires_at)


async def job_expired(context: Context, *, job_id: UUID, expires_at: datetime) -> None:
    """The employer's members hear that the posting was taken down."""
    await _tell(context, "job_expired", "expired", job_id, expires_at)


async def _tell(context: Context, topic: str, status: Status, job: UUID, expires_at: datetime) -> None:
    ending = await store.ending(context.pool, job, status, expires_at)
    if ending is not None:
        said = Posting(ending.job_title, ending.employer_name)
        fact = f"{job}:{expires_at.isoformat()}"
        await tell(context.pool, ending.members, topic, job, said, fact, context.clock())
        await calls.happened(context.valkey, ending.members)


async def expire_jobs(context: Context) -> None:
    """Every five minutes: take down what is past its time; lists left it out since, and nobody could apply. An index
    finds it, so that no reminder has to wait for it."""
    now, taken_down = context.clock(), False
    while True:
        async with context.pool.acquire() as tx, tx.transaction():
            over = await store.expire(tx, now, AT_ONCE)
            for posting in over:
                await queue.add(tx, "job_expired", job_id=posting.id, expires_at=posting.expires_at)
        taken_down = taken_down or bool(over)
        if len(over) < AT_ONCE:
            break
    if taken_down:
        await cache.invalidate(context.valkey, "jobs")


TASKS = {"jobs_changed": jobs_changed, "job_expiring": job_expiring, "job_expired": job_expired}
SCHEDULE = {"expire_jobs": ("*/5 * * * *", expire_jobs)}
