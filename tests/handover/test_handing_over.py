"""A report goes to another system once, and what happens there happens here once."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from longan.floor.database.tasks import Context
from longan.floor.feedback.receivers import Receiver, Service
from longan.rooms.handover.domain import fields_of
from longan.rooms.handover.models import Report
from tests.conftest import Bearer
from tests.feedback.reporting import step
from tests.feedback_desk.conftest import Official, Sent
from tests.handover.conftest import Begin, There

Work = Callable[..., Awaitable[int]]
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


async def state(conn: asyncpg.Connection) -> tuple[str, str | None]:
    row = await conn.fetchrow("select state, foreign_id from handover.handovers")
    return row["state"], row["foreign_id"]


async def story(conn: asyncpg.Connection, report: UUID) -> list[str]:
    rows = await conn.fetch("select to_status from feedback.moves where report_id = $1 order by created_at, id", report)
    return [row[0] for row in rows]


async def test_a_report_is_handed_over_followed_and_answered(
    begin: Begin, work: Work, there: There, conn: asyncpg.Connection
) -> None:
    report = await begin()
    await work()
    (held,) = await there.held()
    code = await conn.fetchval("select code from feedback.reports where id = $1", report)

    assert await state(conn) == ("handed", held["id"])
    assert held["fields"]["service_code"] == "001"
    assert held["fields"]["jurisdiction_id"] == "longanso.example.vn"
    assert held["fields"]["description"].endswith(f"\n\n[{code}]")
    assert held["fields"]["device_id"] == code
    assert not {"email", "phone", "first_name", "last_name", "account_id"} & set(held["fields"])

    await there.close(held["id"])
    for _ in range(3):
        await work(HOUR)

    assert await state(conn) == ("closed", held["id"])
    assert await story(conn, report) == ["moi_gui", "da_tiep_nhan", "da_chuyen", "dang_xu_ly", "da_tra_loi"]
    words = await conn.fetchval(
        "select words from feedback.moves where report_id = $1 and to_status = 'da_tra_loi'", report
    )
    assert words == "Nơi xử lý đã trả lời (Long An Số (giả)): Đã thay bóng."
    assert len(await there.held()) == 1


async def test_a_token_is_asked_for_until_it_is_an_id(
    begin: Begin, work: Work, there: There, conn: asyncpg.Connection
) -> None:
    await there.says("token", 1)
    report = await begin()
    await work()
    seen = [await state(conn)]
    (held,) = await there.held()
    await work(HOUR)
    seen.append(await state(conn))

    await there.put(held["id"], status="open", redeemed=True)
    await work(HOUR)

    assert seen == [("token", None), ("token", None)]
    assert await state(conn) == ("handed", held["id"])
    assert await story(conn, report) == ["moi_gui", "da_tiep_nhan", "da_chuyen", "dang_xu_ly"]


ARRIVED = ["vanish", "slow", "garbled", "page", "huge", "packed", "elsewhere", "wrong_types", "broken"]


@pytest.mark.parametrize("mode", [*ARRIVED, "bomb", "external"])
async def test_what_arrived_without_an_answer_that_can_be_believed_is_found_and_not_sent_again(
    begin: Begin, work: Work, there: There, conn: asyncpg.Connection, mode: str, form: str
) -> None:
    await there.says(mode, 1)
    await begin()
    await work()
    first = (await state(conn))[0]

    for _ in range(4):
        await work(HOUR)

    (held,) = await there.held()
    assert first == "unsure"
    assert await state(conn) == ("handed", held["id"])
    assert (await there.asked()).count("create") == 1


@pytest.mark.parametrize("mode", ["unavailable", "proxy"])
async def test_what_was_turned_away_is_sent_again_later(
    begin: Begin, work: Work, there: There, conn: asyncpg.Connection, mode: str
) -> None:
    await there.says(mode, 2)
    await begin()
    seen = []
    for _ in range(3):
        await work(HOUR)
        seen.append((await state(conn))[0])

    assert seen == ["waiting", "waiting", "handed"]
    assert len(await there.held()) == 1


@pytest.mark.parametrize("mode", ["lost", "reset"])
async def test_what_did_not_arrive_is_sent_again_after_it_was_looked_for_in_vain(
    begin: Begin, work: Work, there: There, conn: asyncpg.Connection, mode: str
) -> None:
    await there.says(mode, 1)
    await begin()
    for _ in range(4):
        await work(HOUR)

    assert await there.asked() == ["create", "list", "list", "create"]
    assert (await state(conn))[0] == "handed"
    assert len(await there.held()) == 1


async def test_where_a_receiver_does_not_show_reports_at_once_an_official_decides(
    registered: dict[str, Any], request: pytest.FixtureRequest, there: There, conn: asyncpg.Connection,
    client: httpx.AsyncClient, official: Official,
) -> None:  # fmt: skip
    registered["lists_at_once"] = False
    begin, work = request.getfixturevalue("begin"), request.getfixturevalue("work")
    await there.says("vanish", 1)
    await there.says("not_shown", reads=True)
    await begin()
    for _ in range(8):
        await work(timedelta(hours=13))
    waiting = await conn.fetchrow("select state, next_at from handover.handovers")
    who = await official()
    (found,) = (await client.get("/v1/handovers?state=unsure", headers=who)).json()["items"]
    (held,) = await there.held()

    path = f"/v1/handovers/{found['id']}/decision"
    wrong = await client.post(path, json={"decision": "found"}, headers=who)
    right = await client.post(path, json={"decision": "found", "foreign_id": held["id"]}, headers=who)

    assert (waiting["state"], waiting["next_at"]) == ("unsure", None)
    assert (await there.asked()).count("create") == 1
    assert wrong.status_code == 400
    assert (right.status_code, right.json()["state"]) == (200, "handed")
    again = await client.post(path, json={"decision": "send_again"}, headers=who)
    assert (again.status_code, again.json()["code"]) == (409, "illegal_transition")


async def test_what_is_refused_there_waits_for_an_official(
    begin: Begin, work: Work, there: There, conn: asyncpg.Connection, client: httpx.AsyncClient, official: Official
) -> None:
    await there.says("refused", 1)
    await begin()
    for _ in range(3):
        await work(HOUR)
    who = await official()
    (found,) = (await client.get("/v1/handovers?state=refused", headers=who)).json()["items"]
    assert (found["failure"], found["next_at"], await there.held()) == ("http_400", None, [])

    await client.post(f"/v1/handovers/{found['id']}/decision", json={"decision": "send_again"}, headers=who)
    await work()

    assert (await state(conn))[0] == "handed"


@pytest.mark.parametrize("mode", [
    "unavailable", "reset", "garbled", "page", "huge", "packed", "elsewhere", "wrong_types", "bomb", "external",
    "other_id", "new_status", "slow",
])  # fmt: skip
async def test_whatever_a_receiver_answers_the_last_known_state_stands(
    begin: Begin, work: Work, there: There, conn: asyncpg.Connection, mode: str
) -> None:
    report = await begin()
    await work()
    before = await story(conn, report)
    await there.says(mode, 3, reads=True)

    for _ in range(3):
        await work(HOUR)

    assert (await state(conn))[0] == "handed"
    assert await story(conn, report) == before
    (held,) = await there.held()
    await there.close(held["id"])
    await work(HOUR)
    assert (await state(conn))[0] == "closed"


async def test_words_that_lead_elsewhere_are_not_passed_on(
    begin: Begin, work: Work, there: There, conn: asyncpg.Connection
) -> None:
    report = await begin()
    await work()
    await there.says("hostile_words", 1, reads=True)
    await work(HOUR)

    words = await conn.fetchval(
        "select words from feedback.moves where report_id = $1 and to_status = 'da_tra_loi'", report
    )
    assert words == "Nơi xử lý đã trả lời (Long An Số (giả))."


async def test_after_five_failures_a_receiver_is_left_alone_for_a_while(
    begin: Begin, work: Work, there: There, conn: asyncpg.Connection
) -> None:
    await there.says("unavailable", 5)
    reports = [await begin() for _ in range(6)]
    for _ in reports:
        await work()
    asked = len(await there.asked())
    await work(timedelta(minutes=4))
    resting = len(await there.asked())
    for _ in range(3):
        await work(timedelta(hours=7))

    assert asked == resting == 5
    assert await conn.fetchval("select count(*) from handover.handovers where state = 'handed'") == 6
    assert len(await there.held()) == 6


async def test_what_an_official_did_meanwhile_stands(
    begin: Begin, work: Work, there: There, conn: asyncpg.Connection
) -> None:
    report = await begin()
    await work()
    await step(conn, str(report), "da_tra_loi", "da_dong")
    (held,) = await there.held()
    await there.close(held["id"])
    await work(HOUR)

    assert (await story(conn, report))[-2:] == ["da_tra_loi", "da_dong"]
    assert (await state(conn))[0] == "closed"


async def test_a_report_is_handed_over_once_to_one_receiver_and_only_when_it_is_accepted(
    begin: Begin, client: httpx.AsyncClient, official: Official, sent: Sent, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    report, who = await begin(), await official()
    fresh, other = await sent(category_code="ha_tang"), await sent(category_code="giao_thong")
    await step(conn, str(other), "da_tiep_nhan")

    async def hand(which: object, headers: dict[str, str], to: str = "long_an_so") -> tuple[int, str]:
        headers = headers | {"Idempotency-Key": str(uuid4())}
        answer = await client.post(f"/v1/feedback/{which}/handovers", json={"receiver": to}, headers=headers)
        return answer.status_code, answer.json()["code"]

    assert await hand(report, who) == (409, "already_handed_over")
    assert await hand(fresh, who) == (409, "illegal_transition")
    assert await hand(other, who) == (422, "handover_not_taken")
    assert await hand(fresh, who, "nobody") == (422, "handover_not_taken")
    assert await hand(uuid4(), who) == (404, "not_found")
    assert await hand(fresh, await official(wards=["28036"])) == (404, "not_found")
    assert await hand(fresh, await official(function="labour")) == (403, "forbidden")
    assert await hand(fresh, await bearer()) == (401, "unauthenticated")
    assert await conn.fetchval("select count(*) from handover.handovers") == 1


async def test_a_rule_hands_over_what_is_accepted(
    registered: dict[str, Any], request: pytest.FixtureRequest, there: There, conn: asyncpg.Connection, sent: Sent
) -> None:
    registered["services"]["ha_tang"]["automatic"] = True
    work = request.getfixturevalue("work")
    waiting, accepted = await sent(category_code="ha_tang"), await sent(category_code="ha_tang")
    await step(conn, str(accepted), "da_tiep_nhan")

    for _ in range(2):
        await work()

    assert await story(conn, accepted) == ["moi_gui", "da_tiep_nhan", "da_chuyen", "dang_xu_ly"]
    assert await story(conn, waiting) == ["moi_gui"]
    assert len(await there.held()) == 1


async def test_a_worker_that_died_on_the_way_leaves_it_to_be_asked_for(
    begin: Begin, work: Work, there: There, conn: asyncpg.Connection, context: Context
) -> None:
    """As if it had been sent and nothing more written down: the state before the post is on record."""
    await begin()
    await there.says("vanish", 1)
    await work()
    await conn.execute("update handover.handovers set leased_until = $1, next_at = $1", context.clock())

    await work(3 * MINUTE)

    assert (await state(conn))[0] == "handed"
    assert (await there.asked()).count("create") == 1


def test_nothing_of_who_sent_it_and_not_too_much_is_posted() -> None:
    report = Report(
        uuid4(), "PA-7K3M-92QX", "ha_tang", "80", "da_chuyen", "x" * 9_000 + "\x0b", None, 10.5, 106.4, None, None,
        "Xã Bến Lức", "Tỉnh Tây Ninh", {"loai": "dien", "nhieu": ["a", "b"], "khac": "x"}, None,
    )  # fmt: skip
    receiver = Receiver(
        id="a", name="A", url="https://a.vn", api_key="k", services={"ha_tang": Service("1")}, reference_attribute="REF"
    )

    fields = fields_of(report, receiver, Service("1", False, {"loai": "LOAI", "nhieu": "N"}), "https://id.example.vn")

    assert len(fields["description"]) == 4_000
    assert str(fields["description"]).endswith("[PA-7K3M-92QX]")
    assert fields["attribute[LOAI]"] == "dien"
    assert fields["attribute[N][]"] == ["a", "b"]
    assert set(fields) == {
        "service_code", "description", "device_id", "lat", "long", "address_string", "attribute[REF]",
        "attribute[LOAI]", "attribute[N][]",
    }  # fmt: skip


def test_numbers_of_people_are_masked_in_what_is_handed_over() -> None:
    report = Report(
        uuid4(), "PA-7K3M-92QX", "ha_tang", "80", "da_chuyen", "Gọi Tèo 0901 234 567, căn cước 079.201.004.512",
        "Số 12 Ấp 3, sđt 0901234567", None, None, None, None, "Xã Bến Lức", "Tỉnh Tây Ninh", None, None,
    )  # fmt: skip
    receiver = Receiver(id="a", name="A", url="https://a.vn", api_key="k", services={"ha_tang": Service("1")})

    fields = fields_of(report, receiver, Service("1"), "https://id.example.vn")

    assert fields["description"] == "Gọi Tèo ••••, căn cước ••••\n\n[PA-7K3M-92QX]"
    assert fields["address_string"] == "Số 12 Ấp 3, sđt ••••, Xã Bến Lức, Tỉnh Tây Ninh"
