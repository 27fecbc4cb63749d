"""A person who says who they are, an official who decides, and the identity provider's stand-in over real HTTP."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import aiohttp
import asyncpg
import httpx
import msgspec
import pytest
import redis.asyncio
from aiohttp import web

from longan.api.edge import Edge
from longan.devkit import fcm_grant, stand_ins
from longan.floor.accounts.citizen_card import Number
from longan.floor.base.clock import Clock
from longan.floor.database.tasks import Context, gathered
from longan.floor.setup.settings import Settings
from longan.rooms.assurance import tasks
from tests.conftest import Bearer, new_account

KEY = "key-of-the-identity-check"

Submit = Callable[..., Awaitable[httpx.Response]]
Work = Callable[[], Awaitable[int]]


def particulars(serial: str = "012345", **changes: Any) -> dict[str, Any]:
    """A good submission; each serial is another person."""
    number = str(Number("080", "male", 1990, serial))
    return {
        "number": number, "full_name": "Nguyễn Văn Thử", "birth_date": "1990-03-15", "sex": "male",
        "address": "Ấp Bình Tiền 2, Đức Hòa, Tây Ninh", **changes,
    }  # fmt: skip


class Provider:
    """The stand-in, and what it was asked."""

    def __init__(self, runner: web.AppRunner, session: aiohttp.ClientSession) -> None:
        self.url = stand_ins.address(runner)
        self.session = session

    async def says(self, mode: str, times: int | None = None) -> None:
        script = {"mode": mode} | ({"times": times} if times else {})
        async with self.session.post(f"{self.url}/identity/faults", json=script) as answer:
            assert answer.status == 200

    async def asked(self) -> list[dict[str, Any]]:
        async with self.session.get(f"{self.url}/identity/checks") as answer:
            items: list[dict[str, Any]] = (await answer.json())["items"]
            return items


@pytest.fixture(scope="module")
def google() -> dict[str, str]:
    return fcm_grant.service_account("http://127.0.0.1")


@pytest.fixture
async def provider(google: Any) -> AsyncIterator[Provider]:
    runner = await stand_ins.serve(
        "127.0.0.1", 0, stand_ins.create(account=google, sms_key=KEY, identity_key=KEY, slow_seconds=0.3)
    )
    async with aiohttp.ClientSession() as session:
        yield Provider(runner, session)
    await runner.cleanup()


@pytest.fixture
def context(app: Edge, provider: Provider, settings: Settings, valkey: redis.asyncio.Redis, clock: Clock) -> Context:
    """What the worker gives to tasks."""
    state = app.app.state
    told = msgspec.structs.replace(
        settings, identity_check_url=provider.url, identity_check_key=KEY, sms_url=provider.url, sms_key=KEY
    )
    return Context(
        pool=state.pool, valkey=valkey, http=provider.session, settings=told, keys=state["keys"], phones=state.phones,
        clock=clock,
    )  # fmt: skip


@pytest.fixture
def work(context: Context, conn: asyncpg.Connection) -> Work:
    """Run the room's tasks that were promised, as the worker would; how many there were."""

    async def run() -> int:
        promised = await conn.fetch(
            "select id, entrypoint, payload from pgqueuer where entrypoint = any($1)", list(tasks.TASKS)
        )
        for row in promised:
            await gathered({"assurance": tasks.TASKS})[row["entrypoint"]].run(context, row["payload"])
            await conn.execute("delete from pgqueuer where id = $1", row["id"])
        return len(promised)

    return run


@pytest.fixture
async def me(conn: asyncpg.Connection, app: Edge) -> UUID:
    return await new_account(conn, app)


@pytest.fixture
def official(conn: asyncpg.Connection, app: Edge, bearer: Bearer) -> Callable[..., Awaitable[dict[str, str]]]:
    """Headers of an official with a passkey, a new one unless an account is named."""

    async def make(account: UUID | None = None, *, role: str = "official", acr: int = 3) -> dict[str, str]:
        if account is None:
            account = await new_account(conn, app, role=role)
            await conn.execute("update identity.roles set agency_code = 'H53.16' where account_id = $1", account)
        else:
            await conn.execute("insert into identity.roles (account_id, role) values ($1, $2)", account, role)
        return await bearer(account, audience="official", acr=acr)

    return make


@pytest.fixture
def submit(client: httpx.AsyncClient, bearer: Bearer) -> Submit:
    async def post(
        account: UUID, headers: dict[str, str] | None = None, consenting: bool = True, **given: Any
    ) -> httpx.Response:
        headers = headers or await bearer(account)
        if consenting:
            await client.put("/v1/me/consents/identity_confirmation", json={"version": 1}, headers=headers)
        return await client.post(
            "/v1/me/identity", json=particulars(**given), headers={**headers, "Idempotency-Key": str(uuid4())}
        )

    return post


@pytest.fixture
def decide(client: httpx.AsyncClient) -> Callable[..., Awaitable[httpx.Response]]:
    """Claim a case and decide on it."""

    async def post(case: str, headers: dict[str, str], decision: str = "confirmed", **more: Any) -> httpx.Response:
        await client.post(f"/v1/identity-reviews/{case}/claim", headers=headers)
        reason = "data_matches" if decision == "confirmed" else "data_differs"
        body = {"decision": decision, "reason_code": reason, "reason": "Đã đối chiếu với thẻ.", **more}
        return await client.post(f"/v1/identity-reviews/{case}/decision", json=body, headers=headers)

    return post


@pytest.fixture
def confirmed(submit: Submit, decide: Any, official: Any) -> Callable[..., Awaitable[str]]:
    """Have an account confirmed by an official; the case."""

    async def make(account: UUID, **given: Any) -> str:
        made = await submit(account, **given)
        assert made.status_code == 201, made.text
        case: str = made.json()["id"]
        answer = await decide(case, await official())
        assert answer.status_code == 204, answer.text
        return case

    return make


async def patiently(ask: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
    """As a good client does: on a machine that is busy with other tests a race may end in 503, and again is safe."""
    while (answer := await ask()).status_code == 503:
        await asyncio.sleep(0.2)
    return answer


async def notices(conn: asyncpg.Connection, account: UUID) -> list[dict[str, Any]]:
    """What was promised to be told to an account."""
    rows = await conn.fetch("select payload from pgqueuer where entrypoint = 'security_notice' order by id")
    told = [msgspec.json.decode(row["payload"]) for row in rows]
    return [each for each in told if each["account_id"] == str(account)]
