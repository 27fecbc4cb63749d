"""Plans: what the map asks is read off an index, however many reports there are."""

import itertools
from collections.abc import AsyncIterator

import asyncpg
import pytest

from longan.floor.database import db
from longan.floor.database.db import Alone
from longan.floor.feedback import feedback_cells
from longan.rooms.feedback_map import store
from tests.conftest import Copies

NUMBERS = itertools.count()

MANY = """
with made as (
    insert into feedback.reports (code, category_code, description, lat, lon, ward_version, ward_code, province_code,
                                  status, visibility, origin, accept_due_at, created_at, updated_at)
    select 'PA-' || translate(substr(md5(n::text), 1, 4), '01abcdef', '23ABCDEF') || '-'
                 || translate(substr(md5(n::text), 5, 4), '01abcdef', '23ABCDEF'),
           (array['giao_thong', 'moi_truong', 'khac'])[1 + n % 3], 'x', 10.4 + random(), 105.8 + random(),
           '2025-07-01', w.codes[1 + n % cardinality(w.codes)], '80',
           (array['moi_gui', 'dang_xu_ly', 'da_dong', 'da_dong'])[1 + n % 4], 'public',
           'open311', now(), now() - n * interval '1 minute', now()
      from generate_series(1, 9000) n,
           (select array_agg(code) as codes from places.units
             where version = '2025-07-01' and level = 'commune' and province_code = '80') w
        on conflict do nothing
    returning id)
insert into feedback_desk.public_copies (report_id, words, with_photos, approved_by, approved_at)
select id, 'x', false, (select id from identity.accounts limit 1), now() from made"""


@pytest.fixture(scope="module")
async def many(copies: Copies) -> AsyncIterator[asyncpg.Pool]:
    """A pool as the API has it, over a database with many reports."""
    async with copies.one() as url:
        connection = await asyncpg.connect(url)
        await connection.execute(MANY)
        await feedback_cells.add_up(connection)  # no more than 50,000 of the 81,000 lines
        await connection.execute("vacuum analyze")
        await connection.close()
        pool = await db.create_pool(url, 1, "plans")
        yield pool
        await pool.close()


async def plan(pool: asyncpg.Pool, sql: str, parameters: int) -> str:
    """The plan that is kept for a statement, whatever the values."""
    async with db.Acquired(pool, Alone()) as connection:
        name = f"asked_{next(NUMBERS)}"
        await connection.execute(f"prepare {name} as {sql}")
        given = f" ({', '.join(['null'] * parameters)})" if parameters else ""
        rows = await connection.fetch(f"explain execute {name}{given}")
    return "\n".join(row[0] for row in rows)


@pytest.mark.parametrize(
    ("given", "sort", "index"),
    [
        ({"lat", "lon", "metres"}, "distance", "reports_shown_near"),
        ({"lat", "lon", "metres", "category_code"}, "distance", "reports_shown_near"),
        ({"lat", "lon", "metres", "category_code", "status"}, "distance", "reports_shown_near"),
        ({"west", "south", "east", "north"}, "centre", "reports_shown_within"),
        ({"west", "south", "east", "north", "status"}, "centre", "reports_shown_within"),
        (set(), "newest", "reports_shown"),
        ({"category_code"}, "newest", "reports_shown_of_category"),
        ({"status"}, "newest", "reports_shown_of_status"),
        ({"ward", "now"}, "newest", "reports_shown_of_ward"),
    ],
)
async def test_a_page_is_walked_along_an_index_and_nothing_is_sorted(
    many: asyncpg.Pool, given: set[str], sort: str, index: str
) -> None:
    sql, names = store.LIST.statement(sort, frozenset(given), 21)

    found = await plan(many, sql, len(names))

    assert index in found and "Seq Scan on reports" not in found, found
    assert "->  Sort" not in found and not found.startswith("Sort"), found


@pytest.mark.parametrize(
    ("sql", "parameters", "index"),
    [
        (store.CLUSTERS, 7, "cells_pkey"),
        (store.CLUSTERS, 7, "cell_changes_in"),
        (store.FACETS, 5, "cells_pkey"),
        (store.DIRECT, 5, "reports_shown_in_cell"),
        (store.DIRECT_FACETS, 5, "reports_shown_in_cell"),
        (store.SIMILAR, 6, "reports_shown_near"),
    ],
)
async def test_a_tile_reads_an_index(many: asyncpg.Pool, sql: str, parameters: int, index: str) -> None:
    found = await plan(many, sql, parameters)

    assert index in found and "Seq Scan on reports" not in found, found
