"""What the worker gives to the room's tasks."""

import pytest
import redis.asyncio

from longan.api.edge import Edge
from longan.floor.database.tasks import Context
from longan.floor.setup.settings import Settings
from tests.conftest import TestClock


@pytest.fixture
async def context(app: Edge, settings: Settings, valkey: redis.asyncio.Redis, clock: TestClock) -> Context:
    state = app.app.state
    return Context(
        pool=state.pool, valkey=valkey, http=None, settings=settings, keys=state["keys"], phones=state.phones,
        clock=clock,
    )  # fmt: skip
