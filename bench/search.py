"""`python -m bench.search`: finding one of 1,000,000 postings beside one of 10,000, over HTTP, with two clients.

The postings are drawn from the sample's real ones (`bench/postings.py`): titles with their pay and what they say, wards
with their place on the map, dates and sizes of employers, each as often as it is real. Every request asks something
else, and the answers are not cached. For each kind of question it prints the median and the 99th of a hundred at both
sizes, then how many times the one is the other. What fell behind is shown with the plan PostgreSQL has for it.
"""

import argparse
import asyncio
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import asyncpg
import msgspec

from bench import machine, search_plans, servers
from bench.data import INDEXES
from bench.postings import EMPLOYER_COLUMNS, POSTING_COLUMNS, make, progress
from bench.search_kinds import KINDS, Params, Words, words_of
from longan.devkit import embedded
from longan.devkit.processes import Keeper
from longan.devkit.sample import load as sample
from longan.floor.setup import keys
from longan.floor.setup.crypto import Sealed
from longan.migrations import schema
from longan.reference import load as reference

MOST_RATIO = 5.0
# A million postings with their indices take 2 GB: a server that has them gives them room.
SETTINGS = ("shared_buffers=2GB",)
CLIENTS = 2
PIECE = 20_000
WARMED = 40
SEED = 20_251_001


def main(arguments: Sequence[str]) -> int:
    """0 when the p99 of text + place + pay at the large size is at most MOST_RATIO times that at the small one."""
    parser = argparse.ArgumentParser(prog="python -m bench.search", description=__doc__)
    parser.add_argument("--postings", type=int, default=1_000_000, help="the large size (1000000)")
    parser.add_argument("--few", type=int, default=10_000, help="the small size (10000)")
    parser.add_argument("--seconds", type=float, default=10, help="for each kind of question at each size (10)")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="longan-bench-") as name, embedded.temporary(SETTINGS) as services:
        return asyncio.run(_measured(Path(name), services, (given.few, given.postings), given.seconds))


class Answers(msgspec.Struct):
    """How long each took in ms, how many came too late (503), and the slowest with what was asked."""

    waits: list[float] = []
    late: int = 0
    slowest: float = 0.0
    asked: Params = {}

    def p99(self) -> float:
        return statistics.quantiles(self.waits, n=100)[98]

    def told(self) -> str:
        late = f", {self.late} too late" if self.late else ""
        return (
            f"{len(self.waits)} answers, median {statistics.median(self.waits):.1f} ms, p99 {self.p99():.1f} ms{late}"
        )


async def _measured(folder: Path, services: embedded.Services, sizes: tuple[int, int], seconds: float) -> int:
    keys.ensure(folder / "keys")
    figures: dict[str, list[Answers]] = {kind: [] for kind in KINDS}
    for size in sizes:
        url = await embedded.create_database(services.database_url, f"of_{size}")
        words = await fill(url, folder / "keys", size)
        for kind, answers in (await ask(folder, services._replace(database_url=url), words, seconds)).items():
            figures[kind].append(answers)
    return await shown(figures, sizes, url)


async def fill(url: str, keys_dir: Path, count: int) -> Words:
    """A migrated database with the reference data and so many postings."""
    begun = time.perf_counter()
    await schema.migrate(url)
    now, numbers = datetime.now(UTC), Sealed(keys.load(keys_dir), "number")
    connection = await asyncpg.connect(url)
    try:
        await reference.load(connection, _nothing)
        parks = {fold: (code, ward) for fold, code, ward in await connection.fetch(sample.PARKS)}
        made = make(count, now, numbers, parks)
        print(f"{count:,} postings drawn after {time.perf_counter() - begun:.0f} s", flush=True)
        await connection.copy_records_to_table(
            "employers", schema_name="employers", columns=EMPLOYER_COLUMNS, records=made.employers
        )
        indexes = await connection.fetch(INDEXES)
        for index in indexes:
            if " UNIQUE " not in index["indexdef"]:
                await connection.execute(f"drop index jobs.{index['indexname']}")
        for done, rows in progress(made.postings, PIECE):
            await connection.copy_records_to_table(
                "postings", schema_name="jobs", columns=POSTING_COLUMNS, records=rows, timeout=120
            )
            if done % (PIECE * 10) == 0 or done == count:
                print(f"  {done:,} copied after {time.perf_counter() - begun:.0f} s", flush=True)
        for index in indexes:
            if " UNIQUE " not in index["indexdef"]:
                await connection.execute(index["indexdef"], timeout=600)
                print(f"  {index['indexname']} after {time.perf_counter() - begun:.0f} s", flush=True)
        await connection.execute("vacuum analyze", timeout=600)
        # As on a server that has run for a while.
        await connection.execute("create extension pg_prewarm")
        await connection.execute(WARM, timeout=600)
        return await words_of(connection)
    finally:
        await connection.close()


