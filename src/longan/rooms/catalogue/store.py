"""SQL of the room, each statement above the function that runs it."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from longan.floor.database.db import many, maybe
from longan.floor.database.listing import Listing, Order, listing, newest
from longan.floor.database.page import Cursors
from longan.floor.procedures.procedure_wire import Read
from longan.rooms.catalogue.models import (
    Held,
    ImportState,
    ItemKind,
    ProcedureImport,
    ProcedureImportPage,
    ProcedureVersion,
    ProcedureVersionPage,
    StoredItem,
    StoredPage,
    Waiting,
)

Worker = asyncpg.pool.PoolConnectionProxy
Tx = asyncpg.Connection | Worker
KEPT = timedelta(days=90)

SHOWN = """select i.id, i.origin, i.is_whole, i.codes, i.state, i.failure, i.total, i.new, i.changed, i.withdrawn,
       i.unchanged, i.refused, i.doubtful, i.published, i.outdated, i.imported_by, i.imported_at, i.published_by,
       i.valid_from, i.reason, i.updated_at, i.ended_at, i.version
  from catalogue.imports i"""

INSERT = """-- catalogue.insert
insert into catalogue.imports (origin, is_whole, codes, is_read, imported_by, imported_at, updated_at)
values ($1, $2, $3, $4, $5, $6, $6)
returning id"""

ADD = """-- catalogue.add
insert into catalogue.items (import_id, place, code, name, content, problems, kind, is_doubtful, base_version)
select $1, m.place, r.code, r.name, r.content::jsonb, r.problems::jsonb, r.kind, r.is_doubtful, r.base_version
  from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::boolean[], $8::integer[])
       with ordinality r (code, name, content, problems, kind, is_doubtful, base_version, number),
       lateral (select r.number + (select coalesce(max(i.place), 0) from catalogue.items i where i.import_id = $1)
                       as place) m"""


async def insert(
    tx: asyncpg.Connection, by: UUID, origin: str, now: datetime, *, codes: Sequence[str] = (), is_whole: bool = False
) -> UUID:
    """An import that nothing is in yet; an upload is read already."""
    made: UUID = await tx.fetchval(INSERT, origin, is_whole, codes, origin == "upload", by, now)
    return made


async def add(tx: Tx, procedure_import: UUID, reads: Sequence[Read], bases: Sequence[int] | None = None) -> None:
    """Procedures behind those that are in it; `bases` of withdrawn ones say which version is."""
    contents = [None if each.procedure is None else _json(each.procedure) for each in reads]
    kind = "waiting" if bases is None else "withdrawn"
    await tx.execute(
        ADD, procedure_import, [each.code for each in reads], [each.name for each in reads], contents,
        [_json(each.problems) for each in reads], [kind if content else "refused" for content in contents],
        [each.is_doubtful and each.procedure is not None for each in reads], bases or [0] * len(reads),
    )  # fmt: skip


ONE = f"""-- catalogue.one
{SHOWN}
 where i.id = $1"""


async def one(conn: Tx, procedure_import: UUID) -> ProcedureImport | None:
    return maybe(await conn.fetchrow(ONE, procedure_import), ProcedureImport)


HOLD = """-- catalogue.hold
select from catalogue.imports i where i.id = $1 for no key update"""


async def hold(tx: asyncpg.Connection, procedure_import: UUID) -> None:
    """Whoever else decides on it waits, and sees what was decided."""
    await tx.execute(HOLD, procedure_import)


IMPORTS = listing(
    Listing(
        name="catalogue.imports",
        select=f"{SHOWN}\n where true",
        where={"state": "i.state = {state}"},
        orders={"newest": newest("i.imported_at", "i.id")},
    )
)


async def imports(
    conn: asyncpg.Connection, cursors: Cursors, state: ImportState | None, cursor: str | None, limit: int
) -> ProcedureImportPage:
    values = {"state": state} if state else {}
    return await IMPORTS.page(conn, cursors, "newest", values, cursor, limit, ProcedureImportPage)


ITEM = """select i.place, i.code, i.name, i.kind, i.state, i.is_doubtful, i.base_version, i.fields as parts,
       i.problems::text as problems
  from catalogue.items i"""

ITEMS = listing(
    Listing(
        name="catalogue.items",
        select=f"{ITEM}\n where i.import_id = {{procedure_import}}",
        where={
            "kind": "i.kind = {kind}",
            "doubtful": "i.is_doubtful = {is_doubtful}",
            "problem": "i.problems @> jsonb_build_array(jsonb_build_object('code', {problem}::text))",
        },
        orders={"place": Order(by="i.place", after="i.place > {after_0}", position=("place",), kind=tuple[int])},
    )
)


async def items(
    conn: asyncpg.Connection, cursors: Cursors, procedure_import: UUID, kind: ItemKind | None,
    is_doubtful: bool | None, problem: str | None, cursor: str | None, limit: int,
) -> StoredPage:  # fmt: skip
    """In the order in which they came."""
    asked = {"kind": kind, "is_doubtful": is_doubtful, "problem": problem}
    values: dict[str, Any] = {name: value for name, value in asked.items() if value is not None}
    values["procedure_import"] = procedure_import
    return await ITEMS.page(conn, cursors, "place", values, cursor, limit, StoredPage)


WHOLE = f"""-- catalogue.whole
{ITEM}
 where i.import_id = $1 and i.code = $2
 order by i.kind = 'refused'
 limit 1"""

CONTENTS = """-- catalogue.contents
select i.content::text as after, v.content::text as before
  from catalogue.items i
  left join catalogue.versions v on v.code = i.code and v.version = i.base_version
 where i.import_id = $1 and i.place = $2"""


async def item(
    conn: asyncpg.Connection, procedure_import: UUID, code: str
) -> tuple[StoredItem, str | None, str | None] | None:
    """A procedure of an import, with the JSON of what it was compared with and of what it is."""
    found = maybe(await conn.fetchrow(WHOLE, procedure_import, code), StoredItem)
    if found is None:
        return None
    (row,) = await conn.fetch(CONTENTS, procedure_import, found.place)
    return found, row["before"], row["after"]


OPEN = """-- catalogue.open
select i.code
  from catalogue.items i
 where i.import_id = $1 and i.kind in ('new', 'changed', 'withdrawn') and i.state = 'open'
   and (i.code = any($2::text[]) or ($2::text[] is null and not i.is_doubtful))
   for no key update"""

OUTDATED = """-- catalogue.outdated
select i.code
  from catalogue.items i
 where i.import_id = $1 and i.code = any($2::text[]) and i.kind <> 'refused'
   and i.base_version <> coalesce((select max(v.version) from catalogue.versions v where v.code = i.code), 0)
 order by i.place"""

APPROVE = """-- catalogue.approve
update catalogue.items i set state = 'approved'
 where i.import_id = $1 and i.code = any($2::text[]) and i.kind <> 'refused'"""

PUBLISHING = """-- catalogue.publishing
update catalogue.imports i
   set state = 'publishing', published_by = $2, valid_from = $3, reason = $4, updated_at = $5, version = i.version + 1
 where i.id = $1 and i.state = 'drafted' and i.version = $6"""


async def chosen(tx: asyncpg.Connection, procedure_import: UUID, codes: Sequence[str] | None) -> list[str]:
    """Those of `codes` that may be published, and without them all that are not doubtful."""
    return [row["code"] for row in await tx.fetch(OPEN, procedure_import, codes)]


async def outdated(tx: asyncpg.Connection, procedure_import: UUID, codes: Sequence[str]) -> list[str]:
    """Those that have another version now than the one they were compared with."""
    return [row["code"] for row in await tx.fetch(OUTDATED, procedure_import, codes)]


async def approve(
    tx: asyncpg.Connection, procedure_import: UUID, codes: Sequence[str], by: UUID, version: int, valid_from: date,
    reason: str | None, now: datetime,
) -> bool:  # fmt: skip
    """drafted -> publishing; False where it is in another state or at another version by now."""
    if await tx.execute(PUBLISHING, procedure_import, by, valid_from, reason, now, version) == "UPDATE 0":
        return False
    await tx.execute(APPROVE, procedure_import, codes)
    return True


CLOSE = """-- catalogue.close
update catalogue.imports i
   set state = 'closed', ended_at = $2, updated_at = $2, version = i.version + 1
 where i.id = $1 and i.state in ('running', 'drafted')"""


async def close(tx: asyncpg.Connection, procedure_import: UUID, now: datetime) -> bool:
    """running or drafted -> closed."""
    return bool(await tx.execute(CLOSE, procedure_import, now) != "UPDATE 0")


VERSION = """select v.code, v.version, v.kind, coalesce(i.origin, 'software') as origin, v.content ->> 'name' as name,
       v.valid_from, v.published_at, v.fingerprint
  from catalogue.versions v
  left join catalogue.imports i on i.id = v.import_id"""

VERSIONS = listing(
    Listing(
        name="catalogue.versions",
        select=f"{VERSION}\n where v.code = {{code}}",
        where={},
        orders={
            "newest": Order(by="v.version desc", after="v.version < {after_0}", position=("version",), kind=tuple[int])
        },
    )
)


async def versions(
    conn: asyncpg.Connection, cursors: Cursors, code: str, cursor: str | None, limit: int
) -> ProcedureVersionPage:
    return await VERSIONS.page(conn, cursors, "newest", {"code": code}, cursor, limit, ProcedureVersionPage)


SOME = f"""-- catalogue.some
{VERSION.replace("v.fingerprint", "v.fingerprint, v.content::text as content")}
 where v.code = $1 and v.version = any($2::integer[])"""


async def some(conn: asyncpg.Connection, code: str, numbers: Sequence[int]) -> dict[int, tuple[ProcedureVersion, str]]:
    """These versions of a procedure by number, with their contents as JSON."""
    rows = await conn.fetch(SOME, code, numbers)
    return {
        version.version: (version, row["content"])
        for version, row in zip(many(rows, ProcedureVersion), rows, strict=True)
    }


HELD = """-- catalogue.held (worker)
select i.id, i.is_whole, i.codes, i.state, i.is_read, i.position, i.failures, i.published_by, i.valid_from
  from catalogue.imports i
 where i.id = $1 and i.state in ('running', 'publishing')
   for no key update"""


async def held(tx: Worker, procedure_import: UUID) -> Held | None:
    """An import that goes on, held until the transaction ends: of two workers one waits, and goes on behind."""
    return maybe(await tx.fetchrow(HELD, procedure_import), Held)


WAITING = """-- catalogue.waiting (worker)
select i.place, i.code, i.kind, i.content::text as content, i.base_version
  from catalogue.items i
 where i.import_id = $1 and i.kind = 'waiting'
 order by i.place
 limit $2"""

APPROVED = """-- catalogue.approved (worker)
select i.place, i.code, i.kind, i.content::text as content, i.base_version
  from catalogue.items i
 where i.import_id = $1 and i.state = 'approved'
 order by i.place
 limit $2"""


async def waiting(tx: Worker, procedure_import: UUID, most: int) -> list[Waiting]:
    """Those that were not compared yet."""
    return many(await tx.fetch(WAITING, procedure_import, most), Waiting)


async def approved(tx: Worker, procedure_import: UUID, most: int) -> list[Waiting]:
    """Those that are to be published."""
    return many(await tx.fetch(APPROVED, procedure_import, most), Waiting)


COMPARED = """-- catalogue.compared (worker)
update catalogue.items i
   set kind = $3, fields = $4, base_version = $5, content = $6::text::jsonb
 where i.import_id = $1 and i.place = $2"""


async def compared(tx: Worker, procedure_import: UUID, rows: Sequence[tuple[int, str, list[str], int, str]]) -> None:
    """Place, kind, parts that change, the version it was compared with, and the content with what is ours."""
    await tx.executemany(COMPARED, [(procedure_import, *row) for row in rows])


STANDS = """-- catalogue.stands (worker)
update catalogue.items i set state = r.state
  from unnest($2::integer[], $3::text[]) r (place, state)
 where i.import_id = $1 and i.place = r.place"""


async def stand(tx: Worker, procedure_import: UUID, states: dict[int, str]) -> None:
    """What became of those that were approved, by place."""
    await tx.execute(STANDS, procedure_import, list(states), list(states.values()))


MISSING = """-- catalogue.missing (worker)
select v.code
  from (select distinct p.code from catalogue.versions p) c, catalogue.latest(c.code) v
 where v.kind <> 'withdrawn'
   and not exists (select from catalogue.items i where i.import_id = $1 and left(i.code, 8) = v.code)
   and not exists (select from catalogue.items i where i.import_id = $1 and i.code = v.code)
 order by v.code"""

KNOWN = """-- catalogue.known (worker)
select count(*) from services.procedures p"""


async def missing(tx: Worker, procedure_import: UUID) -> tuple[list[str], int]:
    """Procedures of ours that an import says nothing of, not even by a wrong code; and how many we have."""
    codes = [row["code"] for row in await tx.fetch(MISSING, procedure_import)]
    return codes, await tx.fetchval(KNOWN)


PRESENT = """-- catalogue.present (worker)
select i.code from catalogue.items i where i.import_id = $1 and i.code = any($2::text[]) and i.kind <> 'refused'"""


async def present(tx: Worker, procedure_import: UUID, codes: Sequence[str]) -> set[str]:
    """Those of the codes that are in the import already."""
    return {row["code"] for row in await tx.fetch(PRESENT, procedure_import, codes)}


NOT_AT_SOURCE = """-- catalogue.not_at_source (worker)
select i.code from catalogue.items i
 where i.import_id = $1 and i.problems @> '[{"code": "not_at_source"}]'
 order by i.place"""


async def not_at_source(tx: Worker, procedure_import: UUID) -> list[str]:
    """Those that the source was asked for by code and does not have."""
    return [row["code"] for row in await tx.fetch(NOT_AT_SOURCE, procedure_import)]


MOVED_ON = """-- catalogue.moved_on (worker)
update catalogue.imports i
   set position = $3, is_read = $4, failures = 0, updated_at = $5, version = i.version + 1
 where i.id = $1 and i.state = 'running' and i.position = $2 and not i.is_read"""

FAILED = """-- catalogue.failed (worker)
update catalogue.imports i
   set failures = i.failures + 1, updated_at = $3, version = i.version + 1,
       state = case when i.failures + 1 >= $4 then 'failed' else i.state end,
       failure = case when i.failures + 1 >= $4 then $2 end,
       ended_at = case when i.failures + 1 >= $4 then $3::timestamptz end
 where i.id = $1 and i.state = 'running'
