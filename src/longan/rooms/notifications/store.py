"""SQL of the room: the inbox and the facts that notices are made of, each statement above its function."""

import re
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from longan.floor.database.db import maybe
from longan.floor.database.listing import Listing, listing, newest
from longan.floor.database.page import Cursors
from longan.floor.messages.removals import Connection
from longan.floor.search.queries import tsquery
from longan.rooms.notifications.models import Action, Asked, Box, InboxPage, InboxRow

# Said this way no index fits it. Said as `expires_at > now` the planner, who does not know the time, takes it for a
# third of all notices, reads them off inbox_over, everybody's, and sorts what it has in common with one's own.
NOT_OVER = "(i.expires_at <= {now}) is not true"
COLUMNS = "i.id, i.topic, i.subject_id, i.params, i.created_at, i.expires_at, i.read_at, i.archived_at, i.version"

LIST = listing(
    Listing(
        name="notifications.list",
        select=f"""select {COLUMNS}
  from notifications.inbox i
 where i.account_id = {{account_id}} and {NOT_OVER} and {{place}} and {{state}}""",
        # Written out, not compared with a parameter: only so the planner knows which index holds just these.
        columns={
            "place": ("archived", "i.archived_at is null", "i.archived_at is not null"),
            "state": ("unread", "true", "i.read_at is null"),
        },
        where={"topic": "i.topic = {topic}", "q": "i.search @@ {tsquery}::text::tsquery"},
        orders={"newest": newest("i.created_at", "i.id")},
    )
)


async def inbox(
    conn: asyncpg.Connection, cursors: Cursors, asked: Asked, *, cursor: str | None, limit: int
) -> InboxPage:
    """A page of the account's notices, newest first. Raises `InvalidRequest` for a cursor of another list."""
    values: dict[str, object] = {"account_id": asked.account_id, "now": asked.now}
    values |= {name: True for name in ("unread", "archived") if getattr(asked, name)}
    if asked.topic is not None:
        values["topic"] = asked.topic
    if asked.q is not None:
        weight = "A" if asked.locale == "vi" else "B"
        values["tsquery"] = re.sub(r"([a-z0-9]+)(:\*)?", rf"\1:{weight}\2", tsquery(asked.q)).replace(
            f":{weight}:*", f":*{weight}"
        )
    return await LIST.page(conn, cursors, "newest", values, cursor, limit, InboxPage)


# The counter holds what is over until it is pruned, which is little. So it costs the same for every size of an inbox.
BOX = """-- notifications.box
select coalesce(b.version, 0) as version, coalesce(b.unread, 0)::int - o.unread::int as unread, o.notices as over
  from (select count(*) as notices, count(*) filter (where i.archived_at is null and i.read_at is null) as unread
          from notifications.inbox i
         where i.account_id = $1 and i.expires_at <= $2) as o
  left join notifications.boxes b on b.account_id = $1"""


async def box(conn: asyncpg.Connection, account: UUID, now: datetime) -> Box:
    return msgspec.convert(await conn.fetchrow(BOX, account, now), Box)


ONE = f"""-- notifications.one
select {COLUMNS} from notifications.inbox i where i.id = $1 and i.account_id = $2 and i.expires_at > $3"""


async def one(conn: asyncpg.Connection, account: UUID, notification: UUID, now: datetime) -> InboxRow | None:
    return maybe(await conn.fetchrow(ONE, notification, account, now), InboxRow)


HOLD = """-- notifications.hold
select from notifications.boxes b where b.account_id = $1 for update"""


async def hold(tx: Connection, account: UUID) -> None:
    """Keep other changes of this inbox waiting until the transaction ends; who changes notices does this first."""
    await tx.execute(HOLD, account)


CHANGE = """-- notifications.change
with held as (
    select i.id from notifications.inbox i where i.account_id = $1 and i.id = any($2) and i.expires_at > $4),
changed as (
    update notifications.inbox i
       set read_at = case $3::text when 'read' then $4 when 'unread' then null else i.read_at end,
           archived_at = case $3 when 'archive' then $4 when 'unarchive' then null else i.archived_at end,
           version = i.version + 1
      from held
     where i.id = held.id and i.account_id = $1
       and case $3 when 'read' then i.read_at is null when 'unread' then i.read_at is not null
                   when 'archive' then i.archived_at is null else i.archived_at is not null end
    returning i.id)
select h.id, c.id is not null as changed from held h left join changed c on c.id = h.id"""


async def change(tx: Connection, account: UUID, ids: Sequence[UUID], action: Action, now: datetime) -> dict[UUID, bool]:
    """Of the account's notices among `ids`, whether each was otherwise before."""
    return {row["id"]: row["changed"] for row in await tx.fetch(CHANGE, account, ids, action, now)}


