"""What the worker does for the room."""

from datetime import timedelta

from longan.floor.database.tasks import Context, Task
from longan.rooms.federation import store

CLAIMS_KEPT = timedelta(days=1)


async def prune_federation(context: Context) -> None:
    """Forget sign-ins that nobody ended, and what providers said of people, read or not."""
    now = context.clock()
    await store.prune(context.pool, now, now - CLAIMS_KEPT)


TASKS: dict[str, Task] = {}
SCHEDULE = {"prune_federation": ("*/10 * * * *", prune_federation)}
