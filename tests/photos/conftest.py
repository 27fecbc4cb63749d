"""What the worker gives to the room's tasks, with the real object storage."""

from collections.abc import AsyncIterator

import aiohttp
import msgspec
import pytest
import redis.asyncio

from longan.api.edge import Edge
from longan.devkit.object_store import ACCESS_KEY, BUCKET, REGION, ObjectStore
from longan.floor.database.tasks import Context
from longan.floor.pictures.object_storage import Storage
from longan.floor.setup.settings import Settings
from tests.conftest import TestClock


@pytest.fixture
async def context(
    app: Edge, settings: Settings, valkey: redis.asyncio.Redis, clock: TestClock, object_store: ObjectStore,
    storage: Storage,
) -> AsyncIterator[Context]:  # fmt: skip
    state = app.app.state
    told = msgspec.structs.replace(
        settings, s3_url=object_store.url, s3_bucket=BUCKET, s3_region=REGION, s3_access_key=ACCESS_KEY,
        s3_secret=object_store.secret,
    )  # fmt: skip
    async with aiohttp.ClientSession() as http:
        yield Context(
            pool=state.pool, valkey=valkey, http=http, settings=told, keys=state["keys"], phones=state.phones,
            clock=clock,
        )  # fmt: skip
