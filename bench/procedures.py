"""`python -m bench.procedures`: what PostgreSQL spends on finding one of all procedures, and that pages which are kept
cost it nothing.

The questions are drawn from what there is (`bench/procedure_kinds.py`) and asked over HTTP, no answer being kept. A
question's database time is what `pg_stat_statements` counts of all its statements, planning and execution; of some
tries the least counts, for what else the machine does meanwhile is not PostgreSQL's. Then pages are asked for again,
with the cache as it is, and it is counted how many statements PostgreSQL was sent meanwhile.
"""

import argparse
import asyncio
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import asyncpg
import msgspec

from bench import machine, servers
from bench.procedure_kinds import KINDS, SEARCHES, Params, Words, words_of
from longan.devkit import embedded
from longan.devkit.processes import Keeper
from longan.floor.setup import keys
from longan.migrations import schema
from longan.reference import load as reference

MOST_MS = 3.0
SEED = 20_261_122
WARMED = 40
KEPT_OF_EACH = 20
SETTINGS = ("shared_preload_libraries=pg_stat_statements", "pg_stat_statements.track_planning=on")
SPENT = """select coalesce(sum(s.total_exec_time + s.total_plan_time), 0)::float8 as milliseconds,
       coalesce(sum(s.calls), 0)::int as calls
  from pg_stat_statements s where s.userid = 'longan'::regrole and s.query not like '%pg_stat_statements%'"""
RESET = "select pg_stat_statements_reset()"


def main(arguments: Sequence[str]) -> int:
    """0 when the p99 of the searches is at most MOST_MS and pages that are kept cost PostgreSQL nothing."""
    parser = argparse.ArgumentParser(prog="python -m bench.procedures", description=__doc__)
    parser.add_argument("--searches", type=int, default=3000, help="searches of the mix (3000)")
    parser.add_argument("--tries", type=int, default=3, help="how often each is asked; the least time counts (3)")
    parser.add_argument("--each", type=int, default=300, help="questions of each other kind (300)")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="longan-bench-") as name, embedded.temporary(SETTINGS) as services:
        return asyncio.run(_measured(Path(name), services, given.searches, given.each, given.tries))


class Spent(msgspec.Struct):
    """Of each question the milliseconds in PostgreSQL, and how often it was asked something; the dearest question."""

    waits: list[float] = []
    calls: int = 0
    dearest: tuple[float, str] = (0.0, "")

    def told(self, kind: str) -> str:
        most, asked = self.dearest
        middle, p99 = statistics.median(self.waits), statistics.quantiles(self.waits, n=100)[98]
        each = self.calls / len(self.waits)
        return f"{kind:24} {len(self.waits):6} {each:6.1f} {middle:9.2f} {p99:8.2f} {most:8.2f}   {asked[:60]}"


async def _measured(folder: Path, services: embedded.Services, searches: int, each: int, tries: int) -> int:
    keys.ensure(folder / "keys")
    services = services._replace(database_url=await embedded.create_database(services.database_url, "procedures"))
    await schema.migrate(services.database_url)
    connection = await asyncpg.connect(services.database_url)
    try:
        await reference.load(connection, lambda label, done, total: None)
        await connection.execute("create extension pg_stat_statements")
        await connection.execute("vacuum analyze")
        words = await words_of(connection)
        print(f"{len(words.codes):,} procedures, {len(words.events)} events of a life", flush=True)
        with _server(folder, services, "bench.ours:uncached") as url:
            found = await _asked(url, connection, words, searches, each, tries)
        with _server(folder, services, "longan.api.app:serve") as url:
            pages, calls, wait = await _kept(url, connection, words)
    finally:
        await connection.close()
    print(f"{'':24} {'asked':>6} {'each':>6} {'median ms':>9} {'p99 ms':>8} {'most ms':>8}   the dearest")
    for kind, spent in ((kind, spent) for kind, spent in found.items() if len(spent.waits) > 1):
        print(spent.told(kind))
    every = [wait for kind in SEARCHES for wait in found[kind].waits]
    p99 = statistics.quantiles(every, n=100)[98]
    print(
        f"search, {len(every):,} of the mix: median {statistics.median(every):.2f} ms, p99 {p99:.2f} ms of "
        f"database time (at most {MOST_MS:.0f})"
    )
    print(f"{pages} pages asked for again: {calls} statements reached PostgreSQL (none may), median {wait:.2f} ms")
    return 0 if p99 <= MOST_MS and calls == 0 else 1


