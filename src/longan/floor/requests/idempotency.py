"""Idempotency keys: a write sent twice is done once, and answered twice with the same bytes.

The key's row is the first statement of the write's own transaction and its answer the last, so that they stand or fall
with the effect. Who comes second polls without holding a connection: waiters must not drain the pool. An advisory
lock for the length of the transaction tells "in flight" from "done" without blocking.
"""

import asyncio
import hashlib
import hmac
import re

import asyncpg
import msgspec

from longan.floor.base.errors import (
    FieldError,
    IdempotencyInProgress,
    IdempotencyKeyMissing,
    IdempotencyKeyReused,
    InvalidRequest,
    Unavailable,
)
from longan.floor.requests.exchange import Answer, Exchange

WAIT_SECONDS = 5.0
POLL_SECONDS = 0.05
MAX_KEY = 255

_KEY = re.compile(rf"[\x21\x23-\x5b\x5d-\x7e]{{1,{MAX_KEY}}}", re.ASCII)

CLAIM = """-- idempotency.claim
insert into floor.idempotency_keys (scope, body_hash)
select $1, $2 where pg_try_advisory_xact_lock($3)
on conflict on constraint idempotency_keys_once do nothing
returning true"""

STORED = """-- idempotency.stored
select body_hash, status, headers, body from floor.idempotency_keys where scope = $1 and status is not null"""

KEEP = """-- idempotency.keep
update floor.idempotency_keys set status = $2, headers = $3, body = $4 where scope = $1"""

PRUNE = """-- idempotency.prune
delete from floor.idempotency_keys where created_at < $1"""


class Replay(Exception):
    """Not an error: the write was done before and `answer` is what was said then."""

    def __init__(self, answer: Answer) -> None:
        super().__init__("replay")
        self.answer = answer


class Claim(msgspec.Struct, frozen=True):
    """One key of one caller on one operation, and the hash of what was sent with it.

    That hash is keyed with the Idempotency-Key itself, which we never store: a plain one would give away the few digits
    of an identity number in a body whose other fields are known.
    """

    scope: bytes
    body_hash: bytes

    @property
    def lock(self) -> int:
        return int.from_bytes(self.scope[:8], signed=True)


def claim_of(exchange: Exchange, operation: str) -> Claim:
    """Raises `IdempotencyKeyMissing`, or `InvalidRequest` for a key that is no visible ASCII of 1 to 255 characters.

    The key is taken bare or as a quoted string (draft-ietf-httpapi-idempotency-key-header section 2.1).
    """
    key = exchange.idempotency_key
    if not key:
        raise IdempotencyKeyMissing
    if len(key) > 1 and key[0] == key[-1] == '"':
        key = key[1:-1]
    if _KEY.fullmatch(key) is None:
        raise InvalidRequest(FieldError("Idempotency-Key:", "bad_form"))
    caller = str(exchange.principal.account_id) if exchange.principal else "nobody"
    scope = hashlib.sha256("\n".join((caller, operation, key)).encode()).digest()
    return Claim(scope, hmac.digest(key.encode(), exchange.body, hashlib.sha256))


async def claim(tx: asyncpg.Connection, claim: Claim) -> bool:
    """Whether this transaction is the one that does the write."""
    return bool(await tx.fetchval(CLAIM, claim.scope, claim.body_hash, claim.lock))


async def stored(connection: asyncpg.Connection, claim: Claim) -> Answer | None:
    """What was answered before, or None while it is in flight. Raises `IdempotencyKeyReused` for another body."""
    row = await connection.fetchrow(STORED, claim.scope)
    if row is None:
        return None
    if row["body_hash"] != claim.body_hash:
        raise IdempotencyKeyReused
    return Answer(row["status"], msgspec.json.decode(row["headers"], type=dict[str, str]), row["body"])


async def keep(tx: asyncpg.Connection, claim: Claim, answer: Answer) -> None:
    """Keep the answer with the write."""
    await tx.execute(KEEP, claim.scope, answer.status, msgspec.json.encode(answer.headers).decode(), answer.body)


class InFlight:
    """The keys this process is working on: a second request waits here, in memory, before it looks again."""

    def __init__(self) -> None:
        self._running: dict[bytes, asyncio.Future[bool]] = {}

    def begin(self, claim: Claim) -> bool:
        if claim.scope in self._running:
            return False
        self._running[claim.scope] = asyncio.get_running_loop().create_future()
        return True

    def end(self, claim: Claim, *, well: bool) -> None:
        """`well` False: the database was away, and whoever waits need not find that out one after the other."""
        self._running.pop(claim.scope).set_result(well)

    async def wait(self, claim: Claim, until: float) -> None:
        """Until the one in flight ends, or one poll when it runs in another process.

        Raises `IdempotencyInProgress` when `until` (loop time, seconds) has come, `Unavailable` when that one met a
        database that is away.
        """
        left = until - asyncio.get_running_loop().time()
        if left <= 0:
            raise IdempotencyInProgress
        running = self._running.get(claim.scope)
        if running is None:
            await asyncio.sleep(min(left, POLL_SECONDS))
            return
        try:
            well = await asyncio.wait_for(asyncio.shield(running), left)
        except TimeoutError as error:
            raise IdempotencyInProgress from error
        if not well:
            raise Unavailable
