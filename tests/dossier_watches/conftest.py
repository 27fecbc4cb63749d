"""People who watch dossiers, and the worker that asks about them for everybody."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import aiohttp
import asyncpg
import httpx
import msgspec
import pytest
import redis.asyncio

from longan.api.edge import Edge
from longan.devkit.sms_reports import signed
from longan.floor.database.tasks import Context
from longan.floor.dossiers.lgsp import Lgsp
from longan.floor.setup.settings import Settings
from longan.rooms.dossier_watches.tasks import Poller
from tests.conftest import Bearer, TestClock
from tests.dossiers.conftest import CODE, FACTOR, Platform, google, platform, source
from tests.jobs.hiring import WORKER

__all__ = ["google", "platform", "source"]

KEY = "0123456789abcdef" * 4

Watch = Callable[..., Awaitable[httpx.Response]]
Hook = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
def watch(client: httpx.AsyncClient, bearer: Bearer, source: Lgsp) -> Watch:
    async def post(code: str = CODE, factor: str = FACTOR, who: UUID = WORKER) -> httpx.Response:
        body = {"code": code, "second_factor": factor}
        return await client.post("/v1/me/dossier-watches", json=body, headers=await bearer(who))

    return post


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
def poller(context: Context, source: Lgsp) -> Poller:
    """It shares the client of the app, whose breaker never closes again by itself."""
    return Poller(context, source)


@pytest.fixture
def hook(app: Edge, client: httpx.AsyncClient, clock: TestClock) -> Hook:
    """The platform tells of a change; whatever is given otherwise is wrong about it."""
    app.app.state.settings = msgspec.structs.replace(app.app.state.settings, lgsp_webhook_key=KEY)

    async def post(
        code: str = CODE, *, key: str = KEY, at: datetime | None = None, webhook_id: str | None = None,
        source: str = "lgsp", kind: str = "dossier.changed", sent: Callable[[bytes], bytes] = bytes,
        **headers: str | bytes,
    ) -> httpx.Response:  # fmt: skip
        body = msgspec.json.encode({"type": kind, "data": {"code": code}, "timestamp": clock()})
        made: dict[str, str | bytes] = {
            **signed(key, body, at or clock(), webhook_id or f"msg_{uuid4().hex}"),
            **headers,
        }
        return await client.post(f"/v1/hooks/dossiers/{source}", content=sent(body), headers=list(made.items()))

    return post


async def told(conn: asyncpg.Connection, who: UUID | None = None) -> list[str]:
    """What people were told of dossiers, in that order."""
    rows = await conn.fetch(
        """select i.params ->> 'what' as what from notifications.inbox i
            where i.topic in ('dossier_changed', 'dossier_reminder') and ($1::uuid is null or i.account_id = $1)
            order by i.created_at, i.id""",
        who,
    )
    return [row["what"] for row in rows]


async def now_due(conn: asyncpg.Connection, clock: TestClock) -> None:
    """Everything is to be asked about."""
    await conn.execute("update dossier_watches.followed set due_at = $1 where due_at is not null", clock())


async def changed(
    conn: asyncpg.Connection, clock: TestClock, platform: Platform, poller: Poller, **fields: Any
) -> list[str]:
    """What everybody has been told once the dossier has changed and was asked about."""
    await platform.enter(**fields)
    await now_due(conn, clock)
    await poller.once()
    return await told(conn)