TOLD_AT = """-- notifications.told_at
select i.created_at from notifications.inbox i where i.id = $1 and i.account_id = $2 and i.expires_at > $3"""


async def told_at(tx: asyncpg.Connection, account: UUID, notification: UUID, now: datetime) -> datetime | None:
    found: datetime | None = await tx.fetchval(TOLD_AT, notification, account, now)
    return found


READ_UP_TO = f"""-- notifications.read_up_to
update notifications.inbox i set read_at = $4, version = i.version + 1
 where i.account_id = $1 and i.archived_at is null and i.read_at is null and {NOT_OVER.format(now="$4")}
   and (i.created_at, i.id) <= ($2, $3)
returning i.id"""

ARCHIVE_UP_TO = f"""-- notifications.archive_up_to
update notifications.inbox i set archived_at = $4, version = i.version + 1
 where i.account_id = $1 and i.archived_at is null and {NOT_OVER.format(now="$4")}
   and (i.created_at, i.id) <= ($2, $3)
returning i.id"""


async def change_up_to(
    tx: asyncpg.Connection, account: UUID, told: datetime, notification: UUID, action: Action, now: datetime
) -> list[UUID]:
    """Read or archive what stands in the inbox at this place in time or before it; which notices that changed."""
    sql = ARCHIVE_UP_TO if action == "archive" else READ_UP_TO
    return [row["id"] for row in await tx.fetch(sql, account, told, notification, now)]


HAPPENED = """-- notifications.happened
insert into notifications.events (account_id, kind, subject_id, created_at)
select $1, $2, changed.id, $4 from unnest($3::uuid[]) as changed(id)"""


async def happened(
    tx: Connection, account: UUID, kind: str, notifications: Sequence[UUID | None], now: datetime
) -> None:
    """An event for each of the notices; one without a subject for `[None]`."""
    await tx.execute(HAPPENED, account, kind, notifications, now)


class Application(msgspec.Struct, frozen=True):
    """An application, and the step it took when one was asked for; `members` are the accounts of the employer."""

    status: str | None
    by_worker: bool
    worker_id: UUID
    employer_id: UUID
    job_title: str
    employer_name: str
    members: list[UUID]


APPLICATION = """-- notifications.application (worker)
select m.to_status as status, coalesce(m.moved_by = a.worker_id, false) as by_worker, a.worker_id,
       a.employer_id, jobs.title_at(j.id, a.created_at) as job_title, e.name as employer_name,
       array(select b.account_id from members.members b where b.employer_id = a.employer_id) as members
  from applications.applications a
  join jobs.postings j on j.id = a.job_id
  join employers.employers e on e.id = a.employer_id
  left join applications.moves m on m.application_id = a.id and m.id = $2
 where a.id = $1"""


async def application(pool: asyncpg.Pool, application: UUID, step: UUID | None) -> Application | None:
    return maybe(await pool.fetchrow(APPLICATION, application, step), Application)


class Decision(msgspec.Struct, frozen=True):
    """The newest decision about an employer; `members` are its accounts."""

    id: UUID
    decision: str
    employer_name: str
    members: list[UUID]


DECISION = """-- notifications.decision (worker)
select v.id, v.decision, e.name as employer_name,
       array(select b.account_id from members.members b where b.employer_id = e.id) as members
  from employers.verifications v
  join employers.employers e on e.id = v.employer_id
 where v.id = $1"""


async def decision(pool: asyncpg.Pool, identifier: UUID) -> Decision | None:
    return maybe(await pool.fetchrow(DECISION, identifier), Decision)


PRUNE = """-- notifications.prune (worker)
delete from notifications.events where created_at < $1"""


async def prune(tx: asyncpg.pool.PoolConnectionProxy, before: datetime) -> None:
    await tx.execute(PRUNE, before)


# The boxes first, in the order of the accounts, as everybody does; pushes of a notice go with it.
PRUNE_INBOX = """-- notifications.prune_inbox (worker)
with due as (
    select i.id, i.account_id from notifications.inbox i where i.expires_at <= $1 order by i.expires_at limit $2),
held as materialized (
    select b.account_id from notifications.boxes b
     where b.account_id in (select due.account_id from due)
     order by b.account_id
       for update)
delete from notifications.inbox i
 using due
 join held on held.account_id = due.account_id
 where i.id = due.id"""


async def prune_inbox(tx: asyncpg.pool.PoolConnectionProxy, now: datetime, most: int) -> int:
    """Forget notices that are over, `most` at once; how many those were."""
    return int((await tx.execute(PRUNE_INBOX, now, most)).rpartition(" ")[2])
