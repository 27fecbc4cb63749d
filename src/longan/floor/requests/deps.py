"""Say once what may be asked for: the short words that every handler's signature speaks in."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from typing import Any

import asyncpg
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.params import SkipValidation

from longan.floor.access.entrance import Entrance
from longan.floor.access.tokens import Principal
from longan.floor.base.errors import Unavailable
from longan.floor.base.fields import Locale as LocaleName
from longan.floor.database import db
from longan.floor.database.page import Cursors
from longan.floor.pictures.object_storage import Storage, StorageUnavailable
from longan.floor.requests import idempotency
from longan.floor.requests.exchange import Exchange
from longan.floor.requests.limits import Strict
from longan.floor.setup.crypto import Sealed

# What our own providers hand over is what they say it is; checking it again would cost more than providing it.
Conn = NamedDependency[SkipValidation[asyncpg.Connection]]
Tx = NamedDependency[SkipValidation[asyncpg.Connection]]
Me = NamedDependency[SkipValidation[Principal]]
Now = NamedDependency[SkipValidation[datetime]]
Locale = NamedDependency[SkipValidation[LocaleName]]
Pages = NamedDependency[SkipValidation[Cursors]]
Ex = NamedDependency[SkipValidation[Exchange]]
Home = NamedDependency[SkipValidation[str]]
OpensPhones = NamedDependency[SkipValidation[Sealed]]
OpensNumbers = NamedDependency[SkipValidation[Sealed]]
ToEnter = NamedDependency[SkipValidation[Entrance]]
Pool = NamedDependency[SkipValidation[asyncpg.Pool]]
Counted = NamedDependency[SkipValidation[Strict]]
Stored = NamedDependency[SkipValidation[Storage]]


@asynccontextmanager
async def written(state: State, this: Exchange) -> AsyncGenerator[asyncpg.Connection, None]:
    """One transaction for the write; on a route that demands an Idempotency-Key, its key's row comes first."""
    if this.policy is None or not this.policy.idempotent:
        async with db.Acquired(state.pool, this) as connection, connection.transaction():
            yield connection
        return
    claim = idempotency.claim_of(this, this.route)
    in_flight: idempotency.InFlight = state.in_flight
    until = asyncio.get_running_loop().time() + idempotency.WAIT_SECONDS
    while True:
        if in_flight.begin(claim):
            well = True
            try:
                async with db.Acquired(state.pool, this) as connection:
                    async with connection.transaction():
                        if await idempotency.claim(connection, claim):
                            this.keeps_answer = True
                            yield connection
                            if this.answer is not None:
                                await idempotency.keep(connection, claim, this.answer)
                            return
                    if (answer := await idempotency.stored(connection, claim)) is not None:
                        raise idempotency.Replay(answer)
            except Unavailable:
                well = False
                raise
            finally:
                in_flight.end(claim, well=well)
        await in_flight.wait(claim, until)
        this.until = None


def providers(state: State) -> dict[str, Provide]:
    """What the words stand for, over the state of one app. What must be closed after the handler is given as a context
    manager (src/longan/api/dispatch.py)."""

    def now() -> datetime:
        return state.clock()  # type: ignore[no-any-return]

    def pages() -> Cursors:
        return state.cursors  # type: ignore[no-any-return]

    def home() -> str:
        return state.settings.province_code  # type: ignore[no-any-return]

    def phones() -> Sealed:
        return state.phones  # type: ignore[no-any-return]

    def numbers() -> Sealed:
        return state.numbers  # type: ignore[no-any-return]

    def pool() -> asyncpg.Pool:
        return state.pool  # type: ignore[no-any-return]

    def entrance() -> Entrance:
        return state.entrance  # type: ignore[no-any-return]

    def strict() -> Strict:
        return state.strict  # type: ignore[no-any-return]

    def storage() -> Storage:
        if state.storage is None:
            raise StorageUnavailable(3600)
        return state.storage  # type: ignore[no-any-return]

    def exchange() -> Exchange:
        raise TypeError("the exchange is given")

    def me(exchange: Ex) -> Principal:
        return exchange.me()

    def locale(exchange: Ex) -> LocaleName:
        return exchange.locale

    def conn(exchange: Ex) -> AbstractAsyncContextManager[asyncpg.Connection]:
        return db.Acquired(state.pool, exchange)

    def tx(exchange: Ex) -> AbstractAsyncContextManager[asyncpg.Connection]:
        return written(state, exchange)

    words: list[Callable[..., Any]] = [
        now,
        pages,
        home,
        phones,
        numbers,
        pool,
        entrance,
        strict,
        storage,
        exchange,
        me,
        locale,
        conn,
        tx,
    ]
    return {word.__name__: Provide(word, sync_to_thread=False) for word in words}
