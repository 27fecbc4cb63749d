"""SQL of the room, each statement above the function that runs it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from longan.floor.database.db import maybe
from longan.floor.database.listing import Listing, listing, newest
from longan.floor.database.page import Cursors
from longan.rooms.checklists.models import Kept, Written

ROW = """select c.id, c.procedure_code, c.case_name, c.papers::text as papers, c.ticks::text as ticks, c.version,
       c.created_at, c.updated_at, c.dropped_at, p.name, (p.detail -> 'documents')::text as documents,
       (p.detail -> 'documents_total')::text::integer as documents_total
  from checklists.checklists c
  left join services.procedures p on p.code = c.procedure_code"""


class KeptPage(msgspec.Struct, frozen=True):
    items: list[Kept]
    next_cursor: str | None


LIST = listing(
    Listing(
        name="checklists.list",
        select=f"{ROW}\n where c.account_id = {{account_id}} and c.dropped_at is null",
        where={"procedure_code": "c.procedure_code = {procedure_code}"},
        orders={"newest": newest("c.updated_at", "c.id")},
    )
)


async def page(
    conn: asyncpg.Connection, cursors: Cursors, account: UUID, procedure: str | None, cursor: str | None, limit: int
) -> KeptPage:
    """What the account keeps, the last one changed first. Raises `InvalidRequest` for a cursor of another list."""
    values: dict[str, object] = {"account_id": account} | ({} if procedure is None else {"procedure_code": procedure})
    return await LIST.page(conn, cursors, "newest", values, cursor, limit, KeptPage)


ONE = f"""-- checklists.one
{ROW}
 where c.account_id = $1 and c.id = $2"""


async def one(conn: asyncpg.Connection, account: UUID, checklist: UUID) -> Kept | None:
    """A checklist of the account, one that was dropped as well."""
    return maybe(await conn.fetchrow(ONE, account, checklist), Kept)


# Two phones that write the same checklist, or each a new one of the last that fit, come one after the other.
ONE_AT_A_TIME = """-- checklists.one_at_a_time
select pg_advisory_xact_lock(hashtextextended('checklists:' || $1::text, 0))"""

COUNT = """-- checklists.count
select count(*) from checklists.checklists c where c.account_id = $1 and c.dropped_at is null"""


async def wait(tx: asyncpg.Connection, account: UUID) -> None:
    """Until nobody else writes checklists of the account."""
    await tx.execute(ONE_AT_A_TIME, str(account))


async def count(tx: asyncpg.Connection, account: UUID) -> int:
    """How many the account keeps."""
    kept: int = await tx.fetchval(COUNT, account)
    return kept


PUT = """-- checklists.put
insert into checklists.checklists as c
    (account_id, id, procedure_code, case_name, papers, ticks, created_at, updated_at)
values ($1, $2, $3, $4, $5::text::jsonb, $6::text::jsonb, $7, $7)
on conflict (account_id, id) do update
   set case_name = excluded.case_name, papers = excluded.papers, ticks = excluded.ticks, version = c.version + 1,
       updated_at = excluded.updated_at
 where (c.case_name, c.papers, c.ticks) is distinct from (excluded.case_name, excluded.papers, excluded.ticks)"""


async def put(tx: asyncpg.Connection, account: UUID, checklist: UUID, written: Written, now: datetime) -> None:
    """Store it; what says nothing new changes nothing, not even its version."""
    papers, ticks = (msgspec.json.encode(part).decode() for part in (written.papers, written.ticks))
    await tx.execute(PUT, account, checklist, written.procedure_code, written.case_name, papers, ticks, now)


DROP = """-- checklists.drop
update checklists.checklists
   set dropped_at = $3, papers = '[]', ticks = '{}', case_name = null, procedure_code = '', version = version + 1
 where account_id = $1 and id = $2 and dropped_at is null and ($4::int[] is null or version = any($4))
returning true"""


async def drop(
    tx: asyncpg.Connection, account: UUID, checklist: UUID, versions: Sequence[int] | None, now: datetime
) -> bool:
    """Whether there was one, of one of these versions where they are given. Only that it was is kept, for a while."""
    return bool(await tx.fetchval(DROP, account, checklist, now, versions))


FORGET = """-- checklists.forget (worker)
delete from checklists.checklists where dropped_at < $1"""


async def forget(tx: asyncpg.pool.PoolConnectionProxy, before: datetime) -> None:
    await tx.execute(FORGET, before)


PROCEDURE = """-- checklists.procedure
select (p.detail -> 'documents')::text from services.procedures p where p.code = $1"""


async def documents(conn: asyncpg.Connection, code: str) -> str | None:
    """The documents of a procedure as JSON; None where there is none."""
    found: str | None = await conn.fetchval(PROCEDURE, code)
    return found
