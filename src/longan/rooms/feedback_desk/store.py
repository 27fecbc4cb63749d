"""SQL of the room, each statement above the function that runs it."""

from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from longan.floor.database.db import many, maybe
from longan.floor.database.listing import Listing, Order, listing, newest
from longan.floor.database.page import Cursors
from longan.rooms.feedback_desk.models import (
    Alarm,
    FeedbackLookPage,
    Merged,
    MergedReport,
    PublicCopy,
    QueueCounts,
    QueuedFeedbackPage,
    ReportRow,
    SenderRow,
    Sort,
    StatusCount,
    StoryAct,
    StoryStep,
)

# What staff.may says of one ward, of all at once: hashed for the statement.
WITHIN = """((select bool_or(w.code is null) from feedback_desk.reach({official_id}, {now}) w)
        or (r.ward_version, r.ward_code) in (
           select w.version, w.code from feedback_desk.reach({official_id}, {now}) w where w.code is not null))"""
NOT_OPEN = "('da_tra_loi', 'da_dong', 'tu_choi')"
NEXT_DUE = "feedback_desk.due(r.accepted_at, r.accept_due_at, r.due_at)"
# While the citizen is asked nothing becomes late.
IS_LATE = f"({NEXT_DUE} < {{now}} and r.status not in ('yeu_cau_bo_sung', 'da_tra_loi', 'da_dong', 'tu_choi'))"

QUEUE = listing(
    Listing(
        name="feedback_desk.queue",
        select=f"""select r.id, r.code, r.category_code, left(r.description, 160) as begins, r.ward_code, r.is_urgent,
       r.status, r.visibility, r.origin, r.supporters, r.unit_id, u.name as unit_name, {NEXT_DUE} as next_due_at,
       {IS_LATE} as is_late, r.reopened, r.created_at, r.version
  from feedback.reports r
  left join feedback_units.units u on u.id = r.unit_id
 where r.merged_into is null and r.withdrawn_at is null and {WITHIN}""",
        where={
            "open": f"({{open}}::boolean and r.status not in {NOT_OPEN})",
            "statuses": "r.status = any({statuses}::text[])",
            "category_code": "r.category_code = {category_code}",
            "ward_code": "r.ward_code = {ward_code}",
            "unit_id": "r.unit_id = {unit_id}",
            "late": f"{IS_LATE} = {{late}}",
            "urgent": "r.is_urgent = {urgent}",
            "visibility": "r.visibility = {visibility}",
            "words": "feedback_desk.plain(r.description) like '%' || {words} || '%'",
            "code": "r.code = {code}",
        },
        orders={
            "due": Order(
                by=f"{NEXT_DUE}, r.id",
                after=f"({NEXT_DUE}, r.id) > ({{after_0}}, {{after_1}})",
                position=("next_due_at", "id"),
                kind=tuple[datetime, UUID],
            ),
            "newest": newest("r.created_at", "r.id"),
        },
    )
)


async def queue(
    conn: asyncpg.Connection, cursors: Cursors, sort: Sort, values: dict[str, Any], cursor: str | None, limit: int,
    asked: dict[str, Any],
) -> QueuedFeedbackPage:  # fmt: skip
    """`values` have an `official_id` and `now`. Raises `InvalidRequest` for a cursor of another list."""
    return await QUEUE.page(conn, cursors, sort, values, cursor, limit, QueuedFeedbackPage, asked)


COUNTS = f"""-- feedback_desk.counts
select r.status, count(*) as reports, count(*) filter (where {IS_LATE}) as late,
       count(*) filter (where r.is_urgent) as urgent, count(*) filter (where r.unit_id is null) as without_unit,
       count(*) filter (where r.visibility = 'waiting') as unpublished,
       r.status not in {NOT_OPEN} as is_open
  from feedback.reports r
 where r.merged_into is null and r.withdrawn_at is null and r.status not in ('da_dong', 'tu_choi') and {WITHIN}
 group by r.status
 order by r.status""".format(official_id="$1", now="$2")


async def counts(conn: asyncpg.Connection, official: UUID, now: datetime) -> QueueCounts:
    """How much there is in the official's wards."""
    rows = await conn.fetch(COUNTS, official, now)
    of_open = [row for row in rows if row["is_open"]]
    return QueueCounts(
        open=sum(row["reports"] for row in of_open),
        late=sum(row["late"] for row in of_open),
        urgent=sum(row["urgent"] for row in of_open),
        without_unit=sum(row["without_unit"] for row in of_open),
        unpublished=sum(row["unpublished"] for row in rows),
        by_status=[StatusCount(row["status"], row["reports"]) for row in rows],
    )


