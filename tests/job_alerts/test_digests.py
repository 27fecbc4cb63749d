"""Digests: what a day or a week found, told once, at the person's hour, without what is over by then."""

from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from longan.floor.messages.search_alerts import HITS_KEPT
from longan.rooms.job_alerts import store, tasks
from tests.job_alerts.alerting import inbox, opened, person, pool_of, posting, saved

HOME = ZoneInfo("Asia/Ho_Chi_Minh")
DAY = timedelta(days=1)


@pytest.fixture
def now() -> datetime:
    """A Thursday noon."""
    return datetime(2026, 11, 26, 12, 0, tzinfo=HOME).astimezone(UTC)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=HOME).astimezone(UTC)


async def digests(conn: asyncpg.Connection, moment: datetime, batch: int = 1_000) -> list[UUID]:
    """The whole schedule at a moment; whom it told."""
    told: list[UUID] = []
    more = True
    while more:
        some, more = await tasks.digest(pool_of(conn), moment, batch)
        told += some
    return told


async def test_what_a_day_found_is_told_once_at_the_hour_of_the_digest(conn: asyncpg.Connection, now: datetime) -> None:
    account = await person(conn)
    await saved(conn, account, now, cadence="daily", q="may")
    for _ in range(3):
        assert await opened(conn, await posting(conn, now), now) == []

    assert await digests(conn, at(26, 17, 59)) == []
    assert await digests(conn, at(26, 18, 0)) == [account]
    assert await digests(conn, at(26, 18, 1)) == [] and await digests(conn, at(27, 18, 0)) == []
    assert await inbox(conn, account) == [("job_digest", {"count": 3})]


async def test_only_what_is_new_since_the_last_digest_counts(conn: asyncpg.Connection, now: datetime) -> None:
    account = await person(conn)
    await saved(conn, account, now, cadence="daily", q="may")
    first = await posting(conn, now)
    await opened(conn, first, now)
    await digests(conn, at(26, 18))
    for job in (first, await posting(conn, at(26, 20)), await posting(conn, at(26, 21))):
        await opened(conn, job, at(26, 22))

    await digests(conn, at(27, 18))

    assert [said["count"] for _, said in await inbox(conn, account)] == [1, 2]


async def test_a_week_is_told_on_monday(conn: asyncpg.Connection, now: datetime) -> None:
    account = await person(conn)
    await saved(conn, account, now, cadence="weekly", q="may")
    await opened(conn, await posting(conn, now), now)

    days = [day for day in range(26, 31) for hour in (7, 18) if await digests(conn, at(day, hour))]

    assert days == [30] and at(30, 18).astimezone(HOME).weekday() == 0


async def test_a_posting_that_a_daily_and_a_weekly_search_find_comes_with_the_day(
    conn: asyncpg.Connection, now: datetime
) -> None:
    account = await person(conn)
    await saved(conn, account, now, cadence="weekly", q="may")
    await saved(conn, account, now, cadence="daily", ward_code="27694")
    await opened(conn, await posting(conn, now), now)
    await opened(conn, await posting(conn, now, ward="27991"), now)

    for day in range(26, 31):
        await digests(conn, at(day, 18))

    assert await inbox(conn, account) == [("job_digest", {"count": 1}), ("job_digest", {"count": 1})]


async def test_the_hour_is_that_of_the_persons_clock(conn: asyncpg.Connection, now: datetime) -> None:
    account = await person(conn)
    await conn.execute(
        """insert into preferences.choices (account_id, time_zone, digest_at, updated_at)
           values ($1, 'Asia/Seoul', '07:30', now())""",
        account,
    )
    await saved(conn, account, now, cadence="daily", q="may")
    await opened(conn, await posting(conn, now), now)

    assert await digests(conn, at(27, 5, 29)) == []
    assert await digests(conn, at(27, 5, 30)) == [account]


async def test_another_hour_makes_no_second_digest_of_a_day(conn: asyncpg.Connection, now: datetime) -> None:
    account = await person(conn)
    await saved(conn, account, now, cadence="daily", q="may")
    await opened(conn, await posting(conn, now), now)
    await digests(conn, at(26, 18))
    await conn.execute(
        "insert into preferences.choices (account_id, digest_at, updated_at) values ($1, '20:00', now())", account
    )
    await opened(conn, await posting(conn, at(26, 19)), at(26, 19))

    assert await digests(conn, at(26, 20)) == []
    assert await digests(conn, at(27, 20)) == [account]


