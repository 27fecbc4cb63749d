"""SQL of the room, each statement above the function that runs it."""

from datetime import datetime
from uuid import UUID

import asyncpg

from longan.floor.database.db import maybe
from longan.floor.database.listing import Listing, listing, newest, oldest
from longan.floor.database.page import Cursors
from longan.rooms.housing_reports.models import (
    HousingReport,
    HousingReportIn,
    HousingReportPage,
    Outcome,
    Reportable,
    Standing,
    Told,
    WaitingHousingReportPage,
)

# The reports of one account are counted one after the other: two at once would both be the last that is allowed.
ONE_AT_A_TIME = """-- housing_reports.one_at_a_time
select pg_advisory_xact_lock(hashtextextended('housing_reports:' || $1::text, 0))"""

REPORTABLE = """-- housing_reports.reportable
select housing_reports.owns($2, l.owner_id, l.employer_id) as own,
       exists (select from housing_reports.reports r where r.listing_id = l.id and r.account_id = $2) as known,
       (select count(*) from housing_reports.reports r where r.account_id = $2 and r.created_at > $3) as lately
  from housing.listings l
 where l.id = $1 and l.published_at is not null and l.status in ('open', 'stale', 'hidden', 'closed')"""


async def reportable(tx: asyncpg.Connection, listing_id: UUID, account: UUID, since: datetime) -> Reportable | None:
    """A listing that everybody can see, or could; None where there is none."""
    await tx.execute(ONE_AT_A_TIME, str(account))
    return maybe(await tx.fetchrow(REPORTABLE, listing_id, account, since), Reportable)


# What was decided on stays as it is.
REPORT = """-- housing_reports.report
with said as (
    insert into housing_reports.reports as r (listing_id, account_id, reason_code, note, created_at)
    values ($1, $2, $3, $4, $5)
        on conflict on constraint reports_one_per_account do update
       set reason_code = case r.state when 'open' then excluded.reason_code else r.reason_code end,
           note = case r.state when 'open' then excluded.note else r.note end
    returning r.id, r.listing_id, r.reason_code, r.note, r.state, r.answer, r.created_at, r.decided_at)
select s.id, s.listing_id as housing_id, l.title as housing_title, s.reason_code, s.note, s.state, s.answer,
       s.created_at, s.decided_at
  from said s
  join housing.listings l on l.id = s.listing_id"""


async def report(
    tx: asyncpg.Connection, listing_id: UUID, account: UUID, said: HousingReportIn, now: datetime
) -> HousingReport:
    """The account's one report of the listing."""
    made = maybe(await tx.fetchrow(REPORT, listing_id, account, said.reason_code, said.note, now), HousingReport)
    assert made is not None
    return made


OWN = listing(
    Listing(
        name="housing_reports.own",
        select="""select r.id, r.listing_id as housing_id, l.title as housing_title, r.reason_code, r.note, r.state,
       r.answer, r.created_at, r.decided_at
  from housing_reports.reports r
  join housing.listings l on l.id = r.listing_id
 where r.account_id = {account_id}""",
        where={},
        orders={"newest": newest("r.created_at", "r.id")},
    )
)


async def own(
    conn: asyncpg.Connection, cursors: Cursors, account: UUID, cursor: str | None, limit: int
) -> HousingReportPage:
    """What the account has reported, newest first. Raises `InvalidRequest` for a cursor of another list."""
    return await OWN.page(conn, cursors, "newest", {"account_id": account}, cursor, limit, HousingReportPage)


WAITING = listing(
    Listing(
        name="housing_reports.waiting",
        select="""select r.id, r.reason_code, r.note, r.created_at, l.id as housing_id, l.status as housing_status,
       l.title as housing_title, l.description as housing_description, l.kind, l.rent, l.ward_code,
       housing_reports.confirmed(l) as confirmed,
       case when r.claimed_by <> {official_id} and r.claimed_until > {now}::timestamptz
            then r.claimed_until end as claimed_until
  from housing_reports.reports r
  join housing.listings l on l.id = r.listing_id
 where r.state = 'open' and r.account_id <> {official_id}
   and staff.may({official_id}, 'housing', l.ward_version, l.ward_code, {now}::timestamptz)
   and not housing_reports.own({official_id}, l)""",
        where={
            "reason_code": "r.reason_code = {reason_code}",
            "ward_code": "l.ward_code = {ward_code}",
            "housing": "r.listing_id = {housing}",
        },
        orders={"oldest": oldest("r.created_at", "r.id")},
    )
)


