"""What a code is good for: one challenge, one purpose, one phone, one device, once (SECURITY A1, A2)."""

import secrets
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
import redis.asyncio
from hypothesis import given
from hypothesis import strategies as st

from longan.api.edge import Edge
from longan.floor.accounts.codes import Challenge, code_of
from tests.conftest import Bearer
from tests.devices import Device

Ask = Callable[..., Awaitable[str]]
Enter = Callable[..., Awaitable[httpx.Response]]
Deliver = Callable[[], Awaitable[int]]

RING = {"1": secrets.token_bytes(32), "2": secrets.token_bytes(32)}


def challenge(**other: Any) -> Challenge:
    made: dict[str, Any] = {
        "id": uuid4(), "purpose": "sign_in", "audience": "app", "phone_index": b"p" * 32, "phone_cipher": b"",
        "nonce": secrets.token_bytes(16), "code_key": "1", "locale": "vi",
    }  # fmt: skip
    return Challenge(**(made | other))


def test_ten_thousand_codes_are_spread_evenly_and_keep_their_leading_zeros() -> None:
    """99.99 % of even draws stay below 33.7 with 9 degrees of freedom."""
    codes = [code_of(RING, challenge()) for _ in range(10_000)]

    assert all(len(code) == 6 and code.isascii() and code.isdigit() for code in codes)
    for place in range(6):
        counts = Counter(code[place] for code in codes)
        assert sum((counts[digit] - 1_000) ** 2 / 1_000 for digit in "0123456789") < 33.7, place
    assert 700 < sum(code[0] == "0" for code in codes) < 1_300


@given(
    st.sampled_from(["id", "purpose", "phone_index", "about_index", "nonce", "code_key", "key_thumbprint"]),
    st.integers(0, 2**64),
)
def test_whatever_a_challenge_is_bound_to_makes_another_code(field: str, seed: int) -> None:
    """Two codes agree by chance once in a million: of two that differ in one thing, so do the other two."""
    other = {
        "id": UUID(int=seed), "purpose": "recover", "phone_index": b"q" * 32, "about_index": seed.to_bytes(32),
        "nonce": seed.to_bytes(16), "code_key": "2", "key_thumbprint": f"{seed:043d}",
    }[field]  # fmt: skip
    first, second = challenge(), challenge()

    changed = [challenge(**{name: getattr(each, name) for name in ("id", "nonce")} | {field: other})
               for each in (first, second)]  # fmt: skip

    assert [code_of(RING, each) for each in changed] != [code_of(RING, first), code_of(RING, second)]


async def code_to(ask: Ask, deliver: Deliver, gateway: Any, phone: str, **more: Any) -> tuple[str, str]:
    made = await ask(phone, **more)
    await deliver()
    return made, await gateway.latest(phone)


async def test_a_code_to_sign_in_does_not_change_a_phone(
    client: httpx.AsyncClient, ask: Ask, deliver: Deliver, gateway: Any, phone: str, bearer: Bearer
) -> None:
    made, code = await code_to(ask, deliver, gateway, phone)

    refused = await client.post(
        "/v1/me/phone/verify", json={"challenge_id": made, "code": code}, headers=await bearer()
    )

    assert (refused.status_code, refused.json()["code"]) == (410, "otp_expired")


async def test_a_code_to_change_a_phone_neither_signs_in_nor_recovers(
    client: httpx.AsyncClient, deliver: Deliver, gateway: Any, phone: str, bearer: Bearer, conn: asyncpg.Connection
) -> None:
    asked = await client.post("/v1/me/phone", json={"phone": phone}, headers=await bearer())
    await deliver()
    entry = {"challenge_id": asked.json()["challenge_id"], "code": await gateway.latest(phone)}

    refused = [
        await client.post(path, json=entry)
        for path in ("/v1/auth/otp/verify", "/v1/auth/recovery/verify")
    ]  # fmt: skip

    assert {(answer.status_code, answer.json()["code"]) for answer in refused} == {(410, "otp_expired")}
    assert await conn.fetchval("select tries from identity.challenges") == 0


async def test_a_code_to_recover_does_not_sign_in(
    client: httpx.AsyncClient, deliver: Deliver, gateway: Any, phone: str, enter: Enter
) -> None:
    asked = await client.post("/v1/auth/recovery", json={"lost_phone": "0900000001", "new_phone": phone})
    await deliver()

    refused = await enter(asked.json()["challenge_id"], await gateway.latest(phone))

    assert (refused.status_code, refused.json()["code"]) == (410, "otp_expired")


