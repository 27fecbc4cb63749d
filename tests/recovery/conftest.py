"""Somebody with a phone, somebody who has lost it, and the worker that keeps the promises."""

import random
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import msgspec
import pytest
import redis.asyncio

from longan.api.edge import Edge
from longan.floor.database.tasks import Context, gathered
from longan.floor.setup.crypto import PersonKeys
from longan.rooms.identity import tasks as identity
from longan.rooms.recovery import tasks as recovery
from tests.devices import Device
from tests.identity.conftest import *  # noqa: F403

DAYS = timedelta(hours=72)
NUMBER, ANOTHER = "080190001234", "080190004321"


class Somebody:
    """An account with a phone, and a session of it."""

    def __init__(self, client: httpx.AsyncClient, phone: str, signed_in: dict[str, Any]) -> None:
        self.client, self.phone = client, phone
        self.account = UUID(signed_in["account_id"])
        self.headers = {"Authorization": f"Bearer {signed_in['access_token']}"}
        self.refresh_token: str = signed_in["refresh_token"]

    async def get(self, path: str) -> httpx.Response:
        return await self.client.get(path, headers=self.headers)

    async def post(self, path: str, body: Any = None) -> httpx.Response:
        return await self.client.post(path, json=body, headers=self.headers)


class Town:
    """What happens between people, their phones and us."""

    def __init__(
        self, app: Edge, client: httpx.AsyncClient, conn: asyncpg.Connection, context: Context, gateway: Any,
        valkey: redis.asyncio.Redis,
    ) -> None:  # fmt: skip
        self.app, self.client, self.conn, self.context = app, client, conn, context
        self.gateway, self.valkey = gateway, valkey

    async def work(self) -> None:
        """The worker does what was promised to it."""
        known = gathered({"identity": identity.TASKS, "recovery": recovery.TASKS})
        while promised := await self.conn.fetch(
            "select id, entrypoint, payload from pgqueuer where entrypoint = any($1) order by id", list(known)
        ):
            for row in promised:
                await known[row["entrypoint"]].run(self.context, row["payload"])
                await self.conn.execute("delete from pgqueuer where id = $1", row["id"])

    async def finish(self) -> None:
        """A minute goes by, and the worker does what is due."""
        await recovery.finish_recoveries(self.context)
        await self.work()

    async def code(self, phone: str) -> str:
        await self.work()
        code: str = await self.gateway.latest(phone)
        return code

    async def texts(self, phone: str) -> list[str]:
        """The text messages to a phone that hold no code, oldest first."""
        await self.work()
        return [each["text"] for each in await self.gateway.sent() if each["phone"] == phone and each["code"] is None]

    async def notices(self, account: UUID) -> list[str]:
        """What the owner of an account is told in the app, oldest first."""
        rows = await self.conn.fetch("select payload from pgqueuer where entrypoint = 'security_notice' order by id")
        told = [msgspec.json.decode(row["payload"]) for row in rows]
        return [each["what"] for each in told if each["account_id"] == str(account)]

    async def signs_in(self, phone: str) -> Somebody:
        await self.valkey.flushdb()
        asked = await self.client.post("/v1/auth/otp", json={"phone": phone})
        entry = {"challenge_id": asked.json()["challenge_id"], "code": await self.code(phone)}
        answer = await self.client.post("/v1/auth/otp/verify", json=entry)
        assert answer.status_code == 200, answer.text
        return Somebody(self.client, phone, answer.json())

    async def moves(self, person: Somebody, phone: str) -> httpx.Response:
        """The person's own change of phone, both steps; the answer of the last."""
        await self.valkey.flushdb()
        asked = await person.post("/v1/me/phone", {"phone": phone})
        if asked.status_code != 202:
            return asked
        entry = {"challenge_id": asked.json()["challenge_id"], "code": await self.code(phone)}
        return await person.post("/v1/me/phone/verify", entry)

    async def recovers(self, lost: str, phone: str, number: str | None = None, *, work: bool = True) -> httpx.Response:
        """A recovery is begun and the new phone proved; the answer of the last step."""
        await self.valkey.flushdb()
        asked = await self.client.post("/v1/auth/recovery", json={"lost_phone": lost, "new_phone": phone})
        assert asked.status_code == 202, asked.text
        entry = {"challenge_id": asked.json()["challenge_id"], "code": await self.code(phone)}
        answer = await self.client.post(
            "/v1/auth/recovery/verify", json=entry | ({"identity_number": number} if number else {})
        )
        if work:
            await self.work()
        return answer

    async def confirm(self, person: Somebody, number: str = NUMBER) -> None:
        """The person's identity was confirmed."""
        index = PersonKeys(self.app.app.state["keys"]).index(number)
        await self.conn.execute(
            """insert into assurance.identities (account_id, confirmed_at, confirmed_by, number_index)
               values ($1, $2, 'official', $3)""",
            person.account, self.now(), index,
        )  # fmt: skip

    async def add_passkey(self, account: UUID) -> None:
        await self.conn.execute(
            """insert into passkeys.credentials (account_id, credential_id, public_key, sign_count, name, transports,
                                                 backed_up, for_staff, created_at)
               values ($1, $2, '', 0, 'Passkey', '{}', false, false, $3)""",
            account, uuid4().bytes, self.now(),
        )  # fmt: skip

    async def add_provider(self, account: UUID) -> None:
        await self.conn.execute(
            """insert into federation.links (account_id, issuer, subject_index, linked_at)
               values ($1, 'https://sso.example.vn', $2, $3)""",
            account, uuid4().bytes, self.now(),
        )  # fmt: skip

    async def add_device(self, account: UUID) -> None:
        """A trusted one."""
        await self.conn.execute(
            """insert into device_keys.keys (account_id, thumbprint, enrolled_at, enrolled_by, first_seen_at,
                                             last_seen_at)
               values ($1, $2, $3, 'device', $3, $3)""",
            account, Device.of(self.app).thumbprint, self.now(),
        )  # fmt: skip

    async def appoint(self, account: UUID) -> None:
        await self.conn.execute("insert into identity.roles (account_id, role) values ($1, 'official')", account)

    async def decide(self, case: str, decision: str, headers: dict[str, str]) -> httpx.Response:
        body = {"decision": decision, "reason": "Đã gặp trực tiếp."}
        return await self.client.post(f"/v1/recoveries/{case}/decision", json=body, headers=headers)

    async def review_for(self, case: str) -> str | None:
        why: str | None = await self.conn.fetchval(
            "select review_for from recovery.cases where id = $1::text::uuid and state = 'review'", case
        )
        return why

    def now(self) -> datetime:
        return self.context.clock()

    async def state(self, case: str) -> str:
        state: str = await self.conn.fetchval("select state from recovery.cases where id = $1::text::uuid", case)
        return state

    async def phone_of(self, account: UUID) -> str:
        sealed = await self.conn.fetchval("select phone_cipher from identity.accounts where id = $1", account)
        phone: str = self.app.app.state.phones.open(sealed, account)
        return phone


@pytest.fixture
def town(
    app: Edge, client: httpx.AsyncClient, conn: asyncpg.Connection, context: Context, gateway: Any,
    valkey: redis.asyncio.Redis,
) -> Town:  # fmt: skip
    return Town(app, client, conn, context, gateway, valkey)


@pytest.fixture
def other_phone() -> str:
    """Another number nobody has used."""
    return f"+8438{random.randrange(10**7):07d}"


@pytest.fixture
async def person(town: Town, phone: str) -> Somebody:
    return await town.signs_in(phone)


@pytest.fixture
def official(bearer: Callable[..., Awaitable[dict[str, str]]], conn: asyncpg.Connection) -> Any:
    """Headers of an official's session, and their account."""

    async def make() -> tuple[dict[str, str], UUID]:
        account: UUID = await conn.fetchval("select account_id from identity.roles where role = 'official' limit 1")
        return await bearer(account, audience="official", acr=3), account

    return make
