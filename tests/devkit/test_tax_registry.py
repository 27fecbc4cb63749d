"""The tax registry's stand-in, asked over real HTTP; its lies are told in tests/registry/test_away.py."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import aiohttp
import pytest

from longan.devkit import fcm_grant, stand_ins

KEY = {"Authorization": "Bearer key-of-the-test"}
CODE = "1100727545"


@pytest.fixture(scope="module")
def account() -> dict[str, str]:
    return fcm_grant.service_account("http://127.0.0.1")


@pytest.fixture
async def client(account: dict[str, str]) -> AsyncIterator[aiohttp.ClientSession]:
    runner = await stand_ins.serve("127.0.0.1", 0, stand_ins.create(account=account, registry_key="key-of-the-test"))
    async with aiohttp.ClientSession(stand_ins.address(runner), headers=KEY) as session:
        yield session
    await runner.cleanup()


async def said(client: aiohttp.ClientSession, tax_code: str = CODE) -> dict[str, Any]:
    question = {"reference": str(uuid4()), "tax_code": tax_code}
    async with client.post("/taxpayers/lookups", json=question) as answer:
        assert answer.status == 200
        found: dict[str, Any] = await answer.json()
        assert found["reference"] == question["reference"]
        return found


async def test_whoever_was_entered_is_known_and_everybody_else_invented(client: aiohttp.ClientSession) -> None:
    entry = {"tax_code": "0100112437-001", "name": "Chi nhánh Bông Súng", "address": None, "result": "ceased"}
    await client.post("/tax-registry/entries", json=entry)

    known, invented = await said(client, "0100112437-001"), await said(client)

    assert (known["name"], known["result"]) == ("Chi nhánh Bông Súng", "ceased")
    assert (CODE in invented["name"], invented["result"]) == (True, "active")


async def test_a_script_is_followed_as_often_as_it_says(client: aiohttp.ClientSession) -> None:
    await client.post("/tax-registry/faults", json={"mode": "not_found", "times": 2})

    assert [(await said(client))["result"] for _ in range(3)] == ["not_found", "not_found", "active"]


@pytest.mark.parametrize("script", [{}, {"mode": "ok"}, {"mode": "slow", "times": 0}, {"mode": "slow", "time": 1}])
async def test_a_bad_script_is_a_400(client: aiohttp.ClientSession, script: dict[str, object]) -> None:
    async with client.post("/tax-registry/faults", json=script) as answer:
        assert answer.status == 400


@pytest.mark.parametrize("given", ["", "Bearer other", "key-of-the-test"])
async def test_a_wrong_key_is_a_401(client: aiohttp.ClientSession, given: str) -> None:
    question = {"reference": str(uuid4()), "tax_code": CODE}
    async with client.post("/taxpayers/lookups", json=question, headers={"Authorization": given}) as answer:
        assert answer.status == 401


@pytest.mark.parametrize("changed", [{"tax_code": "110072754"}, {"name": "x"}, {"reference": "1"}])
async def test_a_bad_question_is_a_400(client: aiohttp.ClientSession, changed: dict[str, Any]) -> None:
    question = {"reference": str(uuid4()), "tax_code": CODE, **changed}
    async with client.post("/taxpayers/lookups", json=question) as answer:
        assert answer.status == 400


async def test_what_is_kept_says_that_it_was_asked_and_not_about_whom(client: aiohttp.ClientSession) -> None:
    found = await said(client, "080090012345")

    async with client.get("/tax-registry/lookups") as answer:
        text = await answer.text()

    assert found["reference"] in text
    assert "080090012345" not in text
