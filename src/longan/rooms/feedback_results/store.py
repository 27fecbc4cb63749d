"""SQL of the room, each statement above the function that runs it."""

from datetime import date, datetime
from uuid import UUID

import asyncpg

from longan.floor.database.db import many
from longan.rooms.feedback_results.models import Sums

SUMS = """f.month, f.category_code, sum(f.received)::integer as received, sum(f.refused)::integer as refused,
       sum(f.accept_judged)::integer as accept_judged, sum(f.accepted_in_time)::integer as accepted_in_time,
       sum(f.answer_judged)::integer as answer_judged, sum(f.answered_in_time)::integer as answered_in_time,
       sum(f.answered)::integer as answered, sum(f.reopened)::integer as reopened, sum(f.rated)::integer as rated,
       sum(f.stars)::integer as stars, max(f.counted_at) as counted_at"""

BY_UNIT = f"""-- feedback_results.by_unit
with places as materialized (
    select p.ward_version, p.ward_code
      from (select distinct g.ward_version, g.ward_code from feedback_results.figures g
             where g.province_code = $3 and g.month between $4 and $5) p
     where staff.may($1, 'feedback', p.ward_version, p.ward_code, $2))
select f.unit_id, u.name as unit_name, {SUMS}
  from feedback_results.figures f
  join places p on (p.ward_version, p.ward_code) is not distinct from (f.ward_version, f.ward_code)
  left join feedback_units.units u on u.id = f.unit_id
 where f.province_code = $3 and f.month between $4 and $5
   and ($6::uuid is null or f.unit_id = $6) and ($7::text is null or f.category_code = $7)
 group by f.month, f.category_code, f.unit_id, u.name
 order by f.month desc, f.category_code, u.name nulls first, f.unit_id
 limit 1000"""


async def by_unit(
    conn: asyncpg.Connection, official: UUID, now: datetime, province: str, first: date, last: date,
    unit: UUID | None, category: str | None,
) -> list[Sums]:  # fmt: skip
    """Of the wards that the official was appointed for, the latest month first."""
    return many(await conn.fetch(BY_UNIT, official, now, province, first, last, unit, category), Sums)


BY_CATEGORY = f"""-- feedback_results.by_category
select null::uuid as unit_id, null::text as unit_name, {SUMS}
  from feedback_results.figures f
 where f.province_code = $1 and f.month between $2 and $3
 group by f.month, f.category_code
 order by f.month desc, f.category_code
 limit 1000"""


async def by_category(conn: asyncpg.Connection, province: str, first: date, last: date) -> list[Sums]:
    """Of the whole province, the latest month first."""
    return many(await conn.fetch(BY_CATEGORY, province, first, last), Sums)


FORGET = """-- feedback_results.forget (worker)
delete from feedback_results.figures"""

# A term is judged when it is met or over; while the citizen is asked for more it is neither.
COUNT = """-- feedback_results.count (worker)
insert into feedback_results.figures
    (month, province_code, ward_version, ward_code, unit_id, category_code, received, refused, accept_judged,
     accepted_in_time, answer_judged, answered_in_time, answered, reopened, rated, stars, counted_at)
select date_trunc('month', r.created_at at time zone 'Asia/Ho_Chi_Minh')::date, r.province_code, r.ward_version,
       r.ward_code, r.unit_id, r.category_code, count(*), count(*) filter (where r.status = 'tu_choi'),
       count(*) filter (where r.accepted_at is not null or w.waits and r.accept_due_at < $1),
       count(*) filter (where r.accepted_at <= r.accept_due_at),
       count(*) filter (where w.is_answered or w.runs and r.due_at < $1),
       count(*) filter (where w.is_answered and r.answered_at <= r.due_at),
       count(*) filter (where w.is_answered), sum(r.reopened),
       count(r.rating), coalesce(sum(r.rating), 0), $1
  from feedback.reports r
 cross join lateral (
    select r.status = 'moi_gui' as waits,
           r.status in ('da_tra_loi', 'da_dong') and r.answered_at is not null as is_answered,
           r.status not in ('yeu_cau_bo_sung', 'da_tra_loi', 'da_dong', 'tu_choi') as runs) w
 where r.merged_into is null and r.withdrawn_at is null
 group by 1, 2, 3, 4, 5, 6"""


async def count_anew(tx: asyncpg.pool.PoolConnectionProxy, now: datetime) -> None:
    """All figures, from the reports as they are; whoever reads meanwhile sees the ones before."""
    await tx.execute(FORGET)
    await tx.execute(COUNT, now)
