"""Two officials at once, an official and the employer at once, two reports that are the last: real transactions."""

import asyncio
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from longan.floor.guard import guard
from longan.floor.postings import rulings
from longan.floor.postings.rulings import Ruling
from tests.conftest import Real, TestClock
from tests.jobs.hiring import OWNER, job

WANTED = ("published", "returned", "suspended", "published")

OPEN = """select j.id from jobs.postings j join members.members m on m.employer_id = j.employer_id
 where m.account_id = $1 and j.status = 'open' order by j.id limit 1"""


async def draft(real: Real, description: str) -> dict[str, Any]:
    employer = await real.pool.fetchval("select employer_id from members.members where account_id = $1", OWNER)
    body = job(employer, description=description)
    made: dict[str, Any] = (await real.client.post("/v1/jobs", json=body, headers=await real.bearer(OWNER))).json()
    return made


async def held(real: Real) -> dict[str, Any]:
    made = await draft(real, "May áo.\nĐặt cọc 500k")
    waiting: dict[str, Any] = (
        await real.client.post(f"/v1/jobs/{made['id']}/publish", headers=await real.bearer(OWNER))
    ).json()
    case = await real.pool.fetchval("select id from moderation.cases where posting_id = $1", UUID(made["id"]))
    return waiting | {"case_id": str(case)}


async def officials(real: Real, number: int) -> list[dict[str, str]]:
    found = []
    for _ in range(number):
        account = await real.account(role="official")
        await real.pool.execute(
            """insert into staff.grants (account_id, role, function, starts_at)
               values ($1, 'official', 'moderation', now() - interval '1 day')""",
            account,
        )
        found.append(await real.bearer(account, audience="official", acr=3))
    return found


async def test_of_officials_who_decide_at_once_one_decides(real: Real) -> None:
    waiting = await held(real)
    said = {"reason": "Đã xem.", "changes": "Sửa.", "version": waiting["version"]}
    path = f"/v1/moderation-cases/{waiting['case_id']}/decision"

    answers = await asyncio.gather(*(
        real.client.post(path, json=said | {"decision": decision}, headers=who)
        for who, decision in zip(await officials(real, 4), WANTED, strict=True)
    ))  # fmt: skip

    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    assert await real.pool.fetchval("select count(*) from moderation.decisions") == 1
    won = next(answer.json() for answer in answers if answer.status_code == 200)
    assert (
        await real.pool.fetchval("select status from jobs.postings where id = $1", UUID(waiting["id"])) == won["status"]
    )


async def test_a_second_decision_on_a_case_ends_in_the_constraint(real: Real) -> None:
    waiting = await held(real)
    account = await real.account(role="official")
    ruling = Ruling(UUID(waiting["id"]), "upheld", "x", account, UUID(waiting["case_id"]))
    now = real.app.app.state.clock()

    async with real.pool.acquire() as tx:
        await rulings.rule(tx, ruling, now)
        with pytest.raises(asyncpg.UniqueViolationError) as refused:
            await rulings.rule(tx, ruling, now)

    assert refused.value.constraint_name == "decisions_one_per_case"


async def test_an_official_and_an_employer_at_once_never_wait_for_each_other(real: Real) -> None:
    waiting = await held(real)
    who = (await officials(real, 1))[0]
    said = {"decision": "published", "reason": "Đã xem.", "version": waiting["version"]}
    owner = await real.bearer(OWNER) | {"If-Match": "*"}

    answers = await asyncio.gather(
        real.client.post(f"/v1/moderation-cases/{waiting['case_id']}/decision", json=said, headers=who),
        *(real.client.patch(f"/v1/jobs/{waiting['id']}", json={"description": f"Đặt cọc {n}00k"}, headers=owner)
          for n in range(1, 5)),
    )  # fmt: skip

    assert answers[0].status_code in (200, 412)
    assert {answer.status_code for answer in answers[1:]} == {200}
    status = await real.pool.fetchval("select status from jobs.postings where id = $1", UUID(waiting["id"]))
    assert status == "in_review"


WAITING = "select exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock')"


