"""A link to a job leads everybody to it while it is open, and tells nothing of who passed it on or opened it."""

import asyncio
import re
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from longan.rooms.job_shares import domain, store
from longan.rooms.job_shares.models import ALPHABET, LENGTH
from tests.conftest import Bearer, Real, TestClock
from tests.jobs.hiring import OWNER, UNKNOWN, open_job
from tests.recommendations.seeking import posted

DAY = timedelta(days=1)


async def shared(client: httpx.AsyncClient, me: dict[str, str], job: object) -> httpx.Response:
    return await client.post(f"/v1/jobs/{job}/shares", headers={**me, "Idempotency-Key": str(uuid4())})


async def test_everybody_who_passes_a_job_on_has_the_same_link_to_our_own_address(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, now: datetime
) -> None:
    job = await posted(conn, now)

    first = await shared(client, await bearer(), job)
    second = await client.post(
        f"/v1/jobs/{job}/shares",
        headers={**await bearer(), "Idempotency-Key": str(uuid4()), "X-Forwarded-Host": "evil.example"},
    )

    assert (first.status_code, second.json()) == (201, first.json())
    code = first.json()["code"]
    assert first.json()["url"] == f"http://127.0.0.1:8000/open/shares/{code}"
    assert re.fullmatch(f"[{ALPHABET}]{{{LENGTH}}}", code)


async def test_a_link_leads_to_the_public_posting_without_signing_in(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, now: datetime
) -> None:
    job = await posted(conn, now, title="Công nhân may")
    code = (await shared(client, await bearer(), job)).json()["code"]

    opened = await client.get(f"/v1/shares/{code}")

    assert opened.status_code == 200
    assert opened.json()["job"] == (await client.get(f"/v1/jobs/{job}")).json()
    assert opened.json()["job"]["review"] is None


@pytest.mark.parametrize(
    ("status", "answered"),
    [("open", 200), ("paused", 200), ("closed", 410), ("expired", 410), ("suspended", 404), ("in_review", 404)],
)
async def test_a_link_ends_with_its_job(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, now: datetime, status: str, answered: int
) -> None:
    job = await posted(conn, now)
    code = (await shared(client, await bearer(), job)).json()["code"]

    await conn.execute("update jobs.postings set status = $2 where id = $1", job, status)

    opened = await client.get(f"/v1/shares/{code}")
    assert opened.status_code == answered
    assert opened.json().get("code") == {200: code, 410: "share_over", 404: "not_found"}[answered]


async def test_a_link_ends_at_the_time_of_its_job_before_anybody_took_it_down(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, clock: TestClock
) -> None:
    job = await posted(conn, clock())
    made = (await shared(client, await bearer(), job)).json()

    clock.shift(30 * DAY + timedelta(seconds=1))

    assert datetime.fromisoformat(made["expires_at"]) < clock()
    assert (await client.get(f"/v1/shares/{made['code']}")).json()["code"] == "share_over"


@pytest.mark.parametrize(
    ("status", "answered"),
    [("paused", 409), ("closed", 409), ("draft", 404), ("in_review", 404), ("suspended", 404)],
)
async def test_only_an_open_job_is_passed_on(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, now: datetime, status: str, answered: int
) -> None:
    me, job = await bearer(), await posted(conn, now)
    await conn.execute("update jobs.postings set status = $2 where id = $1", job, status)

    assert (await shared(client, me, job)).status_code == answered
    assert (await shared(client, me, UNKNOWN)).status_code == 404


@pytest.mark.parametrize(
    "code", ["2222222222", "k7m2p9xq4", "k7m2p9xq4t2", "K7M2P9XQ4T", "k7m2p9xq4l", "%00", "..", "ạ" * 10]
)
async def test_what_is_no_code_of_ours_leads_nowhere(client: httpx.AsyncClient, code: str) -> None:
    for answer in (await client.get(f"/v1/shares/{code}"), await client.post(f"/v1/shares/{code}/opens")):
        assert answer.status_code in (400, 404)


async def test_only_the_number_of_opens_is_kept_and_only_the_employer_sees_it(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, clock: TestClock
) -> None:
    job = await posted(conn, clock())
    employer = await conn.fetchval("select employer_id from jobs.postings where id = $1", job)
    await conn.execute(
        "insert into members.members (employer_id, account_id, role) values ($1, $2, 'owner')", employer, OWNER
    )
    owner, path = await bearer(OWNER), f"/v1/jobs/{job}/share"
    assert (await client.get(path, headers=owner)).status_code == 404
    code = (await shared(client, await bearer(), job)).json()["code"]

    for _ in range(3):
        assert (await client.post(f"/v1/shares/{code}/opens")).status_code == 204
        await client.get(f"/v1/shares/{code}")
    await conn.execute("update job_shares.opens set day = day - 40 where posting_id = $1", job)
    await client.post(f"/v1/shares/{code}/opens")

    figures = (await client.get(path, headers=owner)).json()
    assert (figures["opens"], figures["opens_last_30_days"]) == (4, 1)
    assert (await client.get(path, headers=await bearer())).status_code == 404
    columns = await conn.fetch(
        "select column_name from information_schema.columns where table_schema = 'job_shares' order by 1"
    )
    assert {row[0] for row in columns} == {"posting_id", "code", "shared_at", "day", "times"}


async def test_what_is_open_no_more_is_not_counted(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, now: datetime
) -> None:
    job = await posted(conn, now)
    code = (await shared(client, await bearer(), job)).json()["code"]
    await conn.execute("update jobs.postings set status = 'closed' where id = $1", job)

    assert (await client.post(f"/v1/shares/{code}/opens")).status_code == 204
    assert await conn.fetchval("select count(*) from job_shares.opens") == 0


async def test_a_code_that_is_taken_is_not_given_to_another_job(conn: asyncpg.Connection, now: datetime) -> None:
    first, second = await posted(conn, now), await posted(conn, now)
    code = domain.new_code()

    assert await store.share(conn, first, code, now) == code
    assert await store.share(conn, second, code, now) is None
    assert await store.share(conn, first, domain.new_code(), now) == code


def test_codes_are_not_alike() -> None:
    made = {domain.new_code() for _ in range(2_000)}

    assert len(made) == 2_000
    assert {letter for code in made for letter in code} == set(ALPHABET)


async def test_of_many_who_pass_a_job_on_at_once_all_have_one_link(real: Real) -> None:
    job: UUID = await open_job(real)
    people = [await real.bearer() for _ in range(8)]

    answers = await asyncio.gather(*(shared(real.client, each, job) for each in people))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["code"] for answer in answers}) == 1


async def test_opens_at_the_same_time_are_all_counted(real: Real) -> None:
    job = await open_job(real)
    code = (await shared(real.client, await real.bearer(), job)).json()["code"]

    await asyncio.gather(*(real.client.post(f"/v1/shares/{code}/opens") for _ in range(10)))

    assert await real.pool.fetchval("select sum(times) from job_shares.opens where posting_id = $1", job) == 10
