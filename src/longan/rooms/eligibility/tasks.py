"""What the worker does for the room: what is not to be kept any longer is forgotten."""

from longan.floor.database.tasks import Context, Task, Timed, unhurried
from longan.rooms.eligibility import store
from longan.rooms.eligibility.domain import KEPT_FOR


async def forget_social_housing_cases(context: Context) -> None:
    """Every hour: cases a year old, and those whose person has withdrawn the consent."""
    now = context.clock()
    async with unhurried(context.pool) as tx:
        await store.forget(tx, now - KEPT_FOR, now)


TASKS: dict[str, Task] = {}
SCHEDULE: dict[str, Timed] = {"forget_social_housing_cases": ("23 * * * *", forget_social_housing_cases)}
