"""An employer with an owner, and people with phones."""

import random
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from longan.api.edge import Edge
from longan.floor.access.memberships import MemberRole, add
from tests.conftest import Bearer, new_account
from tests.employers.conftest import context, work
from tests.jobs.hiring import OWNER, employer_of

__all__ = ["context", "work"]

Invite = Callable[..., Awaitable[httpx.Response]]
Join = Callable[..., Awaitable[UUID]]


@pytest.fixture
async def employer(conn: asyncpg.Connection) -> UUID:
    """The verified one; its only member is OWNER."""
    return await employer_of(conn, OWNER)


@pytest.fixture
def invite(client: httpx.AsyncClient, bearer: Bearer, employer: UUID) -> Invite:
    """The owner asks a phone number."""

    async def post(phone: str, role: str = "recruiter", who: UUID = OWNER, to: UUID = employer) -> httpx.Response:
        return await client.post(
            f"/v1/employers/{to}/invitations", json={"phone": phone, "role": role}, headers=await bearer(who)
        )

    return post


@pytest.fixture
def join(conn: asyncpg.Connection, app: Edge, employer: UUID, now: datetime) -> Join:
    """A new account that is a member."""

    async def make(role: MemberRole = "recruiter", account: UUID | None = None) -> UUID:
        account = account or await person(conn, app)
        await add(conn, employer, account, role, now)
        return account

    return make


async def person(conn: asyncpg.Connection, app: Edge) -> UUID:
    """A new account with a number that a network has given."""
    account, phones = await new_account(conn, app), app.app.state.phones
    phone = f"+8498{random.randrange(10**7):07d}"
    await conn.execute(
        "update identity.accounts set phone_index = $2, phone_cipher = $3 where id = $1",
        account, phones.index(phone), phones.seal(phone, account),
    )  # fmt: skip
    return account


async def phone_of(conn: asyncpg.Connection, app: Edge, account: UUID) -> str:
    """The number of an account, in E.164."""
    cipher = await conn.fetchval("select phone_cipher from identity.accounts where id = $1", account)
    number: str = app.app.state.phones.open(cipher, account)
    return number


async def member_id(conn: asyncpg.Connection, employer: UUID, account: UUID) -> UUID:
    found: UUID = await conn.fetchval(
        "select id from members.members where employer_id = $1 and account_id = $2", employer, account
    )
    return found


async def mine(client: httpx.AsyncClient, bearer: Bearer, account: UUID) -> list[dict[str, Any]]:
    """The invitations that somebody finds."""
    found: list[dict[str, Any]] = (await client.get("/v1/me/invitations", headers=await bearer(account))).json()[
        "items"
    ]
    return found


async def answer(
    client: httpx.AsyncClient, bearer: Bearer, account: UUID, invitation: object, what: str = "accept"
) -> httpx.Response:
    return await client.post(f"/v1/me/invitations/{invitation}/{what}", headers=await bearer(account))


async def other_employer(conn: asyncpg.Connection, owner: UUID, status: str = "unverified") -> UUID:
    """One more employer, of somebody else."""
    made: UUID = await conn.fetchval(
        """insert into employers.employers (tax_code_index, tax_code, name, ward_version, ward_code, status)
           select $1, '0100112437', 'Công ty TNHH Lừa Đảo', e.ward_version, e.ward_code, $2
             from employers.employers e limit 1 returning id""",
        uuid4().bytes, status,
    )  # fmt: skip
    await conn.execute(
        "insert into members.members (employer_id, account_id, role) values ($1, $2, 'owner')", made, owner
    )
    return made