async def test_what_one_account_asked_for_changes_no_other(
    client: httpx.AsyncClient, deliver: Deliver, gateway: Any, phone: str, bearer: Bearer
) -> None:
    asked = await client.post("/v1/me/phone", json={"phone": phone}, headers=await bearer())
    await deliver()
    entry = {"challenge_id": asked.json()["challenge_id"], "code": await gateway.latest(phone)}

    refused = await client.post("/v1/me/phone/verify", json=entry, headers=await bearer())

    assert (refused.status_code, refused.json()["code"]) == (410, "otp_expired")


@pytest.mark.parametrize("bring", ["another key", "no key"])
async def test_a_code_asked_for_with_the_key_of_a_device_is_good_beside_that_key_alone(
    app: Edge, client: httpx.AsyncClient, deliver: Deliver, gateway: Any, phone: str, bring: str
) -> None:
    mine, other = Device.of(app), Device.of(app)
    asked = await client.post("/v1/auth/otp", json={"phone": phone}, headers=mine.headers("POST", "/v1/auth/otp"))
    await deliver()
    entry = {"challenge_id": asked.json()["challenge_id"], "code": await gateway.latest(phone)}
    path = "/v1/auth/otp/verify"

    refused = await client.post(path, json=entry, headers=other.headers("POST", path) if bring == "another key" else {})
    entered = await client.post(path, json=entry, headers=mine.headers("POST", path))

    assert (refused.status_code, refused.json()["code"]) == (422, "otp_invalid")
    assert (entered.status_code, entered.json()["token_type"]) == (200, "DPoP")


async def test_a_session_by_code_is_bound_to_the_key_that_came_with_it(
    app: Edge, client: httpx.AsyncClient, ask: Ask, deliver: Deliver, gateway: Any, phone: str, conn: asyncpg.Connection
) -> None:
    device, path = Device.of(app), "/v1/auth/otp/verify"
    made, code = await code_to(ask, deliver, gateway, phone)

    await client.post(path, json={"challenge_id": made, "code": code}, headers=device.headers("POST", path))

    assert await conn.fetchval("select key_thumbprint from sessions.sessions") == device.thumbprint


async def test_a_code_typed_in_with_the_accounts_own_token_is_a_fresh_proof(
    client: httpx.AsyncClient, ask: Ask, deliver: Deliver, gateway: Any, phone: str, conn: asyncpg.Connection,
    valkey: redis.asyncio.Redis,
) -> None:  # fmt: skip
    made, code = await code_to(ask, deliver, gateway, phone)
    first = (await client.post("/v1/auth/otp/verify", json={"challenge_id": made, "code": code})).json()
    await valkey.flushdb()
    held = {"Authorization": f"Bearer {first['access_token']}"}
    made, code = await code_to(ask, deliver, gateway, phone)

    again = await client.post("/v1/auth/otp/verify", json={"challenge_id": made, "code": code}, headers=held)

    assert again.json()["account_id"] == first["account_id"]
    assert (await client.get("/v1/me", headers=held)).status_code == 401
    assert [row[0] for row in await conn.fetch("select end_reason from sessions.sessions order by id")] == [
        "replaced", None,
    ]  # fmt: skip


async def test_the_token_of_another_account_is_neither_replaced_nor_merged(
    client: httpx.AsyncClient, ask: Ask, deliver: Deliver, gateway: Any, phone: str, bearer: Bearer
) -> None:
    other = await bearer()
    made, code = await code_to(ask, deliver, gateway, phone)

    entered = await client.post("/v1/auth/otp/verify", json={"challenge_id": made, "code": code}, headers=other)

    me = await client.get("/v1/me", headers=other)
    assert (entered.status_code, me.status_code) == (200, 200)
    assert entered.json()["account_id"] != me.json()["id"]


async def test_a_code_is_used_up_even_when_it_opens_nothing(
    ask: Ask, enter: Enter, deliver: Deliver, gateway: Any, phone: str, conn: asyncpg.Connection,
    valkey: redis.asyncio.Redis,
) -> None:  # fmt: skip
    made, code = await code_to(ask, deliver, gateway, phone)
    account = (await enter(made, code)).json()["account_id"]
    await conn.execute("update identity.accounts set disabled_at = created_at where id = $1::text::uuid", account)
    await valkey.flushdb()
    made, code = await code_to(ask, deliver, gateway, phone)

    answers = [await enter(made, code) for _ in range(2)]

    assert [answer.json()["code"] for answer in answers] == ["account_disabled", "otp_expired"]
