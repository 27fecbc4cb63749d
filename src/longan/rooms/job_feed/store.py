"""SQL of the room, each statement above the function that runs it."""

from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from longan.floor.pay_and_days.pay import PayIn
from longan.floor.postings.drafts import Draft
from longan.rooms.job_feed.models import Exported

_PAY = (
    "min",
    "max",
    "currency",
    "period",
    "base",
    "allowances",
    "attendance",
    "overtime",
    "overtime_hours",
    "deductions",
)
_SAID = tuple(name for name in Draft.__struct_fields__ if name != "pay")

COLUMNS = f"""j.id, {", ".join(f"j.{name}" for name in _SAID)}, {", ".join(f"j.pay_{name}" for name in _PAY)},
       j.source_key, j.extra::text as extra, j.published_at, j.created_at, j.changed_in::text as changed_in,
       e.name as employer_name, w.name as ward_name, p.name as province_name,
       (j.status = 'open' and j.expires_at > {{now}}) is not true as gone
  from jobs.postings j
  join employers.employers e on e.id = j.employer_id
  join places.units w on w.version = j.ward_version and w.code = j.ward_code
  join places.units p on p.version = j.ward_version and p.code = j.province_code"""

ONE = f"""-- job_feed.one
select {COLUMNS.format(now="$3::timestamptz")}
 where j.id = $1
   and (j.status = 'open' and j.expires_at > $3
        or exists (select from members.members m where m.employer_id = j.employer_id and m.account_id = $2))"""


async def one(conn: asyncpg.Connection, job: UUID, viewer: UUID | None, now: datetime) -> Exported | None:
    """An open posting, or any of an employer whose member is asking."""
    row = await conn.fetchrow(ONE, job, viewer, now)
    return None if row is None else _exported(row)


HORIZON = """-- job_feed.horizon
select job_exchange.epoch() as epoch, pg_snapshot_xmin(pg_current_snapshot())::text as horizon"""


async def horizon(conn: asyncpg.Connection) -> tuple[str, int]:
    """The epoch, and the first transaction that may not be over yet: all before it have ended, and what they wrote is
    to be seen by every later statement."""
    (row,) = await conn.fetch(HORIZON)
    return row["epoch"], int(row["horizon"])


OPEN = f"""-- job_feed.open
select {COLUMNS.format(now="$4::timestamptz")}
 where j.status = 'open' and (j.changed_in, j.id) > ($1::text::xid8, $2) and j.changed_in < $3::text::xid8
 order by j.changed_in, j.id
 limit $5"""

# What is closed in review is no more published (postings.move), and may have been before.
CHANGED = f"""-- job_feed.changed
select {COLUMNS.format(now="$4::timestamptz")}
 where (j.published_at is not null or j.status = 'closed')
   and (j.changed_in, j.id) > ($1::text::xid8, $2) and j.changed_in < $3::text::xid8
 order by j.changed_in, j.id
 limit $5"""


async def after(
    conn: asyncpg.Connection, number: int, posting: UUID, before: int, now: datetime, most: int, *, only_open: bool
) -> list[Exported]:
    """Postings changed after that one and before the transaction `before`, in the order of their transactions."""
    statement = OPEN if only_open else CHANGED
    return [_exported(row) for row in await conn.fetch(statement, str(number), posting, str(before), now, most)]


REPAIR = """-- job_feed.repair (worker)
select job_exchange.bear_present_numbers($1)"""


async def repair(tx: asyncpg.pool.PoolConnectionProxy, most: int) -> int:
    """Of at most so many postings that bear a number which is still to come: how many there were."""
    return await tx.fetchval(REPAIR, most) or 0


def _exported(row: asyncpg.Record) -> Exported:
    said: dict[str, Any] = {name: row[name] for name in _SAID}
    pay = PayIn(**{name: row[f"pay_{name}"] for name in _PAY})
    return Exported(
        row["id"], Draft(**said, pay=pay), row["employer_name"], row["ward_name"], row["province_name"],
        row["source_key"], row["extra"] and msgspec.json.decode(row["extra"]), row["published_at"], row["created_at"],
        row["gone"], int(row["changed_in"]),
    )  # fmt: skip
