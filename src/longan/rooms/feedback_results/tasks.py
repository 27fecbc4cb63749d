"""What the worker does for the room: the figures are counted anew."""

from longan.floor.database.tasks import Context, Task, unhurried
from longan.rooms.feedback_results import store


async def count_feedback(context: Context) -> None:
    """Every hour: one walk over the reports."""
    async with unhurried(context.pool) as tx:
        await store.count_anew(tx, context.clock())


TASKS: dict[str, Task] = {}
SCHEDULE = {"count_feedback": ("50 * * * *", count_feedback)}