def _nothing(label: str, done: int, total: int) -> None:
    """The postings tell of their own progress."""


WARM = """select pg_prewarm('jobs.postings'), sum(pg_prewarm(c.oid))
  from pg_class c join pg_index i on i.indexrelid = c.oid where i.indrelid = 'jobs.postings'::regclass"""


async def ask(folder: Path, services: embedded.Services, words: Words, seconds: float) -> dict[str, Answers]:
    """The answers of each kind, over HTTP."""
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
        with servers.granian("search", "bench.ours:uncached", "/readyz", folder, environment, keeper) as server:
            async with aiohttp.ClientSession(server.url) as client:
                found = {}
                for kind in KINDS:
                    for number in range(WARMED):
                        await _answer(client, words, kind, random.Random(number), Answers())
                    found[kind] = await _in_turn(client, words, kind, seconds)
                    print(f"  {kind}: {found[kind].told()}", flush=True)
                return found
    finally:
        keeper.close()


async def _in_turn(client: aiohttp.ClientSession, words: Words, kind: str, seconds: float) -> Answers:
    """CLIENTS ask one question after the other."""
    until = time.perf_counter() + seconds
    answers = Answers()

    async def one(number: int) -> None:
        chance = random.Random(SEED + number)
        while time.perf_counter() < until:
            await _answer(client, words, kind, chance, answers)

    await asyncio.gather(*(one(number) for number in range(CLIENTS)))
    return answers


async def _answer(
    client: aiohttp.ClientSession, words: Words, kind: str, chance: random.Random, answers: Answers
) -> None:
    path, draw = KINDS[kind]
    params = draw(words, chance)
    begun = time.perf_counter()
    async with client.get(path, params=params) as answer:
        body = await answer.read()
    # 422 is a name of several places. 503 came too late for its request: its time counts.
    if answer.status not in (200, 422, 503):
        raise RuntimeError(f"{path} {params}: {answer.status} {body[:300]!r}")
    answers.waits.append((time.perf_counter() - begun) * 1000)
    answers.late += answer.status == 503
    if answers.waits[-1] > answers.slowest:
        answers.slowest, answers.asked = answers.waits[-1], params


async def shown(figures: dict[str, list[Answers]], sizes: tuple[int, int], url: str) -> int:
    """Print the table, and the plans of what fell behind."""
    print(f"{'':32} {sizes[0]:>10,} p50   p99 ms {sizes[1]:>12,} p50   p99 ms   times")
    ratios = {kind: many.p99() / few.p99() for kind, (few, many) in figures.items()}
    for kind, (few, many) in figures.items():
        print(
            f"{kind:32} {statistics.median(few.waits):14.1f} {few.p99():8.1f} {statistics.median(many.waits):16.1f}"
            f" {many.p99():8.1f} {ratios[kind]:7.1f}"
        )
    for kind, (_, many) in figures.items():
        if ratios[kind] > MOST_RATIO and not KINDS[kind][0].endswith("suggestions"):
            print(f"{kind}, {many.slowest:.0f} ms: {many.asked}")
            await search_plans.show(url, KINDS[kind][0], many.asked)
    asked = "text + place + pay"
    print(f"{asked}: p99 {ratios[asked]:.1f} times that of {sizes[0]:,} (at most {MOST_RATIO:.0f})")
    return 0 if ratios[asked] <= MOST_RATIO else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
