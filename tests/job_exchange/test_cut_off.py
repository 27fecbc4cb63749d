"""An import whose worker is killed goes on where it was, and makes nothing twice."""

import asyncio
import signal
import sys
from datetime import timedelta
from uuid import UUID

from longan.rooms.job_exchange import store
from tests.conftest import Real
from tests.job_exchange.files import sheet, worked
from tests.jobs.hiring import OWNER, employer_of

ROWS = 400

WORKER = """
import asyncio, sys
from datetime import UTC, datetime
from uuid import UUID
from longan.floor.database import db
from longan.rooms.job_exchange import tasks

async def main():
    async with db.create_pool(sys.argv[1], 2, "killed") as pool:
        wards = {}
        while await tasks.step(pool, UUID(sys.argv[2]), "80", datetime.now(UTC), wards, 5):
            print("batch", flush=True)

asyncio.run(main())
"""


async def test_a_worker_killed_in_the_middle_leaves_whole_batches_and_the_next_one_goes_on(real: Real) -> None:
    async with real.pool.acquire() as conn:
        employer = await employer_of(conn, OWNER)
    body = sheet(*({"source_key": f"K{number}"} for number in range(ROWS)))
    headers = {**await real.bearer(OWNER), "Content-Type": "text/csv"}
    made = (await real.client.post(f"/v1/employers/{employer}/job-imports", content=body, headers=headers)).json()
    worker = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WORKER, real.url, made["id"], stdout=asyncio.subprocess.PIPE
    )
    assert worker.stdout is not None
    for _ in range(4):
        assert await worker.stdout.readline() == b"batch\n"

    worker.send_signal(signal.SIGKILL)
    await worker.wait()
    async with real.pool.acquire() as conn:
        # The server may still be at what the worker asked last: who goes on waits for it.
        await worked(conn, made, real.app.app.state.clock, 50)
        drafts = await conn.fetchval("select count(*) from jobs.postings where source_key ~ '^K[0-9]+$'")
        over = await conn.fetchrow("select state, made, same from job_exchange.imports where id = $1", UUID(made["id"]))

    assert worker.returncode == -signal.SIGKILL
    assert (drafts, tuple(over)) == (ROWS, ("done", ROWS, 0))


async def test_two_workers_at_one_import_do_it_once(real: Real) -> None:
    async with real.pool.acquire() as conn:
        employer = await employer_of(conn, OWNER)
    body = sheet(*({"source_key": f"K{number}"} for number in range(60)))
    headers = {**await real.bearer(OWNER), "Content-Type": "text/csv"}
    made = (await real.client.post(f"/v1/employers/{employer}/job-imports", content=body, headers=headers)).json()

    async def work() -> None:
        async with real.pool.acquire() as conn:
            await worked(conn, made, real.app.app.state.clock, 7)

    await asyncio.gather(work(), work(), work())

    async with real.pool.acquire() as conn:
        over = await conn.fetchrow(
            "select made, same, changed from job_exchange.imports where id = $1", UUID(made["id"])
        )
        assert tuple(over) == (60, 0, 0)


async def test_an_import_whose_task_was_lost_is_found_and_goes_on(real: Real) -> None:

    async with real.pool.acquire() as conn:
        employer = await employer_of(conn, OWNER)
    headers = {**await real.bearer(OWNER), "Content-Type": "text/csv"}
    answer = await real.client.post(f"/v1/employers/{employer}/job-imports", content=sheet({}), headers=headers)
    now = real.app.app.state.clock()

    assert await store.left(real.pool, now - timedelta(minutes=2)) == []
    assert await store.left(real.pool, now + timedelta(minutes=2)) == [UUID(answer.json()["id"])]