REPORT = """-- feedback_desk.report
select r.id, r.code, r.category_code, r.attributes::text as attributes, r.description, r.address, r.lat, r.lon,
       r.ward_code, r.ward_version, r.province_code, r.is_urgent, r.status, r.visibility, r.origin, r.merged_into,
       r.supporters, r.accept_due_at, r.due_at, r.accepted_at, r.answered_at, r.closed_at, r.unit_id,
       u.name as unit_name, r.rating, r.rating_words, r.reopened, coalesce(r.account_id = $2, false) as own, r.version,
       r.created_at
  from feedback.reports r
  left join feedback_units.units u on u.id = r.unit_id
 where r.id = $1 and r.withdrawn_at is null and staff.may($2, 'feedback', r.ward_version, r.ward_code, $3)"""


async def report(conn: asyncpg.Connection, identifier: UUID, official: UUID, now: datetime) -> ReportRow | None:
    """A report in the official's wards; what its sender took back is nobody's."""
    return maybe(await conn.fetchrow(REPORT, identifier, official, now), ReportRow)


STEPS = """-- feedback_desk.steps
select m.id, m.from_status, m.to_status, m.side, m.words, m.note, m.unit_id, u.name as unit_name,
       case when m.side = 'official' then m.account_id end as by, m.created_at as at
  from feedback.moves m
  left join feedback_units.units u on u.id = m.unit_id
 where m.report_id = $1
 order by m.created_at, m.id
 limit 500"""


async def steps(conn: asyncpg.Connection, identifier: UUID) -> list[StoryStep]:
    """The report's steps, the first one first."""
    return many(await conn.fetch(STEPS, identifier), StoryStep)


ACTS = """-- feedback_desk.acts
select a.id, a.action, coalesce(a.said ->> 'into', a.said ->> 'merged')::uuid as report_id,
       (a.said ->> 'suggested')::uuid as unit_id, a.said ->> 'because' as because, a.account_id as by, a.agency_code,
       a.at
  from feedback_desk.acts a
 where a.report_id = $1
 order by a.at, a.id
 limit 500"""


async def acts(conn: asyncpg.Connection, identifier: UUID) -> list[StoryAct]:
    """What officials did with the report beside its steps, the first one first."""
    return many(await conn.fetch(ACTS, identifier), StoryAct)


COPY = """-- feedback_desk.copy
select c.words, c.answer, c.with_photos, c.approved_by, c.approved_at
  from feedback_desk.public_copies c where c.report_id = $1"""


async def copy(conn: asyncpg.Connection, identifier: UUID) -> PublicCopy | None:
    """What everybody reads of the report, or read before it was hidden."""
    return maybe(await conn.fetchrow(COPY, identifier), PublicCopy)


MERGED = """-- feedback_desk.merged
select r.id, r.code
  from feedback.reports r
 where r.merged_into = $1 and staff.may($2, 'feedback', r.ward_version, r.ward_code, $3)
 order by r.created_at, r.id
 limit 500"""


async def merged(conn: asyncpg.Connection, identifier: UUID, official: UUID, now: datetime) -> list[MergedReport]:
    """What follows the report, of the official's wards."""
    return many(await conn.fetch(MERGED, identifier, official, now), MergedReport)


ONE_LOOK_AT_A_TIME = """-- feedback_desk.one_look_at_a_time
select pg_advisory_xact_lock(hashtextextended('feedback_look:' || $1::text, 0))"""

LOOKED = """-- feedback_desk.looked
select count(*) from feedback_desk.looks l where l.official_id = $1 and l.looked_at > $2"""


async def looked(tx: asyncpg.Connection, official: UUID, since: datetime) -> int:
    """How often an official has looked at somebody since; they look no more until the transaction ends."""
    await tx.execute(ONE_LOOK_AT_A_TIME, str(official))
    return int(await tx.fetchval(LOOKED, official, since))


LOOK = """-- feedback_desk.look
with looked as (
    insert into feedback_desk.looks (report_id, account_id, official_id, agency_code, purpose, looked_at)
    select r.id, r.account_id, $2, $3, $4, $5
      from feedback.reports r
     where r.id = $1 and r.account_id is not null and r.withdrawn_at is null
       and staff.may($2, 'feedback', r.ward_version, r.ward_code, $5)
    returning report_id, account_id)
select l.report_id, l.account_id, p.full_name, case when a.disabled_at is null then a.phone_cipher end as phone_cipher
  from looked l
  join identity.accounts a on a.id = l.account_id
  left join people.profiles p on p.account_id = l.account_id"""


