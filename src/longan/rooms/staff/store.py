"""SQL of the room, each statement above the function that runs it."""

from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from longan.floor.access.tokens import Principal
from longan.floor.base.errors import WardUnknown
from longan.floor.database.db import many, maybe
from longan.floor.database.page import Cursors
from longan.rooms.staff.models import Asked, Due, Grant, GrantPage, ProposalOpen, RoleHeld

SHOWN = """p.id, p.kind, p.account_id, a.phone_cipher, f.full_name, p.role, p.agency_code, p.function, p.ward_version,
       p.ward_codes, p.ends_at, p.reason, p.proposed_by, p.proposed_at, p.expires_at, p.decision, p.decision_reason,
       p.decided_by, p.decided_at"""
WHOM = """join identity.accounts a on a.id = p.account_id
  left join people.profiles f on f.account_id = p.account_id"""

PROPOSE = f"""-- staff.propose
with p as (
    insert into staff.proposals (kind, account_id, role, agency_code, function, ward_version, ward_codes, ends_at,
                                 reason, proposed_by, proposed_session, proposed_key, proposed_at, expires_at)
    values ($1, $2, $3, $4, $5, case when $6::text[] is not null then places.version_on($12) end, $6, $7, $8, $9, $10,
            $11, $12, $13)
    returning *)
select {SHOWN}
  from p
  {WHOM}"""


async def propose(
    tx: asyncpg.Connection, kind: str, account: UUID, me: Principal, reason: str, now: datetime, expires_at: datetime,
    *, role: str | None = None, agency_code: str | None = None, function: str | None = None,
    ward_codes: list[str] | None = None, ends_at: datetime | None = None,
) -> asyncpg.Record | None:  # fmt: skip
    """The proposal, its phone still sealed. Raises `ProposalOpen` when the same waits for a decision already."""
    try:
        return await tx.fetchrow(
            PROPOSE, kind, account, role, agency_code, function, ward_codes, ends_at, reason, me.account_id,
            me.session_id, me.key_thumbprint, now, expires_at,
        )  # fmt: skip
    except asyncpg.UniqueViolationError as error:
        raise ProposalOpen from error


WARDS_KNOWN = """-- staff.wards_known
select count(*) = cardinality($1::text[]) from places.units u
 where u.version = places.version_on($2) and u.level = 'commune' and u.code = any($1)"""


async def know_wards(conn: asyncpg.Connection, codes: list[str], now: datetime) -> None:
    """Raises `WardUnknown` unless all are wards in force."""
    if not await conn.fetchval(WARDS_KNOWN, sorted(set(codes)), now):
        raise WardUnknown


CLEAR = """-- staff.clear
update staff.proposals p
   set decision = 'refused', decision_reason = 'lapsed', decided_at = $2
 where p.account_id = $1 and p.decided_at is null and not staff.stands(p, $2)"""


async def clear(tx: asyncpg.Connection, account: UUID, now: datetime) -> None:
    """What does not stand any more does not stand in the way either."""
    await tx.execute(CLEAR, account, now)


ASKED = """-- staff.asked
select p.id, p.kind, p.account_id, p.role, p.agency_code, p.function, p.ward_version, p.ward_codes, p.ends_at,
       p.proposed_by, p.proposed_session, p.proposed_key, staff.stands(p, $2) as stands
  from staff.proposals p where p.id = $1 for update"""


async def asked(tx: asyncpg.Connection, proposal: UUID, now: datetime) -> Asked | None:
    """A proposal, which nobody else decides until this transaction ends."""
    return maybe(await tx.fetchrow(ASKED, proposal, now), Asked)


DECIDE = f"""-- staff.decide
with p as (
    update staff.proposals set decision = $2, decision_reason = $3, decided_by = $4, decided_at = $5
     where id = $1 and decided_at is null
    returning *)
select {SHOWN}
  from p
  {WHOM}"""


async def decide(
    tx: asyncpg.Connection, proposal: UUID, decision: str, reason: str | None, account: UUID, now: datetime
) -> asyncpg.Record | None:
    """The proposal, its phone still sealed; None when it is decided already."""
    return await tx.fetchrow(DECIDE, proposal, decision, reason, account, now)


GRANT = """-- staff.grant
insert into staff.grants (account_id, role, agency_code, function, ward_version, ward_codes, starts_at, ends_at,
                          proposal_id)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
returning id"""


async def grant(tx: asyncpg.Connection, account: UUID, role: str, now: datetime, given: Asked | None = None) -> UUID:
    """A role from now on, as it was proposed; `given` None for the first administrator. Raises `RoleHeld`."""
    values: tuple[Any, ...] = (None, None, None, None, now, None, None)
    if given is not None:
        values = (given.agency_code, given.function, given.ward_version, given.ward_codes, now, given.ends_at, given.id)
    try:
        made: UUID = await tx.fetchval(GRANT, account, role, *values)
    except asyncpg.UniqueViolationError as error:
        raise RoleHeld from error
    return made


