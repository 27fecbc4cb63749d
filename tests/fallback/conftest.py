"""People whom no push reaches, the local Zalo and SMS gateway, and a minute of the worker."""

import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import aiohttp
import asyncpg
import msgspec
import pytest
import redis.asyncio

from longan.api.edge import Edge
from longan.devkit import fcm_grant, sms, stand_ins, zalo
from longan.floor.database.tasks import Context, gathered
from longan.floor.messages import texting
from longan.floor.messages.notices import Decided, Moved, Params, Security
from longan.floor.messages.telling import tell
from longan.floor.setup.settings import Settings
from longan.rooms.fallback import tasks
from longan.rooms.identity import tasks as identity
from tests.conftest import TestClock

SMS_KEY = "key-of-the-test"
ACCOUNT = zalo.Account("360846524940903967", "secret-of-the-application", "secret-of-the-oa", "refresh-token-of-the-oa")
# The name of a person and of an employer, and a number: none of them may lie or go anywhere in clear.
CANARIES = ("Trần Thị Chim Hoàng Yến", "Công ty Canary Tân An", "917391820")

PROMISED = gathered({"identity": identity.TASKS, "fallback": tasks.TASKS})


@dataclass
class World:
    """`pool` may be the one connection of a test."""

    context: Context
    pool: Any
    clock: TestClock
    zalo: zalo.Zalo
    sms: sms.Gateway

    async def person(self, phone: str | None = None, locale: str = "vi") -> UUID:
        account, number = uuid4(), phone or f"+849{random.randrange(10**8):08d}"
        ring = self.context.phones
        await self.pool.execute(
            "insert into identity.accounts (id, phone_index, phone_cipher) values ($1, $2, $3)",
            account, ring.index(number), ring.seal(number, account),
        )  # fmt: skip
        await self.pool.execute("insert into people.profiles (account_id, locale) values ($1, $2)", account, locale)
        return account

    async def tell(self, account: UUID, params: Params | None = None) -> UUID:
        """A notice that is worth a text; its id."""
        params = params or Security("passkey_added")
        topic = {Security: "security_notice", Moved: "application_moved", Decided: "employer_decided"}[type(params)]
        fact = uuid4()
        await tell(self.pool, [account], topic, uuid4(), params, fact, self.clock())
        notice: UUID = await self.pool.fetchval(
            "select id from notifications.inbox where account_id = $1 and dedupe_key like '%' || $2 || '%'",
            account, str(fact),
        )  # fmt: skip
        return notice

    async def interview(self, account: UUID) -> UUID:
        """A notice of a topic that is not urgent, and of which the person did not ask to be texted by SMS."""
        return await self.tell(account, Moved("interview", CANARIES[0], CANARIES[1]))

    async def push(self, notice: UUID, **columns: Any) -> None:
        """A push of it, as the sender has left it."""
        now = self.clock()
        given = {
            "state": "sent", "settled_at": now, "not_before": now, "expires_at": now + timedelta(days=3),
            "created_at": now, "installation_id": f"installation-{uuid4()}", **columns,
        }  # fmt: skip
        names = ", ".join(given)
        places = ", ".join(f"${number}" for number in range(2, 2 + len(given)))
        await self.pool.execute(
            f"""insert into push.outbox (notification_id, account_id, {names})
                select id, account_id, {places} from notifications.inbox where id = $1""",
            notice, *given.values(),
        )  # fmt: skip

    async def minute(self, shift: timedelta = timedelta()) -> None:
        """The worker's task of a minute, and what it has promised until then and by it."""
        self.clock.shift(shift)
        await tasks.send_texts(self.context)
        await self.promises()

    async def promises(self) -> None:
        asked = (
            "select id, entrypoint, payload from pgqueuer where entrypoint in ('send_text', 'note_text') order by id"
        )
        while promised := await self.pool.fetch(asked):
            for row in promised:
                await PROMISED[row["entrypoint"]].run(self.context, row["payload"])
                await self.pool.execute("delete from pgqueuer where id = $1", row["id"])

    async def states(self, notice: UUID) -> dict[str, tuple[str, str | None]]:
        """Of each carrier the state of its text, and what was noted last."""
        rows = await self.pool.fetch(
            "select carrier, state, last_error from fallback.texts where notification_id = $1 order by created_at",
            notice,
        )
        return {row["carrier"]: (row["state"], row["last_error"]) for row in rows}

    async def text(self, notice: UUID, carrier: str = "zns") -> Any:
        return await self.pool.fetchrow(
            "select * from fallback.texts where notification_id = $1 and carrier = $2", notice, carrier
        )

    async def spent(self) -> dict[str, int]:
        return dict(await self.pool.fetch("select carrier, sum(spent)::bigint from fallback.spending group by carrier"))

    def by_zalo(self) -> list[zalo.Letter]:
        return self.zalo.accepted.since(0)

    def by_sms(self) -> list[sms.Sms]:
        return self.sms.messages.since(0)

    def fares(self, mode: Any, times: int | None = None) -> None:
        """How the next messages to Zalo fare."""
        self.zalo.faults.script = stand_ins.zalo.wire.Script(mode, times)


