"""What the worker does for the room."""

from longan.floor.database.tasks import Context, Task, unhurried
from longan.rooms.job_feed import store

AT_ONCE = 5_000


async def repair_job_feed(context: Context) -> None:
    """Every five minutes: what a restored database bears under numbers that are still to come here would be hidden from
    the feed until they come. An index tells that there is nothing of the kind."""
    while True:
        async with unhurried(context.pool) as tx:
            if await store.repair(tx, AT_ONCE) < AT_ONCE:
                return


TASKS: dict[str, Task] = {}
SCHEDULE = {"repair_job_feed": ("*/5 * * * *", repair_job_feed)}