END = """-- staff.end
update staff.grants g set ended_at = $3 where g.account_id = $1 and g.role = $2 and g.ended_at is null
returning g.id"""


async def end(tx: asyncpg.Connection, account: UUID, role: str, now: datetime) -> UUID | None:
    ended: UUID | None = await tx.fetchval(END, account, role, now)
    return ended


ONE_AT_A_TIME = """-- staff.one_at_a_time
select pg_advisory_xact_lock(hashtextextended('staff:administrators', 0))"""

DUE = """-- staff.due (worker)
select g.id, g.account_id, g.role, g.agency_code
  from staff.grants g
 where g.ended_at is null and g.ends_at <= $1
 order by g.id
   for update"""


async def due(tx: asyncpg.Connection, now: datetime) -> list[Due]:
    """The roles whose time has come. Until this transaction ends nobody else asks who is left."""
    await tx.execute(ONE_AT_A_TIME)
    return many(await tx.fetch(DUE, now), Due)


KEEP = """-- staff.keep (worker)
update staff.grants g set ends_at = $2 where g.id = $1"""


async def keep(tx: asyncpg.Connection, grant: UUID, until: datetime) -> None:
    await tx.execute(KEEP, grant, until)


ADMINISTRATORS = """-- staff.administrators
select a.account_id from staff.administrators($1) a"""


async def administrators(tx: asyncpg.Connection, now: datetime) -> list[UUID]:
    """Whoever holds the role. Until this transaction ends nobody else asks."""
    await tx.execute(ONE_AT_A_TIME)
    return [row["account_id"] for row in await tx.fetch(ADMINISTRATORS, now)]


ABLE = """-- staff.able
select count(*) from staff.administrators($1) a
 where exists (select from passkeys.credentials c where c.account_id = a.account_id and c.for_staff)"""


async def able_administrators(tx: asyncpg.Connection, now: datetime) -> int:
    """How many administrators can get in."""
    return await tx.fetchval(ABLE, now) or 0


ANOTHER = """-- staff.another
select exists (select from staff.administrators($1) a
                where a.account_id <> $2 and (a.ends_at is null or a.ends_at > $3)
                  and exists (select from passkeys.credentials c where c.account_id = a.account_id and c.for_staff))"""


async def another_administrator(tx: asyncpg.Connection, but: UUID, now: datetime, until: datetime) -> bool:
    """Whether somebody else can get in as an administrator now, and will until then. Until this transaction ends nobody
    else asks: of two who remove each other one must be refused."""
    await tx.execute(ONE_AT_A_TIME)
    return bool(await tx.fetchval(ANOTHER, now, but, until))


PROPOSALS = f"""-- staff.proposals
select {SHOWN}
  from staff.proposals p
  {WHOM}
 where (not $1 or staff.stands(p, $2)) and ($3::uuid is null or p.id < $3)
 order by p.id desc limit $4"""


async def proposals(
    conn: asyncpg.Connection, cursors: Cursors, *, waiting: bool, now: datetime, cursor: str | None, limit: int
) -> tuple[list[asyncpg.Record], str | None]:
    """The newest first, their phones still sealed, and the next cursor; only those `waiting` for a decision, or all.
    Raises `InvalidRequest` for a foreign cursor."""
    scope = ("staff.proposals", waiting)
    after = cursors.read(cursor, scope, tuple[UUID])[0] if cursor is not None else None
    rows = await conn.fetch(PROPOSALS, waiting, now, after, limit + 1)
    return rows[:limit], cursors.write(scope, [rows[limit - 1]["id"]]) if len(rows) > limit else None


GRANTS = """-- staff.grants
select id, account_id, role, agency_code, function, ward_version, ward_codes, starts_at, ends_at
  from staff.grants
 where ended_at is null and (ends_at is null or ends_at > $1) and ($2::uuid is null or id < $2)
 order by id desc limit $3"""


async def grants(
    conn: asyncpg.Connection, cursors: Cursors, now: datetime, cursor: str | None, limit: int
) -> GrantPage:
    """The roles that hold, the newest first. Raises `InvalidRequest` for a foreign cursor."""
    scope = ("staff.grants",)
    after = cursors.read(cursor, scope, tuple[UUID])[0] if cursor is not None else None
    rows = many(await conn.fetch(GRANTS, now, after, limit + 1), Grant)
    more = cursors.write(scope, [rows[limit - 1].id]) if len(rows) > limit else None
    return GrantPage(rows[:limit], more)
