"""The worker: what was promised is done, whoever dies in between; and a process of its own that is killed for real."""

import asyncio
import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID, uuid4

import asyncpg
import msgspec
import pytest
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.domain.models import Job

from longan import worker
from longan.devkit import embedded
from longan.floor.database import queue, tasks
from longan.floor.database.tasks import Context
from longan.floor.requests import idempotency
from tests.conftest import Copies
from tests.push.pushing import CANARIES, World, environment, fresh_world, until

PROCESS = (
    "import sys; from longan import worker; from longan.floor.setup import settings; "
    "{}\nsys.exit(worker.run(settings.read()))"
)


async def counted(context: Context, *, number: int) -> None:
    """Leaves a trace of every time it ran."""
    await context.pool.execute("insert into counted values ($1)", number)


async def stubborn(context: Context, *, number: int) -> None:
    raise RuntimeError(f"the phone is {CANARIES[2]}")


async def endless(context: Context) -> None:
    await context.pool.execute("insert into counted values (0)")
    await asyncio.sleep(60)


class Room:
    TASKS: ClassVar = {"counted": counted, "stubborn": stubborn, "endless": endless}


@pytest.fixture
async def world(services: embedded.Services, copies: Copies, keys_dir: Path, tmp_path: Path) -> AsyncIterator[World]:
    async with fresh_world(services, copies, keys_dir, tmp_path) as made:
        yield made


