"""SQL of the room: the inbox and the facts that notices are made of, each statement above its function."""

from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from longan.db import maybe
from longan.listing import Listing, Order, listing
from longan.notifications.models import InboxPage
from longan.page import Cursors

LIST = listing(
    Listing(
        name="notifications.list",
        select="""select i.id, i.topic, i.subject_id, i.params, i.created_at, i.read_at
  from notifications.inbox i
 where i.account_id = {account_id}""",
        where={"unread": "(i.read_at is null) = {unread}::boolean"},
        orders={
            "newest": Order(
                by="i.created_at desc, i.id desc",
                after="(i.created_at, i.id) < ({after_0}, {after_1})",
                position=("created_at", "id"),
                kind=tuple[datetime, UUID],
            )
        },
    )
)


async def inbox(
    conn: asyncpg.Connection, cursors: Cursors, account: UUID, *, unread: bool, cursor: str | None, limit: int
) -> InboxPage:
    """A page of the account's notices, newest first. Raises `InvalidRequest` for a cursor of another list."""
    values: dict[str, object] = {"account_id": account, **({"unread": True} if unread else {})}
    return await LIST.page(conn, cursors, "newest", values, cursor, limit, InboxPage)


UNREAD = """-- notifications.unread
select count(*) from notifications.inbox where account_id = $1 and read_at is null"""


async def unread(conn: asyncpg.Connection, account: UUID) -> int:
    return await conn.fetchval(UNREAD, account) or 0


MARK_READ = """-- notifications.mark_read
update notifications.inbox set read_at = coalesce(read_at, $3) where id = $1 and account_id = $2 returning true"""


async def mark_read(tx: asyncpg.Connection, account: UUID, notification: UUID, now: datetime) -> bool:
    return bool(await tx.fetchval(MARK_READ, notification, account, now))


class Application(msgspec.Struct, frozen=True):
    """An application, and the step it took when one was asked for; `members` are the accounts of the employer."""

    status: str | None
    by_worker: bool
    worker_id: UUID
    job_title: str
    employer_name: str
    members: list[UUID]


APPLICATION = """-- notifications.application (worker)
select m.to_status as status, coalesce(m.moved_by = a.worker_id, false) as by_worker, a.worker_id,
       j.title as job_title, e.name as employer_name,
       array(select b.account_id from employers.members b where b.employer_id = a.employer_id) as members
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
       array(select b.account_id from employers.members b where b.employer_id = e.id) as members
  from employers.verifications v
  join employers.employers e on e.id = v.employer_id
 where v.employer_id = $1
 order by v.decided_at desc, v.id desc
 limit 1"""


async def decision(pool: asyncpg.Pool, employer: UUID) -> Decision | None:
    return maybe(await pool.fetchrow(DECISION, employer), Decision)


PRUNE = """-- notifications.prune (worker)
delete from notifications.events where created_at < $1"""


async def prune(tx: asyncpg.pool.PoolConnectionProxy, before: datetime) -> None:
    await tx.execute(PRUNE, before)
