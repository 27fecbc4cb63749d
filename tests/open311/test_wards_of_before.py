"""Wards were put together and divided on 2025-07-01, and people and partners go on saying the old ones: a report lies
in the ward of now that is meant, and where that is not clear it is asked for, or left open, and never guessed."""

from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from tests.conftest import Bearer
from tests.feedback.reporting import publish
from tests.open311.speaking import Key, both

MAP = "/v1/feedback-map/reports"
# Xã Phước Tân Hưng, huyện Châu Thành, is part of xã Tầm Vu.
WHOLE, WHOLE_NOW = "28231", "28210"
# Xã Tân Phong, huyện Tân Biên, was divided.
DIVIDED, PARTS = "25507", {"25498", "25549"}
WHOLE_NAME = "Xã Phước Tân Hưng, Huyện Châu Thành, Tỉnh Long An"
DIVIDED_NAME = "Xã Tân Phong, Huyện Tân Biên, Tỉnh Tây Ninh"


@pytest.fixture
async def within(conn: asyncpg.Connection) -> dict[str, Any]:
    """A point beyond doubt in one of the parts: its middle."""
    row = await conn.fetchrow(
        "select lat, lon from places.units where version = '2025-07-01' and code = '25549' and level = 'commune'"
    )
    assert row is not None
    return dict(row)


async def placed(client: httpx.AsyncClient, key: Key, **where: Any) -> str:
    """The code of a partner's report."""
    answer = await client.post(
        "/open311/v2/requests.json", data={"api_key": await key(), "service_code": "ha_tang", **where}
    )
    assert answer.status_code == 200, answer.text
    found: str = answer.json()[0]["service_request_id"]
    return found


async def shown(client: httpx.AsyncClient, **query: str) -> list[str]:
    answer = await client.get(MAP, params=query)
    assert answer.status_code == 200, answer.text
    return [each["code"] for each in answer.json()["items"]]


@pytest.mark.parametrize(
    "where",
    [{"address_id": WHOLE}, {"address_string": f"Ấp 3, {WHOLE_NAME}"}, {"address_id": WHOLE_NOW}],
    ids=["old code", "old name", "code of now"],
)
async def test_a_partners_report_from_a_whole_ward_of_before_lies_in_the_one_of_now(
    client: httpx.AsyncClient, key: Key, conn: asyncpg.Connection, where: dict[str, str]
) -> None:
    code = await placed(client, key, **where)
    await publish(conn, str(await conn.fetchval("select id from feedback.reports where code = $1", code)))

    (found,) = await both(client, f"v2/requests/{code}")
    assert (found["address_id"], found["address"]) == (WHOLE_NOW, "Xã Tầm Vu, Tỉnh Tây Ninh")
    for query in ({"old_ward_code": WHOLE}, {"ward_code": WHOLE_NOW}, {"place": WHOLE_NAME}):
        assert await shown(client, **query) == [code]
    assert await shown(client, old_ward_code=DIVIDED) == []


async def test_a_partners_report_from_a_divided_ward_is_where_its_point_lies_or_nowhere(
    client: httpx.AsyncClient, key: Key, conn: asyncpg.Connection, within: dict[str, Any]
) -> None:
    point = {"lat": str(within["lat"]), "long": str(within["lon"])}
    codes = [
        await placed(client, key, **where)
        for where in ({"address_id": DIVIDED, **point}, {"address_id": DIVIDED}, {"address_string": DIVIDED_NAME})
    ]

    rows = await conn.fetch("select code, id, ward_code from feedback.reports")
    assert {row["code"]: row["ward_code"] for row in rows} == dict(zip(codes, ["25549", None, None], strict=True))
    for row in rows:
        await publish(conn, str(row["id"]))
    assert await shown(client, old_ward_code=DIVIDED) == await shown(client, place=DIVIDED_NAME) == [codes[0]]
    assert {each["service_request_id"] for each in await both(client, "v2/requests")} == set(codes)


async def test_a_code_that_no_list_has_is_named(client: httpx.AsyncClient, key: Key) -> None:
    fields = {"api_key": await key(), "service_code": "ha_tang", "address_id": "99999"}

    answer = await client.post("/open311/v2/requests.json", data=fields)

    assert (answer.status_code, answer.json()[0]["code"]) == (400, 400)
    assert "address_id" in answer.json()[0]["description"]


async def test_whoever_reports_from_a_divided_ward_is_asked_unless_the_point_says_it(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, within: dict[str, Any]
) -> None:
    me = await bearer()

    async def sent(**where: Any) -> httpx.Response:
        body = {"category_code": "giao_thong", "description": "Ổ gà lớn ngay ngã tư.", **where}
        return await client.post("/v1/feedback", json=body, headers=me | {"Idempotency-Key": str(uuid4())})

    asked = await sent(old_ward_code=DIVIDED)
    elsewhere = await sent(old_ward_code=DIVIDED, lat=10.6001, lon=106.4003)
    clear = await sent(old_ward_code=DIVIDED, **within)
    whole = await sent(old_ward_code=WHOLE)

    for each in (asked, elsewhere):
        assert (each.status_code, each.json()["code"]) == (422, "place_ambiguous")
        assert {candidate["code"] for candidate in each.json()["candidates"]} == PARTS
    wards = {
        answer.json()["code"]: ward for answer, ward in ((clear, "25549"), (whole, WHOLE_NOW))
    }  # fmt: skip
    rows = await conn.fetch("select code, ward_code from feedback.reports")
    assert {row["code"]: row["ward_code"] for row in rows} == wards
