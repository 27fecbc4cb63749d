"""Refresh tokens: each is good once, a lost answer comes again, a stolen one ends the session (SECURITY T9 to T13)."""

import base64
import random
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from longan.api.edge import Edge
from longan.floor.access.entrance import ABSOLUTE, IDLE, Entering
from longan.floor.setup.crypto import digest
from longan.rooms.sessions import domain
from tests.conftest import TestClock, new_account
from tests.devices import Device
from tests.sessions.conftest import Refresh, Told, held, signed_in_on
from tests.sessions.conftest import SignedIn as SignIn

LATER = domain.RETRIED_WITHIN + timedelta(seconds=1)


async def test_a_spent_refresh_token_ends_the_whole_family_and_its_owner_is_told(
    client: httpx.AsyncClient, signed_in: SignIn, refresh: Refresh, conn: asyncpg.Connection, clock: Any, told: Told
) -> None:
    first = await signed_in()
    second = (await refresh(first["refresh_token"])).json()
    assert (await client.get("/v1/me", headers=held(second))).status_code == 200
    clock.shift(LATER)

    reused = await refresh(first["refresh_token"])

    assert (reused.status_code, reused.json()["code"]) == (401, "refresh_token_reused")
    assert reused.headers["WWW-Authenticate"] == 'Bearer realm="longan", error="invalid_token"'
    assert (await refresh(second["refresh_token"])).status_code == 401
    for pair in (first, second):
        assert (await client.get("/v1/me", headers=held(pair))).status_code == 401
    assert await conn.fetchval("select end_reason from sessions.sessions") == "refresh_token_reused"
    assert await told() == ["refresh_token_reused"]


async def test_a_token_that_comes_again_after_the_end_is_told_of_once(
    signed_in: SignIn, refresh: Refresh, clock: Any, told: Told
) -> None:
    first = await signed_in()
    await refresh(first["refresh_token"])
    clock.shift(LATER)

    answers = [await refresh(first["refresh_token"]) for _ in range(3)]

    assert [answer.json()["code"] for answer in answers] == ["refresh_token_reused", *["unauthenticated"] * 2]
    assert await told() == ["refresh_token_reused"]


async def test_one_family_falls_alone(
    client: httpx.AsyncClient, signed_in: SignIn, refresh: Refresh, clock: Any
) -> None:
    lost, kept = await signed_in(), await signed_in()
    await refresh(lost["refresh_token"])
    clock.shift(LATER)
    await refresh(lost["refresh_token"])

    answers = [await client.get("/v1/me", headers=held(session)) for session in (lost, kept)]

    assert [answer.status_code for answer in answers] == [401, 200]


async def test_an_answer_that_was_lost_comes_again(
    client: httpx.AsyncClient, signed_in: SignIn, refresh: Refresh, clock: Any, told: Told
) -> None:
    first = await signed_in()
    lost = (await refresh(first["refresh_token"])).json()
    clock.shift(domain.RETRIED_WITHIN - timedelta(seconds=1))

    again = await refresh(first["refresh_token"])

    assert again.status_code == 200
    assert again.json()["refresh_token"] == lost["refresh_token"]
    assert (await client.get("/v1/me", headers=held(again.json()))).status_code == 200
    assert (await refresh(again.json()["refresh_token"])).status_code == 200
    assert await told() == []


async def test_without_a_key_a_lost_answer_comes_again_once_and_the_next_time_ends_the_family(
    client: httpx.AsyncClient, signed_in: SignIn, refresh: Refresh, told: Told
) -> None:
    first = await signed_in()
    lost = (await refresh(first["refresh_token"])).json()
    again = (await refresh(first["refresh_token"])).json()

    third = await refresh(first["refresh_token"])

    assert again["refresh_token"] == lost["refresh_token"]
    assert (third.status_code, third.json()["code"]) == (401, "refresh_token_reused")
    assert (await refresh(lost["refresh_token"])).status_code == 401
    assert (await client.get("/v1/me", headers=held(again))).status_code == 401
    assert await told() == ["refresh_token_reused"]


async def test_once_the_successor_was_used_nothing_was_lost(signed_in: SignIn, refresh: Refresh) -> None:
    first = await signed_in()
    second = (await refresh(first["refresh_token"])).json()
    third = (await refresh(second["refresh_token"])).json()

    again = await refresh(first["refresh_token"])

    assert again.json()["code"] == "refresh_token_reused"
    assert (await refresh(third["refresh_token"])).status_code == 401


async def test_a_lost_answer_comes_again_although_the_key_was_rotated_meanwhile(
    app: Edge, signed_in: SignIn, refresh: Refresh
) -> None:
    ring = app.app.state["keys"].secrets["refresh-token"]
    first = await signed_in()
    lost = (await refresh(first["refresh_token"])).json()
    ring["2"] = bytes(range(32))
    try:
        again = await refresh(first["refresh_token"])
    finally:
        del ring["2"]

    assert again.json()["refresh_token"] == lost["refresh_token"]


DELAYS = [timedelta(seconds=seconds) for seconds in (0, 0, 10, 19, 29, 31, 86_400, 29 * 86_400, 31 * 86_400)]


class Bound:
    """A session that is bound to the key of a device."""

    def __init__(self, client: httpx.AsyncClient, app: Edge) -> None:
        self._client, self._app = client, app
        self.device, self.other = Device.of(app), Device.of(app)
        self.refresh_token = ""

    async def open(self, conn: asyncpg.Connection, device: Device | None) -> str:
        entering = Entering(
            account_id=await new_account(conn, self._app), audience="app", amr=["otp"],
            key_thumbprint=device.thumbprint if device else None,
        )  # fmt: skip
        state = self._app.app.state
        opened: str = (await state.entrance.open(conn, entering, state.clock())).refresh_token
        return opened

    async def refresh(self, token: str, device: Device | None) -> httpx.Response:
        path = "/v1/auth/refresh"
        headers = device.headers("POST", path) if device else {}
        return await self._client.post(path, json={"refresh_token": token}, headers=headers)


