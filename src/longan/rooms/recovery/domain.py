"""Rules of the room: who may have another phone, and how an account without its phone is found again.

SECURITY A12 and A13. A change of phone needs the strongest proof the account has; a recovery has none, so it takes
time, and whoever holds the account hears of it and can stop it. Time alone brings back only an account that is silent
and has nothing but its phone; about any other an official decides. Either way sensitive acts wait for a while after.

The new phone hears of a recovery only when it has the account: what becomes of any other would tell a stranger whether
there is such an account, and whether they have named its owner's number.
"""

import logging
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import asyncpg

from longan.floor.access import officials
from longan.floor.access.entrance import Entrance, end_all, event
from longan.floor.access.tokens import Principal
from longan.floor.accounts import accounts
from longan.floor.accounts.codes import Challenge, CodeChallenge
from longan.floor.accounts.desk import DAY, Desk
from longan.floor.base import phones
from longan.floor.base.errors import (
    FieldError,
    Forbidden,
    IllegalTransition,
    InsufficientAuthentication,
    InvalidRequest,
    NotFound,
    RateLimited,
)
from longan.floor.base.phones import masked
from longan.floor.database import queue
from longan.floor.database.page import Cursors
from longan.floor.setup.crypto import PersonKeys, Sealed
from longan.rooms.recovery import store
from longan.rooms.recovery.models import (
    PhoneChanged,
    PhoneProof,
    PhoneTaken,
    Purpose,
    Recovery,
    RecoveryBegun,
    RecoveryDecisionIn,
    RecoveryIn,
    RecoveryProof,
    RecoveryUnderWay,
    Review,
    ReviewedRecovery,
    ReviewPage,
    Sealing,
)

# SECURITY A12: 24 to 72 hours.
COOLING_AFTER_CHANGE = timedelta(hours=24)
WAIT = COOLING_AFTER_RECOVERY = timedelta(hours=72)
REVIEW_LAPSES = timedelta(days=14)
KEPT_FOR = timedelta(days=400)

# So many other phones may claim one in a day. They count once they are proved, for anybody can name a number.
MOST_CLAIMS = 3
# SECURITY section 3: what an official may see of citizens in a day, in all rooms.
LOOKS_A_DAY = 300
ONE_DAY = timedelta(seconds=DAY)

log = logging.getLogger("longan.recovery")


async def demand(desk: Desk, me: Principal) -> None:
    """Raises `InsufficientAuthentication` for less than the strongest proof the account has."""
    async with desk.connection() as connection:
        await accounts.demand_strongest(connection, me)


async def begin_change(desk: Desk, me: Principal, phone: str, now: datetime) -> CodeChallenge:
    """A code to the new phone. Whether that has an account is told to nobody who does not hold it."""
    await demand(desk, me)
    return await desk.ask(phones.canonical(phone), "change_phone", now, owner=me.account_id)


async def finish_change(
    desk: Desk, entrance: Entrance, me: Principal, proof: PhoneProof, now: datetime
) -> PhoneChanged:
    """The account has another phone, every other session of it ends, and the old phone is told.

    Raises `PhoneTaken`, and what `demand` and `Desk.answer` raise.
    """
    await demand(desk, me)
    until = now + COOLING_AFTER_CHANGE

    async def change(tx: asyncpg.Connection, challenge: Challenge, phone: str) -> PhoneChanged:
        sealed = desk.phones.seal(phone, me.account_id)
        moved = await accounts.change_phone(tx, me.account_id, challenge.phone_index, sealed, until)
        if moved is None:
            raise PhoneTaken
        ended = await end_all(tx, me.account_id, "phone_changed", now, but=me.session_id)
        await tell_old_channels(tx, me.account_id, moved.phone_cipher, "phone_changed", challenge.id, challenge.locale)
        for session in (*ended, me.session_id):
            entrance.forget(session)
        return PhoneChanged(phone, until)

    return await desk.answer(proof.challenge_id, proof.code, "change_phone", now, change, owner=me.account_id)


async def tell_old_channels(
    tx: asyncpg.Connection, account: UUID, old_phone: bytes | None, what: str, fact: UUID, locale: str
) -> None:
    """A notice in the inbox and on every phone that is signed in, and a text message to the old number."""
    await queue.add(tx, "security_notice", account_id=account, what=what, fact=fact)
    if old_phone is not None:
        await _text(tx, old_phone, account, what, locale)


