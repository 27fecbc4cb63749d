"""An official's passkey, by a ticket of an administrator."""

import secrets
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import jwt
import pytest

from longan.api.edge import Edge
from longan.crypto import digest
from tests.conftest import TestClock, new_account
from tests.devices import Device
from tests.passkeys.authenticator import Authenticator
from tests.passkeys.conftest import SIGN_IN, signed_in

TICKETS, ENROL = "/v1/auth/passkey-enrolments/challenges", "/v1/auth/passkey-enrolments"


async def ticket_for(conn: Any, account: UUID, clock: TestClock) -> str:
    """What an administrator hands over."""
    ticket = secrets.token_urlsafe(32)
    await conn.execute(
        "insert into staff.enrolments (digest, account_id, expires_at) values ($1, $2, $3)",
        digest(ticket), account, clock() + timedelta(hours=1),
    )  # fmt: skip
    return ticket


async def enrol(client: httpx.AsyncClient, ticket: str, credential: dict[str, Any]) -> httpx.Response:
    body = {"ticket": ticket, "name": "Khoá của cơ quan", "credential": credential}
    return await client.post(ENROL, json=body, headers={"Idempotency-Key": str(uuid4())})


async def options_for(client: httpx.AsyncClient, ticket: str) -> dict[str, Any]:
    answer = await client.post(TICKETS, json={"ticket": ticket})
    assert answer.status_code == 200, answer.text
    options: dict[str, Any] = answer.json()
    return options


@pytest.fixture
async def official(conn: asyncpg.Connection, app: Edge) -> UUID:
    return await new_account(conn, app, role="official")


@pytest.fixture
async def ticket(conn: asyncpg.Connection, official: UUID, clock: TestClock) -> str:
    return await ticket_for(conn, official, clock)


async def test_an_official_enrols_with_a_ticket_and_signs_in_at_level_three(
    client: httpx.AsyncClient, app: Edge, official: UUID, ticket: str, phone: Authenticator
) -> None:
    made = await enrol(client, ticket, phone.create(await options_for(client, ticket)))

    session = await signed_in(client, phone, Device.of(app).headers("POST", SIGN_IN))

    claims = jwt.decode(session["access_token"], options={"verify_signature": False})
    assert made.status_code == 201
    assert session["account_id"] == str(official)
    assert (claims["acr"], claims["aud"], session["token_type"]) == ("3", "official", "DPoP")


async def test_a_ticket_is_one_passkey(client: httpx.AsyncClient, ticket: str) -> None:
    first, second = await options_for(client, ticket), await options_for(client, ticket)

    answers = [
        await enrol(client, ticket, Authenticator().create(options)) for options in (first, second, first)
    ]  # fmt: skip
    begin = await client.post(TICKETS, json={"ticket": ticket})

    assert [answer.status_code for answer in answers] == [201, 410, 410]
    assert answers[1].json()["code"] == "enrolment_over"
    assert (begin.status_code, begin.json()["code"]) == (410, "enrolment_over")


async def test_a_ticket_that_is_over_or_none_is_refused(
    client: httpx.AsyncClient, ticket: str, conn: asyncpg.Connection, official: UUID, clock: TestClock
) -> None:
    withdrawn = await ticket_for(conn, official, clock)
    await conn.execute("update staff.enrolments set used_at = $2 where digest = $1", digest(withdrawn), clock())
    unknown = secrets.token_urlsafe(32)
    now = [await client.post(TICKETS, json={"ticket": each}) for each in (withdrawn, unknown)]
    clock.shift(timedelta(hours=1, seconds=1))
    late = await client.post(TICKETS, json={"ticket": ticket})

    assert [(each.status_code, each.json()["code"]) for each in (*now, late)] == [(410, "enrolment_over")] * 3


async def test_a_challenge_belongs_to_its_ticket(
    client: httpx.AsyncClient, ticket: str, conn: asyncpg.Connection, app: Edge, official: UUID, clock: TestClock
) -> None:
    others = [await ticket_for(conn, each, clock) for each in (official, await new_account(conn, app, role="official"))]
    options = await options_for(client, ticket)

    answers = [await enrol(client, other, Authenticator().create(options)) for other in others]

    assert [(each.status_code, each.json()["code"]) for each in answers] == [(410, "passkey_challenge_over")] * 2


async def test_a_ticket_of_a_disabled_account_opens_nothing(
    client: httpx.AsyncClient, ticket: str, conn: asyncpg.Connection, official: UUID, phone: Authenticator
) -> None:
    options = await options_for(client, ticket)
    await conn.execute("update identity.accounts set disabled_at = created_at where id = $1", official)

    answers = [await client.post(TICKETS, json={"ticket": ticket}), await enrol(client, ticket, phone.create(options))]

    assert [(each.status_code, each.json()["code"]) for each in answers] == [(403, "account_disabled")] * 2
