"""Reminders: whatever is promised, moved and withdrawn, at its time runs what stands by then, once."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar
from uuid import uuid4

import asyncpg
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.adapters.persistence.queries import EntrypointExecutionParameter, Queries
from pgqueuer.domain.models import Job

from longan import worker
from longan.devkit import embedded
from longan.floor.database import reminders
from longan.floor.database.tasks import Context
from tests.conftest import Copies, OnePool
from tests.push.pushing import World, fresh_world, until

MINUTE = timedelta(minutes=1)

KEYS = st.sampled_from(["a", "b"])
REMIND = st.tuples(st.just("remind"), KEYS, st.integers(-1, 2))
RING, BEGIN = st.just(("ring",)), st.just(("begin",))
OTHER = st.one_of(
    st.tuples(st.just("forget"), KEYS),
    st.tuples(st.just("pass"), st.integers(1, 3)),
    st.tuples(st.sampled_from(["finish", "fail", "undo"])),
)
# Twice and more often what has to come together, that they meet.
STEPS = st.lists(st.one_of(REMIND, REMIND, RING, RING, BEGIN, OTHER), min_size=10, max_size=40)


class Model:
    """What should happen: where each key's promises are, and what has been run."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.waiting: dict[str, tuple[datetime, int]] = {}
        self.queued: dict[str, int] = {}
        self.running: dict[str, int] = {}
        self.runs: list[tuple[str, int]] = []
        self._number = 0

    def remind(self, key: str, minutes: int) -> tuple[datetime, int]:
        self._number += 1
        self.queued.pop(key, None)
        self.waiting[key] = (self.now + minutes * MINUTE, self._number)
        return self.waiting[key]

    def forget(self, key: str) -> None:
        self.queued.pop(key, None)
        self.waiting.pop(key, None)

    def ring(self) -> None:
        for key, (at, number) in [*self.waiting.items()]:
            if at <= self.now and key not in self.queued and key not in self.running:
                del self.waiting[key]
                self.queued[key] = number

    def begin(self) -> None:
        self.running |= self.queued
        self.runs += self.queued.items()
        self.queued = {}

    def finish(self) -> None:
        self.running = {}

    def fail(self) -> None:
        self.queued |= self.running
        self.running = {}


class Queue:
    """pgqueuer's own statements, as a worker runs them, over the connection of a test, where time stands still."""

    def __init__(self, conn: asyncpg.Connection) -> None:
        self._conn = conn
        self._queries = Queries(AsyncpgDriver(conn))
        self._running: list[Job] = []

    async def begin(self) -> list[tuple[str, int]]:
        """Take everything that is due; what that is, by key and number."""
        await self._conn.execute("update pgqueuer set execute_after = execute_after - interval '1 hour'")
        begun = await self._queries.dequeue(
            100,
            {"topic": EntrypointExecutionParameter(0)},
            uuid4(),
            None,
            timedelta(days=1),  # type: ignore[dict-item, arg-type]
        )
        self._running += begun
        payloads = [msgspec.json.decode(job.payload or b"") for job in begun]
        return [(said["key"], said["number"]) for said in payloads]

    async def finish(self) -> None:
        await self._queries.log_jobs([(job, "successful", None) for job in self._running])
        self._running = []

    async def fail(self) -> None:
        for job in self._running:
            await self._queries.retry_job(job, timedelta(), None)
        self._running = []


async def remind(conn: Any, key: str, at: datetime, number: int) -> None:
    await reminders.remind(conn, "topic", at, key, key=key, number=number)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=100)
@given(steps=STEPS)
async def test_whatever_is_promised_moved_and_withdrawn_the_model_s_runs_happen(
    conn: asyncpg.Connection, now: datetime, steps: Sequence[Any]
) -> None:
    model, queue, ran = Model(now), Queue(conn), []
    pool: Any = OnePool(conn)
    around = conn.transaction()
    await around.start()
    end = [("pass", 10), ("fail",), ("ring",), ("begin",), ("finish",), ("ring",), ("begin",), ("finish",)]
    for name, *given_ in [*steps, *end]:
        match name:
            case "remind":
                key, minutes = given_
                await remind(conn, key, *model.remind(key, minutes))
            case "forget":
                model.forget(*given_)
                await reminders.forget(conn, *given_)
            case "pass":
                model.now += given_[0] * MINUTE
            case "ring":
                model.ring()
                await reminders.ring(pool, model.now)
            case "begin":
                model.begin()
                begun = await queue.begin()
                assert len({key for key, _ in begun}) == len(begun)
                ran += begun
            case "finish":
                model.finish()
                await queue.finish()
            case "fail":
                model.fail()
                await queue.fail()
            case "undo":
                with pytest.raises(ZeroDivisionError):
                    async with conn.transaction():
                        await remind(conn, "a", now, 0)
                        await reminders.forget(conn, "b")
                        raise ZeroDivisionError
    left = await conn.fetchval("select count(*) from floor.reminders") + await conn.fetchval(
        "select count(*) from pgqueuer"
    )
    await around.rollback()

    assert sorted(ran) == sorted(model.runs)
    assert left == 0


