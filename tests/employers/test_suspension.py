"""A suspension takes everything down at once; its end gives it back as drafts."""

import asyncio
from collections.abc import Awaitable
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from longan.floor.guard import standing
from longan.floor.postings import employer_postings, postings
from longan.floor.postings.employer_postings import BATCH
from tests.assurance.conftest import patiently
from tests.conftest import Bearer, Real, TestClock
from tests.employers.conftest import Decide, Work, told
from tests.jobs.hiring import (
    LABOUR_OFFICIAL,
    OWNER,
    UNVERIFIED_OWNER,
    WORKER,
    drafted,
    employer_of,
    promised,
    published,
)

STATES = "select status, count(*) as number from jobs.postings where employer_id = $1 group by 1"
SPREAD = """
update jobs.postings j
   set status = s.status, published_at = case when s.status = 'draft' then null else published_at end
  from (select id,
               (array['open', 'paused', 'in_review', 'draft', 'closed', 'suspended'])[row_number() over (order by id)]
                   as status
          from jobs.postings where employer_id = $1 order by id limit 6) s
 where j.id = s.id"""
COPIES = """
insert into jobs.postings (employer_id, status, title, description, search_text, title_marked, ward_version, ward_code,
                           province_code, pay_min, openings, published_at, expires_at)
select employer_id, 'open', title, description, search_text, title_marked, ward_version, ward_code, province_code,
       9000000, 1, coalesce(published_at, now()), expires_at
  from (select * from jobs.postings where employer_id = $1 limit 1) one, generate_series(1, $2)"""


async def states(conn: asyncpg.Connection, employer: UUID) -> dict[str, int]:
    return {row["status"]: row["number"] for row in await conn.fetch(STATES, employer)}


@pytest.fixture
async def employer(conn: asyncpg.Connection) -> UUID:
    """The verified one, with a posting in each of six states and the rest open."""
    found = await employer_of(conn, OWNER)
    await conn.execute(COPIES, found, 8)
    await conn.execute(SPREAD, found)
    return found


async def test_what_is_open_paused_or_in_review_is_suspended_and_the_rest_stays(
    conn: asyncpg.Connection, employer: UUID, decide: Decide, work: Work
) -> None:
    before = await states(conn, employer)

    answer = await decide(employer, "suspension", reason="Thu phí giữ chỗ.")
    await work("employer_withheld")

    assert (answer.status_code, answer.json()["status"], answer.json()["verified"]) == (200, "suspended", False)
    taken = before["open"] + before["paused"] + before["in_review"]
    after = await states(conn, employer)
    assert after == {"draft": before["draft"], "closed": before["closed"], "suspended": before["suspended"] + taken}
    history = await conn.fetch(
        """select h.side, h.changed_by, h.from_status, h.to_status, h.reason, h.version = j.version as current
             from jobs.history h join jobs.postings j on j.id = h.posting_id where j.employer_id = $1""",
        employer,
    )
    assert len(history) == taken
    assert {tuple(row)[:2] + tuple(row)[3:] for row in history} == {
        ("system", None, "suspended", "employer_suspended", True)
    }


async def test_who_applied_is_told_of_each_that_was_public_and_of_no_other(
    conn: asyncpg.Connection, employer: UUID, decide: Decide, work: Work
) -> None:
    public = {
        str(row["id"])
        for row in await conn.fetch(
            """select id from jobs.postings where employer_id = $1 and status in ('open', 'paused', 'in_review')
                  and published_at is not null""",
            employer,
        )
    }

    await decide(employer, "suspension")
    await work("employer_withheld")
    await decide(employer, "suspension")
    await work("employer_withheld")

    ended = [payload for topic, payload in await promised(conn) if topic == "job_ended"]
    assert {payload["job_id"] for payload in ended} == public
    assert len(ended) == len(public)
    assert {payload["status"] for payload in ended} == {"suspended"}


async def test_an_applicant_reads_that_it_is_over(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, decide: Decide, work: Work
) -> None:
    posting = await published(client, conn, bearer)
    applied = await client.post(f"/v1/jobs/{posting['id']}/applications", json={}, headers=await bearer(WORKER))

    await decide(posting["employer"]["id"], "suspension")
    await work("employer_withheld", "job_ended", "application_moved")

    assert applied.status_code == 201, applied.text
    [mine] = (await client.get("/v1/me/applications", headers=await bearer(WORKER))).json()["items"]
    assert mine["status"] == "obsolete"
    assert [each["status"] for each in await told(conn, WORKER)] == ["obsolete"]


