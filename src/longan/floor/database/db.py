"""PostgreSQL: one pool in a process, a deadline for each request, and a count of the round trips."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache, partial
from inspect import Parameter, signature
from operator import itemgetter
from types import UnionType
from typing import Annotated, Any, Protocol, TypeVar, Union, get_args, get_origin

import asyncpg
import msgspec
import uvloop  # noqa: F401  (named here so that the lock keeps it: granian picks it up)

from longan.floor.base.errors import Unavailable

# A request has so long from its first question on; to take a query back comes on top, and together that is below 2 s.
REQUEST_SECONDS = 1.2
ACQUIRE_SECONDS = 0.5
# What is left of it when it is over: enough for a database that is well to take back a query and roll back.
GRACE_SECONDS = 0.2
# The database is away, or cannot now: the same question may be answered in a moment.
LOST = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    # A primary that became a replica.
    asyncpg.ReadOnlySQLTransactionError,
    # A migration changed a table under a transaction; asyncpg has thrown its statements away by now.
    asyncpg.InvalidCachedStatementError,
    asyncpg.OutdatedSchemaCacheError,
    OSError,
    TimeoutError,
)

S = TypeVar("S", bound=msgspec.Struct)


class Connection(asyncpg.Connection):
    """An asyncpg connection that knows when its request must be over and how often it asked."""

    __slots__ = ("_last", "deadline", "round_trips")

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._last: asyncio.TimerHandle | None = None
        self.deadline: float | None = None
        self.round_trips = 0

    def end_in(self, seconds: float | None) -> None:
        """End the connection unless it is given back within so long; None: it was. asyncpg's own time-outs end only
        when the server has taken the query back, and for a server that hangs they wait for ever."""
        if self._last is not None:
            self._last.cancel()
        self._last = None if seconds is None else asyncio.get_running_loop().call_later(seconds, self.terminate)

    def _left(self) -> float | None:
        self.round_trips += 1
        if self.deadline is None:
            return None
        return max(self.deadline - asyncio.get_running_loop().time(), GRACE_SECONDS)

    async def execute(self, query: str, *args: Any, timeout: float | None = None) -> str:
        return await super().execute(query, *args, timeout=timeout or self._left())

    async def fetch(self, query: str, *args: Any, timeout: float | None = None, record_class: Any = None) -> Any:
        return await super().fetch(query, *args, timeout=timeout or self._left(), record_class=record_class)

    async def fetchrow(self, query: str, *args: Any, timeout: float | None = None, record_class: Any = None) -> Any:
        return await super().fetchrow(query, *args, timeout=timeout or self._left(), record_class=record_class)

    async def fetchval(self, query: str, *args: Any, column: int = 0, timeout: float | None = None) -> Any:
        return await super().fetchval(query, *args, column=column, timeout=timeout or self._left())


async def _nothing(connection: Any) -> None:
    """asyncpg resets a connection at every release, a round trip; our code never changes a session's state (no SET
    without LOCAL, no LISTEN, no advisory session locks), so there is nothing to reset."""


async def _given_back(connection: Any) -> None:
    connection.end_in(None)


def hold(connection: Any, seconds: float) -> None:
    """Keep a connection of a pool with `patience` for longer: so long from now on."""
    _own(connection).end_in(seconds)


def create_pool(url: str, size: int, name: str, patience: float | None = None) -> asyncpg.Pool:
    """A pool of at most `size` connections, opened as they are needed. Statements time out on the server as well.
    `patience` is for whoever has no deadline of their own (`Acquired`): the seconds after which a connection that was
    not given back is ended, and whoever waits for an answer over it gets one of LOST."""

    async def lent(connection: Any) -> None:
        hold(connection, patience or 0.0)

    return asyncpg.create_pool(
        url,
        min_size=0,
        max_size=size,
        connection_class=Connection,
        setup=lent if patience else None,
        reset=_given_back if patience else _nothing,
        timeout=ACQUIRE_SECONDS,
        server_settings={
            "application_name": name,
            "timezone": "UTC",
            "statement_timeout": "10000",
            "idle_in_transaction_session_timeout": "10000",
            # Whom nobody waits for any more must not go on waiting for a lock, or holding one.
            "client_connection_check_interval": "1000",
            # Planning the first page of jobs anew for each caller costs as much as answering it.
            "plan_cache_mode": "force_generic_plan",
            # What is asked for lies in memory or on a disk without a head: a page out of order costs hardly more.
            "random_page_cost": "1.1",
            "jit": "off",
        },
    )


class Asking(Protocol):
    """A request: `until` is the loop's time at which all it asks must be answered, None before it has asked."""

    until: float | None

    def count(self, round_trips: int) -> None: ...


class Alone(msgspec.Struct):
    """Asks for itself, outside any request."""

    until: float | None = None

    def count(self, round_trips: int) -> None:
        """There is no request that it would belong to."""


