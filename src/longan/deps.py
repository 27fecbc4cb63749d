"""Say once what may be asked for: the short words that every handler's signature speaks in."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Any

import asyncpg
from litestar import Request
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide

from longan import db, idempotency
from longan.exchange import Exchange
from longan.fields import Locale as LocaleName
from longan.page import Cursors
from longan.tokens import Principal

Conn = NamedDependency[asyncpg.Connection]
Tx = NamedDependency[asyncpg.Connection]
Me = NamedDependency[Principal]
Now = NamedDependency[datetime]
Locale = NamedDependency[LocaleName]
Pages = NamedDependency[Cursors]
Ex = NamedDependency[Exchange]
Home = NamedDependency[str]

AnyRequest = Request[Any, Any, State]


def exchange_of(request: AnyRequest) -> Exchange:
    found: Exchange = request.scope["longan"]  # type: ignore[typeddict-item]
    return found


async def exchange(request: AnyRequest) -> Exchange:
    return exchange_of(request)


async def me(request: AnyRequest) -> Principal:
    return exchange_of(request).me()


async def now(state: State) -> datetime:
    return state.clock()  # type: ignore[no-any-return]


async def locale(request: AnyRequest) -> LocaleName:
    return exchange_of(request).locale


async def pages(state: State) -> Cursors:
    return state.cursors  # type: ignore[no-any-return]


async def home(state: State) -> str:
    """The code of the province this service is for."""
    return state.settings.province_code  # type: ignore[no-any-return]


async def conn(request: AnyRequest, state: State) -> AsyncGenerator[asyncpg.Connection, None]:
    async with db.acquired(state.pool, exchange_of(request)) as connection:
        yield connection


async def tx(request: AnyRequest, state: State) -> AsyncGenerator[asyncpg.Connection, None]:
    """One transaction for the write; on a route that demands an Idempotency-Key, its key's row comes first."""
    this = exchange_of(request)
    if this.policy is None or not this.policy.idempotent:
        async with db.acquired(state.pool, this) as connection, connection.transaction():
            yield connection
        return
    claim = idempotency.claim_of(this, this.route)
    in_flight: idempotency.InFlight = state.in_flight
    until = asyncio.get_running_loop().time() + idempotency.WAIT_SECONDS
    while True:
        if in_flight.begin(claim):
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
            finally:
                in_flight.end(claim)
        await in_flight.wait(claim, until)
        this.until = None


PROVIDERS = {
    "conn": Provide(conn),
    "tx": Provide(tx),
    "me": Provide(me),
    "now": Provide(now),
    "locale": Provide(locale),
    "pages": Provide(pages),
    "home": Provide(home),
    "exchange": Provide(exchange),
}
