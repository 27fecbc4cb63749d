"""Our client against our own server, over a socket: what one writes the other reads."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from uuid import UUID

import aiohttp
import asyncpg
import httpx
import pytest
from aiohttp import web

from longan.floor.feedback.receivers import Receiver, Service
from longan.floor.formats.georeport import Format
from longan.floor.formats.georeport_reading import Seen
from longan.rooms.handover.domain import fields_of, reference
from longan.rooms.handover.models import Report
from longan.rooms.handover.outside import HttpGeoReport, Unknown
from tests.feedback.reporting import answer, publish
from tests.open311.conftest import key
from tests.open311.speaking import Key

__all__ = ["key"]

Connect = Callable[..., Awaitable[HttpGeoReport]]


@pytest.fixture(params=["json", "xml"])
def form(request: pytest.FixtureRequest) -> Format:
    found: Format = request.param
    return found


@pytest.fixture
async def connect(client: httpx.AsyncClient, key: Key, form: Format) -> AsyncIterator[Connect]:
    """A client of ours to a socket behind which our server is."""

    async def pass_on(request: web.Request) -> web.Response:
        told = await client.request(
            request.method, request.path_qs, content=await request.read(),
            headers={"Content-Type": request.headers.get("Content-Type", "")},
        )  # fmt: skip
        kind = {"Content-Type": told.headers["content-type"]}
        return web.Response(status=told.status_code, body=told.content, headers=kind)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", pass_on)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    async with aiohttp.ClientSession() as session:

        async def make(api_key: str | None = None) -> HttpGeoReport:
            receiver = Receiver(
                id="ours", name="Chúng tôi", url=f"http://{host}:{port}/open311/v2", api_key=api_key or await key(),
                services={"ha_tang": Service("ha_tang")}, jurisdiction_id="80", format=form, reads_with_key=True,
            )  # fmt: skip
            return HttpGeoReport(session, receiver)

        yield make
    await runner.cleanup()


def report(category: str = "ha_tang") -> Report:
    return Report(
        UUID(int=1), "PA-7K3M-92QX", category, "80", "da_chuyen", "Đèn & <b>cột</b> ]]> \"'\nhai dòng", "12 Ấp",
        10.5401, 106.4105, None, None, "Phường Long An", "Tỉnh Tây Ninh", {"loai": "chieu_sang"}, None,
    )  # fmt: skip


def fields(category: str = "ha_tang") -> dict[str, str | list[str]]:
    receiver = Receiver(id="a", name="A", url="x", api_key="k", services={category: Service(category)})
    return fields_of(report(category), receiver, Service(category, False, {"loai": "loai"}), "https://id.example.vn")


async def test_a_report_goes_there_and_is_told_of_until_it_is_closed(
    connect: Connect, conn: asyncpg.Connection, now: datetime
) -> None:
    there = await connect()
    outcome, again = await there.post(fields()), await there.post(fields())
    assert outcome == again
    assert outcome.verdict == "accepted"
    assert outcome.given is not None
    code = outcome.given.service_request_id
    assert code is not None
    row = await conn.fetchrow("select id, description, attributes from feedback.reports where code = $1", code)
    assert row["description"] == fields()["description"]

    first = await there.one(code)
    await publish(conn, str(row["id"]), f"Đèn & cột <hư> {reference('PA-7K3M-92QX')}")
    found = await there.find("ha_tang", now - timedelta(hours=1), now + timedelta(hours=1), "[PA-7K3M-92QX]")
    await answer(conn, str(row["id"]), now)
    last = await there.one(code)

    assert first == Seen(code, "open", None, str(fields()["description"]))
    assert found == code
    assert (last.status, last.status_notes) == ("closed", "Đã vá.")


async def test_a_token_is_redeemed_and_what_is_unknown_is_unknown(connect: Connect) -> None:
    there = await connect()
    outcome = await there.post(fields("thai_do") | {"attribute[loai]": ""})
    assert outcome.given is not None
    assert outcome.given.token is not None

    assert (await there.token(outcome.given.token)).service_request_id is None
    for asked in (there.token("unknown"), there.one("PA-2222-2222")):
        with pytest.raises(Unknown):
            await asked


async def test_a_wrong_key_is_a_refusal_and_not_a_failure(connect: Connect) -> None:
    there = await connect("wrong")

    outcome = await there.post(fields())

    assert (outcome.verdict, outcome.error) == ("refused", "http_403")