class Acquired:
    """A connection for one request. Raises `Unavailable` when the database does not answer in time.

    A class, not a generator: every request comes through here, and a generator costs as much as a query's way to the
    wire.
    """

    __slots__ = ("_asking", "_before", "_borrowed", "_last", "_own", "_pool")

    def __init__(self, pool: asyncpg.Pool, asking: Asking) -> None:
        self._pool = pool
        self._asking = asking

    async def __aenter__(self) -> asyncpg.Connection:
        loop = asyncio.get_running_loop()
        now = loop.time()
        until = self._asking.until = self._asking.until or now + REQUEST_SECONDS
        try:
            # The pool's own timeout costs a task for each request, even when a connection lies ready.
            async with asyncio.timeout_at(min(now + ACQUIRE_SECONDS, max(until, now + GRACE_SECONDS))):
                self._borrowed = borrowed = await self._pool.acquire()
        except LOST as error:
            raise Unavailable from error
        self._own = own = _own(borrowed)
        own.deadline = until
        self._before = own.round_trips
        # asyncpg forgets the time when it closes a statement, and counts anew when it has to learn a type.
        self._last = loop.call_at(until + 2 * GRACE_SECONDS, own.terminate)
        return borrowed  # type: ignore[return-value]  # the pool's proxy, a connection in all but its class

    async def __aexit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        own = self._own
        self._last.cancel()
        own.deadline = None
        self._asking.count(own.round_trips - self._before)
        if isinstance(error, asyncpg.InternalClientError):
            # A server that goes says so to whoever is connected; asyncpg takes that for the begin of an answer and
            # keeps the connection, good for nothing, until the other end is closed.
            own.terminate()
        # What is closed was lost; while it is open, this is a mistake of ours and not the database's absence.
        ours = isinstance(error, asyncpg.InterfaceError) and not own.is_closed()
        # Bounded, for asyncpg waits for ever for a server that hangs to take back a query. A connection that cannot be
        # given back is ended, and what was asked over it has its answer already.
        with suppress(*LOST):
            await self._pool.release(self._borrowed, timeout=2 * GRACE_SECONDS)
        if isinstance(error, LOST) and not ours:
            raise Unavailable from error


def _own(connection: Any) -> Connection:
    """The connection inside the pool's proxy, whose attributes the proxy does not pass on for writing."""
    return getattr(connection, "_con", connection)  # type: ignore[no-any-return]


def maybe(row: asyncpg.Record | None, kind: type[S]) -> S | None:
    """The row as a `kind`, or None."""
    return None if row is None else _maker(kind, tuple(row.keys()))(row)


def many(rows: Sequence[asyncpg.Record], kind: type[S]) -> list[S]:
    """The rows as structs of `kind`, column by field name; columns named "employer.id", "employer.name", which stand
    together, and composites become the structs inside it. Composites may be null, and cost three times as much to read.

    PostgreSQL has checked the types, so nothing is checked again; msgspec.convert from a Record takes ten times longer.
    """
    if not rows:
        return []
    make = _maker(kind, tuple(rows[0].keys()))
    return [make(row) for row in rows]


@cache
def _maker(kind: type[S], columns: tuple[str, ...]) -> Callable[[Any], S]:
    fields = [field for field in msgspec.structs.fields(kind) if field.required or field.name in columns]
    places: list[Any] = []
    inner: list[tuple[int, Callable[[Any], Any]]] = []
    for number, field in enumerate(fields):
        part, many_of = _struct_in(field.type)
        parts = [name for name in columns if name.startswith(f"{field.name}.")]
        if part is not None and parts:
            first = columns.index(parts[0])
            places.append(slice(first, first + len(parts)))
            inside = tuple(name.removeprefix(f"{field.name}.") for name in parts)
            inner.append((number, _maker(part, inside)))  # type: ignore[arg-type]
        else:
            places.append(columns.index(field.name))
            if part is not None:
                inner.append((number, partial(many if many_of else maybe, kind=part)))
    pick: Callable[[Any], Sequence[Any]] = itemgetter(*places) if len(places) > 1 else lambda row: (row[places[0]],)
    names = [field.name for field in fields]
    in_order = [
        name for name, given in signature(kind).parameters.items() if given.kind is Parameter.POSITIONAL_OR_KEYWORD
    ][: len(names)] == names

    def make(row: Any) -> S:
        values = list(pick(row))
        for number, of in inner:
            if (value := values[number]) is not None:
                values[number] = of(value)
        return kind(*values) if in_order else kind(**dict(zip(names, values, strict=True)))

    return make


def _struct_in(kind: Any) -> tuple[type[Any] | None, bool]:
    """The struct that a field holds, and whether it is a list of them."""
    if get_origin(kind) is Annotated:
        return _struct_in(get_args(kind)[0])
    if get_origin(kind) in (Union, UnionType):
        return next((found for part in get_args(kind) if (found := _struct_in(part))[0] is not None), (None, False))
    if get_origin(kind) is list:
        return _struct_in(get_args(kind)[0])[0], True
    return (kind, False) if isinstance(kind, type) and issubclass(kind, msgspec.Struct) else (None, False)
