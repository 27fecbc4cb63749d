"""SQL of the room, each statement above the function that runs it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import msgspec

from longan.floor.database.db import many, maybe
from longan.floor.database.listing import Listing, Order, listing, newest
from longan.floor.database.page import Cursors
from longan.rooms.job_exchange.models import (
    Held,
    JobImport,
    JobImportPage,
    RowStatus,
    Settled,
    StoredPage,
    StoredRow,
    Upload,
    Waiting,
    WardChoice,
)

ROWS_KEPT = timedelta(days=30)

SHOWN = """select i.id, i.employer_id, i.format, i.publish, i.state, i.total, i.made, i.changed, i.same, i.kept,
       i.refused, i.unknown as unknown_columns, i.created_at, i.updated_at, i.ended_at,
       i.ended_at + interval '30 days' as rows_until, i.version
  from job_exchange.imports i
 where exists (select from members.members m where m.employer_id = i.employer_id and m.account_id = {})"""

INSERT = """-- job_exchange.insert
with made as (
    insert into job_exchange.imports (employer_id, account_id, format, publish, columns, unknown, total, created_at,
                                      updated_at)
    select m.employer_id, m.account_id, $3, $4, $5, $6, cardinality($7::integer[]), $11::timestamptz, $11
      from members.members m
     where m.employer_id = $1 and m.account_id = $2
    returning id),
rows as (
    insert into job_exchange.rows (import_id, line, source_key, content, wrong, status)
    select made.id, r.line, r.source_key, r.content, r.wrong::jsonb,
           case when r.wrong = '[]' then 'waiting' else 'refused' end
      from made, unnest($7::integer[], $8::text[], $9::text[], $10::text[]) r (line, source_key, content, wrong))
