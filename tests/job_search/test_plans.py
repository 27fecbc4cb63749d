"""Plans: what is read off an index when there are many postings, as the API's own connections plan it.

Ten thousand rows (so few that an index which only leaves rows to be sorted would still look cheap), fresh statistics,
plans made without looking at the values (as the pool asks for it), nothing switched off.
"""

import itertools
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import asyncpg
import pytest

from longan.floor.database import db, facets
from longan.floor.database.db import Alone
from longan.floor.search.queries import parse
from longan.rooms.job_search import store
from longan.rooms.job_search.models import Meaning, Search
from longan.rooms.job_suggestions.store import SUGGEST
from tests.conftest import Copies

NOW = datetime(2026, 11, 22, tzinfo=UTC)
POSTINGS = 9_000
NUMBERS = itertools.count()

MANY = """insert into jobs.postings (employer_id, status, title, description, search_text, title_marked, ward_version,
       ward_code, province_code, lat, lon, effective_month, occupation_code, shift, benefits, openings, published_at,
       expires_at)
select p.employer_id, 'open', p.title, p.description, p.search_text, p.title_marked, p.ward_version, p.ward_code,
       p.province_code, p.lat + random() / 100, p.lon + random() / 100, p.effective_month, p.occupation_code, p.shift,
       p.benefits, 1, p.published_at - n * interval '7 minutes', p.expires_at + interval '99 days'
  from (select * from jobs.postings where status = 'open' limit 1000) p, generate_series(1, $1::int / 1000) n"""


@pytest.fixture(scope="module")
async def many(copies: Copies) -> AsyncIterator[asyncpg.Pool]:
    """A pool as the API has it, over a database with many postings."""
    async with copies.one() as url:
        connection = await asyncpg.connect(url)
        await connection.execute(MANY, POSTINGS)
        await connection.execute("vacuum analyze jobs.postings")
        await connection.close()
        pool = await db.create_pool(url, 1, "plans")
        yield pool
        await pool.close()


async def plan(pool: asyncpg.Pool, sql: str, given: list[object]) -> str:
    """The plan that is kept for a statement, whatever the values."""
    async with db.Acquired(pool, Alone()) as connection:
        name = f"asked_{next(NUMBERS)}"
        await connection.execute(f"prepare {name} as {sql}")
        rows = await connection.fetch(f"explain execute {name} ({', '.join('null' for _ in given)})")
    return "\n".join(row[0] for row in rows)


async def plan_of(pool: asyncpg.Pool, asked: Search, sort: str) -> str:
    values = store.values_of(asked, Meaning(query=parse(asked.q)) if asked.q else Meaning())
    sql, names = store.LIST.statement(sort, frozenset(values), 21)
    return await plan(pool, sql, [values[name] for name in names])


def indexes(text: str) -> list[str]:
    return re.findall(r"Scan (?:using|on) (postings_\w+)", text)


@pytest.mark.parametrize(
    ("asked", "sort", "walked", "gathered"),
    [
        ({"q": "cong nhan"}, "relevance", "postings_newest", "postings_search"),
        ({"q": "cong nhan"}, "newest", "postings_newest", "postings_search"),
        ({"q": "cong nhan"}, "pay", "postings_best_paid", "postings_search"),
        ({"q": "may", "lat": 10.6, "lon": 106.4, "metres": 9e3}, "distance", "postings_near", "postings_search"),
        ({"lat": 10.6, "lon": 106.4, "metres": 9e3}, "distance", "postings_near", "postings_near"),
        ({"shifts": ["night"], "benefits": ["bus"]}, "newest", "postings_newest", "postings_search"),
        ({"occupations": ["75"]}, "newest", "postings_newest", "postings_search"),
        ({"province_code": "79"}, "newest", "postings_newest", "postings_search"),
        ({"pay_min": 10**7}, "newest", "postings_newest", "postings_best_paid"),
        ({"q": "may", "pay_min": 10**7}, "relevance", "postings_newest", "postings_search"),
    ],
    ids=str,
)
async def test_the_first_are_walked_to_and_the_rare_are_gathered(
    many: asyncpg.Pool, asked: dict[str, object], sort: str, walked: str, gathered: str
) -> None:
    text = await plan_of(many, Search(now=NOW, **asked), sort)  # type: ignore[arg-type]

    assert {walked, gathered} <= set(indexes(text)), text
    assert "postings_due" not in indexes(text), text
    assert "Seq Scan on postings" not in text, text


@pytest.mark.parametrize(("sort", "index"), [("newest", "postings_newest"), ("pay", "postings_best_paid")])
async def test_the_page_everybody_opens_is_read_off_one_index(many: asyncpg.Pool, sort: str, index: str) -> None:
    text = await plan_of(many, Search(now=NOW), sort)

    assert indexes(text)[0] == index
    assert "CTE" not in text
    assert "Sort" not in text


async def test_facets_are_counted_among_the_newest_or_gathered(many: asyncpg.Pool) -> None:
    values = store.values_of(Search(now=NOW, q="may"), Meaning(query=parse("may")))
    sql, names = facets.statement(store.LIST.name, store.DIMENSIONS, frozenset(values))

    text = await plan(many, sql, [values[name] for name in names])

    assert {"postings_newest", "postings_search"} <= set(indexes(text))
    assert "Seq Scan on postings" not in text


async def test_suggestions_step_from_title_to_title(many: asyncpg.Pool) -> None:
    text = await plan(many, SUGGEST, ["may", NOW, "80"])

    assert {"postings_titles", "postings_callers"} <= set(indexes(text))
    assert "Seq Scan on postings" not in text


@pytest.mark.parametrize("month", [None, 1, 3_999_999, 4_000_000, 9_999_999, 15_000_000, 16_999_999, 10**12])
async def test_the_steps_of_pay_are_those_of_the_index(conn: asyncpg.Connection, month: int | None) -> None:
    reached = [step for step in store.PAY_STEPS if step * 1_000_000 <= (month or 0)]

    assert (await conn.fetchval("select job_search.pay_steps($1)", month) or []) == reached
