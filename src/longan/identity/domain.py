"""Rules of the room: when a code is sent, what a code opens, how long a session lives.

Nothing here runs in the request's own transaction: a wrong code, and a refresh token that comes twice, must be written
down although the answer is a refusal. No connection is held while Valkey is asked.
"""

import hmac
import ipaddress
import logging
import secrets
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta

import asyncpg
import msgspec

from longan import accounts, db, phones, queue
from longan.crypto import Sealed, one_time_code
from longan.entrance import Entering, Entrance, SignedIn, SignInDevice
from longan.errors import RateLimited, Unavailable
from longan.fields import Locale
from longan.identity import store
from longan.identity.models import (
    Challenge,
    CodeChallenge,
    CodeEntry,
    CodeRequest,
    OtpExpired,
    OtpInvalid,
    PasskeyRequired,
    TestNumbers,
)
from longan.keys import newest_id
from longan.limits import Strict, Window

CODE_LIFE = timedelta(minutes=3)
RESEND_SECONDS = 60
TRIES = 5

# Few wrong codes at each of very many numbers stay below every other limit (SECURITY 0.9).
FAILURES = 1_000
FAILURES_WITHIN = timedelta(minutes=10)
FAILURES_RETRY_SECONDS = 60

# SECURITY section 3. A block is the 10,000 numbers that differ in their last four digits: whoever is paid for messages
# holds numbers in a row. The budget of the whole service is what an hour of an ordinary morning needs, several times.
MINUTE, HOUR, DAY = 60, 3_600, 86_400
SENDS_TO_PHONE = (Window(1, MINUTE), Window(3, HOUR), Window(5, DAY))
SENDS_TO_BLOCK = (Window(20, 10 * MINUTE),)
SENDS_FROM_ADDRESS = (Window(10, HOUR), Window(30, DAY))
SENDS_OF_ALL = (Window(5_000, HOUR),)
TRIES_FOR_PHONE = (Window(15, DAY),)
TRIES_FROM_ADDRESS = (Window(30, HOUR),)
# Nothing is sent to a test number and nobody is behind it.
OF_TEST_NUMBERS = (Window(1_000, MINUTE),)

log = logging.getLogger("longan.identity")


class Desk(msgspec.Struct, frozen=True):
    """What the way in needs of its process. `asking` is the request."""

    pool: asyncpg.Pool
    strict: Strict
    phones: Sealed
    entrance: Entrance
    code_keys: dict[str, bytes]
    test_numbers: TestNumbers
    asking: db.Asking

    def connection(self) -> AbstractAsyncContextManager[asyncpg.Connection]:
        return db.Acquired(self.pool, self.asking)

    async def admit_send(self, phone: str, client: str) -> None:
        """Raises `RateLimited`, or `Unavailable` without Valkey."""
        if phone in self.test_numbers:
            await self._take(("test", "", OF_TEST_NUMBERS))
            return
        await self._take(
            ("send", self._hidden(phone), SENDS_TO_PHONE),
            ("send-block", self._hidden(phone[:-4]), SENDS_TO_BLOCK),
            ("send-from", network(client), SENDS_FROM_ADDRESS),
            ("send-all", "", SENDS_OF_ALL),
        )

    async def admit_try(self, phone: str | None, client: str) -> None:
        """`phone` None for a challenge nobody asked for. Raises `RateLimited`, or `Unavailable` without Valkey."""
        if phone is not None and phone in self.test_numbers:
            await self._take(("test", "", OF_TEST_NUMBERS))
            return
        of_phone = [] if phone is None else [("try", self._hidden(phone), TRIES_FOR_PHONE)]
        await self._take(*of_phone, ("try-from", network(client), TRIES_FROM_ADDRESS))

    async def _take(self, *buckets: tuple[str, str, tuple[Window, ...]]) -> None:
        await self.strict.take(
            [(f"otp:{name}:{who}:{each.seconds}", each) for name, who, windows in buckets for each in windows]
        )

    def _hidden(self, phone: str) -> str:
        return self.phones.index(phone).hex()

    def code(self, challenge: Challenge, phone: str) -> str:
        if phone in self.test_numbers.personas:
            return self.test_numbers.code
        return one_time_code(self.code_keys[challenge.code_key], challenge.nonce, challenge.id, challenge.purpose)


