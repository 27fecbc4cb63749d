"""How often a code may be asked for and tried, and what happens when nobody can count."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import asyncpg
import httpx
import pytest
import redis.asyncio

from longan.api.edge import Edge
from longan.floor.requests.limits import Limiter, Strict

At = Callable[..., httpx.AsyncClient]


async def send(app: Edge, at: At, phone: str, address: str | None = None) -> httpx.Response:
    async with at(app, address) as client:
        return await client.post("/v1/auth/otp", json={"phone": phone})


async def forget(valkey: redis.asyncio.Redis, window: int) -> None:
    """Let the windows of `window` seconds go by."""
    async for key in valkey.scan_iter(f"otp:*:{window}"):
        await valkey.delete(key)


async def test_a_phone_gets_one_code_a_minute_three_an_hour_five_a_day(
    app: Edge, at: At, phone: str, valkey: redis.asyncio.Redis
) -> None:
    local = "0" + phone.removeprefix("+84")
    spellings = [phone, local, f"84{phone[3:]}", f"0084{phone[3:]}", f"{local[:4]} {local[4:7]}.{local[7:]}"]
    statuses = []
    for number, spelling in enumerate([*spellings, phone]):
        statuses.append((await send(app, at, spelling)).status_code)
        statuses.append((await send(app, at, spelling)).status_code)
        await forget(valkey, 60)
        if number == 2:
            statuses.append((await send(app, at, spelling)).status_code)
            await forget(valkey, 3600)

    assert statuses == [202, 429, 202, 429, 202, 429, 429, 202, 429, 202, 429, 429, 429]


async def test_a_refusal_says_when_to_come_back(app: Edge, at: At, phone: str) -> None:
    await send(app, at, phone)

    refused = await send(app, at, phone)

    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
    assert 0 < int(refused.headers["Retry-After"]) <= 60


async def test_an_address_gets_ten_codes_an_hour(app: Edge, at: At) -> None:
    sent = [await send(app, at, f"+849{number}1234567", "203.0.113.9") for number in (1, 3, 4, 6, 7, 8)]
    more = [await send(app, at, f"+843{number}1234567", "203.0.113.9") for number in (2, 3, 4, 5, 6)]

    assert [answer.status_code for answer in sent + more] == [202] * 10 + [429]


async def test_numbers_in_a_row_share_twenty_codes_in_ten_minutes(app: Edge, at: At, phone: str) -> None:
    block = phone[:-4]

    answers = [await send(app, at, f"{block}{number:04d}") for number in range(21)]
    elsewhere = await send(app, at, "+84382000000")

    assert [answer.status_code for answer in answers] == [202] * 20 + [429]
    assert elsewhere.status_code == 202


async def test_a_phone_is_tried_fifteen_times_a_day_however_many_codes_it_got(
    app: Edge, at: At, phone: str, conn: asyncpg.Connection
) -> None:
    challenge = (await send(app, at, phone)).json()["challenge_id"]
    await conn.execute("update identity.challenges set tries = -100")

    statuses = []
    for _ in range(16):
        await conn.execute("delete from identity.code_failures")
        async with at(app) as client:
            entry = {"challenge_id": challenge, "code": "999999"}
            statuses.append((await client.post("/v1/auth/otp/verify", json=entry)).status_code)

    assert statuses == [422] * 15 + [429]


async def test_valkey_never_learns_a_number(app: Edge, at: At, phone: str, valkey: redis.asyncio.Redis) -> None:
    await send(app, at, phone)

    keys = [key.decode() async for key in valkey.scan_iter("*")]

    assert any(key.startswith("otp:send:") for key in keys)
    assert not [key for key in keys if phone[3:-4] in key]


async def test_the_addresses_of_one_home_share_its_ten_codes_an_hour(app: Edge, at: At) -> None:
    sent = [await send(app, at, f"+849{number}1234567", f"2001:db8:1:2::{number}") for number in (1, 3, 4, 6, 7)]
    sent += [await send(app, at, f"+843{number}1234567", f"2001:db8:1:2:{number}::") for number in (2, 3, 4, 5, 6)]
    more = await send(app, at, "+84371234567", "2001:db8:1:2:ffff::")
    neighbour = await send(app, at, "+84371234567", "2001:db8:1:3::1")

    assert [answer.status_code for answer in (*sent, more, neighbour)] == [202] * 10 + [429, 202]


@pytest.fixture
async def cut(app: Edge) -> AsyncIterator[Callable[[], None]]:
    """From the call on, Valkey does not answer."""
    state = app.app.state
    strict, limiter = state.strict, state.limiter
    nowhere = redis.asyncio.from_url("unix:///nonexistent/valkey.sock")

    def away() -> None:
        state.strict, state.limiter = Strict(nowhere), Limiter(nowhere)

    yield away
    state.strict, state.limiter = strict, limiter
    await nowhere.aclose()


async def test_without_valkey_codes_are_neither_sent_nor_tried_and_sessions_go_on(
    client: httpx.AsyncClient, signed_in: Callable[..., Awaitable[dict[str, Any]]], phone: str,
    conn: asyncpg.Connection, cut: Callable[[], None], ask: Callable[..., Awaitable[str]],
) -> None:  # fmt: skip
    session = await signed_in()
    challenge = await ask("+84900000002")
    cut()

    asked = await client.post("/v1/auth/otp", json={"phone": phone})
    persona = await client.post("/v1/auth/otp", json={"phone": "+84900000002"})
    entered = await client.post("/v1/auth/otp/verify", json={"challenge_id": challenge, "code": "000000"})
    refreshed = await client.post("/v1/auth/refresh", json={"refresh_token": session["refresh_token"]})
    me = await client.get("/v1/me", headers={"Authorization": f"Bearer {refreshed.json()['access_token']}"})

    for refused in (asked, persona, entered):
        assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
        assert refused.headers["Retry-After"] == "30"
    assert (refreshed.status_code, me.status_code) == (200, 200)
    assert await conn.fetchval("select tries from identity.challenges where id = $1::text::uuid", challenge) == 0
