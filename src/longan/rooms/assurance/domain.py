"""Rules of the room: who may submit, and what they are shown of themselves.

Form is checked at once (longan.floor.accounts.citizen_card); that it is true is said by a provider before whom the
person has stood, by the claims of a federated sign-in or by an official, never by us. Nothing refuses anybody but an
official.
"""

from datetime import datetime, timedelta, timezone
from uuid import UUID

import asyncpg

from longan.floor.access.tokens import Principal
from longan.floor.accounts import personal
from longan.floor.accounts.citizen_card import Unreadable, agree, card_of, masked, number_of
from longan.floor.accounts.identity_cases import AnotherPerson, opened, sealed
from longan.floor.accounts.personal import Particulars
from longan.floor.base.errors import FieldError, InvalidRequest, NotFound, RateLimited
from longan.floor.database import queue
from longan.floor.requests.policy import Proof
from longan.floor.setup.crypto import PersonKeys
from longan.rooms.assurance import store
from longan.rooms.assurance.models import IdentityIn, MyCase, MyIdentity, MyNumber, Source

VIETNAM = timezone(timedelta(hours=7))
# SECURITY section 3: identity papers, a day.
CASES_A_DAY = 10
DAY = timedelta(days=1)
# SECURITY A13: whoever holds a recycled number has a code by SMS, and not the device of the one who was confirmed.
TO_SEE_WHO_I_AM = Proof(acr=1, max_age=None)


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
