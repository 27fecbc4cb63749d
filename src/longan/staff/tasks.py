"""What the worker does for the room."""

from longan import accounts, queue
from longan.entrance import end_all
from longan.staff import store
from longan.tasks import Context, Task


async def end_due_roles(context: Context) -> None:
    """Every minute: roles whose time has come end, and the sessions with them. Until then the time itself bars them."""
    now = context.clock()
    async with context.pool.acquire() as connection, connection.transaction():
        for grant, account, role in await store.end_due(connection, now):  # type: ignore[arg-type]
            await accounts.take_role(connection, account, role)  # type: ignore[arg-type]
            await end_all(connection, account, "role_ended", now)  # type: ignore[arg-type]
            await queue.add(connection, "security_notice", account_id=account, what="role_ended", fact=grant)  # type: ignore[arg-type]


TASKS: dict[str, Task] = {}
SCHEDULE = {"end_due_roles": ("* * * * *", end_due_roles)}
