"""The cells of the map of reports: of the quadtree of web maps, level by level, each with how many reports lie in it.

A cell is a number: the bits of its column and its row in turns, the row's first (Morton). The four cells of the next
level inside it are the numbers that follow it, so that a cell of any level is a range of those of a finer one.
"""

import asyncpg

FINEST = 20
"""The level of `feedback.reports.cell`."""

COARSEST_COUNTED, FINEST_COUNTED = 8, 16
"""The levels of `feedback.cells`, which the trigger on `feedback.reports` fills."""

GRID = 2_000
"""Rounded places in a degree."""

LINES_AT_ONCE = 50_000


def spread(number: int) -> int:
    """The bits of a number, a zero before each."""
    return int(f"{number:b}", 4)


def cell_of(x: int, y: int) -> int:
    """The cell in that column (from the west) and row (from the north) of its level."""
    return spread(x) | spread(y) << 1


def within(cell: int, level: int, finer: int) -> tuple[int, int]:
    """The cells of a finer level in a cell of `level`: from the first up to, without, the second."""
    bits = 2 * (finer - level)
    return cell << bits, (cell + 1) << bits


# Only what is deleted here is added, so that the sum of both tables never changes; lines that are being written
# meanwhile, or added up by another worker, are left for the next time. In the order of the cells, for two of us.
ADD_UP = """-- feedback_cells.add_up (worker)
with gone as (
    delete from feedback.cell_changes c
     where c.id in (select d.id from feedback.cell_changes d order by d.id limit $1 for update skip locked)
    returning c.level, c.cell, c.category_code, c.status, c.reports, c.lat, c.lon),
sums as (
    select level, cell, category_code, status, sum(reports)::integer as reports, sum(lat)::bigint as lats,
           sum(lon)::bigint as lons
      from gone
     group by level, cell, category_code, status),
added as (
    insert into feedback.cells as c (level, cell, category_code, status, reports, lats, lons)
    select s.level, s.cell, s.category_code, s.status, s.reports, s.lats, s.lons
      from sums s
     where (s.reports, s.lats, s.lons) <> (0, 0, 0)
     order by s.level, s.cell, s.category_code, s.status
        on conflict (level, cell, category_code, status) do update
       set reports = c.reports + excluded.reports, lats = c.lats + excluded.lats, lons = c.lons + excluded.lons
    returning 1)
select (select count(*) from gone) as lines, (select count(*) from added) as cells"""

EMPTY = """-- feedback_cells.empty (worker)
delete from feedback.cells c where (c.reports, c.lats, c.lons) = (0, 0, 0)"""


async def add_up(tx: asyncpg.Connection | asyncpg.pool.PoolConnectionProxy) -> bool:
    """Add so many lines of what changed to the cells; whether there may be more. Cells in which nothing lies any more
    go."""
    lines = await tx.fetchval(ADD_UP, LINES_AT_ONCE)
    await tx.execute(EMPTY)
    return bool(lines == LINES_AT_ONCE)
