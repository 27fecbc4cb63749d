"""`python -m bench.reminders`: what reminders cost while they wait, when they move and when they are due.

A worker asks its queue twice a second what is to be done and what will be due next. The same statements of pgqueuer's
are timed while nothing waits, while reminders wait where ours do, and while as many wait in the queue itself.
"""

import argparse
import asyncio
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.domain.types import QueueEntrypoint, QueueManagerId
from pgqueuer.ports.repository import EntrypointExecutionParameter

from longan import worker
from longan.devkit import embedded
from longan.floor.database import reminders
from longan.floor.database.db import create_pool
from longan.migrations import schema

ROUNDS = 30
MOVED = 2_000

FILL = """insert into floor.reminders (once, topic, due_at, payload)
select 'job_expiring ' || n, 'job_expiring', now() + '1 day' + n * interval '1 s', '{}' from generate_series(1, $1) n"""
FILL_QUEUE = """insert into pgqueuer (priority, entrypoint, payload, execute_after, status, dedupe_key)
select 0, 'job_expiring', '{}', now() + '1 day' + n * interval '1 s', 'queued', 'job_expiring ' || n
  from generate_series(1, $1) n"""


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.reminders", description=__doc__)
    parser.add_argument("--waiting", type=int, default=200_000, help="reminders that wait (200000)")
    given = parser.parse_args(arguments)
    with embedded.temporary() as services:
        asyncio.run(_measured(services.database_url, given.waiting))
    return 0


async def _measured(url: str, waiting: int) -> None:
    await schema.migrate(url)
    connection = await asyncpg.connect(url)
    try:
        print(f"a poll of the queue: {await _poll(connection):.2f} ms while nothing waits")
        await connection.execute(FILL, waiting)
        await connection.execute("vacuum analyze floor.reminders")
        print(f"{await _poll(connection):28.2f} ms while {waiting} reminders wait")
        await _moved(connection)
        await _rung(connection, url, waiting)
        await connection.execute("truncate pgqueuer, pgqueuer_log")
        await connection.execute(FILL_QUEUE, waiting)
        await connection.execute("vacuum analyze pgqueuer")
        print(f"{await _poll(connection):28.2f} ms if as many waited in the queue")
    finally:
        await connection.close()


async def _poll(connection: asyncpg.Connection) -> float:
    """Milliseconds of what a worker asks each time it looks, the median."""
    queries = Queries(AsyncpgDriver(connection))
    topics = [QueueEntrypoint(topic) for room in worker.ROOMS.values() for topic in room.TASKS]
    limits = {topic: EntrypointExecutionParameter(0) for topic in topics}
    own = QueueManagerId(uuid4())
    seconds = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        await queries.dequeue(worker.BATCH, limits, own, worker.AT_ONCE, worker.HEARTBEAT)
        await queries.eligible_queued_work(topics)
        if await queries.next_deferred_eta(topics) is None:
            await queries.queued_work(topics)
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds) * 1e3


async def _moved(connection: asyncpg.Connection) -> None:
    later = datetime.now(UTC) + timedelta(days=9)

    async def move(number: int) -> None:
        await reminders.remind(connection, "job_expiring", later, f"job_expiring {number + 1}")

    async def withdraw(number: int) -> None:
        await reminders.forget(connection, f"job_expiring {number + 1}")

    for name, act in (("moved", move), ("withdrawn", withdraw)):
        print(f"{MOVED / await _timed(act):.0f} a second {name}, one by one")


async def _timed(act: Callable[[int], Awaitable[Any]]) -> float:
    began = time.perf_counter()
    for number in range(MOVED):
        await act(number)
    return time.perf_counter() - began


async def _rung(connection: asyncpg.Connection, url: str, waiting: int) -> None:
    await connection.execute("update floor.reminders set due_at = now()")
    async with create_pool(url, 2, "bench") as pool:
        began = time.perf_counter()
        await reminders.ring(pool, datetime.now(UTC) + timedelta(seconds=1))
        seconds = time.perf_counter() - began
    print(f"{(waiting - MOVED) / seconds:.0f} a second handed to the queue when all are due at once")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
