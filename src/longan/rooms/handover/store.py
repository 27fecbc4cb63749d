"""SQL of the room, each statement above the function that runs it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from longan.floor.database.db import maybe
from longan.floor.database.listing import Listing, listing, newest
from longan.floor.database.page import Cursors
from longan.rooms.handover.models import Handover, HandoverPage, Leased, Report, State

Connection = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy
Asked = Connection | asyncpg.Pool

COLUMNS = """h.id, h.report_id, r.code as report_code, h.receiver, h.service_code, h.state, h.foreign_id, h.tries,
       h.failure, h.next_at, h.created_at, h.updated_at"""

HANDOVERS = listing(
    Listing(
        name="handover.handovers",
        select=f"""select {COLUMNS}
  from handover.handovers h
  join feedback.reports r on r.id = h.report_id
 where staff.may({{official}}, 'feedback', r.ward_version, r.ward_code, {{now}})""",
        where={"state": "h.state = {state}", "report_id": "h.report_id = {report_id}"},
        orders={"newest": newest("h.created_at", "h.id")},
    )
)


async def handovers(
    conn: asyncpg.Connection, cursors: Cursors, values: Mapping[str, Any], cursor: str | None, limit: int
) -> HandoverPage:
    """What the wards of the official reach. Raises `InvalidRequest` for a cursor of another list."""
    return await HANDOVERS.page(conn, cursors, "newest", dict(values), cursor, limit, HandoverPage)


REPORT = """-- handover.report
select r.id, r.code, r.category_code, r.province_code, r.status, r.description, r.address, r.lat, r.lon,
       r.ward_version, r.ward_code, w.name as ward, p.name as province, r.attributes::text as attributes,
       (select f.id from photos.uploads f
         where f.claimed_for = 'feedback' and f.subject = r.id and f.is_public order by f.place limit 1) as photo_id
  from feedback.reports r
  left join places.units w on w.version = r.ward_version and w.code = r.ward_code
  left join places.units p on p.version = r.ward_version and p.code = r.province_code
 where r.id = $1 and r.merged_into is null and r.withdrawn_at is null"""


async def report(conn: Asked, report_id: UUID) -> Report | None:
    """A report that is handled for itself."""
    row = await conn.fetchrow(REPORT, report_id)
    if row is None:
        return None
    given = dict(row)
    given["attributes"] = given["attributes"] and msgspec.json.decode(given["attributes"])
    return Report(**given)


MAY = """-- handover.may
select exists (select from feedback.reports r
                where r.id = $1 and r.account_id is distinct from $2
                  and staff.may($2, 'feedback', r.ward_version, r.ward_code, $3))"""


async def may(conn: asyncpg.Connection, report_id: UUID, official: UUID, now: datetime) -> bool:
    """Whether the report lies within the wards of the official, and is not their own."""
    return bool(await conn.fetchval(MAY, report_id, official, now))


BEGIN = """-- handover.begin
insert into handover.handovers (report_id, receiver, service_code, next_at, handed_by, created_at, updated_at)
values ($1, $2, $3, $5, $4, $5, $5)
    on conflict on constraint handovers_once do nothing
returning id"""


async def begin(
    tx: Connection, report_id: UUID, receiver: str, service_code: str, by: UUID | None, now: datetime
) -> UUID | None:
    """None where it was handed over to the receiver before."""
    return await tx.fetchval(BEGIN, report_id, receiver, service_code, by, now)  # type: ignore[no-any-return]


ONE = f"""-- handover.one
select {COLUMNS}
  from handover.handovers h
  join feedback.reports r on r.id = h.report_id
 where h.id = $1 and r.account_id is distinct from $2
   and staff.may($2, 'feedback', r.ward_version, r.ward_code, $3)
   for update of h"""


async def one(tx: asyncpg.Connection, handover: UUID, official: UUID, now: datetime) -> Handover | None:
    """A handover that nobody else changes until the transaction ends; None beyond the official's wards, and of a
    report of their own."""
    return maybe(await tx.fetchrow(ONE, handover, official, now), Handover)


DECIDE = """-- handover.decide
update handover.handovers h
   set state = $2, foreign_id = coalesce($3, h.foreign_id), next_at = $4, asked = 0, failure = null, decided_by = $5,
       decided_at = $6, updated_at = $6, created_at = case when $2 = 'waiting' then $6 else h.created_at end
 where h.id = $1 and (h.leased_until is null or h.leased_until <= $6)
