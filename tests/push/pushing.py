"""A database of its own, people with phones in it, and the local FCM: what the tests of pushes stand on."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import aiohttp
import asyncpg
import msgspec
import redis.asyncio

from longan.devkit import embedded, fcm, fcm_grant, stand_ins
from longan.floor.base import clock
from longan.floor.database import db
from longan.floor.database.tasks import Context
from longan.floor.messages.notices import NOTICES
from longan.floor.messages.telling import tell
from longan.floor.setup import keys
from longan.floor.setup.crypto import Sealed
from longan.floor.setup.settings import Settings
from longan.rooms.push.domain import LEASE, Sender
from longan.rooms.push.outside import Fcm
from tests.conftest import Copies

PACE = 0.01
CANARIES = ("May Túi Xách Bí Mật", "Công ty Canary Tân An", "+84912345678")


def never(now: datetime) -> None:
    """No minute is busy: a test would have to wait for its end."""


@dataclass
class World:
    """`settings` are those of a worker process of this world; `server` is the local FCM behind them."""

    settings: Settings
    context: Context
    server: fcm.Server

    @property
    def pool(self) -> asyncpg.Pool:
        return self.context.pool

    async def person(self) -> UUID:
        """Somebody who is signed in."""
        account = uuid4()
        await self.pool.execute(
            "insert into identity.accounts (id, phone_index, phone_cipher) values ($1, $2, $2)", account, account.bytes
        )
        await self.session(account)
        return account

    async def session(self, account: UUID) -> UUID:
        now = self.context.clock()
        session: UUID = await self.pool.fetchval(
            """insert into sessions.sessions (account_id, audience, acr, amr, signed_in_at, last_used_at,
                                              idle_expires_at, expires_at)
               values ($1, 'app', 0, '{otp}', $2::timestamptz, $2, $2 + interval '30 days', $2 + interval '90 days')
               returning id""",
            account, now,
        )  # fmt: skip
        return session

    async def phone(self, account: UUID, target: str = "", *, kind: str = "fid", platform: str = "android") -> str:
        """A phone of theirs, registered in their newest session; its target, by which the local FCM misbehaves."""
        target = target or f"good-{uuid4()}"
        await self.pool.execute(
            """insert into push.devices
                   (installation_id, account_id, session_id, target_kind, target, platform, locale, registered_at)
               select $1, $2, s.id, $3, $4, $5, 'vi', $6 from sessions.sessions s
                where s.account_id = $2 order by s.signed_in_at desc limit 1""",
            f"installation-{target}", account, kind, target, platform, self.context.clock(),
        )  # fmt: skip
        return target

    async def somebody(self, target: str = "", **about: str) -> UUID:
        """A person with one phone."""
        account = await self.person()
        await self.phone(account, target, **about)
        return account

    async def crowd(self, size: int) -> list[UUID]:
        """Many people with one phone each."""
        rows = await self.pool.fetch(
            """with account as (
                   insert into identity.accounts (phone_index, phone_cipher)
                   select uuid_send(uuidv7()), '' from generate_series(1, $1) returning id),
               session as (
                   insert into sessions.sessions (account_id, audience, acr, amr, signed_in_at, last_used_at,
                                                  idle_expires_at, expires_at)
                   select id, 'app', 0, '{otp}', now(), now(), now() + interval '30 days', now() + interval '90 days'
                     from account returning id, account_id)
               insert into push.devices
                   (installation_id, account_id, session_id, target_kind, target, platform, locale, registered_at)
               select 'installation-good-' || account_id, account_id, id, 'fid', 'good-' || account_id, 'android', 'vi',
                      now()
                 from session returning account_id""",
            size,
        )
        # As autovacuum does; the statistics of empty tables make plans that are slow with so many.
        await self.pool.execute("analyze identity.accounts, sessions.sessions, push.devices")
        return [row["account_id"] for row in rows]

    async def tell(self, *accounts: UUID, topic: str = "application_received") -> None:
        """A notice to each of them, and with it the pushes."""
        said = NOTICES[topic].params(CANARIES[0], CANARIES[1])  # type: ignore[call-arg]
        await tell(self.pool, accounts, topic, uuid4(), said, uuid4(), self.context.clock())

    async def states(self) -> dict[str, int]:
        """How many pushes are in which state."""
        rows = await self.pool.fetch("select state, count(*) from push.outbox group by state")
        return dict(rows)

    async def row(self, target: str) -> asyncpg.Record:
        """The one push to a phone."""
        return await self.pool.fetchrow(
            "select * from push.outbox where installation_id = $1", f"installation-{target}"
        )

    async def now_due(self) -> None:
        """Nobody's quiet hours or digest hold anything up."""
        await self.pool.execute("update push.outbox set not_before = created_at where state = 'queued'")

    def accepted(self) -> list[fcm.Push]:
        return self.server.pushes.since(0)

    def targets(self) -> list[str]:
        return sorted(push.target for push in self.accepted())

    def sender(
        self, *, lease: timedelta = LEASE, credentials: Path | None = None, quiet: Callable[[datetime], Any] = never
    ) -> Sender:
        file = credentials or self.settings.fcm_credentials
        assert file is not None
        service = Fcm(self.context.http, self.settings.fcm_base_url, file, self.context.clock, pace=PACE)
        return Sender(self.pool, service, self.context.clock, pace=PACE, lease=lease, quiet=quiet)

    @asynccontextmanager
    async def sending(self, *senders: Sender, grace: float = 2.0) -> AsyncIterator[None]:
        """While inside, the senders (one, if none is given) work."""
        stop = asyncio.Event()
        runs = [asyncio.create_task(sender.run(stop, grace)) for sender in senders or [self.sender()]]
        try:
            yield
        finally:
            stop.set()
            await asyncio.gather(*runs)

    async def settled(self, seconds: float = 10.0) -> None:
        """Until nothing is queued or leased."""
        await until(self._none_waits, seconds)

    async def _none_waits(self) -> bool:
        return not {"queued", "leased"} & (await self.states()).keys()


