"""Rules of the room: owners decide who acts for an employer, and there is always one."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from longan.floor.access import memberships
from longan.floor.access.memberships import MemberRole
from longan.floor.accounts.accounts import draw
from longan.floor.base import phones
from longan.floor.base.errors import Forbidden, NotFound
from longan.floor.database import queue
from longan.floor.database.page import Cursors
from longan.floor.setup import crypto
from longan.rooms.members import store
from longan.rooms.members.models import (
    AlreadyMember,
    Answer,
    Held,
    Invitation,
    InvitationDeclined,
    InvitationIn,
    InvitationOver,
    InvitationPage,
    LastOwner,
    Member,
    MemberPage,
    TooManyInvitations,
    TooManyMembers,
)

GOOD_FOR = timedelta(days=14)
MOST_MEMBERS = 50
MOST_WAITING = 20
MOST_A_DAY = 30
DAY = timedelta(days=1)


async def listed(
    conn: asyncpg.Connection, cursors: Cursors, opens: crypto.Sealed, employer: UUID, account: UUID,
    cursor: str | None, limit: int,
) -> MemberPage:  # fmt: skip
    """Raises `NotFound` for whoever is no member."""
    page = await store.members(conn, cursors, employer, account, cursor, limit)
    if not page.items and cursor is None:
        raise NotFound
    return MemberPage(
        [Member(each.id, each.full_name, _masked(opens, each.phone_cipher, each.sealed_for), each.role, each.me,
                each.created_at) for each in page.items],
        page.next_cursor,
    )  # fmt: skip


async def change_role(
    tx: asyncpg.Connection, owner: UUID, employer: UUID, member: UUID, role: MemberRole, now: datetime
) -> None:
    """The role that they have already changes nothing. Raises what `_managed` raises, `LastOwner`."""
    staff = await _managed(tx, employer, owner)
    found = _one_of(staff, member)
    if found.role == role:
        return
    if role != "owner":
        _keep_an_owner(staff, found)
    await store.set_role(tx, employer, member, role)
    await _tell(tx, employer, found.account_id, f"made_{role}", now)


async def remove(tx: asyncpg.Connection, owner: UUID, employer: UUID, member: UUID, now: datetime) -> None:
    """They lose everything with this transaction. Raises what `_managed` raises, `LastOwner`."""
    staff = await _managed(tx, employer, owner)
    found = _one_of(staff, member)
    _keep_an_owner(staff, found)
    await store.remove(tx, employer, member)
    await _tell(tx, employer, found.account_id, "left" if found.account_id == owner else "removed", now)


async def leave(tx: asyncpg.Connection, account: UUID, employer: UUID, now: datetime) -> None:
    """Raises `NotFound`, `LastOwner`."""
    staff = await store.hold(tx, employer)
    me = _me(staff, account)
    _keep_an_owner(staff, me)
    await store.remove(tx, employer, me.id)
    await _tell(tx, employer, account, "left", now)


async def invite(
    tx: asyncpg.Connection, opens: crypto.Sealed, owner: UUID, employer: UUID, given: InvitationIn, now: datetime
) -> Invitation:
    """The same is answered and promised whether the number has an account or not: who waits for the answer learns
    nothing of it, neither by its words nor by its time.

    Raises `InvalidRequest` for what is no mobile number, what `_managed` raises, `AlreadyMember`, `AlreadyInvited`,
    `InvitationDeclined`, `TooManyMembers`, `TooManyInvitations`.
    """
    phone = phones.canonical(given.phone)
    index = opens.index(phone)
    await _managed(tx, employer, owner)
    counted = await store.counted(tx, employer, index, now, now - DAY)
    if counted.is_member:
        raise AlreadyMember
    if counted.declined:
        raise InvitationDeclined
    if counted.members >= MOST_MEMBERS:
        raise TooManyMembers
    if counted.waiting >= MOST_WAITING or counted.lately >= MOST_A_DAY:
        raise TooManyInvitations
    drawn, expires_at = await draw(tx), now + GOOD_FOR
    made = await store.invite(
        tx, drawn, employer, index, opens.seal(phone, drawn), given.role, owner, now, expires_at
    )  # fmt: skip
    await queue.add(tx, "employer_invitation", invitation_id=made)
    return Invitation(made, phones.masked(phone), given.role, "waiting", now, expires_at)


async def invited(
    conn: asyncpg.Connection, cursors: Cursors, opens: crypto.Sealed, owner: UUID, employer: UUID,
    cursor: str | None, limit: int, now: datetime,
) -> InvitationPage:  # fmt: skip
    """Whom the employer has asked in the last weeks. Raises `NotFound` for a stranger, `Forbidden` for a recruiter."""
    page = await store.invitations(conn, cursors, employer, owner, cursor, limit, now)
    if not page.items and (role := await store.role(conn, employer, owner)) != "owner":
        raise NotFound if role is None else Forbidden
    return InvitationPage(
        [Invitation(each.id, _masked(opens, each.phone_cipher, each.id), each.role, each.state, each.created_at,
                    each.expires_at) for each in page.items],
        page.next_cursor,
    )  # fmt: skip


async def withdraw(tx: asyncpg.Connection, owner: UUID, employer: UUID, invitation: UUID, now: datetime) -> None:
    """Raises what `_managed` raises, `NotFound` also for one that was answered."""
    await _managed(tx, employer, owner)
    if not await store.withdraw(tx, employer, invitation, now):
        raise NotFound


async def accept(tx: asyncpg.Connection, account: UUID, invitation: UUID, now: datetime) -> None:
    """From now on the account acts for the employer; a second time changes nothing.

    Raises `NotFound` for an invitation of another phone, `InvitationOver`, `TooManyMembers`.
    """
    asked = await store.asked(tx, account, invitation)
    if asked is None:
        raise NotFound
    if asked.answer == "accepted" and asked.mine:
        return
    staff = await store.hold(tx, asked.employer_id)
    if len(staff) >= MOST_MEMBERS:
        raise TooManyMembers
    await _answered(tx, account, invitation, "accepted", now)
    await memberships.add(tx, asked.employer_id, account, asked.role, now)
    await _tell(tx, asked.employer_id, account, "joined", now)


async def decline(tx: asyncpg.Connection, account: UUID, invitation: UUID, now: datetime) -> None:
    """A second time changes nothing. Raises `NotFound` for an invitation of another phone, `InvitationOver`."""
    asked = await store.asked(tx, account, invitation)
    if asked is None:
        raise NotFound
    if asked.answer == "declined" and asked.mine:
        return
    await _answered(tx, account, invitation, "declined", now)


async def _answered(tx: asyncpg.Connection, account: UUID, invitation: UUID, said: Answer, now: datetime) -> None:
    if not await store.answer(tx, account, invitation, said, now):
        raise InvitationOver


async def _managed(tx: asyncpg.Connection, employer: UUID, owner: UUID) -> Sequence[Held]:
    """Everybody of the owner's employer, held. Raises `NotFound` for a stranger, `Forbidden` for a recruiter."""
    staff = await store.hold(tx, employer)
    if _me(staff, owner).role != "owner":
        raise Forbidden
    return staff


def _me(staff: Sequence[Held], account: UUID) -> Held:
    found = next((each for each in staff if each.account_id == account), None)
    if found is None:
        raise NotFound
    return found


def _one_of(staff: Sequence[Held], member: UUID) -> Held:
    found = next((each for each in staff if each.id == member), None)
    if found is None:
        raise NotFound
    return found


def _keep_an_owner(staff: Sequence[Held], member: Held) -> None:
    """Raises `LastOwner` when nobody would own the employer without the member."""
    if not any(each.role == "owner" for each in staff if each.id != member.id):
        raise LastOwner


async def _tell(tx: asyncpg.Connection, employer: UUID, account: UUID, what: str, now: datetime) -> None:
    """`at` names what happened: the same may happen to somebody again."""
    await queue.add(tx, "membership_changed", employer_id=employer, account_id=account, what=what, at=now)


def _masked(opens: crypto.Sealed, cipher: bytes | None, row: UUID) -> str | None:
    return None if cipher is None else phones.masked(opens.open(cipher, row))
