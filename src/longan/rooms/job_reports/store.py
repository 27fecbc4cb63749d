"""SQL of the room, each statement above the function that runs it."""

from datetime import datetime
from uuid import UUID

import asyncpg

from longan.floor.database.db import maybe
from longan.floor.database.listing import Listing, listing, newest, oldest
from longan.floor.database.page import Cursors
from longan.rooms.job_reports.models import (
    JobReport,
    JobReportIn,
    JobReportPage,
    Outcome,
    Reportable,
    Standing,
    Told,
    WaitingReportPage,
)

# The reports of one account are counted one after the other: two at once would both be the last that is allowed.
ONE_AT_A_TIME = """-- job_reports.one_at_a_time
select pg_advisory_xact_lock(hashtextextended('job_reports:' || $1::text, 0))"""

REPORTABLE = """-- job_reports.reportable
select exists (select from members.members m where m.employer_id = j.employer_id and m.account_id = $2) as own,
       exists (select from job_reports.reports r where r.posting_id = j.id and r.account_id = $2) as known,
       (select count(*) from job_reports.reports r where r.account_id = $2 and r.created_at > $3) as lately
  from jobs.postings j
 where j.id = $1 and j.published_at is not null and j.status in ('open', 'paused', 'closed', 'expired')"""


async def reportable(tx: asyncpg.Connection, posting: UUID, account: UUID, since: datetime) -> Reportable | None:
    """A posting that everybody can see, None where there is none."""
    await tx.execute(ONE_AT_A_TIME, str(account))
    return maybe(await tx.fetchrow(REPORTABLE, posting, account, since), Reportable)


# What was decided on stays as it is.
REPORT = """-- job_reports.report
with said as (
    insert into job_reports.reports as r (posting_id, account_id, reason_code, note, created_at)
    values ($1, $2, $3, $4, $5)
        on conflict on constraint reports_one_per_account do update
       set reason_code = case r.state when 'open' then excluded.reason_code else r.reason_code end,
           note = case r.state when 'open' then excluded.note else r.note end
    returning r.id, r.posting_id, r.reason_code, r.note, r.state, r.answer, r.created_at, r.decided_at)
select s.id, s.posting_id as job_id, j.title as job_title, s.reason_code, s.note, s.state, s.answer, s.created_at,
       s.decided_at
  from said s
  join jobs.postings j on j.id = s.posting_id"""


async def report(
    tx: asyncpg.Connection, posting: UUID, account: UUID, said: JobReportIn, now: datetime
) -> JobReport | None:
    """The account's one report of the posting."""
    return maybe(await tx.fetchrow(REPORT, posting, account, said.reason_code, said.note, now), JobReport)


OWN = listing(
    Listing(
        name="job_reports.own",
        select="""select r.id, r.posting_id as job_id, j.title as job_title, r.reason_code, r.note, r.state, r.answer,
       r.created_at, r.decided_at
  from job_reports.reports r
  join jobs.postings j on j.id = r.posting_id
 where r.account_id = {account_id}""",
        where={},
        orders={"newest": newest("r.created_at", "r.id")},
    )
)


async def own(
    conn: asyncpg.Connection, cursors: Cursors, account: UUID, cursor: str | None, limit: int
) -> JobReportPage:
    """What the account has reported, newest first. Raises `InvalidRequest` for a cursor of another list."""
    return await OWN.page(conn, cursors, "newest", {"account_id": account}, cursor, limit, JobReportPage)


