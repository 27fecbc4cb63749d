"""What the worker does for the room at fixed times; sending is `domain.Sender`."""

from datetime import timedelta

from longan.push import store
from longan.tasks import Context, Task, unhurried

KEPT = timedelta(days=30)


async def prune_push(context: Context) -> None:
    """Forget what became of old pushes."""
    async with unhurried(context.pool) as tx:
        await store.prune(tx, context.clock() - KEPT)


TASKS: dict[str, Task] = {}
SCHEDULE = {"prune_push": ("*/10 * * * *", prune_push)}
