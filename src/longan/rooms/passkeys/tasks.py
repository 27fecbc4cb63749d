"""What the worker does for the room."""

from datetime import timedelta

from longan.floor.database.tasks import Context, Task
from longan.rooms.passkeys import store

KEPT_FOR = timedelta(days=1)


async def prune_passkeys(context: Context) -> None:
    """Once an hour: forget challenges that were over a day ago."""
    await store.prune(context.pool, context.clock() - KEPT_FOR)


TASKS: dict[str, Task] = {}
SCHEDULE = {"prune_passkeys": ("37 * * * *", prune_passkeys)}
