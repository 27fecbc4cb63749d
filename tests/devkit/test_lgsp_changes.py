"""The stand-in's dossiers change by script, and its webhooks are signed as the real platform's would be."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, get_args

import aiohttp
import msgspec
import pytest
from aiohttp import web

from longan.devkit import fcm_grant, lgsp_changes, stand_ins
from longan.devkit.lgsp import PLATFORM, Platform
from longan.floor.base import clock
from longan.floor.dossiers.lgsp_answers import Answer, WireDossier, dossier_in
from longan.floor.formats.signed_webhooks import is_signed

KEY = "0123456789abcdef" * 4
CODE = "H53.16-261102-0001"


class Listener:
    """Who is told: answers as it is told to, and keeps what came."""

    def __init__(self) -> None:
        self.came: list[tuple[dict[str, str], bytes]] = []
        self.statuses = [204]

    async def hear(self, request: web.Request) -> web.Response:
        self.came.append((dict(request.headers), await request.read()))
        return web.Response(status=self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0])


@pytest.fixture
async def listener() -> AsyncIterator[tuple[Listener, str]]:
    made, app = Listener(), web.Application()
    app.router.add_post("/v1/hooks/dossiers/lgsp", made.hear)
    runner = await stand_ins.serve("127.0.0.1", 0, app)
    yield made, stand_ins.address(runner)
    await runner.cleanup()


@pytest.fixture
async def platform(listener: tuple[Listener, str]) -> AsyncIterator[web.AppRunner]:
    hook = lgsp_changes.hook_of({"LONGAN_LGSP_WEBHOOK_KEY": KEY, "LONGAN_PUBLIC_URL": listener[1] + "/"})
    made = stand_ins.create(account=fcm_grant.service_account("http://127.0.0.1"), dossier_hook=hook)
    runner = await stand_ins.serve("127.0.0.1", 0, made)
    yield runner
    await runner.cleanup()


async def told(runner: web.AppRunner, number: int = 1) -> list[dict[str, Any]]:
    """The webhooks that were sent, once there are so many."""
    async with aiohttp.ClientSession() as session:
        for _ in range(500):
            async with session.get(f"{stand_ins.address(runner)}/lgsp/webhooks") as answer:
                items: list[dict[str, Any]] = (await answer.json())["items"]
            if len(items) >= number:
                return items
            await asyncio.sleep(0.02)
    raise AssertionError("no webhook was sent")


async def change(runner: web.AppRunner, **given: object) -> int:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{stand_ins.address(runner)}/lgsp/changes", json=given) as answer,
    ):
        return answer.status


async def test_a_change_is_told_by_a_signed_webhook_that_names_the_dossier_and_nothing_else(
    platform: web.AppRunner, listener: tuple[Listener, str]
) -> None:
    assert await change(platform, code=CODE, story="done") == 202
    assert (await told(platform))[0]["status"] == 204

    headers, body = listener[0].came[0]
    assert is_signed(KEY, {name.lower(): value for name, value in headers.items()}, body, clock.utc())
    assert CODE.encode() in body
    assert b"ChuHoSo" not in body
    assert platform.app[PLATFORM].dossiers[CODE]["TrangThaiHoSo"] == "9"


async def test_a_webhook_that_is_not_taken_is_sent_again_with_its_id_and_a_fresh_time(
    platform: web.AppRunner, listener: tuple[Listener, str]
) -> None:
    listener[0].statuses = [503, 409]
    await change(platform, code=CODE, fields={"TrangThaiHoSo": "5"})

    items = await told(platform, 2)

    assert [each["status"] for each in items] == [503, 409]
    assert len({each["webhook_id"] for each in items}) == 1


async def test_a_change_may_come_later_and_untold(platform: web.AppRunner, listener: tuple[Listener, str]) -> None:
    await change(platform, code=CODE, story="late", after=3_600)
    await change(platform, code="H53.16-261102-0007", story="done", webhook=False)
    for _ in range(100):
        if platform.app[PLATFORM].dossiers["H53.16-261102-0007"]["TrangThaiHoSo"] == "9":
            break
        await asyncio.sleep(0.01)

    assert platform.app[PLATFORM].dossiers["H53.16-261102-0007"]["TrangThaiHoSo"] == "9"
    assert listener[0].came == []


@pytest.mark.parametrize("code", ["H53.16-261102-0001", "H53.16-261102-0007", "000.00.16.H53-261102-0042"])
def test_every_story_makes_a_dossier_that_is_believed(code: str) -> None:
    app = web.Application()
    app[PLATFORM] = Platform("x", clock.utc, 1.0)
    for story in get_args(lgsp_changes.Story):
        lgsp_changes.apply(app, lgsp_changes.Change(code, story), clock.utc())
        wire = msgspec.convert(app[PLATFORM].dossiers[code], WireDossier)
        found = dossier_in(Answer("0", [wire]), code)
        assert found is not None
        assert found.changes[-1].status == found.status


async def test_what_is_no_change_is_refused(platform: web.AppRunner) -> None:
    assert await change(platform, code=CODE, story="burnt") == 400
