"""SQL of the room, each statement above the function that runs it."""

from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from longan.floor.database.db import many, maybe
from longan.floor.database.listing import Listing, listing, oldest
from longan.floor.database.page import Cursors
from longan.floor.guard.guard import Finding
from longan.rooms.moderation.models import (
    Appeal,
    AppealIn,
    CaseRow,
    ModerationCasePage,
    PastDecision,
    ReportInCase,
    ReviewDecision,
    ReviewRow,
    Standing,
    Told,
)

CASES = listing(
    Listing(
        name="moderation.cases",
        select="""select c.id, c.kind, c.posting_id as job_id, j.title as job_title,
       e.id as "employer.id", e.name as "employer.name", e.status = 'verified' as "employer.verified", j.ward_code,
       coalesce(g.score, 0) as score,
       array(select distinct f.rule from moderation.findings f
              where f.posting_id = j.id and not f.accepted order by 1) as rules,
       c.opened_at
  from moderation.cases c
  join jobs.postings j on j.id = c.posting_id
  join employers.employers e on e.id = j.employer_id
  left join moderation.judgements g on g.posting_id = j.id
 where c.closed_at is null and (c.kind = 'appeal' or j.status = 'in_review')
   and c.not_for is distinct from {official_id}
   and staff.may({official_id}, 'moderation', j.ward_version, j.ward_code, {now})
   and not moderation.own({official_id}, j.id, j.employer_id)""",
        where={
            "kind": "c.kind = {kind}",
            "ward_code": "j.ward_code = {ward_code}",
            "employer_id": "j.employer_id = {employer_id}",
            "rule": """exists (select from moderation.findings f
                         where f.posting_id = j.id and f.rule = {rule} and not f.accepted)""",
        },
        orders={"oldest": oldest("c.opened_at", "c.id")},
    )
)


async def cases(
    conn: asyncpg.Connection, cursors: Cursors, official: UUID, filters: dict[str, Any], cursor: str | None,
    limit: int, now: datetime,
) -> ModerationCasePage:  # fmt: skip
    """What waits for the official to decide on. Raises `InvalidRequest` for a cursor of another list."""
    values = {"official_id": official, "now": now, **filters}
    return await CASES.page(conn, cursors, "oldest", values, cursor, limit, ModerationCasePage)


CASE = """-- moderation.case
select c.id, c.kind, c.closed_at, c.posting_id as job_id, j.status, j.version, j.title, j.description, j.skills,
       e.id as "employer.id", e.name as "employer.name", e.status = 'verified' as "employer.verified", j.ward_code,
       coalesce(g.score, 0) as score, a.text as appeal, coalesce(g.judged_at, c.opened_at) as judged_at
  from moderation.cases c
  join jobs.postings j on j.id = c.posting_id
  join employers.employers e on e.id = j.employer_id
  left join moderation.judgements g on g.posting_id = j.id
  left join moderation.appeals a on a.case_id = c.id
 where c.id = $1 and staff.may($2, 'moderation', j.ward_version, j.ward_code, $3)
   and not moderation.own($2, j.id, j.employer_id)"""


async def case(conn: asyncpg.Connection, identifier: UUID, official: UUID, now: datetime) -> CaseRow | None:
    """A case in the official's wards."""
    return maybe(await conn.fetchrow(CASE, identifier, official, now), CaseRow)


FINDINGS = """-- moderation.findings
select f.rule, f.field, f.quote, f.weight, f.accepted
  from moderation.findings f
 where f.posting_id = $1
 order by f.place"""


async def findings(conn: asyncpg.Connection, posting: UUID) -> list[Finding]:
    """What the guard found last, in the order of its rules."""
    return many(await conn.fetch(FINDINGS, posting), Finding)


DECISIONS = """-- moderation.decisions
select d.id, d.decision, d.reason, d.changes, d.decided_at
  from moderation.decisions d
 where d.posting_id = $1
 order by d.decided_at desc, d.id desc
 limit 50"""


async def decisions(conn: asyncpg.Connection, posting: UUID) -> list[PastDecision]:
    """What was decided on a posting so far, the latest first."""
    return many(await conn.fetch(DECISIONS, posting), PastDecision)


REPORTS = """-- moderation.reports
select r.id, r.reason_code, r.note, r.state, r.created_at
  from job_reports.reports r
 where r.posting_id = $1
 order by r.created_at desc, r.id desc
 limit 50"""


async def reports(conn: asyncpg.Connection, posting: UUID) -> list[ReportInCase]:
    """What workers say of a posting, the latest first; not who says it."""
    return many(await conn.fetch(REPORTS, posting), ReportInCase)


# The posting before what belongs to it, as whoever edits it does: so two never wait for each other. A suspension of the
# employer waits for what is under way, and finds it then.
HOLD = """-- moderation.hold
select j.id
  from moderation.cases c
  join jobs.postings j on j.id = c.posting_id
  join employers.employers e on e.id = j.employer_id
 where c.id = $1
   for no key update of j
   for share of e"""

