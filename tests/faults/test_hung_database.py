"""The worker beside a database that takes what it is sent and never answers: no task waits for it for ever."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from longan.floor.database import db, tasks
from tests.faults.world import World, socket_folder

PATIENCE_SECONDS = 1.0


@pytest.fixture
async def pool(world: World) -> AsyncIterator[asyncpg.Pool]:
    """One connection, as the worker's are."""
    dsn = f"postgresql://longan@/{world.database}?host={socket_folder(world.postgres.dsn)}&port=5432"
    async with db.create_pool(dsn, 1, "longan-pool-test", PATIENCE_SECONDS) as made:
        yield made


async def ask(pool: asyncpg.Pool, world: World, hangs: str) -> None:
    """A transaction during which the database begins to hang; what it was sent it never answers."""
    async with pool.acquire() as connection:
        if hangs == "before":
            world.stop_database()
        async with connection.transaction():
            await connection.execute("select 1")
            world.stop_database()
            await connection.execute("select 2")


@pytest.mark.parametrize("hangs", ["before", "within"])
async def test_a_task_is_told_that_the_database_is_away(world: World, pool: asyncpg.Pool, hangs: str) -> None:
    try:
        async with asyncio.timeout(3 * PATIENCE_SECONDS):
            with pytest.raises(db.LOST):
                await ask(pool, world, hangs)
    finally:
        world.continue_database()

    assert await pool.fetchval("select 3") == 3


async def test_a_task_whose_time_is_over_gives_its_connection_back(world: World, pool: asyncpg.Pool) -> None:
    begun = asyncio.get_running_loop().time()
    try:
        with pytest.raises((TimeoutError, *db.LOST)):
            async with asyncio.timeout(PATIENCE_SECONDS / 4):
                await ask(pool, world, "within")
        took = asyncio.get_running_loop().time() - begun
    finally:
        world.continue_database()

    assert took < 3 * PATIENCE_SECONDS
    assert await pool.fetchval("select 3") == 3


async def test_who_cleans_up_is_given_more_time_and_the_next_one_is_not(pool: asyncpg.Pool) -> None:
    async with tasks.unhurried(pool) as tx:
        await tx.execute("select pg_sleep($1)", 1.5 * PATIENCE_SECONDS)
    backend = await pool.fetchval("select pg_backend_pid()")
    await asyncio.sleep(1.5 * PATIENCE_SECONDS)  # nobody holds it

    assert await pool.fetchval("select pg_backend_pid()") == backend
    with pytest.raises(db.LOST):
        await pool.fetchval("select pg_sleep($1)", 3 * PATIENCE_SECONDS)
