"""SQL of the room, each statement above the function that runs it."""

from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from longan.db import many, maybe
from longan.listing import Listing, Order, listing
from longan.page import Cursors
from longan.recovery.models import CANCELLABLE, Due, Resolved, Sealing, SealingPage, State

REPLACE = """-- recovery.replace
update recovery.cases c set state = 'replaced', closed_at = $2 where c.phone_index = $1 and c.closed_at is null"""

OPEN = """-- recovery.open
insert into recovery.cases (id, lost_index, number_index, phone_index, phone_cipher, locale, opened_at, due_at)
values ($1, $2, $3, $4, $5, $6, $7, $8)"""


async def open_case(
    tx: asyncpg.Connection, case: UUID, *, lost: bytes, number: bytes | None, phone: bytes, cipher: bytes, locale: str,
    now: datetime, due_at: datetime,
) -> bool:  # fmt: skip
    """A case, instead of what this phone has begun before; False when it began another one at the same moment."""
    await tx.execute(REPLACE, phone, now)
    try:
        async with tx.transaction():
            await tx.execute(OPEN, case, lost, number, phone, cipher, locale, now, due_at)
    except asyncpg.UniqueViolationError:
        return False
    return True


# Staff come back through an administrator. What was named to find somebody is not kept.
RESOLVE = """-- recovery.resolve (worker)
with found as (
    select c.id, a.id as account_id, a.phone_cipher as old_cipher, i.account_id is not null as confirmed,
           coalesce(i.number_index = c.number_index, false) as matched
      from recovery.cases c
      left join identity.accounts a
        on a.phone_index = c.lost_index and a.disabled_at is null
       and not exists (select from identity.roles r
                        where r.account_id = a.id and r.role in ('official', 'administrator'))
      left join assurance.identities i on i.account_id = a.id and i.confirmed_at is not null
     where c.id = $1 and c.state = 'opened'
       for update of c),
settled as (
    select f.id, f.account_id, f.old_cipher, f.matched,
           case when f.account_id is null or f.confirmed and not f.matched then 'blind'
                when f.confirmed then 'review' else 'waiting' end as state
      from found f)
update recovery.cases c
   set state = s.state, number_index = null, number_matched = s.matched,
       account_id = case when s.state = 'blind' then null else s.account_id end
  from settled s
 where c.id = s.id
returning c.state, c.account_id, c.locale, case when s.state = 'blind' then null else s.old_cipher end as old_cipher"""


async def resolve(tx: asyncpg.Connection, case: UUID) -> Resolved | None:
    """Whose case it is, and who decides it; None when that is known already, or the case is over."""
    return maybe(await tx.fetchrow(RESOLVE, case), Resolved)


MINE = """-- recovery.mine
select c.id, c.state, c.phone_cipher, c.opened_at, c.due_at
  from recovery.cases c
 where c.account_id = $1 and c.closed_at is null
 order by c.opened_at, c.id"""


async def mine(conn: asyncpg.Connection, account: UUID) -> list[Sealing]:
    return many(await conn.fetch(MINE, account), Sealing)


CANCEL = """-- recovery.cancel
update recovery.cases c set state = 'cancelled', closed_at = $3
 where c.id = $1 and c.account_id = $2 and c.state = any($4)
returning true"""


async def cancel(tx: asyncpg.Connection, case: UUID, account: UUID, now: datetime) -> bool:
    return bool(await tx.fetchval(CANCEL, case, account, now, list(CANCELLABLE)))


REVIEWS = listing(
    Listing(
        name="recovery.reviews",
        select="""select c.id, c.state, c.phone_cipher, c.opened_at, c.due_at, c.account_id, p.full_name,
       c.number_matched
  from recovery.cases c
  left join people.profiles p on p.account_id = c.account_id
 where c.state = 'review'""",
        where={},
        orders={
            "oldest": Order(
                by="c.opened_at, c.id",
                after="(c.opened_at, c.id) > ({after_0}, {after_1})",
                position=("opened_at", "id"),
                kind=tuple[datetime, UUID],
            )
        },
    )
)


