"""Rules of the room: who may have another phone, and how an account without its phone is found again.

SECURITY A12 and A13. A change of phone needs the strongest proof the account has; a recovery has none, so it takes
time, and whoever holds the account hears of it and can stop it. Either way sensitive acts wait for a while after.
"""

from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from longan import accounts, phones, queue
from longan.codes import Challenge, CodeChallenge
from longan.crypto import PersonKeys, Sealed
from longan.desk import DAY, Desk
from longan.entrance import Entrance, end_all
from longan.errors import FieldError, Forbidden, IllegalTransition, InvalidRequest, NotFound
from longan.limits import Window
from longan.page import Cursors
from longan.phones import masked
from longan.recovery import store
from longan.recovery.models import (
    PhoneChanged,
    PhoneProof,
    PhoneTaken,
    Recovery,
    RecoveryBegun,
    RecoveryDecisionIn,
    RecoveryIn,
    RecoveryProof,
    RecoveryUnderWay,
    Review,
    ReviewPage,
)
from longan.tokens import Principal

# SECURITY A12: 24 to 72 hours.
COOLING_AFTER_CHANGE = timedelta(hours=24)
WAIT = COOLING_AFTER_RECOVERY = timedelta(hours=72)
REVIEW_LAPSES = timedelta(days=14)
KEPT_FOR = timedelta(days=400)

BEGUN_FOR_PHONE = (Window(3, DAY),)


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
        reference = await accounts.draw(tx)
        await queue.add(
            tx, "send_text", sealed=old_phone, row=account, words=what, locale=locale, reference=reference
        )  # fmt: skip


async def begin_recovery(desk: Desk, asked: RecoveryIn, now: datetime) -> CodeChallenge:
    """A code to the new phone. Raises `InvalidRequest`, and what `Desk.ask` raises."""
    lost = phones.canonical(asked.lost_phone, "/lost_phone")
    new = phones.canonical(asked.new_phone, "/new_phone")
    if lost == new:
        raise InvalidRequest(FieldError("/new_phone", "same_as_old"))
    begun = ("recovery", desk.hidden(lost), BEGUN_FOR_PHONE)
    return await desk.ask(new, "recover", now, about=desk.phones.index(lost), more=(begun,))


async def open_case(desk: Desk, numbers: PersonKeys, proof: RecoveryProof, now: datetime) -> RecoveryBegun:
    """A case that waits. The lost phone is not looked up here: with and without an account the answer, and the way to
    it, are the same (SECURITY A9). Raises `PhoneTaken` for a new phone that has an account, `RecoveryUnderWay`."""
    number = None if proof.identity_number is None else numbers.index(proof.identity_number)
    due_at = now + WAIT

    async def begin(tx: asyncpg.Connection, challenge: Challenge, phone: str) -> RecoveryBegun:
        if await accounts.by_phone(tx, challenge.phone_index) is not None:
            raise PhoneTaken
        case = await accounts.draw(tx)
        if not await store.open_case(
            tx, case, lost=challenge.about_index or b"", number=number, phone=challenge.phone_index,
            cipher=desk.phones.seal(phone, case), locale=challenge.locale, now=now, due_at=due_at,
        ):  # fmt: skip
            raise RecoveryUnderWay
        await queue.add(tx, "resolve_recovery", case_id=case)
        return RecoveryBegun(case, due_at)

    return await desk.answer(proof.challenge_id, proof.code, "recover", now, begin)


async def own(conn: asyncpg.Connection, sealed: Sealed, account: UUID) -> list[Recovery]:
    """What is under way for an account, for whoever is signed in to it."""
    return [
        Recovery(case.id, case.state, masked(sealed.open(case.phone_cipher, case.id)), case.opened_at, case.due_at)
        for case in await store.mine(conn, account)
    ]


async def cancel(tx: asyncpg.Connection, case: UUID, account: UUID, now: datetime) -> None:
    """Raises `NotFound` for a case of somebody else, or one that is over."""
    if not await store.cancel(tx, case, account, now):
        raise NotFound


