"""What happens at fixed times: once over all workers, also after an outage, and never beside itself."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import croniter
import pytest

from longan import worker
from longan.devkit import embedded
from longan.floor.database.tasks import Context
from tests.conftest import Copies
from tests.push.pushing import World, fresh_world, until

NEVER = "0 0 29 2 *"
EVERY_SECOND = "* * * * * *"

Timed = Callable[[Context], Awaitable[None]]


async def tick(context: Context) -> None:
    await context.pool.execute("insert into ticks default values")


async def long_tick(context: Context) -> None:
    mine = await context.pool.fetchval("insert into ticks default values returning number")
    await asyncio.sleep(2.5)
    await context.pool.execute("update ticks set ended = clock_timestamp() where number = $1", mine)


async def failing_tick(context: Context) -> None:
    await tick(context)
    raise RuntimeError("it always fails")


@pytest.fixture
async def world(services: embedded.Services, copies: Copies, keys_dir: Path, tmp_path: Path) -> AsyncIterator[World]:
    async with fresh_world(services, copies, keys_dir, tmp_path) as made:
        await made.pool.execute(
            "create table ticks (number bigint generated always as identity, "
            "begun timestamptz default clock_timestamp(), ended timestamptz)"
        )
        yield made


@pytest.fixture
def timed(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Timed], None]:
    """`timed(expression, function)`: all that happens at fixed times."""

    def only(expression: str, function: Timed) -> None:
        monkeypatch.setattr(worker, "ROOMS", {})
        monkeypatch.setattr(worker, "GRACE_SECONDS", 0.5)
        monkeypatch.setattr(worker, "schedule", lambda: {"tick": (expression, function)})

    return only


@asynccontextmanager
async def working(world: World, number: int) -> AsyncIterator[None]:
    stop = asyncio.Event()
    runs = [asyncio.create_task(worker.keep_promises(world.context, stop)) for _ in range(number)]
    try:
        yield
    finally:
        stop.set()
        await asyncio.gather(*runs)


async def stands(world: World, **columns: Any) -> None:
    """The schedule, as workers before left it."""
    given = {"expression": NEVER, "entrypoint": "tick", **columns}
    places = ", ".join(f"${number}" for number in range(1, len(given) + 1))
    await world.pool.execute(
        f"insert into pgqueuer_schedules ({', '.join(given)}) values ({places})",
        *given.values(),
    )


def ticked(world: World, times: int) -> Callable[[], Any]:
    async def it_ticked_so_often() -> bool:
        return await world.pool.fetchval("select count(*) from ticks") >= times

    return it_ticked_so_often


async def test_what_was_missed_while_everything_was_down_happens_once_over_all_workers(
    world: World, timed: Callable[[str, Timed], None]
) -> None:
    timed(NEVER, tick)
    await stands(world, next_run=world.context.clock() - timedelta(days=3))

    async with working(world, 3):
        await until(ticked(world, 1))
        await asyncio.sleep(1)

    assert await world.pool.fetchval("select count(*) from ticks") == 1
    assert await world.pool.fetchval("select next_run > now() and status = 'queued' from pgqueuer_schedules")


async def test_over_several_workers_it_happens_at_most_once_at_each_of_its_times(
    world: World, timed: Callable[[str, Timed], None]
) -> None:
    timed(EVERY_SECOND, tick)

    async with working(world, 3):
        await until(ticked(world, 4), 20)

    begun, ended, number = await world.pool.fetchrow("select min(begun), max(begun), count(*) from ticks")
    assert number <= (ended - begun).total_seconds() + 2


async def test_one_that_takes_longer_than_its_interval_does_not_stack_up(
    world: World, timed: Callable[[str, Timed], None]
) -> None:
    timed(EVERY_SECOND, long_tick)

    async with working(world, 2):
        await until(ticked(world, 3), 20)

    beside = await world.pool.fetchval(
        "select count(*) from ticks a join ticks b on a.number < b.number and (a.ended is null or b.begun < a.ended)"
    )
    assert beside == 0


async def test_one_whose_worker_was_killed_is_begun_again_by_another(
    world: World, timed: Callable[[str, Timed], None]
) -> None:
    timed(NEVER, tick)
    now = world.context.clock()
    await stands(world, status="picked", heartbeat=now - timedelta(minutes=1), next_run=now + timedelta(days=1))

    async with working(world, 2):
        await until(ticked(world, 1))
        await asyncio.sleep(1)

    assert await world.pool.fetchval("select count(*) from ticks") == 1


async def test_one_that_a_living_worker_is_at_is_left_to_it(world: World, timed: Callable[[str, Timed], None]) -> None:
    timed(NEVER, tick)
    now = world.context.clock()
    await stands(world, status="picked", heartbeat=now, next_run=now - timedelta(seconds=5))

    async with working(world, 2):
        await asyncio.sleep(1.5)

    assert await world.pool.fetchval("select count(*) from ticks") == 0


async def test_one_that_fails_happens_again_at_its_next_time(world: World, timed: Callable[[str, Timed], None]) -> None:
    timed(EVERY_SECOND, failing_tick)

    async with working(world, 1):
        await until(ticked(world, 3), 20)

    assert await world.pool.fetchval("select count(*) from pgqueuer_schedules where status = 'queued'") == 1


def test_every_expression_is_one_that_pgqueuer_reads_and_none_is_of_seconds() -> None:
    for name, (expression, _) in worker.schedule().items():
        assert croniter.croniter.is_valid(expression), name
        assert len(expression.split()) == 5, name
