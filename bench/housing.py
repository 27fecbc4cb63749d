"""`python -m bench.housing`: finding one of 300,000 rooms beside one of 10,000, over HTTP, and the map of them.

The rooms are drawn from the sample's real ones: titles, rents with what they cost, and wards with their place on the
map, each as often as it is real; what is there and how many people it is for are drawn by shares. Two clients ask, each
request something else, and answers are not cached. For each kind of question it prints the median and the 99th of a
hundred at both sizes, then how many times the one is the other; then PostgreSQL's processor time for the map.
"""

import argparse
import asyncio
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from datetime import time as hour
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg

from bench import feedback, machine, servers
from bench.search import CLIENTS, SETTINGS, Answers
from longan.devkit import embedded
from longan.devkit.processes import Keeper
from longan.devkit.sample import load as sample
from longan.floor.database import db
from longan.floor.feedback.feedback_states import Connection
from longan.floor.housing.housing_cells import bands, cells_of, columns_and_rows
from longan.floor.housing.housing_filters import Meaning, filters
from longan.floor.housing.housing_found import values_of
from longan.floor.setup import keys
from longan.migrations import schema
from longan.reference import load as reference
from longan.rooms.housing_map import store

MOST_RATIO, MOST_MAP_MS = 5.0, 30.0
SEED, PIECE, WARMED = 20_251_101, 20_000, 40
PROVINCE = (105.4, 10.3, 106.9, 11.8)
FEATURES = {
    "has_loft": 0.5, "private_bathroom": 0.6, "free_hours": 0.5, "motorbike_parking": 0.7, "wifi": 0.6,
    "air_conditioning": 0.3, "kitchen": 0.3, "pets_allowed": 0.05, "residence_support": 0.2,
}  # fmt: skip
COLUMNS = (
    "kind", "status", "title", "search_text", "title_marked", "ward_version", "ward_code", "province_code", "lat",
    "lon", "rent", "area_m2", "electricity_price", "electricity_unit", "water_price", "water_unit", "cost_month",
    "cost_share", "cost_two", "cost_three", "cost_four", "cost_complete", "cost_on", "price_flags", "published_at",
    "confirmed_at", "stale_at", "max_people", "available_from", "curfew_from", "curfew_to", *FEATURES,
)  # fmt: skip
INDEXES = """select indexname, indexdef from pg_indexes
 where schemaname = 'housing' and tablename = 'listings' and indexdef not like '%UNIQUE%'"""
# What the trigger would have done, row by row.
CELLS = """insert into housing_map.cells (level, cell, kind, band, listings, lats, lons)
select v, l.map_cell >> 2 * (20 - v), l.kind, l.rent_band, count(*), sum(housing_map.rounded(l.lat)),
       sum(housing_map.rounded(l.lon))
  from housing.listings l, generate_series(8, 16) v
 group by 1, 2, 3, 4"""
WARM = """select sum(pg_prewarm(c.oid)) from pg_class c join pg_namespace n on n.oid = c.relnamespace
 where n.nspname in ('housing', 'housing_map') and c.relkind in ('r', 'i')"""

Params = dict[str, str]


def main(arguments: Sequence[str]) -> int:
    """0 when every p99 at the large size is at most MOST_RATIO times that at the small one, and that of the counted map
    of the province at most MOST_MAP_MS."""
    parser = argparse.ArgumentParser(prog="python -m bench.housing", description=__doc__)
    parser.add_argument("--listings", type=int, default=300_000, help="the large size (300000)")
    parser.add_argument("--few", type=int, default=10_000, help="the small size (10000)")
    parser.add_argument("--seconds", type=float, default=4, help="for each kind of question at each size (4)")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="longan-bench-") as name, embedded.temporary(SETTINGS) as services:
        return asyncio.run(measured(Path(name), services, (given.few, given.listings), given.seconds))


def rooms(count: int, now: datetime) -> Iterator[tuple[object, ...]]:
    """So many open listings, the oldest first."""
    chance = random.Random(SEED)
    drawn = [sample._listing(row, now) for row in sample._rows(sample.Listing, "rooms.jsonl.gz")]
    for number in range(count):
        titled, priced, placed = chance.choice(drawn), chance.choice(drawn), chance.choice(drawn)
        curfew = chance.random() < 0.3
        row: dict[str, Any] = {name: chance.random() < share or None for name, share in FEATURES.items()}
        row |= {name: titled[name] for name in ("title", "search_text", "title_marked")}
        row |= {name: placed[name] for name in ("ward_version", "ward_code", "province_code")}
        row |= {name: priced[name] for name in COLUMNS[10:24]}
        row |= {
            "kind": titled["kind"], "status": "open", "lat": placed["lat"] + chance.gauss(0, 0.01),
            "lon": placed["lon"] + chance.gauss(0, 0.01), "confirmed_at": now, "stale_at": now + timedelta(days=20),
            "published_at": now - timedelta(seconds=30 * (count - number)),
            "max_people": chance.choice((None, 1, 2, 2, 3, 4)),
            "available_from": chance.choice((None, None, now.date() + timedelta(days=chance.randrange(60)))),
            "curfew_from": hour(chance.choice((22, 23))) if curfew else None, "curfew_to": hour(5) if curfew else None,
            "free_hours": None if curfew else row["free_hours"],
        }  # fmt: skip
        yield tuple(row[name] for name in COLUMNS)


