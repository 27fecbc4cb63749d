"""What the worker does for the room: forgets."""

from datetime import timedelta

from longan.floor.database.tasks import Context, Task, Timed, unhurried
from longan.rooms.open311_reports import store
from longan.rooms.open311_reports.domain import REPEATED_WITHIN

# After a report is over somebody may still call its answer in question.
KEPT_AFTER = timedelta(days=30)
KEPT_AT_MOST = timedelta(days=365)


async def forget_open311_contacts(context: Context) -> None:
    """Every night: who reported, where that is over; every hour would find no more."""
    now = context.clock()
    async with unhurried(context.pool) as tx:
        await store.forget(tx, now - KEPT_AFTER, now - KEPT_AT_MOST)
        await store.prune(tx, now - REPEATED_WITHIN)


TASKS: dict[str, Task] = {}
SCHEDULE: dict[str, Timed] = {"forget_open311_contacts": ("20 19 * * *", forget_open311_contacts)}
