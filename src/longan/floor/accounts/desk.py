"""The desk of one-time codes: how often one may be asked for and tried, and what a right one opens.

Nothing here runs in the request's own transaction: a wrong code must be written down although the answer is a refusal.
No connection is held while Valkey is asked.
"""

import hmac
import logging
import secrets
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from math import ceil
from typing import TypeVar
from uuid import UUID

import asyncpg
import msgspec
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide

from longan.floor.access.tokens import Audience
from longan.floor.accounts import codes
from longan.floor.accounts.codes import Challenge, CodeChallenge, OtpExpired, OtpInvalid, Purpose
from longan.floor.base.errors import Problem, RateLimited, Unavailable
from longan.floor.database import db, queue
from longan.floor.requests.deps import Ex
from longan.floor.requests.exchange import Exchange
from longan.floor.requests.limits import Strict, Window
from longan.floor.setup.crypto import Sealed
from longan.floor.setup.keys import newest_id

RESEND_SECONDS = 60

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
TRIES_FOR_BLOCK = (Window(60, 10 * MINUTE),)
TRIES_FROM_ADDRESS = (Window(30, HOUR),)
# Nothing is sent to a test number and nobody is behind it.
OF_TEST_NUMBERS = (Window(1_000, MINUTE),)

T = TypeVar("T")
Bucket = tuple[str, str, tuple[Window, ...]]

log = logging.getLogger("longan.codes")


class TestNumbers(msgspec.Struct, frozen=True):
    """Phone numbers that are never sent anything. In production there are none: this is how it looks there."""

    __test__ = False

    personas: frozenset[str] = frozenset()
    code: str = ""
    wrong: frozenset[str] = frozenset()
    limited: frozenset[str] = frozenset()
    expired: frozenset[str] = frozenset()

    def __contains__(self, phone: str) -> bool:
        return any(phone in numbers for numbers in (self.personas, self.wrong, self.limited, self.expired))


DEVELOPMENT = TestNumbers(
    personas=frozenset(f"+849000000{number:02d}" for number in (*range(1, 10), 11, 12, 21, 22, 23, 31, 32)),
    code="000000",
    wrong=frozenset({"+84900000092"}),
    limited=frozenset({"+84900000093"}),
    expired=frozenset({"+84900000094"}),
)


