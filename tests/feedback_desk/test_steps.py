"""Officials bring reports on their way: each step by the one machine, in their wards, never twice at once."""

from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from longan.api.edge import Edge
from longan.floor.database.tasks import Context
from longan.floor.feedback import feedback_states
from tests.conftest import Bearer, TestClock, new_account
from tests.feedback_desk.conftest import Official, Sent, a_rule, a_unit, acted, brought, lodged, parts, seen
from tests.jobs.hiring import BEN_LUC, LONG_AN

ACCEPT = ("acceptance", {"words": "Đã tiếp nhận."})
WAY = (
    ACCEPT,
    ("forwarding", {"note": "Xem ảnh 2."}),
    ("start", {}),
    ("answer", {"words": "Đã vá mặt đường ngày 20/11."}),
    ("closing", {}),
)


async def test_a_report_goes_its_whole_way(client: httpx.AsyncClient, official: Official, sent: Sent) -> None:
    who, report = await official(), await sent()
    unit = await a_unit(client, who)
    await a_rule(client, who, unit, category_code="giao_thong")

    await brought(client, who, report, *WAY)

    found = await seen(client, who, report)
    assert (found["status"], found["unit_id"], found["clock_runs"]) == ("da_dong", unit["id"], False)
    assert [step["to_status"] for step in found["steps"]] == [
        "moi_gui", "da_tiep_nhan", "da_chuyen", "dang_xu_ly", "da_tra_loi", "da_dong",
    ]  # fmt: skip
    assert [step["by"] is None for step in found["steps"]] == [True, False, False, False, False, False]
    assert found["steps"][2]["note"] == "Xem ảnh 2."
    assert found["steps"][2]["unit_name"] == unit["name"]
    assert found["version"] == 6
    assert not found["late"]["is_late"]


async def test_every_step_promises_to_tell_once(
    client: httpx.AsyncClient, conn: asyncpg.Connection, official: Official, sent: Sent
) -> None:
    who, report = await official(), await sent()
    before = await conn.fetchval("select count(*) from pgqueuer where entrypoint = 'feedback_moved'")

    await brought(client, who, report, ACCEPT)

    after = await conn.fetchval("select count(*) from pgqueuer where entrypoint = 'feedback_moved'")
    assert after - before == 1


@pytest.mark.parametrize(
    ("act", "said"),
    [
        ("forwarding", {"unit_id": str(uuid4())}), ("start", {}), ("answer", {"words": "Xong."}), ("closing", {}),
    ],
)  # fmt: skip
async def test_no_step_is_skipped(
    client: httpx.AsyncClient, official: Official, sent: Sent, act: str, said: dict[str, object]
) -> None:
    who, report = await official(), await sent()
    if act == "forwarding":
        said = {"unit_id": (await a_unit(client, who))["id"]}

    answer = await acted(client, who, report, act, **said)

    assert parts(answer) == (409, "illegal_transition")
    assert answer.json()["from"] == "moi_gui"


async def test_of_two_versions_the_old_one_is_stale(client: httpx.AsyncClient, official: Official, sent: Sent) -> None:
    who, report = await official(), await sent()
    await brought(client, who, report, ACCEPT)

    for act, said in (*WAY[1:], ("urgency", {"is_urgent": True}), ("publication", {}), ("hiding", {})):
        assert parts(await acted(client, who, report, act, version=1, **said)) == (412, "stale")


@pytest.mark.parametrize("act", ["question", "refusal", "answer"])
async def test_what_the_citizen_must_read_is_demanded(
    client: httpx.AsyncClient, official: Official, sent: Sent, act: str
) -> None:
    who, report = await official(), await sent()

    said = {"reason_code": "other"} if act == "refusal" else {}
    answer = await acted(client, who, report, act, **said)

    assert answer.status_code == 400
    assert {"pointer": "/words", "code": "required"}.items() <= answer.json()["errors"][-1].items()


async def test_an_official_of_another_ward_finds_nothing(
    client: httpx.AsyncClient, official: Official, sent: Sent
) -> None:
    here, elsewhere = await official([LONG_AN]), await official([BEN_LUC])
    report = await sent()

    assert (await client.get(f"/v1/feedback-queue/{report}", headers=elsewhere)).status_code == 404
    assert (await acted(client, elsewhere, report, "acceptance", version=1)).status_code == 404
    assert (await acted(client, here, report, "acceptance", version=1)).status_code == 200


