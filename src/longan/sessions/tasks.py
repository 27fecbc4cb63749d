"""What the worker does for the room."""

from datetime import timedelta

from longan.sessions import store
from longan.tasks import Context, Task

KEPT_FOR = timedelta(days=1)


async def prune_sessions(context: Context) -> None:
    """Once a day: forget refresh tokens that were over a day ago."""
    await store.prune(context.pool, context.clock() - KEPT_FOR)


TASKS: dict[str, Task] = {}
SCHEDULE = {"prune_sessions": ("27 3 * * *", prune_sessions)}