async def _text(tx: asyncpg.Connection, sealed: bytes, row: UUID, words: str, locale: str) -> None:
    reference = await accounts.draw(tx)
    await queue.add(tx, "send_text", sealed=sealed, row=row, words=words, locale=locale, reference=reference)


async def begin_recovery(desk: Desk, asked: RecoveryIn, now: datetime) -> CodeChallenge:
    """A code to the new phone. Raises `InvalidRequest`, and what `Desk.ask` raises."""
    lost = phones.canonical(asked.lost_phone, "/lost_phone")
    new = phones.canonical(asked.new_phone, "/new_phone")
    if lost == new:
        raise InvalidRequest(FieldError("/new_phone", "same_as_old"))
    return await desk.ask(new, "recover", now, about=desk.phones.index(lost))


async def open_case(desk: Desk, numbers: PersonKeys, proof: RecoveryProof, now: datetime) -> RecoveryBegun:
    """A case that waits. The lost phone is not looked up here: with and without an account the answer, and the way to
    it, are the same (SECURITY A9). Raises `PhoneTaken` for a new phone that has an account, `RecoveryUnderWay`, and
    `RateLimited` when MOST_CLAIMS other phones came first."""
    number = None if proof.identity_number is None else numbers.index(proof.identity_number)
    due_at = now + WAIT

    async def begin(tx: asyncpg.Connection, challenge: Challenge, phone: str) -> RecoveryBegun:
        lost = challenge.about_index or b""
        if await accounts.by_phone(tx, challenge.phone_index, now) is not None:
            raise PhoneTaken
        if await store.claimed(tx, lost, challenge.phone_index, now - ONE_DAY) >= MOST_CLAIMS:
            raise RateLimited(headers={"Retry-After": str(DAY)})
        case = await accounts.draw(tx)
        if not await store.open_case(
            tx, case, lost=lost, number=number, phone=challenge.phone_index,
            cipher=desk.phones.seal(phone, case), locale=challenge.locale, now=now, due_at=due_at,
        ):  # fmt: skip
            raise RecoveryUnderWay
        await queue.add(tx, "resolve_recovery", case_id=case)
        return RecoveryBegun(case, due_at)

    return await desk.answer(proof.challenge_id, proof.code, "recover", now, begin)


def _shown(case: Sealing, sealed: Sealed) -> Recovery:
    state: Literal["under_way", "objected", "cancelled"] = "under_way" if case.objected_at is None else "objected"
    if case.state == "cancelled":
        state = "cancelled"
    phone = masked(sealed.open(case.phone_cipher, case.id))
    return Recovery(case.id, state, phone, case.opened_at, case.due_at)


async def own(conn: asyncpg.Connection, sealed: Sealed, account: UUID) -> list[Recovery]:
    """What is under way for an account, for whoever is signed in to it."""
    return [_shown(case, sealed) for case in await store.mine(conn, account)]


async def cancel(tx: asyncpg.Connection, sealed: Sealed, me: Principal, case: UUID, now: datetime) -> Recovery:
    """The end of a case; or, from a session that proves less than the account can, an objection, for whoever stole the
    SIM must not be able to stop the owner. Raises `NotFound` for a case of somebody else, or one that is over."""
    try:
        await accounts.demand_strongest(tx, me)
    except InsufficientAuthentication:
        found = await store.object_to(tx, case, me.account_id, now)
    else:
        found = await store.cancel(tx, case, me.account_id, now)
    if found is None:
        raise NotFound
    return _shown(found, sealed)


async def to_review(
    conn: asyncpg.Connection, cursors: Cursors, sealed: Sealed, me: Principal, cursor: str | None, limit: int,
    now: datetime,
) -> ReviewPage:  # fmt: skip
    """The cases that an official decides, oldest first. Raises `Forbidden`."""
    await officials.demand(conn, me, "identity", now)
    page = await store.reviews(conn, cursors, me.account_id, cursor, limit, now)
    items = [
        Review(
            case.id, case.review_for, masked(sealed.open(case.phone_cipher, case.id)), case.number_matched,
            case.objected_at, case.opened_at, case.due_at,
        )
        for case in page.items
    ]  # fmt: skip
    return ReviewPage(items, page.next_cursor)