async def test_what_has_no_ward_is_for_those_who_are_appointed_for_everywhere(
    client: httpx.AsyncClient, official: Official, sent: Sent
) -> None:
    here, everywhere = await official([LONG_AN]), await official()
    report = await sent(ward_code=None)

    assert (await acted(client, here, report, "acceptance", version=1)).status_code == 404
    assert (await acted(client, everywhere, report, "acceptance", version=1)).status_code == 200


async def test_another_function_an_ended_role_and_citizens_are_refused(
    client: httpx.AsyncClient, official: Official, sent: Sent, bearer: Bearer, clock: TestClock
) -> None:
    report = await sent()
    expired = await official(ends_at=clock() - timedelta(seconds=1))

    for who in (await official(function="moderation"), expired):
        for path in ("/v1/feedback-queue", f"/v1/feedback-queue/{report}", "/v1/feedback-queue/counts",
                     "/v1/feedback-units", "/v1/feedback-routing-rules", "/v1/feedback-routing-changes",
                     "/v1/feedback-statistics"):  # fmt: skip
            assert parts(await client.get(path, headers=who)) == (403, "forbidden"), path
        assert parts(await acted(client, who, report, "acceptance", version=1)) == (403, "forbidden")
    assert (await acted(client, await bearer(), report, "acceptance", version=1)).status_code == 401
    without_passkey = await official(acr=0)
    assert (await acted(client, without_passkey, report, "acceptance", version=1)).status_code == 401


async def test_nobody_decides_on_their_own_report(
    client: httpx.AsyncClient, conn: asyncpg.Connection, app: Edge, official: Official, sent: Sent
) -> None:
    account = await new_account(conn, app, role="official")
    who, other = await official(account=account), await sent()
    mine = await sent(account)
    assert (await seen(client, who, mine))["own"]

    for act, said in (ACCEPT, ("refusal", {"words": "x", "reason_code": "other"}), ("urgency", {"is_urgent": True}),
                      ("publication", {}), ("hiding", {}),
                      ("merge", {"into": str(other), "into_version": 1})):  # fmt: skip
        assert parts(await acted(client, who, mine, act, **said)) == (403, "own_report"), act
    look = await client.post(f"/v1/feedback-queue/{mine}/looks", json={"purpose": "verify"}, headers=who)
    assert parts(look) == (403, "own_report")


async def test_what_others_handle_is_sent_their_way(
    client: httpx.AsyncClient, conn: asyncpg.Connection, official: Official, sent: Sent
) -> None:
    who, report = await official(), await sent()
    said = {"words": "Đây là khiếu nại.", "reason_code": "out_of_scope"}

    assert parts(await acted(client, who, report, "refusal", **said)) == (400, "invalid_request")
    wrong = await acted(client, who, report, "refusal", **said, elsewhere_code="giao_thong")
    assert parts(wrong) == (400, "invalid_request")
    answer = await acted(client, who, report, "refusal", **said, elsewhere_code="khieu_nai")

    assert answer.json()["status"] == "tu_choi"
    found = await seen(client, who, report)
    assert found["steps"][-1]["words"].startswith("Đây là khiếu nại.\n\nKhiếu nại: ")
    assert "Luật Khiếu nại" in found["steps"][-1]["words"]
    assert [(act["action"], act["because"]) for act in found["acts"]] == [("refused", "khieu_nai")]


async def test_while_the_citizen_is_asked_the_clock_stands(
    client: httpx.AsyncClient, conn: asyncpg.Connection, official: Official, sent: Sent, clock: TestClock
) -> None:
    who, report = await official(), await sent()
    await brought(client, who, report, ("question", {"words": "Cột đèn số mấy?"}))

    clock.shift(timedelta(days=60))
    found = await seen(client, await official(), report)

    assert (found["status"], found["clock_runs"]) == ("yeu_cau_bo_sung", False)
    assert not found["late"]["is_late"]
    assert not found["accept_late"]["is_late"]


