"""What officials do with a report to 1022 that is no step: how urgent it is, what of it is public, which reports are of
one and the same thing. Each act is on record with who did it, and raises the report's version."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import asyncpg
import msgspec

from longan.floor.access.tokens import Principal
from longan.floor.base.errors import Forbidden
from longan.floor.database import queue
from longan.floor.database.db import many
from longan.floor.feedback import feedback_states
from longan.floor.pictures import uploads


class OwnReport(Forbidden):
    """Nobody decides on what they have sent themself, nor looks who sent it."""

    code = "own_report"
    vi, en = "Bạn không được xử lý phản ánh của chính mình", "You may not decide on your own report"


Action = Literal["made_urgent", "made_ordinary", "published", "hidden", "merged", "routed", "refused"]

ACT = """-- feedback_handling.act
insert into feedback_desk.acts (report_id, action, said, account_id, agency_code, at)
values ($1, $2, $3::text::jsonb, $4, $5, $6)"""


async def record(
    tx: asyncpg.Connection, report: UUID, action: Action, me: Principal, now: datetime, **said: object
) -> None:
    """Write down that an official did it; `said` is what belongs to it, without the words of anybody."""
    await tx.execute(ACT, report, action, msgspec.json.encode(said).decode(), me.account_id, me.agency_code, now)


URGENCY = """-- feedback_handling.urgency
update feedback.reports r set is_urgent = $2 where r.id = $1 and r.is_urgent <> $2 returning true"""


async def set_urgency(tx: asyncpg.Connection, report: UUID, me: Principal, now: datetime, *, urgent: bool) -> None:
    """Make a report urgent or ordinary and reckon its terms anew; nothing where it is so already. Raises `NotFound`."""
    if await tx.fetchval(URGENCY, report, urgent):
        await record(tx, report, "made_urgent" if urgent else "made_ordinary", me, now)
        await feedback_states.reckon_anew(tx, report, now)


COPY = """-- feedback_handling.copy
insert into feedback_desk.public_copies as c (report_id, words, answer, with_photos, approved_by, approved_at)
values ($1, $2, $3, $4, $5, $6)
on conflict (report_id) do update
   set words = excluded.words, answer = excluded.answer, with_photos = excluded.with_photos,
       approved_by = excluded.approved_by, approved_at = excluded.approved_at"""

SHOW = """-- feedback_handling.show
update feedback.reports r set visibility = $2, version = r.version + 1, updated_at = $3 where r.id = $1"""

# The pictures of the sender, and those of the answers.
PICTURED = """-- feedback_handling.pictured
select m.id from feedback.moves m where m.report_id = $1 and m.to_status = 'da_tra_loi'"""


async def publish(
    tx: asyncpg.Connection, report: UUID, words: str, answer: str | None, me: Principal, now: datetime,
    *, with_photos: bool,
) -> None:  # fmt: skip
    """Show a report to everybody in these words, which an official has approved; again it replaces them."""
    await tx.execute(COPY, report, words, answer, with_photos, me.account_id, now)
    await _show(tx, report, "public", now, photos=with_photos)
    await record(tx, report, "published", me, now, with_photos=with_photos, with_answer=answer is not None)


async def hide(tx: asyncpg.Connection, report: UUID, me: Principal, now: datetime, because: str | None) -> None:
    """Show a report to nobody but who sent it. `because` is for officials."""
    await _show(tx, report, "hidden", now, photos=False)
    await record(tx, report, "hidden", me, now, because=because)


async def _show(
    tx: asyncpg.Connection, report: UUID, visibility: feedback_states.Visibility, now: datetime, *, photos: bool
) -> None:
    await tx.execute(SHOW, report, visibility, now)
    answers = [row["id"] for row in await tx.fetch(PICTURED, report)]
    for subject in (report, *answers):
        await uploads.set_public(tx, "feedback", subject, photos)
    await queue.add(tx, "feedback_map_changed")


class Held(msgspec.Struct, frozen=True):
    """One of two reports that may be of the same thing. `within` is staff.may of the official who asks."""

    id: UUID
    status: feedback_states.Status
    version: int
    account_id: UUID | None
    merged_into: UUID | None
    within: bool


# For update, and in one order: whoever says "me too" meanwhile waits, and two who merge the same two do not wait for
# each other.
HOLD_BOTH = """-- feedback_handling.hold_both
select r.id, r.status, r.version, r.account_id, r.merged_into,
       staff.may($2, 'feedback', r.ward_version, r.ward_code, $3) as within
  from feedback.reports r
 where r.id = any($1) and r.withdrawn_at is null
 order by r.id
   for update of r"""


async def hold_both(tx: asyncpg.Connection, one: UUID, other: UUID, official: UUID, now: datetime) -> dict[UUID, Held]:
    """Where two reports stand, which nobody changes or supports until the transaction ends."""
    return {held.id: held for held in many(await tx.fetch(HOLD_BOTH, [one, other], official, now), Held)}


SUPPORT = """-- feedback_handling.support
with gone as (
    delete from feedback.supporters s where s.report_id = $1 returning s.account_id, s.created_at),
one as (
    select g.account_id, g.created_at from gone g
     union all
    select r.account_id, r.created_at from feedback.reports r where r.id = $1 and r.account_id is not null)
insert into feedback.supporters (report_id, account_id, created_at)
select $2, o.account_id, min(o.created_at)
  from one o
 where o.account_id is distinct from (select r.account_id from feedback.reports r where r.id = $2)
 group by o.account_id
    on conflict on constraint supporters_once do nothing"""

MERGE = """-- feedback_handling.merge
update feedback.reports r
   set merged_into = $2, version = r.version + 1, updated_at = $3
 where r.id = $1 or r.merged_into = $1"""


async def merge(tx: asyncpg.Connection, report: UUID, main: UUID, me: Principal, now: datetime) -> None:
    """From now on the report follows another one of the same thing, and so does what was merged into it before; who
    sent and who supports it support the other, each once. Both are held by `hold_both`."""
    await tx.execute(SUPPORT, report, main)
    await tx.execute(MERGE, report, main, now)
    # It is shown no more, and nobody could take its pictures down any more.
    for subject in (report, *[row["id"] for row in await tx.fetch(PICTURED, report)]):
        await uploads.set_public(tx, "feedback", subject, public=False)
    await record(tx, report, "merged", me, now, into=main)
    await record(tx, main, "merged", me, now, merged=report)
    await queue.add(tx, "feedback_merged", report_id=report)
    await queue.add(tx, "feedback_map_changed")