async def test_more_than_a_batch_is_taken_down_and_given_back(
    conn: asyncpg.Connection, employer: UUID, decide: Decide, work: Work
) -> None:
    await conn.execute(COPIES, employer, 2 * BATCH)
    before = await states(conn, employer)

    await decide(employer, "suspension")
    await work("employer_withheld")
    suspended = await states(conn, employer)
    await decide(employer, "reinstatement")
    await work("employer_given_back")

    assert suspended.keys() == {"draft", "closed", "suspended"}
    taken = before["open"] + before["paused"] + before["in_review"]
    assert await states(conn, employer) == {
        "draft": before["draft"] + taken, "closed": before["closed"], "suspended": before["suspended"],
    }  # fmt: skip


async def test_what_an_official_suspended_for_itself_stays_suspended(
    conn: asyncpg.Connection, employer: UUID, decide: Decide, work: Work
) -> None:
    own = await conn.fetchval("select id from jobs.postings where employer_id = $1 and status = 'suspended'", employer)
    await decide(employer, "suspension")
    await work("employer_withheld")
    later = await conn.fetchval(
        """insert into jobs.history (posting_id, version, side, from_status, to_status, reason, changed_at)
           select id, version, 'official', 'suspended', 'suspended', 'Tin lừa đảo', now() + interval '1 minute'
             from jobs.postings where employer_id = $1 and status = 'suspended' and id <> $2 limit 1
           returning posting_id""",
        employer, own,
    )  # fmt: skip

    await decide(employer, "reinstatement")
    await work("employer_given_back")

    stay = await conn.fetch("select id from jobs.postings where employer_id = $1 and status = 'suspended'", employer)
    assert {row["id"] for row in stay} == {own, later}


async def test_what_is_given_back_is_for_the_employer_to_publish_again(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, decide: Decide, work: Work
) -> None:
    employer = await employer_of(conn, OWNER)
    job = await conn.fetchval("select id from jobs.postings where employer_id = $1 and status = 'open'", employer)
    draft = await drafted(client, conn, bearer)
    await decide(employer, "suspension")
    await work("employer_withheld")
    refused = await client.post(f"/v1/jobs/{draft['id']}/publish", headers=await bearer(OWNER))
    await decide(employer, "reinstatement")
    await work("employer_given_back")

    opened = await client.post(f"/v1/jobs/{job}/publish", headers=await bearer(OWNER))

    assert (refused.status_code, refused.json()["code"]) == (403, "employer_suspended")
    assert opened.status_code == 200, opened.text


async def test_rejecting_a_verified_employer_takes_its_postings_down_too(
    conn: asyncpg.Connection, employer: UUID, decide: Decide, work: Work
) -> None:
    await decide(employer, "verification", decision="rejected")
    await work("employer_withheld")

    assert (await states(conn, employer)).keys() == {"draft", "closed", "suspended"}


async def test_who_asks_again_before_the_worker_came_keeps_nothing_open(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, employer: UUID, decide: Decide, work: Work
) -> None:
    await decide(employer, "verification", decision="rejected")
    headers = {**await bearer(OWNER), "If-Match": "*"}
    asked = await client.patch(f"/v1/employers/{employer}", json={"description": "Xưởng may"}, headers=headers)
    await work("employer_withheld")

    assert asked.json()["status"] == "unverified"
    assert (await states(conn, employer)).keys() == {"draft", "closed", "suspended"}


async def test_what_a_late_import_noted_does_not_keep_a_posting_from_coming_back(
    conn: asyncpg.Connection, employer: UUID, decide: Decide, work: Work, clock: TestClock
) -> None:
    job = await conn.fetchval("select id from jobs.postings where employer_id = $1 and status = 'open'", employer)
    await decide(employer, "suspension")
    await work("employer_withheld")
    await postings.refused(conn, job, employer, "illegal_transition", clock())

    await decide(employer, "reinstatement")
    await work("employer_given_back")

    assert await conn.fetchval("select status from jobs.postings where id = $1", job) == "draft"


async def test_a_suspension_that_ended_before_the_worker_came_takes_nothing_down(
    conn: asyncpg.Connection, employer: UUID, decide: Decide, work: Work
) -> None:
    before = await states(conn, employer)

    await decide(employer, "suspension")
    await decide(employer, "reinstatement")
    await work("employer_withheld", "employer_given_back")

    assert await states(conn, employer) == before


