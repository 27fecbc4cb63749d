"""What a phone that Firebase verified opens: what a code of ours would."""

import random
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from longan.api.edge import Edge
from longan.floor.access.tokens import Audience
from longan.rooms.firebase import store
from longan.rooms.firebase.models import Verified
from longan.rooms.firebase.outside import FirebaseAway, TokenRefused
from tests.conftest import Bearer, TestClock
from tests.devices import Device

TOKEN = "eyJhbGciOiJSUzI1NiJ9.{}.c2ln"


class Says:
    """A verifier that says what a test wants."""

    def __init__(self, answer: Verified | Exception) -> None:
        self.answer = answer

    async def verify(self, id_token: str) -> Verified:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def phone() -> str:
    return f"+8491{random.randrange(10**7):07d}"


@pytest.fixture
async def says(app: Edge, phone: str, now: datetime) -> AsyncIterator[Says]:
    before = app.app.state.firebase
    made = app.app.state.firebase = Says(Verified(phone, now))
    yield made
    app.app.state.firebase = before


async def enter(client: httpx.AsyncClient, audience: Audience = "app", **more: object) -> httpx.Response:
    body = {"id_token": TOKEN.format(uuid4().hex), "audience": audience}
    return await client.post("/v1/auth/firebase", json=body, **more)  # type: ignore[arg-type]


async def test_it_is_the_account_that_a_code_opens(
    client: httpx.AsyncClient, says: Says, conn: asyncpg.Connection, app: Edge, phone: str
) -> None:
    answer = await enter(client)

    account = UUID(answer.json()["account_id"])
    row = await conn.fetchrow("select phone_index, phone_cipher from identity.accounts where id = $1", account)
    assert row is not None and row["phone_index"] == app.app.state.phones.index(phone)
    assert app.app.state.phones.open(row["phone_cipher"], account) == phone
    assert await conn.fetchval("select amr from sessions.sessions where account_id = $1", account) == ["otp", "sms"]
    assert await conn.fetchval("select acr from sessions.sessions where account_id = $1", account) == 0


async def test_it_is_a_fresh_proof_of_the_same_account_alone(
    client: httpx.AsyncClient, says: Says, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    account = UUID((await enter(client)).json()["account_id"])

    await enter(client, headers=await bearer(account))
    await enter(client, headers=await bearer())

    reasons = await conn.fetch("select end_reason from sessions.sessions where ended_at is not null")
    assert [row["end_reason"] for row in reasons] == ["replaced"]


async def test_officials_do_not_come_in_this_way(
    client: httpx.AsyncClient, says: Says, conn: asyncpg.Connection
) -> None:
    account = UUID((await enter(client)).json()["account_id"])
    await conn.execute("update identity.roles set role = 'official' where account_id = $1", account)

    answer = await enter(client)

    assert answer.status_code == 403 and answer.json()["code"] == "passkey_required"


async def test_nobody_becomes_an_official_by_asking(client: httpx.AsyncClient, says: Says) -> None:
    assert (await enter(client, "official")).json()["code"] == "forbidden"


async def test_a_disabled_account_stays_closed(client: httpx.AsyncClient, says: Says, conn: asyncpg.Connection) -> None:
    account = UUID((await enter(client)).json()["account_id"])
    await conn.execute("update identity.accounts set disabled_at = now() where id = $1", account)

    assert (await enter(client)).json()["code"] == "account_disabled"


@pytest.mark.parametrize(("ago", "status"), [(0, 200), (299, 200), (361, 422), (-59, 200), (-120, 422)])
async def test_a_phone_must_have_been_shown_just_now(
    client: httpx.AsyncClient, says: Says, phone: str, now: datetime, ago: int, status: int
) -> None:
    says.answer = Verified(phone, now - timedelta(seconds=ago))

    assert (await enter(client)).status_code == status


async def test_a_token_is_good_once_and_a_refused_one_is_not_spent(
    client: httpx.AsyncClient, says: Says, conn: asyncpg.Connection, phone: str, now: datetime
) -> None:
    body = {"id_token": TOKEN.format("e30")}
    says.answer = FirebaseAway(7)
    away = await client.post("/v1/auth/firebase", json=body)
    says.answer = Verified(phone, now)
    first = await client.post("/v1/auth/firebase", json=body)
    again = await client.post("/v1/auth/firebase", json={"id_token": body["id_token"][:-1] + "h"})

    assert (away.status_code, away.headers["retry-after"]) == (503, "7")
    assert (first.status_code, again.status_code) == (200, 422)


async def test_where_no_project_is_set_it_is_not_offered(client: httpx.AsyncClient, app: Edge) -> None:
    assert app.app.state.firebase is None

    answer = await enter(client)

    assert answer.status_code == 404 and answer.json()["code"] == "way_in_not_offered"


@pytest.mark.parametrize("token", ["", "a.b", "a.b.c.d" * 5, "a" * 30, "ü" * 30 + ".b.c", "a" * 5000 + ".b.c", 7, None])
async def test_what_is_no_token_is_not_asked_about(client: httpx.AsyncClient, says: Says, token: object) -> None:
    says.answer = TokenRefused()

    assert (await client.post("/v1/auth/firebase", json={"id_token": token})).status_code == 400


async def test_spent_tokens_are_forgotten_when_they_are_over(
    client: httpx.AsyncClient, says: Says, conn: asyncpg.Connection, clock: TestClock
) -> None:
    await enter(client)

    await store.prune(conn, clock() - timedelta(hours=2))  # type: ignore[arg-type]
    assert await conn.fetchval("select count(*) from firebase.spent_tokens") == 1
    await store.prune(conn, clock() + timedelta(seconds=1))  # type: ignore[arg-type]
    assert await conn.fetchval("select count(*) from firebase.spent_tokens") == 0


async def test_a_key_binds_the_session(
    client: httpx.AsyncClient, says: Says, app: Edge, conn: asyncpg.Connection
) -> None:
    device = Device.of(app)

    answer = await enter(client, headers=device.headers("POST", "/v1/auth/firebase"))

    assert answer.json()["token_type"] == "DPoP"
    assert await conn.fetchval("select key_thumbprint from sessions.sessions where ended_at is null") == (
        device.thumbprint
    )