returning true"""


async def decide(
    tx: asyncpg.Connection, handover: UUID, state: State, foreign_id: str | None, next_at: datetime | None,
    official: UUID, now: datetime,
) -> bool:  # fmt: skip
    """What is sent again begins anew, its patience too. False while a worker goes on with it, which would not know."""
    return bool(await tx.fetchval(DECIDE, handover, state, foreign_id, next_at, official, now))


# Whoever has it goes on with it alone until the lease is over.
LEASE = """-- handover.lease (worker)
update handover.handovers h set leased_until = $3
 where h.id = $1 and h.next_at <= $2 and (h.leased_until is null or h.leased_until <= $2)
returning h.id, h.report_id, h.receiver, h.service_code, h.state, h.token, h.foreign_id, h.tries, h.asked, h.tried_at,
          h.created_at"""


async def lease(pool: asyncpg.Pool, handover: UUID, now: datetime, until: datetime) -> Leased | None:
    return maybe(await pool.fetchrow(LEASE, handover, now, until), Leased)


# Written down and committed before anything is sent: whoever dies on the way leaves it unsure.
TRY = """-- handover.trying (worker)
update handover.handovers h
   set state = 'unsure', tries = h.tries + 1, asked = 0, tried_at = $3, updated_at = $3
 where h.id = $1 and h.state = 'waiting' and h.leased_until = $2
returning true"""


async def trying(pool: asyncpg.Pool, handover: UUID, lease_until: datetime, now: datetime) -> bool:
    """Whether it is still ours to send."""
    return bool(await pool.fetchval(TRY, handover, lease_until, now))


GO_ON = """-- handover.go_on (worker)
update handover.handovers h
   set state = $3, token = coalesce($4, h.token), foreign_id = coalesce($5, h.foreign_id), asked = $6, failure = $7,
       next_at = $8, updated_at = $9, leased_until = null
 where h.id = $1 and h.leased_until = $2
returning true"""


async def go_on(
    tx: Asked, handover: UUID, lease_until: datetime, state: State, now: datetime, next_at: datetime | None, *,
    token: str | None = None, foreign_id: str | None = None, asked: int = 0, failure: str | None = None,
) -> bool:  # fmt: skip
    """Where it stands now, and when to go on; the lease ends. False where it was not ours any more."""
    return bool(await tx.fetchval(GO_ON, handover, lease_until, state, token, foreign_id, asked, failure, next_at, now))


DUE = """-- handover.due (worker)
select h.id from handover.handovers h
 where h.next_at <= $1 and (h.leased_until is null or h.leased_until <= $1)
 order by h.next_at
 limit $2"""


async def due(pool: asyncpg.Pool, now: datetime, most: int) -> list[UUID]:
    return [row["id"] for row in await pool.fetch(DUE, now, most)]


ACCEPTED = """-- handover.accepted (worker)
select r.id, r.category_code
  from feedback.reports r
 where r.status = 'da_tiep_nhan' and r.merged_into is null and r.withdrawn_at is null and r.category_code = any($1)
   and not exists (select from handover.handovers h where h.report_id = r.id)
 order by r.category_code, r.created_at
 limit $2"""


async def accepted(pool: asyncpg.Pool, categories: Sequence[str], most: int) -> list[tuple[UUID, str]]:
    """Accepted reports of these categories that nobody has handed over, and their categories."""
    return [(row["id"], row["category_code"]) for row in await pool.fetch(ACCEPTED, categories, most)]


OPEN_UNTIL = """-- handover.open_until (worker)
select b.open_until from handover.breakers b where b.receiver = $1 and b.open_until > $2"""


async def open_until(pool: asyncpg.Pool, receiver: str, now: datetime) -> datetime | None:
    """Until when the receiver is left alone."""
    return await pool.fetchval(OPEN_UNTIL, receiver, now)  # type: ignore[no-any-return]


FAILED = """-- handover.failed (worker)
insert into handover.breakers as b (receiver, failures) values ($1, 1)
on conflict (receiver) do update
   set failures = b.failures + 1,
       open_until = case when b.failures + 1 >= $2 then $3::timestamptz else b.open_until end"""


async def failed(pool: asyncpg.Pool, receiver: str, most: int, until: datetime) -> None:
    """One failure more; after `most` in a row the receiver is left alone until then."""
    await pool.execute(FAILED, receiver, most, until)


MENDED = """-- handover.mended (worker)
delete from handover.breakers b where b.receiver = $1"""


async def mended(pool: asyncpg.Pool, receiver: str) -> None:
    await pool.execute(MENDED, receiver)
