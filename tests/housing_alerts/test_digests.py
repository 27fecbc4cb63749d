"""Digests: what a day or a week found, told once, at the person's hour, without what is over by then."""

from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from longan.floor.messages.search_alerts import HITS_KEPT, UNUSED
from longan.rooms.housing_alerts import store, tasks
from tests.housing_alerts.alerting import opened, pool_of, room, saved
from tests.job_alerts.alerting import inbox, person

HOME = ZoneInfo("Asia/Ho_Chi_Minh")
DAY = timedelta(days=1)
CLOSE = "update housing.listings set status = 'closed', closed_at = now(), closed_for = 'let' where id = any($1)"
TURN = "update housing.listings set status = $2, closed_at = null, closed_for = null where id = any($1)"


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
    await saved(conn, account, now, cadence="daily", rent_max=2_000_000)
    for _ in range(3):
        assert await opened(conn, await room(conn, now), now) == []

    assert await digests(conn, at(26, 17, 59)) == []
    assert await digests(conn, at(26, 18, 0)) == [account]
    assert await digests(conn, at(26, 18, 1)) == [] and await digests(conn, at(27, 18, 0)) == []
    assert await inbox(conn, account) == [("housing_digest", {"count": 3})]


async def test_a_week_is_told_on_monday(conn: asyncpg.Connection, now: datetime) -> None:
    account = await person(conn)
    await saved(conn, account, now, cadence="weekly", rent_max=2_000_000)
    await opened(conn, await room(conn, now), now)

    days = [day for day in range(26, 31) for hour in (7, 18) if await digests(conn, at(day, hour))]

    assert days == [30] and at(30, 18).astimezone(HOME).weekday() == 0


async def test_the_hour_is_that_of_the_persons_clock(conn: asyncpg.Connection, now: datetime) -> None:
    account = await person(conn)
    await conn.execute(
        """insert into preferences.choices (account_id, time_zone, digest_at, updated_at)
           values ($1, 'Asia/Seoul', '07:30', now())""",
        account,
    )
    await saved(conn, account, now, cadence="daily", rent_max=2_000_000)
    await opened(conn, await room(conn, now), now)

    assert await digests(conn, at(27, 5, 29)) == []
    assert await digests(conn, at(27, 5, 30)) == [account]


async def test_what_is_let_by_then_is_left_out_for_good(conn: asyncpg.Connection, now: datetime) -> None:
    account = await person(conn)
    await saved(conn, account, now, cadence="daily", rent_max=2_000_000)
    rooms = [await room(conn, now) for _ in range(2)]
    for made in rooms:
        await opened(conn, made, now)
    await conn.execute(CLOSE, rooms[1:])

    assert await digests(conn, at(26, 18)) == [account]
    assert await inbox(conn, account) == [("housing_digest", {"count": 1})]
    await conn.execute(TURN, rooms, "open")
    assert await digests(conn, at(27, 18)) == []


@pytest.mark.parametrize("status", ["stale", "hidden"])
async def test_what_is_not_shown_by_then_comes_when_it_is_shown_again(
    conn: asyncpg.Connection, now: datetime, status: str
) -> None:
    account = await person(conn)
    await saved(conn, account, now, cadence="daily", rent_max=2_000_000)
    made = await room(conn, now)
    await opened(conn, made, now)
    await conn.execute(TURN, [made], status)

    assert await digests(conn, at(26, 18)) == []
    await conn.execute(TURN, [made], "open")
    assert await digests(conn, at(27, 18)) == [account]


async def test_what_stays_hidden_for_a_week_is_forgotten(conn: asyncpg.Connection, now: datetime) -> None:
    account = await person(conn)
    await saved(conn, account, now, cadence="daily", rent_max=2_000_000)
    made = await room(conn, now)
    await opened(conn, made, now)
    await conn.execute(TURN, [made], "hidden")

    for days in range(10):
        assert await digests(conn, at(26, 18) + days * DAY) == []

    assert await conn.fetchval("select dropped from housing_alerts.hits where listing_id = $1", made)


async def test_the_push_of_a_digest_falls_away_when_all_of_it_is_over(conn: asyncpg.Connection, now: datetime) -> None:
    account = await person(conn)
    await saved(conn, account, now, cadence="daily", rent_max=2_000_000)
    rooms = [await room(conn, now) for _ in range(2)]
    for made in rooms:
        await opened(conn, made, now)
    await digests(conn, at(26, 18))
    wanted = """select notifications.still_wanted(i.id, 'push', $1)
                  from notifications.inbox i where topic = 'housing_digest'"""

    kept = []
    for made in rooms:
        kept.append(await conn.fetchval(wanted, at(26, 18)))
        await conn.execute(CLOSE, [made])

    assert kept == [True, True] and not await conn.fetchval(wanted, at(26, 18))


async def test_hits_are_forgotten_after_their_time(conn: asyncpg.Connection, now: datetime) -> None:
    account = await person(conn)
    await saved(conn, account, now, rent_max=2_000_000)
    old, young = await room(conn, now), await room(conn, now + 60 * DAY)
    await opened(conn, old, now)
    await opened(conn, young, now + 60 * DAY)

    await store.prune(conn, now + 91 * DAY - HITS_KEPT)

    assert [row["listing_id"] for row in await conn.fetch("select listing_id from housing_alerts.hits")] == [young]


async def test_whoever_has_not_used_a_search_for_half_a_year_is_asked_once(
    conn: asyncpg.Connection, now: datetime
) -> None:
    account, active = await person(conn), await person(conn)
    search = await saved(conn, account, now - UNUSED - DAY, rent_max=2_000_000)
    await saved(conn, active, now - DAY, rent_max=2_000_000)

    asked = [await tasks.ask(pool_of(conn), now) for _ in range(2)]

    assert asked == [1, 0]
    assert await inbox(conn, account) == [("housing_search_unused", {})]
    subject = await conn.fetchval("select subject_id from notifications.inbox where account_id = $1", account)
    assert subject == search and await inbox(conn, active) == []
