"""The tax registry's stand-in over real HTTP, and the worker that asks it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID

import aiohttp
import asyncpg
import httpx
import msgspec
import pytest
import redis.asyncio
from aiohttp import web

from longan.api.edge import Edge
from longan.devkit import fcm_grant, stand_ins
from longan.floor.database import reminders
from longan.floor.database.tasks import Context, gathered
from longan.floor.setup.settings import Settings
from longan.rooms.registry import tasks
from tests.conftest import Bearer, TestClock
from tests.employers.conftest import decide
from tests.jobs.hiring import LABOUR_OFFICIAL, LONG_AN, WORKER

__all__ = ["decide"]

KEY = "key-of-the-tax-registry"
NAME = "Công ty TNHH May Bông Súng"
CODE = "1100727545"

Work = Callable[[], Awaitable[int]]
Register = Callable[..., Awaitable[UUID]]


class Registry:
    """The stand-in, and what it was asked."""

    def __init__(self, runner: web.AppRunner, session: aiohttp.ClientSession) -> None:
        self.url = stand_ins.address(runner)
        self.session = session

    async def says(self, mode: str, times: int | None = None) -> None:
        await self._post("faults", {"mode": mode} | ({"times": times} if times else {}))

    async def enter(self, tax_code: str, name: str, **more: object) -> None:
        await self._post("entries", {"tax_code": tax_code, "name": name, **more})

    async def asked(self) -> int:
        async with self.session.get(f"{self.url}/tax-registry/lookups") as answer:
            return len((await answer.json())["items"])

    async def _post(self, what: str, body: dict[str, object]) -> None:
        async with self.session.post(f"{self.url}/tax-registry/{what}", json=body) as answer:
            assert answer.status == 200, await answer.text()


@pytest.fixture(scope="module")
def google() -> dict[str, str]:
    return fcm_grant.service_account("http://127.0.0.1")


@pytest.fixture
async def registry(google: Any) -> AsyncIterator[Registry]:
    made = stand_ins.create(account=google, registry_key=KEY, slow_seconds=0.3)
    runner = await stand_ins.serve("127.0.0.1", 0, made)
    async with aiohttp.ClientSession() as session:
        yield Registry(runner, session)
    await runner.cleanup()


@pytest.fixture
def context(
    app: Edge, registry: Registry, settings: Settings, valkey: redis.asyncio.Redis, clock: TestClock
) -> Context:
    """What the worker gives to tasks."""
    state = app.app.state
    told = msgspec.structs.replace(settings, tax_registry_url=registry.url, tax_registry_key=KEY)
    return Context(
        pool=state.pool, valkey=valkey, http=registry.session, settings=told, keys=state["keys"], phones=state.phones,
        clock=clock,
    )  # fmt: skip


@pytest.fixture
def work(context: Context, conn: asyncpg.Connection) -> Work:
    """Ring what is due, and run what was promised of the room, once; how many tasks there were."""

    async def run() -> int:
        await reminders.ring(context.pool, context.clock())
        promised = await conn.fetch("select id, payload from pgqueuer where entrypoint = 'check_registration'")
        for row in promised:
            await conn.execute("delete from pgqueuer where id = $1", row["id"])
            await gathered({"registry": tasks.TASKS})["check_registration"].run(context, row["payload"])
        return len(promised)

    return run


@pytest.fixture
def register(client: httpx.AsyncClient, bearer: Bearer) -> Register:
    async def post(tax_code: str = CODE, name: str = NAME, who: UUID = WORKER) -> UUID:
        body = {"tax_code": tax_code, "name": name, "ward_code": LONG_AN}
        answer = await client.post("/v1/employers", json=body, headers=await bearer(who))
        assert answer.status_code == 201, answer.text
        return UUID(answer.json()["id"])

    return post


@pytest.fixture
def seen(client: httpx.AsyncClient, bearer: Bearer) -> Callable[..., Awaitable[dict[str, Any]]]:
    """What an official sees of a question, or whoever is named, as in the app."""

    async def get(employer: UUID, who: UUID | None = None) -> dict[str, Any]:
        headers = await (bearer(who) if who else bearer(LABOUR_OFFICIAL, audience="official", acr=3))
        answer = await client.get(f"/v1/employers/{employer}/registration", headers=headers)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    return get
