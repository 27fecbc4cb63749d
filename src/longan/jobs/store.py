"""SQL of the room, each statement above the function that runs it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from longan.db import maybe
from longan.jobs.models import EmployerNotVerified, Job, JobIn, Search, WardUnknown
from longan.listing import Listing, Order, listing
from longan.page import Cursors, Cut
from longan.jobs.models import JobItem
from longan.search import fold, mark, tsquery

LIST = listing(
    Listing(
        name="jobs.list",
        select="""select j.id, j.title, (e.id, e.name, e.status = 'verified')::employers.brief as employer,
       (j.pay_min, j.pay_max, j.pay_currency, j.pay_period)::jobs.pay as pay,
       j.ward_code, j.province_code, j.published_at, j.expires_at,
       {distance_km} as distance_km, {rank} as rank, coalesce(j.pay_max, j.pay_min, 0) as best_pay
  from jobs.postings j
  join employers.employers e on e.id = j.employer_id
 where j.status = 'open' and j.expires_at > {now}""",
        columns={
            "distance_km": (
                "lat",
                "null::float8",
                "round((earth_distance(ll_to_earth({lat}, {lon}), ll_to_earth(j.lat, j.lon)) / 1000)::numeric, 3)::float8",
            ),
            "rank": (
                "marked",
                "0",
                "(case when strpos(j.title_marked, {marked}) > 0 then 2 when strpos(j.search_text, {folded}) > 0 then 1 else 0 end)",
            ),
        },
        where={
            "q": "j.search @@ {tsquery}::text::tsquery",
            "wards": "j.ward_version = places.version_on({now}::timestamptz::date) and j.ward_code = any({wards})",
            "province_code": "j.province_code = {province_code}",
            "near": "earth_box(ll_to_earth({lat}, {lon}), {metres}) @> ll_to_earth(j.lat, j.lon) and j.lat is not null "
            "and earth_distance(ll_to_earth({lat}, {lon}), ll_to_earth(j.lat, j.lon)) <= {metres}",
            "pay_min": "coalesce(j.pay_max, j.pay_min) >= {pay_min} and j.pay_currency = 'VND' and j.pay_period = 'month'",
            "employer_id": "j.employer_id = {employer_id}",
        },
        orders={
            "newest": Order(
                by="j.published_at desc, j.id desc",
                after="(j.published_at, j.id) < ({after_0}, {after_1})",
                position=("published_at", "id"),
                kind=tuple[datetime, UUID],
            ),
            "relevance": Order(
                by="{rank} desc, j.published_at desc, j.id desc",
                after="({rank}, j.published_at, j.id) < ({after_0}::int, {after_1}::timestamptz, {after_2}::uuid)",
                position=("rank", "published_at", "id"),
                kind=tuple[int, datetime, UUID],
                needs="marked",
            ),
            "pay": Order(
                by="coalesce(j.pay_max, j.pay_min, 0) desc, j.id desc",
                after="(coalesce(j.pay_max, j.pay_min, 0), j.id) < ({after_0}::bigint, {after_1}::uuid)",
                position=("best_pay", "id"),
                kind=tuple[int, UUID],
            ),
            "distance": Order(
                by="{distance_km}, j.id",
                after="({distance_km}, j.id) > ({after_0}::float8, {after_1}::uuid)",
                position=("distance_km", "id"),
                kind=tuple[float, UUID],
                needs="lat",
            ),
        },
    )
)
