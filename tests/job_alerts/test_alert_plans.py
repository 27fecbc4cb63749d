"""The plans of alerts: one new posting is compared with the few searches under its keys, however many there are."""

import re
from datetime import datetime

import asyncpg
import pytest

from longan.rooms.job_alerts import store
from tests.job_alerts.alerting import posting, saved

MANY = """insert into identity.accounts (phone_index, phone_cipher)
select uuid_send(uuidv7()), '' from generate_series(1, 400) returning id"""


@pytest.fixture
async def crowded(conn: asyncpg.Connection, now: datetime) -> asyncpg.Connection:
    """Many searches, and a pool's way to plan."""
    people = [row["id"] for row in await conn.fetch(MANY)]
    for number, account in enumerate(people):
        await saved(conn, account, now, q=f"việc thứ {number}", pay_min=1_000_000 + number)
    columns = await conn.fetchval(
        """select string_agg(column_name, ', ') from information_schema.columns
            where table_schema = 'saved_searches' and table_name = 'searches'
              and is_generated = 'NEVER' and column_name not in ('id', 'account_id', 'alike')"""
    )
    await conn.execute(
        f"""insert into saved_searches.searches (account_id, alike, {columns})
            select account_id, uuid_send(uuidv7()), {columns} from saved_searches.searches, generate_series(1, 20)"""
    )
    await conn.execute("analyze saved_searches.searches")
    await conn.execute("set local plan_cache_mode = 'force_generic_plan'")
    return conn


async def plan(conn: asyncpg.Connection, sql: str, *arguments: str) -> str:
    await conn.execute(f"prepare asked as {sql}")
    rows = await conn.fetch(f"explain (costs off) execute asked({', '.join(arguments)})")
    await conn.execute("deallocate asked")
    return "\n".join(row[0] for row in rows)


async def test_a_new_posting_looks_its_keys_up(crowded: asyncpg.Connection, now: datetime) -> None:
    job = await posting(crowded, now)

    shown = await plan(
        crowded, store.MATCH, f"'{job}'", f"'{now.isoformat()}'", "interval '7 days'", "interval '1 minute'"
    )

    assert "Bitmap Index Scan on searches_by_key" in shown, shown
    assert not re.search(r"Seq Scan on (searches|postings)", shown), shown


async def test_who_is_to_be_told_is_found_by_an_index(crowded: asyncpg.Connection, now: datetime) -> None:
    job = await posting(crowded, now)
    people = await crowded.fetch("select distinct account_id from saved_searches.searches")
    await crowded.execute(
        """insert into job_alerts.hits (account_id, posting_id, search_ids, way, found_at, due_at, told_at)
           select a, j.id, '{}', case when n % 2 = 0 then 'alert' else 'digest' end, $2, $2, $2
             from unnest($1::uuid[]) a
            cross join lateral (select p.id, row_number() over () as n from jobs.postings p limit 40) j
               on conflict do nothing""",
        [row[0] for row in people], now,
    )  # fmt: skip
    await crowded.execute("analyze job_alerts.hits")
    moment = f"'{now.isoformat()}'"

    alerts = await plan(crowded, store.TAKE_ALERTS, f"'{job}'", moment, "interval '7 days'", "1000", "5")
    digests = await plan(crowded, store.TAKE_DIGESTS, moment, "1000", "interval '7 days'", "interval '12 hours'")

    assert "hits_urgent" in alerts, alerts
    assert "hits_waiting" in digests, digests
    for shown in (alerts, digests):
        assert not re.search(r"Seq Scan on (hits|searches|postings|inbox)", shown), shown
