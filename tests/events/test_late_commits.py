"""Sequences are given out before a transaction commits: what comes late, out of order or never loses nothing."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from longan.rooms.events import store
from tests.conftest import Copies, Real
from tests.events.following import Follower, call, following, happen, until, write

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


async def test_a_slow_transaction_is_told_when_it_commits(real: Real) -> None:
    mine = await real.account()
    async with following(real, await real.bearer(mine)) as (stream,):
        async with real.pool.acquire() as connection, connection.transaction():
            late = await write(connection, mine)
            early = await happen(real, mine)
            await until(lambda: stream.subjects)
            assert stream.subjects == early
        await call(real, [mine])
        await until(lambda: len(stream.subjects) == 2)

    assert stream.subjects == early + late


async def test_a_slow_transaction_is_told_to_whoever_comes_back_after_a_later_one(real: Real) -> None:
    mine = await real.account()
    headers = await real.bearer(mine)
    async with real.pool.acquire() as connection, connection.transaction():
        late = await write(connection, mine)
        async with following(real, headers) as (first,):
            early = await happen(real, mine)
            await until(lambda: first.subjects)

    second = await Follower(real.app, headers, last=first.last).begun()
    await second.hung_up()

    assert first.subjects == early
    assert set(late) <= set(second.subjects) <= {*late, *early}
    assert second.resets == 0


async def test_the_older_transaction_may_have_the_later_event(real: Real) -> None:
    """A horizon of transactions alone, over a place in the order of sequences, would lose the second event."""
    mine = await real.account()
    async with following(real, await real.bearer(mine)) as (stream,), AsyncExitStack() as held:
        older, newer = [await held.enter_async_context(real.pool.acquire()) for _ in range(2)]
        one, two = older.transaction(), newer.transaction()
        await one.start()
        await older.fetchval("select pg_current_xact_id()::text")
        await two.start()
        second = await write(newer, mine)
        first = await write(older, mine)
        await one.commit()
        await call(real, [mine])
        await until(lambda: stream.subjects == first)
        await two.commit()
        await call(real, [mine])
        await until(lambda: len(stream.subjects) == 2)

    assert stream.subjects == first + second


async def test_rows_of_a_restored_dump_are_not_told_for_ever(real: Real) -> None:
    """Its transactions have numbers that this server has not come to yet."""
    mine = await real.account()
    await write(real.pool, mine)
    await real.pool.execute(
        "update notifications.events set txid = '9000000000', horizon = '9000000000' where account_id = $1", mine
    )
    async with following(real, await real.bearer(mine)) as (stream,):
        new = await happen(real, mine)
        new += await happen(real, mine)
        await until(lambda: len(stream.subjects) >= 2)

    assert stream.subjects == new


class Client:
    """Knows what it was told, or loaded when it was told to. It may be cut off after any event."""

    def __init__(self, connection: asyncpg.Connection, account: UUID) -> None:
        self._connection = connection
        self._account = account
        self._last: int | None = None
        self._seen = ""
        self.told: list[UUID] = []
        self.loaded: set[UUID] = set()

    async def open(self, most: int = 1_000) -> None:
        missed = await store.begin(self._connection, self._account, self._last, LONG_AGO)
        self._seen = missed.seen
        if missed.events is None:
            self._last = missed.newest
            rows = await self._connection.fetch(
                "select subject_id from notifications.events where account_id = $1", self._account
            )
            self.loaded |= {row["subject_id"] for row in rows}
        else:
            self._take(missed.events[:most])

    async def look(self, most: int = 1_000) -> None:
        found = await store.since(self._connection, [(self._account, self._seen)])
        if found:
            self._seen, events = found[0]
            self._take(events[:most])

    def _take(self, events: list[Any]) -> None:
        for event in events:
            self._last = event.sequence
            self.told.append(event.subject_id)


class Writers:
    """Transactions side by side; each of them may take its number long before it writes."""

    def __init__(self, connections: list[asyncpg.Connection], account: UUID) -> None:
        self._connections = connections
        self._account = account
        self._open: dict[int, tuple[Any, list[UUID]]] = {}
        self.committed: list[UUID] = []

    async def write(self, number: int, *, numbered_first: bool) -> None:
        connection = self._connections[number]
        if number not in self._open:
            transaction = connection.transaction()
            await transaction.start()
            self._open[number] = (transaction, [])
            if numbered_first:
                await connection.fetchval("select pg_current_xact_id()::text")
                return
        self._open[number][1].extend(await write(connection, self._account))

    async def close(self, number: int, *, well: bool) -> None:
        if number in self._open:
            transaction, written = self._open.pop(number)
            await (transaction.commit() if well else transaction.rollback())
            self.committed += written if well else []

    async def close_all(self) -> None:
        for number in [*self._open]:
            await self.close(number, well=True)


@pytest.fixture(scope="module")
async def connections(copies: Copies) -> AsyncIterator[list[asyncpg.Connection]]:
    async with copies.one() as url, AsyncExitStack() as held:
        made = []
        for _ in range(5):
            made.append(await asyncpg.connect(url))
            held.push_async_callback(made[-1].close)
        yield made


NUMBER = st.integers(0, 3)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), NUMBER, st.booleans()),
        st.tuples(st.just("close"), NUMBER, st.integers(0, 4).map(bool)),
        st.tuples(st.just("look"), st.just(0), st.booleans()),
        st.tuples(st.just("cut"), st.integers(0, 3), st.booleans()),
    ),
    min_size=4,
    max_size=40,
)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
async def test_whatever_the_order_of_commits_and_however_often_cut_off_nobody_misses_anything(
    connections: list[asyncpg.Connection], steps: list[tuple[str, int, bool]]
) -> None:
    reader, *others = connections
    account: UUID = await reader.fetchval(
        "insert into identity.accounts (phone_index, phone_cipher) values (uuid_send(uuidv7()), '') returning id"
    )
    writers, client, cuts = Writers(others, account), Client(reader, account), 0
    await client.open()
    try:
        for step, number, flag in steps:
            if step == "write":
                await writers.write(number, numbered_first=flag)
            elif step == "close":
                await writers.close(number, well=flag)
            elif step == "look":
                await client.look()
            else:
                await (client.look(number) if flag else client.open(number))
                await client.open()
                cuts += 1
    finally:
        await writers.close_all()
    await client.look()

    assert set(writers.committed) <= {*client.told, *client.loaded}
    assert {*client.told, *client.loaded} <= set(writers.committed)
    if not cuts:
        assert len(client.told) == len(writers.committed)
