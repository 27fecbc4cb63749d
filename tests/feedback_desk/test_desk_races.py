"""Two officials at once, a merge against another one, against "me too", rules against rules: real transactions."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from longan.floor.feedback import feedback_handling
from longan.rooms.feedback_desk import store
from longan.rooms.feedback_desk.domain import LOOKS_A_DAY
from tests.conftest import Real
from tests.feedback_desk.conftest import QUEUE, appoint, lodged

WINS = [200, 412, 412, 412]


async def officials(real: Real, number: int) -> list[dict[str, str]]:
    found = []
    for _ in range(number):
        account = await real.account(role="official")
        async with real.pool.acquire() as connection:
            await appoint(connection, account, real.app.app.state.clock())
        found.append(await real.bearer(account, audience="official", acr=3))
    return found


async def reports(real: Real, number: int) -> list[UUID]:
    found = []
    for _ in range(number):
        account = await real.account()
        async with real.pool.acquire() as connection, connection.transaction():
            found.append(await lodged(connection, account, real.app.app.state.clock()))
    return found


async def test_of_officials_who_decide_at_once_one_decides(real: Real) -> None:
    (report,) = await reports(real, 1)
    said: list[tuple[str, dict[str, Any]]] = [
        ("acceptance", {}), ("refusal", {"words": "Không rõ.", "reason_code": "other"}),
        ("question", {"words": "Ở đâu?"}), ("urgency", {"is_urgent": True}),
    ]  # fmt: skip

    answers = await asyncio.gather(*(
        real.client.post(f"{QUEUE}/{report}/{act}", json={"version": 1, **more}, headers=who)
        for who, (act, more) in zip(await officials(real, 4), said, strict=True)
    ))  # fmt: skip

    assert sorted(answer.status_code for answer in answers) == WINS
    row = await real.pool.fetchrow(
        """select r.version, (select count(*) from feedback.moves m where m.report_id = r.id)
                  + (select count(*) from feedback_desk.acts a
                      where a.report_id = r.id and a.action <> 'refused') as done
             from feedback.reports r where r.id = $1""",
        report,
    )
    assert row is not None
    assert (row["version"], row["done"]) == (2, 2)


async def test_of_two_who_merge_two_reports_into_each_other_one_does(real: Real) -> None:
    one, other = await reports(real, 2)
    first, second = await officials(real, 2)

    answers = await asyncio.gather(*(
        real.client.post(
            f"{QUEUE}/{report}/merge", json={"version": 1, "into": str(into), "into_version": 1}, headers=who
        )
        for report, into, who in ((one, other, first), (other, one, second))
    ))  # fmt: skip

    assert sorted(answer.status_code for answer in answers) == [200, 422]
    rows = await real.pool.fetch("select merged_into from feedback.reports where id = any($1)", [one, other])
    assert {row["merged_into"] is None for row in rows} == {True, False}


async def test_who_says_me_too_while_it_is_merged_supports_the_main_one(real: Real) -> None:
    """Everybody who said it is with the main report afterwards, whoever was first; nobody is lost, nobody twice."""
    report, main = await reports(real, 2)
    (who,) = await officials(real, 1)
    for each in (report, main):
        await real.pool.execute("update feedback.reports set visibility = 'public' where id = $1", each)
        await real.pool.execute(
            """insert into feedback_desk.public_copies (report_id, words, with_photos, approved_by, approved_at)
               select r.id, 'x', false, r.account_id, r.created_at from feedback.reports r where r.id = $1""",
            each,
        )
    people = [await real.bearer() for _ in range(6)]

    async def supports(me: dict[str, str], place: int) -> int:
        await asyncio.sleep(0.003 * place)
        answer = await real.client.put(f"/v1/feedback/{report}/support", headers=me)
        return answer.status_code

    merging = real.client.post(
        f"{QUEUE}/{report}/merge", json={"version": 1, "into": str(main), "into_version": 1}, headers=who
    )
    merged, said = await asyncio.gather(
        merging, asyncio.gather(*(supports(me, place) for place, me in enumerate(people)))
    )

    assert merged.status_code == 200
    # Whoever came to it after it was merged was told so, or sent on; who was told 200 is with the main one.
    assert set(said) <= {200, 404, 409}
    rows = await real.pool.fetch("select report_id, count(*) as people from feedback.supporters group by report_id")
    assert {row["report_id"]: row["people"] for row in rows} == {main: said.count(200) + 1}
    assert await real.pool.fetchval("select supporters from feedback.reports where id = $1", main) == (
        said.count(200) + 1
    )


async def test_a_merge_waits_for_whoever_holds_the_report(real: Real) -> None:
    report, main = await reports(real, 2)
    official = await real.account(role="official")
    now = real.app.app.state.clock()

    async with real.pool.acquire() as holder, real.pool.acquire() as other:
        await holder.execute("begin")
        await holder.execute("select from feedback.reports where id = $1 for key share", report)
        with pytest.raises(asyncpg.LockNotAvailableError):
            async with other.transaction():
                await other.execute("set local lock_timeout = '100ms'")
                await feedback_handling.hold_both(other, report, main, official, now)
        await holder.execute("rollback")


async def test_of_two_rules_for_the_same_one_is_made(real: Real) -> None:
    first, second = await officials(real, 2)
    unit = (
        await real.client.post(
            "/v1/feedback-units", json={"name": "Đường bộ"}, headers=first | {"Idempotency-Key": str(uuid4())}
        )
    ).json()
    body = {"unit_id": unit["id"], "category_code": "giao_thong"}

    answers = await asyncio.gather(*(
        real.client.post("/v1/feedback-routing-rules", json=body, headers=who | {"Idempotency-Key": str(uuid4())})
        for who in (first, second)
    ))  # fmt: skip

    assert sorted(answer.status_code for answer in answers) == [201, 409]
    changes = await real.pool.fetchval("select count(*) from feedback_units.changes where action = 'rule_added'")
    assert changes == 1


async def test_a_unit_does_not_end_under_a_report_that_is_given_to_it(real: Real) -> None:
    first, second = await officials(real, 2)
    (report,) = await reports(real, 1)
    unit = (
        await real.client.post(
            "/v1/feedback-units", json={"name": "Đường bộ"}, headers=first | {"Idempotency-Key": str(uuid4())}
        )
    ).json()
    await real.client.post(f"{QUEUE}/{report}/acceptance", json={"version": 1}, headers=first)
    today = await real.pool.fetchval("select (now() at time zone 'Asia/Ho_Chi_Minh')::date")

    given, ended = await asyncio.gather(
        real.client.post(f"{QUEUE}/{report}/forwarding", json={"version": 2, "unit_id": unit["id"]}, headers=first),
        real.client.patch(
            f"/v1/feedback-units/{unit['id']}", json={"ended_on": str(today)}, headers=second | {"If-Match": "*"}
        ),
    )

    assert ended.status_code == 200
    assert given.status_code in (200, 422)
    held = await real.pool.fetchval("select unit_id from feedback.reports where id = $1", report)
    assert (held is not None) == (given.status_code == 200)


async def test_two_looks_at_once_do_not_pass_the_limit_of_a_day(real: Real) -> None:
    (report,) = await reports(real, 1)
    official, now = await real.account(role="official"), real.app.app.state.clock()
    async with real.pool.acquire() as connection:
        await appoint(connection, official, now)
        await connection.execute(
            """insert into feedback_desk.looks (report_id, account_id, official_id, purpose, looked_at)
               select r.id, r.account_id, $2, 'verify', $3 from feedback.reports r, generate_series(1, $4)
                where r.id = $1""",
            report, official, now, LOOKS_A_DAY - 1,
        )  # fmt: skip
    who = await real.bearer(official, audience="official", acr=3)

    answers = await asyncio.gather(*(
        real.client.post(f"{QUEUE}/{report}/looks", json={"purpose": "verify"}, headers=who) for _ in range(6)
    ))  # fmt: skip

    assert sorted(answer.status_code for answer in answers) == [200] + [429] * 5
    assert await real.pool.fetchval("select count(*) from feedback_desk.looks") == LOOKS_A_DAY


async def test_two_workers_raise_an_alarm_once(real: Real) -> None:
    (report,) = await reports(real, 1)
    later = real.app.app.state.clock() + timedelta(days=60)

    async def raised() -> int:
        async with real.pool.acquire() as tx, tx.transaction():
            return len(await store.raise_alarms(tx, later, later, later))

    assert sum(await asyncio.gather(*(raised() for _ in range(4)))) == 2
    rows = await real.pool.fetch("select kind from feedback_desk.alarms where report_id = $1", report)
    assert sorted(row["kind"] for row in rows) == ["accept_late", "answer_late"]