@pytest.mark.parametrize("status", ["closed", "expired", "suspended", "draft"])
async def test_what_is_over_by_then_is_left_out(conn: asyncpg.Connection, now: datetime, status: str) -> None:
    account, other = await person(conn), await person(conn)
    await saved(conn, account, now, cadence="daily", q="may")
    await saved(conn, other, now, cadence="daily", q="hàn")
    jobs = [await posting(conn, now, title=title) for title in ("Thợ may", "Thợ may", "Thợ hàn")]
    for job in jobs:
        await opened(conn, job, now)
    await conn.execute("update jobs.postings set status = $1 where id = any($2)", status, jobs[1:])

    assert await digests(conn, at(26, 18)) == [account]
    assert await inbox(conn, account) == [("job_digest", {"count": 1})]
    await conn.execute("update jobs.postings set status = 'open' where id = any($1)", jobs)
    assert await digests(conn, at(27, 18)) == []


async def test_what_is_paused_by_then_comes_when_it_is_open_again(conn: asyncpg.Connection, now: datetime) -> None:
    account = await person(conn)
    await saved(conn, account, now, cadence="daily", q="may")
    job = await posting(conn, now)
    await opened(conn, job, now)
    await conn.execute("update jobs.postings set status = 'paused' where id = $1", job)

    assert await digests(conn, at(26, 18)) == []
    await conn.execute("update jobs.postings set status = 'open' where id = $1", job)
    assert await digests(conn, at(27, 18)) == [account]


async def test_what_stays_paused_for_a_week_is_forgotten(conn: asyncpg.Connection, now: datetime) -> None:
    account = await person(conn)
    await saved(conn, account, now, cadence="daily", q="may")
    job = await posting(conn, now)
    await opened(conn, job, now)
    await conn.execute("update jobs.postings set status = 'paused' where id = $1", job)

    for days in range(10):
        assert await digests(conn, at(26, 18) + days * DAY) == []

    assert await conn.fetchval("select dropped from job_alerts.hits where posting_id = $1", job)


async def test_whoever_has_gone_or_blocked_the_employer_or_deleted_the_search_has_no_digest(
    conn: asyncpg.Connection, now: datetime
) -> None:
    people = [await person(conn) for _ in range(5)]
    for account in people:
        await saved(conn, account, now, cadence="daily", q="may")
    job = await posting(conn, now)
    await opened(conn, job, now)
    gone, blocking, deleting, muting, staying = people
    await conn.execute("update identity.accounts set disabled_at = now() where id = $1", gone)
    await conn.execute(
        "insert into privacy.blocks select $1, employer_id, now() from jobs.postings where id = $2", blocking, job
    )
    await conn.execute("delete from saved_searches.searches where account_id = $1", deleting)
    await conn.execute("update saved_searches.searches set cadence = 'none' where account_id = $1", muting)

    assert await digests(conn, at(26, 18), batch=2) == [staying]


async def test_the_push_of_a_digest_falls_away_when_all_of_it_is_over(conn: asyncpg.Connection, now: datetime) -> None:
    account = await person(conn)
    await saved(conn, account, now, cadence="daily", q="may")
    jobs = [await posting(conn, now) for _ in range(2)]
    for job in jobs:
        await opened(conn, job, now)
    await digests(conn, at(26, 18))
    wanted = "select notifications.still_wanted(i.id, 'push', $1) from notifications.inbox i where topic = 'job_digest'"

    kept = []
    for job in jobs:
        kept.append(await conn.fetchval(wanted, at(26, 18)))
        await conn.execute("update jobs.postings set status = 'closed' where id = $1", job)

    assert kept == [True, True] and not await conn.fetchval(wanted, at(26, 18))


@pytest.mark.parametrize("moment", [at(25, 23, 59), at(30, 0, 0), at(30, 17, 59), at(30, 18, 0), at(30, 18, 1)])
async def test_a_week_s_digest_is_due_on_the_next_monday_at_that_hour(
    conn: asyncpg.Connection, moment: datetime
) -> None:
    due = await conn.fetchval("select job_alerts.due(true, '18:00', 'Asia/Ho_Chi_Minh', $1)", moment)

    assert due.astimezone(HOME).strftime("%a %H:%M") == "Mon 18:00" and timedelta() < due - moment <= 7 * DAY


async def test_hits_are_forgotten_after_their_time(conn: asyncpg.Connection, now: datetime) -> None:
    account = await person(conn)
    await saved(conn, account, now, q="may")
    old, young = await posting(conn, now), await posting(conn, now + 60 * DAY)
    await opened(conn, old, now)
    await opened(conn, young, now + 60 * DAY)

    await store.prune(conn, now + 91 * DAY - HITS_KEPT)

    assert [row["posting_id"] for row in await conn.fetch("select posting_id from job_alerts.hits")] == [young]
