"""A phone that receives: the gateway's stand-in over real HTTP, and the worker's task that sends to it."""

import random
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import asyncpg
import httpx
import msgspec
import pytest
import redis.asyncio
from aiohttp import web

from longan.api.edge import Edge
from longan.devkit import fcm_grant, stand_ins
from longan.floor.accounts.codes import Challenge, code_of
from longan.floor.base.clock import Clock
from longan.floor.database.tasks import Context, gathered
from longan.floor.requests.limits import Limiter, Strict
from longan.floor.setup.settings import Settings
from longan.rooms.identity import tasks

KEY = "key-of-the-test"


def client_at(app: Edge, address: str | None = None) -> httpx.AsyncClient:
    """A client at an address, or at one of its own."""
    address = address or f"10.{random.randrange(256)}.{random.randrange(256)}.{random.randrange(1, 255)}"
    asgi: Any = app
    transport = httpx.ASGITransport(app=asgi, client=(address, 4711), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://test")


@pytest.fixture
def at() -> Callable[..., httpx.AsyncClient]:
    return client_at


@pytest.fixture
def phone() -> str:
    """A number nobody has used."""
    return f"+8491{random.randrange(10**7):07d}"


@pytest.fixture(scope="module")
def account() -> dict[str, str]:
    return fcm_grant.service_account("http://127.0.0.1")


class Gateway:
    """The stand-in, and what it took."""

    def __init__(self, runner: web.AppRunner, session: aiohttp.ClientSession) -> None:
        self.url = stand_ins.address(runner)
        self.session = session

    async def sent(self) -> list[dict[str, Any]]:
        async with self.session.get(f"{self.url}/sms/messages") as answer:
            items: list[dict[str, Any]] = (await answer.json())["items"]
            return items

    async def latest(self, phone: str) -> str:
        """The code last sent to `phone`."""
        async with self.session.get(f"{self.url}/sms/latest", params={"phone": phone}) as answer:
            code: str = (await answer.json())["code"]
            return code

    async def fares(self, mode: str, times: int | None = None) -> None:
        """How the next messages fare."""
        script = {"mode": mode} | ({"times": times} if times else {})
        async with self.session.post(f"{self.url}/sms/faults", json=script) as answer:
            assert answer.status == 200


@pytest.fixture
async def gateway(account: Any) -> AsyncIterator[Gateway]:
    app = stand_ins.create(account=account, sms_key=KEY, slow_seconds=0.3)
    runner = await stand_ins.serve("127.0.0.1", 0, app)
    async with aiohttp.ClientSession() as session:
        yield Gateway(runner, session)
    await runner.cleanup()


@pytest.fixture
def context(app: Edge, gateway: Gateway, settings: Settings, valkey: redis.asyncio.Redis, clock: Clock) -> Context:
    """What the worker gives to tasks."""
    state = app.app.state
    told = msgspec.structs.replace(settings, sms_url=gateway.url, sms_key=KEY)
    return Context(
        pool=state.pool, valkey=valkey, http=gateway.session, settings=told, keys=state["keys"], phones=state.phones,
        clock=clock,
    )  # fmt: skip


@pytest.fixture
def deliver(context: Context, conn: asyncpg.Connection) -> Callable[[], Awaitable[int]]:
    """Run the tasks that were promised, as the worker would; how many there were."""

    async def run() -> int:
        promised = await conn.fetch("select id, payload from pgqueuer where entrypoint = 'send_one_time_code'")
        for row in promised:
            await gathered({"identity": tasks.TASKS})["send_one_time_code"].run(context, row["payload"])
            await conn.execute("delete from pgqueuer where id = $1", row["id"])
        return len(promised)

    return run


@pytest.fixture
def ask(client: httpx.AsyncClient) -> Callable[..., Awaitable[str]]:
    """Ask for a code; the id of the challenge."""

    async def post(phone: str, **more: Any) -> str:
        answer = await client.post("/v1/auth/otp", json={"phone": phone, **more})
        assert answer.status_code == 202, answer.text
        return str(answer.json()["challenge_id"])

    return post


@pytest.fixture
def enter(client: httpx.AsyncClient) -> Callable[..., Awaitable[httpx.Response]]:
    """Type a code in."""

    async def post(challenge: str, code: str, **more: Any) -> httpx.Response:
        return await client.post("/v1/auth/otp/verify", json={"challenge_id": challenge, "code": code, **more})

    return post


@pytest.fixture
def signed_in(
    ask: Callable[..., Awaitable[str]], enter: Callable[..., Awaitable[httpx.Response]], valkey: redis.asyncio.Redis
) -> Callable[..., Awaitable[dict[str, Any]]]:
    """A persona's fresh session, as `verify_otp` answers it."""

    async def make(phone: str = "+84900000001") -> dict[str, Any]:
        answer = await enter(await ask(phone), "000000")
        assert answer.status_code == 200, answer.text
        made: dict[str, Any] = answer.json()
        return made

    return make


@pytest.fixture
async def wide(real: Any) -> Any:
    """A real app whose windows are too wide to do the work of what is tested."""
    state = real.app.app.state
    state.strict, state.limiter = Strict(state.valkey, 100_000), Limiter(state.valkey, 100_000)
    real.app.limiter = state.limiter
    return real


async def asked_by(real: Any, path: str, body: dict[str, str], headers: dict[str, str] | None = None) -> dict[str, str]:
    """What answers a challenge that was asked for at `path`."""
    challenge = (await real.client.post(path, json=body, headers=headers)).json()["challenge_id"]
    row = await real.pool.fetchrow(
        """select id, purpose, audience, account_id, about_index, phone_index, phone_cipher, nonce, code_key,
                  key_thumbprint, locale
             from identity.challenges where id = $1::text::uuid""",
        challenge,
    )
    ring = real.app.app.state["keys"].secrets["one-time-code"]
    return {"challenge_id": challenge, "code": code_of(ring, msgspec.convert(dict(row), Challenge))}
