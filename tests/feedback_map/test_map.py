"""The public map: what is near, what is in a box, a page each; never who has sent it, nor where exactly."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from tests.conftest import Bearer, TestClock
from tests.feedback.reporting import answer, hide, publish, seen, sent

Client = httpx.AsyncClient
MAP = "/v1/feedback-map/reports"
SECRET = "Nhà bà Nguyễn Thị Hoa, 0901234567"


async def listed(client: Client, **query: Any) -> list[Any]:
    answer_ = await client.get(MAP, params=query)
    assert answer_.status_code == 200, answer_.text
    found: list[Any] = answer_.json()["items"]
    return found


async def four(client: Client, bearer: Bearer, conn: asyncpg.Connection) -> list[str]:
    """Ever farther to the north, the last one hidden; their codes."""
    made = [
        await sent(client, await bearer(), lat=10.6001 + n / 100, ward_code="28036",
                   category_code="moi_truong" if n == 1 else "giao_thong")
        for n in range(4)
    ]  # fmt: skip
    for each in made:
        await publish(conn, each["id"])
    await hide(conn, made[3]["id"])
    return [each["code"] for each in made]


async def test_around_a_point_the_nearest_come_first_page_by_page(
    client: Client, bearer: Bearer, conn: asyncpg.Connection
) -> None:
    a, b, c, _ = await four(client, bearer, conn)
    here = {"lat": 10.6001, "lon": 106.4003}

    assert [each["code"] for each in await listed(client, **here)] == [a, b, c]
    assert [each["code"] for each in await listed(client, lat=10.622, lon=106.4003)] == [c, b, a]
    assert [each["code"] for each in await listed(client, **here, radius_km=1.5)] == [a, b]
    assert [each["code"] for each in await listed(client, **here, category_code="moi_truong")] == [b]
    first = (await client.get(MAP, params=here | {"limit": 2})).json()
    assert [each["code"] for each in await listed(client, **here, limit=2, cursor=first["next_cursor"])] == [c]
    assert first["items"][1]["distance_km"] == pytest.approx(1.12, abs=0.06)


async def test_in_a_box_there_is_what_lies_in_it(client: Client, bearer: Bearer, conn: asyncpg.Connection) -> None:
    a, b, c, _ = await four(client, bearer, conn)

    assert {each["code"] for each in await listed(client, bbox="106.39,10.595,106.41,10.7")} == {a, b, c}
    assert [each["code"] for each in await listed(client, bbox="106.39,10.605,106.41,10.632")] == [c, b]
    assert await listed(client, bbox="106.41,10.5,106.5,10.7") == []
    first = (await client.get(MAP, params={"bbox": "106.39,10.595,106.41,10.7", "limit": 2})).json()
    rest = await listed(client, bbox="106.39,10.595,106.41,10.7", limit=2, cursor=first["next_cursor"])
    assert {each["code"] for each in (*first["items"], *rest)} == {a, b, c}


async def test_without_a_place_the_newest_come_first(client: Client, bearer: Bearer, conn: asyncpg.Connection) -> None:
    a, b, c, _ = await four(client, bearer, conn)
    await conn.execute("update feedback.reports set status = 'da_dong' where code = $1", a)

    assert [each["code"] for each in await listed(client)] == [c, b, a]
    assert [each["code"] for each in await listed(client, ward_code="28036", is_open="true")] == [c, b]
    assert [each["code"] for each in await listed(client, status="da_dong")] == [a]
    assert await listed(client, ward_code="27694") == []


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({"bbox": "1,2,3"}, 400, "invalid_request"),
        ({"bbox": "106.4,10.6,106.3,10.7"}, 422, "box_invalid"),
        ({"bbox": "nan,10.6,106.3,10.7"}, 400, "invalid_request"),
        ({"bbox": "-181,10.6,106.3,10.7"}, 422, "box_invalid"),
        ({"bbox": "106,10,107,11", "lat": 10, "lon": 106}, 400, "invalid_request"),
        ({"lat": 10}, 400, "invalid_request"),
        ({"status": "xong"}, 400, "invalid_request"),
        ({"category_code": "A'--"}, 400, "invalid_request"),
        ({"cursor": "AAAA"}, 400, "invalid_request"),
    ],
)
async def test_a_question_that_is_none_is_refused(client: Client, query: Any, status: int, code: str) -> None:
    refused = await client.get(MAP, params=query)

    assert (refused.status_code, refused.json()["code"]) == (status, code)


async def test_nothing_public_tells_who_has_sent_it_or_where_they_live(
    client: Client, bearer: Bearer, conn: asyncpg.Connection
) -> None:
    me = await bearer()
    made = await sent(client, me, description=SECRET, address="Số 5 Trần Phú", lat=10.600123, lon=106.400456)
    account = await conn.fetchval("select account_id from feedback.reports")
    await answer(conn, made["id"])
    await publish(conn, made["id"], "Ổ gà lớn.")

    texts = [
        (await client.get(path)).text
        for path in (
            MAP, f"{MAP}/{made['code']}", "/v1/feedback-map/tiles/20/833994/493131", "/v1/feedback-map/tiles/0/0/0",
            f"{MAP}?lat=10.6&lon=106.4", "/v1/feedback-map/facets",
        )
    ]  # fmt: skip
    found = (await seen(client, await bearer(), made["id"])) | {"id": ""}

    for text in (*texts, str(found)):
        for secret in ("Hoa", "0901234567", "Trần Phú", "10.600123", "106.400456", str(account), "Đã vá xong"):
            assert secret not in text


async def test_a_page_is_found_by_its_code_however_it_is_written_until_it_is_hidden(
    client: Client, bearer: Bearer, conn: asyncpg.Connection
) -> None:
    made = await sent(client, await bearer())
    path = f"{MAP}/{made['code']}"
    waiting = await client.get(path)
    await answer(conn, made["id"])
    await publish(conn, made["id"])

    shown = await client.get(path)
    spoken = await client.get(f"{MAP}/{made['code'].replace('-', '').lower()}")
    held = await client.get(path, headers={"If-None-Match": shown.headers["ETag"]})
    await hide(conn, made["id"])
    hidden = await client.get(path, headers={"If-None-Match": shown.headers["ETag"]})

    assert waiting.status_code == hidden.status_code == 404
    assert shown.json()["answer"] == "Đã vá." and spoken.json() == shown.json()
    assert [each["status"] for each in shown.json()["steps"]][-1] == "da_tra_loi"
    assert shown.json()["category"] == "Giao thông, an toàn giao thông"
    assert held.status_code == 304
    assert (await client.get(f"{MAP}/PA-0000-0000")).status_code == 404


async def test_what_was_merged_is_on_the_map_once_and_its_code_leads_to_the_other(
    client: Client, bearer: Bearer, conn: asyncpg.Connection
) -> None:
    whole, part = [await sent(client, await bearer()) for _ in range(2)]
    for each in (whole, part):
        await publish(conn, each["id"])
    await conn.execute(
        "update feedback.reports set merged_into = $2 where id = $1", UUID(part["id"]), UUID(whole["id"])
    )

    assert [each["code"] for each in await listed(client)] == [whole["code"]]
    assert (await client.get(f"{MAP}/{part['code']}")).json()["code"] == whole["code"]


async def test_before_sending_one_is_shown_what_is_near_fresh_and_of_the_same_kind(
    client: Client, bearer: Bearer, conn: asyncpg.Connection, clock: TestClock
) -> None:
    me, other = await bearer(), await bearer()
    near = await sent(client, other)
    await sent(client, other, category_code="moi_truong")
    far = await sent(client, other, lat=10.6101)
    waiting = await sent(client, other)
    over, old = [await sent(client, other) for _ in range(2)]
    for each in (near, far, over, old):
        await publish(conn, each["id"], "Ổ gà.")
    await conn.execute("update feedback.reports set status = 'tu_choi' where code = $1", over["code"])
    await conn.execute(
        "update feedback.reports set created_at = $2 where code = $1", old["code"], clock() - timedelta(days=31)
    )
    own = await sent(client, me)
    here = {"category_code": "giao_thong", "lat": 10.6003, "lon": 106.4003}

    found = (await client.get("/v1/feedback/similar", params=here, headers=me)).json()
    theirs = (await client.get("/v1/feedback/similar", params=here, headers=other)).json()["items"]

    shown = {each["code"]: (each["own"], each["description"]) for each in found["items"]}
    assert shown.keys() == {near["code"], own["code"]}
    assert shown[near["code"]] == (False, "Ổ gà.")
    assert (found["within_m"], found["within_days"]) == (150, 30)
    assert {each["code"] for each in theirs} == {near["code"], waiting["code"]}
    refused = await client.get("/v1/feedback/similar", params=here | {"category_code": "to_cao"}, headers=me)
    assert refused.status_code == 400


async def test_the_categories_say_whom_to_turn_to_in_ones_language(client: Client) -> None:
    vi = (await client.get("/v1/feedback/categories")).json()["items"]
    en = (await client.get("/v1/feedback/categories", headers={"Accept-Language": "en"})).json()["items"]

    assert len(vi) == len(en) == 17
    by_code = {each["code"]: each for each in en}
    assert by_code["chay"]["elsewhere"]["phone"] == "114" and not by_code["chay"]["is_handled"]
    assert by_code["giao_thong"]["questions"][0]["values"][0] == {"key": "mat_duong", "name": "Broken road"}
    assert vi[0]["name"].startswith("Sự cố hạ tầng")
