"""What may happen once happens once, however many ask for it at the same time."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import httpx
import msgspec
import pytest

from longan.crypto import one_time_code
from longan.identity.models import Challenge
from longan.limits import Limiter, Strict

At = Callable[..., httpx.AsyncClient]


@pytest.fixture
async def wide(real: Any) -> Any:
    """A real app whose windows are too wide to do the work of what is tested."""
    state = real.app.app.state
    state.strict, state.limiter = Strict(state.valkey, 10_000), Limiter(state.valkey, 10_000)
    return real


async def asked(wide: Any, phone: str) -> tuple[str, str]:
    """A challenge, and its code, which stands nowhere but can be derived with the key."""
    challenge = (await wide.client.post("/v1/auth/otp", json={"phone": phone})).json()["challenge_id"]
    row = await wide.pool.fetchrow(
        """select id, purpose, audience, phone_index, phone_cipher, nonce, code_key, locale
             from identity.challenges where id = $1::text::uuid""",
        challenge,
    )
    found = msgspec.convert(dict(row), Challenge)
    key = wide.app.app.state["keys"].secrets["one-time-code"][found.code_key]
    return challenge, one_time_code(key, found.nonce, found.id, found.purpose)


async def at_once(wide: Any, at: At, path: str, bodies: Sequence[dict[str, str]]) -> list[httpx.Response]:
    """Every body in a request of its own, from ten addresses."""
    clients = [at(wide.app) for _ in range(10)]
    try:
        return await asyncio.gather(*(clients[number % 10].post(path, json=body) for number, body in enumerate(bodies)))
    finally:
        for client in clients:
            await client.aclose()


async def test_two_hundred_guesses_at_once_are_five_tries(wide: Any, at: At, phone: str) -> None:
    challenge, code = await asked(wide, phone)
    guesses = [f"{(int(code) + number) % 10**6:06d}" for number in range(1, 201)]

    answers = await at_once(
        wide, at, "/v1/auth/otp/verify", [{"challenge_id": challenge, "code": guess} for guess in guesses]
    )

    seen = Counter(answer.status_code for answer in answers)
    assert seen[422] == 5
    assert seen.keys() <= {422, 410, 503}
    assert await wide.pool.fetchval("select tries from identity.challenges") == 5
    right = await wide.client.post("/v1/auth/otp/verify", json={"challenge_id": challenge, "code": code})
    assert right.status_code == 410


async def test_twenty_right_codes_at_once_are_one_session(wide: Any, at: At, phone: str) -> None:
    challenge, code = await asked(wide, phone)

    answers = await at_once(wide, at, "/v1/auth/otp/verify", [{"challenge_id": challenge, "code": code}] * 20)

    seen = Counter(answer.status_code for answer in answers)
    assert seen[200] == 1
    assert seen.keys() <= {200, 410, 503}
    assert await wide.pool.fetchval("select count(*) from sessions.sessions") == 1


async def test_two_codes_for_a_new_phone_at_once_are_one_account(wide: Any, at: At, phone: str) -> None:
    codes = [await asked(wide, phone) for _ in range(6)]
    before = await wide.pool.fetchval("select count(*) from identity.accounts")

    answers = await at_once(
        wide, at, "/v1/auth/otp/verify", [{"challenge_id": challenge, "code": code} for challenge, code in codes]
    )

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["account_id"] for answer in answers}) == 1
    assert sum(answer.json()["new_account"] for answer in answers) == 1
    assert await wide.pool.fetchval("select count(*) from identity.accounts") == before + 1


async def test_fifty_refreshes_at_once_have_one_winner_and_end_the_family(wide: Any, at: At, phone: str) -> None:
    challenge, code = await asked(wide, phone)
    first = (await wide.client.post("/v1/auth/otp/verify", json={"challenge_id": challenge, "code": code})).json()

    answers = await at_once(wide, at, "/v1/auth/refresh", [{"refresh_token": first["refresh_token"]}] * 50)

    seen = Counter(answer.status_code for answer in answers)
    assert seen[200] == 1
    assert seen.keys() <= {200, 401, 503}
    winner = next(answer.json() for answer in answers if answer.status_code == 200)
    again = await wide.client.post("/v1/auth/refresh", json={"refresh_token": winner["refresh_token"]})
    me = await wide.client.get("/v1/me", headers={"Authorization": f"Bearer {winner['access_token']}"})
    assert (again.status_code, me.status_code) == (401, 401)
    assert await wide.pool.fetchval("select count(*) from sessions.sessions where ended_at is not null") == 1


async def test_a_refresh_and_a_sign_out_at_once_leave_nothing_open(wide: Any, at: At, phone: str) -> None:
    for _ in range(5):
        challenge, code = await asked(wide, phone)
        entry = {"challenge_id": challenge, "code": code}
        first = (await wide.client.post("/v1/auth/otp/verify", json=entry)).json()
        told = {"refresh_token": first["refresh_token"]}

        refreshed, _ = await asyncio.gather(
            wide.client.post("/v1/auth/refresh", json=told), wide.client.post("/v1/auth/logout", json=told)
        )

        if refreshed.status_code == 200:
            following = {"refresh_token": refreshed.json()["refresh_token"]}
            assert (await wide.client.post("/v1/auth/refresh", json=following)).status_code == 401
    assert await wide.pool.fetchval("select count(*) from sessions.sessions where ended_at is null") == 0
