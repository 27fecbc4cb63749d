"""A report that may have arrived is looked for on all pages of the receiver's list, and no list is read for ever."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime

import aiohttp
import pytest
from aiohttp import web

from longan.devkit import stand_ins
from longan.devkit.open311 import document
from longan.floor.feedback.receivers import Receiver, Service
from longan.floor.formats.georeport import Format
from longan.rooms.handover.outside import MOST_PAGES, HttpGeoReport, ReceiverDown

Shown = Callable[[int], list[str]]
Looked = Callable[[Shown], Awaitable[str | None]]
SINCE, UNTIL = datetime(2026, 11, 21, tzinfo=UTC), datetime(2026, 11, 22, tzinfo=UTC)
OURS = "[PA-7K3M-92QX]"


@pytest.fixture(params=["json", "xml"])
def form(request: pytest.FixtureRequest) -> Format:
    found: Format = request.param
    return found


@pytest.fixture
def pages() -> list[str]:
    """Those that were asked for."""
    return []


@pytest.fixture
async def looked(form: Format, pages: list[str]) -> AsyncIterator[Looked]:
    """What is found at an endpoint of which a test says which ids are on a page; LAS-7 is ours."""
    shown: list[Shown] = []

    async def listed(request: web.Request) -> web.Response:
        pages.append(request.query["page"])
        records = [
            {"service_request_id": each, "status": "open", "description": f"Đèn hư {OURS if each == 'LAS-7' else ''}"}
            for each in shown[-1](int(request.query["page"]))
        ]
        return document(form, "service_requests", "request", records)

    app = web.Application()
    app.router.add_get(f"/requests.{form}", listed)
    runner = await stand_ins.serve("127.0.0.1", 0, app)
    async with aiohttp.ClientSession() as session:
        receiver = Receiver(
            id="a", name="A", url=stand_ins.address(runner), api_key="k", services={"ha_tang": Service("001")},
            format=form,
        )  # fmt: skip

        async def find(which: Shown) -> str | None:
            shown.append(which)
            return await HttpGeoReport(session, receiver).find("001", SINCE, UNTIL, OURS)

        yield find
    await runner.cleanup()


async def test_what_is_on_a_later_page_is_found_there(looked: Looked, pages: list[str]) -> None:
    lists = {1: ["LAS-1", "LAS-2"], 2: ["LAS-3", "LAS-4"], 3: ["LAS-5", "LAS-7"], 4: ["LAS-8"]}

    assert await looked(lambda page: lists[page]) == "LAS-7"
    assert pages == ["1", "2", "3"]


async def test_a_list_ends_where_nothing_new_comes(looked: Looked, pages: list[str]) -> None:
    assert await looked(lambda page: ["LAS-1"] if page == 1 else []) is None
    assert await looked(lambda _: ["LAS-1", "LAS-2"]) is None
    assert pages == ["1", "2", "1", "2"]


async def test_of_a_list_without_end_nothing_is_concluded(looked: Looked, pages: list[str]) -> None:
    with pytest.raises(ReceiverDown):
        await looked(lambda page: [f"LAS-{100 + page}"])

    assert len(pages) == MOST_PAGES
