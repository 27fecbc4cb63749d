"""The cells of the map of listings, numbered as those of `feedback_cells`: which a box touches, and how they are added
up."""

import math
from itertools import pairwise

import asyncpg

from longan.floor.feedback.feedback_cells import cell_of

FINEST = 20
"""The level of `housing.listings.map_cell`."""

COARSEST_COUNTED, FINEST_COUNTED = 8, 16
"""The levels of `housing_map.cells`, which the trigger on `housing.listings` fills."""

DEEPER = 2
"""A zoom is shown in cells of so many levels below it: 64 x 64 pixels each."""

EDGES = tuple(each * 100_000 for each in (5, 10, 15, 20, 25, 30, 40, 50, 70, 100))
"""Rents for which there are counted cells, as housing_map.band has them."""

LINES_AT_ONCE = 50_000

Box = tuple[float, float, float, float]
"""West, south, east, north in degrees."""


def columns_and_rows(box: Box, level: int) -> tuple[range, range]:
    """The columns and rows of the cells that a box touches."""
    west, south, east, north = box
    return range(_column(west, level), _column(east, level) + 1), range(_row(north, level), _row(south, level) + 1)


def ranges(cells: list[int]) -> list[tuple[int, int]]:
    """Cells in their order as ranges, each from its first one up to, without, its second."""
    if not cells:
        return []
    gaps = [(one, other) for one, other in pairwise(cells) if other != one + 1]
    starts = [cells[0], *(other for _, other in gaps)]
    return list(zip(starts, [*(one + 1 for one, _ in gaps), cells[-1] + 1], strict=True))


def cells_of(columns: range, rows: range) -> list[int]:
    """Their numbers, in order."""
    return sorted(cell_of(x, y) for x in columns for y in rows)


def bands(rent_min: int | None, rent_max: int | None) -> tuple[int, int] | None:
    """The first and the last band of these bounds, None where one of them is on no edge."""
    known = {edge: 2 * number + 1 for number, edge in enumerate(EDGES)}
    if rent_min not in (None, *EDGES) or rent_max not in (None, *EDGES):
        return None
    return known.get(rent_min or 0, 0), known.get(rent_max or 0, 2 * len(EDGES))


def _column(lon: float, level: int) -> int:
    return min(max(math.floor((lon + 180) / 360 * (1 << level)), 0), (1 << level) - 1)


def _row(lat: float, level: int) -> int:
    north = min(max(lat, -85.0), 85.0)
    down = (1 - math.asinh(math.tan(math.radians(north))) / math.pi) / 2
    return min(max(math.floor(down * (1 << level)), 0), (1 << level) - 1)


# As feedback_cells.ADD_UP.
ADD_UP = """-- housing_cells.add_up (worker)
with gone as (
    delete from housing_map.cell_changes c
     where c.id in (select d.id from housing_map.cell_changes d order by d.id limit $1 for update skip locked)
    returning c.level, c.cell, c.kind, c.band, c.listings, c.lat, c.lon),
sums as (
    select level, cell, kind, band, sum(listings)::integer as listings, sum(lat)::bigint as lats,
           sum(lon)::bigint as lons
      from gone
     group by level, cell, kind, band),
added as (
    insert into housing_map.cells as c (level, cell, kind, band, listings, lats, lons)
    select s.level, s.cell, s.kind, s.band, s.listings, s.lats, s.lons
      from sums s
     where (s.listings, s.lats, s.lons) <> (0, 0, 0)
     order by s.level, s.cell, s.kind, s.band
        on conflict (level, cell, kind, band) do update
       set listings = c.listings + excluded.listings, lats = c.lats + excluded.lats, lons = c.lons + excluded.lons
    returning 1)
select (select count(*) from gone) as lines, (select count(*) from added) as cells"""

EMPTY = """-- housing_cells.empty (worker)
delete from housing_map.cells c where (c.listings, c.lats, c.lons) = (0, 0, 0)"""


async def add_up(tx: asyncpg.Connection | asyncpg.pool.PoolConnectionProxy) -> bool:
    """Add so many lines of what changed to the cells; whether there may be more. Cells in which nothing lies any more
    go."""
    lines = await tx.fetchval(ADD_UP, LINES_AT_ONCE)
    await tx.execute(EMPTY)
    return bool(lines == LINES_AT_ONCE)
