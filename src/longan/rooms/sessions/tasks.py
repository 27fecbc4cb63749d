"""What the worker does for the room."""

from datetime import datetime, timedelta
from uuid import UUID

from longan.floor.database import calls, queue
from longan.floor.database.tasks import Context, unhurried
from longan.floor.messages.notices import SessionEnding
from longan.floor.messages.telling import tell
from longan.rooms.sessions import store

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
    """Tell the owners of sessions that will end soon, once for each end.

    Looked for by the index of their ends, not promised by reminders: every refresh moves the end, so each of a million
    sessions would keep a reminder that is written anew with every refresh and is hardly ever run.
    """
    now = context.clock()
    while True:
        async with context.pool.acquire() as tx, tx.transaction():
            found = await store.expiring(tx, now, now + WARNED_BEFORE, AT_ONCE)
            for session in found:
                account = session.account_id
                await queue.add(tx, "session_expiring", session_id=session.id, account_id=account, at=session.at)
        if len(found) < AT_ONCE:
            return


async def session_expiring(context: Context, *, session_id: UUID, account_id: UUID, at: datetime) -> None:
    """The owner of a session hears that it will end at `at`."""
    fact = f"{session_id}:{at.isoformat()}"
    await tell(context.pool, [account_id], "session_expiring", session_id, SessionEnding(), fact, context.clock())
    await calls.happened(context.valkey, [account_id])


TASKS = {"session_expiring": session_expiring}
SCHEDULE = {
    "prune_sessions": ("27 3 * * *", prune_sessions),
    # In the morning, in Vietnam.
    "warn_of_expiry": ("10 2 * * *", warn_of_expiry),
}
