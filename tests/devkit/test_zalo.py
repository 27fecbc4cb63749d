"""Zalo's stand-in, asked over real HTTP: it is as strict as the real one, and fails as it is told."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import aiohttp
import pytest
from aiohttp import web

from longan.devkit import fcm_grant, stand_ins, zalo

ACCOUNT = zalo.Account("1", "application", "oa", "refresh-1")
TEMPLATE = str(zalo.FIRST_TEMPLATE)


@pytest.fixture(scope="module")
def account() -> dict[str, str]:
    return fcm_grant.service_account("http://127.0.0.1")


@pytest.fixture
async def runner(account: dict[str, str]) -> AsyncIterator[web.AppRunner]:
    app = stand_ins.create(account=account, slow_seconds=0.2, zalo_account=ACCOUNT)
    runner = await stand_ins.serve("127.0.0.1", 0, app)
    yield runner
    await runner.cleanup()


@pytest.fixture
async def client(runner: web.AppRunner) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(stand_ins.address(runner)) as session:
        yield session


async def grant(client: aiohttp.ClientSession, refresh_token: str, secret: str = "application") -> dict[str, Any]:
    form = {"refresh_token": refresh_token, "app_id": "1", "grant_type": "refresh_token"}
    async with client.post("/zalo/v4/oa/access_token", data=form, headers={"secret_key": secret}) as answer:
        assert answer.status == 200
        made: dict[str, Any] = await answer.json()
        return made


async def send(client: aiohttp.ClientSession, token: str, **changed: Any) -> Any:
    message = {
        "phone": "84901234567", "template_id": TEMPLATE, "template_data": {"code": "0A1B2C3D4E5F"},
        "tracking_id": uuid4().hex, **changed,
    }  # fmt: skip
    async with client.post("/zalo/message/template", json=message, headers={"access_token": token}) as answer:
        assert answer.status == 200
        return await answer.json()


async def test_a_refresh_token_is_good_once(client: aiohttp.ClientSession) -> None:
    first = await grant(client, "refresh-1")

    assert first["expires_in"] == "90000"
    assert (await grant(client, "refresh-1"))["error"] == -14020
    assert (await grant(client, first["refresh_token"], "wrong"))["error"] == -14004
    assert "access_token" in await grant(client, first["refresh_token"])


async def test_a_message_is_accepted_and_can_be_asked_about(client: aiohttp.ClientSession) -> None:
    token = (await grant(client, "refresh-1"))["access_token"]

    made = await send(client, token)
    async with client.get(
        "/zalo/message/status", params={"message_id": made["data"]["msg_id"]}, headers={"access_token": token}
    ) as answer:
        status = await answer.json()
    async with client.get("/zalo/messages") as answer:
        (letter,) = (await answer.json())["items"]

    assert made["error"] == 0
    assert status["data"]["status"] == 1
    assert letter["phone"] == "+84901234567"
    assert letter["text"].endswith("(0A1B2C3D4E5F)")


async def test_the_same_tracking_id_twice_is_two_messages(client: aiohttp.ClientSession) -> None:
    """Zalo does not say that it knows one again, so nothing of ours may rely on it."""
    token = (await grant(client, "refresh-1"))["access_token"]

    made = [await send(client, token, tracking_id="same") for _ in range(2)]

    assert made[0]["data"]["msg_id"] != made[1]["data"]["msg_id"]


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"phone": "+84901234567"}, -122),
        ({"phone": "0901234567"}, -122),
        ({"template_id": "1"}, -109),
        ({"template_data": {}}, -112),
        ({"template_data": {"code": "1", "name": "Lan"}}, -112),
        ({"template_data": {"code": "1" * 31}}, -122),
        ({"tracking_id": "x" * 49}, -122),
        ({"mode": "development"}, -122),
    ],
)
async def test_what_zalo_would_refuse_is_refused(
    client: aiohttp.ClientSession, wrong: dict[str, Any], error: int
) -> None:
    token = (await grant(client, "refresh-1"))["access_token"]

    assert (await send(client, token, **wrong))["error"] == error


async def test_without_a_good_token_nothing_is_taken(client: aiohttp.ClientSession) -> None:
    assert (await send(client, "nonsense"))["error"] == -124


@pytest.mark.parametrize(("mode", "error"), [("no-account", -118), ("quota", -144), ("night", -133), ("expired", -124)])
async def test_it_fails_as_often_as_it_is_told(client: aiohttp.ClientSession, mode: str, error: int) -> None:
    token = (await grant(client, "refresh-1"))["access_token"]
    async with client.post("/zalo/faults", json={"mode": mode, "times": 1}) as answer:
        assert answer.status == 200

    assert (await send(client, token))["error"] == error
    if mode != "expired":
        assert (await send(client, token))["error"] == 0


async def test_a_script_it_does_not_know_is_refused(client: aiohttp.ClientSession) -> None:
    for address in ("/zalo/faults", "/zalo/token-faults"):
        async with client.post(address, json={"mode": "sideways"}) as answer:
            assert answer.status == 400


def test_the_account_is_the_one_that_the_settings_name() -> None:
    told = {"LONGAN_ZALO_APP_ID": "7", "LONGAN_ZALO_OA_SECRET": "s", "LONGAN_PUBLIC_URL": "http://127.0.0.1:8000/"}

    found = zalo.account_of(told)

    assert (found.app_id, found.oa_secret, found.app_secret) == ("7", "s", "development")
    assert found.webhook == "http://127.0.0.1:8000/v1/hooks/zalo"
