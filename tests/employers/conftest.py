"""An official of labour, and the worker's hands."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import asyncpg
import httpx
import msgspec
import pytest
import redis.asyncio

from longan import worker
from longan.api.edge import Edge
from longan.floor.base.clock import Clock
from longan.floor.database.tasks import Context, gathered
from longan.floor.setup.settings import Settings
from tests.conftest import Bearer
from tests.jobs.hiring import LABOUR_OFFICIAL

Decide = Callable[..., Awaitable[httpx.Response]]
Work = Callable[..., Awaitable[list[str]]]


@pytest.fixture
async def context(app: Edge, settings: Settings, valkey: redis.asyncio.Redis, clock: Clock) -> AsyncIterator[Context]:
    """What the worker gives to tasks."""
    state = app.app.state
    async with aiohttp.ClientSession() as http:
        yield Context(
            pool=state.pool, valkey=valkey, http=http, settings=settings, keys=state["keys"], phones=state.phones,
            clock=clock,
        )  # fmt: skip


@pytest.fixture
def work(context: Context, conn: asyncpg.Connection) -> Work:
    """Run what was promised of some topics, in order, until nothing of them is left; which ran."""
    declared = gathered({name: room.TASKS for name, room in worker.ROOMS.items()})

    async def run(*topics: str) -> list[str]:
        ran = []
        while rows := await conn.fetch(
            "select id, entrypoint, payload from pgqueuer where entrypoint = any($1) order by id", topics
        ):
            for row in rows:
                await declared[row["entrypoint"]].run(context, row["payload"])
                await conn.execute("delete from pgqueuer where id = $1", row["id"])
                ran.append(row["entrypoint"])
        return ran

    return run


@pytest.fixture
def decide(client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer) -> Decide:
    """An official's word on an employer as it stands: `await decide(employer, "suspension", reason="…")`."""

    async def post(employer: object, what: str, who: Any = LABOUR_OFFICIAL, **body: object) -> httpx.Response:
        headers = await bearer(who, audience="official", acr=3)
        sent = {"reason": "Đã đối chiếu với hồ sơ.", **body}
        if what == "verification":
            seen = await conn.fetchval("select version from employers.employers where id = $1", employer)
            sent = {"version": seen, **sent}
        return await client.post(f"/v1/employers/{employer}/{what}", json=sent, headers=headers)

    return post


async def told(conn: asyncpg.Connection, account: object) -> list[dict[str, Any]]:
    """What stands in somebody's inbox, oldest first: topic and params."""
    rows = await conn.fetch(
        "select topic, params from notifications.inbox where account_id = $1 order by created_at, id", account
    )
    return [{"topic": row["topic"], **msgspec.json.decode(row["params"])} for row in rows]