async def ask_for_code(desk: Desk, asked: CodeRequest, client: str, locale: Locale, now: datetime) -> CodeChallenge:
    """A challenge, and the promise to send its code. Never looks whether the phone has an account.

    Raises `InvalidRequest` for what is no mobile number, `RateLimited`, `Unavailable` while Valkey or the gateway is.
    """
    phone = phones.canonical(asked.phone)
    if phone in desk.test_numbers.limited:
        raise RateLimited(headers={"Retry-After": str(RESEND_SECONDS)})
    async with desk.connection() as connection:
        made, open_until = await store.ready(connection, now)
    if open_until is not None:
        raise Unavailable(int((open_until - now).total_seconds()) + 1)
    await desk.admit_send(phone, client)
    challenge = Challenge(
        id=made,
        purpose="sign_in",
        audience=asked.audience,
        phone_index=desk.phones.index(phone),
        phone_cipher=desk.phones.seal(phone, made),
        nonce=secrets.token_bytes(16),
        code_key=newest_id(desk.code_keys),
        locale=locale,
    )
    async with desk.connection() as tx, tx.transaction():
        await store.insert_challenge(tx, challenge, now, now + CODE_LIFE)
        if phone not in desk.test_numbers:
            await queue.add(tx, "send_one_time_code", challenge_id=challenge.id)
    return CodeChallenge(challenge.id, int(CODE_LIFE.total_seconds()), RESEND_SECONDS)


async def sign_in(desk: Desk, entry: CodeEntry, client: str, now: datetime) -> SignedIn:
    """A session for whoever holds the phone. A code is good once, and every attempt uses up one of TRIES.

    Raises `OtpInvalid`, `OtpExpired` (also for a challenge nobody asked for), `RateLimited`, `Unavailable` without
    Valkey, `AccountDisabled`, `Forbidden` for somebody who is no official, `PasskeyRequired` for somebody who is.
    """
    async with desk.connection() as connection:
        asked = await store.asked(connection, entry.challenge_id, now - FAILURES_WITHIN)
    phone = None if asked is None else desk.phones.open(asked.phone_cipher, entry.challenge_id)
    await desk.admit_try(phone, client)
    if asked is None or phone is None or phone in desk.test_numbers.expired:
        raise OtpExpired
    if asked.failures >= FAILURES:
        log.error("too many wrong codes in the whole service: codes are refused")
        raise RateLimited(headers={"Retry-After": str(FAILURES_RETRY_SECONDS)})
    if phone in desk.test_numbers.wrong:
        raise OtpInvalid
    async with desk.connection() as connection:
        challenge = await store.count_try(connection, entry.challenge_id, now, TRIES)
        if challenge is None:
            raise OtpExpired
        if not hmac.compare_digest(desk.code(challenge, phone), entry.code):
            raise OtpInvalid
        async with connection.transaction():
            return await _enter(desk, connection, challenge, phone, entry.device, now)


async def _enter(
    desk: Desk, tx: asyncpg.Connection, challenge: Challenge, phone: str, device: SignInDevice | None, now: datetime
) -> SignedIn:
    if not await store.use(tx, challenge.id, now):
        raise OtpExpired
    account = await accounts.by_phone(tx, challenge.phone_index)
    new = account is None and await _open_account(desk, tx, challenge, phone, now)
    account = account or await accounts.by_phone(tx, challenge.phone_index)
    if account is None:
        raise RuntimeError("an account that exists was not found")
    audience = accounts.audience_of(account, challenge.audience)
    persona = phone in desk.test_numbers.personas
    if audience == "official" and not persona:
        raise PasskeyRequired
    entering = Entering(
        account_id=account.id, audience=audience, amr=["persona"] if persona else ["otp", "sms"], device=device,
        new_account=new,
    )  # fmt: skip
    return await desk.entrance.open(tx, entering, now)


async def _open_account(desk: Desk, tx: asyncpg.Connection, challenge: Challenge, phone: str, now: datetime) -> bool:
    """Whether it was this transaction that opened it; another phone in the same hand may have been quicker."""
    made = await accounts.draw(tx)
    return await accounts.open_account(tx, made, challenge.phone_index, desk.phones.seal(phone, made), now)


def network(client: str) -> str:
    """An IPv4 address, or the /64 of an IPv6 address: a home or a phone has all of those."""
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        return client
    if isinstance(address, ipaddress.IPv4Address):
        return client
    return str(address.ipv4_mapped or ipaddress.ip_network((int(address), 64), strict=False))
