"""Rules of the room: who may submit, what an official may decide, what is shown to whom.

Form is checked at once (longan.citizen_card); that it is true is said by a provider, by the claims of a federated
sign-in or by an official, never by us. Nothing refuses anybody but an official.
"""

import logging
from datetime import datetime, timedelta, timezone
from uuid import UUID

import asyncpg

from longan import personal, queue
from longan.assurance import store
from longan.assurance.models import (
    AnotherPerson,
    CaseClaimed,
    IdentityDecisionIn,
    IdentityIn,
    IdentityReview,
    IdentityReviewPage,
    MyCase,
    MyIdentity,
    MyNumber,
    OwnCase,
    Purpose,
    ReviewedPerson,
    SealedCase,
    Source,
    Standing,
)
from longan.citizen_card import Unreadable, agree, card_of, masked, number_of
from longan.crypto import PersonKey, PersonKeys, Wrapped
from longan.errors import FieldError, Forbidden, IllegalTransition, InvalidRequest, NotFound, RateLimited
from longan.page import Cursors
from longan.personal import Column, Particulars
from longan.policy import Proof
from longan.tokens import Principal

log = logging.getLogger("longan.assurance")

VIETNAM = timezone(timedelta(hours=7))
# SECURITY section 3: identity papers, a day.
CASES_A_DAY = 10
DAY = timedelta(days=1)
# And what an official may see of citizens in a day.
LOOKS_A_DAY = 300
# After so long without a decision somebody else may claim a case.
LEFT_AFTER = timedelta(hours=4)
# SECURITY A13: whoever holds a recycled number has a code by SMS, and not the device of the one who was confirmed.
TO_SEE_WHO_I_AM = Proof(acr=1, max_age=None)
# What a decision may be given as its reason.
CONFIRMING = frozenset({"data_matches"})

COLUMNS: tuple[Column, ...] = ("number", "full_name", "birth_date", "sex", "address")


def typed(given: IdentityIn, now: datetime) -> Particulars:
    """Raises `InvalidRequest` at the field that cannot be, or contradicts the number."""
    try:
        agree(number_of(given.number), given.birth_date, given.sex, now.astimezone(VIETNAM).date())
    except Unreadable as error:
        raise InvalidRequest(FieldError(f"/{error.field}", error.code)) from error
    return Particulars(given.number, given.full_name, given.birth_date, given.sex, given.address)


def scanned(qr: str, now: datetime) -> Particulars:
    """What the QR code of a card says. Parents' names and the old number, which some carry, are not kept.

    Raises `InvalidRequest` with the reason why it is no card, or contradicts itself.
    """
    try:
        card = card_of(qr, now.astimezone(VIETNAM).date())
    except Unreadable as error:
        raise InvalidRequest(FieldError("/qr", error.code)) from error
    return Particulars(card.number, card.full_name, card.birth_date, card.sex, card.address)


async def submit(
    tx: asyncpg.Connection, keys: PersonKeys, me: Principal, who: Particulars, source: Source, now: datetime
) -> MyCase:
    """A case, and the promise to ask the provider about it. Whether another account has the number is not said here.

    Raises `CaseOpen`, `AnotherPerson`, `RateLimited` after CASES_A_DAY, `InsufficientAuthentication` for a confirmed
    account: its identity is not changed by whoever now holds its phone number.
    """
    index = keys.index(who.number)
    standing = await store.account_standing(tx, me.account_id, index, now - DAY)
    if standing.confirmed:
        TO_SEE_WHO_I_AM.check(me, now)
    if standing.another:
        raise AnotherPerson
    if standing.lately >= CASES_A_DAY:
        raise RateLimited(headers={"Retry-After": str(int(DAY.total_seconds()))})
    made = await _keep(tx, keys, standing.id, me.account_id, who, source, now)
    await queue.add(tx, "check_identity", case_id=made.id)
    return made


async def _keep(
    tx: asyncpg.Connection, keys: PersonKeys, case: UUID, account: UUID, who: Particulars, source: Source, now: datetime
) -> MyCase:
    key = await personal.key_for(tx, keys, account, now)
    return await store.insert(tx, case, account, source, keys.index(who.number), sealed(key, who, case), now)


