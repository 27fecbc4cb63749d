"""What the worker does for the room."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import cast
from uuid import UUID

import asyncpg

from longan.floor.database.tasks import Context
from longan.rooms.recovery import domain, store


@asynccontextmanager
async def written(context: Context) -> AsyncGenerator[asyncpg.Connection, None]:
    async with context.pool.acquire() as connection, connection.transaction():
        yield cast("asyncpg.Connection", connection)


async def resolve_recovery(context: Context, *, case_id: UUID) -> None:
    """Find the account of a case, and tell its owner."""
    async with written(context) as tx:
        await domain.resolve(tx, case_id, context.clock())


async def finish_recoveries(context: Context) -> None:
    """Every minute: do what is due, each case in a transaction of its own."""
    now = context.clock()
    for case in await store.waiting(context.pool, now, now - domain.REVIEW_LAPSES):
        async with written(context) as tx:
            await domain.finish(tx, context.phones, case, now)


async def prune_recoveries(context: Context) -> None:
    """Once a day: forget what was over long ago."""
    await store.prune(context.pool, context.clock() - domain.KEPT_FOR)


TASKS = {"resolve_recovery": resolve_recovery}
SCHEDULE = {
    "finish_recoveries": ("* * * * *", finish_recoveries),
    "prune_recoveries": ("41 3 * * *", prune_recoveries),
}
