"""SQL of the room, each statement above the function that runs it."""

from datetime import date, datetime
from uuid import UUID

import asyncpg
import msgspec

from longan.floor.database.db import many
from longan.floor.procedures.procedures import Procedure
from longan.floor.search import queries
from longan.rooms.hsds.models import Coded, Hours

# A term is a field, by the id that lasts.
FIT = """(($1::text is null or p.search @@ $1::text::tsquery)
   and ($2::uuid is null or p.agency_code in (
           select a.agency_code from (select distinct q.agency_code from services.procedures q) a
            where catalogue.lasting_id('organization:' || a.agency_code) = $2))
   and ($3::uuid is null or p.field_code in (
           select f.field_code from (select distinct q.field_code from services.procedures q) f
            where catalogue.lasting_id('term:field:' || f.field_code) = $3))
   and ($4::timestamptz is null or (
           select v.published_at from catalogue.versions v where v.code = p.code order by v.version desc limit 1) >= $4)
   and ($5::boolean is not true or exists (select from jsonb_array_elements_text(p.detail -> 'channels') c
                                            where c = 'online')))"""

LIST = f"""-- hsds.list
select catalogue.whole(p)::text as whole from services.procedures p
 where {FIT}
 order by p.code
 limit $6 offset $7"""

COUNT = f"""-- hsds.count
select count(*) from services.procedures p where {FIT}"""


async def services(
    conn: asyncpg.Connection, search: str | None, organization: UUID | None, term: UUID | None,
    modified_after: datetime | None, limit: int, offset: int, *, is_online: bool = False,
) -> tuple[int, list[Procedure]]:  # fmt: skip
    """How many there are that fit, and those of a page."""
    words = queries.asked(search)["tsquery"] if search else None
    values = (words, organization, term, modified_after, is_online)
    total = await conn.fetchval(COUNT, *values)
    rows = await conn.fetch(LIST, *values, limit, offset)
    return total, [msgspec.json.decode(row["whole"], type=Procedure) for row in rows]


ONE = """-- hsds.one
select catalogue.whole(p)::text as whole
  from services.procedures p
 where catalogue.lasting_id('service:' || p.code) = $1"""


async def service(conn: asyncpg.Connection, identifier: UUID) -> Procedure | None:
    found: str | None = await conn.fetchval(ONE, identifier)
    return None if found is None else msgspec.json.decode(found, type=Procedure)


AT_PORTAL = """-- hsds.at_portal
select catalogue.whole(p)::text as whole
  from services.procedures p
 where catalogue.lasting_id('service_at_location:' || p.code) = $1
   and exists (select from jsonb_array_elements_text(p.detail -> 'channels') c where c = 'online')"""


async def service_at_portal(conn: asyncpg.Connection, identifier: UUID) -> Procedure | None:
    found: str | None = await conn.fetchval(AT_PORTAL, identifier)
    return None if found is None else msgspec.json.decode(found, type=Procedure)


AGENCIES = """-- hsds.agencies
select p.agency_code as code, min(p.agency) as name
  from services.procedures p
 group by p.agency_code
 order by p.agency_code"""

FIELDS = """-- hsds.fields
select p.field_code as code, min(p.field) as name
  from services.procedures p
 group by p.field_code
 order by p.field_code"""


async def agencies(conn: asyncpg.Connection) -> list[Coded]:
    """Whoever issued a procedure; of two spellings of a name one."""
    return many(await conn.fetch(AGENCIES), Coded)


async def fields(conn: asyncpg.Connection) -> list[Coded]:
    return many(await conn.fetch(FIELDS), Coded)


HOURS = """-- hsds.hours
select h.valid_from, to_char(h.begins, 'HH24:MI') || '+07:00' as begins, to_char(h.ends, 'HH24:MI') || '+07:00' as ends
  from reference.working_hours h
 where h.valid_from = (select max(n.valid_from) from reference.working_hours n where n.valid_from <= $1)
 order by h.begins"""


async def hours(conn: asyncpg.Connection, day: date) -> list[Hours]:
    """When offices are open, on working days."""
    return many(await conn.fetch(HOURS, day), Hours)
