"""What the worker does for the room."""

from datetime import timedelta

from longan.floor.database.tasks import Context, Task
from longan.rooms.device_keys import store

KEPT_FOR = timedelta(days=180)


async def prune_device_keys(context: Context) -> None:
    """Once a day: forget keys that nobody trusts and that were not used for half a year."""
    await store.prune(context.pool, context.clock() - KEPT_FOR)


TASKS: dict[str, Task] = {}
SCHEDULE = {"prune_device_keys": ("37 3 * * *", prune_device_keys)}
