"""What was opened is reported in batches, as often as the app likes, and counts once a day."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from longan.floor.base.zones import HOME
from longan.rooms.saved_jobs import store
from longan.rooms.saved_jobs.models import JobView
from tests.conftest import Bearer
from tests.jobs.hiring import OWNER, UNKNOWN
from tests.saved_jobs.keeping import account_of, open_jobs

VIEWS = "/v1/me/job-views"
DAY = timedelta(days=1)


def today(now: datetime) -> Any:
    return now.astimezone(ZoneInfo(HOME)).date()


async def seen(conn: asyncpg.Connection, account: object) -> dict[tuple[Any, Any], int]:
    rows = await conn.fetch("select posting_id, day, times from saved_jobs.views where account_id = $1", account)
    return {(row["posting_id"], row["day"]): row["times"] for row in rows}


async def report(client: httpx.AsyncClient, me: dict[str, str], *views: tuple[object, object, int]) -> int:
    body = {"views": [{"job_id": str(job), "day": str(day), "times": times} for job, day, times in views]}
    answer = await client.post(VIEWS, headers=me, json=body)
    assert answer.status_code == 200, answer.text
    recorded: int = answer.json()["recorded"]
    return recorded


async def test_a_batch_sent_again_changes_nothing_and_a_later_one_only_adds(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, now: datetime
) -> None:
    me, (first, second), day = await bearer(), await open_jobs(conn, 2, now), today(now)
    account = await account_of(client, me)
    await conn.execute("update jobs.postings set published_at = $2 where id = any($1)", [first, second], now - 9 * DAY)

    for _ in range(2):
        assert await report(client, me, (first, day, 2), (second, day - DAY, 1), (first, day, 1)) == 2
    assert await report(client, me, (first, day, 3), (second, day - DAY, 1)) == 2

    assert await seen(conn, account) == {(first, day): 3, (second, day - DAY): 1}


async def test_what_cannot_have_been_seen_does_not_count(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, now: datetime
) -> None:
    me, (job, draft), day = await bearer(), await open_jobs(conn, 2, now), today(now)
    await conn.execute("update jobs.postings set published_at = $2 where id = $1", job, now - 2 * DAY)
    await conn.execute("update jobs.postings set status = 'draft', published_at = null where id = $1", draft)

    counted = await report(
        client, me, (job, day + DAY, 1), (job, day - 8 * DAY, 1), (job, day - 3 * DAY, 1), (draft, day, 1),
        (UNKNOWN, day, 1), (job, day, 1),
    )  # fmt: skip

    assert counted == 1
    assert await seen(conn, await account_of(client, me)) == {(job, day): 1}


async def test_whoever_speaks_for_the_employer_is_no_reader(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, now: datetime
) -> None:
    job = await conn.fetchval(
        """select j.id from jobs.postings j join members.members m on m.employer_id = j.employer_id
            where m.account_id = $1 and j.status = 'open' limit 1""",
        OWNER,
    )

    assert await report(client, await bearer(OWNER), (job, today(now), 1)) == 0


@pytest.mark.parametrize("views", [[], [{}], [{"job_id": UNKNOWN, "day": "2026-02-30"}], None, [1] * 101])
async def test_a_batch_that_is_none_is_refused(client: httpx.AsyncClient, bearer: Bearer, views: object) -> None:
    answer = await client.post(VIEWS, headers=await bearer(), json={"views": views})

    assert answer.status_code == 400


async def test_a_day_that_is_full_takes_no_other_posting(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, now: datetime
) -> None:
    me, (job,), day = await bearer(), await open_jobs(conn, 1, now), today(now)
    account = await account_of(client, me)
    await conn.execute(
        """with made as (
               insert into jobs.postings (employer_id, title, description, search_text, title_marked, ward_version,
                                          ward_code, province_code, openings, expires_at)
               select employer_id, title, description, search_text, title_marked, ward_version, ward_code,
                      province_code, openings, expires_at
                 from jobs.postings, generate_series(1, 500) where id = $1
               returning id)
           insert into saved_jobs.views (account_id, day, posting_id, times) select $2, $3, id, 1 from made""",
        job, account, day,
    )  # fmt: skip

    await report(client, me, (job, day, 1))

    assert (job, day) not in await seen(conn, account)


BATCHES = st.lists(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(1, 5)), min_size=1, max_size=6), max_size=5
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=BATCHES)
async def test_a_day_holds_the_most_that_was_ever_reported_whatever_came_twice_or_in_another_order(
    conn: asyncpg.Connection, now: datetime, batches: list[list[tuple[int, int, int]]]
) -> None:
    account = await conn.fetchval("select id from identity.accounts limit 1")
    jobs, day = await open_jobs(conn, 3, now), today(now)
    await conn.execute("update jobs.postings set published_at = $2 where id = any($1)", jobs, now - 9 * DAY)
    await conn.execute("delete from members.members where account_id = $1", account)
    expected: dict[tuple[Any, Any], int] = {}
    for batch in batches:
        for job, ago, times in batch:
            key = (jobs[job], day - ago * DAY)
            expected[key] = max(times, expected.get(key, 0))

    await conn.execute("delete from saved_jobs.views where account_id = $1", account)
    for batch in [*batches, *batches[:2]]:
        await store.record(conn, account, [JobView(jobs[j], day - ago * DAY, times) for j, ago, times in batch], now)

    assert await seen(conn, account) == expected
