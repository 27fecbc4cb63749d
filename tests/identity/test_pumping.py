"""Who is paid for our messages, and who guesses everywhere a little (SECURITY A6)."""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest
import redis.asyncio

from longan.api.app import create_app
from longan.api.edge import Edge
from longan.floor.accounts.desk import FAILURES
from longan.floor.setup.settings import Settings
from longan.rooms.identity import domain

At = Callable[..., httpx.AsyncClient]
Deliver = Callable[[], Awaitable[int]]

PROXY = "192.0.2.1"


@pytest.fixture
async def behind_a_proxy(
    app: Edge, settings: Settings, valkey: redis.asyncio.Redis, clock: Any, at: At
) -> AsyncIterator[httpx.AsyncClient]:
    """A client that our proxy passes on: its X-Forwarded-For is believed."""
    told = msgspec.structs.replace(settings, trusted_proxies=PROXY)
    async with at(create_app(told, pool=app.app.state.pool, valkey=valkey, clock=clock), PROXY) as client:
        yield client


async def sends(client: httpx.AsyncClient, count: int) -> Counter[int]:
    """As many requests for numbers in a row, from fifty addresses in turn."""
    return Counter([
        (
            await client.post(
                "/v1/auth/otp", json={"phone": f"+8491234{number:04d}"},
                headers={"X-Forwarded-For": f"198.51.100.{number % 50}"},
            )
        ).status_code
        for number in range(count)
    ])  # fmt: skip


async def to_block(
    behind_a_proxy: httpx.AsyncClient, count: int, deliver: Deliver, gateway: Any, conn: asyncpg.Connection
) -> None:
    seen = await sends(behind_a_proxy, count)
    await deliver()
    elsewhere = await behind_a_proxy.post(
        "/v1/auth/otp", json={"phone": "+84382000000"}, headers={"X-Forwarded-For": "203.0.113.77"}
    )

    assert (seen[202], seen.keys() <= {202, 429}) == (20, True)
    assert len(await gateway.sent()) == 20
    assert elsewhere.status_code == 202


async def test_sends_to_numbers_in_a_row_from_fifty_addresses_stay_within_the_budget(
    behind_a_proxy: httpx.AsyncClient, deliver: Deliver, gateway: Any, conn: asyncpg.Connection
) -> None:
    await to_block(behind_a_proxy, 120, deliver, gateway, conn)


@pytest.mark.long
async def test_a_thousand_sends_to_numbers_in_a_row_stay_within_the_budget(
    behind_a_proxy: httpx.AsyncClient, deliver: Deliver, gateway: Any, conn: asyncpg.Connection
) -> None:
    await to_block(behind_a_proxy, 1_000, deliver, gateway, conn)


async def test_addresses_that_a_stranger_claims_are_not_believed(app: Edge, at: At) -> None:
    async with at(app, "203.0.113.9") as client:
        seen = Counter([
            (
                await client.post(
                    "/v1/auth/otp", json={"phone": f"+8491{number:02d}34567"},
                    headers={"X-Forwarded-For": f"198.51.100.{number}", "Forwarded": f"for=198.51.100.{number}"},
                )
            ).status_code
            for number in range(15)
        ])  # fmt: skip

    assert seen == {202: 10, 429: 5}


async def test_codes_for_numbers_in_a_row_are_tried_sixty_times_in_ten_minutes(
    app: Edge, at: At, conn: asyncpg.Connection
) -> None:
    seen: Counter[int] = Counter()
    for number in range(16):
        async with at(app) as client:
            asked = await client.post("/v1/auth/otp", json={"phone": f"+8491234{number:04d}"})
            entry = {"challenge_id": asked.json()["challenge_id"], "code": "000000"}
            for _ in range(4):
                seen[(await client.post("/v1/auth/otp/verify", json=entry)).status_code] += 1

    assert seen == {422: 60, 429: 4}


async def test_a_wrong_code_counts_for_the_whole_service_and_a_right_one_does_not(
    client: httpx.AsyncClient, ask: Any, enter: Any, deliver: Deliver, gateway: Any, phone: str,
    conn: asyncpg.Connection,
) -> None:  # fmt: skip
    challenge = await ask(phone)
    await deliver()
    code = await gateway.latest(phone)

    await enter(challenge, f"{(int(code) + 1) % 10**6:06d}")
    await enter(challenge, code)

    assert await conn.fetchval("select sum(codes) from identity.wrong_codes") == 1


async def test_too_many_wrong_codes_anywhere_do_not_shut_out_a_session_that_is_going_on(
    client: httpx.AsyncClient, ask: Any, deliver: Deliver, gateway: Any, phone: str, conn: asyncpg.Connection,
    clock: Any, valkey: redis.asyncio.Redis,
) -> None:  # fmt: skip
    async def entry() -> dict[str, str]:
        await valkey.flushdb()
        challenge = await ask(phone)
        await deliver()
        return {"challenge_id": challenge, "code": await gateway.latest(phone)}

    first = await client.post("/v1/auth/otp/verify", json=await entry())
    held = {"Authorization": f"Bearer {first.json()['access_token']}"}
    await conn.execute(
        "insert into identity.wrong_codes (minute, codes) values (date_trunc('minute', $1::timestamptz), $2)",
        clock(), FAILURES,
    )  # fmt: skip
    made = await entry()

    stranger = await client.post("/v1/auth/otp/verify", json=made)
    owner = await client.post("/v1/auth/otp/verify", json=made, headers=held)

    assert (stranger.status_code, owner.status_code) == (429, 200)


@pytest.mark.parametrize(("used", "well"), [(0, False), (29, False), (30, True), (100, True)])
async def test_codes_that_hardly_anybody_uses_ring_an_alarm(
    conn: asyncpg.Connection, app: Edge, clock: Any, used: int, well: bool, caplog: pytest.LogCaptureFixture
) -> None:
    await conn.execute(
        """insert into identity.challenges (purpose, audience, phone_index, phone_cipher, nonce, code_key, locale,
                                            created_at, expires_at, sent_at, used_at)
           select 'sign_in', 'app', '', '', '', '1', 'vi', $1, $1::timestamptz + interval '3 minutes', $1,
                  case when n <= $2 then $1::timestamptz end
             from generate_series(1, 100) n""",
        clock() - timedelta(minutes=30), used,
    )  # fmt: skip

    assert await domain.watch(app.app.state.pool, clock()) is well
    assert ("pumping" in caplog.text) is not well
