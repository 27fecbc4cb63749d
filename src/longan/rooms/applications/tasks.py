"""What the worker does for the room: with a posting its open applications end."""

from uuid import UUID

import msgspec

from longan.floor.database import queue
from longan.floor.database.tasks import Context
from longan.floor.postings.postings import Status
from longan.rooms.applications import store

AT_ONCE = 200


async def job_ended(context: Context, *, job_id: UUID, status: Status) -> None:
    """Who still waits for an answer hears that there will be none: a posting that is closed or suspended, still, ends
    its open applications, a batch in a transaction, each with a step of its own by nobody.

    What a run before a crash has ended is not open any more, so that nobody hears of it twice.
    """
    while True:
        async with context.pool.acquire() as tx, tx.transaction():
            ended = await store.obsolete(tx, job_id, f"job_{status}", context.clock(), AT_ONCE)
            await queue.add_all(tx, "application_moved", [msgspec.structs.asdict(each) for each in ended])
        if len(ended) < AT_ONCE:
            return


TASKS = {"job_ended": job_ended}
