"""`python -m bench.market`: what it costs to count the labour market, and what the figures of employers cost.

The postings are those of `bench.search`. The market is counted by the worker every quarter of an hour, in one statement
a dimension; beside it what a request of everybody reads of it, what a row of an import pays for the minimum wage of its
ward, and the figures of a posting that very many people have opened.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import get_args

import asyncpg

from bench.search import fill
from longan.devkit import embedded
from longan.floor.pay_and_days import wages
from longan.floor.setup import keys
from longan.rooms.insights import domain, store
from longan.rooms.insights.models import Dimension
from longan.rooms.insights.tasks import first_month

PROVINCE = "80"
ROUNDS = 5
ROWS = 5_000
VIEWERS = 50_000
# As the pool says (longan.floor.database.db).
AS_WE_ASK = {"jit": "off", "plan_cache_mode": "force_generic_plan", "timezone": "UTC"}

VIEWED = """with viewer as (
    insert into identity.accounts (phone_index, phone_cipher)
    select uuid_send(uuidv7()), '' from generate_series(1, $2) returning id)
insert into saved_jobs.views (account_id, day, posting_id, times)
select id, $3::date - (get_byte(uuid_send(id), 15) % 30), $1, 1 from viewer"""

MEMBER = """with account as (
    insert into identity.accounts (phone_index, phone_cipher) values (uuid_send(uuidv7()), '') returning id)
insert into members.members (employer_id, account_id, role)
select j.employer_id, a.id, 'owner' from jobs.postings j, account a where j.id = $1 returning employer_id, account_id"""


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.market", description=__doc__)
    parser.add_argument("--postings", type=int, default=1_000_000, help="how many are open (1000000)")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="longan-bench-") as name, embedded.temporary() as services:
        return asyncio.run(_measured(Path(name), services.database_url, given.postings))


async def _measured(folder: Path, url: str, postings: int) -> int:
    keys.ensure(folder / "keys")
    await fill(url, folder / "keys", postings)
    database = await asyncpg.connect(url, server_settings=AS_WE_ASK)
    try:
        now = datetime.now(UTC)
        for dimension in get_args(Dimension):
            begun = time.perf_counter()
            cells = await store.count(database, dimension, PROVINCE, first_month(now), now)  # type: ignore[arg-type]
            seconds, told = time.perf_counter() - begun, domain.told(cells)
            async with database.transaction():
                await store.tell(database, dimension, told, now)  # type: ignore[arg-type]
            print(
                f"counted by {dimension:10} {seconds:6.2f} s: {len(cells) - 1} groups, {len(told.groups)} of them told,"
                f" {told.rest.postings if told.rest else 0:,} of {sum(c.postings for c in cells if c.is_total):,}"
                " postings in the rest"
            )
        await _timed("what everybody reads of it", lambda: store.told(database, "ward"))
        codes = [row[0] for row in await database.fetch("select ward_code from reference.wage_regions")]
        wards = [(date(2025, 7, 1), codes[number % len(codes)]) for number in range(ROWS)]
        await _timed(f"minimum wages of {ROWS:,} rows", lambda: wages.floors_of(database, wards, wages.day_of(now)))
        job = await database.fetchval("select id from jobs.postings limit 1")
        employer, member = await database.fetchrow(MEMBER, job)  # type: ignore[misc]
        since = wages.day_of(now) - timedelta(days=29)
        await database.execute(VIEWED, job, VIEWERS, wages.day_of(now))
        await database.execute("analyze")
        await _timed(f"a posting with {VIEWERS:,} viewers", lambda: store.of_job(database, job, member, since))
        await _timed("all postings of its employer", lambda: store.of_employer(database, employer, member, since, now))
    finally:
        await database.close()
    return 0


async def _timed(name: str, ask: Callable[[], Awaitable[object]]) -> None:
    waits = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        await ask()
        waits.append(time.perf_counter() - begun)
    print(f"{name:40} {statistics.median(waits) * 1000:7.1f} ms, median of {ROUNDS}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
