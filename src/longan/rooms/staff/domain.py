"""Rules of the room: whoever is given power is given it by two others, and somebody must be left who can give it.

One administrator proposes, another decides, from another session and another device; nobody speaks for themself
(SECURITY Z7). One alone closes the accounts of citizens, and ends anybody's sessions; where that is somebody of the
staff, every administrator is told.
"""

from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import msgspec

from longan.floor.access.entrance import Entrance, end_all
from longan.floor.access.tokens import Principal
from longan.floor.accounts import accounts, tickets
from longan.floor.base import phones
from longan.floor.base.errors import FieldError, Forbidden, InvalidRequest, NotFound
from longan.floor.database import queue
from longan.floor.database.page import Cursors
from longan.floor.setup.crypto import Sealed
from longan.rooms.staff import store
from longan.rooms.staff.models import (
    AboutStaff,
    Asked,
    Decided,
    Due,
    GrantIn,
    Kind,
    LastAdministrator,
    Proposal,
    ProposalDecided,
    ProposalDecision,
    ProposalPage,
    TwoPersonRule,
)

# Whoever is left must be there as long as it may take to find the next one.
PROPOSAL_LIFE = timedelta(days=7)


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
        tx, sealed, "grant", account, me, wanted.reason, now, role=wanted.role, agency_code=wanted.agency_code,
        function=wanted.function, ward_codes=wanted.ward_codes, ends_at=wanted.ends_at,
    )  # fmt: skip


async def propose_end(
    tx: asyncpg.Connection, sealed: Sealed, me: Principal, account: UUID, role: str, reason: str, now: datetime
) -> Proposal:
    """Raises `NotFound` for a role they do not have, `TwoPersonRule`, `ProposalOpen`, `Forbidden`."""
    administrator(me)
    held = await accounts.by_id(tx, account, now)
    if held is None or role not in held.roles:
        raise NotFound
    return await _propose(tx, sealed, "end", account, me, reason, now, role=role)


async def propose_about(
    tx: asyncpg.Connection, sealed: Sealed, me: Principal, kind: AboutStaff, account: UUID, reason: str, now: datetime
) -> Proposal:
    """A ticket for somebody of the staff who has no passkey any more, or the account of one closed, or opened again.
    Raises `NotFound` for somebody else, `TwoPersonRule`, `ProposalOpen`, `Forbidden`."""
    administrator(me)
    if not await _is_staff(tx, account, now):
        raise NotFound
    return await _propose(tx, sealed, kind, account, me, reason, now)


async def _is_staff(tx: asyncpg.Connection, account: UUID, now: datetime) -> bool:
    """Raises `NotFound`."""
    held = await accounts.by_id(tx, account, now)
    if held is None:
        raise NotFound
    return bool(set(held.roles) & accounts.STAFF)


async def _propose(
    tx: asyncpg.Connection, sealed: Sealed, kind: Kind, account: UUID, me: Principal, reason: str, now: datetime, *,
    role: str | None = None, agency_code: str | None = None, function: str | None = None,
    ward_codes: list[str] | None = None, ends_at: datetime | None = None,
) -> Proposal:  # fmt: skip
    if account == me.account_id:
        raise TwoPersonRule
    await store.clear(tx, account, now)
    made = await store.propose(
        tx, kind, account, me, reason, now, now + PROPOSAL_LIFE, role=role, agency_code=agency_code, function=function,
        ward_codes=ward_codes, ends_at=ends_at,
    )  # fmt: skip
    if made is None:
        raise RuntimeError("an insert returned nothing")
    return _shown(sealed, made)


def _shown(sealed: Sealed, row: asyncpg.Record) -> Proposal:
    """A proposal as an administrator may see it: nobody's number is whole."""
    cipher = row["phone_cipher"]
    phone = None if cipher is None else phones.masked(sealed.open(cipher, row["account_id"]))
    return msgspec.convert({**row, "phone": phone}, Proposal)


async def proposals(
    conn: asyncpg.Connection, cursors: Cursors, sealed: Sealed, me: Principal, now: datetime, *, waiting: bool,
    cursor: str | None, limit: int,
) -> ProposalPage:  # fmt: skip
    """The newest first. Raises `InvalidRequest` for a foreign cursor, `Forbidden`."""
    administrator(me)
    rows, more = await store.proposals(conn, cursors, waiting=waiting, now=now, cursor=cursor, limit=limit)
    return ProposalPage([_shown(sealed, row) for row in rows], more)


async def decide(
    tx: asyncpg.Connection, entrance: Entrance, sealed: Sealed, me: Principal, proposal: UUID,
    verdict: ProposalDecision, now: datetime,
) -> Decided:  # fmt: skip
    """Raises `NotFound`, `ProposalDecided` also where whoever proposed is no administrator any more, `TwoPersonRule`,
    `RoleHeld`, `LastAdministrator`, `Forbidden`."""
    administrator(me)
    asked = await store.asked(tx, proposal, now)
    if asked is None:
        raise NotFound
    same_device = asked.proposed_key is not None and asked.proposed_key == me.key_thumbprint
    if me.account_id in (asked.proposed_by, asked.account_id) or me.session_id == asked.proposed_session or same_device:
        raise TwoPersonRule
    if not asked.stands:
        raise ProposalDecided
    ticket = None
    if verdict.decision == "approved":
        ticket = await _do(tx, entrance, asked, now)
    decided = await store.decide(tx, proposal, verdict.decision, verdict.reason, me.account_id, now)
    if decided is None:
        raise ProposalDecided
    return Decided(_shown(sealed, decided), ticket)


