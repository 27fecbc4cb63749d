"""Searches long unused: their owners are asked once, and they stop unless somebody says that they are wanted."""

from datetime import datetime, timedelta

import asyncpg
import httpx

from longan.floor.search import saved_searches
from longan.rooms.job_alerts import tasks
from tests.conftest import Bearer
from tests.job_alerts.alerting import SEARCHES, inbox, opened, person, pool_of, posting, saved

HALF_A_YEAR = timedelta(days=181)


async def stopped(conn: asyncpg.Connection, now: datetime) -> list[str]:
    await saved_searches.stop(conn, now - tasks.ANSWERED_WITHIN, now)
    return [row[0] for row in await conn.fetch("select cadence from saved_searches.searches order by id")]


async def test_an_unused_search_is_asked_about_once_and_then_stops(conn: asyncpg.Connection, now: datetime) -> None:
    account = await person(conn)
    await saved(conn, account, now, q="may")
    await saved(conn, account, now, q="hàn", cadence="none")
    later = now + HALF_A_YEAR

    asked = [await tasks.ask(pool_of(conn), moment) for moment in (now + timedelta(days=179), later, later)]

    assert asked == [0, 1, 0]
    assert await inbox(conn, account) == [("saved_search_unused", {})]
    assert await stopped(conn, later + timedelta(days=13)) == ["instant", "none"]
    assert await stopped(conn, later + timedelta(days=14)) == ["none", "none"]


async def test_whoever_reads_what_a_search_brings_is_not_asked(conn: asyncpg.Connection, now: datetime) -> None:
    account = await person(conn)
    await saved(conn, account, now, q="may")
    await opened(conn, await posting(conn, now), now)
    later = now + HALF_A_YEAR
    await conn.execute("update notifications.inbox set read_at = $1", later - timedelta(days=9))

    assert await tasks.ask(pool_of(conn), later) == 0


async def test_a_search_that_its_owner_keeps_goes_on(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, now: datetime
) -> None:
    account = await person(conn)
    search = await saved(conn, account, now - HALF_A_YEAR, name="May", q="may")
    await tasks.ask(pool_of(conn), now)
    headers = {**await bearer(account), "If-Match": "*"}

    answer = await client.patch(f"{SEARCHES}/{search}", json={"name": "May"}, headers=headers)

    assert answer.status_code == 200
    assert await stopped(conn, now + timedelta(days=30)) == ["instant"]
