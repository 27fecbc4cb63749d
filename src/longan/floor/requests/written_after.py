"""A write that asks somebody outside first: idempotent as every other is, and no transaction is open while it waits."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import asyncpg
import msgspec
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide

from longan.floor.database import db
from longan.floor.requests import deps, idempotency
from longan.floor.requests.deps import Ex
from longan.floor.requests.exchange import Answer, Exchange

S = TypeVar("S", bound=msgspec.Struct)

CREATED = 201


class WrittenAfter(msgspec.Struct, frozen=True):
    """For operations that make something (201) and demand an Idempotency-Key."""

    state: State
    exchange: Exchange

    async def refuse_done(self) -> None:
        """Before anybody is asked. Raises `Replay` where it was done before, and what its key may be refused with."""
        claim = idempotency.claim_of(self.exchange, self.exchange.route)
        async with db.Acquired(self.state.pool, self.exchange) as connection:
            if (answer := await idempotency.stored(connection, claim)) is not None:
                raise idempotency.Replay(answer)

    async def write(self, work: Callable[[asyncpg.Connection], Awaitable[S]]) -> S:
        """What `work` makes in a transaction, kept as the answer to its key."""
        # What the others took to answer is no time that the database took.
        self.exchange.until = None
        async with deps.written(self.state, self.exchange) as tx:
            made = await work(tx)
            self.exchange.answer = Answer(CREATED, {"Content-Type": "application/json"}, msgspec.json.encode(made))
        return made


def write_later(exchange: Ex, state: State) -> WrittenAfter:
    return WrittenAfter(state, exchange)


WriteLater = NamedDependency[WrittenAfter]
WRITES_LATER = {"write_later": Provide(write_later, sync_to_thread=False)}
