"""Wrong codes count for the phone, whatever challenges they were for, and never against its owner (SECURITY A5)."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any

import httpx
import pytest
import redis.asyncio

from longan.api.edge import Edge
from tests.devices import Device

At = Callable[..., httpx.AsyncClient]
Deliver = Callable[[], Awaitable[int]]

ASK, ENTER = "/v1/auth/otp", "/v1/auth/otp/verify"


class Stranger:
    """Somebody who guesses, from ever new addresses and with no window in their way but that of the phone."""

    def __init__(self, app: Edge, at: At, phone: str, valkey: redis.asyncio.Redis, clock: Any) -> None:
        self.app, self.at, self.phone, self.valkey, self.clock = app, at, phone, valkey, clock

    async def post(self, path: str, body: dict[str, str], **more: Any) -> httpx.Response:
        await self.valkey.flushdb()
        async with self.at(self.app) as client:
            return await client.post(path, json=body, **more)

    async def fail(self, times: int) -> list[httpx.Response]:
        """A new challenge, and wrong codes for it, after whatever pause is asked for."""
        while (asked := await self.post(ASK, {"phone": self.phone})).status_code == 429:
            self.clock.shift(timedelta(seconds=int(asked.headers["Retry-After"])))
        challenge = asked.json()["challenge_id"]
        return [await self.post(ENTER, {"challenge_id": challenge, "code": "909090"}) for _ in range(times)]


@pytest.fixture
def stranger(app: Edge, at: At, phone: str, valkey: redis.asyncio.Redis, clock: Any) -> Stranger:
    return Stranger(app, at, phone, valkey, clock)


async def test_a_new_challenge_does_not_forget_the_failures(stranger: Stranger) -> None:
    first, second = await stranger.fail(4), await stranger.fail(4)

    assert [answer.status_code for answer in first + second] == [422] * 5 + [429] * 3
    assert (await stranger.post(ASK, {"phone": stranger.phone})).status_code == 429


async def test_each_further_failure_doubles_the_pause_up_to_a_day(stranger: Stranger) -> None:
    await stranger.fail(4)
    pauses = []
    for _ in range(13):
        await stranger.fail(1)
        pauses.append(int((await stranger.post(ASK, {"phone": stranger.phone})).headers["Retry-After"]))

    assert pauses[0] == 60
    assert all(abs(later - min(2 * earlier, 86_400)) <= 1 for earlier, later in pairwise(pauses))


async def test_two_days_without_a_failure_forget_them(stranger: Stranger) -> None:
    await stranger.fail(5)
    stranger.clock.shift(timedelta(days=2, minutes=1))

    answers = await stranger.fail(4)

    assert [answer.status_code for answer in answers] == [422] * 4


async def test_a_right_code_forgets_them(stranger: Stranger, deliver: Deliver, gateway: Any) -> None:
    await stranger.fail(4)
    asked = await stranger.post(ASK, {"phone": stranger.phone})
    await deliver()
    entry = {"challenge_id": asked.json()["challenge_id"], "code": await gateway.latest(stranger.phone)}
    assert (await stranger.post(ENTER, entry)).status_code == 200

    assert [answer.status_code for answer in await stranger.fail(4)] == [422] * 4


async def test_who_fails_in_the_owners_name_does_not_shut_out_the_owners_device(
    app: Edge, client: httpx.AsyncClient, stranger: Stranger, deliver: Deliver, gateway: Any, clock: Any
) -> None:
    device = Device.of(app)

    async def enter() -> httpx.Response:
        asked = await client.post(ASK, json={"phone": stranger.phone}, headers=device.headers("POST", ASK))
        assert asked.status_code == 202, asked.text
        await deliver()
        entry = {"challenge_id": asked.json()["challenge_id"], "code": await gateway.latest(stranger.phone)}
        return await client.post(ENTER, json=entry, headers=device.headers("POST", ENTER))

    assert (await enter()).status_code == 200
    clock.shift(timedelta(minutes=2))
    await stranger.fail(5)
    await stranger.fail(1)
    shut = await stranger.post(ASK, {"phone": stranger.phone})

    assert shut.status_code == 429
    assert (await enter()).status_code == 200


async def test_who_uses_up_the_owners_messages_does_not_use_up_those_of_the_owners_session(
    app: Edge, at: At, stranger: Stranger, client: httpx.AsyncClient, deliver: Deliver, gateway: Any,
    valkey: redis.asyncio.Redis,
) -> None:  # fmt: skip
    asked = await client.post(ASK, json={"phone": stranger.phone})
    await deliver()
    entry = {"challenge_id": asked.json()["challenge_id"], "code": await gateway.latest(stranger.phone)}
    held = {"Authorization": f"Bearer {(await client.post(ENTER, json=entry)).json()['access_token']}"}

    async with at(app) as other:
        refused = await other.post(ASK, json={"phone": stranger.phone})
    again = await client.post(ASK, json={"phone": stranger.phone}, headers=held)

    assert (refused.status_code, again.status_code) == (429, 202)


async def test_another_accounts_token_makes_nobody_the_owner(
    stranger: Stranger, bearer: Callable[..., Awaitable[dict[str, str]]]
) -> None:
    await stranger.fail(5)

    refused = await stranger.post(ASK, {"phone": stranger.phone}, headers=await bearer())

    assert refused.status_code == 429
