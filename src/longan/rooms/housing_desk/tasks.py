"""What the worker does for the room: pictures that are new are compared with all others."""

from datetime import timedelta

from longan.floor.database.tasks import Context, Task, unhurried
from longan.rooms.housing_desk import store

AT_ONCE = 500
# By then no transaction that bound a picture before is still open, and none is passed over.
SETTLED_AFTER = timedelta(minutes=2)


async def compare_pictures(context: Context) -> None:
    """Every three minutes: pictures that were bound to listings since, in their order."""
    now, compared = context.clock(), AT_ONCE
    while compared == AT_ONCE:
        async with unhurried(context.pool) as tx:
            compared = await store.compare(tx, now - SETTLED_AFTER, now, AT_ONCE)


TASKS: dict[str, Task] = {}
SCHEDULE = {"compare_pictures": ("*/3 * * * *", compare_pictures)}