def sealed(key: PersonKey, who: Particulars, case: UUID) -> dict[Column, bytes | None]:
    """The columns of a case. One letter for the sex: the length of what is sealed shows."""
    said: dict[Column, str | None] = {
        "number": who.number, "full_name": who.full_name, "birth_date": who.birth_date.isoformat(),
        "sex": who.sex[0], "address": who.address,
    }  # fmt: skip
    return {
        column: None if value is None else key.seal(value, f"assurance.cases.{column}", case)
        for column, value in said.items()
    }


def opened(keys: PersonKeys, case: SealedCase | None) -> Particulars | None:
    """What is in a case; None once it was taken out, or the person's key is gone."""
    if case is None or case.wrap_key is None or case.wrapped is None or case.key_version is None or case.number is None:
        return None
    key = keys.open(Wrapped(case.wrap_key, case.wrapped, case.key_version), case.account_id)
    said: dict[Column, str | None] = {
        column: None if (value := getattr(case, column)) is None else key.open(
            value, f"assurance.cases.{column}", case.id
        )
        for column in COLUMNS
    }  # fmt: skip
    number, sex = said["number"], said["sex"]
    if number is None or said["full_name"] is None or said["birth_date"] is None:
        return None
    born = datetime.strptime(said["birth_date"], "%Y-%m-%d").date()  # noqa: DTZ007  (a date has no zone)
    return Particulars(number, said["full_name"], born, "male" if sex == "m" else "female", said["address"])


async def shown(conn: asyncpg.Connection, keys: PersonKeys, me: Principal, now: datetime) -> MyIdentity:
    """Who the caller is, masked. Raises `InsufficientAuthentication` and `CoolingOff` for a confirmed account."""
    case = await store.latest(conn, me.account_id)
    found = await store.confirmed(conn, me.account_id)
    if found is None:
        return MyIdentity(None, None, None, None, None, case)
    TO_SEE_WHO_I_AM.check(me, now)
    at, how, kept = found
    who = opened(keys, kept)
    if who is None:
        return MyIdentity(at, how, None, None, None, case)
    return MyIdentity(at, how, masked(who.number), who.full_name, who.birth_date.year, case)


async def revealed(conn: asyncpg.Connection, keys: PersonKeys, account: UUID) -> MyNumber:
    """The caller's own identity, whole. Raises `NotFound` when none was confirmed, or its key is gone."""
    found = await store.confirmed(conn, account)
    who = None if found is None else opened(keys, found[2])
    if who is None:
        raise NotFound
    return MyNumber(who.number, who.full_name, who.birth_date, who.sex, who.address)


async def withdraw(tx: asyncpg.Connection, account: UUID) -> None:
    """Raises `NotFound` when nothing is open."""
    if await store.withdraw(tx, account) is None:
        raise NotFound


async def queue_of(
    conn: asyncpg.Connection, cursors: Cursors, official: Principal, cursor: str | None, limit: int, now: datetime
) -> IdentityReviewPage:
    """Raises `Forbidden`."""
    await _decides(conn, official, now)
    return await store.reviews(conn, cursors, official.account_id, cursor, limit)


async def claim(tx: asyncpg.Connection, official: Principal, case: UUID, now: datetime) -> IdentityReview:
    """Take a case to decide on; again is safe. Raises `NotFound`, `OwnCase`, `CaseClaimed`, `IllegalTransition`."""
    await _decides(tx, official, now)
    if not await store.claim(tx, case, official.account_id, now, now - LEFT_AFTER):
        raise await _why_not(tx, official, case, "in_review")
    if (review := await store.review(tx, case, official.account_id)) is None:
        raise NotFound
    return review