async def reviews(conn: asyncpg.Connection, cursors: Cursors, cursor: str | None, limit: int) -> SealingPage:
    values: dict[str, Any] = {}
    return await REVIEWS.page(conn, cursors, "oldest", values, cursor, limit, SealingPage)


MAY_DECIDE = """-- recovery.may_decide
select count(*) = 0
       or coalesce(bool_or(g.function = 'identity' and g.ended_at is null and g.starts_at <= $2
                           and (g.ends_at is null or g.ends_at > $2)), false)
  from staff.grants g
 where g.account_id = $1 and g.role = 'official'"""


async def may_decide(conn: asyncpg.Connection, official: UUID, now: datetime) -> bool:
    """Whether identities are what the official was appointed for (SECURITY Z6)."""
    return bool(await conn.fetchval(MAY_DECIDE, official, now))


STATE = """-- recovery.state
select c.state from recovery.cases c where c.id = $1 and c.account_id is not null for update"""


async def state(tx: asyncpg.Connection, case: UUID) -> State | None:
    """Where a case stands, which is then locked; None when there is none that a person decides."""
    found: State | None = await tx.fetchval(STATE, case)
    return found


DECIDE = """-- recovery.decide
update recovery.cases c
   set state = $2, decided_by = $3, agency_code = $4, reason = $5, decided_at = $6,
       closed_at = case when $2 = 'refused' then $6::timestamptz end
 where c.id = $1 and c.state = 'review' and c.account_id <> $3
returning c.phone_cipher, c.locale"""


async def decide(
    tx: asyncpg.Connection, case: UUID, decision: str, official: UUID, agency: str | None, reason: str, now: datetime
) -> tuple[bytes, str] | None:
    """The new phone, sealed for the case, and its language; None for an official whose own account it is."""
    row = await tx.fetchrow(DECIDE, case, decision, official, agency, reason, now)
    return None if row is None else (row["phone_cipher"], row["locale"])


# A case that nobody reviews is over at $2.
WAITING = """-- recovery.waiting (worker)
select c.id
  from recovery.cases c
 where c.closed_at is null and c.due_at <= $1
   and (c.state in ('opened', 'waiting', 'approved', 'blind') or c.state = 'review' and c.opened_at <= $2)
 order by c.due_at
 limit 100"""


async def waiting(pool: asyncpg.Pool, now: datetime, lapsed: datetime) -> list[UUID]:
    """Cases whose time has come."""
    return [row["id"] for row in await pool.fetch(WAITING, now, lapsed)]


DUE = """-- recovery.due (worker)
select c.id, c.state, c.account_id, c.phone_index, c.phone_cipher, c.locale,
       coalesce(a.disabled_at is null and a.phone_index = c.lost_index, false) as stands,
       exists (select from recovery.cases o
                where o.account_id = c.account_id and o.id <> c.id and o.closed_at is null) as contested
  from recovery.cases c
  left join identity.accounts a on a.id = c.account_id
 where c.id = $1 and c.closed_at is null and c.due_at <= $2
   for update of c skip locked"""


async def due(tx: asyncpg.Connection, case: UUID, now: datetime) -> Due | None:
    """The case, locked; None when somebody else has it or it is over."""
    return maybe(await tx.fetchrow(DUE, case, now), Due)


MOVE = """-- recovery.move (worker)
update recovery.cases c set state = $2, closed_at = $3 where c.id = $1 and c.closed_at is null"""


async def move(tx: asyncpg.Connection, case: UUID, to: State, closed_at: datetime | None) -> None:
    await tx.execute(MOVE, case, to, closed_at)


OTHERS = """-- recovery.others (worker)
update recovery.cases c set state = 'refused', closed_at = $3
 where c.account_id = $2 and c.id <> $1 and c.closed_at is null
returning c.id"""


async def refuse_others(tx: asyncpg.Connection, case: UUID, account: UUID, now: datetime) -> None:
    """Who else claimed the account comes too late."""
    await tx.execute(OTHERS, case, account, now)


PRUNE = """-- recovery.prune (worker)
delete from recovery.cases c where c.closed_at < $1"""


async def prune(pool: asyncpg.Pool, before: datetime) -> None:
    await pool.execute(PRUNE, before)
