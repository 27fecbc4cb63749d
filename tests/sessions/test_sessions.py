"""A session's life: refreshed, reused, idle, over, ended."""

from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import jwt
import pytest

from longan.devkit.sample.personas import PERSONAS
from longan.floor.access.tokens import TYPE
from tests.sessions.conftest import Refresh, SignedIn, held

ADMINISTRATOR = next(persona.phone for persona in PERSONAS if persona.role == "administrator")


async def test_a_refresh_brings_the_next_pair_of_the_same_session(
    client: httpx.AsyncClient, signed_in: SignedIn, refresh: Refresh
) -> None:
    first = await signed_in()

    answer = await refresh(first["refresh_token"])

    second = answer.json()
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert second.keys() == first.keys()
    assert (second["account_id"], second["new_account"]) == (first["account_id"], False)
    assert second["refresh_token"] != first["refresh_token"]
    assert len(second["refresh_token"]) >= 43  # 256 bits in base64url
    sessions = {
        jwt.decode(pair["access_token"], options={"verify_signature": False})["sid"] for pair in (first, second)
    }
    assert len(sessions) == 1
    assert (await client.get("/v1/me", headers=held(second))).status_code == 200


@pytest.mark.parametrize(
    ("phone", "idle", "absolute", "steps"),
    [
        ("+84900000001", timedelta(days=30), timedelta(days=180), 7),
        ("+84900000011", timedelta(days=30), timedelta(days=180), 7),
        ("+84900000021", timedelta(minutes=15), timedelta(hours=12), 50),
        (ADMINISTRATOR, timedelta(minutes=5), timedelta(hours=12), 150),
    ],
)
async def test_a_session_ends_when_it_is_not_used_and_when_its_time_has_come(
    signed_in: SignedIn, refresh: Refresh, clock: Any, phone: str, idle: timedelta, absolute: timedelta, steps: int
) -> None:
    unused, used = await signed_in(phone), (await signed_in(phone))["refresh_token"]
    nearly = idle - timedelta(seconds=5)
    begun = clock.ahead

    seen = []
    for _ in range(steps):
        clock.shift(nearly)
        answer = await refresh(used)
        seen.append((answer.status_code, clock.ahead - begun < absolute))
        if answer.status_code == 200:
            used = answer.json()["refresh_token"]

    assert all((status == 200) is within for status, within in seen)
    assert {status for status, _ in seen} == {200, 401}
    clock.shift(-(clock.ahead - begun) + idle + timedelta(seconds=5))
    assert (await refresh(unused["refresh_token"])).status_code == 401


async def test_the_access_token_ends_after_five_minutes(
    client: httpx.AsyncClient, signed_in: SignedIn, clock: Any
) -> None:
    session = await signed_in()
    clock.shift(timedelta(minutes=5, seconds=31))

    late = await client.get("/v1/me", headers=held(session))

    assert late.status_code == 401


async def test_a_disabled_account_cannot_refresh(
    signed_in: SignedIn, refresh: Refresh, conn: asyncpg.Connection
) -> None:
    session = await signed_in()
    await conn.execute("update identity.accounts set disabled_at = created_at")

    assert (await refresh(session["refresh_token"])).status_code == 401


@pytest.mark.parametrize("token", ["A" * 43, "x" * 20])
async def test_a_token_nobody_was_given_refreshes_nothing(refresh: Refresh, token: str) -> None:
    answer = await refresh(token)

    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"refresh_token": ""},
        {"refresh_token": 7},
        {"refresh_token": "a" * 129},
        {"refresh_token": "é" * 43},
        {"refresh_token": "A" * 43, "account_id": "x"},
    ],
)
async def test_what_is_no_refresh_token_names_the_field(client: httpx.AsyncClient, body: dict[str, Any]) -> None:
    answer = await client.post("/v1/auth/refresh", json=body)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] in ("/refresh_token", "/account_id")


async def test_one_kind_of_token_is_not_taken_for_the_other(
    client: httpx.AsyncClient, signed_in: SignedIn, refresh: Refresh
) -> None:
    session = await signed_in()

    as_access = await client.get("/v1/me", headers={"Authorization": f"Bearer {session['refresh_token']}"})
    as_refresh = await refresh(session["access_token"])

    assert as_access.status_code == 401
    assert as_refresh.status_code in (400, 401)


async def test_signing_out_by_access_token_ends_the_session_at_once(
    client: httpx.AsyncClient, signed_in: SignedIn, refresh: Refresh, conn: asyncpg.Connection
) -> None:
    session = await signed_in()
    assert (await client.get("/v1/me", headers=held(session))).status_code == 200

    ended = await client.post("/v1/auth/logout", headers=held(session))

    assert (ended.status_code, ended.content) == (204, b"")
    assert (await client.get("/v1/me", headers=held(session))).status_code == 401
    assert (await refresh(session["refresh_token"])).status_code == 401
    assert await conn.fetchval("select end_reason from sessions.sessions") == "signed_out"


@pytest.mark.parametrize("with_access", [False, True])
async def test_signing_out_by_refresh_token_ends_its_session(
    client: httpx.AsyncClient, signed_in: SignedIn, with_access: bool
) -> None:
    session, other = await signed_in(), await signed_in()
    headers = held(other) if with_access else {}

    ended = await client.post("/v1/auth/logout", json={"refresh_token": session["refresh_token"]}, headers=headers)

    assert ended.status_code == 204
    assert (await client.get("/v1/me", headers=held(session))).status_code == 401
    assert (await client.get("/v1/me", headers=held(other))).status_code == (401 if with_access else 200)


@pytest.mark.parametrize("body", [None, {}, {"refresh_token": "A" * 43}])
async def test_signing_out_takes_a_token(client: httpx.AsyncClient, body: dict[str, str] | None) -> None:
    answer = await (client.post("/v1/auth/logout") if body is None else client.post("/v1/auth/logout", json=body))

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="longan"'


async def test_the_public_keys_verify_a_token_and_hold_nothing_private(
    client: httpx.AsyncClient, signed_in: SignedIn
) -> None:
    access = (await signed_in())["access_token"]

    keys = await client.get("/.well-known/jwks.json")

    assert keys.headers["Cache-Control"] == "public, max-age=300"
    assert all(key.keys() == {"kty", "crv", "x", "y", "kid", "use", "alg"} for key in keys.json()["keys"])
    assert {key["kid"].split("-")[0] for key in keys.json()["keys"]} == {"app", "official"}
    header = jwt.get_unverified_header(access)
    (mine,) = [key for key in keys.json()["keys"] if key["kid"] == header["kid"]]
    claims = jwt.decode(access, jwt.PyJWK(mine), ["ES256"], audience="app")
    assert header["typ"] == TYPE
    assert claims["exp"] - claims["iat"] == 300