async def _asked(
    url: str, connection: asyncpg.Connection, words: Words, searches: int, each: int, tries: int
) -> dict[str, Spent]:
    """Every question one after the other, its database time counted by itself."""
    found = {kind: Spent() for kind in KINDS}
    chance = random.Random(SEED)
    drawn = chance.choices(list(SEARCHES), weights=list(SEARCHES.values()), k=searches)
    drawn += [kind for kind in KINDS if kind not in SEARCHES for _ in range(each)]
    async with aiohttp.ClientSession(url) as client:
        for kind in KINDS:  # a plan is made once for each connection
            for _ in range(WARMED):
                await _get(client, *_drawn(words, kind, chance))
        for kind in drawn:
            path, params = _drawn(words, kind, chance)
            milliseconds, calls = min([await _once(client, connection, path, params) for _ in range(tries)])
            spent = found[kind]
            spent.waits.append(milliseconds)
            spent.calls += calls
            spent.dearest = max(spent.dearest, (milliseconds, f"{path} {params}"))
    return found


async def _once(
    client: aiohttp.ClientSession, connection: asyncpg.Connection, path: str, params: Params
) -> tuple[float, int]:
    """What one question costs: milliseconds and statements."""
    await connection.execute(RESET)
    await _get(client, path, params)
    return await _spent(connection)


async def _spent(connection: asyncpg.Connection) -> tuple[float, int]:
    """The milliseconds since the last RESET, and how many statements."""
    row = await connection.fetchrow(SPENT)
    assert row is not None  # sums have one row
    return row["milliseconds"], row["calls"]


async def _kept(url: str, connection: asyncpg.Connection, words: Words) -> tuple[int, int, float]:
    """How many pages were asked for again, the statements sent meanwhile, the median wait for one in ms."""
    chance = random.Random(SEED)
    asked = [_drawn(words, kind, chance) for kind in KINDS for _ in range(KEPT_OF_EACH)]
    waits: list[float] = []
    async with aiohttp.ClientSession(url) as client:
        for path, params in asked:
            await _get(client, path, params)
        await connection.execute(RESET)
        for path, params in asked:
            begun = time.perf_counter()
            await _get(client, path, params)
            waits.append((time.perf_counter() - begun) * 1000)
        _, calls = await _spent(connection)
    return len(asked), calls, statistics.median(waits)


def _drawn(words: Words, kind: str, chance: random.Random) -> tuple[str, Params]:
    path, draw = KINDS[kind]
    params = draw(words, chance)
    return (path.format(code=params["code"]), {}) if "{code}" in path else (path, params)


async def _get(client: aiohttp.ClientSession, path: str, params: Params) -> None:
    async with client.get(path, params=params) as answer:
        body = await answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{path} {params}: {answer.status} {body[:300]!r}")


@contextmanager
def _server(folder: Path, services: embedded.Services, target: str) -> Iterator[str]:
    """The address of one."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LONGAN_")} | {
        "LONGAN_ENV": "development",
        "LONGAN_DATABASE_URL": services.database_url,
        "LONGAN_REDIS_URL": services.redis_url,
        "LONGAN_KEYS_DIR": str(folder / "keys"),
        "LONGAN_PUBLIC_URL": "http://127.0.0.1:8000",
        "LONGAN_PROVINCE_CODE": "80",
        "LONGAN_METRICS_PORT": str(machine.free_port()),
        "LONGAN_RATE_LIMIT_SCALE": "1000000",
    }
    keeper = Keeper()
    try:
        with servers.granian("procedures", target, "/readyz", folder, environment, keeper) as server:
            yield server.url
    finally:
        keeper.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
