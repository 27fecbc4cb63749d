"""SQL of the room, each statement above the function that runs it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from longan.floor.database.db import many, maybe
from longan.floor.database.listing import Listing, listing, newest
from longan.floor.database.page import Cursors
from longan.rooms.applications.models import (
    OPEN,
    AlreadyApplied,
    Application,
    Ended,
    JobApplicationPage,
    MoveIn,
    MyApplicationPage,
    Standing,
    Status,
)

NEWEST = {"newest": newest("a.created_at", "a.id")}

LAST_MOVE = """(select (m.from_status, m.to_status, m.reason_code, m.message, m.moved_at)::applications.move
          from applications.moves m
         where m.application_id = a.id
         order by m.moved_at desc, m.id desc
         limit 1) as last_move"""

# Whoever closes the posting waits for what is under way, so that the task that ends its applications finds every one.
# What an employer had open is suspended by a task, some time after itself.
INSERT = """-- applications.insert
insert into applications.applications (job_id, employer_id, worker_id, note, created_at, updated_at)
select j.id, j.employer_id, $2, $3, $4, $4
  from jobs.postings j
  join employers.employers e on e.id = j.employer_id
 where j.id = $1 and j.status = 'open' and j.expires_at > $4 and e.status not in ('suspended', 'rejected')
   and not exists (select from members.members m where m.employer_id = j.employer_id and m.account_id = $2)
   for share of j
returning id, job_id, status, note, created_at, updated_at, version"""


async def insert(
    tx: asyncpg.Connection, job: UUID, worker: UUID, note: str | None, now: datetime
) -> Application | None:
    """An application to an open job of an employer who is not the worker's own, else None. Raises `AlreadyApplied`."""
    try:
        return maybe(await tx.fetchrow(INSERT, job, worker, note, now), Application)
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name == "applications_one_per_worker_and_job":
            raise AlreadyApplied from error
        raise


VISIBLE = """-- applications.visible
select exists (select from members.members m where m.employer_id = j.employer_id and m.account_id = $2)
  from jobs.postings j
 where j.id = $1
   and (j.published_at is not null and j.status in ('open', 'paused', 'closed', 'expired')
        or exists (select from members.members m where m.employer_id = j.employer_id and m.account_id = $2))"""


async def own_job(tx: asyncpg.Connection, job: UUID, account: UUID) -> bool | None:
    """Whether the job is of an employer whose member the account is; None when the account may not see it."""
    own: bool | None = await tx.fetchval(VISIBLE, job, account)
    return own


MINE = listing(
    Listing(
        name="applications.mine",
        select=f"""select a.id,
       (j.id, jobs.title_at(j.id, a.created_at), j.ward_code, (e.id, e.name, e.status = 'verified')::employers.brief
        )::applications.job as job, a.status, a.note, a.created_at, a.updated_at,
       {LAST_MOVE}
  from applications.applications a
  join jobs.postings j on j.id = a.job_id
  join employers.employers e on e.id = a.employer_id
 where a.worker_id = {{worker_id}}""",
        where={},
        orders=NEWEST,
    )
)


async def mine(
    conn: asyncpg.Connection, cursors: Cursors, worker: UUID, cursor: str | None, limit: int
) -> MyApplicationPage:
    """Raises `InvalidRequest` for a cursor of another list."""
    return await MINE.page(conn, cursors, "newest", {"worker_id": worker}, cursor, limit, MyApplicationPage)


OF_JOB = listing(
    Listing(
        name="applications.of_job",
        select=f"""select a.id, a.job_id, p.full_name as applicant_name, a.status, a.note, a.created_at, a.updated_at,
       {LAST_MOVE}
  from applications.applications a
  left join people.profiles p on p.account_id = a.worker_id
 where a.job_id = {{job_id}}
   and exists (select from members.members m where m.employer_id = a.employer_id and m.account_id = {{member_id}})""",
        where={"status": "a.status = any({status})"},
        orders=NEWEST,
    )
)