async def counted(context: Context, *, key: str, number: int) -> None:
    """Leaves a trace of every time it ran, and takes as long as its key says."""
    await context.pool.execute("insert into counted (key, number) values ($1, $2)", key, number)
    if key == "long":
        await asyncio.sleep(1.5)
        await context.pool.execute("update counted set ended = clock_timestamp() where number = $1", number)


class Room:
    TASKS: ClassVar = {"counted": counted}


@pytest.fixture
async def world(
    services: embedded.Services, copies: Copies, keys_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[World]:
    """A world whose workers ring every second, and know the task of this file."""
    monkeypatch.setattr(worker, "ROOMS", {"room": Room})
    monkeypatch.setattr(worker, "POLL", timedelta(seconds=0.05))
    monkeypatch.setattr(worker, "GRACE_SECONDS", 0.5)
    monkeypatch.setattr(worker, "schedule", lambda: {"ring_reminders": ("* * * * * *", worker.ring_reminders)})
    async with fresh_world(services, copies, keys_dir, tmp_path) as made:
        await made.pool.execute(
            "create table counted (key text, number integer, begun timestamptz default clock_timestamp(), "
            "ended timestamptz)"
        )
        yield made


@asynccontextmanager
async def working(world: World, number: int = 1) -> AsyncIterator[None]:
    stop = asyncio.Event()
    runs = [asyncio.create_task(worker.keep_promises(world.context, stop)) for _ in range(number)]
    try:
        yield
    finally:
        stop.set()
        await asyncio.gather(*runs)


async def promised(world: World, key: str, at: datetime, number: int) -> None:
    async with world.pool.acquire() as connection, connection.transaction():
        await reminders.remind(connection, "counted", at, key, key=key, number=number)


async def ran(world: World) -> list[int]:
    return [row["number"] for row in await world.pool.fetch("select number from counted order by begun")]


def so_often(world: World, number: int) -> Callable[[], Any]:
    async def it_ran_so_often() -> bool:
        return len(await ran(world)) == number

    return it_ran_so_often


async def test_what_was_due_while_everything_was_down_runs_once_however_many_workers_come_back(world: World) -> None:
    hour = timedelta(hours=1)
    now = world.context.clock()
    for number in range(50):
        await promised(world, str(number), now - number * hour, number)
    await promised(world, "later", now + hour, 1000)

    async with working(world, 3):
        await until(so_often(world, 50), 20)
        await asyncio.sleep(1)

    assert sorted(await ran(world)) == list(range(50))
    assert await world.pool.fetchval("select count(*) from floor.reminders") == 1


async def test_many_that_ring_at_the_same_time_hand_over_each_reminder_once(world: World) -> None:
    now = world.context.clock()
    for number in range(40):
        await promised(world, str(number), now, number)

    await asyncio.gather(*(reminders.ring(world.pool, now) for _ in range(8)))

    assert await world.pool.fetchval("select count(*) from pgqueuer") == 40
    assert await world.pool.fetchval("select count(*) from pgqueuer_log where status = 'queued'") == 40
    assert await world.pool.fetchval("select count(*) from floor.reminders") == 0


async def test_one_that_is_moved_while_it_runs_runs_again_at_its_new_time_and_not_before_it_has_ended(
    world: World,
) -> None:
    await promised(world, "long", world.context.clock(), 1)
    async with working(world, 2):
        await until(so_often(world, 1), 10)
        await promised(world, "long", world.context.clock(), 2)
        await until(so_often(world, 2), 10)

    first, second = await world.pool.fetch("select begun, ended from counted order by begun")
    assert first["ended"] is not None and first["ended"] <= second["begun"]


async def test_of_many_that_promise_with_one_key_at_once_one_promise_stands(world: World) -> None:
    at = world.context.clock() + timedelta(days=1)

    await asyncio.gather(*(promised(world, "one", at, number) for number in range(10)))

    assert await world.pool.fetchval("select count(*) from floor.reminders") == 1


async def test_one_that_is_due_and_not_begun_is_moved_and_withdrawn_like_any_other(conn: asyncpg.Connection) -> None:
    pool: Any = OnePool(conn)
    at = await conn.fetchval("select now()")
    for key in "ab":
        await remind(conn, key, at, 1)
    await reminders.ring(pool, at)

    await remind(conn, "a", at + MINUTE, 2)
    await reminders.forget(conn, "b")

    assert await conn.fetchval("select count(*) from pgqueuer") == 0
    assert await conn.fetch("select once, due_at from floor.reminders") == [("a", at + MINUTE)]