async def look(
    tx: asyncpg.Connection, keys: PersonKeys, official: Principal, case: UUID, purpose: Purpose, now: datetime
) -> ReviewedPerson:
    """What the person submitted, for who has claimed the case; that they looked, when and why is written down with it.

    Raises `NotFound`, `OwnCase`, `CaseClaimed`, `IllegalTransition`, `RateLimited` after LOOKS_A_DAY.
    """
    await _decides(tx, official, now)
    if await store.looked(tx, official.account_id, now - DAY) >= LOOKS_A_DAY:
        log.error("an official has looked at %s people in a day: account %s", LOOKS_A_DAY, official.account_id)
        raise RateLimited(headers={"Retry-After": str(int(DAY.total_seconds()))})
    kept = await store.look(tx, case, official.account_id, official.agency_code, purpose, now)
    if kept is None:
        raise await _why_not(tx, official, case, "in_review")
    if (who := opened(keys, kept)) is None:
        raise NotFound
    return ReviewedPerson(
        case, who.number, who.full_name, who.birth_date, who.sex, who.address, kept.source, kept.provider_said,
        kept.number_taken, kept.version,
    )  # fmt: skip


async def decide(
    tx: asyncpg.Connection, official: Principal, case: UUID, decision: IdentityDecisionIn, now: datetime
) -> None:
    """Decide on a case that one has claimed, and tell the person. The same decision again is safe.

    Raises `NotFound`, `OwnCase`, `CaseClaimed`, `IllegalTransition`, `NumberTaken`, `AnotherPerson`, `InvalidRequest`
    for a reason that belongs to the other decision.
    """
    await _decides(tx, official, now)
    if (decision.reason_code in CONFIRMING) != (decision.decision == "confirmed"):
        raise InvalidRequest(FieldError("/reason_code", "not_one_of"))
    if decision.decision == "confirmed":
        account = await store.confirm(
            tx, case, "official", now, official=official.account_id, agency_code=official.agency_code,
            reason_code=decision.reason_code, reason=decision.reason,
        )  # fmt: skip
    else:
        account = await store.refuse(
            tx, case, official.account_id, official.agency_code, now, decision.reason_code, decision.reason
        )
    if account is not None:
        await tell(tx, account, case, decision.decision)
        return
    standing = await store.standing(tx, case, official.account_id)
    if standing is None or not (standing.decided_by_me and standing.state == decision.decision):
        raise _refusal(standing, decision.decision)


async def confirm_by(tx: asyncpg.Connection, case: UUID, now: datetime, *, federated: bool = False) -> bool:
    """Confirm a case on the word of a provider; False when it is not open any more, or an official has it.

    Raises `NumberTaken`, `AnotherPerson`.
    """
    account = await store.confirm(tx, case, "federation" if federated else "provider", now)
    if account is None:
        return False
    await tell(tx, account, case, "confirmed")
    return True


async def take_claims(
    tx: asyncpg.Connection, keys: PersonKeys, account: UUID, who: Particulars, now: datetime
) -> UUID | None:
    """A case made of what a federated sign-in said, in the place of one that is open; None when the account is
    confirmed for that person, or for another."""
    standing = await store.account_standing(tx, account, keys.index(who.number), now)
    if standing.another or standing.confirmed:
        return None
    await store.withdraw(tx, account)
    return (await _keep(tx, keys, standing.id, account, who, "federation", now)).id


async def tell(tx: asyncpg.Connection, account: UUID, case: UUID, decision: str) -> None:
    await queue.add(tx, "security_notice", account_id=account, what=f"identity_{decision}", fact=case)


async def _decides(conn: asyncpg.Connection, official: Principal, now: datetime) -> None:
    """Raises `Forbidden` for an administrator, who grants roles and so decides on nobody, and for an official who was
    appointed for something else."""
    if "official" not in official.roles or not await store.may_review(conn, official.account_id, now):
        raise Forbidden


async def _why_not(conn: asyncpg.Connection, official: Principal, case: UUID, to: str) -> Exception:
    return _refusal(await store.standing(conn, case, official.account_id), to)


def _refusal(standing: Standing | None, to: str) -> Exception:
    """Why an official cannot bring a case to a state."""
    if standing is None:
        return NotFound()
    if standing.own:
        return OwnCase()
    if standing.state == "in_review" and not standing.mine:
        return CaseClaimed()
    return IllegalTransition(standing.state, to)