returning i.state = 'running' as goes_on"""


async def move_on(
    tx: Worker, procedure_import: UUID, before: str, position: str, now: datetime, *, is_read: bool
) -> bool:
    """How far the source was read; False where another worker was faster."""
    done = await tx.execute(MOVED_ON, procedure_import, before, position, is_read, now)
    return bool(done != "UPDATE 0")


async def fail(pool: asyncpg.Pool, procedure_import: UUID, failure: str, now: datetime, most: int) -> bool:
    """The source failed once more, and after `most` times the import; whether it goes on."""
    return bool(await pool.fetchval(FAILED, procedure_import, failure, now, most))


RECOUNT = """-- catalogue.recount (worker)
update catalogue.imports i
   set total = c.total, new = c.new, changed = c.changed, withdrawn = c.withdrawn, unchanged = c.unchanged,
       refused = c.refused, doubtful = c.doubtful, published = c.published, outdated = c.outdated,
       state = coalesce(case $3 when 'end' then case when c.open > 0 then 'drafted' else 'closed' end end, i.state),
       ended_at = case when $3 = 'end' and c.open = 0 then $2::timestamptz end, updated_at = $2,
       version = i.version + 1
  from (select count(*) as total, count(*) filter (where t.kind = 'new') as new,
               count(*) filter (where t.kind = 'changed') as changed,
               count(*) filter (where t.kind = 'withdrawn') as withdrawn,
               count(*) filter (where t.kind = 'unchanged') as unchanged,
               count(*) filter (where t.kind = 'refused') as refused,
               count(*) filter (where t.is_doubtful and t.kind in ('new', 'changed', 'withdrawn')) as doubtful,
               count(*) filter (where t.state = 'published') as published,
               count(*) filter (where t.state = 'outdated') as outdated,
               count(*) filter (where t.state = 'open' and t.kind in ('new', 'changed', 'withdrawn')) as open
          from catalogue.items t where t.import_id = $1) c
 where i.id = $1"""


async def recount(tx: Worker, procedure_import: UUID, now: datetime, *, ends: bool) -> None:
    """What there is of each; at the end it is drafted, and closed where nothing is left to publish."""
    await tx.execute(RECOUNT, procedure_import, now, "end" if ends else "")


COUNT = """-- catalogue.count (worker)
select count(*) from catalogue.items i where i.import_id = $1"""


async def count(tx: Worker, procedure_import: UUID) -> int:
    return int(await tx.fetchval(COUNT, procedure_import))


LEFT = """-- catalogue.left (worker)
select i.id, i.state, i.is_read
  from catalogue.imports i
 where i.state in ('running', 'publishing') and i.updated_at < $1
 order by i.updated_at"""


async def left(pool: asyncpg.Pool, before: datetime) -> list[asyncpg.Record]:
    """Imports that were to go on, and of which nothing was heard since."""
    return list(await pool.fetch(LEFT, before))


PRUNE = """-- catalogue.prune (worker)
with over as (
    select i.id from catalogue.imports i
     where i.pruned_at is null and i.ended_at < $1
     order by i.ended_at
     limit $3
       for no key update skip locked),
gone as (
    delete from catalogue.items t using over where t.import_id = over.id)
update catalogue.imports i set pruned_at = $2 from over where i.id = over.id
returning i.id"""


async def prune(tx: Worker, now: datetime, most: int) -> int:
    """Forget the procedures of at most so many imports that ended 90 days ago; how many there were."""
    return len(await tx.fetch(PRUNE, now - KEPT, now, most))


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
