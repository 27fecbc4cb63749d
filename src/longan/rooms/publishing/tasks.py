"""What the worker does for the room."""

from datetime import datetime
from uuid import UUID

from longan.floor.base.errors import Problem
from longan.floor.database import calls, queue
from longan.floor.database.tasks import Context
from longan.floor.messages.notices import Posting
from longan.floor.messages.telling import tell
from longan.floor.postings import postings
from longan.floor.postings.postings import Status
from longan.floor.requests import cache
from longan.rooms.publishing import domain, store

AT_ONCE = 200


async def job_expiring(context: Context, *, job_id: UUID, expires_at: datetime) -> None:
    """Three days before a posting's end its employer's members hear of it, if it is still open and ends then; not after
    the end, when the worker stood still until then."""
    if expires_at > context.clock():
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


async def publish_jobs(context: Context, *, member_id: UUID, employer_id: UUID, job_ids: list[UUID]) -> None:
    """Each draft by the rules of publish_job, in a transaction of its own; what may not be published stays a draft,
    with the refusal's code in its history. Again after a crash: what is open stays as it is."""
    for job in job_ids:
        now = context.clock()
        try:
            async with context.pool.acquire() as tx, tx.transaction():
                await domain.publish(tx, context.phones, member_id, job, None, now)  # type: ignore[arg-type]
        except Problem as refusal:
            async with context.pool.acquire() as tx, tx.transaction():
                await postings.refused(tx, job, employer_id, refusal.code, now)


async def expire_jobs(context: Context) -> None:
    """Every five minutes: take down what is past its time; lists left it out since, and nobody could apply. An index
    finds it, so that no reminder has to wait for it."""
    now, taken_down = context.clock(), False
    while True:
        async with context.pool.acquire() as tx, tx.transaction():
            over = await postings.expire(tx, now, AT_ONCE)
            ended = [{"job_id": posting.id, "expires_at": posting.expires_at} for posting in over]
            await queue.add_all(tx, "job_expired", ended)
        taken_down = taken_down or bool(over)
        if len(over) < AT_ONCE:
            break
    if taken_down:
        await cache.invalidate(context.valkey, "jobs")


TASKS = {"job_expiring": job_expiring, "job_expired": job_expired, "publish_jobs": publish_jobs}
SCHEDULE = {"expire_jobs": ("*/5 * * * *", expire_jobs)}
