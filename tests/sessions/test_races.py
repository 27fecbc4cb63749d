"""Many who come with one refresh token at the same time leave one lineage (SECURITY T10)."""

import asyncio
from collections import Counter
from typing import Any

import httpx
import msgspec
import pytest

from longan.api.edge import Edge
from longan.floor.access.entrance import MOST, Entering
from longan.floor.requests.limits import Limiter, Strict
from longan.rooms.sessions import domain
from tests.conftest import client_of, new_account
from tests.devices import Device
from tests.sessions.conftest import held, signed_in_on

AT_ONCE = 50


@pytest.fixture
async def wide(real: Any) -> Any:
    """A real app whose windows are too wide to do the work of what is tested."""
    state = real.app.app.state
    state.strict = Strict(state.valkey, 10_000)
    real.app.limiter = state.limiter = Limiter(state.valkey, 10_000)
    return real


async def at_once(app: Edge, token: str, device: Device | None = None) -> list[httpx.Response]:
    path = "/v1/auth/refresh"
    async with client_of(app) as client:
        headers = [device.headers("POST", path) if device else None for _ in range(AT_ONCE)]
        return await asyncio.gather(
            *(client.post(path, json={"refresh_token": token}, headers=each) for each in headers)
        )


async def race(wide: Any, token: str, device: Device) -> str:
    """Fifty uses of one token by the device it is bound to; the one that follows it."""
    answers: list[httpx.Response] = []
    # The pool is smaller than the crowd, and who waits too long for a connection is told to come again.
    while not any(answer.status_code == 200 for answer in answers):
        answers = await at_once(wide.app, token, device)
        seen = Counter(answer.status_code for answer in answers)
        assert seen.keys() <= {200, 503}, seen
    following = {answer.json()["refresh_token"] for answer in answers if answer.status_code == 200}
    assert len(following) == 1, "two lineages"
    return str(following.pop())


async def rounds(wide: Any, number: int) -> None:
    """Each round goes on where the one before ended: one session, one chain of tokens, one of them unused."""
    device, state = Device.of(wide.app), wide.app.app.state
    async with wide.pool.acquire() as connection, connection.transaction():
        entering = Entering(
            account_id=await new_account(connection, wide.app), audience="app", amr=["otp"],
            key_thumbprint=device.thumbprint,
        )  # fmt: skip
        token = (await state.entrance.open(connection, entering, state.clock())).refresh_token
    for _ in range(number):
        token = await race(wide, token, device)
    assert await wide.pool.fetchval("select count(*) from sessions.refresh_tokens") == number + 1
    assert await wide.pool.fetchval("select count(*) from sessions.refresh_tokens where used_at is null") == 1
    assert await wide.pool.fetchval("select count(distinct successor) from sessions.refresh_tokens") == number
    assert await wide.pool.fetchval("select ended_at from sessions.sessions") is None


async def test_fifty_refreshes_at_once_leave_one_lineage(wide: Any) -> None:
    await rounds(wide, 4)


@pytest.mark.long
async def test_fifty_refreshes_at_once_leave_one_lineage_two_hundred_times(wide: Any) -> None:
    await rounds(wide, 200)


async def test_of_fifty_refreshes_at_once_without_a_key_two_are_answered_and_the_family_ends(wide: Any) -> None:
    first = await signed_in_on(wide.client)

    answers = await at_once(wide.app, first["refresh_token"])

    seen = Counter(answer.status_code for answer in answers)
    assert seen[200] <= 2 and seen.keys() <= {200, 401, 503}, seen
    following = {answer.json()["refresh_token"] for answer in answers if answer.status_code == 200}
    assert len(following) <= 1, "two lineages"
    for _ in range(3):  # as many as the crowd, if it was told to come again
        await wide.client.post("/v1/auth/refresh", json={"refresh_token": first["refresh_token"]})
    assert await wide.pool.fetchval("select end_reason from sessions.sessions") == "refresh_token_reused"
    assert await wide.pool.fetchval("select count(*) from pgqueuer where entrypoint = 'security_notice'") == 1


async def test_fifty_uses_of_a_token_spent_long_ago_end_the_family_once(wide: Any, clock: Any) -> None:
    first = await signed_in_on(wide.client)
    second = (await wide.client.post("/v1/auth/refresh", json={"refresh_token": first["refresh_token"]})).json()
    clock.shift(domain.RETRIED_WITHIN * 2)

    answers = await at_once(wide.app, first["refresh_token"])

    assert {answer.status_code for answer in answers} <= {401, 503}
    codes = Counter(answer.json()["code"] for answer in answers if answer.status_code == 401)
    assert codes["refresh_token_reused"] <= 1
    again = await wide.client.post("/v1/auth/refresh", json={"refresh_token": second["refresh_token"]})
    me = await wide.client.get("/v1/me", headers=held(second))
    assert (again.status_code, me.status_code) == (401, 401)
    told = await wide.pool.fetchval("select count(*) from pgqueuer where entrypoint = 'security_notice'")
    assert told == 1


async def test_a_refresh_and_a_sign_out_at_once_leave_nothing_open(wide: Any) -> None:
    for _ in range(5):
        first = await signed_in_on(wide.client)
        body = {"refresh_token": first["refresh_token"]}

        refreshed, _ = await asyncio.gather(
            wide.client.post("/v1/auth/refresh", json=body), wide.client.post("/v1/auth/logout", json=body)
        )

        if refreshed.status_code == 200:
            following = {"refresh_token": refreshed.json()["refresh_token"]}
            assert (await wide.client.post("/v1/auth/refresh", json=following)).status_code == 401
    assert await wide.pool.fetchval("select count(*) from sessions.sessions where ended_at is null") == 0


async def test_twelve_who_sign_in_at_once_leave_no_more_sessions_than_there_may_be(wide: Any) -> None:
    await asyncio.gather(*(signed_in_on(wide.client) for _ in range(12)))

    assert await wide.pool.fetchval("select count(*) from sessions.sessions where ended_at is null") == MOST["app"]
    told = await wide.pool.fetch("select payload from pgqueuer where entrypoint = 'security_notice'")
    assert Counter(msgspec.json.decode(row["payload"])["what"] for row in told) == {
        "session_evicted": 12 - MOST["app"], "new_sign_in": 11,
    }  # fmt: skip
