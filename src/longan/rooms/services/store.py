"""SQL of the room, each statement above the function that runs it."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import asyncpg

from longan.floor.database.db import many
from longan.floor.database.listing import Listing, Order, listing
from longan.floor.database.page import Cursors
from longan.floor.search.queries import Query
from longan.rooms.services.models import (
    FieldList,
    ProcedureField,
    ProcedureItem,
    ProcedurePage,
    ProcedureSuggestion,
)

LEVEL = """case when 'xa' = any(p.levels) then 'xa' when 'tinh' = any(p.levels) then 'tinh'
            when 'nganh_doc' = any(p.levels) then 'nganh_doc' when 'bo' = any(p.levels) then 'bo' else 'khac' end"""
ITEM = f"p.code, p.name, p.field_code, p.field, p.agency, {LEVEL} as level, p.levels, p.online_level, p.code_valid"
HOME = """(select u.fold from places.units u
            where u.version = (select max(v.version) from places.versions v) and u.code = {home})"""

# Where the words stand comes first: 3 in the name with these marks, 2 in the name, 1 elsewhere (a single word stands
# somewhere). Then what workers need, then the shorter name; what another province has issued comes last of those.
# Before all comes the one that is called just so, then the steps of an event that is named, in their order (unless the
# event is named by another word than its own: then those first of which the words speak). What does not change from
# row to row is a parameter: a generic plan would make it anew for each.
HITS = """(case when strpos(p.name_folded, {in_name}) > 0
              then case when starts_with(p.name_marked, {marked}) or strpos(p.name_marked, {in_marked}) > 0
                        then 3 else 2 end
              when {is_one_word}::bool or strpos(p.search_text, {folded}) > 0 then 1 else 0 end)"""
RANK = f"""(case when {{leads}}::bool and p.code = any({{event_codes}}::text[])
         then 5000000 + {HITS} * {{by_words}}::int - array_position({{event_codes}}::text[], p.code) * 1000
         else {HITS} * 1000000 + p.weight
              - case when p.local_to is null or p.local_to = {HOME} then 0 else 500000 end end
        + case when p.name_folded = any({{called}}::text[]) then 4000000 else 0 end)"""


class Picked(Listing, frozen=True):
    """A list whose rows are picked by what their order needs, and shown then: to carry all that is shown of a thousand
    rows through the sorting would take longer than the sorting."""

    def statement(self, sort: str, given: frozenset[str], limit: int) -> tuple[str, tuple[str, ...]]:
        """As `Listing.statement`."""
        order = self.orders[sort]
        chosen = {
            name: with_it if value in given else without for name, (value, without, with_it) in self.columns.items()
        }
        conditions = "\n       and ".join(self.conditions(given, order.after)) or "true"
        return self.numbered(f"""with picked as materialized (
    select p.code, {chosen["rank"]} as rank
      from services.procedures p
     where {conditions}
     order by {"rank desc, p.code" if order.needs else order.by}
     limit {limit})
{self.select}
 order by {"k.rank desc, p.code" if order.needs else order.by}""")


LIST = listing(
    Picked(
        name="services.list",
        select=f"""select {ITEM},
       p.worker_group is null as is_rare, k.rank
  from picked k
  join services.procedures p on p.code = k.code""",
        columns={"rank": ("marked", "0", RANK)},
        where={
            "q": "(p.search @@ {words}::text::tsquery or p.code = any({event_codes}::text[]))",
            "field_code": "array[p.field_code] && {field_codes}::text[]",
            "level": "p.levels && {levels}::text[]",
            "online_level": "array[p.online_level] && {online_levels}::text[]",
            "audience": "p.audience && {audiences}::text[]",
            "who": "p.who && {who}::text[]",
            "life_event": "p.code = any({steps}::text[])",
            "province_code": f"(p.local_to is null or p.local_to = {HOME.format(home='{province_code}')})",
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


async def page(
    conn: asyncpg.Connection, cursors: Cursors, values: dict[str, Any], asked: Mapping[str, object],
    cursor: str | None, limit: int,
) -> ProcedurePage:  # fmt: skip
    """One page of procedures, without why each is on it. Raises `InvalidRequest` for a cursor of another search."""
    sort = "relevance" if "marked" in values else "workers_first"
    return await LIST.page(conn, cursors, sort, values, cursor, limit, ProcedurePage, asked)


class Known(NamedTuple):
    """For each word that no procedure has the ones that look like it, as JSON; whether the last word is a whole one."""

    near: str
    is_whole: bool


KNOWN = """-- services.known
select (select coalesce(jsonb_object_agg(w.word, w.near), '{}') from services.near_words($1, $2) w)::text as near,
       exists (select from services.words w where w.word = $2) as is_whole"""


async def known(conn: asyncpg.Connection, query: Query) -> Known:
    """What the procedures know of the words."""
    row = await conn.fetchrow(KNOWN, query.lone_words(), query.unfinished())
    assert row is not None  # a query without a FROM has one row
    return Known(row["near"], row["is_whole"])


# What is counted has few combinations: PostgreSQL counts these, and they are taken apart here.
FACETS = """select p.field_code, p.field, p.kinds, count(*) as count
  from services.procedures p
 where {given}
 group by grouping sets ((p.field_code, p.field), (p.kinds))"""


@cache
def facets_statement(given: frozenset[str]) -> tuple[str, tuple[str, ...]]:
    """The SQL when these values are given, and their order as its parameters."""
    conditions = " and ".join(LIST.conditions(given)) or "true"
    sql, names = LIST.numbered(FACETS.replace("{given}", conditions))
    return sql.replace("-- services.list\n", "-- services.facets\n", 1), names


async def facets(conn: asyncpg.Connection, values: Mapping[str, Any]) -> list[asyncpg.Record]:
    """`field_code`, `field` and `count`, or `kinds` (levels; online level; audience; who) and `count`."""
    sql, names = facets_statement(frozenset(values))
    rows: list[asyncpg.Record] = await conn.fetch(sql, *(values[name] for name in names))
    return rows


SUGGEST_NAMES = """-- services.suggest_names
select 'procedure' as kind, p.name as text, p.code as value
  from services.procedures p
 where (p.name_folded >= ' ' || $1 and p.name_folded < ' ' || $1 || '~'
        or p.name_folded >= ' thu tuc ' || $1 and p.name_folded < ' thu tuc ' || $1 || '~')
   and p.local_to is null
 order by p.weight desc, p.code
 limit $2"""


async def suggest_names(conn: asyncpg.Connection, beginning: str, limit: int) -> list[ProcedureSuggestion]:
    """Procedures of everywhere whose name begins with the folded text, those of workers and the shorter names first."""
    return many(await conn.fetch(SUGGEST_NAMES, beginning, limit), ProcedureSuggestion)


SUGGEST_FIELDS = """-- services.suggest_fields
select 'field' as kind, f.field as text, min(f.field_code) as value
  from (select p.field, p.field_code from services.procedures p
         where split_part(p.search_text, E'\\n', 2) >= $1 and split_part(p.search_text, E'\\n', 2) < $1 || '~') f
 group by f.field
 order by count(*) desc, f.field
 limit 4"""


async def suggest_fields(conn: asyncpg.Connection, beginning: str) -> list[ProcedureSuggestion]:
    """Fields whose name begins with the folded text, those of many procedures first."""
    return many(await conn.fetch(SUGGEST_FIELDS, beginning), ProcedureSuggestion)


FIELDS = """-- services.fields
select p.field_code as code, min(p.field) as name, count(*) as count
  from services.procedures p
 group by p.field_code
 order by count(*) desc, p.field_code"""


async def fields(conn: asyncpg.Connection) -> FieldList:
    """Every field, those of many procedures first."""
    return FieldList(many(await conn.fetch(FIELDS), ProcedureField))


BY_CODE = f"""-- services.by_code
select {ITEM} from services.procedures p where p.code = any($1)"""


async def by_code(conn: asyncpg.Connection, codes: Sequence[str]) -> dict[str, ProcedureItem]:
    """Those of the codes that there are."""
    return {item.code: item for item in many(await conn.fetch(BY_CODE, codes), ProcedureItem)}


class Stored(NamedTuple):
    """A `procedures.Procedure` as JSON, whom it is for, and whether another province has issued it."""

    procedure: str
    who: list[str]
    elsewhere: bool


ONE = f"""-- services.one
select (jsonb_build_object(
           'code', p.code, 'code_valid', p.code_valid, 'name', p.name, 'field_code', p.field_code, 'field', p.field,
           'agency_code', p.agency_code, 'agency', p.agency, 'levels', p.levels, 'online_level', p.online_level,
           'level', {LEVEL}, 'audience', p.audience, 'worker_group', p.worker_group, 'updated_on', p.updated_on)
        || p.detail)::text as procedure,
       p.who, coalesce(p.local_to <> {HOME.format(home="$2")}, false) as elsewhere
  from services.procedures p
 where p.code = $1"""


async def one(conn: asyncpg.Connection, code: str, home: str) -> Stored | None:
    row = await conn.fetchrow(ONE, code, home)
    return None if row is None else Stored(row["procedure"], row["who"], row["elsewhere"])


# Of those with the same name, what another province has issued is nobody's business here.
RELATED = f"""-- services.related
select p.code, p.name, p.agency
  from services.procedures p
 where p.code = any($1)
 union
select p.code, p.name, p.agency
  from services.procedures o
  join services.procedures p on p.name_folded = o.name_folded
 where o.code = $2 and p.code <> o.code
   and (p.local_to is null or p.local_to = {HOME.format(home="$3")})
 order by code"""


async def related(conn: asyncpg.Connection, codes: Sequence[str], code: str, home: str) -> list[asyncpg.Record]:
    """`code`, `name` and `agency` of these, and of those that have the same name as `code`."""
    rows: list[asyncpg.Record] = await conn.fetch(RELATED, codes, code, home)
    return rows
