"""SQL of the room, each statement above the function that runs it."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import asyncpg

from longan.floor.database.db import many, maybe
from longan.rooms.open311.models import Described, Found, TokenFor

DESCRIBED = """-- open311.described
select s.category_code, s.service_type, s.group_vi, s.group_en, s.keywords from open311.services s"""


async def described(conn: asyncpg.Connection) -> dict[str, Described]:
    return {each.category_code: each for each in many(await conn.fetch(DESCRIBED), Described)}


CHANGED = """-- open311.changed
select max(c.valid_from) from reference.feedback_categories c
 where c.valid_from <= $1 and (c.province_code is null or c.province_code = any($2))"""


async def changed_on(conn: asyncpg.Connection, day: date, provinces: Sequence[str]) -> date | None:
    """Since when the services are what they are."""
    return await conn.fetchval(CHANGED, day, provinces)  # type: ignore[no-any-return]


# A merged report follows the one it was merged into. Everybody reads what officials have made public; the partner that
# sent a report reads its own as well, in its own words, before and whether or not it is public, and what its sender is
# told.
_READ = """select r.code, coalesce(m.status, r.status) as status, r.category_code,
       case when r.visibility = 'public' then c.words when s.id is not null then r.description end as description,
       coalesce(case when r.visibility = 'public' then coalesce(mc.answer, c.answer) end,
                case when s.id is not null then (
                    select v.words from feedback.moves v
                     where v.report_id = r.id and v.side <> 'citizen' and v.words is not null
                     order by v.created_at desc, v.id desc limit 1) end) as answer, u.name as unit, r.created_at,
       case when coalesce(m.status, r.status) in ('da_tra_loi', 'da_dong', 'tu_choi')
            then coalesce(m.closed_at, m.answered_at, r.closed_at, r.answered_at, r.updated_at)
            else coalesce(m.updated_at, r.updated_at) end as updated_at,
       coalesce(m.due_at, r.due_at) as due_at, r.ward_code, w.name as ward, p.name as province, r.spot[1] as lat,
       r.spot[0] as lon, photo.id as photo_id
  from {rows} r
  left join feedback.reports m on m.id = r.merged_into
  left join open311_reports.submissions s on s.report_id = r.id and s.key_id = $1::uuid
  left join feedback_desk.public_copies c on c.report_id = r.id
  left join feedback_desk.public_copies mc on mc.report_id = m.id and m.visibility = 'public'
  left join feedback_units.units u on u.id = coalesce(m.unit_id, r.unit_id)
  left join places.units w on w.version = r.ward_version and w.code = r.ward_code
  left join places.units p on p.version = coalesce(r.ward_version, places.version_on($3)) and p.code = r.province_code
  left join lateral (
    select f.id from photos.uploads f
     where f.claimed_for = 'feedback' and f.subject = r.id and f.is_public and r.visibility = 'public'
     order by f.place limit 1) photo on true
 where r.province_code = $2"""

NAMED = f"""-- open311.named
{_READ.format(rows="feedback.reports")} and r.code = any($4) and (r.visibility = 'public' or s.id is not null)
 order by r.created_at desc, r.id desc"""


async def named(
    conn: asyncpg.Connection, key: UUID | None, province: str, now: datetime, codes: Sequence[str]
) -> list[Found]:
    """Those of the reports that may be read, by everybody or by that partner."""
    return many(await conn.fetch(NAMED, key, province, now, codes), Found)


# The rows of a page first, and all else of these alone: pages before it may be many.
_PAGE = """(
    select f.* from feedback.reports f
     where f.is_shown and f.province_code = $2 and f.created_at between $4 and $5
       and ($6::text[] is null or f.category_code = any($6)) and ($7::text[] is null or f.status = any($7))
     order by f.created_at desc, f.id desc
     limit $8 offset $9)"""

RECENT = f"""-- open311.recent
{_READ.format(rows=_PAGE)}
 order by r.created_at desc, r.id desc"""


async def recent(
    conn: asyncpg.Connection, province: str, now: datetime, since: datetime, until: datetime,
    categories: Sequence[str] | None, statuses: Sequence[str] | None, most: int, skipped: int,
) -> list[Found]:  # fmt: skip
    """Public reports sent between two moments, the latest first."""
    rows = await conn.fetch(RECENT, None, province, now, since, until, categories, statuses, most, skipped)
    return many(rows, Found)


REDEEM = """-- open311.redeem
select s.state, s.token, r.code
  from open311_reports.submissions s
  left join feedback.reports r on r.id = s.report_id
 where s.token = $1 and s.province_code = $2"""


async def redeem(conn: asyncpg.Connection, token: str, province: str) -> TokenFor | None:
    return maybe(await conn.fetchrow(REDEEM, token, province), TokenFor)
