"""Rules of the room: a consent is to a text that was seen, and can be taken back as easily as it was given."""

from datetime import datetime
from uuid import UUID

import asyncpg

from longan.floor.access.tokens import Principal
from longan.floor.base.errors import NotFound
from longan.floor.base.fields import Locale
from longan.floor.requests.policy import Proof
from longan.rooms.privacy import store
from longan.rooms.privacy.models import BlockedEmployer, Consent, Purpose, PurposeChanged

# What leaves this service is agreed to by somebody who is there now (SECURITY S4).
THIRD_PARTY = Proof(acr=0)


async def give(
    tx: asyncpg.Connection, me: Principal, code: str, version: int, locale: Locale, now: datetime
) -> Consent:
    """Raises `NotFound` for no purpose of ours, `PurposeChanged` when another text is in force by now,
    `InsufficientAuthentication` where data would leave this service and the caller signed in a while ago."""
    purpose = await _purpose(tx, code, locale, now)
    if purpose.version != version:
        raise PurposeChanged
    if purpose.third_party:
        THIRD_PARTY.check(me, now)
    return await _say(tx, me, purpose, True, locale, now)


async def withdraw(tx: asyncpg.Connection, me: Principal, code: str, locale: Locale, now: datetime) -> Consent:
    """Holds with the transaction: whoever asks `privacy.consented` from then on hears no. Raises `NotFound`."""
    return await _say(tx, me, await _purpose(tx, code, locale, now), False, locale, now)


async def block(tx: asyncpg.Connection, me: Principal, employer: UUID, now: datetime) -> BlockedEmployer:
    """Holds with the transaction: nobody is told of the employer from then on, nor of what was to be sent. Raises
    `NotFound`."""
    made = await store.block(tx, me.account_id, employer, now)
    if made is None:
        raise NotFound
    return made


async def _purpose(tx: asyncpg.Connection, code: str, locale: Locale, now: datetime) -> Purpose:
    found = next((each for each in await store.purposes(tx, locale, now) if each.code == code), None)
    if found is None:
        raise NotFound
    return found


async def _say(
    tx: asyncpg.Connection, me: Principal, purpose: Purpose, given: bool, locale: Locale, now: datetime
) -> Consent:
    said = await store.say(tx, me.account_id, purpose.code, purpose.version, given, locale, me.session_id, now)
    if said is None:
        raise RuntimeError("an insert returned nothing")
    return said
