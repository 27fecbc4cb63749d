"""What the worker gives to tasks, over the rolled-back connection."""

from collections.abc import AsyncIterator

import aiohttp
import asyncpg
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


@pytest.fixture
async def few(conn: asyncpg.Connection) -> None:
    """No listings of the sample, which would all grow stale as time is moved."""
    await conn.execute("update housing.listings set status = 'suspended'")
