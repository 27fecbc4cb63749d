"""SQL of the room, each statement above the function that runs it."""

from datetime import datetime
from uuid import UUID

import asyncpg

from longan.floor.database.db import many
from longan.floor.database.listing import Listing, Order, listing, newest
from longan.floor.database.page import Cursors
from longan.floor.feedback.feedback_cells import COARSEST_COUNTED, FINEST, FINEST_COUNTED, GRID, within
from longan.floor.pictures.uploads import public_path
from longan.rooms.feedback_map.models import (
    Asked,
    FeedbackCluster,
    FeedbackPicture,
    FeedbackStep,
    PublicFeedbackPage,
    SimilarFeedback,
    Sort,
    Tile,
)

POINT = "ll_to_earth({lat}, {lon})"
CENTRE = "point(({west}::float8 + {east}::float8) / 2, ({south}::float8 + {north}::float8) / 2)"

LIST = listing(
    Listing(
        name="feedback_map.list",
        select="""select r.id, r.code, r.category_code, c.words as description, r.spot[1] as lat, r.spot[0] as lon,
       r.ward_code, u.name as ward, r.status, r.supporters, r.due_at, r.answered_at, r.created_at,
       {distance} as distance_km, {chord} as chord, {off} as off
  from feedback.reports r
  join feedback_desk.public_copies c on c.report_id = r.id
  left join places.units u on u.version = r.ward_version and u.code = r.ward_code
 where r.is_shown""",
        columns={
            "distance": ("lat", "null::float8", "round((sec_to_gc({chord}) / 1000)::numeric, 3)::float8"),
            # The straight line through the earth: what the index can sort by.
            "chord": ("lat", "null::float8", f"(r.point <-> {POINT})"),
            "off": ("west", "null::float8", f"(r.spot <-> {CENTRE})"),
        },
        where={
            # One ward by itself: its reports lie in the order of the list.
            "ward": "r.ward_version = (select places.version_on({now}::timestamptz)) and r.ward_code = {ward}",
            "wards": "r.ward_version = (select places.version_on({now}::timestamptz)) "
            "and r.ward_code = any({wards}::text[])",
            "category_code": "r.category_code = {category_code}",
            "status": "r.status = {status}",
            "is_open": "(r.status not in ('da_dong', 'tu_choi')) = {is_open}::boolean",
            "around": f"(select earth_box({POINT}, {{metres}})) @> r.point",
            "near": "sec_to_gc({chord}) <= {metres}",
            "box": "r.spot <@ box(point({west}::float8, {south}::float8), point({east}::float8, {north}::float8))",
        },
        orders={
            "newest": newest("r.created_at", "r.id"),
            "distance": Order(
                by="{chord}, r.id",
                after="({chord}, r.id) > ({after_0}::float8, {after_1}::uuid)",
                position=("chord", "id"),
                kind=tuple[float, UUID],
                needs="lat",
            ),
            "centre": Order(
                by="{off}, r.id",
                after="({off}, r.id) > ({after_0}::float8, {after_1}::uuid)",
                position=("off", "id"),
                kind=tuple[float, UUID],
                needs="west",
            ),
        },
    )
)


async def page(
    conn: asyncpg.Connection, cursors: Cursors, asked: Asked, cursor: str | None, limit: int
) -> PublicFeedbackPage:
    """One page: around a point the nearest first, in a box those nearest to its middle, else the newest. Raises
    `InvalidRequest` for a cursor of another list."""
    given = {
        "category_code": asked.category_code, "status": asked.status, "is_open": asked.is_open,
        "lat": asked.lat, "lon": asked.lon, "metres": asked.metres,
    }  # fmt: skip
    values: dict[str, object] = {name: value for name, value in given.items() if value is not None}
    if asked.box is not None:
        values |= dict(zip(("west", "south", "east", "north"), asked.box, strict=True))
    if asked.wards is not None:
        one_of_them = {"ward": asked.wards[0]} if len(asked.wards) == 1 else {"wards": asked.wards}
        values |= {"now": asked.now, **one_of_them}
    sort: Sort = "distance" if asked.lat is not None else "newest" if asked.box is None else "centre"
    return await LIST.page(conn, cursors, sort, values, cursor, limit, PublicFeedbackPage)


