"""However many postings there are, the candidates are the first of an index each."""

from datetime import datetime
from typing import Any

import asyncpg
import msgspec

from longan.rooms.recommendations import store
from tests.recommendations.seeking import HOME


def nodes(tree: dict[str, Any]) -> list[dict[str, Any]]:
    return [tree, *(node for part in tree.get("Plans", []) for node in nodes(part))]


async def test_the_candidates_are_read_off_three_indexes_and_no_further_than_they_are_wanted(
    conn: asyncpg.Connection, now: datetime
) -> None:
    account = await conn.fetchval("select id from identity.accounts limit 1")
    lat, lon = await conn.fetchrow(
        "select lat, lon from places.units where code = $1 and version = places.version_on($2)", HOME, now
    )
    await conn.execute("set local plan_cache_mode = force_generic_plan")  # as our pools have it
    # As for more postings than are quickly gathered and sorted (bench/recommendations.py).
    await conn.execute("set local enable_seqscan = off")
    await conn.execute("set local enable_bitmapscan = off")
    await conn.execute("set local enable_sort = off")
    await conn.execute(f"prepare recommended as {store.PAGE}")
    try:
        text = await conn.fetchval(
            f"""explain (analyze, timing off, buffers off, format json)
                execute recommended ('{account}', '{now}', '{now}', {lat}, {lon}, '75', '{{}}', '{{may}}', '{{}}', null,
                                     null, null, null, null, null, 21)"""
        )
    finally:
        await conn.execute("deallocate recommended")

    plan = nodes(msgspec.json.decode(text)[0]["Plan"])
    read = {
        node["Index Name"]: node for node in plan if node.get("Relation Name") == "postings" and "Index Name" in node
    }
    assert set(read) == {"postings_of_ward", "postings_of_occupation", "postings_newest", "postings_pkey"}
    for name, most in (("postings_of_ward", 80), ("postings_of_occupation", 150), ("postings_newest", 200)):
        assert read[name]["Actual Rows"] <= most
