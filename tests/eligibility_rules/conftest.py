"""What the worker gives to tasks."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
import redis.asyncio

from longan.api.edge import Edge
from longan.floor.database.tasks import Context
from longan.floor.setup.settings import Settings
from tests.conftest import TestClock


@pytest.fixture
async def context(
    app: Edge, settings: Settings, valkey: redis.asyncio.Redis, clock: TestClock
) -> AsyncIterator[Context]:
    state = app.app.state
    async with aiohttp.ClientSession() as http:
        yield Context(
            pool=state.pool, valkey=valkey, http=http, settings=settings, keys=state["keys"], phones=state.phones,
            clock=clock,
        )  # fmt: skip
