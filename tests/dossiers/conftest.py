"""The stand-in of the integration platform over real HTTP, and people who hold receipts."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import aiohttp
import httpx
import pytest
import redis.asyncio
from aiohttp import web

from longan.api.edge import Edge
from longan.devkit import fcm_grant, lgsp, stand_ins
from longan.floor.dossiers.lgsp import Account, Breaker, Lgsp
from longan.floor.dossiers.source_pace import SourcePace
from tests.conftest import Bearer, TestClock
from tests.jobs.hiring import WORKER

CODE = "H53.16-261102-0101"
PHONE, IDENTITY, NAME = "0907654321", "080090056789", "Trần Thị Bích Ngọc"
FACTOR = "4321"

Look = Callable[..., Awaitable[httpx.Response]]


class Platform:
    """The stand-in, and what it was asked."""

    def __init__(self, runner: web.AppRunner, session: aiohttp.ClientSession) -> None:
        self.url = stand_ins.address(runner)
        self.runner = runner
        self.session = session

    async def says(self, mode: str, times: int | None = None) -> None:
        await self._post("faults", {"mode": mode} | ({"times": times} if times else {}))

    async def login_says(self, mode: str) -> None:
        await self._post("login-faults", {"mode": mode})

    async def forget_sessions(self) -> None:
        await self._post("sessions/forget", {})

    async def enter(self, code: str = CODE, **fields: Any) -> None:
        whole = {"ChuHoSo": NAME, "SoDienThoai": PHONE, "MaDoiTuong": IDENTITY, "TrangThaiHoSo": "4"} | fields
        await self._post("dossiers", {"code": code, "fields": whole})

    async def calls(self) -> list[str]:
        async with self.session.get(f"{self.url}/lgsp/calls") as answer:
            return [each["service"] for each in (await answer.json())["items"]]

    async def _post(self, what: str, body: dict[str, object]) -> None:
        async with self.session.post(f"{self.url}/lgsp/{what}", json=body) as answer:
            assert answer.status == 200, await answer.text()


@pytest.fixture(scope="module")
def google() -> dict[str, str]:
    return fcm_grant.service_account("http://127.0.0.1")


@pytest.fixture
async def platform(google: Any, clock: TestClock) -> AsyncIterator[Platform]:
    made = stand_ins.create(account=google, slow_seconds=1.0, clock=clock)
    runner = await stand_ins.serve("127.0.0.1", 0, made)
    async with aiohttp.ClientSession() as session:
        found = Platform(runner, session)
        await found.enter(NgayTiepNhan=ago(clock, 3), NgayHenTra=ago(clock, -30))
        yield found
    await runner.cleanup()


def account(platform: Platform) -> Account:
    return Account(platform.url, lgsp.USER, lgsp.DEVELOPMENT_PASSWORD, lgsp.UNIT)


@pytest.fixture
async def source(platform: Platform, app: Edge, valkey: redis.asyncio.Redis) -> AsyncIterator[Lgsp]:
    """The client of the app: it gives up after half a second, and is left alone for as good as ever."""
    made = Lgsp(account(platform), SourcePace(valkey, "test", 1_000, 100), seconds=0.5, breaker=Breaker(100, 3_600))
    app.app.state.dossier_source = made
    yield made
    app.app.state.dossier_source = None
    await made.close()


@pytest.fixture
def look(client: httpx.AsyncClient, bearer: Bearer, source: Lgsp) -> Look:
    async def post(code: str = CODE, factor: str = FACTOR, who: UUID = WORKER) -> httpx.Response:
        body = {"code": code, "second_factor": factor}
        return await client.post("/v1/dossiers/lookup", json=body, headers=await bearer(who))

    return post


def ago(clock: Callable[[], datetime], days: float) -> str:
    return lgsp.moment(clock() - timedelta(days=days))
