"""`python -m bench.alerts`: what it costs to compare a new posting with 100,000 saved searches.

The searches are made of the sample's postings, as people would look for them: a word or two of a title, where they
live, what they want to earn, their trade. The postings that open are made of the same. *Matching* is the question
alone, *noted* with a row for each person it fits, *told* with a notice and a push for each.
"""

import argparse
import asyncio
import random
import statistics
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from bench import machine
from bench.telling import AS_THE_WORKER, CROWD
from longan.devkit import embedded
from longan.devkit.sample import load as sample
from longan.floor.base.errors import InvalidRequest
from longan.floor.database import db
from longan.floor.search import saved_searches
from longan.floor.setup import keys
from longan.floor.setup.crypto import Sealed
from longan.migrations import schema
from longan.reference import load as reference
from longan.rooms.job_alerts import domain, store, tasks
from longan.rooms.job_alerts.models import JobFiltersIn

MOST_MILLISECONDS = 100.0
SEED = 20_261_122
HOME = "80"
OPENED = 60
BURST = 200
A_PERSON = 2  # searches, on average
ALIKE = 25  # people who look for the same

DISTRICTS = ("Bến Lức", "Đức Hòa", "Tân An", "Trảng Bàng", "Cần Giuộc", "Gò Dầu", "Đức Huệ", "Thủ Thừa", "Hòa Thành")

SAMPLE = """select j.id, j.title, j.ward_code, j.occupation_code, j.effective_month, j.lat, j.lon, j.employer_id,
                   u.short_name as ward
              from jobs.postings j
              join places.units u on u.version = j.ward_version and u.code = j.ward_code
             where j.status = 'open' and j.lat is not null
             order by j.id"""

# The question of the task, without the answer being written down.
QUESTION = store.MATCH[: store.MATCH.index("insert into job_alerts.hits")] + "select count(*), $1::uuid from people"

COLUMNS = """select string_agg(column_name, ', ') from information_schema.columns
 where table_schema = 'saved_searches' and table_name = 'searches' and is_generated = 'NEVER'
   and column_name not in ('id', 'account_id')"""
AGAIN = """insert into saved_searches.searches (account_id, {columns})
select p.other, {columns}
  from saved_searches.searches s
  join unnest($1::uuid[], $2::uuid[]) p (account, other) on p.account = s.account_id
    on conflict do nothing"""

OPEN_AGAIN = """update jobs.postings
   set status = 'open', published_at = $2::timestamptz, expires_at = $2::timestamptz + interval '30 days'
 where id = $1"""


def main(arguments: Sequence[str]) -> int:
    """0 when no posting takes longer than MOST_MILLISECONDS to be compared with all searches."""
    parser = argparse.ArgumentParser(prog="python -m bench.alerts", description=__doc__)
    parser.add_argument("--searches", type=int, default=100_000, help="saved searches (100000)")
    given = parser.parse_args(arguments)
    with embedded.temporary() as services, TemporaryDirectory() as folder:
        return asyncio.run(_measured(services.database_url, Path(folder), given.searches))


async def _measured(url: str, folder: Path, searches: int) -> int:
    await schema.migrate(url)
    keys.ensure(folder)
    ring, now = keys.load(folder), datetime.now(UTC)
    loading = await asyncpg.connect(url)
    await reference.load(loading, _silent)
    await sample.load(loading, _silent, now, Sealed(ring, "phone"), Sealed(ring, "number"))
    await loading.execute("analyze")
    likes = await loading.fetch(SAMPLE)
    chance = random.Random(SEED)
    print(f"saved     {await _save(loading, chance, likes, searches, now - timedelta(days=1)):,.0f} searches a second")
    await loading.execute("vacuum analyze")
    await _sizes(loading)
    await loading.close()
    connection = await asyncpg.connect(url, connection_class=db.Connection, server_settings=AS_THE_WORKER)
    try:
        return await _opened(connection, chance.sample(likes, OPENED + BURST), now)
    finally:
        await connection.close()


def _silent(label: str, done: int, total: int) -> None:
    """Nobody looks at the progress."""


