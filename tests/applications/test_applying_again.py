"""Applying again, where the first application ended with its posting; and what an applicant is shown of a posting."""

import asyncio
from collections import Counter
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from longan.floor.database.tasks import Context
from longan.floor.postings import postings
from longan.rooms.applications import tasks
from longan.rooms.notifications import store as notifications
from tests.applications.applying import applied, moved
from tests.conftest import Bearer, Real, TestClock
from tests.jobs.hiring import OWNER, WORKER, open_job, published, stepped


async def again(client: httpx.AsyncClient, bearer: Bearer, posting: str) -> httpx.Response:
    return await client.post(f"/v1/jobs/{posting}/applications", json={}, headers=await bearer(WORKER))


async def renewed(client: httpx.AsyncClient, bearer: Bearer, posting: str, now: datetime) -> None:
    answer = await stepped(client, bearer, posting, "renew", expires_at=(now + timedelta(days=9)).isoformat())
    assert answer.status_code == 200, answer.text


async def test_whose_application_ended_with_the_posting_applies_again_when_it_is_renewed(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, context: Context, now: datetime
) -> None:
    posting = (await published(client, conn, bearer))["id"]
    first = await applied(client, conn, bearer, posting)
    await stepped(client, bearer, posting, "close")
    await tasks.job_ended(context, job_id=UUID(posting), status="closed")
    closed = await again(client, bearer, posting)
    await renewed(client, bearer, posting, now)

    second = await again(client, bearer, posting)
    third = await again(client, bearer, posting)

    assert (closed.status_code, closed.json()["code"]) == (409, "job_not_open")
    assert (second.status_code, second.json()["status"]) == (201, "submitted")
    assert (third.status_code, third.json()["code"]) == (409, "already_applied")
    mine = (await client.get("/v1/me/applications", headers=await bearer(WORKER))).json()["items"]
    assert {each["id"]: each["status"] for each in mine} == {first["id"]: "obsolete", second.json()["id"]: "submitted"}


@pytest.mark.parametrize("end", ["withdrawn", "rejected"])
async def test_what_one_of_the_two_ended_stays_ended_when_the_posting_is_renewed(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, now: datetime, end: str
) -> None:
    posting = (await published(client, conn, bearer))["id"]
    application = await applied(client, conn, bearer, posting)
    await moved(client, bearer, application["id"], end, WORKER if end == "withdrawn" else OWNER)
    await stepped(client, bearer, posting, "close")
    await renewed(client, bearer, posting, now)

    answer = await again(client, bearer, posting)

    assert (answer.status_code, answer.json()["code"]) == (409, "already_applied")


async def test_many_second_applications_at_once_are_one(real: Real) -> None:
    posting, headers = await open_job(real), await real.bearer(WORKER)
    path = f"/v1/jobs/{posting}/applications"
    made = await real.client.post(path, json={}, headers=headers | {"Idempotency-Key": str(uuid4())})
    await real.pool.execute(
        "update applications.applications set status = 'obsolete' where id = $1", UUID(made.json()["id"])
    )

    answers = await asyncio.gather(
        *(real.client.post(path, json={}, headers=headers | {"Idempotency-Key": str(uuid4())}) for _ in range(5))
    )

    said = Counter((answer.status_code, answer.json().get("code")) for answer in answers)
    assert said == {(201, None): 1, (409, "already_applied"): 4}


@pytest.mark.parametrize("status", ["suspended", "rejected"])
async def test_nobody_applies_to_an_employer_that_was_suspended_a_moment_ago(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, status: str
) -> None:
    posting = await published(client, conn, bearer)
    await conn.execute(
        "update employers.employers set status = $2 where id = $1", UUID(posting["employer"]["id"]), status
    )

    answer = await again(client, bearer, posting["id"])

    assert (answer.status_code, answer.json()["code"]) == (409, "job_not_open")


async def test_an_applicant_is_shown_the_title_they_applied_for_and_no_words_that_wait_for_an_official(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, clock: TestClock
) -> None:
    posting = (await published(client, conn, bearer))["id"]
    application = await applied(client, conn, bearer, posting)
    for title in ("Thợ may giỏi", "Nộp phí hồ sơ 500.000 đồng nhận việc ngay"):
        clock.shift(timedelta(minutes=1))
        headers = await bearer(OWNER) | {"If-Match": "*"}
        changed = await client.patch(f"/v1/jobs/{posting}", json={"title": title}, headers=headers)
    assert changed.json()["status"] == "in_review"
    await postings.move(conn, UUID(posting), "suspended", "official", None, "Thu phí", clock())

    mine = (await client.get("/v1/me/applications", headers=await bearer(WORKER))).json()["items"]
    told = await notifications.application(conn, UUID(application["id"]), None)  # type: ignore[arg-type]

    assert [each["job"]["title"] for each in mine if each["id"] == application["id"]] == ["Thợ may mẫu"]
    assert told is not None and told.job_title == "Thợ may mẫu"
