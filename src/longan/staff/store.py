"""SQL of the room, each statement above the function that runs it."""

from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from longan.db import many, maybe
from longan.errors import WardUnknown
from longan.page import Cursors
from longan.staff.models import Asked, Grant, GrantPage, Proposal, ProposalOpen, ProposalPage, RoleHeld
from longan.tokens import Principal

PROPOSE = """-- staff.propose
insert into staff.proposals (kind, account_id, role, agency_code, function, ward_version, ward_codes, ends_at, reason,
                             proposed_by, proposed_session, proposed_key, proposed_at, expires_at)
values ($1, $2, $3, $4, $5, case when $6::text[] is not null then places.version_on($12) end, $6, $7, $8, $9, $10, $11,
        $12, $13)
returning id, kind, account_id, role, agency_code, function, ward_version, ward_codes, ends_at, reason, proposed_by,
          proposed_at, expires_at, decision, decision_reason, decided_by, decided_at"""


async def propose(
    tx: asyncpg.Connection, kind: str, account: UUID, me: Principal, reason: str, now: datetime, expires_at: datetime,
    *, role: str | None = None, agency_code: str | None = None, function: str | None = None,
    ward_codes: list[str] | None = None, ends_at: datetime | None = None,
) -> Proposal | None:  # fmt: skip
    """Raises `ProposalOpen` when the same waits for a decision already."""
    try:
        return maybe(
            await tx.fetchrow(
                PROPOSE, kind, account, role, agency_code, function, ward_codes, ends_at, reason, me.account_id,
                me.session_id, me.key_thumbprint, now, expires_at,
            ),
            Proposal,
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


CLOSE_LATE = """-- staff.close_late
update staff.proposals p
   set decision = 'refused', decision_reason = 'expired', decided_at = $2
 where p.account_id = $1 and p.decided_at is null and p.expires_at <= $2"""


async def close_late(tx: asyncpg.Connection, account: UUID, now: datetime) -> None:
    """What nobody decided in time no longer stands in the way."""
    await tx.execute(CLOSE_LATE, account, now)


ASKED = """-- staff.asked
select id, kind, account_id, role, agency_code, function, ward_version, ward_codes, ends_at, proposed_by,
       proposed_session, proposed_key, expires_at, decided_at
  from staff.proposals where id = $1 for update"""


async def asked(tx: asyncpg.Connection, proposal: UUID) -> Asked | None:
    """A proposal, which nobody else decides until this transaction ends."""
    return maybe(await tx.fetchrow(ASKED, proposal), Asked)


DECIDE = """-- staff.decide
update staff.proposals set decision = $2, decision_reason = $3, decided_by = $4, decided_at = $5
 where id = $1 and decided_at is null
returning id, kind, account_id, role, agency_code, function, ward_version, ward_codes, ends_at, reason, proposed_by,
          proposed_at, expires_at, decision, decision_reason, decided_by, decided_at"""


async def decide(
    tx: asyncpg.Connection, proposal: UUID, decision: str, reason: str | None, account: UUID, now: datetime
) -> Proposal | None:
    return maybe(await tx.fetchrow(DECIDE, proposal, decision, reason, account, now), Proposal)


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


DUE = """-- staff.due (worker)
update staff.grants g set ended_at = $1 where g.ended_at is null and g.ends_at <= $1
returning g.id, g.account_id, g.role"""


async def end_due(tx: asyncpg.Connection, now: datetime) -> list[tuple[UUID, UUID, str]]:
    """End the roles whose time has come: grant, account, role of each."""
    return [(row["id"], row["account_id"], row["role"]) for row in await tx.fetch(DUE, now)]


ENROL = """-- staff.enrol
insert into staff.enrolments (digest, account_id, proposal_id, expires_at) values ($1, $2, $3, $4)"""


async def enrol(
    tx: asyncpg.Connection, digest: bytes, account: UUID, proposal: UUID | None, expires_at: datetime
) -> None:
    """A ticket with which the account may register a passkey."""
    await tx.execute(ENROL, digest, account, proposal, expires_at)


ONE_AT_A_TIME = """-- staff.one_at_a_time
select pg_advisory_xact_lock(hashtextextended('staff:administrators', 0))"""

ADMINISTRATORS = """-- staff.administrators
select count(*)
  from identity.roles r
  join identity.accounts a on a.id = r.account_id and a.disabled_at is null
 where r.role = 'administrator' and (r.ends_at is null or r.ends_at > $1) and r.account_id is distinct from $2"""


async def administrators(tx: asyncpg.Connection, now: datetime, but: UUID | None = None) -> int:
    """How many can act, `but` that one left out. Until this transaction ends nobody else asks: of two who remove each
    other one must be refused."""
    await tx.execute(ONE_AT_A_TIME)
    return int(await tx.fetchval(ADMINISTRATORS, now, but))


PROPOSALS = """-- staff.proposals
select id, kind, account_id, role, agency_code, function, ward_version, ward_codes, ends_at, reason, proposed_by,
       proposed_at, expires_at, decision, decision_reason, decided_by, decided_at
  from staff.proposals
 where (not $1 or decided_at is null and expires_at > $2) and ($3::uuid is null or id < $3)
 order by id desc limit $4"""


async def proposals(
    conn: asyncpg.Connection, cursors: Cursors, *, waiting: bool, now: datetime, cursor: str | None, limit: int
) -> ProposalPage:
    """The newest first; only those `waiting` for a decision, or all. Raises `InvalidRequest` for a foreign cursor."""
    scope = ("staff.proposals", waiting)
    after = cursors.read(cursor, scope, tuple[UUID])[0] if cursor is not None else None
    rows = many(await conn.fetch(PROPOSALS, waiting, now, after, limit + 1), Proposal)
    more = cursors.write(scope, [rows[limit - 1].id]) if len(rows) > limit else None
    return ProposalPage(rows[:limit], more)


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