@pytest.fixture
async def bound(app: Edge, conn: asyncpg.Connection, client: httpx.AsyncClient) -> Bound:
    made = Bound(client, app)
    made.refresh_token = await made.open(conn, made.device)
    return made


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("key", [True, False])
async def test_whatever_order_tokens_come_in_there_is_one_lineage_or_none(
    app: Edge, conn: asyncpg.Connection, clock: TestClock, client: httpx.AsyncClient, seed: int, key: bool
) -> None:
    chance, stopped = random.Random(seed), clock()
    frozen = TestClock()
    app.app.state.clock = app.authenticator.clock = lambda: stopped + frozen.ahead
    bound = Bound(client, app)
    device = bound.device if key else None
    chain = [await bound.open(conn, device)]
    spent: list[timedelta] = []
    repeated: set[int] = set()
    used, over = timedelta(), ""

    for _ in range(14):
        frozen.shift(chance.choice(DELAYS))
        number, at = chance.choice([len(chain) - 1] * 3 + [*range(len(chain))]), frozen.ahead
        answer = await bound.refresh(chain[number], device)

        ran_out = at - used >= IDLE["app"] or at >= ABSOLUTE["app"]
        if over or (ran_out and number == len(chain) - 1):
            expected = "unauthenticated"
        elif number == len(chain) - 1:
            expected, used = "next", at
            chain.append(answer.json().get("refresh_token", ""))
            spent.append(at)
        elif (
            number == len(chain) - 2 and at - spent[number] < domain.RETRIED_WITHIN and not ran_out
            and (key or number not in repeated)
        ):  # fmt: skip
            expected = "again"
            repeated.add(number)
            assert answer.json().get("refresh_token") == chain[-1]
        else:
            expected = over = "refresh_token_reused"
        assert answer.json().get("code", expected if answer.status_code == 200 else None) == expected

    unused = await conn.fetchval("select count(*) from sessions.refresh_tokens where used_at is null")
    assert (unused, len(set(chain))) == (1, len(chain))


async def test_a_bound_session_goes_on_with_its_key_and_so_does_its_lost_answer(bound: Bound, told: Told) -> None:
    lost = await bound.refresh(bound.refresh_token, bound.device)

    for _ in range(3):
        again = await bound.refresh(bound.refresh_token, bound.device)

    assert (again.status_code, again.json()["token_type"]) == (200, "DPoP")
    assert again.json()["refresh_token"] == lost.json()["refresh_token"]
    assert (await bound.refresh(again.json()["refresh_token"], bound.device)).status_code == 200
    assert await told() == []


@pytest.mark.parametrize("thief", ["with a key", "without"])
async def test_another_key_spends_nothing(bound: Bound, thief: str, told: Told) -> None:
    refused = await bound.refresh(bound.refresh_token, bound.other if thief == "with a key" else None)

    assert (refused.status_code, refused.json()["code"]) == (401, "unauthenticated")
    assert (await bound.refresh(bound.refresh_token, bound.device)).status_code == 200
    assert await told() == []


@pytest.mark.parametrize("thief", ["with a key", "without"])
async def test_a_lost_answer_asked_for_with_another_key_ends_the_family(bound: Bound, thief: str, told: Told) -> None:
    following = (await bound.refresh(bound.refresh_token, bound.device)).json()["refresh_token"]

    refused = await bound.refresh(bound.refresh_token, bound.other if thief == "with a key" else None)

    assert (refused.status_code, refused.json()["code"]) == (401, "refresh_token_reused")
    assert (await bound.refresh(following, bound.device)).status_code == 401
    assert await told() == ["refresh_token_reused"]


async def test_a_refresh_token_says_nothing_and_is_as_long_as_its_key(signed_in: SignIn, refresh: Refresh) -> None:
    token, seen = (await signed_in())["refresh_token"], []
    for _ in range(20):
        token = (await refresh(token)).json()["refresh_token"]
        seen.append(base64.urlsafe_b64decode(token + "=="))

    assert {len(raw) for raw in seen} == {32}
    assert len(set(seen)) == 20


async def test_a_dump_of_the_database_holds_no_usable_token(real: Any, pg_dump: Path) -> None:
    first = await signed_in_on(real.client)
    answer = await real.client.post("/v1/auth/refresh", json={"refresh_token": first["refresh_token"]})
    tokens = [first["refresh_token"], answer.json()["refresh_token"]]

    dump = subprocess.run([pg_dump, real.url], capture_output=True, check=True).stdout

    leaked = []
    for token in [*tokens, first["access_token"], answer.json()["access_token"]]:
        raw = base64.urlsafe_b64decode(token + "==") if token in tokens else token.split(".")[2].encode()
        forms = (token.encode(), token.encode().hex().encode(), raw, raw.hex().encode(), base64.b64encode(raw))
        leaked += [form for form in forms if form in dump]
    assert dump.count(digest(tokens[1]).hex().encode()) == 2  # its own row, and as the successor of the first
    assert leaked == []
    for stored in await real.pool.fetch("select digest, successor from sessions.refresh_tokens"):
        for found in filter(None, stored):
            for form in (base64.urlsafe_b64encode(found).rstrip(b"=").decode(), found.hex()):
                refused = await real.client.post("/v1/auth/refresh", json={"refresh_token": form})
                assert refused.status_code == 401
