"""Rules of the room: whoever is given power is given it by two others, and somebody must be left who can give it.

One administrator proposes, another decides, from another session and another device; nobody speaks for themself
(SECURITY Z7). What protects at once, ending sessions and closing an account, one administrator does alone.
"""

from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from longan import accounts, phones, queue
from longan.crypto import Sealed, digest, new_secret
from longan.entrance import Entrance, end_all
from longan.errors import FieldError, Forbidden, InvalidRequest, NotFound
from longan.staff import store
from longan.staff.models import (
    Asked,
    Decided,
    GrantIn,
    LastAdministrator,
    Proposal,
    ProposalDecided,
    ProposalDecision,
    TwoPersonRule,
)
from longan.tokens import Principal

PROPOSAL_LIFE = timedelta(days=7)
TICKET_LIFE = timedelta(hours=24)


def administrator(me: Principal) -> None:
    """Raises `Forbidden` for everybody else."""
    if "administrator" not in me.roles:
        raise Forbidden


async def propose_grant(
    tx: asyncpg.Connection, sealed: Sealed, me: Principal, wanted: GrantIn, now: datetime
) -> Proposal:
    """Raises `InvalidRequest`, `WardUnknown`, `TwoPersonRule` for oneself, `ProposalOpen`, `Forbidden`."""
    administrator(me)
    phone = phones.canonical(wanted.phone)
    if (wanted.role == "official") != (wanted.function is not None):
        raise InvalidRequest(FieldError("/function", "required" if wanted.role == "official" else "one_of_them"))
    if wanted.role == "administrator" and wanted.ward_codes is not None:
        raise InvalidRequest(FieldError("/ward_codes", "one_of_them"))
    if wanted.ends_at is not None and wanted.ends_at <= now:
        raise InvalidRequest(FieldError("/ends_at", "in_past"))
    if wanted.ward_codes is not None:
        await store.know_wards(tx, wanted.ward_codes, now)
    account = await _account(tx, sealed, phone, now)
    return await _propose(
        tx, "grant", account, me, wanted.reason, now, role=wanted.role, agency_code=wanted.agency_code,
        function=wanted.function, ward_codes=wanted.ward_codes, ends_at=wanted.ends_at,
    )  # fmt: skip


async def propose_end(
    tx: asyncpg.Connection, me: Principal, account: UUID, role: str, reason: str, now: datetime
) -> Proposal:
    """Raises `NotFound` for a role they do not have, `TwoPersonRule`, `ProposalOpen`, `Forbidden`."""
    administrator(me)
    held = await accounts.by_id(tx, account)
    if held is None or role not in held.roles:
        raise NotFound
    return await _propose(tx, "end", account, me, reason, now, role=role)


async def propose_enrolment(
    tx: asyncpg.Connection, me: Principal, account: UUID, reason: str, now: datetime
) -> Proposal:
    """A ticket for somebody of the staff who has no passkey any more. Raises as `propose_end` does."""
    administrator(me)
    held = await accounts.by_id(tx, account)
    if held is None or not set(held.roles) & accounts.STAFF:
        raise NotFound
    return await _propose(tx, "enrol", account, me, reason, now)


async def _propose(
    tx: asyncpg.Connection, kind: str, account: UUID, me: Principal, reason: str, now: datetime, *,
    role: str | None = None, agency_code: str | None = None, function: str | None = None,
    ward_codes: list[str] | None = None, ends_at: datetime | None = None,
) -> Proposal:  # fmt: skip
    if account == me.account_id:
        raise TwoPersonRule
    await store.close_late(tx, account, now)
    made = await store.propose(
        tx, kind, account, me, reason, now, now + PROPOSAL_LIFE, role=role, agency_code=agency_code, function=function,
        ward_codes=ward_codes, ends_at=ends_at,
    )  # fmt: skip
    if made is None:
        raise RuntimeError("an insert returned nothing")
    return made


async def decide(
    tx: asyncpg.Connection, entrance: Entrance, me: Principal, proposal: UUID, verdict: ProposalDecision, now: datetime
) -> Decided:
    """Raises `NotFound`, `ProposalDecided`, `TwoPersonRule`, `RoleHeld`, `LastAdministrator`, `Forbidden`."""
    administrator(me)
    asked = await store.asked(tx, proposal)
    if asked is None:
        raise NotFound
    same_device = asked.proposed_key is not None and asked.proposed_key == me.key_thumbprint
    if me.account_id in (asked.proposed_by, asked.account_id) or me.session_id == asked.proposed_session or same_device:
        raise TwoPersonRule
    if asked.decided_at is not None or asked.expires_at <= now:
        raise ProposalDecided
    ticket = None
    if verdict.decision == "approved":
        ticket = await _do(tx, entrance, asked, now)
    decided = await store.decide(tx, proposal, verdict.decision, verdict.reason, me.account_id, now)
    if decided is None:
        raise ProposalDecided
    return Decided(decided, ticket)