async def test_urgent_is_to_be_accepted_sooner_and_ordinary_later_again(
    client: httpx.AsyncClient, official: Official, sent: Sent
) -> None:
    who, report = await official(), await sent()
    before = (await seen(client, who, report))["accept_due_at"]

    urgent = (await acted(client, who, report, "urgency", is_urgent=True)).json()
    again = (await acted(client, who, report, "urgency", is_urgent=True)).json()
    ordinary = (await acted(client, who, report, "urgency", is_urgent=False)).json()

    assert urgent["accept_due_at"] < before == ordinary["accept_due_at"]
    assert again["version"] == urgent["version"] == 2
    acts = (await seen(client, who, report))["acts"]
    assert [act["action"] for act in acts] == ["made_urgent", "made_ordinary"]


async def test_what_its_sender_took_back_is_nobodys(
    client: httpx.AsyncClient, conn: asyncpg.Connection, app: Edge, official: Official
) -> None:
    account = await new_account(conn, app)
    now = app.app.state.clock()
    report = await lodged(conn, account, now)
    await feedback_states.move(conn, report, "da_dong", "citizen", account, None, now)
    who = await official()

    assert (await client.get(f"/v1/feedback-queue/{report}", headers=who)).status_code == 404
    assert (await acted(client, who, report, "hiding", version=2)).status_code == 404
    listed = await client.get("/v1/feedback-queue?status=da_dong&limit=100", headers=who)
    assert str(report) not in listed.text


async def test_who_sent_it_is_seen_by_looking_and_the_sender_sees_that(
    client: httpx.AsyncClient, conn: asyncpg.Connection, app: Edge, official: Official, bearer: Bearer, sent: Sent
) -> None:
    account = await new_account(conn, app)
    await conn.execute(
        "insert into people.profiles (account_id, full_name) values ($1, 'Nguyễn Thị Ổi')"
        " on conflict (account_id) do update set full_name = excluded.full_name", account,
    )  # fmt: skip
    report, who = await sent(account), await official([LONG_AN], agency="H53.903")
    elsewhere = await official([BEN_LUC])
    path = f"/v1/feedback-queue/{report}/looks"

    assert (await client.post(path, json={"purpose": "call_back"}, headers=elsewhere)).status_code == 404
    shown = (await client.post(path, json={"purpose": "call_back"}, headers=who)).json()
    looks = (await client.get("/v1/me/feedback-looks", headers=await bearer(account))).json()["items"]

    assert shown["full_name"] == "Nguyễn Thị Ổi"
    assert shown["phone"].startswith("+849")
    assert [(each["report_id"], each["purpose"]) for each in looks] == [(str(report), "call_back")]
    assert "Ổi" not in (await client.get(f"/v1/feedback-queue/{report}", headers=who)).text
    others = (await client.get("/v1/me/feedback-looks", headers=await bearer())).json()["items"]
    assert others == []


async def test_an_official_looks_at_three_hundred_people_a_day(
    client: httpx.AsyncClient, conn: asyncpg.Connection, app: Edge, official: Official, sent: Sent
) -> None:
    account = await new_account(conn, app, role="official")
    report, who = await sent(), await official(account=account)
    await conn.execute(
        """insert into feedback_desk.looks (report_id, account_id, official_id, purpose, looked_at)
           select $1, r.account_id, $2, 'verify', $3 from feedback.reports r, generate_series(1, 300)
            where r.id = $1""",
        report, account, app.app.state.clock(),
    )  # fmt: skip

    answer = await client.post(f"/v1/feedback-queue/{report}/looks", json={"purpose": "verify"}, headers=who)

    assert parts(answer) == (429, "rate_limited")
    assert await conn.fetchval("select count(*) from feedback_desk.looks") == 300


async def test_a_report_of_another_system_has_no_sender(
    client: httpx.AsyncClient, conn: asyncpg.Connection, app: Edge, official: Official, context: Context
) -> None:
    report = await lodged(conn, None, app.app.state.clock())
    who = await official()

    answer = await client.post(f"/v1/feedback-queue/{report}/looks", json={"purpose": "verify"}, headers=who)

    assert answer.status_code == 404
    assert (await acted(client, who, report, "acceptance")).status_code == 200
    assert UUID((await seen(client, who, report))["id"]) == report