async def test_what_is_let_out_at_the_moment_of_a_suspension_stays_in(real: Real) -> None:
    waiting = await held(real)
    who = (await officials(real, 1))[0]
    said = {"decision": "published", "reason": "Đã xem.", "version": waiting["version"]}
    path = f"/v1/moderation-cases/{waiting['case_id']}/decision"

    async with real.pool.acquire() as tx, tx.transaction():
        await tx.execute(
            "update employers.employers set status = 'suspended' where id = $1", UUID(waiting["employer"]["id"])
        )
        deciding = asyncio.create_task(real.client.post(path, json=said, headers=who))
        while not (deciding.done() or await real.pool.fetchval(WAITING)):
            await asyncio.sleep(0.01)

    assert (await deciding).json()["code"] == "employer_not_verified"


async def test_an_appeal_waits_for_a_decision_that_is_under_way_and_is_too_late_then(
    real: Real, clock: TestClock
) -> None:
    waiting = await held(real)
    job, who = UUID(waiting["id"]), await officials(real, 1)
    said = {"decision": "returned", "reason": "Đòi cọc.", "changes": "Bỏ câu đó.", "version": waiting["version"]}
    await real.client.post(f"/v1/moderation-cases/{waiting['case_id']}/decision", json=said, headers=who[0])
    first = await real.pool.fetchrow("select id, decided_by from moderation.decisions where posting_id = $1", job)
    sent = {"decision_id": str(first["id"]), "text": "Không phải cọc."}
    owner = await real.bearer(OWNER)

    async with real.pool.acquire() as tx, tx.transaction():
        await tx.execute("select from jobs.postings where id = $1 for no key update", job)
        await rulings.rule(tx, Ruling(job, "suspended", "Lừa đảo.", first["decided_by"]), clock())
        appealing = asyncio.create_task(real.client.post(f"/v1/jobs/{job}/appeals", json=sent, headers=owner))
        while not (appealing.done() or await real.pool.fetchval(WAITING)):
            await asyncio.sleep(0.01)

    assert (await appealing).json()["code"] == "not_appealable"
    assert await real.pool.fetchval("select count(*) from moderation.cases where closed_at is null") == 0


async def test_of_reports_that_are_confirmed_at_once_the_last_pauses_and_only_one_does(real: Real) -> None:
    posting: UUID = await real.pool.fetchval(OPEN, OWNER)
    reports = []
    for _ in range(5):
        answer = await real.client.put(
            f"/v1/jobs/{posting}/report", json={"reason_code": "fee"}, headers=await real.bearer()
        )
        reports.append(answer.json()["id"])
    said = {"outcome": "confirmed", "answer": "Đúng."}

    answers = await asyncio.gather(*(
        real.client.post(f"/v1/job-reports/{each}/decision", json=said, headers=who)
        for each, who in zip(reports, await officials(real, 5), strict=True)
    ))  # fmt: skip

    assert sorted(answer.json()["confirmed"] for answer in answers) == [1, 2, 3, 4, 5]
    assert await real.pool.fetchval("select count(*) from moderation.decisions where decision = 'paused'") == 1
    assert await real.pool.fetchval("select status from jobs.postings where id = $1", posting) == "paused"


async def test_one_account_that_reports_from_many_phones_at_once_stays_within_its_limit(real: Real) -> None:
    jobs = await real.pool.fetch("select id from jobs.postings where status = 'open' limit 14")
    account = await real.account()

    phones = [await real.bearer(account) for _ in jobs]

    answers = await asyncio.gather(*(
        real.client.put(f"/v1/jobs/{each['id']}/report", json={"reason_code": "fee"}, headers=phone)
        for each, phone in zip(jobs, phones, strict=True)
    ))  # fmt: skip

    assert sorted(answer.status_code for answer in answers) == [200] * 10 + [429] * 4


async def test_two_employers_who_use_a_phone_and_a_text_at_once_both_come_through(real: Real) -> None:
    text = " ".join(f"chữ{n}" for n in range(60)) + " gọi 0912345678"
    jobs = await real.pool.fetch(
        "select distinct on (employer_id) id from jobs.postings where status = 'open' order by employer_id limit 6"
    )
    await real.pool.execute(
        "update jobs.postings set description = $1 where id = any($2)", text, [j["id"] for j in jobs]
    )
    state = real.app.app.state

    async def judge(posting: UUID) -> None:
        async with real.pool.acquire() as tx, tx.transaction():
            await guard.judge(tx, posting, state.clock(), state.phones)

    await asyncio.gather(*(judge(each["id"]) for each in jobs))

    assert await real.pool.fetchval("select count(*) from moderation.phones") == 6
