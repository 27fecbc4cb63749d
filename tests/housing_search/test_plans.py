"""Plans: what is read off an index when there are many listings, as the API's own connections plan it.

Fifteen thousand rows, fresh statistics, plans made without looking at the values (as the pool asks for it), nothing
switched off.
"""

import itertools
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import asyncpg
import pytest

from longan.floor.database import db, facets
from longan.floor.database.db import Alone
from longan.floor.housing import housing_cells
from longan.floor.housing.housing_filters import Filters, Meaning
from longan.floor.housing.housing_found import LIST, values_of
from longan.floor.search.queries import parse
from longan.rooms.housing import store as housing
from longan.rooms.housing_map import store as housing_map
from longan.rooms.housing_search import store
from tests.conftest import Copies

NOW = datetime(2026, 11, 22, tzinfo=UTC)
NUMBERS = itertools.count()

MANY = """insert into housing.listings (kind, status, title, search_text, title_marked, ward_version, ward_code,
       province_code, lat, lon, rent, area_m2, cost_month, cost_share, cost_two, cost_three, cost_four, cost_complete,
       cost_on, max_people, pets_allowed, published_at, confirmed_at, stale_at)
select l.kind, 'open', l.title, l.search_text, l.title_marked, l.ward_version, l.ward_code, l.province_code,
       l.lat + random() / 100, l.lon + random() / 100, l.rent + n * 1000, l.area_m2, l.cost_month + n * 1000,
       l.cost_share, l.cost_two + n * 1000, l.cost_three + n * 1000, l.cost_four + n * 1000, l.cost_complete,
       l.cost_on, 2, n = 3, l.published_at - n * interval '7 minutes', l.confirmed_at,
       l.stale_at + interval '99 days'
  from (select * from housing.listings where status = 'open' limit 1000) l, generate_series(1, 15) n"""


@pytest.fixture(scope="module")
async def many(copies: Copies) -> AsyncIterator[asyncpg.Pool]:
    """A pool as the API has it, over a database with many listings."""
    async with copies.one() as url:
        connection = await asyncpg.connect(url)
        await connection.execute(MANY)
        while await housing_cells.add_up(connection):
            pass
        await connection.execute("vacuum analyze")
        await connection.close()
        pool = await db.create_pool(url, 1, "plans")
        yield pool
        await pool.close()


async def plan(pool: asyncpg.Pool, sql: str, count: int) -> str:
    """The plan that is kept for a statement, whatever the values."""
    async with db.Acquired(pool, Alone()) as connection:
        name = f"asked_{next(NUMBERS)}"
        await connection.execute(f"prepare {name} as {sql}")
        rows = await connection.fetch(f"explain execute {name} ({', '.join(['null'] * count)})")
    return "\n".join(row[0] for row in rows)


async def plan_of(pool: asyncpg.Pool, asked: Filters, sort: str) -> str:
    values = values_of(asked, Meaning(query=parse(asked.q)) if asked.q else Meaning())
    values |= {"frequent": True} if sort == "cost_each" else {}
    sql, names = LIST.statement(sort, frozenset(values), 21)
    return await plan(pool, sql, len(names))


def indexes(text: str) -> list[str]:
    return re.findall(r"Scan (?:using|on) ((?:listings|cells?|postings)_\w+)", text)