async def look(
    tx: asyncpg.Connection, identifier: UUID, official: UUID, agency_code: str | None, purpose: str, now: datetime
) -> SenderRow | None:
    """Who sent a report in the official's wards; that they looked is on record with it."""
    return maybe(await tx.fetchrow(LOOK, identifier, official, agency_code, purpose, now), SenderRow)


LOOKS = listing(
    Listing(
        name="feedback_desk.looks",
        select="""select l.id, l.report_id, r.code as report_code, l.agency_code, l.purpose, l.looked_at
  from feedback_desk.looks l
  join feedback.reports r on r.id = l.report_id
 where l.account_id = {account_id}""",
        where={},
        orders={"newest": newest("l.looked_at", "l.id")},
    )
)


async def looks(
    conn: asyncpg.Connection, cursors: Cursors, account: UUID, cursor: str | None, limit: int
) -> FeedbackLookPage:
    """Raises `InvalidRequest` for a cursor of another list."""
    return await LOOKS.page(conn, cursors, "newest", {"account_id": account}, cursor, limit, FeedbackLookPage)


AT_ONCE = 500

# A round of an alarm is raised once, whatever a pause does to the term afterwards.
RAISE = f"""-- feedback_desk.raise (worker)
with due as (
    select r.id, k.kind, r.reopened, k.due_at
      from feedback.reports r
     cross join lateral (values
        ('accept_late', r.accept_due_at, r.accepted_at is null and r.accept_due_at <= $1),
        ('accept_soon', r.accept_due_at,
         r.accepted_at is null and r.accept_due_at > $1 and r.accept_due_at <= $2),
        ('answer_late', r.due_at, r.due_at <= $1),
        ('answer_soon', r.due_at, r.due_at > $1 and r.due_at <= $3)) k (kind, due_at, is_so)
     where {NEXT_DUE} <= greatest($2::timestamptz, $3::timestamptz) and k.is_so
       and r.merged_into is null and r.withdrawn_at is null and r.status not in {NOT_OPEN}
       and r.status <> 'yeu_cau_bo_sung'
       and not exists (select from feedback_desk.alarms a
                        where (a.report_id, a.kind, a.round) = (r.id, k.kind, r.reopened))
     order by {NEXT_DUE}, r.id
     limit {AT_ONCE})
insert into feedback_desk.alarms (report_id, kind, round, due_at, raised_at)
select d.id, d.kind, d.reopened, d.due_at, $1 from due d
on conflict do nothing
returning report_id, kind, round"""


async def raise_alarms(
    tx: asyncpg.pool.PoolConnectionProxy, now: datetime, accept_until: datetime, answer_until: datetime
) -> list[dict[str, Any]]:
    """What is late now, or will be by then, and was not said before: AT_ONCE of it at most."""
    return [dict(row) for row in await tx.fetch(RAISE, now, accept_until, answer_until)]


# Officials of the unit's own agency, where it has one and any of them reach the ward; else all who reach it.
ALARM = f"""-- feedback_desk.alarm (worker)
with report as materialized (
    select r.id, r.code, r.ward_version, r.ward_code, u.agency_code
      from feedback.reports r
      left join feedback_units.units u on u.id = r.unit_id
     where r.id = $1 and r.merged_into is null and r.withdrawn_at is null and r.status not in {NOT_OPEN}
       and r.status <> 'yeu_cau_bo_sung' and r.reopened = $3
       and ($4 not in ('accept_soon', 'accept_late') or r.accepted_at is null)),
reach as materialized (
    select o.account_id, o.agency_code = t.agency_code as own
      from report t
     cross join identity.roles o
      join identity.accounts a on a.id = o.account_id and a.disabled_at is null
     where o.role = 'official' and staff.may(o.account_id, 'feedback', t.ward_version, t.ward_code, $2))
select t.id as report_id, t.code,
       array(select h.account_id from reach h
              where h.own or not exists (select from reach e where e.own) order by 1) as officials
  from report t"""


async def alarm(pool: asyncpg.Pool, identifier: UUID, now: datetime, round_: int, kind: str) -> Alarm | None:
    """Whom to tell, None where it is settled by now."""
    return maybe(await pool.fetchrow(ALARM, identifier, now, round_, kind), Alarm)


FOLLOWS = """-- feedback_desk.follows (worker)
select r.code, r.account_id from feedback.reports r
 where r.id = $1 and r.merged_into is not null and r.account_id is not null"""


async def follows(pool: asyncpg.Pool, identifier: UUID) -> Merged | None:
    """Who sent a report that was merged."""
    return maybe(await pool.fetchrow(FOLLOWS, identifier), Merged)