async def until(true: Any, seconds: float = 10.0) -> None:
    """Until `await true()`; fails after `seconds`."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not await true():
        assert asyncio.get_running_loop().time() < deadline, f"still not {true.__name__} after {seconds} s"
        await asyncio.sleep(0.02)


@cache
def service_account() -> dict[str, str]:
    """One for all worlds: to make its key takes longer than to copy the database."""
    return fcm_grant.service_account("http://127.0.0.1")


@asynccontextmanager
async def made_world(
    database_url: str, redis_url: str, keys_dir: Path, folder: Path, slow_seconds: float = 20.0
) -> AsyncIterator[World]:
    servers = stand_ins.create(account=service_account(), slow_seconds=slow_seconds)
    runner = await stand_ins.serve("127.0.0.1", 0, servers)
    file = folder / "fcm.json"
    file.write_text(json.dumps(stand_ins.credentials(runner)))
    settings = Settings(
        env="development", database_url=database_url, redis_url=redis_url, keys_dir=keys_dir, province_code="80",
        public_url="http://127.0.0.1:8000", fcm_base_url=stand_ins.address(runner), fcm_credentials=file,
    )  # fmt: skip
    ring = keys.load(keys_dir)
    valkey = redis.asyncio.from_url(redis_url)
    try:
        async with db.create_pool(database_url, 10, "test") as pool, aiohttp.ClientSession() as http:
            yield World(
                settings,
                Context(
                    pool=pool,
                    valkey=valkey,
                    http=http,
                    settings=settings,
                    keys=ring,
                    phones=Sealed(ring, "phone"),
                    clock=clock.utc,
                ),
                runner.app[fcm.SERVER],
            )
    finally:
        await valkey.aclose()
        await runner.cleanup()


@asynccontextmanager
async def fresh_world(
    services: embedded.Services, copies: Copies, keys_dir: Path, folder: Path
) -> AsyncIterator[World]:
    """A world on a throw-away copy of the loaded database."""
    async with copies.one() as url, made_world(url, services.redis_url, keys_dir, folder) as made:
        yield made


def environment(settings: Settings) -> dict[str, str]:
    """The `LONGAN_*` variables that a process reads these settings from."""
    given = msgspec.structs.asdict(settings)
    return {f"LONGAN_{name.upper()}": str(value) for name, value in given.items() if value not in ("", None)}