async def waiting(
    conn: asyncpg.Connection, cursors: Cursors, official: UUID, filters: dict[str, object], cursor: str | None,
    limit: int, now: datetime,
) -> WaitingHousingReportPage:  # fmt: skip
    """What waits for the official to answer. Raises `InvalidRequest` for a cursor of another list."""
    values = {"official_id": official, "now": now, **filters}
    return await WAITING.page(conn, cursors, "oldest", values, cursor, limit, WaitingHousingReportPage)


# The listing before what belongs to it, as whoever edits it does: so two never wait for each other, and of two
# officials who confirm at once the second counts what the first did.
HOLD = """-- housing_reports.hold
select l.id
  from housing_reports.reports r
  join housing.listings l on l.id = r.listing_id
 where r.id = $1 and r.account_id <> $2
   for no key update of l"""

STANDING = """-- housing_reports.standing
select r.listing_id, r.state, l.status, housing_reports.own($2, l) as own, coalesce(r.decided_by = $2, false) as mine,
       case when r.claimed_by <> $2 and r.claimed_until > $3::timestamptz then r.claimed_until end as others_until,
       housing_reports.confirmed(l) as confirmed
  from housing_reports.reports r
  join housing.listings l on l.id = r.listing_id
 where r.id = $1 and r.account_id <> $2 and staff.may($2, 'housing', l.ward_version, l.ward_code, $3::timestamptz)"""


async def standing(tx: asyncpg.Connection, identifier: UUID, official: UUID, now: datetime) -> Standing | None:
    """Where a report stands, which nobody else decides on until this transaction ends; None beyond the wards."""
    await tx.fetchval(HOLD, identifier, official)
    return maybe(await tx.fetchrow(STANDING, identifier, official, now), Standing)


TAKE = """-- housing_reports.take
update housing_reports.reports r set claimed_by = $2, claimed_until = $3
 where r.id = $1 and r.state = 'open' and r.account_id <> $2"""


async def take(tx: asyncpg.Connection, identifier: UUID, official: UUID, until: datetime) -> None:
    """Nobody else decides on a report that waits until then."""
    await tx.execute(TAKE, identifier, official, until)


ANSWER = """-- housing_reports.answer
update housing_reports.reports r set state = $2, answer = $3, decided_by = $4, decided_at = $5
 where r.id = $1 and r.state = 'open' and r.account_id <> $4"""


async def answer(
    tx: asyncpg.Connection, identifier: UUID, outcome: Outcome, said: str, official: UUID, now: datetime
) -> None:
    """Decide on a report that waits."""
    await tx.execute(ANSWER, identifier, outcome, said, official, now)


STANDS = """-- housing_reports.stands
select l.status, housing_reports.confirmed(l) as confirmed,
       array(select distinct c.reason_code from housing_reports.counting(l) c order by 1) as reasons
  from housing.listings l
 where l.id = $1"""


async def stands(tx: asyncpg.Connection, listing_id: UUID) -> asyncpg.Record:
    """`status` of a listing, how many people's reports of it count (`confirmed`), and of what they are (`reasons`)."""
    row = await tx.fetchrow(STANDS, listing_id)
    if row is None:
        raise LookupError("a listing is never deleted")
    return row


ANSWERED = """-- housing_reports.answered (worker)
select r.account_id, r.listing_id, l.title, r.state as outcome
  from housing_reports.reports r
  join housing.listings l on l.id = r.listing_id
 where r.id = $1 and r.state <> 'open'"""


async def answered(pool: asyncpg.Pool, identifier: UUID) -> Told | None:
    """Whom to tell what became of a report."""
    return maybe(await pool.fetchrow(ANSWERED, identifier), Told)


FORGET_NOTES = """-- housing_reports.forget_notes (worker)
update housing_reports.reports r set note = null where r.note is not null and r.decided_at < $1"""


async def forget_notes(tx: asyncpg.pool.PoolConnectionProxy, decided_before: datetime) -> None:
    """What people wrote in reports that were answered before a moment."""
    await tx.execute(FORGET_NOTES, decided_before)