STANDING = """-- moderation.standing
select c.kind, c.posting_id, j.status, j.version, e.status = 'verified' as employer_verified,
       c.closed_at is not null as closed, moderation.own($2, j.id, j.employer_id) as own,
       coalesce(c.not_for = $2, false) as not_for_me, coalesce(c.decided_by = $2, false) as mine, d.decision,
       d.decided_at
  from moderation.cases c
  join jobs.postings j on j.id = c.posting_id
  join employers.employers e on e.id = j.employer_id
  left join moderation.decisions d on d.case_id = c.id
 where c.id = $1 and staff.may($2, 'moderation', j.ward_version, j.ward_code, $3)"""


async def standing(tx: asyncpg.Connection, identifier: UUID, official: UUID, now: datetime) -> Standing | None:
    """Where a case stands, which nobody else changes until this transaction ends; None beyond the official's wards."""
    await tx.fetchval(HOLD, identifier)
    return maybe(await tx.fetchrow(STANDING, identifier, official, now), Standing)


CLOSE = """-- moderation.close
update moderation.cases c set closed_at = $3, decided_by = $2 where c.id = $1 and c.closed_at is null"""


async def close(tx: asyncpg.Connection, identifier: UUID, official: UUID, now: datetime) -> None:
    """The case waits no more."""
    await tx.execute(CLOSE, identifier, official, now)


REVIEW = """-- moderation.review
select j.status, coalesce(g.score, 0) as score, coalesce(g.held, false) as held, g.judged_at,
       array(select r.reason_code from job_reports.reports r
              where r.posting_id = j.id and r.state = 'confirmed' order by r.reason_code) as confirmed_reports
  from jobs.postings j
  left join moderation.judgements g on g.posting_id = j.id
 where j.id = $1
   and exists (select from members.members m where m.employer_id = j.employer_id and m.account_id = $2)"""


async def review(conn: asyncpg.Connection, posting: UUID, member: UUID) -> ReviewRow | None:
    """What was said last of a posting of the member's employer."""
    return maybe(await conn.fetchrow(REVIEW, posting, member), ReviewRow)


# The last decision on the posting, if it was not in the employer's favour and nobody has appealed against it.
CAN_APPEAL = """d.decision in ('returned', 'suspended', 'paused') and a.decision_id is null and d.decided_at > $3
       and not exists (select from moderation.decisions l
                        where l.posting_id = d.posting_id and (l.decided_at, l.id) > (d.decided_at, d.id))"""

REVIEW_DECISIONS = f"""-- moderation.review_decisions
select d.id, d.decision, d.reason, d.changes, d.decided_at, a.text as appeal, {CAN_APPEAL} as can_appeal
  from moderation.decisions d
  join jobs.postings j on j.id = d.posting_id
  left join moderation.appeals a on a.decision_id = d.id
 where d.posting_id = $1
   and exists (select from members.members m where m.employer_id = j.employer_id and m.account_id = $2)
 order by d.decided_at desc, d.id desc
 limit 50"""


async def review_decisions(
    conn: asyncpg.Connection, posting: UUID, member: UUID, since: datetime
) -> list[ReviewDecision]:
    """What was decided on a posting of the member's employer; what was decided `since` can still be appealed."""
    return many(await conn.fetch(REVIEW_DECISIONS, posting, member, since), ReviewDecision)


APPEAL = f"""-- moderation.appeal
with opened as (
    insert into moderation.cases (posting_id, kind, about, not_for, opened_at)
    select d.posting_id, 'appeal', d.id, d.decided_by, $6
      from moderation.decisions d
      left join moderation.appeals a on a.decision_id = d.id
     where d.posting_id = $1 and d.id = $4 and {CAN_APPEAL}
    returning id)
insert into moderation.appeals (decision_id, case_id, account_id, text, created_at)
select $4, o.id, $2, $5, $6 from opened o
returning decision_id, case_id, text, created_at"""


async def appeal(
    tx: asyncpg.Connection, posting: UUID, member: UUID, said: AppealIn, since: datetime, now: datetime
) -> Appeal | None:
    """An appeal and its case, None for a decision that cannot be appealed.

    Raises `asyncpg.UniqueViolationError` (appeals_one_per_decision, cases_one_open) for the second of two at once."""
    return maybe(await tx.fetchrow(APPEAL, posting, member, since, said.decision_id, said.text, now), Appeal)


TELLING = """select j.id as posting_id, j.title as job_title, e.name as employer_name,
       array(select m.account_id from members.members m where m.employer_id = j.employer_id) as members"""

REVIEWED = f"""-- moderation.reviewed (worker)
{TELLING}, d.decision, d.reason
  from moderation.decisions d
  join jobs.postings j on j.id = d.posting_id
  join employers.employers e on e.id = j.employer_id
 where d.id = $1"""


async def reviewed(pool: asyncpg.Pool, decision: UUID) -> Told | None:
    """Whom to tell what of a decision."""
    return maybe(await pool.fetchrow(REVIEWED, decision), Told)


HELD = f"""-- moderation.held (worker)
{TELLING}, 'held' as decision, '' as reason
  from jobs.postings j
  join employers.employers e on e.id = j.employer_id
 where j.id = $1 and j.status = 'in_review'"""


async def held(pool: asyncpg.Pool, posting: UUID) -> Told | None:
    """Whom to tell that a posting waits for an official, None when it does not any more."""
    return maybe(await pool.fetchrow(HELD, posting), Told)
