"""How many of the rows a list finds have what, counted over some of them when they are very many."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import asyncpg

from longan.floor.database.listing import LISTINGS
from longan.floor.database.walked import Walked

MOST_COUNTED = 10_000
MOST_VALUES = 50
WALK = 30_000
"""So many of the newest are looked through before all matches are gathered, as for the pages of the list."""

Dimensions = tuple[tuple[str, str], ...]
"""Names with SQL over a row of the list's table: arrays of text, each value of which counts."""


async def count(
    conn: asyncpg.Connection, listed: Walked, dimensions: Dimensions, values: Mapping[str, Any]
) -> tuple[int, list[asyncpg.Record]]:
    """How many rows fit, MOST_COUNTED + 1 when there are more than were counted; and `facet`, `value`, `count`, the
    most frequent first, at most MOST_VALUES of each. Which ones of too many are counted, the database chooses."""
    sql, names = statement(listed.name, dimensions, frozenset(values))
    total, *rows = await conn.fetch(sql, *(values[name] for name in names))
    return total["count"], rows


@cache
def statement(name: str, dimensions: Dimensions, given: frozenset[str]) -> tuple[str, tuple[str, ...]]:
    """The SQL for the list of that name when these values are given, and their order as its parameters."""
    listed = LISTINGS[name]
    assert isinstance(listed, Walked)
    conditions = listed.conditions(given)
    every = " and ".join([listed.always, *conditions, *listed.leading(given)])
    columns = ", ".join(f"{_alone(sql) or sql} as {facet}" for facet, sql in dimensions)
    # To take each array of one value apart would cost more than all else together.
    tallied = "\n     union all ".join(
        f"select '{facet}' as facet, c.{facet} as value, count(*) as count from counted c group by c.{facet}"
        if _alone(sql)
        else f"select '{facet}', v.value, count(*) from counted c, unnest(c.{facet}) v (value) group by v.value"
        for facet, sql in dimensions
    )
    sql, names = listed.numbered(f"""with walked as materialized (
    select {columns}
      from (select {listed.alias}.* from {listed.table} where {listed.always}
             order by {listed.orders["newest"].by} limit {WALK}) {listed.alias}
     where {" and ".join(conditions) or "true"}
     limit {MOST_COUNTED + 1}),
matched as materialized (
    select w.* from walked w where (select count(*) from walked) = {MOST_COUNTED + 1}
     union all
    (select {columns}
       from (select {listed.alias}.* from {listed.table} where {every} offset 0) {listed.alias}
      where (select count(*) from walked) <= {MOST_COUNTED}
      limit {MOST_COUNTED + 1})),
counted as (select m.* from matched m limit {MOST_COUNTED}),
tallied (facet, value, count) as (
    {tallied}),
placed as (
    select t.*, row_number() over (partition by t.facet order by t.count desc, t.value) as place
      from tallied t
     where t.value is not null)
select null as facet, null as value, count(*) as count, 0 as place from matched
 union all
select p.facet, p.value, p.count, p.place from placed p where p.place <= {MOST_VALUES}
 order by place""")
    return sql.replace(f"-- {name}\n", f"-- {name.partition('.')[0]}.facets\n", 1), names


def _alone(sql: str) -> str | None:
    """The value, where the array is written as one of a single value."""
    inside = sql.removeprefix("array[").removesuffix("]")
    return inside if sql == f"array[{inside}]" and "," not in inside else None
