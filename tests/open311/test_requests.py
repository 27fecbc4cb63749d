"""What everybody reads of reports: what officials have made public, and nothing of who sent it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from longan.floor.access.tokens import Principal
from longan.floor.feedback import feedback_handling, feedback_states
from longan.rooms.open311 import store
from tests.conftest import new_account
from tests.feedback.reporting import answer, publish
from tests.feedback_desk.conftest import Official, Sent
from tests.open311.speaking import HERE, Key, both

REQUEST = [
    "service_request_id", "status", "status_notes", "service_name", "service_code", "description", "agency_responsible",
    "service_notice", "requested_datetime", "updated_datetime", "expected_datetime", "address", "address_id", "zipcode",
    "lat", "long", "media_url",
]  # fmt: skip


async def code_of(conn: asyncpg.Connection, report: UUID) -> str:
    found: str = await conn.fetchval("select code from feedback.reports where id = $1", report)
    return found


async def ids(client: httpx.AsyncClient, **query: str) -> list[str]:
    return [each["service_request_id"] for each in await both(client, "v2/requests", **query)]


async def test_a_public_report_has_every_field_and_nothing_of_its_sender(
    client: httpx.AsyncClient, conn: asyncpg.Connection, sent: Sent
) -> None:
    report = await sent(description="Nhà Nguyễn Văn Tèo, 0901234567", address="12 Ấp 2")
    await publish(conn, str(report), "Ổ gà ở ngã tư.")
    code = await code_of(conn, report)

    (found,) = await both(client, f"v2/requests/{code}")

    assert list(found) == REQUEST
    assert (found["status"], found["description"], found["status_notes"]) == ("open", "Ổ gà ở ngã tư.", "Đã vá.")
    assert (found["service_code"], found["service_name"]) == ("giao_thong", "Giao thông, an toàn giao thông")
    assert (found["lat"], found["long"]) == (10.54, 106.4105)
    assert (found["address"], found["address_id"], found["zipcode"]) == ("Phường Long An, Tỉnh Tây Ninh", "27694", None)
    for name in ("requested_datetime", "updated_datetime", "expected_datetime"):
        assert datetime.fromisoformat(found[name]).tzinfo is not None
        assert found[name].endswith("Z")
    assert "Tèo" not in str(found)
    assert await both(client, "v2/requests") == [found]


async def test_what_is_not_public_is_not_there(
    client: httpx.AsyncClient, conn: asyncpg.Connection, sent: Sent, key: Key
) -> None:
    waiting, hidden = await sent(), await sent()
    await publish(conn, str(hidden))
    await conn.execute("update feedback.reports set visibility = 'hidden' where id = $1", hidden)

    for report in (waiting, hidden):
        code = await code_of(conn, report)
        for query in ({}, {"api_key": await key()}):
            assert (await both(client, f"v2/requests/{code}", **query))[0]["code"] == 404
            assert await ids(client, service_request_id=code, **query) == []
    assert await ids(client) == []


async def test_a_partner_sees_its_own_reports_and_no_others(client: httpx.AsyncClient, key: Key) -> None:
    mine, other = await key(), await key()
    made = await client.post("/open311/v2/requests.json", data={"api_key": mine, **HERE})
    code = made.json()[0]["service_request_id"]

    assert (await both(client, f"v2/requests/{code}", api_key=mine))[0]["description"] == HERE["description"]
    assert (await both(client, f"v2/requests/{code}", api_key=other))[0]["code"] == 404
    assert (await both(client, f"v2/requests/{code}"))[0]["code"] == 404
    assert (await both(client, f"v2/requests/{code}", api_key="x"))[0]["code"] == 403


async def test_a_report_is_closed_when_it_is_answered_and_open_again_when_it_is_reopened(
    client: httpx.AsyncClient, conn: asyncpg.Connection, sent: Sent, now: datetime
) -> None:
    report = await sent()
    await publish(conn, str(report))
    code = await code_of(conn, report)
    account = await conn.fetchval("select account_id from feedback.reports where id = $1", report)
    seen = [(await both(client, f"v2/requests/{code}"))[0]["status"]]

    await answer(conn, str(report), now + timedelta(hours=1))
    closed = (await both(client, f"v2/requests/{code}"))[0]
    seen.append(closed["status"])
    await feedback_states.move(conn, report, "mo_lai", "citizen", account, "Chưa xong", now + timedelta(hours=2))
    seen.append((await both(client, f"v2/requests/{code}"))[0]["status"])

    assert seen == ["open", "closed", "open"]
    assert closed["updated_datetime"] == (now + timedelta(hours=1)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


async def test_a_merged_report_follows_the_one_that_it_was_merged_into(
    client: httpx.AsyncClient, conn: asyncpg.Connection, sent: Sent, now: datetime, official: Official, app: Any
) -> None:
    main, twin = await sent(), await sent()
    for report in (main, twin):
        await publish(conn, str(report))
    who = await new_account(conn, app, role="official")
    me = Principal(who, UUID(int=1), "official", 3, now, frozenset({"official"}))
    await feedback_handling.merge(conn, twin, main, me, now)
    await answer(conn, str(main), now)

    assert (await both(client, f"v2/requests/{await code_of(conn, twin)}"))[0]["status"] == "closed"
    assert await ids(client) == [await code_of(conn, main)]


async def test_requests_are_found_by_code_status_service_and_time(
    client: httpx.AsyncClient, conn: asyncpg.Connection, sent: Sent, now: datetime
) -> None:
    reports = {}
    for name, days, category in (("old", 100, "ha_tang"), ("past", 50, "giao_thong"), ("new", 0, "ha_tang")):
        reports[name] = await sent(at=now - timedelta(days=days, seconds=1), category_code=category)
        await publish(conn, str(reports[name]))
    await answer(conn, str(reports["past"]), now)
    old, past, new = [await code_of(conn, each) for each in reports.values()]

    def day(ago: int) -> str:
        return (now - timedelta(days=ago)).strftime("%Y-%m-%dT%H:%M:%SZ")

    assert await ids(client) == [new, past]
    assert await ids(client, service_code="ha_tang") == [new]
    assert await ids(client, service_code="ha_tang, giao_thong") == [new, past]
    assert await ids(client, status="closed") == [past]
    assert await ids(client, status="open,closed") == [new, past]
    assert await ids(client, start_date=day(120)) == [past, old]
    assert await ids(client, end_date=day(60)) == [old]
    assert await ids(client, start_date=day(120), end_date=day(60)) == [old]
    assert await ids(client, start_date="2026-01-01T00:00:00+07:00") == []
    assert await ids(client, service_request_id=f"{old}, {new},PA-2222-2222", status="closed") == [new, old]
    assert await ids(client, page_size="1") == [new]
    assert await ids(client, page_size="1", page="2") == [past]
    assert await ids(client, page_size="1", page="3") == []


@pytest.mark.parametrize(
    "query",
    [
        {"start_date": "2026-01-01T00:00:00Z", "end_date": "2026-06-01T00:00:00Z"},
        {"start_date": "2026-02-01T00:00:00Z", "end_date": "2026-01-01T00:00:00Z"},
        {"start_date": "2026-01-01"}, {"start_date": "2026-01-01T00:00:00"}, {"end_date": "yesterday"},
        {"start_date": "0001-01-01T00:00:00Z"}, {"end_date": "9999-12-31T23:59:59-12:00"}, {"status": "archived"},
        {"page": "0"}, {"page": "101"}, {"page_size": "1001"}, {"page": "x"}, {"unknown": "1"},
    ],
)  # fmt: skip
async def test_what_cannot_be_asked_is_400_in_the_form_of_the_specification(
    client: httpx.AsyncClient, query: dict[str, str]
) -> None:
    found = await both(client, "v2/requests", **query)

    assert {error["code"] for error in found} == {400}
    assert all(list(error) == ["code", "description"] for error in found)


async def test_a_partner_is_told_what_officials_decide_of_what_waits(
    client: httpx.AsyncClient, key: Key, official: Official, conn: asyncpg.Connection
) -> None:
    secret, who = await key(), await official()
    tokens = []
    for words in ("Cán bộ nói to", "Cán bộ nhận tiền"):
        fields = {**HERE, "service_code": "thai_do", "description": words, "api_key": secret, "phone": "0901234567",
                  "media_url": "https://photos.example.vn/1.jpg"}  # fmt: skip
        made = await client.post("/open311/v2/requests.json", data=fields)
        tokens.append(made.json()[0]["token"])
    listed = (await client.get("/v1/open311/submissions?state=waiting", headers=who)).json()["items"]
    assert [(each["description"], each["has_contact"]) for each in listed] == [
        ("Cán bộ nhận tiền", True), ("Cán bộ nói to", True),
    ]  # fmt: skip

    answers = []
    for each, decision in zip(listed, ("refuse", "file"), strict=True):
        path = f"/v1/open311/submissions/{each['id']}"
        look = await client.post(f"{path}/looks", json={"purpose": "Gọi lại"}, headers=who)
        assert look.json()["phone"] == "0901234567"
        assert look.json()["media_url"] == "https://photos.example.vn/1.jpg"
        body = {"decision": decision, "reason": "Đã đọc kỹ"}
        answers.append(await client.post(f"{path}/decision", json=body, headers=who))
        again = await client.post(f"{path}/decision", json=body, headers=who)
        assert (again.status_code, again.json()["code"]) == (409, "illegal_transition")

    assert [each.json()["state"] for each in answers] == ["refused", "filed"]
    (filed,) = await both(client, f"v2/tokens/{tokens[0]}")
    assert filed == {"service_request_id": answers[1].json()["code"], "token": tokens[0]}
    (refused,) = await both(client, f"v2/tokens/{tokens[1]}")
    assert refused["code"] == 404
    assert "tố cáo" in refused["description"]
    assert (await both(client, "v2/tokens/unknown"))[0]["code"] == 404
    assert await conn.fetchval("select count(*) from open311_reports.looks") == 2
    assert await conn.fetchval("select count(*) from open311_reports.submissions where content is not null") == 0


async def test_submissions_are_for_officials_of_their_wards(
    client: httpx.AsyncClient, key: Key, official: Official, bearer: Any
) -> None:
    await client.post("/open311/v2/requests.json", data={**HERE, "service_code": "thai_do", "api_key": await key()})
    mine = await official(wards=["27694"])
    (found,) = (await client.get("/v1/open311/submissions", headers=mine)).json()["items"]

    elsewhere, others, citizen = await official(wards=["28036"]), await official(function="labour"), await bearer()
    path = f"/v1/open311/submissions/{found['id']}"
    body = {"decision": "file", "reason": "Đã đọc kỹ"}
    statuses = [
        (await client.post(f"{path}/decision", json=body, headers=who)).status_code
        for who in (elsewhere, others, citizen)
    ]

    assert statuses == [404, 403, 401]
    assert (await client.get("/v1/open311/submissions", headers=elsewhere)).json()["items"] == []
    looks = await client.post(f"{path}/looks", json={"purpose": "Gọi lại"}, headers=elsewhere)
    assert looks.status_code == 404


async def test_the_public_list_walks_an_index_and_not_the_table(conn: asyncpg.Connection, now: datetime) -> None:
    await conn.execute("set local enable_seqscan = off")
    await conn.execute("set local enable_sort = off")

    plan = "\n".join(
        row[0]
        for row in await conn.fetch(
            f"explain {store.RECENT}", None, "80", now, now - timedelta(days=90), now, None, None, 1_000, 0
        )
    )

    assert "Index Scan using reports_shown on reports f" in plan
