"""How officials change `services.procedures`: a version is written first, and what is shown follows."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import asyncpg
import msgspec

from longan.floor.base.errors import Conflict
from longan.floor.database import queue
from longan.floor.database.db import many
from longan.floor.procedures.procedure_words import found_by
from longan.floor.procedures.procedures import Procedure, detail_of

Tx = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy


class ProcedureChanged(Conflict):
    """`code` has had another version since this one was compared with it."""

    code = "procedure_changed"
    vi, en = "Thủ tục đã có phiên bản mới hơn, hãy so lại", "The procedure has a newer version; compare it again"


class Published(msgspec.Struct, frozen=True):
    """By whom, from which import, and from which day on."""

    import_id: UUID
    by: UUID
    valid_from: date


class Latest(msgspec.Struct, frozen=True):
    """The latest version of a procedure; `content` is JSON."""

    code: str
    version: int
    kind: str
    content: str

    def procedure(self) -> Procedure:
        return msgspec.json.decode(self.content, type=Procedure)


LATEST = """-- procedure_publishing.latest
select l.code, l.version, l.kind, l.content::text as content
  from unnest($1::text[]) c (code), catalogue.latest(c.code) l
 where l.code is not null"""


async def latest(conn: Tx, codes: Sequence[str]) -> dict[str, Latest]:
    """By code; those that never had a version are not in it."""
    return {found.code: found for found in many(await conn.fetch(LATEST, codes), Latest)}


VERSION = """-- procedure_publishing.version
insert into catalogue.versions (code, version, kind, valid_from, content, import_id, published_by, published_at)
values ($1, $2, $3, $4, $5::text::jsonb, $6, $7, $8)"""

SHOW = """-- procedure_publishing.show
insert into services.procedures (code, name, search_text, name_marked, field_code, field, agency_code, agency, levels,
                                 online_level, audience, worker_group, code_valid, updated_on, detail, who, local_to)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15::text::jsonb, $16, $17)
    on conflict (code) do update
   set name = excluded.name, search_text = excluded.search_text, name_marked = excluded.name_marked,
       field_code = excluded.field_code, field = excluded.field, agency_code = excluded.agency_code,
       agency = excluded.agency, levels = excluded.levels, online_level = excluded.online_level,
       audience = excluded.audience, worker_group = excluded.worker_group, code_valid = excluded.code_valid,
       updated_on = excluded.updated_on, detail = excluded.detail, who = excluded.who, local_to = excluded.local_to"""

HIDE = """-- procedure_publishing.hide
delete from services.procedures where code = $1"""


async def publish(tx: Tx, procedure: Procedure, version: int, published: Published, now: datetime) -> None:
    """Make it version `version` and show it. Raises `ProcedureChanged` where there is such a version already."""
    await _write(tx, procedure, version, "published", published, now)
    await show(tx, procedure)


async def withdraw(tx: Tx, procedure: Procedure, version: int, published: Published, now: datetime) -> None:
    """There is no such procedure any more; `procedure` is what it was last. Raises `ProcedureChanged`."""
    await _write(tx, procedure, version, "withdrawn", published, now)
    await tx.execute(HIDE, procedure.code)


async def tell(tx: Tx) -> None:
    """Promise that every process forgets what it answered before."""
    await queue.add(tx, "procedures_published")


async def show(tx: Tx, procedure: Procedure) -> None:
    """What it is listed, found and shown by."""
    found = found_by(
        code=procedure.code, name=procedure.name, field_code=procedure.field_code, field=procedure.field,
        agency=procedure.agency, audience=procedure.audience, levels=procedure.levels,
        worker_group=procedure.worker_group,
    )  # fmt: skip
    await tx.execute(
        SHOW, procedure.code, procedure.name, found.search_text, found.name_marked, procedure.field_code,
        procedure.field, procedure.agency_code, procedure.agency, procedure.levels, procedure.online_level,
        procedure.audience, procedure.worker_group, procedure.code_valid, procedure.updated_on,
        msgspec.json.encode(detail_of(procedure)).decode(), found.who, found.local_to,
    )  # fmt: skip


async def _write(tx: Tx, procedure: Procedure, version: int, kind: str, published: Published, now: datetime) -> None:
    try:
        await tx.execute(
            VERSION, procedure.code, version, kind, published.valid_from, msgspec.json.encode(procedure).decode(),
            published.import_id, published.by, now,
        )  # fmt: skip
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name == "versions_one_each":
            raise ProcedureChanged(members={"procedure_code": procedure.code}) from error
        raise


PUBLISHED = """-- procedure_publishing.published
select v.content::text as content
  from catalogue.versions v
 where v.kind = 'published'
   and v.version = (select max(l.version) from catalogue.versions l where l.code = v.code)"""

SEED = """-- procedure_publishing.seed
select catalogue.seed()"""


async def seeded(tx: Tx) -> None:
    """After what came with the software was loaded: it is a version too, and what officials have published is found by
    the words of this release."""
    await tx.execute(SEED)
    for (content,) in await tx.fetch(PUBLISHED):
        await show(tx, msgspec.json.decode(content, type=Procedure))
