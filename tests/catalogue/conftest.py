"""Officials who look after the catalogue, files of procedures, and the stand-in of the national catalogue."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date
from typing import Any
from uuid import UUID

import aiohttp
import asyncpg
import httpx
import pytest
import redis.asyncio
from aiohttp import web

from longan.api.edge import Edge
from longan.devkit import procedures_source, stand_ins
from longan.floor.procedures.procedure_wire import read
from longan.floor.procedures.procedures import Procedure
from longan.rooms.catalogue import tasks
from longan.rooms.catalogue.outside import HttpProcedures
from tests.conftest import Bearer, OnePool, TestClock, new_account

Official = Callable[..., Awaitable[dict[str, str]]]
Import = Callable[..., Awaitable[dict[str, Any]]]

APPOINT = """
insert into staff.grants (account_id, role, function, ward_version, ward_codes, starts_at)
select $1, 'official', $2, case when $3::text[] is not null then places.version_on($4) end, $3, $4"""


@pytest.fixture
def official(conn: asyncpg.Connection, app: Edge, bearer: Bearer, clock: TestClock) -> Official:
    """Headers of an official at their passkey, appointed for a function in wards or everywhere."""

    async def make(function: str = "public_services", wards: list[str] | None = None) -> dict[str, str]:
        account = await new_account(conn, app, role="official")
        await conn.execute(APPOINT, account, function, wards, clock())
        return await bearer(account, audience="official", acr=3)

    return make


async def sent(client: httpx.AsyncClient, who: dict[str, str], body: Any, kind: str = "application/jsonl") -> Any:
    content = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    for _ in range(5):
        answer = await client.post("/v1/procedure-imports", content=content, headers={**who, "Content-Type": kind})
        if answer.status_code != 503:  # a machine that is busy with other things: whoever meets a 503 asks again
            break
    return answer


async def compared(conn: asyncpg.Connection, made: str, clock: TestClock, batch: int = 100) -> None:
    """The worker compares all of an import."""
    pool: Any = OnePool(conn)
    while await tasks.compare_step(pool, UUID(made), clock(), batch):
        pass


async def published(conn: asyncpg.Connection, made: str, clock: TestClock, batch: int = 100) -> None:
    """The worker publishes what was approved of an import."""
    pool: Any = OnePool(conn)
    while await tasks.publish_step(pool, UUID(made), clock(), batch):
        pass


@pytest.fixture
def brought(client: httpx.AsyncClient, conn: asyncpg.Connection, official: Official, clock: TestClock) -> Import:
    """An import of somebody's that is compared: as it is shown, with its procedures by code."""

    async def bring(body: Any, kind: str = "application/jsonl", who: dict[str, str] | None = None) -> dict[str, Any]:
        who = who or await official()
        answer = await sent(client, who, body, kind)
        assert answer.status_code == 201, answer.text
        made = answer.json()["id"]
        await compared(conn, made, clock)
        shown = (await client.get(f"/v1/procedure-imports/{made}", headers=who)).json()
        return shown | {"procedures": await procedures(client, who, made)}

    return bring


async def procedures(client: httpx.AsyncClient, who: dict[str, str], made: str, **asked: Any) -> dict[str, Any]:
    answer = await client.get(f"/v1/procedure-imports/{made}/procedures", params={"limit": 100, **asked}, headers=who)
    assert answer.status_code == 200, answer.text
    return {each["code"]: each for each in answer.json()["items"]}


async def approve(client: httpx.AsyncClient, who: dict[str, str], made: dict[str, Any], **body: Any) -> httpx.Response:
    path = f"/v1/procedure-imports/{made['id']}/publication"
    return await client.post(path, json={"version": made["version"], **body}, headers=who)


@pytest.fixture
def minimal() -> Procedure:
    """A procedure with two papers."""
    found = read(procedures_source.procedure("1.004194"), date(2026, 11, 22)).procedure
    assert found is not None
    return found


class National:
    """The stand-in over HTTP, and what it was asked."""

    def __init__(self, runner: web.AppRunner, session: aiohttp.ClientSession) -> None:
        self.url = f"{stand_ins.address(runner)}/national"
        self.session = session

    async def says(self, mode: str, times: int | None = None) -> None:
        await self._post("faults", {"mode": mode} | ({"times": times} if times else {}))

    async def enter(self, code: str, fields: dict[str, Any] | None, mode: str | None = None) -> None:
        await self._post("procedures", {"code": code, "fields": fields, "mode": mode})

    async def calls(self) -> list[str]:
        async with self.session.get(f"{self.url}/calls") as answer:
            return [each["what"] for each in (await answer.json())["items"]]

    async def _post(self, what: str, body: dict[str, Any]) -> None:
        async with self.session.post(f"{self.url}/{what}", json=body) as answer:
            assert answer.status == 200, await answer.text()


@pytest.fixture
async def national() -> AsyncIterator[National]:
    app = web.Application()
    app.add_subapp("/national", procedures_source.create(slow_seconds=3.0))
    runner = await stand_ins.serve("127.0.0.1", 0, app)
    async with aiohttp.ClientSession() as session:
        yield National(runner, session)
    await runner.cleanup()


@pytest.fixture
def source(national: National, valkey: redis.asyncio.Redis) -> HttpProcedures:
    """The worker's client: it gives up after a second and a half."""
    return HttpProcedures(national.session, national.url, valkey, seconds=1.5)
