"""What the worker does for the room."""

from datetime import timedelta

from longan import queue
from longan.entrance import event
from longan.sessions import store
from longan.tasks import Context, Task, unhurried

KEPT_FOR = timedelta(days=1)
# Long enough for somebody who opens the app at the weekend only.
WARNED_BEFORE = timedelta(days=3)
AT_ONCE = 200


async def prune_sessions(context: Context) -> None:
    """Once a day: note which sessions have run out, and forget refresh tokens that were over a day ago."""
    now = context.clock()
    async with unhurried(context.pool) as tx:
        await store.prune(tx, now, now - KEPT_FOR)


async def warn_of_expiry(context: Context) -> None:
    """Tell the owners of sessions that will end soon, once for each end."""
    now = context.clock()
    while True:
        async with context.pool.acquire() as tx, tx.transaction():
            found = await store.expiring(tx, now, now + WARNED_BEFORE, AT_ONCE)
            for session in found:
                fact = event(session.id, f"session_expiring {session.at.isoformat()}")
                account = session.account_id
                await queue.add(tx, "security_notice", account_id=account, what="session_expiring", fact=fact)  # type: ignore[arg-type]
        if len(found) < AT_ONCE:
            return


TASKS: dict[str, Task] = {}
SCHEDULE = {
    "prune_sessions": ("27 3 * * *", prune_sessions),
    # In the morning, in Vietnam.
    "warn_of_expiry": ("10 2 * * *", warn_of_expiry),
}