def to_the_morning(clock: TestClock) -> None:
    """Ten o'clock in Vietnam, on the tenth of a month: the middle of a day, whenever the test runs."""
    there = clock().astimezone(texting.HOME)
    morning = there.replace(hour=10, minute=0, second=0, microsecond=0)
    clock.shift(morning - there + timedelta(days=1))
    while clock().astimezone(texting.HOME).day in (1, 28, 29, 30, 31):
        clock.shift(timedelta(days=1))


@pytest.fixture(scope="session")
def fcm_account() -> dict[str, str]:
    return fcm_grant.service_account("http://127.0.0.1")


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    zalo.write_plan(tmp_path / "texts.toml")
    return tmp_path / "texts.toml"


@pytest.fixture
async def runner(fcm_account: dict[str, str], clock: TestClock) -> AsyncIterator[Any]:
    app = stand_ins.create(account=fcm_account, sms_key=SMS_KEY, clock=clock, slow_seconds=0.3, zalo_account=ACCOUNT)
    runner = await stand_ins.serve("127.0.0.1", 0, app)
    yield runner
    await runner.cleanup()


@pytest.fixture
def told(settings: Settings, runner: Any, plan: Path) -> Settings:
    """The worker's settings."""
    address = stand_ins.address(runner)
    return msgspec.structs.replace(
        settings, sms_url=address, sms_key=SMS_KEY, texts=plan, zalo_url=f"{address}/zalo",
        zalo_oauth_url=f"{address}/zalo", zalo_app_id=ACCOUNT.app_id, zalo_app_secret=ACCOUNT.app_secret,
        zalo_oa_secret=ACCOUNT.oa_secret, zalo_refresh_token=ACCOUNT.refresh_token,
    )  # fmt: skip


def world_over(pool: Any, app: Edge, told: Settings, http: Any, runner: Any, valkey: Any, clock: TestClock) -> World:
    state = app.app.state
    context = Context(
        pool=pool, valkey=valkey, http=http, settings=told, keys=state["keys"], phones=state.phones, clock=clock
    )
    return World(context, pool, clock, runner.app[zalo.ZALO], runner.app[sms.GATEWAY])


@pytest.fixture
async def world(
    app: Edge, told: Settings, runner: Any, valkey: redis.asyncio.Redis, clock: TestClock, conn: asyncpg.Connection
) -> AsyncIterator[World]:
    to_the_morning(clock)
    before, app.app.state.settings = app.app.state.settings, told
    async with aiohttp.ClientSession() as http:
        yield world_over(app.app.state.pool, app, told, http, runner, valkey, clock)
    app.app.state.settings = before
