"""Everybody of the audience is told exactly once, whenever the worker dies."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import asyncpg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from longan.rooms.campaigns import tasks
from tests.campaigns.conftest import go_on, scheduled, told, workers
from tests.conftest import OnePool

INBOX = "select account_id from notifications.inbox where subject_id = $1"


class Died(Exception):
    """The worker is gone: nothing that it was doing goes on."""


class Mortal:
    """A pool whose worker dies when it asks the `left`-th question after now, or right after everything."""

    def __init__(self, conn: asyncpg.Connection, left: int) -> None:
        self._conn = conn
        self.left = left

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[Any]:
        yield self

    def transaction(self) -> Any:
        return self._conn.transaction()

    def _live(self) -> None:
        if self.left <= 0:
            raise Died
        self.left -= 1

    async def execute(self, *args: Any) -> Any:
        self._live()
        return await self._conn.execute(*args)

    async def fetch(self, *args: Any) -> Any:
        self._live()
        return await self._conn.fetch(*args)

    async def fetchrow(self, *args: Any) -> Any:
        self._live()
        return await self._conn.fetchrow(*args)

    async def fetchval(self, *args: Any) -> Any:
        self._live()
        return await self._conn.fetchval(*args)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50, deadline=None)
@given(
    deaths=st.lists(st.integers(0, 40), max_size=8), batch=st.integers(1, 8), window=st.integers(1, 60),
    people=st.integers(0, 20), spread=st.sampled_from([0, 0, 60]),
    occupation=st.sampled_from([None, "8"]),
)  # fmt: skip
async def test_whenever_the_worker_dies_everybody_is_told_exactly_once(
    conn: asyncpg.Connection, now: datetime, deaths: list[int], batch: int, window: int, people: int, spread: int,
    occupation: str | None,
) -> None:  # fmt: skip
    trial = conn.transaction()
    await trial.start()
    try:
        ids = await workers(conn, people, now)
        await conn.execute(
            "update people.profiles set occupation_code = '81' where account_id = any($1)", ids[::2]
        )  # fmt: skip
        campaign = await scheduled(conn, now, wards=["27694"], spread=spread, occupation=occupation)
        belong = {
            row[0]
            for row in await conn.fetch(
                """select account_id from people.profiles
                    where ward_code = '27694' and ($1::text is null or occupation_code in ('8', '81'))""",
                occupation,
            )
        }
        assert set(ids[::2]) <= belong
        for left in deaths:
            pool: Any = Mortal(conn, left)
            try:
                while (await tasks.step(pool, campaign, "80", now, batch, window)).more:
                    pass
            except Died:
                pass

        # It begins with the first of these steps where every worker died before.
        for seconds in (61, 122):
            await go_on(conn, campaign, now + timedelta(seconds=seconds), batch, window)

        state, number = await conn.fetchrow("select state, told from campaigns.campaigns where id = $1", campaign)
        inbox = Counter(row[0] for row in await conn.fetch(INBOX, campaign))
        assert (state, number) == ("done", len(belong))
        assert Counter(await told(conn, campaign)) == inbox == Counter(dict.fromkeys(belong, 1))
    finally:
        await trial.rollback()


async def test_two_workers_with_the_same_task_tell_nobody_twice(conn: asyncpg.Connection, now: datetime) -> None:
    ids = await workers(conn, 12, now)
    campaign = await scheduled(conn, now)
    pool: Any = OnePool(conn)
    await tasks.step(pool, campaign, "80", now, 5)

    first = await tasks.step(pool, campaign, "80", now, 5)
    second = await tasks.step(pool, campaign, "80", now, 5)

    assert not set(first.told) & set(second.told)
    await go_on(conn, campaign, now)
    assert set(ids) <= set(await told(conn, campaign))


async def test_who_joins_after_the_beginning_is_not_told(conn: asyncpg.Connection, now: datetime) -> None:
    [early] = await workers(conn, 1, now)
    campaign = await scheduled(conn, now)
    await go_on(conn, campaign, now, batch=0)
    later = now + timedelta(seconds=30)
    joined = await workers(conn, 5, later)

    await go_on(conn, campaign, later)

    assert early in await told(conn, campaign)
    assert not set(joined) & set(await told(conn, campaign))


async def test_who_has_left_before_their_turn_is_not_told(conn: asyncpg.Connection, now: datetime) -> None:
    moved, closed, left_work, stays = await workers(conn, 4, now)
    campaign = await scheduled(conn, now, wards=["27694"])
    await go_on(conn, campaign, now, batch=0)
    await conn.execute("update people.profiles set ward_code = null, ward_version = null where account_id = $1", moved)
    await conn.execute("update identity.accounts set disabled_at = $2 where id = $1", closed, now)
    await conn.execute("delete from identity.roles where account_id = $1", left_work)

    await go_on(conn, campaign, now + timedelta(seconds=11))

    found = set(await told(conn, campaign))
    assert stays in found
    assert not {moved, closed, left_work} & found


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=12, deadline=None)
@given(people=st.integers(1, 40), spread=st.integers(30, 400), batch=st.integers(1, 50))
async def test_a_campaign_that_is_spread_tells_a_share_at_a_time(
    conn: asyncpg.Connection, now: datetime, people: int, spread: int, batch: int
) -> None:
    trial = conn.transaction()
    await trial.start()
    try:
        await workers(conn, people, now)
        campaign = await scheduled(conn, now, spread=spread)
        seconds = 0
        while seconds < spread:
            await go_on(conn, campaign, now + timedelta(seconds=seconds), batch, window=1_000)
            planned, number = await conn.fetchrow(
                "select planned, told from campaigns.campaigns where id = $1", campaign
            )
            assert planned * seconds / spread <= number <= planned * (seconds + 10) / spread + 1
            seconds += 10

        await go_on(conn, campaign, now + timedelta(seconds=seconds), batch, window=1_000)

        state, planned, number = await conn.fetchrow(
            "select state, planned, told from campaigns.campaigns where id = $1", campaign
        )
        assert (state, number) == ("done", planned)
    finally:
        await trial.rollback()


async def test_a_pause_makes_the_rest_later_by_as_long(conn: asyncpg.Connection, now: datetime) -> None:
    await workers(conn, 50, now)
    campaign = await scheduled(conn, now, spread=1_000)
    await go_on(conn, campaign, now + timedelta(seconds=100))
    half = now + timedelta(seconds=600)
    await go_on(conn, campaign, half)
    before = len(await told(conn, campaign))
    await conn.execute(
        "update campaigns.campaigns set spread_from = spread_from + interval '1 hour', next_at = $2 where id = $1",
        campaign, half + timedelta(hours=1),
    )  # fmt: skip

    await go_on(conn, campaign, half + timedelta(hours=1))

    assert len(await told(conn, campaign)) == before


async def test_a_campaign_whose_task_was_lost_goes_on(conn: asyncpg.Connection, now: datetime) -> None:
    campaign = await scheduled(conn, now)

    class Context:
        pool = OnePool(conn)

        @staticmethod
        def clock() -> datetime:
            return now + timedelta(minutes=3)

    await conn.execute("delete from pgqueuer")
    await tasks.keep_campaigns_going(Context())  # type: ignore[arg-type]

    waiting = await conn.fetch("select convert_from(payload, 'utf8') from pgqueuer")
    assert f'{{"campaign_id":"{campaign}"}}' in [row[0] for row in waiting]


async def test_a_task_that_comes_too_early_leaves_the_turn_to_the_other_one(
    conn: asyncpg.Connection, now: datetime
) -> None:
    await workers(conn, 5, now)
    campaign = await scheduled(conn, now, spread=600)
    await go_on(conn, campaign, now)
    await conn.execute("delete from pgqueuer")
    pool: Any = OnePool(conn)

    turn = await tasks.step(pool, campaign, "80", now + timedelta(seconds=3))

    assert (list(turn.told), turn.more) == ([], False)
    assert await conn.fetchval("select count(*) from pgqueuer") == 0


async def test_nothing_that_is_promised_names_anybody(conn: asyncpg.Connection, now: datetime) -> None:
    people = await workers(conn, 5, now)
    campaign = await scheduled(conn, now, kind="public_alert", wards=["27694"])

    await go_on(conn, campaign, now)

    waiting = [row[0] for row in await conn.fetch("select convert_from(payload, 'utf8') from pgqueuer")]
    assert any("send_public_alert" in row[0] for row in await conn.fetch("select entrypoint from pgqueuer"))
    assert not [each for each in waiting if any(str(person) in each for person in people)]
