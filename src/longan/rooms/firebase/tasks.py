"""What the worker does for the room."""

from datetime import timedelta

from longan.floor.database.tasks import Context, Task
from longan.rooms.firebase import store

# Firebase's ID tokens live for an hour.
KEPT_FOR = timedelta(hours=2)


async def prune_firebase(context: Context) -> None:
    """Forget the tokens that are over anyway."""
    await store.prune(context.pool, context.clock() - KEPT_FOR)


TASKS: dict[str, Task] = {}
SCHEDULE = {"prune_firebase": ("23 * * * *", prune_firebase)}