async def _save(
    connection: asyncpg.Connection, chance: random.Random, likes: Sequence[Any], count: int, now: datetime
) -> float:
    """Save each search that is drawn as the operation does, and again for others; how many a second of the former."""
    people: list[UUID] = []
    for first in range(0, count // A_PERSON, 10_000):
        people += [row[0] for row in await connection.fetch(CROWD, min(10_000, count // A_PERSON - first))]
    began, drawn = time.perf_counter(), 0
    while drawn < count // ALIKE:
        filters = msgspec.convert(_asked(chance, chance.choice(likes)), JobFiltersIn)
        cadence: Any = chance.choices(["instant", "daily", "weekly"], [3, 5, 2])[0]
        with suppress(InvalidRequest, saved_searches.SavedSearchExists):  # of a title a dash, or the same once more
            async with connection.transaction():
                demanded = await domain.criteria(connection, HOME, now, filters)
                asked = domain.written(filters)
                await saved_searches.save(connection, people[drawn], "jobs", "Việc", cadence, asked, demanded, now)
            drawn += 1
    rate = drawn / (time.perf_counter() - began)
    columns = await connection.fetchval(COLUMNS)
    for copy in range(1, ALIKE):
        others = [people[(number + copy * drawn) % len(people)] for number in range(drawn)]
        await connection.execute(AGAIN.format(columns=columns), people[:drawn], others, timeout=120)
    return rate


def _asked(chance: random.Random, like: Any) -> dict[str, Any]:
    """As somebody asks who would like such a posting. Of ten, seven say words, seven a place, five a pay, two a trade;
    few say neither words nor place nor trade."""
    asked: dict[str, Any] = {}
    if chance.random() < 0.7:
        words = like["title"].split()
        start = chance.randrange(len(words))
        asked["q"] = " ".join(words[start : start + chance.choice([1, 2, 2, 3])])[:120]
    where = chance.random()
    if where < 0.3:
        asked["ward_code"] = like["ward_code"]
    elif where < 0.45:
        asked["place"] = chance.choice(DISTRICTS)
    elif where < 0.6:
        asked |= {"lat": like["lat"], "lon": like["lon"], "radius_km": float(chance.choice([3, 5, 10, 20]))}
    elif where < 0.7:
        asked["province_code"] = HOME
    if chance.random() < 0.2 and like["occupation_code"]:
        asked["occupation"] = like["occupation_code"][: chance.choice([2, 3, 4])]
    if not asked and chance.random() < 0.8:
        asked["ward_code"] = like["ward_code"]
    if chance.random() < 0.5:
        asked["pay_min"] = chance.randrange(50, 160) * 100_000
    if chance.random() < 0.1:
        asked["benefits"] = chance.choice(["bus", "meals", "dormitory", "bus,meals"])
    if chance.random() < 0.1:
        asked["shift"] = "day"
    if chance.random() < 0.01:
        asked["employer_id"] = str(like["employer_id"])
    return asked or {"ward_code": like["ward_code"]}


async def _sizes(connection: asyncpg.Connection) -> None:
    rows = await connection.fetch(
        """select left(k, 1) as kind, count(*) as keys, count(distinct s.id) as searches
             from saved_searches.searches s cross join unnest(s.keys) k group by 1 order by 3 desc"""
    )
    kinds = ", ".join(f"{row['kind']} {row['searches']:,}" for row in rows)
    size = await connection.fetchval("select pg_size_pretty(pg_total_relation_size('saved_searches.searches'))")
    print(f"keys      {kinds}; table and indices {size}")


async def _opened(connection: asyncpg.Connection, jobs: Sequence[Any], now: datetime) -> int:
    matching, noted, told, fits = [], [], [], []
    question = await connection.prepare(QUESTION)
    backend, processor = await connection.fetchval("select pg_backend_pid()"), 0.0
    for number, job in enumerate(jobs[:OPENED]):
        moment = now + timedelta(hours=2 * number)  # nobody's share of an hour is used up
        await connection.execute(OPEN_AGAIN, job["id"], moment)
        before, began = machine.processor_seconds(backend), time.perf_counter()
        await question.fetchrow(job["id"], moment, store.NEWS, store.COMMITTED_WITHIN)
        matching.append(time.perf_counter() - began)
        processor += machine.processor_seconds(backend) - before
        began = time.perf_counter()
        fits.append(await store.match(connection, job["id"], moment))
        noted.append(time.perf_counter() - began)
        began, more, count = time.perf_counter(), True, 0
        while more:
            some, more = await tasks.alert(_Pool(connection), job["id"], moment)  # type: ignore[arg-type]
            count += len(some)
        told.append((time.perf_counter() - began, count))
    print(f"fitting   {_spread(fits, 1, 'people')}")
    print(f"matching  {_spread(matching, 1e3, 'ms')}; {processor / OPENED * 1e3:.1f} ms of PostgreSQL's processor each")
    print(f"noted     {_spread(noted, 1e3, 'ms')}")
    people = sum(count for _, count in told)
    print(f"told      {people / sum(seconds for seconds, _ in told):,.0f} alerts a second, {people:,} in all")
    await _burst(connection, jobs[OPENED:], now + timedelta(days=9))
    return 0 if max(matching) * 1e3 <= MOST_MILLISECONDS else 1


async def _burst(connection: asyncpg.Connection, jobs: Sequence[Any], moment: datetime) -> None:
    """As after an import: everything at the same moment."""
    for job in jobs:
        await connection.execute(OPEN_AGAIN, job["id"], moment)
    began, alerts = time.perf_counter(), 0
    for job in jobs:
        await store.match(connection, job["id"], moment)
        more = True
        while more:
            some, more = await tasks.alert(_Pool(connection), job["id"], moment)  # type: ignore[arg-type]
            alerts += len(some)
    seconds = time.perf_counter() - began
    hits = await connection.fetchval("select count(*) from job_alerts.hits where found_at = $1", moment)
    print(
        f"a burst   {len(jobs)} postings at once, {len(jobs) / seconds:.1f} a second: {alerts:,} alerts"
        f" for {hits:,} hits"
    )
    began, digests, more = time.perf_counter(), 0, True
    while more:
        some, more = await tasks.digest(_Pool(connection), moment + timedelta(days=8))  # type: ignore[arg-type]
        digests += len(some)
    print(f"digests   {digests / (time.perf_counter() - began):,.0f} people a second, {digests:,} in all")


def _spread(values: Sequence[float], factor: float, unit: str) -> str:
    ordered = sorted(value * factor for value in values)
    middle, dear = statistics.median(ordered), ordered[int(len(ordered) * 0.95)]
    return f"{middle:,.1f} {unit} in the middle, {dear:,.1f} for one in twenty, {ordered[-1]:,.1f} at most"


class _Pool:
    """A pool of one connection."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    def acquire(self) -> "_Pool":
        return self

    async def __aenter__(self) -> asyncpg.Connection:
        return self._connection

    async def __aexit__(self, *_: object) -> None:
        """It stays open."""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
