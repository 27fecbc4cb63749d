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
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import asyncpg
import msgspec

from bench import machine, servers
from bench.data import INDEXES
from bench.postings import EMPLOYER_COLUMNS, POSTING_COLUMNS, make, progress
from longan import keys, schema
from longan.crypto import Sealed
from longan.devkit import embedded
from longan.devkit.processes import Keeper
from longan.devkit.sample import load as sample
from longan.reference import load as reference

MOST_RATIO = 5.0
CLIENTS = 2
PIECE = 20_000
WARMED = 40
SEED = 20_251_001

Params = dict[str, str]


class Words(msgspec.Struct, frozen=True):
    """What people search for, drawn from what there is: titles, their first two and three words, wards, old places."""

    titles: list[str]
    wards: list[str]
    places: list[str]
    points: list[tuple[float, float]]

    def title(self, chance: random.Random) -> str:
        words = chance.choice(self.titles).split()
        return " ".join(words[: chance.choice((2, 2, 3, 4))])


# Each kind of question: how a request of it is drawn.
KINDS: dict[str, tuple[str, Callable[[Words, random.Random], Params]]] = {
    "text + place + pay": (
        "/v1/jobs",
        lambda w, c: {"q": w.title(c), "place": c.choice(w.places), "pay_min": str(c.randrange(6, 12) * 1_000_000)},
    ),
    "text with a place in it": ("/v1/jobs", lambda w, c: {"q": f"{w.title(c)} {c.choice(w.places)}"}),
    "text, relevance": ("/v1/jobs", lambda w, c: {"q": w.title(c)}),
    "very common words, relevance": (
        "/v1/jobs", lambda w, c: {"q": c.choice(("nhan vien", "công nhân", "ke toan", "kho", "san xuat"))},
    ),
    "common words that never meet": (
        "/v1/jobs", lambda w, c: {"q": c.choice(("cong nhan ke toan", "bao ve truong phong", "tai xe may nhan vien"))},
    ),
    "text, newest": ("/v1/jobs", lambda w, c: {"q": w.title(c), "sort": "newest"}),
    "text, best paid": ("/v1/jobs", lambda w, c: {"q": w.title(c), "sort": "pay"}),
    "text, nearest": (
        "/v1/jobs", lambda w, c: {"q": w.title(c), **_point(w, c), "radius_km": str(c.choice((5, 20, 100)))},
    ),
    "everything, newest": ("/v1/jobs", lambda w, c: {"limit": str(c.randrange(15, 25))}),
    "a ward": ("/v1/jobs", lambda w, c: {"ward_code": c.choice(w.wards)}),
    "near a point": ("/v1/jobs", lambda w, c: {**_point(w, c), "radius_km": str(c.choice((1, 5, 20)))}),
    "an occupation": ("/v1/jobs", lambda w, c: {"occupation": c.choice(("75", "8", "933", "43", "91,94"))}),
    "a shift and benefits": (
        "/v1/jobs", lambda w, c: {"shift": c.choice(("night", "two_shifts")), "benefits": c.choice(("meals", "bus"))},
    ),
    "high pay, of this week": ("/v1/jobs", lambda w, c: {"pay_min": "40000000", "published_within_days": "7"}),
    "a typing error": ("/v1/jobs", lambda w, c: {"q": _mistyped(w.title(c), c)}),
    "facets of words": ("/v1/jobs/facets", lambda w, c: {"q": w.title(c)}),
    "facets of very common words": ("/v1/jobs/facets", lambda w, c: {"q": c.choice(("nhan vien", "cong nhan"))}),
    "facets of everything": ("/v1/jobs/facets", lambda w, c: {"pay_min": str(c.randrange(1, 999))}),
    "typeahead": ("/v1/jobs/suggestions", lambda w, c: {"q": w.title(c)[: c.randrange(2, 9)]}),
}  # fmt: skip


def main(arguments: Sequence[str]) -> int:
    """0 when the p99 of text + place + pay at the large size is at most MOST_RATIO times that at the small one."""
    parser = argparse.ArgumentParser(prog="python -m bench.search", description=__doc__)
    parser.add_argument("--postings", type=int, default=1_000_000, help="the large size (1000000)")
    parser.add_argument("--few", type=int, default=10_000, help="the small size (10000)")
    parser.add_argument("--seconds", type=float, default=10, help="for each kind of question at each size (10)")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="longan-bench-") as name, embedded.temporary() as services:
        return asyncio.run(_measured(Path(name), services, (given.few, given.postings), given.seconds))