WAITING = listing(
    Listing(
        name="job_reports.waiting",
        select="""select r.id, r.reason_code, r.note, r.created_at, j.id as job_id, j.status as job_status,
       j.title as job_title, j.description as job_description,
       e.id as "employer.id", e.name as "employer.name", e.status = 'verified' as "employer.verified", j.ward_code,
       job_reports.confirmed(j.id) as confirmed
  from job_reports.reports r
  join jobs.postings j on j.id = r.posting_id
  join employers.employers e on e.id = j.employer_id
 where r.state = 'open' and r.account_id <> {official_id}
   and staff.may({official_id}, 'moderation', j.ward_version, j.ward_code, {now})
   and not moderation.own({official_id}, j.id, j.employer_id)""",
        where={
            "reason_code": "r.reason_code = {reason_code}",
            "ward_code": "j.ward_code = {ward_code}",
            "job": "r.posting_id = {job}",
        },
        orders={"oldest": oldest("r.created_at", "r.id")},
    )
)


async def waiting(
    conn: asyncpg.Connection, cursors: Cursors, official: UUID, filters: dict[str, object], cursor: str | None,
    limit: int, now: datetime,
) -> WaitingReportPage:  # fmt: skip
    """What waits for the official to answer. Raises `InvalidRequest` for a cursor of another list."""
    values = {"official_id": official, "now": now, **filters}
    return await WAITING.page(conn, cursors, "oldest", values, cursor, limit, WaitingReportPage)


# The posting before what belongs to it, as whoever edits it does: so two never wait for each other, and of two
# officials who confirm at once the second counts what the first did.
HOLD = """-- job_reports.hold
select j.id
  from job_reports.reports r
  join jobs.postings j on j.id = r.posting_id
 where r.id = $1 and r.account_id <> $2
   for no key update of j"""

STANDING = """-- job_reports.standing
select r.posting_id, r.state, j.status, moderation.own($2, j.id, j.employer_id) as own,
       coalesce(r.decided_by = $2, false) as mine, job_reports.confirmed(j.id) as confirmed
  from job_reports.reports r
  join jobs.postings j on j.id = r.posting_id
 where r.id = $1 and r.account_id <> $2
   and staff.may($2, 'moderation', j.ward_version, j.ward_code, $3)"""


async def standing(tx: asyncpg.Connection, identifier: UUID, official: UUID, now: datetime) -> Standing | None:
    """Where a report stands, which nobody else decides on until this transaction ends; None beyond the wards."""
    await tx.fetchval(HOLD, identifier, official)
    return maybe(await tx.fetchrow(STANDING, identifier, official, now), Standing)


ANSWER = """-- job_reports.answer
update job_reports.reports r set state = $2, answer = $3, decided_by = $4, decided_at = $5
 where r.id = $1 and r.state = 'open' and r.account_id <> $4"""


async def answer(
    tx: asyncpg.Connection, identifier: UUID, outcome: Outcome, said: str, official: UUID, now: datetime
) -> None:
    """Decide on a report that waits."""
    await tx.execute(ANSWER, identifier, outcome, said, official, now)


STANDS = """-- job_reports.stands
select j.status, job_reports.confirmed(j.id) as confirmed from jobs.postings j where j.id = $1"""


async def stands(tx: asyncpg.Connection, posting: UUID) -> tuple[str, int]:
    """The status of a posting, and how many of its reports count: each of another account, confirmed since an official
    last published it."""
    row = await tx.fetchrow(STANDS, posting)
    if row is None:
        raise LookupError("a posting is never deleted")
    return row["status"], row["confirmed"]


ANSWERED = """-- job_reports.answered (worker)
select r.account_id, r.posting_id, j.title as job_title, r.state as outcome
  from job_reports.reports r
  join jobs.postings j on j.id = r.posting_id
 where r.id = $1 and r.state <> 'open'"""


async def answered(pool: asyncpg.Pool, identifier: UUID) -> Told | None:
    """Whom to tell what became of a report."""
    return maybe(await pool.fetchrow(ANSWERED, identifier), Told)


FORGET_NOTES = """-- job_reports.forget_notes (worker)
update job_reports.reports r set note = null where r.note is not null and r.decided_at < $1"""


async def forget_notes(tx: asyncpg.pool.PoolConnectionProxy, decided_before: datetime) -> None:
    """What people wrote in reports that were answered before a moment."""
    await tx.execute(FORGET_NOTES, decided_before)