class Desk(msgspec.Struct, frozen=True):
    """What the codes need of their process. `asking` is the request."""

    pool: asyncpg.Pool
    strict: Strict
    phones: Sealed
    code_keys: dict[str, bytes]
    test_numbers: TestNumbers
    gateways: list[str]
    asking: Exchange

    def connection(self) -> AbstractAsyncContextManager[asyncpg.Connection]:
        return db.Acquired(self.pool, self.asking)

    async def take(self, *buckets: Bucket) -> None:
        """One from every window of every bucket, or none. Raises `RateLimited`, or `Unavailable` without Valkey."""
        await self.strict.take(
            [(f"otp:{name}:{who}:{each.seconds}", each) for name, who, windows in buckets for each in windows]
        )

    def hidden(self, phone: str) -> str:
        return self.phones.index(phone).hex()

    def _caller(self) -> UUID | None:
        return self.asking.principal.account_id if self.asking.principal else None

    def _sends(self, phone: str, holder: str) -> list[Bucket]:
        if phone in self.test_numbers:
            return [("test", "", OF_TEST_NUMBERS)]
        own = ("send", self.hidden(phone) + holder, SENDS_TO_PHONE)
        # Who is known by a key or a session is counted alone: others must not use up what an owner needs.
        shared = [
            ("send-block", self.hidden(phone[:-4]), SENDS_TO_BLOCK),
            ("send-from", self.asking.client, SENDS_FROM_ADDRESS),
        ]
        return [own, *([] if holder else shared), ("send-all", "", SENDS_OF_ALL)]

    def _tries(self, phone: str | None, holder: str) -> list[Bucket]:
        if phone is not None and phone in self.test_numbers:
            return [("test", "", OF_TEST_NUMBERS)]
        of_phone: list[Bucket] = [] if phone is None else [("try", self.hidden(phone) + holder, TRIES_FOR_PHONE)]
        of_block: list[Bucket] = [] if phone is None else [("try-block", self.hidden(phone[:-4]), TRIES_FOR_BLOCK)]
        from_address: list[Bucket] = [("try-from", self.asking.client, TRIES_FROM_ADDRESS)]
        return of_phone if holder else [*of_phone, *of_block, *from_address]

    def _code(self, challenge: Challenge, phone: str) -> str:
        return self.test_numbers.code if phone in self.test_numbers.personas else codes.code_of(
            self.code_keys, challenge
        )  # fmt: skip

    async def ask(
        self, phone: str, purpose: Purpose, now: datetime, *, audience: Audience = "app", owner: UUID | None = None,
        about: bytes | None = None,
    ) -> CodeChallenge:  # fmt: skip
        """A challenge, and the promise to send its code to `phone`, which is in E.164. Never looks whether the phone
        has an account.

        Raises `RateLimited`, `Unavailable` while Valkey or every gateway is; neither counts for anything.
        """
        if phone in self.test_numbers.limited:
            raise RateLimited(headers={"Retry-After": str(RESEND_SECONDS)})
        index, key = self.phones.index(phone), self.asking.key_thumbprint
        async with self.connection() as connection:
            ready = await codes.ready(connection, now, self.gateways, index, key, self._caller())
        if ready.resting_until is not None:
            raise Unavailable(ceil((ready.resting_until - now).total_seconds()))
        _refuse_paused(ready.paused_until, now)
        await self.take(*self._sends(phone, ready.holder))
        challenge = Challenge(
            id=ready.id, purpose=purpose, audience=audience, account_id=owner, about_index=about, phone_index=index,
            phone_cipher=self.phones.seal(phone, ready.id), nonce=secrets.token_bytes(16),
            code_key=newest_id(self.code_keys), key_thumbprint=key, locale=self.asking.locale,
        )  # fmt: skip
        async with self.connection() as tx, tx.transaction():
            await codes.insert(tx, challenge, now)
            if phone not in self.test_numbers:
                await queue.add(tx, "send_one_time_code", challenge_id=challenge.id)
        return CodeChallenge(challenge.id, int(codes.LIFE.total_seconds()), RESEND_SECONDS)

    async def answer(
        self, challenge_id: UUID, code: str, purpose: Purpose, now: datetime,
        then: Callable[[asyncpg.Connection, Challenge, str], Awaitable[T]], *, owner: UUID | None = None,
    ) -> T:  # fmt: skip
        """What `then(tx, challenge, phone)` gives for a right code, in the transaction in which the code is used up.
        A code is good once, even when `then` refuses; every attempt uses up one of codes.TRIES.

        Raises `OtpInvalid`, `OtpExpired` (also for a challenge that nobody asked for, or that was for another purpose
        or owner), `RateLimited`, `Unavailable` without Valkey, and what `then` raises.
        """
        key = self.asking.key_thumbprint
        async with self.connection() as connection:
            asked = await codes.asked(
                connection, challenge_id, purpose, owner, now, now - FAILURES_WITHIN, key, self._caller()
            )
        phone = None if asked is None else self.phones.open(asked.challenge.phone_cipher, challenge_id)
        holder = asked.holder if asked else ""
        await self.take(*self._tries(phone, holder))
        if asked is None or phone is None or not asked.open or phone in self.test_numbers.expired:
            raise OtpExpired
        if asked.wrong >= FAILURES and not holder:
            log.error("too many wrong codes in the whole service: codes of strangers are refused")
            raise RateLimited(headers={"Retry-After": str(FAILURES_RETRY_SECONDS)})
        _refuse_paused(asked.paused_until, now)
        if phone in self.test_numbers.wrong:
            raise OtpInvalid
        challenge = asked.challenge
        right = hmac.compare_digest(self._code(challenge, phone), code)
        right = right and challenge.key_thumbprint in (None, key)
        counts_for = None if phone in self.test_numbers else holder
        async with self.connection() as connection:
            try:
                async with connection.transaction():
                    counted = await codes.decide(connection, challenge.id, right=right, holder=counts_for, now=now)
                    if counted and right:
                        return await then(connection, challenge, phone)
            except Problem:
                # What `then` has done is undone; the code is used up all the same.
                await codes.decide(connection, challenge.id, right=True, holder=counts_for, now=now)
                raise
        raise OtpInvalid if counted else OtpExpired


def _refuse_paused(until: datetime | None, now: datetime) -> None:
    if until is not None and until > now:
        raise RateLimited(headers={"Retry-After": str(ceil((until - now).total_seconds()))})


# `state.keys` would be the method of a mapping.
def desk(exchange: Ex, state: State) -> Desk:
    return Desk(
        pool=state.pool,
        strict=state.strict,
        phones=state.phones,
        code_keys=state["keys"].secrets["one-time-code"],
        test_numbers=DEVELOPMENT if state.settings.development else TestNumbers(),
        gateways=list(state.settings.sms_gateways),
        asking=exchange,
    )


AtDesk = NamedDependency[Desk]
DESK = {"desk": Provide(desk, sync_to_thread=False)}