@pytest.mark.parametrize(
    ("steps", "status", "code"),
    [
        ([("suspension", {})], 409, "illegal_transition"),
        ([("reinstatement", {})], 409, "illegal_transition"),
        ([("verification", {"decision": "verified"}), ("reinstatement", {})], 200, None),
        ([("verification", {"decision": "verified"}), ("suspension", {}), ("suspension", {})], 200, None),
        (
            [("verification", {"decision": "verified"}), ("suspension", {}),
             ("verification", {"decision": "verified"})],
            409, "illegal_transition",
        ),
        (
            [("verification", {"decision": "verified"}), ("suspension", {}),
             ("verification", {"decision": "rejected"})],
            200, None,
        ),
    ],
)  # fmt: skip
async def test_only_what_is_verified_is_suspended_and_only_a_reinstatement_ends_it(
    conn: asyncpg.Connection, decide: Decide, steps: list[tuple[str, dict[str, Any]]], status: int, code: str | None
) -> None:
    employer = await employer_of(conn, UNVERIFIED_OWNER)

    answers = [await decide(employer, what, **sent) for what, sent in steps]

    assert (answers[-1].status_code, answers[-1].json().get("code")) == (status, code)


async def test_its_page_warns_and_the_list_leaves_it_out(
    client: httpx.AsyncClient, conn: asyncpg.Connection, decide: Decide, work: Work
) -> None:
    employer = await employer_of(conn, OWNER)
    await conn.execute("update employers.employers set description = 'Xưởng may' where id = $1", employer)
    name = (await client.get(f"/v1/employers/{employer}")).json()["name"]
    await decide(employer, "suspension")
    await work("employer_withheld")

    shown = (await client.get(f"/v1/employers/{employer}")).json()
    listed = (await client.get("/v1/employers", params={"q": name, "limit": 100})).json()["items"]

    assert (shown["status"], shown["verified"], shown["description"], shown["open_jobs"]) == (
        "suspended", False, None, 0,
    )  # fmt: skip
    assert str(employer) not in {item["id"] for item in listed}


async def test_whoever_publishes_at_the_same_moment_is_refused_or_taken_down(real: Real, clock: TestClock) -> None:
    async with real.pool.acquire() as connection:
        employer = await employer_of(connection, OWNER)
        await connection.execute(COPIES, employer, 12)
        await connection.execute(
            "update jobs.postings set status = 'draft', expires_at = now() + interval '9 days' where employer_id = $1",
            employer,
        )
        rows = await connection.fetch(
            "select id from jobs.postings where employer_id = $1 and pay_min = 9000000 limit 12", employer
        )
        jobs = [row["id"] for row in rows]
    owner, official = await real.bearer(OWNER), await real.bearer(LABOUR_OFFICIAL, audience="official", acr=3)

    def suspend() -> Awaitable[httpx.Response]:
        return real.client.post(f"/v1/employers/{employer}/suspension", json={"reason": "x"}, headers=official)

    def publish(job: UUID) -> Awaitable[httpx.Response]:
        return patiently(lambda: real.client.post(f"/v1/jobs/{job}/publish", headers=owner))

    answers = await asyncio.gather(
        *(publish(job) for job in jobs[:6]), patiently(suspend), *(publish(job) for job in jobs[6:])
    )
    await employer_postings.withhold(real.pool, employer, clock())

    assert answers[6].status_code == 200
    assert {each.status_code for each in answers} <= {200, 403}
    async with real.pool.acquire() as connection:
        assert (await states(connection, employer)).keys() <= {"draft", "suspended"}


WAITING = "select exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock')"


async def test_a_suspension_waits_for_whoever_is_publishing_and_finds_it_then(real: Real, clock: TestClock) -> None:
    async with real.pool.acquire() as connection:
        employer = await employer_of(connection, OWNER)
        await connection.execute(COPIES, employer, 1)
        job = await connection.fetchval(
            "update jobs.postings set status = 'draft' where employer_id = $1 and pay_min = 9000000 returning id",
            employer,
        )
    official = await real.bearer(LABOUR_OFFICIAL, audience="official", acr=3)

    async def suspend() -> None:
        path = f"/v1/employers/{employer}/suspension"
        answer = await real.client.post(path, json={"reason": "x"}, headers=official)
        assert answer.status_code == 200, answer.text
        await employer_postings.withhold(real.pool, employer, clock())

    async with real.pool.acquire() as tx, tx.transaction():
        held = await standing.held(tx, job, OWNER)  # type: ignore[arg-type]
        suspending = asyncio.create_task(suspend())
        while not (suspending.done() or await real.pool.fetchval(WAITING)):
            await asyncio.sleep(0.01)
        await postings.move(tx, job, "open", "employer", OWNER, None, clock())
    await suspending

    assert held.employer_status == "verified"
    assert await real.pool.fetchval("select status from jobs.postings where id = $1", job) == "suspended"
