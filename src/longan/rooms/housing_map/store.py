"""SQL of the room, each statement above the function that runs it."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

import asyncpg

from longan.floor.database.db import many
from longan.floor.housing.housing_cells import FINEST, ranges
from longan.floor.housing.housing_found import ALWAYS, LIST, SUSPENDED
from longan.rooms.housing_map.models import Shown

MOST_LOOKED_UP, WALK = 5_000, 10_000

# Whether a kind is given is asked in SQL: which index is read does not depend on it.
WANTED = "($4::text[] is null or {0}.kind = any($4)) and {0}.{1} between $5 and $6"
# The other end of what has none is said, for PostgreSQL thinks that a third of the rows are in it.
UNCONFIRMED = "l.stale_at > '-infinity' and l.stale_at <= $8"
# Counted are all that are open; those that are not shown although they are (unconfirmed since the worker came last,
# dormitories of suspended employers) are few, and taken off again.
UNSEEN = f"""select l.map_cell >> $7::integer as cell, -1 as listings, -housing_map.rounded(l.lat) as lats,
           -housing_map.rounded(l.lon) as lons
      from housing.listings l
     where l.status = 'open' and {{}} and {WANTED.format("l", "rent_band")}
       and exists (select from ranges r where l.map_cell >> $7::integer >= r.first
                      and l.map_cell >> $7::integer < r.until)"""

CLUSTERS = f"""-- housing_map.clusters
with ranges as materialized (select * from unnest($2::bigint[], $3::bigint[]) as r (first, until)),
counted as (
    select x.cell, x.listings::bigint as listings, x.lats, x.lons
      from ranges r
      join housing_map.cells x on x.level = $1 and x.cell >= r.first and x.cell < r.until
     where {WANTED.format("x", "band")}
     union all
    select x.cell, x.listings, x.lat, x.lon
      from ranges r
      join housing_map.cell_changes x on x.level = $1 and x.cell >= r.first and x.cell < r.until
     where {WANTED.format("x", "band")}
     union all
    {UNSEEN.format(UNCONFIRMED)}
     union all
    {UNSEEN.format(f"l.stale_at > $8 and l.employer_id = any({SUSPENDED})")}),
sums as (
    select c.cell, sum(c.listings)::integer as count, sum(c.lats)::float8 as lats, sum(c.lons)::float8 as lons
      from counted c
     group by c.cell
    having sum(c.listings) > 0)
select round((s.lats / s.count / 100000)::numeric, 6)::float8 as lat,
       round((s.lons / s.count / 100000)::numeric, 6)::float8 as lon, s.count, o.id as housing_id, o.kind, o.rent,
       0 as matches
  from sums s
  left join lateral (
       select l.id, l.kind, l.rent from housing.listings l
        where {ALWAYS.replace("{now}", "$8")} and l.map_cell >= s.cell << $7::integer
          and l.map_cell < (s.cell + 1) << $7::integer and {WANTED.format("l", "rent_band")}
        limit 1) o on s.count = 1
 order by s.cell"""


async def counted(
    conn: asyncpg.Connection, level: int, cells: list[int], kinds: list[str] | None, bands: tuple[int, int],
    now: datetime,
) -> list[Shown]:  # fmt: skip
    """What lies in the cells of a counted level; `bands` are the first and the last one of the rent."""
    firsts, untils = _columns(ranges(cells))
    rows = await conn.fetch(CLUSTERS, level, firsts, untils, kinds, *bands, 2 * (FINEST - level), now)
    return many(rows, Shown)


@cache
def _statement(given: frozenset[str], *, near: bool) -> tuple[str, tuple[str, ...]]:
    """The SQL when these values are given, and their order as its parameters. In a small part of the map all that lies
    there is read; in a large one the newest are looked through first, as for facets."""
    conditions = LIST.conditions(given)
    # In a small part its cells lead, in a large one what else leads to the matches.
    every = " and ".join([ALWAYS, *conditions, *([] if near else LIST.leading(given))])
    columns = "l.id, l.map_cell >> {shift}::integer as cell, l.lat, l.lon, l.kind, l.rent"
    # Said so that the cells are hashed: joined, each row would be compared with all of them.
    inside = "(l.map_cell >> {shift}::integer in (select unnest({cells}::bigint[]))) is true"
    if near:
        steps = f"""with matched as materialized (
    select {columns}
      from unnest({{firsts}}::bigint[], {{untils}}::bigint[]) as r (first, until)
      join housing.listings l on l.map_cell >= r.first and l.map_cell < r.until
     where {every}
     limit {MOST_LOOKED_UP + 1})"""
    else:
        steps = f"""with walked as materialized (
    select {columns}
      from (select l.* from housing.listings l where {ALWAYS}
             order by {LIST.orders["newest"].by} limit {WALK}) l
     where {" and ".join([*conditions, inside])}
     limit {MOST_LOOKED_UP + 1}),
matched as materialized (
    select w.* from walked w where (select count(*) from walked) = {MOST_LOOKED_UP + 1}
     union all
    (select {columns}
       from (select l.* from housing.listings l where {every} offset 0) l
      where (select count(*) from walked) <= {MOST_LOOKED_UP} and {inside}
      limit {MOST_LOOKED_UP + 1}))"""
    return LIST.numbered(f"""{steps}
select round(avg(m.lat)::numeric, 6)::float8 as lat, round(avg(m.lon)::numeric, 6)::float8 as lon,
       count(*)::integer as count, case when count(*) = 1 then any_value(m.id) end as housing_id,
       case when count(*) = 1 then any_value(m.kind) end as kind,
       case when count(*) = 1 then any_value(m.rent) end as rent,
       (select count(*) from matched)::integer as matches
  from (select * from matched limit {MOST_LOOKED_UP}) m
 group by m.cell
 order by m.cell""")


async def looked_up(
    conn: asyncpg.Connection, level: int, cells: list[int], values: Mapping[str, Any], *, near: bool
) -> list[Shown]:
    """What lies in the cells of any level, of at most MOST_LOOKED_UP that fit `values` (of `housing_found.LIST`)."""
    shift = 2 * (FINEST - level)
    firsts, untils = _columns([(first << shift, until << shift) for first, until in ranges(cells)])
    given = {**values, "shift": shift, "cells": cells, "firsts": firsts, "untils": untils}
    sql, names = _statement(frozenset(values), near=near)
    return many(await conn.fetch(sql.replace("-- housing_found.list", "-- housing_map.looked_up", 1),
                                 *(given[name] for name in names)), Shown)  # fmt: skip


def _columns(pairs: list[tuple[int, int]]) -> tuple[list[int], list[int]]:
    return [first for first, _ in pairs], [until for _, until in pairs]
