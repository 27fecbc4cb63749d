"""A dossier that its source no longer knew is followed again when it is there again, whoever finds that out."""

from datetime import timedelta

import asyncpg
import httpx
import pytest

from longan.floor.database.tasks import Context
from longan.rooms.dossier_watches.tasks import Poller
from tests.conftest import Bearer, TestClock
from tests.dossier_watches.conftest import Hook, Watch, now_due, told
from tests.dossier_watches.test_reminders import promised, rung, to
from tests.dossiers.conftest import Platform
from tests.jobs.hiring import SECOND_WORKER, WORKER

GivenUp = str


@pytest.fixture
async def given_up(
    watch: Watch, platform: Platform, poller: Poller, conn: asyncpg.Connection, clock: TestClock
) -> GivenUp:
    """A watch whose dossier has been missing for 30 days."""
    made: str = (await watch()).json()["id"]
    await platform.says("unknown")
    for days in (0, 31):
        clock.shift(timedelta(days=days))
        await now_due(conn, clock)
        await poller.once()
    assert await told(conn) == ["no_longer_watched"]
    assert await promised(conn) == []
    return made


async def shown(client: httpx.AsyncClient, headers: dict[str, str], watch: str) -> tuple[str, str | None, bool]:
    found = (await client.get(f"/v1/me/dossier-watches/{watch}", headers=headers)).json()
    return found["status"], found["ended_by"], found["stale"]


async def test_when_it_is_there_again_as_it_was_its_watchers_hear_where_it_stands_once(
    given_up: GivenUp, hook: Hook, platform: Platform, poller: Poller, conn: asyncpg.Connection, clock: TestClock,
    client: httpx.AsyncClient, bearer: Bearer,
) -> None:  # fmt: skip
    await platform.says("by_code")
    for _ in range(2):
        assert (await hook()).status_code == 204
        await poller.once()
    await now_due(conn, clock)
    await poller.once()

    assert await told(conn) == ["no_longer_watched", "dang_xu_ly"]
    assert await shown(client, await bearer(WORKER), given_up) == ("dang_xu_ly", None, False)
    assert await conn.fetchval("select missing_since from dossier_watches.followed") is None


async def test_what_is_there_again_is_late_again(
    given_up: GivenUp, hook: Hook, platform: Platform, poller: Poller, conn: asyncpg.Connection, clock: TestClock,
    context: Context,
) -> None:  # fmt: skip
    await platform.says("by_code")
    await hook()
    await poller.once()

    ((topic, at),) = await promised(conn)
    to(clock, max(at, clock()))
    await now_due(conn, clock)
    await poller.once()
    await rung(context)

    assert topic == "dossier_overdue"
    assert await told(conn) == ["no_longer_watched", "dang_xu_ly", "overdue"]


async def test_one_that_is_still_not_there_is_given_up_at_once_and_nobody_is_told_again(
    given_up: GivenUp, hook: Hook, poller: Poller, conn: asyncpg.Connection, client: httpx.AsyncClient, bearer: Bearer
) -> None:
    for _ in range(2):
        assert (await hook()).status_code == 204
        await poller.once()

    assert await told(conn) == ["no_longer_watched"]
    assert await shown(client, await bearer(WORKER), given_up) == ("dang_xu_ly", "missing", False)


async def test_another_who_begins_to_watch_it_has_it_followed_again_for_all(
    given_up: GivenUp, watch: Watch, platform: Platform, conn: asyncpg.Connection, client: httpx.AsyncClient,
    bearer: Bearer,
) -> None:  # fmt: skip
    await platform.says("by_code")

    made = await watch(who=SECOND_WORKER)

    assert (made.status_code, made.json()["ended_by"]) == (201, None)
    assert (await shown(client, await bearer(WORKER), given_up))[1] is None
    assert await told(conn, WORKER) == ["no_longer_watched", "dang_xu_ly"]
    assert await told(conn, SECOND_WORKER) == []
    assert [topic for topic, _ in await promised(conn)] == ["dossier_overdue"]


async def test_one_that_was_missing_for_days_only_is_no_news_when_it_is_there_again(
    watch: Watch, platform: Platform, poller: Poller, conn: asyncpg.Connection, clock: TestClock
) -> None:
    await watch()
    before = await promised(conn)
    for mode in ("unknown", "by_code"):
        await platform.says(mode)
        clock.shift(timedelta(days=2))
        await now_due(conn, clock)
        await poller.once()

    assert await told(conn) == []
    assert await promised(conn) == before
