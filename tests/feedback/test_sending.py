"""A report is sent once, to whom it is for, from a place that is never guessed."""

from datetime import datetime
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from longan.floor.feedback import feedback_clock, feedback_terms
from longan.floor.pay_and_days import working_days
from longan.floor.pay_and_days.wages import day_of
from tests.conftest import Bearer, TestClock
from tests.feedback.reporting import CLEAR, WARD, draft, seen, send, sent

Client = httpx.AsyncClient


async def test_a_report_has_a_code_to_say_and_terms_in_working_time(
    client: Client, bearer: Bearer, conn: asyncpg.Connection
) -> None:
    me = await bearer()

    made = await sent(client, me)

    assert made.keys() == {"id", "code", "status", "due_at"}
    assert made["status"] == "moi_gui"
    row = await conn.fetchrow("select * from feedback.reports where code = $1", made["code"])
    assert row is not None
    category = (await feedback_terms.categories(conn, day_of(row["created_at"])))["giao_thong"]
    due = feedback_clock.terms(await working_days.load(conn), category, row["created_at"], False)
    assert (row["accept_due_at"], row["due_at"]) == (due.accept_due_at, due.due_at)
    assert datetime.fromisoformat(made["due_at"]) == due.due_at
    assert (row["ward_code"], row["province_code"], row["visibility"]) == (WARD, "80", "waiting")
    mine = await seen(client, me, made["id"])
    assert mine["own"] and mine["description"] == draft()["description"]
    assert [(move["from_status"], move["to_status"], move["side"]) for move in mine["moves"]] == [
        (None, "moi_gui", "citizen")
    ]


async def test_a_danger_to_people_is_accepted_sooner(client: Client, bearer: Bearer, conn: asyncpg.Connection) -> None:
    me = await bearer()
    ordinary = await sent(client, me)

    urgent = await sent(client, me, attributes=[{"code": "nguy_hiem", "values": ["co"]}])

    rows = await conn.fetch("select code, accept_due_at from feedback.reports")
    due = {row["code"]: row["accept_due_at"] for row in rows}
    assert due[urgent["code"]] < due[ordinary["code"]]
    mine = await seen(client, me, urgent["id"])
    assert mine["is_urgent"] and mine["attributes"] == {"nguy_hiem": "co"}


async def test_the_same_draft_again_is_the_same_report(
    client: Client, bearer: Bearer, conn: asyncpg.Connection
) -> None:
    me, identifier = await bearer(), str(uuid4())
    first = await sent(client, me, client_id=identifier)

    again = await send(client, me, client_id=identifier)
    confirmed = await send(client, me, client_id=identifier, confirmed_in_scope=True)
    of_another = await sent(client, await bearer(), client_id=identifier)

    assert again.status_code == confirmed.status_code == 201
    assert again.json() == confirmed.json() == first
    assert of_another["id"] != first["id"]
    assert await conn.fetchval("select count(*) from feedback.reports") == 2


async def test_a_draft_that_was_changed_since_names_the_report_there_is(
    client: Client, bearer: Bearer, conn: asyncpg.Connection
) -> None:
    me, identifier = await bearer(), str(uuid4())
    first = await sent(client, me, client_id=identifier)

    changed = await send(client, me, client_id=identifier, description="Ổ gà đã to hơn nhiều rồi.")

    assert (changed.status_code, changed.json()["code"]) == (409, "draft_sent")
    assert changed.json()["report"] == first
    assert await conn.fetchval("select description from feedback.reports") == draft()["description"]


@pytest.mark.parametrize(
    ("code", "law", "phone"),
    [
        ("khieu_nai", "Luật Khiếu nại 2011 (02/2011/QH13)", None),
        ("to_cao", "Luật Tố cáo 2018 (25/2018/QH14)", None),
        ("toi_pham", "Bộ luật Tố tụng hình sự 2015", "113"),
        ("chay", "Luật Phòng cháy, chữa cháy và cứu nạn, cứu hộ 2024", "114"),
        ("cap_cuu", None, "115"),
    ],
)
async def test_what_is_for_somebody_else_is_told_the_way(
    client: Client, bearer: Bearer, code: str, law: str | None, phone: str | None
) -> None:
    refused = await send(client, await bearer(), category_code=code, confirmed_in_scope=True)

    assert (refused.status_code, refused.json()["code"]) == (422, "out_of_scope")
    elsewhere = refused.json()["elsewhere"]
    assert (elsewhere["code"], elsewhere["law"], elsewhere["phone"]) == (code, law, phone)
    assert elsewhere["where"]


