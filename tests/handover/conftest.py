"""The stand-in of another system's endpoint over real HTTP, the worker that speaks to it, and officials."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
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
from longan.devkit import fcm_grant, open311, open311_client, stand_ins
from longan.floor.database.tasks import Context, gathered
from longan.floor.feedback import receivers
from longan.floor.setup.settings import Settings
from longan.rooms.handover import tasks
from longan.rooms.handover.outside import HttpGeoReport
from tests.conftest import TestClock
from tests.feedback.reporting import step
from tests.feedback_desk.conftest import Official, Sent, official, sent

__all__ = ["official", "sent"]

Begin = Callable[..., Awaitable[UUID]]
DECLARED = gathered({"handover": tasks.TASKS})


class There:
    """The stand-in, and what it was told and asked."""

    def __init__(self, runner: web.AppRunner, session: aiohttp.ClientSession) -> None:
        self.url = stand_ins.address(runner)
        self.session = session

    async def says(self, mode: str, times: int | None = None, *, reads: bool = False) -> None:
        body = {"mode": mode} | ({"times": times} if times else {})
        await self._post("read-faults" if reads else "faults", body)

    async def close(self, foreign_id: str, notes: str | None = "Đã thay bóng.", **more: object) -> None:
        await self._post(f"reports/{foreign_id}", {"status": "closed", "status_notes": notes, **more})

    async def put(self, foreign_id: str, **body: object) -> None:
        await self._post(f"reports/{foreign_id}", body)

    async def held(self) -> list[dict[str, Any]]:
        return await self._items("reports")

    async def asked(self) -> list[str]:
        return [each["what"] for each in await self._items("calls")]

    async def _items(self, what: str) -> list[dict[str, Any]]:
        async with self.session.get(f"{self.url}/longanso/{what}") as answer:
            found: list[dict[str, Any]] = (await answer.json())["items"]
            return found

    async def _post(self, what: str, body: dict[str, object]) -> None:
        async with self.session.post(f"{self.url}/longanso/{what}", json=body) as answer:
            assert answer.status == 200, await answer.text()


@pytest.fixture(scope="module")
def google() -> dict[str, str]:
    return fcm_grant.service_account("http://127.0.0.1")


@pytest.fixture
async def there(google: Any) -> AsyncIterator[There]:
    runner = await stand_ins.serve("127.0.0.1", 0, stand_ins.create(account=google, slow_seconds=1.0))
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield There(runner, session)
    await runner.cleanup()


@pytest.fixture(params=["xml", "json"])
def form(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture
def registered(there: There, form: str) -> dict[str, Any]:
    """What the operator's file says of the stand-in; a test may change it."""
    return open311_client.registration(there.url, open311.DEVELOPMENT_KEY) | {"format": form}


@pytest.fixture
def context(
    app: Edge, there: There, settings: Settings, valkey: redis.asyncio.Redis, clock: TestClock, tmp_path: Path,
    registered: dict[str, Any], monkeypatch: pytest.MonkeyPatch,
) -> Context:  # fmt: skip
    """What the worker gives to tasks; nobody waits fifteen seconds for an answer."""
    file = tmp_path / "endpoints.json"
    file.write_text(json.dumps({"endpoints": [registered]}))
    state = app.app.state
    told = msgspec.structs.replace(settings, handover_endpoints=file)
    monkeypatch.setattr(state, "receivers", receivers.read(told), raising=False)
    monkeypatch.setattr(HttpGeoReport.__init__, "__defaults__", (0.5,))
    return Context(
        pool=state.pool, valkey=valkey, http=there.session, settings=told, keys=state["keys"], phones=state.phones,
        clock=clock,
    )  # fmt: skip


@pytest.fixture
def work(context: Context, conn: asyncpg.Connection, clock: TestClock) -> Callable[..., Awaitable[int]]:
    """Let time pass, and the worker do what is due, once; how many tasks there were."""

    async def run(after: timedelta = timedelta()) -> int:
        clock.shift(after)
        await tasks.go_on_with_handovers(context)
        promised = await conn.fetch("delete from pgqueuer where entrypoint = 'hand_over_report' returning payload")
        for row in promised:
            await DECLARED["hand_over_report"].run(context, row["payload"])
        return len(promised)

    return run


@pytest.fixture
def begin(
    client: httpx.AsyncClient, conn: asyncpg.Connection, official: Official, sent: Sent, context: Context
) -> Begin:
    """A report that is accepted and handed over; its id."""

    async def make(**said: Any) -> UUID:
        report = await sent(category_code="ha_tang", description="Đèn hư, gọi Tèo 0901234567", **said)
        await step(conn, str(report), "da_tiep_nhan")
        answer = await client.post(
            f"/v1/feedback/{report}/handovers", json={"receiver": "long_an_so"}, headers=await official()
        )
        assert answer.status_code == 201, answer.text
        assert answer.json()["state"] == "waiting"
        return report

    return make
