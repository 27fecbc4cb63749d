"""What is asked of many postings finds them by an index: those of an employer, and those whose time is over."""

from datetime import datetime

import asyncpg
import pytest

from longan.floor.postings.postings import EXPIRE
from longan.rooms.jobs.store import OF_EMPLOYER
from tests.jobs.hiring import OWNER, employer_of


async def plan(conn: asyncpg.Connection, sql: str, *given: str) -> str:
    """The plan for everybody, as the pools have it: `explain` with parameters would be planned for just these."""
    await conn.execute("set local plan_cache_mode = force_generic_plan")
    await conn.execute(f"prepare tried as {sql}")
    rows = await conn.fetch(f"explain (costs off) execute tried({', '.join(given)})")
    await conn.execute("deallocate tried")
    return "\n".join(row[0] for row in rows)


@pytest.fixture
async def many(conn: asyncpg.Connection, now: datetime) -> asyncpg.Connection:
    """Twenty thousand postings more, of all employers."""
    await conn.execute(
        """insert into jobs.postings (employer_id, status, title, description, search_text, title_marked, ward_version,
                                      ward_code, province_code, openings, published_at, expires_at, created_at)
           select e.id, 'open', 'Thợ', 'x', 'tho', 'thợ', e.ward_version, e.ward_code, '80', 1, $1,
                  $1::timestamptz + n * interval '1 minute', $1::timestamptz - n * interval '1 minute'
             from (select e.*, row_number() over (order by e.id) as place, count(*) over () as all_of_them
                     from employers.employers e) e
             join generate_series(1, 20000) n on n % e.all_of_them = e.place - 1""",
        now,
    )
    await conn.execute("analyze jobs.postings")
    return conn


@pytest.mark.parametrize("given", [frozenset[str](), frozenset({"after_0", "after_1"}), frozenset({"status"})])
async def test_the_postings_of_an_employer_are_found_among_those_of_all(
    many: asyncpg.Connection, given: frozenset[str]
) -> None:
    sql, names = OF_EMPLOYER.statement("newest", given | {"employer_id", "member_id"}, 21)
    values = {
        "employer_id": f"'{await employer_of(many, OWNER)}'", "member_id": f"'{OWNER}'",
        "after_0": "'2026-11-22T00:00:00Z'", "after_1": f"'{OWNER}'", "status": "'{draft}'",
    }  # fmt: skip

    found = await plan(many, sql, *(values[name] for name in names))

    assert "postings_of_employer" in found
    assert "Seq Scan on postings" not in found


async def test_what_is_over_is_found_by_its_end(many: asyncpg.Connection) -> None:
    found = await plan(many, EXPIRE, "'2026-11-22T00:00:00Z'", "200")

    assert "postings_due" in found
    assert "Sort" not in found