@pytest.mark.parametrize(
    ("words", "codes"),
    [
        ("Tôi làm đơn khiếu nại quyết định thu hồi đất.", ["khieu_nai"]),
        ("Toi lam don khieu nai quyet dinh thu hoi dat.", ["khieu_nai"]),
        ("Tôi tố cáo ông ấy nhận hối lộ.", ["to_cao"]),
        ("Nhà bên cạnh đang cháy lớn!", ["chay"]),
        ("Xe bị trộm, người giữ xe bất tỉnh.", ["toi_pham", "cap_cuu"]),
    ],
)
async def test_words_that_sound_like_something_else_are_asked_about_and_nothing_is_lost(
    client: Client, bearer: Bearer, conn: asyncpg.Connection, words: str, codes: list[str]
) -> None:
    me = await bearer() | {"Idempotency-Key": str(uuid4())}
    body = draft(description=words, client_id=str(uuid4()))

    asked = await client.post("/v1/feedback", json=body, headers=me)
    confirmed = await client.post("/v1/feedback", json=body | {"confirmed_in_scope": True}, headers=me)

    assert (asked.status_code, asked.json()["code"]) == (422, "maybe_out_of_scope")
    assert [each["code"] for each in asked.json()["elsewhere"]] == codes
    assert confirmed.status_code == 201, confirmed.text
    assert await conn.fetchval("select array_agg(description) from feedback.reports") == [words]


@pytest.mark.parametrize("words", ["Nước đang chảy tràn ra đường.", "Xe chạy nhanh, trẻ con đi học sợ lắm."])
async def test_words_with_other_marks_are_other_words(client: Client, bearer: Bearer, words: str) -> None:
    assert (await send(client, await bearer(), description=words)).status_code == 201


async def test_a_point_that_is_not_clear_is_asked_about(
    client: Client, bearer: Bearer, conn: asyncpg.Connection
) -> None:
    me = await bearer()

    asked = await send(client, me, lat=10.64, lon=106.48)
    chosen = asked.json()["candidates"][1]["code"]
    made = await sent(client, me, lat=10.64, lon=106.48, ward_code=chosen)

    assert (asked.status_code, asked.json()["code"]) == (422, "place_ambiguous")
    assert {each["name"] for each in asked.json()["candidates"]} >= {"Xã Bến Lức", "Xã Bình Đức"}
    assert await conn.fetchval("select ward_code from feedback.reports where code = $1", made["code"]) == chosen


@pytest.mark.parametrize(
    ("place", "status", "code"),
    [
        ({"lat": 10.7769, "lon": 106.7009}, 422, "point_outside"),
        ({"lat": 9.2, "lon": 108.9}, 422, "point_outside"),
        ({"lat": 10.6, "lon": 106.4, "ward_code": "25459"}, 422, "point_elsewhere"),
        ({"ward_code": "99999"}, 422, "ward_unknown"),
        ({"old_ward_code": "99998"}, 422, "place_unknown"),
        ({"ward_code": WARD, "old_ward_code": "27694"}, 400, "invalid_request"),
        ({"lat": 10.6, "lon": None}, 400, "invalid_request"),
        ({"lat": None, "lon": None}, 400, "invalid_request"),
    ],
)
async def test_a_place_that_is_not_ours_or_none_is_refused(
    client: Client, bearer: Bearer, conn: asyncpg.Connection, place: dict[str, Any], status: int, code: str
) -> None:
    body = {name: value for name, value in (draft() | place).items() if value is not None}

    refused = await client.post("/v1/feedback", json=body, headers=await bearer())

    assert (refused.status_code, refused.json()["code"]) == (status, code), refused.text
    assert await conn.fetchval("select count(*) from feedback.reports") == 0