async def look(tx: asyncpg.Connection, me: Principal, case: UUID, purpose: Purpose, now: datetime) -> ReviewedRecovery:
    """Whose account a case is about; that the official looked, when and why is written down with it.

    Raises as `decide`, and `RateLimited` after LOOKS_A_DAY.
    """
    await _hold(tx, me, case, "review", now)
    if await store.looked(tx, me.account_id, now - ONE_DAY) >= LOOKS_A_DAY:
        log.error("an official has looked at %s people in a day: account %s", LOOKS_A_DAY, me.account_id)
        raise RateLimited(headers={"Retry-After": str(DAY)})
    found = await store.look(tx, case, me.account_id, me.agency_code, purpose, now)
    if found is None:
        raise NotFound
    return found


async def decide(
    tx: asyncpg.Connection, me: Principal, case: UUID, decision: RecoveryDecisionIn, now: datetime
) -> None:
    """An approval still waits for its time, so that nobody's click shortens the owner's chance to say no.

    Raises `Forbidden` (also for an account of one's own, or whose identity one has seen), `NotFound` (also for a person
    whose ward is another's), `IllegalTransition`.
    """
    await _hold(tx, me, case, decision.decision, now)
    await store.decide(tx, case, decision.decision, me.account_id, me.agency_code, decision.reason, now)


async def _hold(tx: asyncpg.Connection, me: Principal, case: UUID, to: str, now: datetime) -> None:
    """The case is locked, and waits for this official."""
    await officials.demand(tx, me, "identity", now)
    standing = await store.standing(tx, case, me.account_id, now)
    if standing is None:
        raise NotFound
    if standing.involved:
        raise Forbidden
    if standing.state != "review":
        raise IllegalTransition(standing.state, to)


async def resolve(tx: asyncpg.Connection, case: UUID, now: datetime) -> None:
    """Whose account it is, and the news to every way in which its owner can hear of it. Staff are refused: they come
    back with a ticket of an administrator."""
    found = await store.resolve(tx, case, now)
    if found is not None and found.account_id is not None:
        what = "recovery_of_staff" if found.state == "refused" else "recovery_begun"
        await tell_old_channels(tx, found.account_id, found.old_cipher, what, case, found.locale)


async def finish(tx: asyncpg.Connection, sealed: Sealed, case: UUID, now: datetime) -> None:
    """What its time brings to a case."""
    found = await store.due(tx, case, now, now - REVIEW_LAPSES)
    if found is None:
        return
    account = found.account_id if found.state in ("waiting", "approved") and found.stands else None
    if account is not None and not found.staff and found.review_for is not None:
        await store.review(tx, case, found.review_for)
        return
    moved = None
    if account is not None and not found.staff:
        phone = sealed.seal(sealed.open(found.phone_cipher, case), account)
        moved = await accounts.change_phone(tx, account, found.phone_index, phone, now + COOLING_AFTER_RECOVERY)
    if account is None or moved is None:
        await store.close(tx, case, "lapsed" if found.state == "review" else "refused", now)
        if account is not None and found.staff:
            await tell_old_channels(tx, account, found.old_cipher, "recovery_of_staff", case, found.locale)
        return
    await store.close(tx, case, "done", now)
    await store.refuse_others(tx, case, account, now)
    await _empty(tx, account, now)
    await queue.add(tx, "security_notice", account_id=account, what="recovered", fact=case)
    await _text(tx, found.phone_cipher, case, "recovered", found.locale)
    if moved.phone_cipher is not None:
        await _text(tx, moved.phone_cipher, account, "phone_changed", found.locale)


async def _empty(tx: asyncpg.Connection, account: UUID, now: datetime) -> None:
    """Whatever opened the account may be a thief's, and the owner could not remove it while the account cools off.
    After that they add again what is theirs."""
    await accounts.lose_devices(tx, account, now)
    for what, lost in await accounts.lose_ways_in(tx, account):
        await queue.add(tx, "security_notice", account_id=account, what=what, fact=event(lost, what))
    await end_all(tx, account, "recovered", now)
