"""Administrators, and what they propose and decide."""

import secrets
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from tests.conftest import Bearer

PHONE = "+84987650001"
OFFICIAL = {
    "phone": PHONE,
    "role": "official",
    "function": "labour",
    "ward_codes": ["27694"],
    "reason": "Quyết định 12",
}

Propose = Callable[..., Awaitable[httpx.Response]]
Decide = Callable[..., Awaitable[httpx.Response]]


async def appoint(conn: asyncpg.Connection, *, passkey: bool = True) -> UUID:
    """A new administrator, with a passkey if they can get in."""
    account = uuid4()
    await conn.execute("insert into identity.accounts (id) values ($1)", account)
    await conn.execute("insert into identity.roles (account_id, role) values ($1, 'administrator')", account)
    if passkey:
        await conn.execute(
            """insert into passkeys.credentials
                   (account_id, credential_id, public_key, sign_count, name, transports, backed_up, for_staff,
                    created_at)
               values ($1, $2, '', 0, 'x', '{}', false, true, now())""",
            account, secrets.token_bytes(16),
        )  # fmt: skip
    return account


async def roles_of(conn: asyncpg.Connection, account: UUID | str) -> set[str]:
    rows = await conn.fetch("select role from identity.roles where account_id = $1", UUID(str(account)))
    return {row[0] for row in rows}


@pytest.fixture
async def administrators(conn: asyncpg.Connection) -> list[UUID]:
    """Three, and nobody else."""
    await conn.execute("delete from identity.roles where role = 'administrator'")
    return [await appoint(conn) for _ in range(3)]


@pytest.fixture
async def staff(administrators: list[UUID], bearer: Bearer) -> list[dict[str, str]]:
    """The three administrators at their passkeys."""
    return [await bearer(each, audience="official", acr=3) for each in administrators]


@pytest.fixture
def propose(client: httpx.AsyncClient) -> Propose:
    async def ask(me: dict[str, str], **change: Any) -> httpx.Response:
        headers = {**me, "Idempotency-Key": str(uuid4())}
        return await client.post("/v1/staff/grant-proposals", headers=headers, json={**OFFICIAL, **change})

    return ask


@pytest.fixture
def about(client: httpx.AsyncClient) -> Propose:
    """Propose something about an account: `closing`, `reopening`, `enrolment`, or `roles/administrator/end`."""

    async def ask(me: dict[str, str], account: UUID | str, what: str) -> httpx.Response:
        headers = {**me, "Idempotency-Key": str(uuid4())}
        return await client.post(
            f"/v1/staff/accounts/{account}/{what}-proposals", headers=headers, json={"reason": "Cần"}
        )

    return ask


@pytest.fixture
def decide(client: httpx.AsyncClient) -> Decide:
    async def say(me: dict[str, str], proposal: str, decision: str = "approved") -> httpx.Response:
        return await client.post(f"/v1/staff/proposals/{proposal}/decision", headers=me, json={"decision": decision})

    return say