async def of_job(
    conn: asyncpg.Connection, cursors: Cursors, job: UUID, member: UUID, status: Sequence[Status] | None,
    cursor: str | None, limit: int,
) -> JobApplicationPage:  # fmt: skip
    """What came in for the member's job, nothing for anybody else. Raises `InvalidRequest` for a foreign cursor."""
    values: dict[str, object] = {"job_id": job, "member_id": member}
    if status is not None:
        values["status"] = status
    return await OF_JOB.page(conn, cursors, "newest", values, cursor, limit, JobApplicationPage)


STANDING = """-- applications.standing
select a.status, case when a.worker_id = $2 then 'worker' else 'employer' end as side
  from applications.applications a
 where a.id = $1
   and (a.worker_id = $2
        or exists (select from members.members m where m.employer_id = a.employer_id and m.account_id = $2))
   for no key update"""


async def standing(tx: asyncpg.Connection, application: UUID, account: UUID) -> Standing | None:
    """Where an application of the account's stands, held until the transaction ends; None for a stranger."""
    return maybe(await tx.fetchrow(STANDING, application, account), Standing)


ONE = """-- applications.one
select a.id, a.job_id, a.status, a.note, a.created_at, a.updated_at, a.version
  from applications.applications a
 where a.id = $1
   and (a.worker_id = $2
        or exists (select from members.members m where m.employer_id = a.employer_id and m.account_id = $2))"""


async def one(conn: asyncpg.Connection, application: UUID, account: UUID) -> Application | None:
    return maybe(await conn.fetchrow(ONE, application, account), Application)


MOVE = """-- applications.move
with moved as (
    update applications.applications a
       set status = $3, version = version + 1, updated_at = $7
     where a.id = $1 and a.status = $4
       and (a.worker_id = $2
            or exists (select from members.members m where m.employer_id = a.employer_id and m.account_id = $2))
    returning a.id, a.job_id, a.status, a.note, a.created_at, a.updated_at, a.version),
noted as (
    insert into applications.moves (application_id, moved_by, from_status, to_status, reason_code, message, moved_at)
    select moved.id, $2, $4, $3, $5, $6, $7 from moved
    returning id)
select moved.id, moved.job_id, moved.status, moved.note, moved.created_at, moved.updated_at, moved.version,
       noted.id as move_id
  from moved, noted"""


async def move(
    tx: asyncpg.Connection, application: UUID, account: UUID, current: Status, step: MoveIn, now: datetime
) -> tuple[Application, UUID] | None:
    """The application after the step and the id of the step, None when it does not stand at `current`."""
    row = await tx.fetchrow(MOVE, application, account, step.to, current, step.reason_code, step.message, now)
    return None if row is None else (msgspec.convert(row, Application), row["move_id"])


OBSOLETE = """-- applications.obsolete (worker)
with due as (
    select a.id, a.status
      from applications.applications a
      join jobs.postings j on j.id = a.job_id
     where a.job_id = $1 and a.status = any($2) and j.status in ('closed', 'suspended')
     order by a.id
     limit $5
       for no key update of a),
ended as (
    update applications.applications a
       set status = 'obsolete', version = version + 1, updated_at = $4
      from due
     where a.id = due.id
    returning a.id),
noted as (
    insert into applications.moves (application_id, from_status, to_status, reason_code, moved_at)
    select due.id, due.status, 'obsolete', $3, $4 from due
    returning id, application_id)
select n.application_id, n.id as move_id from noted n order by n.application_id"""


async def obsolete(
    tx: asyncpg.pool.PoolConnectionProxy, job: UUID, reason: str, now: datetime, most: int
) -> list[Ended]:
    """Of a posting that is closed or suspended, end at most so many open applications; which, and by which step."""
    return many(await tx.fetch(OBSOLETE, job, sorted(OPEN), reason, now, most), Ended)