async def _do(tx: asyncpg.Connection, entrance: Entrance, asked: Asked, now: datetime) -> str | None:
    """What was agreed on; a ticket where a passkey is to be registered with it."""
    if asked.kind == "end" and asked.role is not None:
        await end_role(tx, entrance, asked.account_id, asked.role, now)
        return None
    if asked.kind in ("close", "reopen"):
        await _set_closed(tx, entrance, asked.account_id, now, closed=asked.kind == "close")
        return None
    if asked.kind == "grant" and asked.role is not None:
        made = await store.grant(tx, asked.account_id, asked.role, now, asked)
        await accounts.give_role(tx, asked.account_id, asked.role, asked.agency_code, asked.ends_at, now)
        await queue.add(tx, "security_notice", account_id=asked.account_id, what="role_granted", fact=made)
    return await tickets.give(tx, asked.account_id, asked.id, now)


async def end_role(tx: asyncpg.Connection, entrance: Entrance, account: UUID, role: str, now: datetime) -> None:
    """The role and every session end together. Raises `NotFound`, `LastAdministrator`."""
    if role == "administrator":
        await _leave_one(tx, account, now)
    for session in await _take(tx, account, role, now):
        entrance.forget(session)


async def _leave_one(tx: asyncpg.Connection, account: UUID, now: datetime) -> None:
    """Raises `LastAdministrator` unless there is another one who can get in, and stays for a while."""
    if not await store.another_administrator(tx, account, now, now + PROPOSAL_LIFE):
        raise LastAdministrator


async def _take(tx: asyncpg.Connection, account: UUID, role: str, now: datetime) -> list[UUID]:
    """Which sessions ended with the role. Raises `NotFound`."""
    ended = await store.end(tx, account, role, now)
    if not await accounts.take_role(tx, account, role):
        raise NotFound
    await tickets.resign(tx, account, now)
    await queue.add(tx, "security_notice", account_id=account, what="role_ended", fact=ended or account)
    return await end_all(tx, account, "role_ended", now)


async def end_due(tx: asyncpg.Connection, due: Due, now: datetime) -> None:
    """End a role whose time has come; the last administrator's goes on until there is another one."""
    if due.role == "administrator" and not await store.another_administrator(tx, due.account_id, now, now):
        until = now + PROPOSAL_LIFE
        await store.keep(tx, due.id, until)
        await accounts.give_role(tx, due.account_id, due.role, due.agency_code, until, now)
        await queue.add(
            tx, "security_notice", account_id=due.account_id, what="role_kept", fact=await accounts.draw(tx)
        )
    else:
        await _take(tx, due.account_id, due.role, now)


async def end_sessions(tx: asyncpg.Connection, entrance: Entrance, me: Principal, account: UUID, now: datetime) -> None:
    """For what cannot wait for a second person. Raises `NotFound`, `Forbidden`."""
    administrator(me)
    told = [(account, "signed_out_by_staff")]
    if await _is_staff(tx, account, now):
        told += [(each, "staff_signed_out") for each in await store.administrators(tx, now) if each != account]
    for session in await end_all(tx, account, "ended_by_staff", now):
        entrance.forget(session)
    fact = await accounts.draw(tx)
    for each, what in told:
        await queue.add(tx, "security_notice", account_id=each, what=what, fact=fact)


async def set_closed(
    tx: asyncpg.Connection, entrance: Entrance, me: Principal, account: UUID, now: datetime, *, closed: bool
) -> None:
    """Close the account of a citizen, or open it again. Raises `NotFound`, `TwoPersonRule` for somebody of the staff,
    `Forbidden`."""
    administrator(me)
    if await _is_staff(tx, account, now):
        raise TwoPersonRule
    await _set_closed(tx, entrance, account, now, closed=closed)


async def _set_closed(
    tx: asyncpg.Connection, entrance: Entrance, account: UUID, now: datetime, *, closed: bool
) -> None:
    """Nobody signs in to a closed account, and all who were are out. Raises `NotFound`, `LastAdministrator`."""
    held = await accounts.by_id(tx, account, now)
    if closed and held is not None and "administrator" in held.roles:
        await _leave_one(tx, account, now)
    if not await accounts.set_disabled(tx, account, now if closed else None):
        raise NotFound
    for session in await end_all(tx, account, "account_disabled", now) if closed else []:
        entrance.forget(session)
    if closed:
        await queue.add(tx, "account_closed", account_id=account)


async def _account(tx: asyncpg.Connection, sealed: Sealed, phone: str, now: datetime) -> UUID:
    """The account of a phone, opened if there is none."""
    index = sealed.index(phone)
    found = await accounts.by_phone(tx, index, now)
    if found is None:
        made = await accounts.draw(tx)
        await accounts.open_account(tx, made, index, sealed.seal(phone, made), now)
        found = await accounts.by_phone(tx, index, now)
    if found is None:
        raise RuntimeError("an account that exists was not found")
    return found.id


async def first_administrator(tx: asyncpg.Connection, sealed: Sealed, phone: str, now: datetime) -> str | None:
    """The ticket of one of a service's first two administrators, made by its operator: it takes two to appoint another.
    Until they can get in a ticket may be made anew; None once two can.

    Raises `InvalidRequest` for what is no mobile number.
    """
    canonical = phones.canonical(phone)
    held = await store.administrators(tx, now)
    if await store.able_administrators(tx, now) > 1:
        return None
    account = await _account(tx, sealed, canonical, now)
    if account not in held:
        await store.grant(tx, account, "administrator", now)
        await accounts.give_role(tx, account, "administrator", None, None, now)
    return await tickets.give(tx, account, None, now)
