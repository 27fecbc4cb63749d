"""SQL of the room, each statement above the function that runs it."""

from datetime import datetime
from uuid import UUID

import asyncpg

from longan.job_search.models import JobPage, Search
from longan.listing import Listing, Order, listing, newest
from longan.page import Cursors
from longan.postings import BRIEF
from longan.search import fold, mark, tsquery

LIST = listing(
    Listing(
        name="job_search.list",
        select=f"""select j.id, j.title, {BRIEF},
       j.published_at, j.expires_at, j.month_pay, {{rank}} as rank, {{chord}} as chord, {{distance}} as distance_km
  from jobs.postings j
  join employers.employers e on e.id = j.employer_id
 where j.status = 'open' and {{unexpired}}""",
        columns={
            "rank": (
                "marked",
                "0",
                "(case when strpos(j.title_marked, {marked}) > 0 then 2 "
                "when strpos(j.search_text, {folded}) > 0 then 1 else 0 end)",
            ),
            "distance": ("lat", "null::float8", "round((sec_to_gc({chord}) / 1000)::numeric, 3)::float8"),
            # The straight line through the earth: what the index can sort by.
            "chord": ("lat", "null::float8", "(j.point <-> ll_to_earth({lat}, {lon}))"),
            # The same said in two ways. To the planner the first fits two thirds of the rows whatever the time, so it
            # keeps one plan for the page everybody opens; the second a third, so that what was asked decides each time.
            "unexpired": ("narrowed", "(j.expires_at <= {now}) is not true", "j.expires_at > {now}"),
        },
        where={
            "q": "j.search @@ to_tsquery('simple', {tsquery})",
            "wards": "j.ward_version = places.version_on({now}::timestamptz) and j.ward_code = any({wards})",
            "province_code": "j.province_code = {province_code}",
            "near": "earth_box(ll_to_earth({lat}, {lon}), {metres}) @> j.point and sec_to_gc({chord}) <= {metres}",
            "pay_min": "j.month_pay >= {pay_min}",
            "employer_id": "j.employer_id = {employer_id}",
        },
        orders={
            "newest": newest("j.published_at", "j.id"),
            "relevance": Order(
                by="{rank} desc, j.published_at desc, j.id desc",
                after="({rank}, j.published_at, j.id) < ({after_0}::int, {after_1}::timestamptz, {after_2}::uuid)",
                position=("rank", "published_at", "id"),
                kind=tuple[int, datetime, UUID],
                needs="marked",
            ),
            "pay": Order(
                by="j.month_pay desc, j.id desc",
                after="(j.month_pay, j.id) < ({after_0}, {after_1})",
                position=("month_pay", "id"),
                kind=tuple[int, UUID],
            ),
            "distance": Order(
                by="{chord}, j.id",
                after="({chord}, j.id) > ({after_0}::float8, {after_1}::uuid)",
                position=("chord", "id"),
                kind=tuple[float, UUID],
                needs="lat",
            ),
        },
    )
)


async def search(conn: asyncpg.Connection, cursors: Cursors, asked: Search, cursor: str | None, limit: int) -> JobPage:
    """One page of open postings.

    Raises `InvalidRequest` for a cursor of another search, or an order that needs `q` or a point and has none.
    """
    sort = asked.sort or ("distance" if asked.lat is not None else "relevance" if asked.q else "newest")
    return await LIST.page(conn, cursors, sort, _values(asked), cursor, limit, JobPage)


def _values(asked: Search) -> dict[str, object]:
    values: dict[str, object] = {
        name: value
        for name in ("now", "wards", "province_code", "lat", "lon", "metres", "pay_min", "employer_id")
        if (value := getattr(asked, name)) is not None
    }
    if asked.q:
        values |= {"tsquery": tsquery(asked.q), "marked": mark(asked.q), "folded": fold(asked.q)}
    return values if values.keys() == {"now"} else {**values, "narrowed": True}
