"""SQL of the room, each statement above the function that runs it."""

from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from longan.floor.database.db import maybe
from longan.floor.database.listing import Listing, listing, newest
from longan.floor.database.page import Cursors
from longan.floor.feedback.open311_sent import Sent
from longan.rooms.open311_reports.models import Kept, Open311SubmissionPage, Waiting

Tx = asyncpg.Connection

# Of two alike at once the second waits here for the first, and finds what it made.
REMEMBER = """-- open311_reports.remember
insert into open311_reports.recent as r (key_id, digest, submission_id, at) values ($1, $2, $3, $4)
    on conflict (key_id, digest) do update set submission_id = excluded.submission_id, at = excluded.at
 where r.at <= $5
returning true"""

KEPT = """select s.id, s.state, s.category_code, s.token, r.code
  from open311_reports.submissions s
  left join feedback.reports r on r.id = s.report_id"""

ALIKE = f"""-- open311_reports.alike
{KEPT}
  join open311_reports.recent n on n.submission_id = s.id
 where n.key_id = $1 and n.digest = $2"""


async def sent_before(
    tx: Tx, key: UUID, digest: bytes, submission: UUID, now: datetime, forgotten: datetime
) -> Kept | None:
    """What came of the same content, posted with this key later than `forgotten`; None for what is new, which is
    remembered as `submission`."""
    if await tx.fetchval(REMEMBER, key, digest, submission, now, forgotten):
        return None
    return maybe(await tx.fetchrow(ALIKE, key, digest), Kept)


KEEP = """-- open311_reports.keep
insert into open311_reports.submissions
    (id, key_id, jurisdiction_id, province_code, category_code, ward_version, ward_code, state, token, report_id,
     content, media_url, contact_sealed, created_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::text::jsonb, $12, $13, $14)"""


async def keep(
    tx: Tx, submission: UUID, key: UUID, jurisdiction: str, sent: Sent, token: str | None, report: UUID | None,
    contact: bytes | None, now: datetime,
) -> None:  # fmt: skip
    """Write down what was posted: filed as `report`, or waiting with its content."""
    content = None if report is not None else written(sent)
    await tx.execute(
        KEEP, submission, key, jurisdiction, sent.province_code, sent.category_code, sent.ward_version, sent.ward_code,
        "waiting" if report is None else "filed", token, report, content, sent.media_url, contact, now,
    )  # fmt: skip


def written(sent: Sent) -> str:
    """What waits, without what is kept beside it."""
    return msgspec.json.encode(msgspec.structs.replace(sent, contact=None, media_url=None)).decode()


SCREENED = """-- open311_reports.screened
select exists (select from open311.services s where s.category_code = $1 and s.service_type = 'batch')"""


async def is_screened(conn: asyncpg.Connection, category: str) -> bool:
    """Whether an official reads whatever is reported under it before it becomes a report."""
    return bool(await conn.fetchval(SCREENED, category))


SUBMISSIONS = listing(
    Listing(
        name="open311_reports.submissions",
        select="""select s.id, s.state, k.partner, s.category_code as service_code,
       s.content->>'description' as description, s.content->>'address' as address,
       (s.content->>'lat')::float8 as lat, (s.content->>'lon')::float8 as lon,
       s.report_id, s.contact_sealed is not null or s.media_url is not null as has_contact, s.reason, s.created_at
  from open311_reports.submissions s
  join open311_keys.keys k on k.id = s.key_id
 where staff.may({official}, 'feedback', s.ward_version, s.ward_code, {now})""",
        where={"state": "s.state = {state}", "report_id": "s.report_id = {report_id}"},
        orders={"newest": newest("s.created_at", "s.id")},
    )
)


async def submissions(
    conn: asyncpg.Connection, cursors: Cursors, values: dict[str, Any], cursor: str | None, limit: int
) -> Open311SubmissionPage:
    """What the wards of the official reach. Raises `InvalidRequest` for a cursor of another list."""
    return await SUBMISSIONS.page(conn, cursors, "newest", values, cursor, limit, Open311SubmissionPage)


WAITING = """-- open311_reports.waiting
select s.id, s.state, s.content::text as content
  from open311_reports.submissions s
 where s.id = $1 and staff.may($2, 'feedback', s.ward_version, s.ward_code, $3)
   for update"""


async def waiting(tx: Tx, submission: UUID, official: UUID, now: datetime) -> Waiting | None:
    """A submission that nobody else decides on until the transaction ends; None beyond the official's wards."""
    return maybe(await tx.fetchrow(WAITING, submission, official, now), Waiting)


DECIDE = """-- open311_reports.decide
update open311_reports.submissions s
   set state = $2, report_id = $3, reason = $4, decided_by = $5, decided_at = $6, content = null
 where s.id = $1 and s.state = 'waiting'"""


async def decide(
    tx: Tx, submission: UUID, state: str, report: UUID | None, reason: str, official: UUID, now: datetime
) -> None:
    await tx.execute(DECIDE, submission, state, report, reason, official, now)


LOOK = """-- open311_reports.look
with s as (
    select s.id, s.contact_sealed, s.media_url from open311_reports.submissions s
     where s.id = $1 and staff.may($2, 'feedback', s.ward_version, s.ward_code, $5)),
looked as (
    insert into open311_reports.looks (submission_id, official_id, agency_code, purpose, looked_at)
    select s.id, $2, $3, $4, $5 from s)
select s.contact_sealed, s.media_url from s"""


async def look(
    tx: Tx, submission: UUID, official: UUID, agency: str | None, purpose: str, now: datetime
) -> asyncpg.Record | None:
    """The sealed contact and the foreign address, with the look on record; None beyond the official's wards."""
    return await tx.fetchrow(LOOK, submission, official, agency, purpose, now)


FORGET = """-- open311_reports.forget (worker)
update open311_reports.submissions s set contact_sealed = null, media_url = null
 where (s.contact_sealed is not null or s.media_url is not null)
   and (s.created_at < $2
        or s.state = 'refused' and s.decided_at < $1
        or exists (select from feedback.reports r where r.id = s.report_id and r.closed_at < $1))"""


async def forget(tx: asyncpg.pool.PoolConnectionProxy, over: datetime, old: datetime) -> None:
    """Who reported, where that was over before `over`; and everywhere after so long."""
    await tx.execute(FORGET, over, old)


PRUNE = """-- open311_reports.prune (worker)
delete from open311_reports.recent r where r.at < $1"""


async def prune(tx: asyncpg.pool.PoolConnectionProxy, before: datetime) -> None:
    await tx.execute(PRUNE, before)
