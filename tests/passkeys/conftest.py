"""Somebody with a phone that makes passkeys."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from tests.conftest import Bearer
from tests.passkeys.authenticator import Authenticator

Headers = dict[str, str]
Confirm = Callable[[UUID], Awaitable[None]]

BEGIN, FINISH = "/v1/me/passkeys/registrations", "/v1/me/passkeys"
CHALLENGES, SIGN_IN = "/v1/auth/passkeys/challenges", "/v1/auth/passkeys"


async def begun(client: httpx.AsyncClient, me: Headers) -> dict[str, Any]:
    answer = await client.post(BEGIN, headers=me)
    assert answer.status_code == 200, answer.text
    options: dict[str, Any] = answer.json()
    return options


async def finish(client: httpx.AsyncClient, me: Headers, credential: dict[str, Any]) -> httpx.Response:
    body = {"name": "Điện thoại của Lan", "credential": credential}
    return await client.post(FINISH, json=body, headers={**me, "Idempotency-Key": str(uuid4())})


async def registered(client: httpx.AsyncClient, me: Headers, phone: Authenticator) -> dict[str, Any]:
    """A passkey as `finish_passkey_registration` answers it."""
    answer = await finish(client, me, phone.create(await begun(client, me)))
    assert answer.status_code == 201, answer.text
    passkey: dict[str, Any] = answer.json()
    return passkey


async def asked(client: httpx.AsyncClient, headers: Headers | None = None) -> dict[str, Any]:
    answer = await client.post(CHALLENGES, headers=headers or {})
    assert answer.status_code == 200, answer.text
    options: dict[str, Any] = answer.json()
    return options


async def show(
    client: httpx.AsyncClient, credential: dict[str, Any], headers: Headers | None = None, **more: Any
) -> httpx.Response:
    return await client.post(SIGN_IN, json={"credential": credential, **more}, headers=headers or {})


async def signed_in(
    client: httpx.AsyncClient, phone: Authenticator, headers: Headers | None = None, **more: Any
) -> dict[str, Any]:
    """A session, as `finish_passkey_sign_in` answers it."""
    answer = await show(client, phone.get(await asked(client)), headers, **more)
    assert answer.status_code == 200, answer.text
    session: dict[str, Any] = answer.json()
    return session


def held(session: dict[str, Any]) -> Headers:
    return {"Authorization": f"Bearer {session['access_token']}", "Idempotency-Key": str(uuid4())}


@pytest.fixture
def confirm(conn: asyncpg.Connection, now: datetime) -> Confirm:
    """Somebody has looked at who this is."""

    async def mark(account: UUID) -> None:
        await conn.execute(
            "insert into assurance.identities (account_id, confirmed_at) values ($1, $2)", account, now
        )  # fmt: skip

    return mark


@pytest.fixture
def phone() -> Authenticator:
    return Authenticator()


@pytest.fixture
async def me(bearer: Bearer) -> Headers:
    """A new worker who has just signed in by a code."""
    return await bearer()
