"""What the worker does for the room: the figures are counted anew."""

from longan.feedback_results import store
from longan.tasks import Context, Task, unhurried


async def count_feedback(context: Context) -> None:
    """Every hour: one walk over the reports."""
    async with unhurried(context.pool) as tx:
        await store.count_anew(tx, context.clock())


TASKS: dict[str, Task] = {}
SCHEDULE = {"count_feedback": ("50 * * * *", count_feedback)}
