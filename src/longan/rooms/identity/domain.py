"""Rules of the room: whom a code lets in, and what a delivery report is worth."""

import logging
from datetime import datetime, timedelta

import asyncpg

from longan.floor.access.entrance import Entering, Entrance, SignedIn, SignInDevice
from longan.floor.accounts import accounts
from longan.floor.accounts.codes import Challenge, CodeChallenge
from longan.floor.accounts.desk import Desk
from longan.floor.base import phones
from longan.floor.database import queue
from longan.rooms.identity import store
from longan.rooms.identity.models import CodeEntry, CodeRequest, DeliveryReport

# Of what was sent in an hour, at least so many codes come back on an ordinary day (SECURITY A6).
FEWEST_TO_JUDGE = 100
USED_SHARE = 0.3

log = logging.getLogger("longan.identity")


async def ask_for_code(desk: Desk, asked: CodeRequest, now: datetime) -> CodeChallenge:
    """Raises `InvalidRequest` for what is no mobile number, and what `Desk.ask` raises."""
    return await desk.ask(phones.canonical(asked.phone), "sign_in", now, audience=asked.audience)


async def sign_in(desk: Desk, entrance: Entrance, entry: CodeEntry, now: datetime) -> SignedIn:
    """A session for whoever holds the phone.

    Raises `AccountDisabled`, `Forbidden` for somebody who is no official, `PasskeyRequired` for somebody who is, and
    what `Desk.answer` raises.
    """

    async def enter(tx: asyncpg.Connection, challenge: Challenge, phone: str) -> SignedIn:
        return await _enter(desk, entrance, tx, challenge, phone, entry.device, now)

    return await desk.answer(entry.challenge_id, entry.code, "sign_in", now, enter)


async def _enter(
    desk: Desk, entrance: Entrance, tx: asyncpg.Connection, challenge: Challenge, phone: str,
    device: SignInDevice | None, now: datetime,
) -> SignedIn:  # fmt: skip
    account = await accounts.by_phone(tx, challenge.phone_index, now)
    new = account is None and await _open_account(desk, tx, challenge, phone, now)
    account = account or await accounts.by_phone(tx, challenge.phone_index, now)
    if account is None:
        raise RuntimeError("an account that exists was not found")
    audience = accounts.audience_of(account, challenge.audience)
    persona = phone in desk.test_numbers.personas
    if audience == "official" and not persona:
        raise accounts.PasskeyRequired
    me = desk.asking.principal
    entering = Entering(
        account_id=account.id, audience=audience, amr=["persona"] if persona else ["otp", "sms"], device=device,
        key_thumbprint=desk.asking.key_thumbprint,
        replaces=me.session_id if me is not None and me.account_id == account.id else None, new_account=new,
    )  # fmt: skip
    return await entrance.open(tx, entering, now)


async def _open_account(desk: Desk, tx: asyncpg.Connection, challenge: Challenge, phone: str, now: datetime) -> bool:
    """Whether it was this transaction that opened it; another phone in the same hand may have been quicker."""
    made = await accounts.draw(tx)
    return await accounts.open_account(tx, made, challenge.phone_index, desk.phones.seal(phone, made), now)


async def note_delivery(
    tx: asyncpg.Connection, gateway: str, others: bool, report: DeliveryReport, now: datetime
) -> None:
    """Keep what a gateway says of a message it took. The first failure while the code lives gives the other gateway its
    chance. The same report again, or one about a message that another gateway took meanwhile, changes nothing. What is
    said of a text that stood in for a push is passed on."""
    if await store.is_text(tx, report.reference):
        await queue.add(tx, "note_text", reference=report.reference, status=report.status, reason=report.reason)
        return
    if report.status == "delivered":
        await store.delivered(tx, report.reference, gateway, report.at)
    elif await store.undelivered(
        tx, report.reference, gateway, report.reason or "unknown", report.at, now, again=others
    ):
        log.warning("the %s gateway did not deliver a code (%s); the other one is asked", gateway, report.reason)
        await queue.add(tx, "send_one_time_code", challenge_id=report.reference)


async def watch(pool: asyncpg.Pool, now: datetime) -> bool:
    """Whether codes are sent as people would ask for them; an alarm in the log when hardly any comes back: somebody is
    paid for our messages (SECURITY A6)."""
    sent, used = await store.used_share(pool, now - timedelta(hours=1))
    if sent < FEWEST_TO_JUDGE or used >= sent * USED_SHARE:
        return True
    log.error("of %d codes sent within the hour %d were used: is somebody pumping messages?", sent, used)
    return False