ONE = """-- feedback_map.one
select r.id, r.code, r.category_code, c.words as description, c.answer, r.spot[1] as lat, r.spot[0] as lon,
       r.ward_code, u.name as ward, r.status, r.is_urgent, r.supporters, r.rating, r.due_at, r.created_at,
       r.answered_at, r.closed_at, r.version, r.province_code
  from feedback.reports f
  join feedback.reports r on r.id = coalesce(f.merged_into, f.id)
  join feedback_desk.public_copies c on c.report_id = r.id
  left join places.units u on u.version = r.ward_version and u.code = r.ward_code
 where f.code = $1 and f.visibility = 'public' and r.is_shown"""

STEPS = """-- feedback_map.steps
select m.to_status as status, m.created_at as at
  from feedback.moves m
 where m.report_id = $1
 order by m.created_at, m.id"""

PHOTOS = """-- feedback_map.photos
select p.id, p.width, p.height
  from photos.uploads p
 where p.claimed_for = 'feedback' and p.is_public
   and (p.subject = $1 or p.subject in (select m.id from feedback.moves m where m.report_id = $1))
 order by p.subject <> $1, p.subject, p.place"""


async def one(conn: asyncpg.Connection, code: str) -> asyncpg.Record | None:
    """The public report of a code; of one that was merged, the one it was merged into."""
    return await conn.fetchrow(ONE, code)


async def steps(conn: asyncpg.Connection, report: UUID) -> list[FeedbackStep]:
    return many(await conn.fetch(STEPS, report), FeedbackStep)


async def photos(conn: asyncpg.Connection, report: UUID) -> list[FeedbackPicture]:
    """Those that an official has published."""
    return [
        FeedbackPicture(
            row["id"], row["width"], row["height"], public_path(row["id"]),
            f"{public_path(row['id'])}?size=thumbnail",
        )
        for row in await conn.fetch(PHOTOS, report)
    ]  # fmt: skip


# Those of the caller that nobody else sees yet are among them: the first thing one forgets is one's own report.
SIMILAR = """-- feedback_map.similar
with found as (
    (select r.id from feedback.reports r
      where r.is_shown and r.category_code = $2 and (select earth_box(ll_to_earth($3, $4), $5)) @> r.point
        and r.status not in ('da_dong', 'tu_choi') and r.created_at >= $6
      limit 200)
     union
    select r.id from feedback.reports r
     where r.account_id = $1 and r.merged_into is null and r.category_code = $2 and r.created_at >= $6
       and r.status not in ('da_dong', 'tu_choi'))
select r.id, r.code, o.own, case when o.own then r.description else c.words end as description, r.status, r.supporters,
       exists (select from feedback.supporters s where s.report_id = r.id and s.account_id = $1) as supported,
       round(d.metres)::integer as distance_m, r.created_at
  from found f
  join feedback.reports r on r.id = f.id
  left join feedback_desk.public_copies c on c.report_id = r.id
 cross join lateral (select coalesce(r.account_id = $1, false) as own) o
 cross join lateral (select earth_distance(r.point, ll_to_earth($3, $4)) as metres) d
 where (o.own or c.report_id is not null) and d.metres <= $5
 order by d.metres, r.created_at desc, r.id
 limit 5"""


async def similar(
    conn: asyncpg.Connection, account: UUID, category: str, lat: float, lon: float, metres: int, since: datetime
) -> list[SimilarFeedback]:
    """Reports of the category around a point that are not over, the nearest first, at most 5."""
    rows = await conn.fetch(SIMILAR, account, category, lat, lon, float(metres), since)
    return many(rows, SimilarFeedback)


