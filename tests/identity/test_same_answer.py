"""Whether a phone has an account is told to nobody: not by the answer, not by its time (SECURITY A9)."""

import math
import random
import statistics
import time
from collections.abc import Sequence
from typing import Any

import httpx
import pytest


async def known_phones(wide: Any, count: int) -> list[str]:
    phones = wide.app.app.state.phones
    made = [f"+8491{number:07d}" for number in random.sample(range(10**7), 2 * count)]
    async with wide.pool.acquire() as connection:
        for phone in made[:count]:
            account = await connection.fetchval("select uuidv7()")
            await connection.execute(
                "insert into identity.accounts (id, phone_index, phone_cipher) values ($1, $2, $3)",
                account, phones.index(phone), phones.seal(phone, account),
            )  # fmt: skip
    return made


def p_value(first: Sequence[float], second: Sequence[float]) -> float:
    """Mann-Whitney, two-sided, by the normal approximation."""
    ranked = sorted((value, which) for which, values in enumerate((first, second)) for value in values)
    rank_sum = sum(rank for rank, (_, which) in enumerate(ranked, 1) if which == 0)
    n, m = len(first), len(second)
    u = rank_sum - n * (n + 1) / 2
    z = (u - n * m / 2) / math.sqrt(n * m * (n + m + 1) / 12)
    return math.erfc(abs(z) / math.sqrt(2))


async def timed(client: httpx.AsyncClient, path: str, body: dict[str, str]) -> tuple[float, httpx.Response]:
    began = time.perf_counter()
    answer = await client.post(path, json=body)
    return time.perf_counter() - began, answer


def shape(answer: httpx.Response, *ids: str) -> tuple[int, Any, list[str]]:
    body = {name: "" if name in (*ids, "request_id") else value for name, value in answer.json().items()}
    return answer.status_code, body, sorted(answer.headers)


async def compared(wide: Any, count: int) -> None:
    phones = await known_phones(wide, count)
    order = [(phone, number < count) for number, phone in enumerate(phones)]
    random.shuffle(order)
    times: dict[tuple[str, bool], list[float]] = {}
    shapes: dict[str, set[str]] = {}
    challenge = ""
    for phone, known in order:
        for name, path, body in (
            ("ask", "/v1/auth/otp", {"phone": phone}),
            ("wrong", "/v1/auth/otp/verify", {"challenge_id": "", "code": "990099"}),
            ("recover", "/v1/auth/recovery", {"lost_phone": phone, "new_phone": f"+8438{random.randrange(10**7):07d}"}),
        ):
            if name == "wrong":
                body["challenge_id"] = challenge
            seconds, answer = await timed(wide.client, path, body)
            if name == "ask":
                challenge = answer.json()["challenge_id"]
            times.setdefault((name, known), []).append(seconds)
            shapes.setdefault(name, set()).add(str(shape(answer, "challenge_id")))
    for name, seen in shapes.items():
        assert len(seen) == 1, name
        first, second = times[name, True], times[name, False]
        assert abs(statistics.median(first) - statistics.median(second)) < 0.005, name
        assert p_value(first, second) > 0.01, name


async def test_forty_known_and_unknown_phones_are_answered_alike(wide: Any) -> None:
    """A smoke: alike in form; times are compared in the long run only."""
    phones = await known_phones(wide, 20)
    seen: set[str] = set()
    for phone in phones:
        asked = await wide.client.post("/v1/auth/otp", json={"phone": phone})
        wrong = await wide.client.post(
            "/v1/auth/otp/verify", json={"challenge_id": asked.json()["challenge_id"], "code": "990099"}
        )
        lost = await wide.client.post(
            "/v1/auth/recovery", json={"lost_phone": phone, "new_phone": f"+8438{random.randrange(10**7):07d}"}
        )
        seen.add(str([shape(answer, "challenge_id") for answer in (asked, wrong, lost)]))

    assert len(seen) == 1


@pytest.mark.long
async def test_five_hundred_known_and_unknown_phones_are_answered_in_the_same_time(wide: Any) -> None:
    await compared(wide, 500)


def test_the_test_of_times_sees_a_difference() -> None:
    """Its positive control: a look-up more, a tenth of a millisecond, would not pass."""
    draw = random.Random(7)
    first = [0.003 + draw.expovariate(2_000) for _ in range(500)]
    second = [0.0031 + draw.expovariate(2_000) for _ in range(500)]

    assert p_value(first, second) < 0.01
    assert p_value(first[:250], first[250:]) > 0.01
