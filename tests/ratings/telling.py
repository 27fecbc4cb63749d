"""What the worker does, over the test's own connection."""

from typing import Any, cast

import aiohttp

from longan.api.edge import Edge
from longan.floor.database.tasks import Context
from longan.rooms.ratings import tasks


def context(app: Edge) -> Context:
    state: Any = app.app.state
    return Context(
        pool=state.pool, valkey=state.valkey, http=cast(aiohttp.ClientSession, None), settings=state.settings,
        keys=state["keys"], phones=state.phones, clock=state.clock,
    )  # fmt: skip


async def told(app: Edge) -> None:
    """The task of the day, when it is due."""
    await tasks.tell_ratings(context(app))
    state: Any = app.app.state
    state.cache.forget("places", 0)
