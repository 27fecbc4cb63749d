"""What the worker does for the room."""

from datetime import datetime, timedelta
from typing import get_args
from zoneinfo import ZoneInfo

from longan.floor.base.zones import HOME
from longan.floor.database.tasks import Context, Task, unhurried
from longan.floor.requests import cache
from longan.rooms.insights import domain, store
from longan.rooms.insights.models import Dimension

MONTHS = 12


def first_month(now: datetime) -> datetime:
    """When the first of the last twelve months began, this one among them, in Viet Nam."""
    begun = now.astimezone(ZoneInfo(HOME)).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    for _ in range(MONTHS - 1):
        begun = (begun - timedelta(days=1)).replace(day=1)
    return begun


async def count_market(context: Context) -> None:
    """Count the market anew. At a million postings this takes seconds, so that no request could wait for it."""
    now = context.clock()
    for dimension in get_args(Dimension):
        async with unhurried(context.pool) as tx:
            told = domain.told(await store.count(tx, dimension, context.settings.province_code, first_month(now), now))
            await store.tell(tx, dimension, told, now)
    await cache.invalidate(context.valkey, "places")


TASKS: dict[str, Task] = {}
SCHEDULE = {"count_market": ("*/15 * * * *", count_market)}
