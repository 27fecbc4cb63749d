"""A number that was given out again: its new holder is not its old one (SECURITY A13)."""

from typing import Any

import asyncpg
import httpx
import pytest

from longan.api.edge import Edge
from tests.devices import Device
from tests.recovery.conftest import Somebody, Town


@pytest.fixture
async def stranger(app: Edge, town: Town, person: Somebody) -> tuple[Device, dict[str, str]]:
    """Somebody on a new device who holds the number of a person whose identity is confirmed; and their headers, which
    are good for one path."""
    await town.confirm(person)
    await town.valkey.flushdb()
    device = Device.of(app)
    asked = await town.client.post(
        "/v1/auth/otp", json={"phone": person.phone}, headers=device.headers("POST", "/v1/auth/otp")
    )
    entry = {"challenge_id": asked.json()["challenge_id"], "code": await town.code(person.phone)}
    answer = await town.client.post(
        "/v1/auth/otp/verify", json=entry, headers=device.headers("POST", "/v1/auth/otp/verify")
    )
    assert answer.json()["account_id"] == str(person.account)
    return device, answer.json()


async def asks(
    client: httpx.AsyncClient, stranger: tuple[Device, Any], method: str, path: str, body: Any = None
) -> httpx.Response:
    device, made = stranger
    headers = device.headers(method, path, made["access_token"]) | {"Idempotency-Key": "0192f0c1-6d1e-7c3a"}
    return await client.request(method, path, json=body, headers=headers)


async def test_a_code_alone_on_a_new_device_is_the_lowest_level(
    client: httpx.AsyncClient, stranger: tuple[Device, Any], conn: asyncpg.Connection
) -> None:
    me = await asks(client, stranger, "GET", "/v1/me")

    assert me.json()["assurance_level"] == 0


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/me/phone", {"phone": "0381234567"}),
        ("POST", "/v1/me/phone/verify", {"challenge_id": "0192f0c1-6d1e-7c3a-9b1e-3f7c1f0e2a11", "code": "000000"}),
        ("POST", "/v1/me/identity/reveal", None),
        ("POST", "/v1/me/passkeys/registrations", None),
    ],
)
async def test_it_changes_nothing_and_sees_nothing_of_a_confirmed_identity(
    client: httpx.AsyncClient, stranger: tuple[Device, Any], method: str, path: str, body: Any
) -> None:
    refused = await asks(client, stranger, method, path, body)

    assert (refused.status_code, refused.json()["code"]) == (401, "insufficient_user_authentication"), refused.text
    assert int(refused.json()["acr_values"]) >= 1


async def test_the_old_device_hears_of_it(town: Town, person: Somebody, stranger: tuple[Device, Any]) -> None:
    assert "new_sign_in" in await town.notices(person.account)
