"""SQL of the room, each statement above the function that runs it."""

import asyncpg
import msgspec

from longan import queries
from longan.listing import Listing, Order, listing
from longan.page import Cursors
from longan.search import rank
from longan.services.models import ProcedurePage, Search

LEVEL = """case when 'xa' = any(p.levels) then 'xa' when 'tinh' = any(p.levels) then 'tinh'
            when 'nganh_doc' = any(p.levels) then 'nganh_doc' when 'bo' = any(p.levels) then 'bo' else 'khac' end"""

# Where the words stand comes first, what workers need second, a name that begins with them third; the weight of the
# words, a float4, is cut to thousandths so that a cursor holds it exactly.
RANK = f"""({rank("p.name_marked", "p.search_text", "p.search_text")} * 1000000
        + case when p.worker_group is null then 0 else 100000 end
        + case when starts_with(p.search_text, {{folded}}) then 10000 else 0 end
        + (ts_rank(p.search, {{tsquery}}::text::tsquery, 1) * 1000)::int)"""

LIST = listing(
    Listing(
        name="services.list",
        select=f"""select p.code, p.name, p.field_code, p.field, p.agency, p.levels, p.online_level,
       {LEVEL} as level, p.worker_group is null as is_rare, {{rank}} as rank
  from services.procedures p
 where true""",
        columns={"rank": ("marked", "0", RANK)},
        where={
            "q": "p.search @@ {tsquery}::text::tsquery",
            "field_code": "p.field_code = any({field_codes}::text[])",
            "level": "p.levels && {levels}::text[]",
            "online_level": "p.online_level = any({online_levels}::text[])",
            "audience": "p.audience && {audiences}::text[]",
        },
        orders={
            "workers_first": Order(
                by="(p.worker_group is null), p.code",
                after="((p.worker_group is null), p.code) > ({after_0}::bool, {after_1}::text)",
                position=("is_rare", "code"),
                kind=tuple[bool, str],
            ),
            "relevance": Order(
                by="{rank} desc, p.code",
                after="(-{rank}, p.code) > (-{after_0}::int, {after_1}::text)",
                position=("rank", "code"),
                kind=tuple[int, str],
                needs="marked",
            ),
        },
    )
)


async def search(
    conn: asyncpg.Connection, cursors: Cursors, asked: Search, cursor: str | None, limit: int
) -> ProcedurePage:
    """One page of procedures. Raises `InvalidRequest` for a cursor of another search."""
    values: dict[str, object] = {
        name: value
        for name in ("field_codes", "levels", "online_levels", "audiences")
        if (value := getattr(asked, name)) is not None
    }
    if asked.q:
        values |= queries.asked(asked.q)
    return await LIST.page(
        conn, cursors, "relevance" if asked.q else "workers_first", values, cursor, limit, ProcedurePage
    )


ONE = f"""-- services.one
select (jsonb_build_object(
           'code', p.code, 'code_valid', p.code_valid, 'name', p.name, 'field_code', p.field_code, 'field', p.field,
           'agency_code', p.agency_code, 'agency', p.agency, 'levels', p.levels, 'online_level', p.online_level,
           'level', {LEVEL}, 'audience', p.audience, 'worker_group', p.worker_group, 'updated_on', p.updated_on)
        || p.detail)::text
  from services.procedures p
 where p.code = $1"""


async def one(conn: asyncpg.Connection, code: str) -> msgspec.Raw | None:
    """A `models.Procedure`, as the JSON that goes out: it is large and stored whole, so it is never taken apart."""
    found: str | None = await conn.fetchval(ONE, code)
    return None if found is None else msgspec.Raw(found)