# Whether the filters are given is asked in SQL: which index is read does not depend on them.
WANTED = "($4::text[] is null or {0}.category_code = any($4)) and ($5::text[] is null or {0}.status = any($5))"
COUNTED = f"""select x.cell, x.category_code, x.status, x.reports::bigint as reports, x.lats, x.lons
      from feedback.cells x
     where x.level = $1 and x.cell >= $2 and x.cell < $3 and {WANTED.format("x")}
     union all
    select x.cell, x.category_code, x.status, x.reports, x.lat, x.lon
      from feedback.cell_changes x
     where x.level = $1 and x.cell >= $2 and x.cell < $3 and {WANTED.format("x")}"""

# Of a cell with one report the report itself: its number at the finest level begins with the cell's.
CLUSTERS = f"""-- feedback_map.clusters
with sums as (
    select (k.cell >> $6::integer) as cell, sum(k.reports)::integer as count, sum(k.lats)::float8 as lats,
           sum(k.lons)::float8 as lons
      from ({COUNTED}) k
     group by 1
    having sum(k.reports) > 0)
select round((s.lats / s.count / {GRID})::numeric, 6)::float8 as lat,
       round((s.lons / s.count / {GRID})::numeric, 6)::float8 as lon, s.count, r.code, r.category_code, r.status
  from sums s
  left join lateral (
       select y.code, y.category_code, y.status from feedback.reports y
        where y.is_shown and y.cell >= s.cell << $7::integer and y.cell < (s.cell + 1) << $7::integer
          and {WANTED.format("y")}
        limit 1) r on s.count = 1
 order by s.cell"""

# Where a tile is so small that its reports are few.
DIRECT = f"""-- feedback_map.direct
select round(avg(r.spot[1])::numeric, 6)::float8 as lat, round(avg(r.spot[0])::numeric, 6)::float8 as lon,
       count(*)::integer as count, case when count(*) = 1 then min(r.code) end as code,
       case when count(*) = 1 then min(r.category_code) end as category_code,
       case when count(*) = 1 then min(r.status) end as status
  from feedback.reports r
 where r.is_shown and r.cell >= $2 and r.cell < $3 and {WANTED.format("r")}
 group by r.cell >> $1::integer
 order by r.cell >> $1::integer"""

DEEPER = 3
"""A tile has the cells of so many levels below it: 8 x 8."""


async def clusters(
    conn: asyncpg.Connection, tile: Tile, cell: int, categories: list[str] | None, statuses: list[str] | None
) -> list[FeedbackCluster]:
    """What is shown in a tile, whose cell of its own level is `cell`."""
    shown = min(tile.z + DEEPER, FINEST)
    if shown > FINEST_COUNTED:
        first, end = within(cell, tile.z, FINEST)
        rows = await conn.fetch(DIRECT, 2 * (FINEST - shown), first, end, categories, statuses)
    else:
        level = max(shown, COARSEST_COUNTED)
        first, end = within(cell, tile.z, level)
        rows = await conn.fetch(
            CLUSTERS, level, first, end, categories, statuses, 2 * (level - shown), 2 * (FINEST - shown)
        )
    return many(rows, FeedbackCluster)


FACETS = f"""-- feedback_map.facets
select k.category_code, k.status, sum(k.reports)::integer as count
  from ({COUNTED}) k
 group by k.category_code, k.status
having sum(k.reports) > 0"""

DIRECT_FACETS = f"""-- feedback_map.direct_facets
select r.category_code, r.status, count(*)::integer as count
  from feedback.reports r
 where r.is_shown and r.cell >= $2 and r.cell < $3 and $1::integer > 0 and {WANTED.format("r")}
 group by r.category_code, r.status"""


async def counts(conn: asyncpg.Connection, tile: Tile, cell: int) -> dict[tuple[str, str], int]:
    """How many reports there are of each category and status in a tile."""
    level = max(tile.z, COARSEST_COUNTED)
    direct = level > FINEST_COUNTED
    first, end = within(cell, tile.z, FINEST if direct else level)
    rows = await conn.fetch(DIRECT_FACETS if direct else FACETS, level, first, end, None, None)
    return {(row["category_code"], row["status"]): row["count"] for row in rows}