async def _measured(folder: Path, services: embedded.Services, sizes: tuple[int, int], seconds: float) -> int:
    keys.ensure(folder / "keys")
    figures: dict[str, list[list[float]]] = {kind: [] for kind in KINDS}
    for size in sizes:
        url = await embedded.create_database(services.database_url, f"of_{size}")
        words = await fill(url, folder / "keys", size)
        for kind, waits in (await _asked(folder, services._replace(database_url=url), words, seconds)).items():
            figures[kind].append(waits)
    return _shown(figures, sizes)


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
        return await _words(connection)
    finally:
        await connection.close()


def _nothing(label: str, done: int, total: int) -> None:
    """The postings tell of their own progress."""


WORDS = """select (select array_agg(distinct t.title) from (select title from jobs.postings limit 5000) t),
       (select array_agg(distinct p.ward_code) from (select ward_code from jobs.postings limit 5000) p),
       (select array_agg(distinct u.name) from places.units u
          join places.successions s on s.old_version = u.version and s.old_code = u.code
          join places.units n on n.version = s.new_version and n.code = s.new_code and n.province_code = '80'
         where length(u.short_name) > 3 and not exists (
               select from places.units o where o.version = u.version and o.fold = u.fold and o.code <> u.code)),
       (select array_agg(array[p.lat, p.lon]) from (select lat, lon from jobs.postings limit 500) p)"""


async def _words(connection: asyncpg.Connection) -> Words:
    row = await connection.fetchrow(WORDS)
    assert row is not None
    titles, wards, places, points = row
    return Words(titles, wards, places, [(lat, lon) for lat, lon in points])


async def _asked(folder: Path, services: embedded.Services, words: Words, seconds: float) -> dict[str, list[float]]:
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
                    await _ask(client, words, kind, WARMED)
                    found[kind] = await _in_turn(client, words, kind, seconds)
                    print(f"  {kind}: {len(found[kind])} answers, {_told(found[kind])}", flush=True)
                return found
    finally:
        keeper.close()


async def _in_turn(client: aiohttp.ClientSession, words: Words, kind: str, seconds: float) -> list[float]:
    """How long each answer took, in ms, when CLIENTS ask one question after the other."""
    until = time.perf_counter() + seconds
    waits: list[float] = []

    async def one(number: int) -> None:
        chance = random.Random(SEED + number)
        while time.perf_counter() < until:
            waits.append(await _answer(client, words, kind, chance))

    await asyncio.gather(*(one(number) for number in range(CLIENTS)))
    return waits


async def _ask(client: aiohttp.ClientSession, words: Words, kind: str, times: int) -> None:
    chance = random.Random(SEED - 1)
    for _ in range(times):
        await _answer(client, words, kind, chance)


async def _answer(client: aiohttp.ClientSession, words: Words, kind: str, chance: random.Random) -> float:
    path, draw = KINDS[kind]
    params = draw(words, chance)
    begun = time.perf_counter()
    async with client.get(path, params=params) as answer:
        body = await answer.read()
    # 422 is a name of several places. 503 came too late for its request: its time counts.
    if answer.status not in (200, 422, 503):
        raise RuntimeError(f"{path} {params}: {answer.status} {body[:300]!r}")
    return (time.perf_counter() - begun) * 1000


def _shown(figures: dict[str, list[list[float]]], sizes: tuple[int, int]) -> int:
    print(f"{'':32} {sizes[0]:>10,} p50   p99 ms {sizes[1]:>12,} p50   p99 ms   times")
    ratios = {}
    for kind, (few, many) in figures.items():
        ratios[kind] = _p99(many) / _p99(few)
        print(
            f"{kind:32} {statistics.median(few):14.1f} {_p99(few):8.1f} {statistics.median(many):16.1f}"
            f" {_p99(many):8.1f} {ratios[kind]:7.1f}"
        )
    asked = "text + place + pay"
    print(f"{asked}: p99 {ratios[asked]:.1f} times that of {sizes[0]:,} (at most {MOST_RATIO:.0f})")
    return 0 if ratios[asked] <= MOST_RATIO else 1


def _p99(waits: list[float]) -> float:
    return statistics.quantiles(waits, n=100)[98]


def _told(waits: list[float]) -> str:
    return f"median {statistics.median(waits):.1f} ms, p99 {_p99(waits):.1f} ms"


def _point(words: Words, chance: random.Random) -> Params:
    lat, lon = chance.choice(words.points)
    return {"lat": f"{lat:.5f}", "lon": f"{lon:.5f}"}


def _mistyped(text: str, chance: random.Random) -> str:
    """Two letters of a word have changed places."""
    words = text.split()
    number = chance.randrange(len(words))
    word = words[number]
    if len(word) > 3:
        place = chance.randrange(1, len(word) - 1)
        words[number] = word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    return " ".join(words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
