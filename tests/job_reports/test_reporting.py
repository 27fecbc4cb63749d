"""Workers report postings, officials answer, several that are confirmed pause a posting; nobody learns who reported."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from longan.api.edge import Edge
from longan.floor.database.tasks import Context
from longan.floor.guard.guard_rules import book
from longan.floor.pay_and_days.wages import day_of
from longan.rooms.job_reports import tasks
from tests.conftest import Bearer, TestClock, new_account
from tests.employers.test_reviewing import be_one_person
from tests.jobs.hiring import OWNER, UNKNOWN, WORKER, drafted, history, promised, published, stepped
from tests.moderation.conftest import Official, context, held, official
from tests.moderation.test_appeals import appeal, decisions
from tests.moderation.test_deciding import decide as decide_case

__all__ = ["context", "held", "official"]

Client = httpx.AsyncClient
SAID = {"reason_code": "fee", "note": "Đến nơi bị đòi 300k tiền hồ sơ."}


async def report(client: Client, job: str, who: dict[str, str], **said: object) -> httpx.Response:
    return await client.put(f"/v1/jobs/{job}/report", json=SAID | said, headers=who)


async def decide(client: Client, identifier: str, who: dict[str, str], **said: object) -> httpx.Response:
    body = {"outcome": "confirmed", "answer": "Cảm ơn bạn, đúng như vậy.", **said}
    return await client.post(f"/v1/job-reports/{identifier}/decision", json=body, headers=who)


async def confirmed(client: Client, bearer: Bearer, job: str, who: dict[str, str], times: int) -> list[dict[str, Any]]:
    """So many reports of different workers, each confirmed."""
    answers = []
    for _ in range(times):
        made = (await report(client, job, await bearer())).json()
        answers.append((await decide(client, made["id"], who)).json())
    return answers


@pytest.fixture
async def job(client: Client, conn: asyncpg.Connection, bearer: Bearer) -> AsyncIterator[str]:
    yield (await published(client, conn, bearer))["id"]


async def test_a_report_is_made_once_and_may_be_said_otherwise_until_it_is_answered(
    client: Client, bearer: Bearer, job: str, official: Official, conn: Any
) -> None:
    worker = await bearer(WORKER)

    first = await report(client, job, worker)
    same = await report(client, job, worker)
    other = await report(client, job, worker, reason_code="deposit", note=None)
    await decide(client, first.json()["id"], await official())
    late = await report(client, job, worker, reason_code="unsafe")

    assert (first.status_code, first.json()["state"], same.json()) == (200, "open", first.json())
    assert (other.json()["id"], other.json()["reason_code"], other.json()["note"]) == (
        first.json()["id"],
        "deposit",
        None,
    )
    assert (late.json()["reason_code"], late.json()["state"]) == ("deposit", "confirmed")
    assert await conn.fetchval("select count(*) from job_reports.reports") == 1


async def test_only_what_can_be_seen_is_reported_and_not_by_its_own_employer(
    client: Client, bearer: Bearer, job: str, conn: Any
) -> None:
    draft = await drafted(client, conn, bearer)

    assert (await report(client, draft["id"], await bearer(WORKER))).status_code == 404
    assert (await report(client, UNKNOWN, await bearer(WORKER))).status_code == 404
    assert (await report(client, job, await bearer(OWNER))).json()["code"] == "own_posting"
    assert (await report(client, job, await bearer(WORKER), reason_code="ugly")).status_code == 400
    assert (await client.put(f"/v1/jobs/{job}/report", json=SAID)).status_code == 401


async def test_one_account_reports_so_many_postings_a_day(
    client: Client, bearer: Bearer, conn: Any, clock: TestClock
) -> None:
    most = book().limits_on(day_of(clock())).reports_a_day
    jobs = await conn.fetch("select id from jobs.postings where status = 'open' limit $1", most + 1)
    worker = await bearer(WORKER)

    answers = [await report(client, str(each["id"]), worker) for each in jobs]
    again = await report(client, str(jobs[0]["id"]), worker, note="Thêm")

    assert [answer.status_code for answer in answers] == [200] * most + [429]
    assert "retry-after" in answers[-1].headers
    assert again.status_code == 200
    clock.shift(timedelta(days=1, minutes=1))
    assert (await report(client, str(jobs[-1]["id"]), await bearer(WORKER))).status_code == 200


async def test_a_report_stands_in_the_queue_of_its_wards_and_says_not_who_made_it(
    client: Client, bearer: Bearer, job: str, official: Official
) -> None:
    await report(client, job, await bearer(WORKER))

    page = (await client.get("/v1/job-reports", headers=await official())).json()
    elsewhere = (await client.get("/v1/job-reports", headers=await official(["26734"]))).json()
    narrowed = (await client.get("/v1/job-reports", params={"reason_code": "unsafe"}, headers=await official())).json()

    assert [(item["job_id"], item["note"]) for item in page["items"]] == [(job, SAID["note"])]
    assert str(WORKER) not in json.dumps(page)
    assert elsewhere["items"] == narrowed["items"] == []
    refused = await client.get("/v1/job-reports", headers=await official(function="labour"))
    assert refused.status_code == 403


async def test_the_third_confirmed_report_pauses_the_posting_by_itself(
    client: Client, bearer: Bearer, job: str, official: Official, conn: Any
) -> None:
    answers = await confirmed(client, bearer, job, await official(), 3)

    assert [(answer["confirmed"], answer["job_status"]) for answer in answers] == [
        (1, "open"), (2, "open"), (3, "paused"),
    ]  # fmt: skip
    assert (await history(conn, job))[-1] == ("system", "open", "paused", "moderation:paused")
    assert [topic for topic, _ in await promised(conn)].count("job_reviewed") == 1


async def test_dismissed_reports_pause_nothing(client: Client, bearer: Bearer, job: str, official: Official) -> None:
    who = await official()
    for _ in range(4):
        made = (await report(client, job, await bearer())).json()
        assert (await decide(client, made["id"], who, outcome="dismissed")).json()["job_status"] == "open"


async def test_the_employer_can_open_a_paused_posting_only_past_an_official(
    client: Client, bearer: Bearer, job: str, official: Official, conn: Any, clock: TestClock
) -> None:
    who = await official()
    await confirmed(client, bearer, job, who, 3)

    again = (await stepped(client, bearer, job, "resume")).json()
    case = await conn.fetchval("select id from moderation.cases where posting_id = $1", UUID(job))
    clock.shift(timedelta(seconds=1))
    opened = await decide_case(client, await official(), again | {"case_id": str(case)})
    more = await confirmed(client, bearer, job, who, 2)

    assert (again["status"], [found["rule"] for found in again["review"]["findings"]]) == (
        "in_review",
        ["confirmed_reports"],
    )
    assert opened.json()["status"] == "open"
    assert [(answer["confirmed"], answer["job_status"]) for answer in more] == [(1, "open"), (2, "open")]


async def test_closing_and_renewing_does_not_wash_reports_off(
    client: Client, bearer: Bearer, job: str, official: Official, clock: TestClock
) -> None:
    await confirmed(client, bearer, job, await official(), 3)
    await stepped(client, bearer, job, "close")

    again = await stepped(client, bearer, job, "renew", expires_at=(clock() + timedelta(days=9)).isoformat())

    assert again.json()["status"] == "in_review"


async def test_the_employer_reads_why_it_is_paused_and_never_who_said_what(
    client: Client, bearer: Bearer, job: str, official: Official
) -> None:
    for who in (await bearer(WORKER), await bearer(), await bearer()):
        await decide(client, (await report(client, job, who)).json()["id"], await official())

    owner = await bearer(OWNER)
    review = await client.get(f"/v1/jobs/{job}/review", headers=owner | {"Accept-Language": "en"})
    shown = await client.get(f"/v1/jobs/{job}", headers=owner)

    found = review.json()["decisions"][0]
    assert (found["decision"], found["can_appeal"]) == ("paused", True)
    assert "reports by workers" in found["reason"]
    assert review.json()["confirmed_reports"] == ["fee"] * 3
    for said in (review.text, shown.text):
        assert str(WORKER) not in said
        assert "300k" not in said


async def test_a_pause_can_be_appealed_and_another_official_than_who_confirmed_reads_it(
    client: Client, bearer: Bearer, job: str, official: Official
) -> None:
    who = await official()
    await confirmed(client, bearer, job, who, 3)
    paused = (await decisions(client, bearer, job))[0]
    made = (await appeal(client, bearer, job, paused["id"])).json()
    version = (await client.get(f"/v1/jobs/{job}", headers=await bearer(OWNER))).json()["version"]
    case = {"case_id": made["case_id"], "version": version}

    assert (await decide_case(client, who, case, decision="granted")).json()["code"] == "decided_by_you"
    assert (await decide_case(client, await official(), case, decision="granted")).json()["status"] == "open"


async def test_an_official_may_take_a_reported_posting_down_at_once(
    client: Client, bearer: Bearer, job: str, official: Official, conn: Any
) -> None:
    made = (await report(client, job, await bearer(WORKER))).json()
    who = await official()

    wrong = await decide(client, made["id"], who, outcome="dismissed", suspend_because="Lừa đảo.")
    answer = await decide(client, made["id"], who, suspend_because="Thu tiền của người xin việc.")

    assert (wrong.status_code, answer.json()["job_status"]) == (400, "suspended")
    assert (await decisions(client, bearer, job))[0]["reason"] == "Thu tiền của người xin việc."
    assert (await client.get(f"/v1/jobs/{job}")).status_code == 404


async def test_the_same_answer_again_changes_nothing_and_another_is_refused(
    client: Client, bearer: Bearer, job: str, official: Official
) -> None:
    made, who = (await report(client, job, await bearer(WORKER))).json(), await official()

    first, again = await decide(client, made["id"], who), await decide(client, made["id"], who)

    assert (first.status_code, again.json()) == (200, first.json())
    assert (await decide(client, made["id"], who, outcome="dismissed")).json()["code"] == "report_answered"
    assert (await decide(client, made["id"], await official())).json()["code"] == "report_answered"
    assert (await decide(client, made["id"], await official(["26734"]))).status_code == 404


async def test_nobody_answers_their_own_report_or_for_their_own_employer(
    client: Client, bearer: Bearer, job: str, official: Official, conn: Any, app: Edge
) -> None:
    account, member = [await new_account(conn, app, role="official") for _ in range(2)]
    mine = (await report(client, job, await bearer(account))).json()
    other = (await report(client, job, await bearer(WORKER))).json()
    await conn.execute(
        """insert into members.members (employer_id, account_id, role)
           select employer_id, $2, 'owner' from jobs.postings where id = $1""",
        UUID(job), member,
    )  # fmt: skip
    who, colleague = await official(account=account), await official(account=member)

    assert (await decide(client, mine["id"], who)).status_code == 404
    assert (await decide(client, other["id"], who)).json()["code"] == "own_posting"
    assert (await decide(client, other["id"], colleague)).json()["code"] == "own_posting"
    for each in (who, colleague):
        assert (await client.get("/v1/job-reports", headers=each)).json()["items"] == []


async def test_no_other_account_of_theirs_helps_an_official_to_answer(
    client: Client, bearer: Bearer, job: str, official: Official, conn: Any, app: Edge
) -> None:
    """SECURITY Z6."""
    reporter, colleague = [await new_account(conn, app, role="official") for _ in range(2)]
    made = (await report(client, job, await bearer(WORKER))).json()
    await be_one_person(conn, WORKER, reporter)
    await be_one_person(conn, OWNER, colleague, number=b"other")

    for account in (reporter, colleague):
        who = await official(account=account)
        assert (await decide(client, made["id"], who)).json()["code"] == "own_posting"
        assert (await client.get("/v1/job-reports", headers=who)).json()["items"] == []


async def test_whoever_reported_hears_of_it_once_and_reads_the_answer(
    client: Client, bearer: Bearer, job: str, official: Official, conn: Any, context: Context
) -> None:
    made = (await report(client, job, await bearer(WORKER))).json()
    await decide(client, made["id"], await official())
    payload = next(found for topic, found in await promised(conn) if topic == "job_report_answered")

    for _ in range(2):
        await tasks.job_report_answered(context, report_id=UUID(payload["report_id"]))

    told = await conn.fetch("select params::text from notifications.inbox where topic = 'job_report_answered'")
    own = (await client.get("/v1/me/job-reports", headers=await bearer(WORKER))).json()["items"]
    assert len(told) == 1
    assert "300k" not in told[0][0]
    assert [(each["state"], each["answer"]) for each in own] == [("confirmed", "Cảm ơn bạn, đúng như vậy.")]
    assert (await client.get("/v1/me/job-reports", headers=await bearer(OWNER))).json()["items"] == []


async def test_no_promise_holds_what_anybody_wrote(
    client: Client, bearer: Bearer, job: str, official: Official, conn: Any
) -> None:
    await confirmed(client, bearer, job, await official(), 3)

    assert not any("300k" in json.dumps(payload) for _, payload in await promised(conn))


async def test_notes_are_forgotten_a_year_after_the_answer(
    client: Client, bearer: Bearer, job: str, official: Official, conn: Any, context: Context, clock: TestClock
) -> None:
    answered, waiting = [(await report(client, job, await bearer())).json()["id"] for _ in range(2)]
    await decide(client, answered, await official())
    clock.shift(timedelta(days=366))

    await tasks.forget_report_notes(context)

    rows = dict(await conn.fetch("select id, note from job_reports.reports"))
    assert rows == {UUID(answered): None, UUID(waiting): SAID["note"]}
