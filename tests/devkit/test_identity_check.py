"""The identity provider's stand-in, asked over real HTTP; its lies are told in tests/assurance/test_confirming.py."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import aiohttp
import pytest

from longan.devkit import fcm_grant, stand_ins

KEY = {"Authorization": "Bearer key-of-the-test"}


@pytest.fixture(scope="module")
def account() -> dict[str, str]:
    return fcm_grant.service_account("http://127.0.0.1")


@pytest.fixture
async def client(account: dict[str, str]) -> AsyncIterator[aiohttp.ClientSession]:
    runner = await stand_ins.serve("127.0.0.1", 0, stand_ins.create(account=account, identity_key="key-of-the-test"))
    async with aiohttp.ClientSession(stand_ins.address(runner), headers=KEY) as session:
        yield session
    await runner.cleanup()


def question(**changed: Any) -> dict[str, Any]:
    return {
        "reference": str(uuid4()), "number": "080090012345", "full_name": "Nguyễn Văn Thử", "birth_date": "1990-03-15",
        "sex": "male", **changed,
    }  # fmt: skip


async def said(client: aiohttp.ClientSession, **changed: Any) -> str:
    async with client.post("/identity-checks", json=question(**changed)) as answer:
        assert answer.status == 200
        result: str = (await answer.json())["result"]
        return result


@pytest.mark.parametrize(
    ("digit", "result"), [("5", "holder_confirmed"), ("7", "confirmed"), ("8", "not_matched"), ("9", "unknown")]
)
async def test_the_last_digit_walks_every_way(client: aiohttp.ClientSession, digit: str, result: str) -> None:
    assert await said(client, number=f"08009001234{digit}") == result


async def test_a_script_is_followed_as_often_as_it_says(client: aiohttp.ClientSession) -> None:
    await client.post("/identity/faults", json={"mode": "unknown", "times": 2})

    assert [await said(client) for _ in range(3)] == ["unknown", "unknown", "holder_confirmed"]


@pytest.mark.parametrize("script", [{}, {"mode": "ok"}, {"mode": "slow", "times": 0}, {"mode": "slow", "time": 1}])
async def test_a_bad_script_is_a_400(client: aiohttp.ClientSession, script: dict[str, object]) -> None:
    async with client.post("/identity/faults", json=script) as answer:
        assert answer.status == 400


@pytest.mark.parametrize("given", ["", "Bearer other", "key-of-the-test"])
async def test_a_wrong_key_is_a_401(client: aiohttp.ClientSession, given: str) -> None:
    async with client.post("/identity-checks", json=question(), headers={"Authorization": given}) as answer:
        assert answer.status == 401


@pytest.mark.parametrize("changed", [{"number": "08009001234"}, {"sex": "nam"}, {"photo": "aGk="}, {"reference": "1"}])
async def test_a_bad_question_is_a_400(client: aiohttp.ClientSession, changed: dict[str, Any]) -> None:
    async with client.post("/identity-checks", json=question(**changed)) as answer:
        assert answer.status == 400


async def test_what_is_kept_says_that_it_was_asked_and_not_about_whom(client: aiohttp.ClientSession) -> None:
    asked = question()
    await client.post("/identity-checks", json=asked)

    async with client.get("/identity/checks") as answer:
        text = await answer.text()

    assert asked["reference"] in text
    assert not any(asked[field] in text for field in ("number", "full_name", "birth_date"))
