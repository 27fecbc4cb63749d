"""What the worker does for the room."""

from datetime import timedelta

from longan.floor.database.tasks import Context, Task, unhurried
from longan.rooms.checklists import store

DROPPED_KEPT = timedelta(days=90)


async def forget_checklists(context: Context) -> None:
    """Once a day: that a checklist was deleted is forgotten after 90 days, when no phone has it any more."""
    async with unhurried(context.pool) as tx:
        await store.forget(tx, context.clock() - DROPPED_KEPT)


TASKS: dict[str, Task] = {}
SCHEDULE = {"forget_checklists": ("50 19 * * *", forget_checklists)}
