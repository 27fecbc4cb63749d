"""Figures of an employer's own postings."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from longan.api.edge import Edge
from longan.floor.pay_and_days import wages
from longan.rooms.insights import store
from tests.conftest import Bearer, new_account
from tests.jobs.hiring import OPEN_JOB, OWNER, UNKNOWN, UNVERIFIED_OWNER, WORKER, employer_of


@pytest.fixture
async def job(conn: asyncpg.Connection) -> UUID:
    found: UUID = await conn.fetchval(OPEN_JOB, OWNER)
    return found


async def viewed(conn: asyncpg.Connection, job: UUID, account: UUID, day: Any, times: int) -> None:
    await conn.execute(
        "insert into saved_jobs.views (posting_id, account_id, day, times) values ($1, $2, $3, $4)",
        job, account, day, times,
    )  # fmt: skip


async def applied(
    conn: asyncpg.Connection, app: Edge, job: UUID, at: datetime, *, status: str = "submitted",
    answered_after: timedelta | None = None, withdrawn_after: timedelta | None = None,
) -> UUID:  # fmt: skip
    worker = await new_account(conn, app)
    made: UUID = await conn.fetchval(
        """insert into applications.applications (job_id, employer_id, worker_id, status, created_at, updated_at)
           select id, employer_id, $2, $3, $4, $4 from jobs.postings where id = $1 returning id""",
        job, worker, status, at,
    )  # fmt: skip
    moves = [(OWNER, answered_after, "viewed"), (worker, withdrawn_after, "withdrawn")]
    for who, after, to in moves:
        if after is not None:
            await conn.execute(
                """insert into applications.moves (application_id, moved_by, from_status, to_status, moved_at)
                   values ($1, $2, 'submitted', $3, $4)""",
                made, who, to, at + after,
            )  # fmt: skip
    return made


async def test_a_posting_tells_its_views_by_day_saves_and_applications(
    client: httpx.AsyncClient, conn: asyncpg.Connection, app: Edge, bearer: Bearer, now: datetime, job: UUID
) -> None:
    today, one, two = wages.day_of(now), await new_account(conn, app), await new_account(conn, app)
    await viewed(conn, job, one, today, 3)
    await viewed(conn, job, two, today, 1)
    await viewed(conn, job, one, today - timedelta(days=29), 2)
    await viewed(conn, job, one, today - timedelta(days=30), 50)
    await conn.execute(
        "insert into saved_jobs.saves (account_id, posting_id, saved_at) values ($1, $2, $3)", one, job, now
    )
    await applied(conn, app, job, now - timedelta(days=2), status="viewed", answered_after=timedelta(hours=3))
    await applied(conn, app, job, now - timedelta(days=2), status="viewed", answered_after=timedelta(hours=8))
    await applied(conn, app, job, now - timedelta(hours=1))
    await applied(conn, app, job, now - timedelta(days=1), status="withdrawn", withdrawn_after=timedelta(minutes=1))

    answer = await client.get(f"/v1/jobs/{job}/figures", headers=await bearer(OWNER))

    found = answer.json()
    assert answer.status_code == 200, answer.text
    assert (found["views"], found["viewers"], found["saves"]) == (6, 2, 1)
    assert found["days"] == [
        {"day": str(today - timedelta(days=29)), "views": 2, "viewers": 1},
        {"day": str(today), "views": 4, "viewers": 2},
    ]
    assert found["by_status"] == [
        {"status": "submitted", "applications": 1}, {"status": "viewed", "applications": 2},
        {"status": "withdrawn", "applications": 1},
    ]  # fmt: skip
    assert (found["applications"], found["answered"], found["answer_hours"]) == (4, 2, 5.5)


async def test_an_employer_sees_all_its_postings_together_and_one_by_one(
    client: httpx.AsyncClient, conn: asyncpg.Connection, app: Edge, bearer: Bearer, now: datetime, job: UUID
) -> None:
    employer = await employer_of(conn, OWNER)
    own = [row[0] for row in await conn.fetch("select id from jobs.postings where employer_id = $1", employer)]
    someone = await new_account(conn, app)
    for posting in own[:2]:
        await viewed(conn, posting, someone, wages.day_of(now), 2)
    await applied(conn, app, job, now - timedelta(days=1), status="viewed", answered_after=timedelta(hours=2))
    headers = await bearer(OWNER)

    together = (await client.get(f"/v1/employers/{employer}/figures", headers=headers)).json()
    listed = (await client.get(f"/v1/employers/{employer}/figures/jobs", headers=headers)).json()

    assert (together["postings"], together["views"], together["viewers"]) == (len(own), 2 * len(own[:2]), 1)
    assert (together["applications"], together["answered"], together["answer_hours"]) == (1, 1, 2.0)
    assert (together["response_rate"], together["response_hours"]) == (None, None)
    assert {item["job_id"] for item in listed["items"]} == {str(posting) for posting in own[:20]}
    by_id = {item["job_id"]: item for item in listed["items"]}
    assert by_id[str(job)]["applications"] == by_id[str(job)]["answered"] == 1
    assert sum(item["views"] for item in listed["items"]) == together["views"]


async def test_the_list_goes_on_where_the_page_before_ended(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    employer, headers = await employer_of(conn, OWNER), await bearer(OWNER)
    address = f"/v1/employers/{employer}/figures/jobs"
    seen: list[str] = []
    cursor: str | None = None
    while True:
        asked = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = (await client.get(address, params=asked, headers=headers)).json()
        seen += [item["job_id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    own = [
        str(row[0])
        for row in await conn.fetch(
            "select id from jobs.postings where employer_id = $1 order by created_at desc, id desc", employer
        )
    ]
    assert seen == own


@pytest.mark.parametrize("who", [WORKER, UNVERIFIED_OWNER])
async def test_strangers_find_nothing(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, job: UUID, who: UUID
) -> None:
    employer, headers = await employer_of(conn, OWNER), await bearer(who)

    answers = [
        await client.get(address, headers=headers)
        for address in (
            f"/v1/jobs/{job}/figures", f"/v1/employers/{employer}/figures", f"/v1/employers/{employer}/figures/jobs",
            f"/v1/jobs/{UNKNOWN}/figures", f"/v1/employers/{uuid4()}/figures",
        )
    ]  # fmt: skip

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.json()["code"] for answer in answers}) == 1


async def test_without_signing_in_there_are_no_figures(client: httpx.AsyncClient, job: UUID) -> None:
    assert (await client.get(f"/v1/jobs/{job}/figures")).status_code == 401


async def test_an_employer_without_a_posting_has_an_empty_list_not_none(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    employer = await employer_of(conn, UNVERIFIED_OWNER)
    await conn.execute("delete from jobs.postings where employer_id = $1", employer)

    answer = await client.get(f"/v1/employers/{employer}/figures/jobs", headers=await bearer(UNVERIFIED_OWNER))

    assert (answer.status_code, answer.json()["items"]) == (200, [])


async def test_a_day_begins_in_viet_nam(
    client: httpx.AsyncClient, conn: asyncpg.Connection, app: Edge, bearer: Bearer, job: UUID, clock: Any
) -> None:
    headers = await bearer(OWNER)
    now = clock()
    evening = now.astimezone(UTC).replace(hour=17, minute=30)
    clock.shift((evening if evening > now else evening + timedelta(days=1)) - now)
    headers = await bearer(OWNER)

    found = (await client.get(f"/v1/jobs/{job}/figures", params={"days": 1}, headers=headers)).json()

    assert found["since"] == str(clock().date() + timedelta(days=1))


@pytest.mark.parametrize("days", ["0", "181", "x", "1.5", ""])
async def test_days_are_bounded(client: httpx.AsyncClient, bearer: Bearer, job: UUID, days: str) -> None:
    answer = await client.get(f"/v1/jobs/{job}/figures", params={"days": days}, headers=await bearer(OWNER))

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "?days"


MANY = """with viewer as (
    insert into identity.accounts (phone_index, phone_cipher)
    select uuid_send(uuidv7()), '' from generate_series(1, 60) returning id)
insert into saved_jobs.views (account_id, day, posting_id, times)
select v.id, '2026-11-01', j.id, 1 from viewer v, (select id from jobs.postings limit 500) j"""
JOBS = store.JOBS.statement("newest", frozenset({"employer_id", "account_id"}), 21)[0]


@pytest.mark.parametrize(("statement", "values"), [(store.OF_JOB, 3), (store.OF_EMPLOYER, 4), (JOBS, 2)])
async def test_views_are_found_by_their_posting(conn: asyncpg.Connection, statement: str, values: int) -> None:
    await conn.execute(MANY)
    await conn.execute("analyze saved_jobs.views")
    await conn.execute("set local plan_cache_mode = force_generic_plan")
    await conn.execute(f"prepare asked as {statement}")

    plan = "\n".join(row[0] for row in await conn.fetch(f"explain execute asked ({', '.join(['null'] * values)})"))

    await conn.execute("deallocate asked")
    assert "views_of_posting" in plan
    assert "Seq Scan on views" not in plan
