"""What the worker does for the room."""

from longan.floor.database.tasks import Context
from longan.floor.requests import cache


async def jobs_changed(context: Context) -> None:
    """What the public sees of postings changed: throw the cached pages away."""
    await cache.invalidate(context.valkey, "jobs")


TASKS = {"jobs_changed": jobs_changed}