async def _do(tx: asyncpg.Connection, entrance: Entrance, asked: Asked, now: datetime) -> str | None:
    """What was agreed on; a ticket where a passkey is to be registered with it."""
    if asked.kind == "end" and asked.role is not None:
        await end_role(tx, entrance, asked.account_id, asked.role, now)
        return None
    if asked.kind == "grant" and asked.role is not None:
        made = await store.grant(tx, asked.account_id, asked.role, now, asked)
        await accounts.give_role(tx, asked.account_id, asked.role, asked.agency_code, asked.ends_at, now)
        await queue.add(tx, "security_notice", account_id=asked.account_id, what="role_granted", fact=made)
    return await ticket_for(tx, asked.account_id, asked.id, now)


async def ticket_for(tx: asyncpg.Connection, account: UUID, proposal: UUID | None, now: datetime) -> str:
    """A ticket with which the account registers a passkey: good once, for a day, kept as its digest."""
    ticket = new_secret()
    await store.enrol(tx, digest(ticket), account, proposal, now + TICKET_LIFE)
    return ticket


async def end_role(tx: asyncpg.Connection, entrance: Entrance, account: UUID, role: str, now: datetime) -> None:
    """The role and every session end together. Raises `NotFound`, `LastAdministrator`."""
    if role == "administrator" and not await store.administrators(tx, now, but=account):
        raise LastAdministrator
    ended = await store.end(tx, account, role, now)
    if not await accounts.take_role(tx, account, role):
        raise NotFound
    for session in await end_all(tx, account, "role_ended", now):
        entrance.forget(session)
    await queue.add(tx, "security_notice", account_id=account, what="role_ended", fact=ended or account)


async def end_sessions(tx: asyncpg.Connection, entrance: Entrance, me: Principal, account: UUID, now: datetime) -> None:
    """Raises `NotFound`, `Forbidden`."""
    administrator(me)
    if await accounts.by_id(tx, account) is None:
        raise NotFound
    for session in await end_all(tx, account, "ended_by_staff", now):
        entrance.forget(session)


async def close_account(
    tx: asyncpg.Connection, entrance: Entrance, me: Principal, account: UUID, now: datetime
) -> None:
    """Nobody signs in to it any more. Raises `NotFound`, `TwoPersonRule` for one's own, `LastAdministrator`."""
    administrator(me)
    if account == me.account_id:
        raise TwoPersonRule
    if not await store.administrators(tx, now, but=account):
        raise LastAdministrator
    if not await accounts.set_disabled(tx, account, now):
        raise NotFound
    for session in await end_all(tx, account, "account_disabled", now):
        entrance.forget(session)


async def reopen_account(tx: asyncpg.Connection, me: Principal, account: UUID) -> None:
    """Raises `NotFound`, `TwoPersonRule` for one's own, `Forbidden`."""
    administrator(me)
    if account == me.account_id:
        raise TwoPersonRule
    if not await accounts.set_disabled(tx, account, None):
        raise NotFound


async def _account(tx: asyncpg.Connection, sealed: Sealed, phone: str, now: datetime) -> UUID:
    """The account of a phone, opened if there is none."""
    index = sealed.index(phone)
    found = await accounts.by_phone(tx, index)
    if found is None:
        made = await accounts.draw(tx)
        await accounts.open_account(tx, made, index, sealed.seal(phone, made), now)
        found = await accounts.by_phone(tx, index)
    if found is None:
        raise RuntimeError("an account that exists was not found")
    return found.id


async def first_administrator(tx: asyncpg.Connection, sealed: Sealed, phone: str, now: datetime) -> str | None:
    """The ticket of a service's first administrator, made by its operator; None when there is one already.

    Raises `InvalidRequest` for what is no mobile number.
    """
    canonical = phones.canonical(phone)
    if await store.administrators(tx, now):
        return None
    account = await _account(tx, sealed, canonical, now)
    await store.grant(tx, account, "administrator", now)
    await accounts.give_role(tx, account, "administrator", None, None, now)
    return await ticket_for(tx, account, None, now)