async def test_a_ward_of_before_that_was_divided_is_asked_about_and_a_whole_one_taken(
    client: Client, bearer: Bearer, conn: asyncpg.Connection
) -> None:
    divided, whole = await conn.fetchrow(
        """select (select s.old_code from places.successions s join places.units u
                       on (u.version, u.code) = (s.new_version, s.new_code) and u.province_code = '80'
                    group by s.old_code having count(*) > 1 order by 1 limit 1),
                  (select s.old_code from places.successions s join places.units u
                       on (u.version, u.code) = (s.new_version, s.new_code) and u.province_code = '80'
                    where s.kind = 'whole' group by s.old_code having count(*) = 1 order by 1 limit 1)"""
    ) or ("", "")
    me = await bearer()
    body = {name: value for name, value in draft().items() if name not in CLEAR}

    asked = await client.post("/v1/feedback", json=body | {"old_ward_code": divided}, headers=me)
    taken = await client.post("/v1/feedback", json=body | {"old_ward_code": whole}, headers=me)

    assert (asked.status_code, asked.json()["code"]) == (422, "place_ambiguous")
    assert len(asked.json()["candidates"]) > 1
    assert taken.status_code == 201, taken.text


@pytest.mark.parametrize(
    ("answers", "pointer", "code"),
    [
        ([{"code": "mau_sac", "values": ["do"]}], "/attributes/mau_sac", "unknown"),
        ([{"code": "loai", "values": ["nha_cua"]}], "/attributes/loai", "not_one_of"),
        ([{"code": "loai", "values": ["un_tac", "bien_bao"]}], "/attributes/loai", "repeated"),
    ],
)
async def test_an_answer_that_does_not_fit_its_question_is_named(
    client: Client, bearer: Bearer, answers: list[Any], pointer: str, code: str
) -> None:
    refused = await send(client, await bearer(), attributes=answers)

    assert (refused.status_code, refused.json()["code"]) == (422, "answers_invalid")
    assert [(each["pointer"], each["code"]) for each in refused.json()["errors"]] == [(pointer, code)]


async def test_nobody_sends_more_in_a_day_than_the_terms_allow(
    client: Client, bearer: Bearer, conn: asyncpg.Connection, clock: TestClock
) -> None:
    await conn.execute("update reference.feedback_terms set value = 2 where code = 'reports_a_day'")
    me = await bearer()
    first = str(uuid4())
    await sent(client, me, client_id=first)
    await sent(client, me)

    third = await send(client, me)
    again = await send(client, me, client_id=first)

    assert (third.status_code, third.json()["code"]) == (429, "rate_limited")
    assert again.status_code == 201


async def test_a_report_belongs_to_who_has_sent_it(client: Client, bearer: Bearer) -> None:
    made, stranger = await sent(client, await bearer()), await bearer()
    path = f"/v1/feedback/{made['id']}"

    answers = [
        await client.get(path, headers=stranger),
        await client.post(f"{path}/supplement", json={"words": "x"}, headers=stranger),
        await client.post(f"{path}/reopening", json={"words": "x"}, headers=stranger),
        await client.post(f"{path}/withdrawal", json={}, headers=stranger),
        await client.post(f"{path}/rating", json={"stars": 1}, headers=stranger),
        await client.put(f"{path}/support", headers=stranger),
        await client.delete(f"{path}/support", headers=stranger),
    ]

    assert [each.status_code for each in answers] == [404] * len(answers)


async def test_ones_own_reports_are_listed_newest_first_and_filtered(
    client: Client, bearer: Bearer, conn: asyncpg.Connection
) -> None:
    me = await bearer()
    await sent(client, await bearer())
    made = [await sent(client, me, category_code=code) for code in ("giao_thong", "moi_truong", "giao_thong")]
    await conn.execute("update feedback.reports set status = 'tu_choi' where code = $1", made[0]["code"])

    async def codes(**query: Any) -> list[str]:
        answer = await client.get("/v1/me/feedback", params=query, headers=me)
        assert answer.status_code == 200, answer.text
        return [each["code"] for each in answer.json()["items"]]

    newest = [each["code"] for each in reversed(made)]
    assert await codes() == newest
    assert await codes(category_code="giao_thong") == [newest[0], newest[2]]
    assert await codes(status="moi_gui,da_chuyen") == newest[:2]
    assert await codes(is_open="false") == newest[2:]
    first = (await client.get("/v1/me/feedback", params={"limit": 2}, headers=me)).json()
    assert await codes(limit=2, cursor=first["next_cursor"]) == newest[2:]
    assert (await client.get("/v1/me/feedback", params={"status": "xong"}, headers=me)).status_code == 400
