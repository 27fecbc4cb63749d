"""Say once what may be asked for: the short words that every handler's signature speaks in."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import asyncpg
from litestar import Request
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.params import SkipValidation

from longan import db, idempotency
from longan.errors import Unavailable
from longan.exchange import Exchange
from longan.fields import Locale as LocaleName
from longan.page import Cursors
from longan.tokens import Principal

# What our own providers hand over is what they say it is; checking it again would cost more than providing it.
Conn = NamedDependency[SkipValidation[asyncpg.Connection]]
Tx = NamedDependency[SkipValidation[asyncpg.Connection]]
Me = NamedDependency[SkipValidation[Principal]]
Now = NamedDependency[SkipValidation[datetime]]
Locale = NamedDependency[SkipValidation[LocaleName]]
Pages = NamedDependency[SkipValidation[Cursors]]
Ex = NamedDependency[SkipValidation[Exchange]]
Home = NamedDependency[SkipValidation[str]]

AnyRequest = SkipValidation[Request[Any, Any, State]]


def exchange_of(request: AnyRequest) -> Exchange:
    found: Exchange = request.scope["longan"]  # type: ignore[typeddict-item]
    return found


@asynccontextmanager
async def written(state: State, this: Exchange) -> AsyncGenerator[asyncpg.Connection, None]:
    """One transaction for the write; on a route that demands an Idempotency-Key, its key's row comes first."""
    if this.policy is None or not this.policy.idempotent:
        async with db.acquired(state.pool, this) as connection, connection.transaction():
            yield connection
        return
    claim = idempotency.claim_of(this, this.route)
    in_flight: idempotency.InFlight = state.in_flight
    until = asyncio.get_running_loop().time() + idempotency.WAIT_SECONDS
    while True:
        if in_flight.begin(claim):
            well = True
            try:
                async with db.acquired(state.pool, this) as connection:
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
    """What the words stand for, over the state of one app.

    What does not depend on the request takes no parameter: Litestar copies the state and checks a signature for every
    parameter of every dependency of every request.
    """

    def now() -> datetime:
        return state.clock()  # type: ignore[no-any-return]

    def pages() -> Cursors:
        return state.cursors  # type: ignore[no-any-return]

    def home() -> str:
        return state.settings.province_code  # type: ignore[no-any-return]

    def exchange(request: AnyRequest) -> Exchange:
        return exchange_of(request)

    def me(request: AnyRequest) -> Principal:
        return exchange_of(request).me()

    def locale(request: AnyRequest) -> LocaleName:
        return exchange_of(request).locale

    async def conn(request: AnyRequest) -> AsyncGenerator[asyncpg.Connection, None]:
        async with db.acquired(state.pool, exchange_of(request)) as connection:
            yield connection

    async def tx(request: AnyRequest) -> AsyncGenerator[asyncpg.Connection, None]:
        async with written(state, exchange_of(request)) as connection:
            yield connection

    words: dict[str, Any] = {"now": now, "pages": pages, "home": home, "exchange": exchange, "me": me, "locale": locale}
    return {
        "conn": Provide(conn),
        "tx": Provide(tx),
        **{name: Provide(word, sync_to_thread=False) for name, word in words.items()},
    }