@pytest.fixture
async def counting(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A world whose worker knows the tasks of this file."""
    await world.pool.execute("create table counted (number integer)")
    monkeypatch.setattr(worker, "ROOMS", {"room": Room})
    monkeypatch.setattr(worker, "POLL", timedelta(seconds=0.05))
    monkeypatch.setattr(worker, "GRACE_SECONDS", 0.5)
    return world


@asynccontextmanager
async def working(world: World, number: int = 1) -> AsyncIterator[None]:
    """While inside, so many workers serve the queue."""
    stop = asyncio.Event()
    runs = [asyncio.create_task(worker.keep_promises(world.context, stop)) for _ in range(number)]
    try:
        yield
    finally:
        stop.set()
        await asyncio.gather(*runs)


async def promise(world: World, topic: str, **payload: object) -> None:
    async with world.pool.acquire() as connection, connection.transaction():
        await queue.add(connection, topic, **payload)


def waits(world: World, number: int) -> Any:
    async def so_many_tasks_wait() -> bool:
        return await world.pool.fetchval("select count(*) from pgqueuer") == number

    return so_many_tasks_wait


def counts(world: World, number: int) -> Any:
    async def so_many_were_counted() -> bool:
        return await world.pool.fetchval("select count(*) from counted") == number

    return so_many_were_counted


async def only_task(world: World) -> asyncpg.Record:
    return await world.pool.fetchrow("select * from pgqueuer")


async def test_a_promise_is_the_row_that_pgqueuer_would_have_written(conn: asyncpg.Connection) -> None:
    await queue.add(conn, "topic", number=1)
    await Queries(AsyncpgDriver(conn)).enqueue("topic", b'{"number":1}')

    rows = await conn.fetch("select * from pgqueuer order by id")
    log = await conn.fetch("select * from pgqueuer_log order by id")
    ours, theirs = (Job.model_validate({**row, "id": 0}) for row in rows)
    our_log, their_log = ({**row, "id": 0, "job_id": 0} for row in log)
    assert ours == theirs
    assert our_log == their_log


async def test_a_promise_dies_with_its_transaction(counting: World) -> None:
    async with counting.pool.acquire() as connection:
        with pytest.raises(ZeroDivisionError):
            async with connection.transaction():
                await queue.add(connection, "counted", number=1)
                raise ZeroDivisionError

    assert await counting.pool.fetchval("select count(*) from pgqueuer") == 0


async def test_several_workers_do_every_task_once(counting: World) -> None:
    for number in range(100):
        await promise(counting, "counted", number=number)

    async with working(counting, 3):
        await until(waits(counting, 0))

    done = await counting.pool.fetch("select number from counted")
    assert sorted(row["number"] for row in done) == list(range(100))


async def test_a_task_that_fails_is_tried_later_and_its_failure_tells_nothing(counting: World) -> None:
    await promise(counting, "stubborn", number=1)

    async with working(counting):
        await until(lambda: has_failed(counting, 2), 10)

    row = await only_task(counting)
    story = await counting.pool.fetchval("select string_agg(traceback::text, '') from pgqueuer_log")
    assert row["status"] == "queued" and row["execute_after"] > row["updated"]
    assert "RuntimeError" in story and "stubborn" in story
    assert CANARIES[2] not in story


async def has_failed(world: World, times: int) -> bool:
    return (await only_task(world))["attempts"] == times


async def test_a_task_that_fails_for_good_is_held_where_somebody_sees_it(counting: World) -> None:
    await promise(counting, "stubborn", number=1)
    await counting.pool.execute("update pgqueuer set attempts = $1", worker.MOST_TRIES - 1)

    async with working(counting):
        await until(lambda: is_held(counting))

    story = await counting.pool.fetchval("select traceback::text from pgqueuer_log where status = 'failed'")
    assert "RuntimeError" in story and CANARIES[2] not in story


async def is_held(world: World) -> bool:
    return (await only_task(world))["status"] == "failed"


@pytest.mark.parametrize("payload", [{}, {"number": "1"}, {"number": 1, "more": 2}])
async def test_a_payload_of_another_shape_is_held_at_once(counting: World, payload: dict[str, object]) -> None:
    await promise(counting, "counted", **payload)

    async with working(counting):
        await until(lambda: is_held(counting))

    assert (await only_task(counting))["attempts"] == 0


async def test_a_task_of_a_worker_that_fell_silent_is_taken_over(counting: World) -> None:
    await promise(counting, "counted", number=1)
    await begun_by_a_dead_worker(counting)

    async with working(counting):
        await until(waits(counting, 0))

    assert await counting.pool.fetchval("select count(*) from counted") == 1


async def begun_by_a_dead_worker(world: World) -> None:
    await world.pool.execute(
        "update pgqueuer set status = 'picked', queue_manager_id = $1, heartbeat = now() - $2::interval",
        uuid4(), worker.HEARTBEAT * 2,
    )  # fmt: skip
    await world.pool.execute(
        "insert into pgqueuer_log (job_id, status, priority, entrypoint) "
        "select id, 'picked', 0, entrypoint from pgqueuer"
    )


async def test_a_task_that_kills_its_workers_is_held_after_some_of_them(counting: World) -> None:
    await promise(counting, "counted", number=1)
    for _ in range(worker.MOST_TAKE_OVERS + 1):
        await begun_by_a_dead_worker(counting)

    async with working(counting):
        await until(lambda: is_held(counting))

    assert await counting.pool.fetchval("select count(*) from counted") == 0


async def test_a_worker_that_stops_puts_back_what_it_cannot_finish(counting: World) -> None:
    await promise(counting, "endless")

    async with working(counting):
        await until(counts(counting, 1))

    row = await only_task(counting)
    assert (row["status"], row["queue_manager_id"]) == ("queued", None)


async def test_the_worker_goes_on_over_a_new_connection(counting: World) -> None:
    async with working(counting):
        await promise(counting, "counted", number=1)
        await until(counts(counting, 1))
        await counting.pool.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where datname = current_database() and application_name = 'longan-worker'"
        )
        await promise(counting, "counted", number=2)
        await until(counts(counting, 2))


async def test_what_nobody_needs_any_more_is_pruned(world: World) -> None:
    await promise(world, "counted", number=1)
    await world.pool.execute(
        "insert into pgqueuer_log (created, job_id, status, priority, entrypoint) "
        "values (now() - interval '5 days', -1, 'picked', 0, 'x'), (now(), -1, 'picked', 0, 'x')"
    )
    await world.pool.execute("update pgqueuer_log set created = now() - interval '5 days' where job_id > 0")
    await world.pool.execute(
        "insert into floor.idempotency_keys (scope, body_hash, created_at) "
        "values ('old', '', now() - interval '25 hours'), ('new', '', now() - interval '23 hours')"
    )
    person = await world.person()
    await world.pool.execute(
        "insert into notifications.events (account_id, kind, created_at) "
        "values ($1, 'notification', now() - interval '8 days'), ($1, 'notification', now() - interval '6 days')",
        person,
    )  # fmt: skip

    for _, function in worker.schedule().values():
        await function(world.context)

    assert await world.pool.fetchval("select count(*) from pgqueuer_log where job_id = -1") == 1
    assert await world.pool.fetchval("select count(*) from pgqueuer_log where job_id > 0") > 0
    assert await world.pool.fetchval("select string_agg(scope::text, '') from floor.idempotency_keys") == "\\x6e6577"
    assert await world.pool.fetchval("select count(*) from notifications.events") == 1


def test_a_function_that_is_no_task_stops_the_start() -> None:
    async def positional(context: Context, number: int) -> None: ...

    async def another(context: Context) -> None: ...

    for topic, function in (("positional", positional), ("topic", another)):
        with pytest.raises(TypeError):
            tasks.declared(topic, function)
    with pytest.raises(TypeError):
        tasks.gathered({"one": {"another": another}, "two": {"another": another}})


def test_a_line_of_the_log_is_json_and_keeps_the_message_of_an_exception_to_itself() -> None:
    try:
        int(CANARIES[2] + "x")
    except ValueError:
        record = logging.getLogger("x").makeRecord(
            "x", logging.ERROR, __file__, 1, "it failed", (), sys.exc_info(), extra={"topic": "counted"}
        )

    line = worker.Lines().format(record)

    assert CANARIES[2] not in line
    assert json.loads(line) | {"at": "", "exception": ""} == {
        "at": "", "level": "error", "logger": "x", "message": "it failed", "topic": "counted", "exception": "",
    }  # fmt: skip


@contextmanager
def process(world: World, folder: Path, first: str = "") -> Iterator[subprocess.Popen[bytes]]:
    """A worker in a process of its own, which does `first` before anything else."""
    command = [sys.executable, "-c", PROCESS.format(first)]
    with (folder / "worker.log").open("ab") as log:
        started = subprocess.Popen(command, env={**os.environ, **environment(world.settings)}, stdout=log, stderr=log)
        try:
            yield started
        finally:
            started.kill()
            started.wait()


async def applied(world: World, times: int) -> list[UUID]:
    """Applications to one job, each promised with its row; the accounts that will hear of them, with a phone each."""
    members = [await world.somebody() for _ in range(2)]
    employer, job = await world.pool.fetchrow("select employer_id, id from jobs.postings where status = 'open' limit 1")
    await world.pool.execute("delete from members.members where employer_id = $1", employer)
    for member in members:
        await world.pool.execute("insert into members.members values ($1, $2, 'owner')", employer, member)
    workers = await world.crowd(times)
    async with world.pool.acquire() as connection:
        for person in workers:
            async with connection.transaction():
                application = await connection.fetchval(
                    """insert into applications.applications (job_id, employer_id, worker_id, created_at, updated_at)
                       values ($1, $2, $3, now(), now()) returning id""", job, employer, person,
                )  # fmt: skip
                await queue.add(connection, "application_received", application_id=application)
    return members


def notices(world: World, number: int) -> Any:
    async def every_notice_is_in_its_inbox() -> bool:
        return await world.pool.fetchval("select count(*) from notifications.inbox") == number

    return every_notice_is_in_its_inbox


async def test_a_worker_killed_in_the_middle_loses_nothing(world: World, tmp_path: Path) -> None:
    await applied(world, 60)
    world.server.latency.ms = 300
    with process(world, tmp_path) as first:
        await until(lambda: some_are_accepted(world), 20)
        first.kill()
    in_flight = await world.pool.fetchval("select count(*) from push.outbox where state = 'leased'")

    # A minute later:
    await world.pool.execute("update pgqueuer set heartbeat = heartbeat - interval '1 minute'")
    await world.pool.execute("update push.outbox set lease_until = now()")
    world.server.latency.ms = 0
    with process(world, tmp_path) as second:
        await until(notices(world, 120), 20)
        await world.settled(20)
        second.terminate()
        assert await asyncio.to_thread(second.wait, 10) == 0

    told = [push.message["data"]["notification_id"] for push in world.accepted()]
    assert len(set(told)) == 120
    assert len(told) - 120 <= in_flight
    assert await world.states() == {"sent": 120}
    for line in (tmp_path / "worker.log").read_text().splitlines():
        msgspec.json.decode(line)


async def some_are_accepted(world: World) -> bool:
    return len(world.accepted()) >= 5


async def test_a_worker_that_is_asked_to_stop_does_so_within_seconds(world: World, tmp_path: Path) -> None:
    await applied(world, 20)
    world.server.latency.ms = 20_000
    with process(world, tmp_path, "worker.GRACE_SECONDS = 0.5") as started:
        await until(lambda: some_are_leased(world), 20)
        started.send_signal(signal.SIGTERM)

        assert await asyncio.to_thread(started.wait, 5) == 0

    assert "leased" not in await world.states()


async def some_are_leased(world: World) -> bool:
    return "leased" in await world.states()


def test_the_expressions_of_the_schedule_are_known_and_names_are_used_once() -> None:
    assert {"prune_floor", "prune_notifications", "prune_identity"} <= worker.schedule().keys()
    assert idempotency.PRUNE.startswith("-- idempotency.prune")
