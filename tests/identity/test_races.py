"""What may happen once happens once, however many ask for it at the same time."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any
from uuid import uuid4

import httpx

from longan.floor.accounts import accounts
from tests.identity.conftest import asked_by

At = Callable[..., httpx.AsyncClient]


async def asked(wide: Any, phone: str) -> tuple[str, str]:
    """A challenge, and its code, which stands nowhere but can be derived with the key."""
    entry = await asked_by(wide, "/v1/auth/otp", {"phone": phone})
    return entry["challenge_id"], entry["code"]


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


async def test_fifty_right_codes_at_once_are_one_session(wide: Any, at: At, phone: str) -> None:
    challenge, code = await asked(wide, phone)

    answers = await at_once(wide, at, "/v1/auth/otp/verify", [{"challenge_id": challenge, "code": code}] * 50)

    seen = Counter(answer.status_code for answer in answers)
    assert seen[200] <= 1, seen
    assert seen.keys() <= {200, 410, 503}
    if not seen[200]:
        # A machine so busy that every one of them gave up in time: nothing was used up.
        (again,) = await at_once(wide, at, "/v1/auth/otp/verify", [{"challenge_id": challenge, "code": code}])
        assert again.status_code == 200, seen
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


async def test_who_enters_a_code_while_the_phone_is_changed_does_not_enter_the_account_that_loses_it(
    wide: Any, at: At, phone: str
) -> None:
    challenge, code = await asked(wide, phone)
    entry = {"challenge_id": challenge, "code": code}
    phones, account, now = wide.app.app.state.phones, uuid4(), wide.app.app.state.clock()
    async with wide.pool.acquire() as tx, at(wide.app) as client:
        await accounts.open_account(tx, account, phones.index(phone), phones.seal(phone, account), now)
        async with tx.transaction():
            other = phone[:-1] + str(9 - int(phone[-1]))
            await accounts.change_phone(tx, account, phones.index(other), phones.seal(other, account), now)
            entering = asyncio.create_task(client.post("/v1/auth/otp/verify", json=entry))
            while not await tx.fetchval("select exists (select from pg_locks where not granted)"):
                assert not entering.done()
                await asyncio.sleep(0.01)
        answer = await entering

    assert answer.status_code == 200, answer.text
    assert answer.json()["new_account"] is True
    assert await wide.pool.fetch("select from sessions.sessions where account_id = $1", account) == []
