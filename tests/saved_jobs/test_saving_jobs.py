"""A job that is kept is shown as it stands now, and its end is told once."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import aiohttp
import asyncpg
import httpx
import pytest
import redis.asyncio

from longan.api.edge import Edge
from longan.floor.database import reminders
from longan.floor.database.tasks import Context
from longan.floor.setup.settings import Settings
from longan.rooms.saved_jobs import tasks
from longan.rooms.saved_jobs.models import MOST_SAVED
from tests.conftest import Bearer, TestClock
from tests.jobs.hiring import UNKNOWN, promised
from tests.saved_jobs.keeping import account_of, open_jobs

MINE = "/v1/me/saved-jobs"
DAY = timedelta(days=1)
APPLY = """insert into applications.applications (job_id, employer_id, worker_id, created_at, updated_at)
           select id, employer_id, $2, $3, $3 from jobs.postings where id = $1"""


@pytest.fixture
async def context(
    app: Edge, settings: Settings, valkey: redis.asyncio.Redis, clock: TestClock
) -> AsyncIterator[Context]:
    """What the worker gives to tasks."""
    state = app.app.state
    async with aiohttp.ClientSession() as http:
        yield Context(
            pool=state.pool, valkey=valkey, http=http, settings=settings, keys=state["keys"], phones=state.phones,
            clock=clock,
        )  # fmt: skip


async def kept(client: httpx.AsyncClient, headers: dict[str, str]) -> list[dict[str, Any]]:
    answer = await client.get(MINE, headers=headers)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_the_job_kept_last_comes_first_and_keeping_it_again_changes_nothing(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, clock: TestClock
) -> None:
    me, (first, second) = await bearer(), await open_jobs(conn, 2, clock())
    made = await client.put(f"{MINE}/{first}", headers=me)
    clock.shift(timedelta(seconds=1))
    await client.put(f"{MINE}/{second}", headers=me)
    clock.shift(timedelta(seconds=1))

    again = await client.put(f"{MINE}/{first}", headers=me)

    assert (made.status_code, again.status_code) == (200, 200)
    assert again.json() == made.json()
    assert [each["id"] for each in await kept(client, me)] == [str(second), str(first)]
    assert await kept(client, await bearer()) == []


async def test_what_is_kept_no_longer_is_gone_and_a_second_time_not_found(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, now: datetime
) -> None:
    me, other, (job,) = await bearer(), await bearer(), await open_jobs(conn, 1, now)
    await client.put(f"{MINE}/{job}", headers=me)

    assert (await client.delete(f"{MINE}/{job}", headers=other)).status_code == 404
    assert (await client.delete(f"{MINE}/{job}", headers=me)).status_code == 204
    assert (await client.delete(f"{MINE}/{job}", headers=me)).status_code == 404
    assert await kept(client, me) == []
    assert await conn.fetchval("select count(*) from floor.reminders where once like 'saved_job%'") == 0


@pytest.mark.parametrize(
    ("status", "shown", "has_title"),
    [
        ("open", "open", True),
        ("paused", "paused", True),
        ("closed", "closed", True),
        ("expired", "expired", True),
        ("suspended", "unavailable", False),
        ("in_review", "unavailable", False),
        ("draft", "unavailable", False),
    ],
)
async def test_a_kept_job_is_shown_as_it_stands_now(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, now: datetime, status: str, shown: str,
    has_title: bool,
) -> None:  # fmt: skip
    me, (job,) = await bearer(), await open_jobs(conn, 1, now)
    await client.put(f"{MINE}/{job}", headers=me)

    await conn.execute("update jobs.postings set status = $2 where id = $1", job, status)

    (item,) = await kept(client, me)
    assert (item["status"], item["title"] is not None) == (shown, has_title)


async def test_one_that_is_past_its_end_is_shown_as_expired_before_anybody_took_it_down(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, clock: TestClock
) -> None:
    me, (job,) = await bearer(), await open_jobs(conn, 1, clock())
    await client.put(f"{MINE}/{job}", headers=me)
    end = await conn.fetchval("select expires_at from jobs.postings where id = $1", job)

    await conn.execute("update jobs.postings set expires_at = $2 where id = $1", job, clock())

    assert end > clock()
    assert [each["status"] for each in await kept(client, me)] == ["expired"]


@pytest.mark.parametrize("status", ["draft", "in_review", "suspended"])
async def test_only_what_everybody_may_open_can_be_kept(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, now: datetime, status: str
) -> None:
    me, (job,) = await bearer(), await open_jobs(conn, 1, now)
    await conn.execute("update jobs.postings set status = $2 where id = $1", job, status)

    assert (await client.put(f"{MINE}/{job}", headers=me)).status_code == 404
    assert (await client.put(f"{MINE}/{UNKNOWN}", headers=me)).status_code == 404


async def test_there_is_an_end_to_what_one_keeps(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, now: datetime
) -> None:
    me, jobs = await bearer(), await open_jobs(conn, MOST_SAVED + 1, now)
    if len(jobs) <= MOST_SAVED:
        await conn.execute(
            """insert into jobs.postings (employer_id, status, title, description, search_text, title_marked,
                                          ward_version, ward_code, province_code, openings, published_at, expires_at)
               select employer_id, 'open', title, description, search_text, title_marked, ward_version, ward_code,
                      province_code, openings, published_at, $1::timestamptz + interval '20 days'
                 from jobs.postings, generate_series(1, 600) where id = $2""",
            now, jobs[0],
        )  # fmt: skip
        jobs = await open_jobs(conn, MOST_SAVED + 1, now)
    await conn.execute(
        "insert into saved_jobs.saves (account_id, posting_id, saved_at) select $1, p, $3 from unnest($2::uuid[]) p",
        await account_of(client, me), jobs[:-1], now,
    )  # fmt: skip

    refused = await client.put(f"{MINE}/{jobs[-1]}", headers=me)

    assert (refused.status_code, refused.json()["code"]) == (409, "saved_jobs_full")
    assert (await client.put(f"{MINE}/{jobs[0]}", headers=me)).status_code == 200
    await client.delete(f"{MINE}/{jobs[1]}", headers=me)
    assert (await client.put(f"{MINE}/{jobs[-1]}", headers=me)).status_code == 200


async def run(context: Context, conn: asyncpg.Connection) -> None:
    """What was promised, as the worker does it."""
    await reminders.ring(context.pool, context.clock())
    for topic, payload in await promised(conn):
        if topic == "saved_job_expiring":
            await tasks.saved_job_expiring(
                context, account_id=UUID(payload["account_id"]), job_id=UUID(payload["job_id"])
            )
    await conn.execute("delete from pgqueuer where entrypoint = 'saved_job_expiring'")


async def told(conn: asyncpg.Connection, account: UUID) -> list[str]:
    rows = await conn.fetch("select topic from notifications.inbox where account_id = $1 order by id", account)
    return [row["topic"] for row in rows]


async def test_who_keeps_a_job_hears_two_days_before_its_end_once_and_later_when_it_was_put_off(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, clock: TestClock, context: Context
) -> None:
    me, (job,) = await bearer(), await open_jobs(conn, 1, clock())
    account, end = await account_of(client, me), clock() + 10 * DAY
    await conn.execute("update jobs.postings set expires_at = $2 where id = $1", job, end)
    await client.put(f"{MINE}/{job}", headers=me)
    await conn.execute("update jobs.postings set expires_at = $2 where id = $1", job, end + 5 * DAY)
    clock.shift(8 * DAY)
    await run(context, conn)
    assert await told(conn, account) == []

    clock.shift(5 * DAY)
    for _ in range(2):
        await run(context, conn)

    assert await told(conn, account) == ["saved_job_expiring"]


@pytest.mark.parametrize("why", ["closed", "over", "applied", "blocked", "dropped"])
async def test_nobody_hears_of_an_end_that_does_not_matter_to_them_any_more(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, clock: TestClock, context: Context, why: str
) -> None:
    me, (job,) = await bearer(), await open_jobs(conn, 1, clock())
    account, end = await account_of(client, me), clock() + 10 * DAY
    await conn.execute("update jobs.postings set expires_at = $2 where id = $1", job, end)
    await client.put(f"{MINE}/{job}", headers=me)

    if why == "closed":
        await conn.execute("update jobs.postings set status = 'closed' where id = $1", job)
    elif why == "applied":
        await conn.execute(APPLY, job, account, clock())
    elif why == "blocked":
        employer = await conn.fetchval("select employer_id from jobs.postings where id = $1", job)
        await client.put(f"/v1/me/blocked-employers/{employer}", headers=me)
    elif why == "dropped":
        await client.delete(f"{MINE}/{job}", headers=me)
    clock.shift((10 if why == "over" else 8) * DAY + timedelta(minutes=1))
    await run(context, conn)

    assert await told(conn, account) == []


@pytest.mark.parametrize("why", ["applied", "over"])
async def test_what_waits_for_the_evening_is_not_sent_when_it_does_not_matter_by_then(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, clock: TestClock, context: Context, why: str
) -> None:
    me, (job,) = await bearer(), await open_jobs(conn, 1, clock())
    account = await account_of(client, me)
    await conn.execute("update jobs.postings set expires_at = $2 where id = $1", job, clock() + 10 * DAY)
    await client.put(f"{MINE}/{job}", headers=me)
    clock.shift(9 * DAY)
    await run(context, conn)
    wanted = "select notifications.still_wanted(i.id, 'push', $2) from notifications.inbox i where i.account_id = $1"
    before = await conn.fetchval(wanted, account, clock())

    if why == "applied":
        await conn.execute(APPLY, job, account, clock())
    else:
        clock.shift(DAY)

    assert (before, await conn.fetchval(wanted, account, clock())) == (True, False)


async def test_who_applied_in_vain_hears_of_the_end_of_what_came_back(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, clock: TestClock, context: Context
) -> None:
    me, (job,) = await bearer(), await open_jobs(conn, 1, clock())
    account = await account_of(client, me)
    await conn.execute("update jobs.postings set expires_at = $2 where id = $1", job, clock() + 10 * DAY)
    await client.put(f"{MINE}/{job}", headers=me)
    await conn.execute(
        """insert into applications.applications (job_id, employer_id, worker_id, status, created_at, updated_at)
           select id, employer_id, $2, 'obsolete', $3, $3 from jobs.postings where id = $1""",
        job, account, clock(),
    )  # fmt: skip
    clock.shift(9 * DAY)
    await run(context, conn)

    assert await told(conn, account) == ["saved_job_expiring"]