select id from made"""


async def insert(
    tx: asyncpg.Connection, member: UUID, employer: UUID, upload: Upload, *, publish: bool, now: datetime
) -> UUID | None:
    """An import with its rows; None when the account is no member of the employer."""
    rows = upload.rows
    made: UUID | None = await tx.fetchval(
        INSERT, employer, member, upload.format, publish, upload.columns, upload.unknown, [row.line for row in rows],
        [row.source_key for row in rows], [row.content for row in rows], [_json(row.wrong) for row in rows], now,
    )  # fmt: skip
    return made


ONE = f"""-- job_exchange.one
{SHOWN.format("$2")} and i.id = $1"""


async def one(conn: asyncpg.Connection, job_import: UUID, member: UUID) -> JobImport | None:
    return maybe(await conn.fetchrow(ONE, job_import, member), JobImport)


IMPORTS = listing(
    Listing(
        name="job_exchange.imports",
        select=SHOWN.format("{member}"),
        where={"employer": "i.employer_id = {employer}"},
        orders={"newest": newest("i.created_at", "i.id")},
    )
)


async def of_employer(
    conn: asyncpg.Connection, cursors: Cursors, employer: UUID, member: UUID, cursor: str | None, limit: int
) -> JobImportPage:
    values = {"employer": employer, "member": member}
    return await IMPORTS.page(conn, cursors, "newest", values, cursor, limit, JobImportPage)


EMPLOYER = """-- job_exchange.employer
select true from members.members m where m.employer_id = $1 and m.account_id = $2"""


async def is_member(conn: asyncpg.Connection, employer: UUID, member: UUID) -> bool:
    return bool(await conn.fetchval(EMPLOYER, employer, member))


TOLD = """select r.line, r.status, r.source_key, r.job_id, r.wrong::text as wrong, r.unread::text as unread
  from job_exchange.rows r
  join job_exchange.imports i on i.id = r.import_id
  join members.members m on m.employer_id = i.employer_id and m.account_id = {member}
 where r.import_id = {job_import}"""

ROWS = listing(
    Listing(
        name="job_exchange.rows",
        select=TOLD,
        where={"status": "r.status = {status}"},
        orders={"line": Order(by="r.line", after="r.line > {after_0}", position=("line",), kind=tuple[int])},
    )
)


async def rows(
    conn: asyncpg.Connection, cursors: Cursors, job_import: UUID, member: UUID, status: RowStatus | None,
    cursor: str | None, limit: int,
) -> StoredPage:  # fmt: skip
    values = {"job_import": job_import, "member": member} | ({"status": status} if status else {})
    return await ROWS.page(conn, cursors, "line", values, cursor, limit, StoredPage)


REPORT = f"""-- job_exchange.report
{TOLD.format(job_import="$1", member="$2")}
 order by r.line"""


async def report(conn: asyncpg.Connection, job_import: UUID, member: UUID) -> list[StoredRow]:
    """All rows of it."""
    return many(await conn.fetch(REPORT, job_import, member), StoredRow)


CANCEL = """-- job_exchange.cancel
update job_exchange.imports i
   set state = 'cancelled', ended_at = $3, updated_at = $3, version = i.version + 1
 where i.id = $1 and i.state = 'running'
   and exists (select from members.members m where m.employer_id = i.employer_id and m.account_id = $2)"""


async def cancel(tx: asyncpg.Connection, job_import: UUID, member: UUID, now: datetime) -> None:
    """What is running is over; what is over stays so."""
    await tx.execute(CANCEL, job_import, member, now)


HELD = """-- job_exchange.held (worker)
select i.employer_id, i.account_id, e.name as employer_name,
       exists (select from members.members m where m.employer_id = i.employer_id and m.account_id = i.account_id)
           as is_member,
       i.format, i.publish, i.columns, i.reached
  from job_exchange.imports i
  join employers.employers e on e.id = i.employer_id
 where i.id = $1 and i.state = 'running'
   for no key update of i"""


async def held(tx: asyncpg.pool.PoolConnectionProxy, job_import: UUID) -> Held | None:
    """A running import, held until the transaction ends: of two workers one waits, and goes on behind the other."""
    return maybe(await tx.fetchrow(HELD, job_import), Held)


NEXT = """-- job_exchange.next (worker)
select r.line, r.source_key, r.content, r.status
  from job_exchange.rows r
 where r.import_id = $1 and r.line > $2
 order by r.line
 limit $3"""


async def following(tx: asyncpg.pool.PoolConnectionProxy, job_import: UUID, reached: int, most: int) -> list[Waiting]:
    return many(await tx.fetch(NEXT, job_import, reached, most), Waiting)


OWN_IDS = """-- job_exchange.own_ids (worker)
select j.id from jobs.postings j where j.employer_id = $1 and j.id = any($2) and j.source_key is null"""


async def own_ids(tx: asyncpg.pool.PoolConnectionProxy, employer: UUID, ids: Sequence[UUID]) -> set[UUID]:
    """Those that are postings of the employer which we named ourselves."""
    return {row["id"] for row in await tx.fetch(OWN_IDS, employer, ids)}


WARDS = """-- job_exchange.wards (worker)
select u.code as ward_code, u.name
  from places.units u
 where u.version = places.version_on($1::timestamptz) and u.code = any($2) and u.level = 'commune'
 order by u.code"""


async def wards(tx: asyncpg.pool.PoolConnectionProxy, codes: Sequence[str], now: datetime) -> list[WardChoice]:
    return many(await tx.fetch(WARDS, now, codes), WardChoice)


SETTLE = """-- job_exchange.settle (worker)
update job_exchange.rows r
   set status = s.status, job_id = s.job_id, wrong = s.wrong::jsonb, unread = s.unread::jsonb
  from unnest($2::integer[], $3::text[], $4::uuid[], $5::text[], $6::text[]) s (line, status, job_id, wrong, unread)
 where r.import_id = $1 and r.line = s.line"""

ADVANCE = """-- job_exchange.advance (worker)
update job_exchange.imports i
   set reached = $2, made = i.made + $3, changed = i.changed + $4, same = i.same + $5, kept = i.kept + $6,
       refused = i.refused + $7, version = i.version + 1, updated_at = $8
 where i.id = $1"""

STATUSES: tuple[RowStatus, ...] = ("made", "changed", "same", "kept", "refused")


async def settle(
    tx: asyncpg.pool.PoolConnectionProxy, job_import: UUID, settled: Sequence[Settled], reached: int,
    refused_before: int, now: datetime,
) -> None:  # fmt: skip
    """Write down what became of rows, and how far it came; `refused_before` more were wrong before they were read."""
    await tx.execute(
        SETTLE, job_import, [row.line for row in settled], [row.status for row in settled],
        [row.job_id for row in settled], [_json(row.wrong) for row in settled], [_json(row.unread) for row in settled],
    )  # fmt: skip
    counts = [sum(row.status == status for row in settled) for status in STATUSES]
    counts[-1] += refused_before
    await tx.execute(ADVANCE, job_import, reached, *counts, now)


END = """-- job_exchange.end (worker)
update job_exchange.imports i set state = $2, ended_at = $3, updated_at = $3, version = i.version + 1
 where i.id = $1 and i.state = 'running'"""


async def end(tx: asyncpg.pool.PoolConnectionProxy, job_import: UUID, state: str, now: datetime) -> None:
    await tx.execute(END, job_import, state, now)


LEFT = """-- job_exchange.left (worker)
select i.id from job_exchange.imports i where i.state = 'running' and i.updated_at < $1 order by i.updated_at"""


async def left(pool: asyncpg.Pool, before: datetime) -> list[UUID]:
    """Imports that were to go on, and of which nothing was heard since."""
    return [row["id"] for row in await pool.fetch(LEFT, before)]


PRUNE = """-- job_exchange.prune (worker)
with over as (
    select i.id from job_exchange.imports i
     where i.pruned_at is null and i.state <> 'running' and i.ended_at < $1
     order by i.ended_at
     limit $3
       for no key update skip locked),
gone as (
    delete from job_exchange.rows r using over where r.import_id = over.id)
update job_exchange.imports i set pruned_at = $2 from over where i.id = over.id
returning i.id"""


async def prune(tx: asyncpg.pool.PoolConnectionProxy, now: datetime, most: int) -> int:
    """Forget the rows of at most so many imports that ended 30 days ago; how many there were."""
    return len(await tx.fetch(PRUNE, now - ROWS_KEPT, now, most))


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