@pytest.mark.parametrize(
    ("asked", "sort", "walked", "gathered"),
    [
        ({"q": "phong tro"}, "relevance", "listings_newest", "listings_found"),
        ({"q": "phong tro"}, "newest", "listings_newest", "listings_found"),
        ({"q": "phong tro"}, "rent", "listings_cheapest", "listings_found"),
        ({"q": "phong tro"}, "cost", "listings_least_cost", "listings_found"),
        ({"q": "gac", "lat": 10.6, "lon": 106.4, "metres": 9e3}, "distance", "listings_around", "listings_found"),
        ({"lat": 10.6, "lon": 106.4, "metres": 9e3}, "distance", "listings_around", "listings_around"),
        ({"features": ["pets_allowed"]}, "newest", "listings_newest", "listings_found"),
        ({"kinds": ["project"]}, "newest", "listings_newest", "listings_found"),
        ({"province_code": "79"}, "newest", "listings_newest", "listings_found"),
        ({"parks": ["kcn-long-hau"]}, "cost", "listings_least_cost", "listings_found"),
        ({"people": 2, "q": "gac"}, "cost_two", "listings_cost_two", "listings_found"),
        ({"rent_max": 10**6}, "newest", "listings_newest", "listings_found"),
        ({"people": 5}, "cost_each", "listings_cheapest", "listings_cheapest"),
    ],
    ids=str,
)
async def test_the_first_are_walked_to_and_the_rare_are_gathered(
    many: asyncpg.Pool, asked: dict[str, object], sort: str, walked: str, gathered: str
) -> None:
    text = await plan_of(many, Filters(now=NOW, **asked), sort)  # type: ignore[arg-type]

    assert {walked, gathered} <= set(indexes(text)), text
    assert "listings_due" not in indexes(text), text


@pytest.mark.parametrize(
    ("sort", "index"),
    [
        ("newest", "listings_newest"),
        ("rent", "listings_cheapest"),
        ("cost", "listings_least_cost"),
        ("cost_two", "listings_cost_two"),
        ("cost_three", "listings_cost_three"),
        ("cost_four", "listings_cost_four"),
    ],
)
async def test_the_page_everybody_opens_is_read_off_one_index(many: asyncpg.Pool, sort: str, index: str) -> None:
    text = await plan_of(many, Filters(now=NOW), sort)

    assert indexes(text)[0] == index
    assert "CTE" not in text
    assert "Sort" not in text


async def test_words_place_and_rent_meet_inside_one_index(many: asyncpg.Pool) -> None:
    asked = Filters(now=NOW, q="phong tro", rent_max=1_100_000)
    values = values_of(asked, Meaning(wards=["27694"], query=parse("phong tro").finished()))
    sql, names = LIST.statement("relevance", frozenset(values), 21)

    text = await plan(many, sql, len(names))

    assert values["words"] == "(phongtro | nhatro)"
    condition = next(line for line in text.splitlines() if "Index Cond" in line and "search @@" in line)
    assert "ward_code" in condition, text
    assert "width_bucket" in condition, text


async def test_facets_are_counted_among_the_newest_or_gathered(many: asyncpg.Pool) -> None:
    values = values_of(Filters(now=NOW, q="gac"), Meaning(query=parse("gac")))
    sql, names = facets.statement(LIST.name, store.DIMENSIONS, frozenset(values))

    text = await plan(many, sql, len(names))

    assert {"listings_newest", "listings_found"} <= set(indexes(text))
    assert "Seq Scan on listings" not in text


async def test_jobs_near_a_room_are_walked_to_on_the_map(many: asyncpg.Pool) -> None:
    sql, names = housing.JOBS.statement("distance", frozenset({"lat", "lon", "metres", "now"}), 21)

    text = await plan(many, sql, len(names))

    assert "postings_near" in indexes(text), text
    assert "Seq Scan on postings" not in text


async def test_the_map_is_read_off_counted_cells(many: asyncpg.Pool) -> None:
    text = await plan(many, housing_map.CLUSTERS, 8)

    assert {"cells_pkey", "listings_in_cell", "listings_of_employer"} <= set(indexes(text)), text
    assert "Seq Scan on listings" not in text, text
    assert "Seq Scan on cells" not in text, text
    assert "employers_suspended" in text


async def test_a_small_part_of_the_map_is_read_off_its_cells(many: asyncpg.Pool) -> None:
    values = values_of(Filters(now=NOW, area_min=20), Meaning())
    sql, names = housing_map._statement(frozenset(values), near=True)

    text = await plan(many, sql, len(names))

    assert "listings_in_cell" in indexes(text), text