class Places:
    """What is asked for, drawn from what there is."""

    def __init__(
        self, titles: list[str], wards: list[str], districts: list[str], points: list[tuple[float, float]]
    ) -> None:
        self.titles, self.wards, self.districts, self.points = titles, wards, districts, points

    def words(self, chance: random.Random) -> str:
        return " ".join(chance.choice(self.titles).split()[: chance.choice((2, 2, 3, 4))])

    def point(self, chance: random.Random) -> Params:
        lat, lon = chance.choice(self.points)
        return {"lat": f"{lat + chance.gauss(0, 0.02):.5f}", "lon": f"{lon + chance.gauss(0, 0.02):.5f}"}


def rent(chance: random.Random) -> str:
    return str(chance.randrange(8, 40) * 100_000)


KINDS: dict[str, tuple[str, Callable[[Places, random.Random], Params]]] = {
    "text + place + rent": (
        "", lambda p, c: {"q": p.words(c), "place": c.choice(p.districts), "rent_max": rent(c)},
    ),
    "text with a place in it": ("", lambda p, c: {"q": f"{p.words(c)} {c.choice(p.districts)}"}),
    "text, relevance": ("", lambda p, c: {"q": p.words(c)}),
    "everything, newest": ("", lambda p, c: {"limit": str(c.randrange(15, 25))}),
    "a ward": ("", lambda p, c: {"ward_code": c.choice(p.wards)}),
    "near a point": ("", lambda p, c: {**p.point(c), "radius_km": str(c.choice((1, 5, 20)))}),
    "near a point, cost for two": (
        "", lambda p, c: {**p.point(c), "cost_max": rent(c), "people": "2", "features": "private_bathroom"},
    ),
    "cheapest": ("", lambda p, c: {"sort": "rent", "rent_min": rent(c)}),
    "least cost": ("", lambda p, c: {"sort": "cost", "area_min": str(c.randrange(8, 40))}),
    "least cost for several": ("", lambda p, c: {"sort": "cost", "people": str(c.randrange(2, 5))}),
    "least cost for several in a ward": (
        "", lambda p, c: {"sort": "cost", "people": "2", "ward_code": c.choice(p.wards)},
    ),
    "pets and late": ("", lambda p, c: {"features": "pets_allowed", "curfew_after": c.choice(("22:30", "23:30"))}),
    "facets of words": ("/facets", lambda p, c: {"q": p.words(c)}),
    "facets of a rent": ("/facets", lambda p, c: {"rent_max": rent(c)}),
    "map of the province": (
        "/clusters", lambda p, c: {"bbox": ",".join(map(str, PROVINCE)), "zoom": str(c.choice((6, 7, 8, 9)))},
    ),
}  # fmt: skip


async def measured(folder: Path, services: embedded.Services, sizes: tuple[int, int], seconds: float) -> int:
    keys.ensure(folder / "keys")
    figures: dict[str, list[Answers]] = {kind: [] for kind in KINDS}
    for size in sizes:
        url = await embedded.create_database(services.database_url, f"of_{size}")
        places = await fill(url, size)
        for kind, answers in (await ask(folder, services._replace(database_url=url), places, seconds)).items():
            figures[kind].append(answers)
    slow = shown(figures, sizes)
    return 1 if await of_map(url) > MOST_MAP_MS or slow else 0


async def fill(url: str, count: int) -> Places:
    """A migrated database with the reference data and so many rooms."""
    begun, now = time.perf_counter(), datetime.now(UTC)
    await schema.migrate(url)
    connection = await asyncpg.connect(url)
    try:
        await reference.load(connection, lambda *_: None)
        indexes = await connection.fetch(INDEXES)
        for index in indexes:
            await connection.execute(f"drop index housing.{index['indexname']}")
        await connection.execute("alter table housing.listings disable trigger listings_are_counted_in_cells")
        await connection.copy_records_to_table(
            "listings", schema_name="housing", columns=COLUMNS, records=rooms(count, now), timeout=600
        )
        await connection.execute("alter table housing.listings enable trigger listings_are_counted_in_cells")
        for index in indexes:
            await connection.execute(index["indexdef"], timeout=600)
        await connection.execute(CELLS, timeout=600)
        await connection.execute("vacuum analyze", timeout=600)
        # As on a server that has run for a while.
        await connection.execute("create extension pg_prewarm")
        await connection.execute(WARM)
        print(f"{count:,} rooms after {time.perf_counter() - begun:.0f} s", flush=True)
        found = await connection.fetchrow(
            """select (select array_agg(distinct title) from (select title from housing.listings limit 5000) t),
                      (select array_agg(distinct ward_code) from housing.listings),
                      (select array_agg(name) from places.units where level = 'district' and province_code = '80')"""
        )
        assert found is not None
        points = [tuple(row) for row in await connection.fetch("select lat, lon from housing.listings limit 5000")]
        return Places(found[0], found[1], found[2], points)
    finally:
        await connection.close()


