"""What the worker does for the room."""

from longan.floor.database.tasks import Context, Task
from longan.rooms.staff import domain, store


async def end_due_roles(context: Context) -> None:
    """Every minute: roles whose time has come end, and the sessions with them. Until then the time itself bars them."""
    now = context.clock()
    async with context.pool.acquire() as connection, connection.transaction():
        for due in await store.due(connection, now):  # type: ignore[arg-type]
            await domain.end_due(connection, due, now)  # type: ignore[arg-type]


TASKS: dict[str, Task] = {}
SCHEDULE = {"end_due_roles": ("* * * * *", end_due_roles)}