async def to_review(
    conn: asyncpg.Connection,
    cursors: Cursors,
    sealed: Sealed,
    me: Principal,
    cursor: str | None,
    limit: int,
    now: datetime,
) -> ReviewPage:
    """The cases that wait for a person, oldest first. Raises `Forbidden`."""
    await _decides(conn, me, now)
    page = await store.reviews(conn, cursors, cursor, limit)
    items = [
        Review(
            case.id, case.account_id, case.full_name, masked(sealed.open(case.phone_cipher, case.id)),
            case.number_matched, case.opened_at, case.due_at,
        )
        for case in page.items
        if case.account_id is not None
    ]  # fmt: skip
    return ReviewPage(items, page.next_cursor)


async def decide(
    tx: asyncpg.Connection, me: Principal, case: UUID, decision: RecoveryDecisionIn, now: datetime
) -> None:
    """An approval still waits for its time, so that nobody's click shortens the owner's chance to say no.

    Raises `Forbidden` (also for an account of one's own), `NotFound`, `IllegalTransition`.
    """
    await _decides(tx, me, now)
    state = await store.state(tx, case)
    if state is None:
        raise NotFound
    if state != "review":
        raise IllegalTransition(state, decision.decision)
    decided = await store.decide(tx, case, decision.decision, me.account_id, me.agency_code, decision.reason, now)
    if decided is None:
        raise Forbidden
    if decision.decision == "refused":
        phone, locale = decided
        await _tell_new_phone(tx, case, phone, "recovery_refused", locale)


async def _decides(conn: asyncpg.Connection, me: Principal, now: datetime) -> None:
    """Raises `Forbidden` for an administrator, who grants roles and so decides on nobody, and for an official who was
    appointed for something else."""
    if "official" not in me.roles or not await store.may_decide(conn, me.account_id, now):
        raise Forbidden


async def resolve(tx: asyncpg.Connection, case: UUID) -> None:
    """Whose account it is, and the news to every way in which its owner can hear of it."""
    found = await store.resolve(tx, case)
    if found is not None and found.account_id is not None:
        await tell_old_channels(tx, found.account_id, found.old_cipher, "recovery_begun", case, found.locale)


async def finish(tx: asyncpg.Connection, sealed: Sealed, case: UUID, now: datetime) -> None:
    """What its time brings to a case. Two who claim an unconfirmed account are for a person to tell apart."""
    found = await store.due(tx, case, now)
    if found is None:
        return
    if found.state == "waiting" and found.contested:
        await store.move(tx, case, "review", None)
        return
    if found.state == "review":
        await store.move(tx, case, "lapsed", now)
        await _tell_new_phone(tx, case, found.phone_cipher, "recovery_refused", found.locale)
        return
    account = found.account_id if found.state in ("waiting", "approved") and found.stands else None
    moved = None
    if account is not None:
        phone = sealed.seal(sealed.open(found.phone_cipher, case), account)
        moved = await accounts.change_phone(tx, account, found.phone_index, phone, now + COOLING_AFTER_RECOVERY)
    if account is None or moved is None:
        await store.move(tx, case, "refused", now)
        await _tell_new_phone(tx, case, found.phone_cipher, "recovery_refused", found.locale)
        return
    await store.move(tx, case, "done", now)
    await store.refuse_others(tx, case, account, now)
    await accounts.lose_devices(tx, account, now)
    await end_all(tx, account, "recovered", now)
    await queue.add(tx, "security_notice", account_id=account, what="recovered", fact=case)
    await _tell_new_phone(tx, case, found.phone_cipher, "recovered", found.locale)
    if moved.phone_cipher is not None:
        await queue.add(
            tx, "send_text", sealed=moved.phone_cipher, row=account, words="phone_changed", locale=found.locale,
            reference=await accounts.draw(tx),
        )  # fmt: skip


async def _tell_new_phone(tx: asyncpg.Connection, case: UUID, phone: bytes, words: str, locale: str) -> None:
    reference = await accounts.draw(tx)
    await queue.add(tx, "send_text", sealed=phone, row=case, words=words, locale=locale, reference=reference)
