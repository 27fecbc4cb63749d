"""What its sender may do with a report, what others may, and who hears of it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from longan.floor.base.errors import InvalidRequest, Stale
from longan.floor.database.tasks import Context
from longan.floor.feedback import feedback_states
from longan.rooms.feedback import tasks
from tests.conftest import Bearer, TestClock
from tests.feedback.reporting import account_of, answer, hide, publish, seen, sent, step, told, work

Client = httpx.AsyncClient
Headers = dict[str, str]


async def post(client: Client, me: Headers, report: str, what: str, **body: Any) -> httpx.Response:
    return await client.post(f"/v1/feedback/{report}/{what}", json=body, headers=me)


async def test_a_supplement_answers_what_was_asked_once_and_the_clock_runs_again(
    client: Client, bearer: Bearer, conn: asyncpg.Connection, clock: TestClock
) -> None:
    me = await bearer()
    report = (await sent(client, me))["id"]
    early = await post(client, me, report, "supplement", words="Thêm.")
    await step(conn, report, "yeu_cau_bo_sung", words="Ở trước số nhà nào?")
    stands = await seen(client, me, report)
    clock.shift(timedelta(days=7))
    me = await bearer(await account_of(conn, report))

    said = await post(client, me, report, "supplement", words="Trước trường học.")
    again = await post(client, me, report, "supplement", words="Trước trường học.")
    other = await post(client, me, report, "supplement", words="Trước chợ.")

    assert (early.status_code, early.json()["code"]) == (409, "illegal_transition")
    assert (stands["clock_stands"], stands["moves"][-1]["words"]) == (True, "Ở trước số nhà nào?")
    assert said.status_code == again.status_code == 200
    assert (said.json()["status"], said.json()["clock_stands"]) == ("moi_gui", False)
    assert said.json()["due_at"] > stands["due_at"]
    assert [move["words"] for move in again.json()["moves"]] == [None, "Ở trước số nhà nào?", "Trước trường học."]
    assert other.status_code == 409


async def test_an_answer_may_be_called_in_question_so_often_and_so_long(
    client: Client, bearer: Bearer, conn: asyncpg.Connection, clock: TestClock
) -> None:
    me = await bearer()
    report = (await sent(client, me))["id"]
    await answer(conn, report, clock())
    before = await seen(client, me, report)

    first = await post(client, me, report, "reopening", words="Chưa vá.")
    again = await post(client, me, report, "reopening", words="Chưa vá.")
    await step(conn, report, "dang_xu_ly", "da_tra_loi", now=clock())
    second = await post(client, me, report, "reopening", words="Vẫn chưa.")
    await step(conn, report, "dang_xu_ly", "da_tra_loi", now=clock())
    third = await post(client, me, report, "reopening", words="Vẫn chưa.")

    assert (before["answer"], before["reopens_left"], bool(before["reopen_until"])) == ("Đã vá xong.", 2, True)
    assert first.status_code == again.status_code == second.status_code == 200
    assert first.json()["status"] == "mo_lai"
    assert (third.status_code, third.json()["code"]) == (409, "reopen_over")
    late = (await sent(client, me))["id"]
    await answer(conn, late, clock())
    clock.shift(timedelta(days=7, minutes=1))
    me = await bearer(await account_of(conn, late))
    assert (await post(client, me, late, "reopening", words="Chưa.")).json()["code"] == "reopen_over"


async def test_an_answer_is_rated_once(client: Client, bearer: Bearer, conn: asyncpg.Connection) -> None:
    me = await bearer()
    report = (await sent(client, me))["id"]
    early = await post(client, me, report, "rating", stars=5)
    await answer(conn, report)

    rated = await post(client, me, report, "rating", stars=2, words="Chậm.")
    same = await post(client, me, report, "rating", stars=2, words="Chậm.")
    other = await post(client, me, report, "rating", stars=5)
    beyond = await post(client, me, report, "rating", stars=6)

    assert (early.status_code, early.json()["code"]) == (409, "not_answered")
    assert rated.status_code == same.status_code == 200
    assert (same.json()["rating"], same.json()["rating_words"]) == (2, "Chậm.")
    assert (other.status_code, other.json()["code"]) == (409, "feedback_rated")
    assert beyond.status_code == 400


async def test_what_nobody_has_accepted_or_supports_is_taken_back_and_seen_by_nobody_else(
    client: Client, bearer: Bearer, conn: asyncpg.Connection
) -> None:
    me, other = await bearer(), await bearer()
    accepted, supported, free = [(await sent(client, me))["id"] for _ in range(3)]
    await step(conn, accepted, "da_tiep_nhan")
    for each in (supported, free):
        await publish(conn, each)
    await client.put(f"/v1/feedback/{supported}/support", headers=other)

    answers = [await post(client, me, each, "withdrawal", words="Đã tự sửa.") for each in (accepted, supported, free)]
    again = await post(client, me, free, "withdrawal")

    assert [each.status_code for each in answers] == [409, 409, 200]
    assert [each.json()["code"] for each in answers[:2]] == ["illegal_transition", "feedback_supported"]
    assert again.status_code == 200 and again.json()["withdrawn_at"] is not None
    assert await conn.fetchval("select count(*) from pgqueuer where entrypoint = 'feedback_map_changed'") == 1
    assert (await client.get(f"/v1/feedback/{free}", headers=other)).status_code == 404


async def test_a_report_of_somebody_else_is_seen_as_the_official_has_approved_it(
    client: Client, bearer: Bearer, conn: asyncpg.Connection
) -> None:
    me, other = await bearer(), await bearer()
    secret = "Trước nhà bà Nguyễn Thị Hoa, 0901234567."
    report = (await sent(client, me, description=secret, address="Số 5 Trần Phú", lat=10.60012, lon=106.40034))["id"]
    await answer(conn, report)
    await publish(conn, report, "Ổ gà lớn.")

    theirs = await seen(client, other, report)
    await hide(conn, report)
    gone = await client.get(f"/v1/feedback/{report}", headers=other)

    assert (theirs["own"], theirs["description"], theirs["answer"]) == (False, "Ổ gà lớn.", "Đã vá.")
    assert (theirs["lat"], theirs["lon"], theirs["address"], theirs["attributes"]) == (10.6, 106.4005, None, None)
    assert {move["words"] for move in theirs["moves"]} == {None}
    assert gone.status_code == 404


async def test_me_too_counts_each_once_and_not_oneself(
    client: Client, bearer: Bearer, conn: asyncpg.Connection
) -> None:
    me, others = await bearer(), [await bearer() for _ in range(3)]
    report = (await sent(client, me))["id"]
    path = f"/v1/feedback/{report}/support"
    hidden = await client.put(path, headers=others[0])
    await publish(conn, report)

    counts = [(await client.put(path, headers=other)).json()["supporters"] for other in (*others, others[0])]
    own = await client.put(path, headers=me)
    left = [(await client.delete(path, headers=others[0])).status_code for _ in range(2)]

    assert hidden.status_code == 404
    assert counts == [1, 2, 3, 3]
    assert (own.status_code, own.json()["code"]) == (409, "own_feedback")
    assert left == [204, 404]
    found = (await client.get("/v1/me/supported-feedback", headers=others[1])).json()["items"]
    assert [(each["id"], each["supporters"]) for each in found] == [(report, 2)]
    await hide(conn, report)
    assert (await client.get("/v1/me/supported-feedback", headers=others[1])).json()["items"] == []
    await publish_again(conn, report)
    await step(conn, report, "tu_choi", words="Không đúng.")
    assert (await client.put(path, headers=others[0])).json()["code"] == "support_closed"


async def publish_again(conn: asyncpg.Connection, report: str) -> None:
    await conn.execute("update feedback.reports set visibility = 'public' where id = $1", UUID(report))


async def test_what_was_merged_follows_the_one_it_was_merged_into(
    client: Client, bearer: Bearer, conn: asyncpg.Connection
) -> None:
    me, other = await bearer(), await bearer()
    whole, part = (await sent(client, other)), (await sent(client, me))
    await publish(conn, whole["id"])
    await conn.execute(
        "update feedback.reports set merged_into = $2 where id = $1", UUID(part["id"]), UUID(whole["id"])
    )
    await answer(conn, whole["id"])

    mine = await seen(client, me, part["id"])
    refused = await post(client, me, part["id"], "rating", stars=5)
    third = await bearer()
    supported = await client.put(f"/v1/feedback/{part['id']}/support", headers=third)

    assert (mine["status"], mine["answer"], mine["merged_into"]) == ("da_tra_loi", "Đã vá.", whole["code"])
    assert (refused.status_code, refused.json()["merged_into"]) == (409, whole["code"])
    assert supported.json() == {"report_id": whole["id"], "supporters": 1}


async def test_whoever_sent_what_was_merged_hears_of_the_steps_as_of_their_own_shown_or_not(
    client: Client, bearer: Bearer, conn: asyncpg.Connection, context: Context
) -> None:
    whole, part = (await sent(client, await bearer())), (await sent(client, await bearer()))
    theirs = await account_of(conn, part["id"])
    await conn.execute(
        "update feedback.reports set merged_into = $2 where id = $1", UUID(part["id"]), UUID(whole["id"])
    )
    await conn.execute(
        "insert into feedback.supporters (report_id, account_id, created_at) values ($1, $2, now())",
        UUID(whole["id"]), theirs,
    )  # fmt: skip

    await answer(conn, whole["id"])
    await work(context, conn)

    told = await conn.fetch("select topic, subject_id from notifications.inbox where account_id = $1", theirs)
    assert {(row["topic"], str(row["subject_id"])) for row in told} == {("feedback_moved", part["id"])}


async def test_who_has_sent_it_and_who_supports_it_hear_of_each_step_once(
    client: Client, bearer: Bearer, conn: asyncpg.Connection, context: Context
) -> None:
    me, other = await bearer(), await bearer()
    report = (await sent(client, me))["id"]
    mine = await account_of(conn, report)
    await publish(conn, report)
    await client.put(f"/v1/feedback/{report}/support", headers=other)
    theirs = await conn.fetchval("select account_id from feedback.supporters")

    await step(conn, report, "yeu_cau_bo_sung")
    await post(client, me, report, "supplement", words="Đây.")
    await answer(conn, report)
    await work(context, conn)
    await hide(conn, report)
    await post(client, me, report, "reopening", words="Chưa.")
    await work(context, conn)

    said = ["da_tiep_nhan", "da_chuyen", "dang_xu_ly", "da_tra_loi"]
    assert await told(conn, "feedback_moved") == [(mine, each) for each in ("yeu_cau_bo_sung", *said)]
    assert await told(conn, "supported_feedback_moved") == [(theirs, each) for each in said]
    params = await conn.fetch("select params::text from notifications.inbox where topic like '%feedback_moved'")
    assert not any("ngã tư" in row["params"] or "vá" in row["params"] for row in params)


async def test_an_answer_that_nobody_calls_in_question_closes_its_report(
    client: Client, bearer: Bearer, conn: asyncpg.Connection, context: Context, clock: TestClock
) -> None:
    me = await bearer()
    old, fresh = [(await sent(client, me))["id"] for _ in range(2)]
    await answer(conn, old, clock())
    clock.shift(timedelta(days=3))
    await answer(conn, fresh, clock())
    clock.shift(timedelta(days=4, minutes=1))

    await tasks.close_answered_feedback(context)
    await tasks.close_answered_feedback(context)

    me = await bearer(await account_of(conn, old))
    assert [(await seen(client, me, each))["status"] for each in (old, fresh)] == ["da_dong", "da_tra_loi"]
    closed = await seen(client, me, old)
    assert (closed["moves"][-1]["side"], closed["reopen_until"]) == ("system", None)


async def test_an_official_says_something_where_something_must_be_said(
    client: Client, bearer: Bearer, conn: asyncpg.Connection
) -> None:
    report = (await sent(client, await bearer()))["id"]

    with pytest.raises(InvalidRequest):
        await step(conn, report, "tu_choi", words=None)
    with pytest.raises(Stale):
        await feedback_states.move(
            conn, UUID(report), "da_tiep_nhan", "official", None, None, (await conn.fetchval("select now()")),
            expected_version=7,
        )  # fmt: skip

    assert await conn.fetchval("select status from feedback.reports") == "moi_gui"
