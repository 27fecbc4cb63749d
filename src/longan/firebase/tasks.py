"""What the worker does for the room."""

from datetime import timedelta

from longan.firebase import store
from longan.tasks import Context, Task

# Firebase's ID tokens live for an hour.
KEPT_FOR = timedelta(hours=2)


async def prune_firebase(context: Context) -> None:
    """Forget the tokens that are over anyway."""
    await store.prune(context.pool, context.clock() - KEPT_FOR)


TASKS: dict[str, Task] = {}
SCHEDULE = {"prune_firebase": ("23 * * * *", prune_firebase)}