async def ask(folder: Path, services: embedded.Services, places: Places, seconds: float) -> dict[str, Answers]:
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
        with servers.granian("housing", "bench.ours:uncached", "/readyz", folder, environment, keeper) as server:
            async with aiohttp.ClientSession(server.url) as client:
                found = {}
                for kind in KINDS:
                    for number in range(WARMED):
                        await answer(client, places, kind, random.Random(number), Answers())
                    found[kind] = await in_turn(client, places, kind, seconds)
                    print(f"  {kind}: {found[kind].told()}", flush=True)
                return found
    finally:
        keeper.close()


async def in_turn(client: aiohttp.ClientSession, places: Places, kind: str, seconds: float) -> Answers:
    """CLIENTS ask one question after the other."""
    until, answers = time.perf_counter() + seconds, Answers(waits=[])

    async def one(number: int) -> None:
        chance = random.Random(SEED + number)
        while time.perf_counter() < until:
            await answer(client, places, kind, chance, answers)

    await asyncio.gather(*(one(number) for number in range(CLIENTS)))
    return answers


async def answer(
    client: aiohttp.ClientSession, places: Places, kind: str, chance: random.Random, answers: Answers
) -> None:
    path, draw = KINDS[kind]
    params = draw(places, chance)
    begun = time.perf_counter()
    async with client.get(f"/v1/housing{path}", params=params) as got:
        body = await got.read()
    # 422 is a name of several places. 503 came too late for its request: its time counts.
    if got.status not in (200, 422, 503):
        raise RuntimeError(f"{path} {params}: {got.status} {body[:300]!r}")
    answers.waits.append((time.perf_counter() - begun) * 1000)
    answers.late += got.status == 503
    if answers.waits[-1] > answers.slowest:
        answers.slowest, answers.asked = answers.waits[-1], params


def shown(figures: dict[str, list[Answers]], sizes: tuple[int, int]) -> bool:
    """Print the table; whether anything fell behind."""
    print(f"{'':34} {sizes[0]:>10,} p50   p99 ms {sizes[1]:>12,} p50   p99 ms   times")
    slow = False
    for kind, (few, many) in figures.items():
        times = many.p99() / few.p99()
        slow |= times > MOST_RATIO
        print(
            f"{kind:34} {statistics.median(few.waits):14.1f} {few.p99():8.1f} {statistics.median(many.waits):16.1f}"
            f" {many.p99():8.1f} {times:7.1f}" + (f"   {many.asked}" if times > MOST_RATIO else "")
        )
    return slow


async def of_map(url: str) -> float:
    """The p99 of the counted map of the province, in ms of PostgreSQL's processor; the others are printed."""
    now = datetime.now(UTC)
    rents = bands(None, None)
    assert rents is not None

    def counted(zoom: int, kinds: list[str] | None = None) -> Callable[[Connection, random.Random], Any]:
        cells = cells_of(*columns_and_rows(PROVINCE, zoom + 2))

        async def question(connection: Connection, chance: random.Random) -> None:
            await store.counted(connection, zoom + 2, cells, kinds, rents, now)  # type: ignore[arg-type]

        return question

    def looked_up(zoom: int, **said: Any) -> Callable[[Connection, random.Random], Any]:
        cells = cells_of(*columns_and_rows(PROVINCE, zoom + 2))

        async def question(connection: Connection, chance: random.Random) -> None:
            values = values_of(filters(now, rent_max=chance.randrange(20, 90) * 100_000, **said), Meaning())
            await store.looked_up(connection, zoom + 2, cells, values, near=False)  # type: ignore[arg-type]

        return question

    pool = await db.create_pool(url, 1, "bench", patience=7200)
    async with pool.acquire() as connection:
        waits = {
            zoom: await feedback.ask(connection, f"province, zoom {zoom}, counted", counted(zoom), 200)
            for zoom in (6, 7, 8, 9, 10)
        }
        await feedback.ask(connection, "province, zoom 9, one kind", counted(9, ["house"]), 200)
        await feedback.ask(connection, "province, zoom 9, rents between", looked_up(9), 100)
        await feedback.ask(connection, "province, zoom 9, pets", looked_up(9, features="pets_allowed"), 100)
    await pool.close()
    worst = max(each.p99() for each in waits.values())
    print(f"counted map of the province: slowest p99 {worst:.1f} ms (at most {MOST_MAP_MS:.0f})")
    return worst


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
