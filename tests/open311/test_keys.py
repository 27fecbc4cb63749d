"""Keys of partners: given by administrators, shown once, good until they are taken back."""

from typing import Any

import asyncpg
import httpx
import pytest

from longan.api.edge import Edge
from longan.floor.setup.crypto import digest
from tests.conftest import Bearer, new_account
from tests.open311.speaking import HERE

KEYS = "/v1/staff/open311-keys"
GIVEN = {"partner": "Trung tâm giám sát", "reason": "Thỏa thuận số 12"}


@pytest.fixture
async def administrator(conn: asyncpg.Connection, app: Edge, bearer: Bearer) -> dict[str, str]:
    return await bearer(await new_account(conn, app, role="administrator"), audience="official", acr=3)


async def test_a_key_is_shown_once_and_kept_as_its_digest(
    client: httpx.AsyncClient, conn: asyncpg.Connection, administrator: dict[str, str]
) -> None:
    answer = await client.post(KEYS, json=GIVEN, headers=administrator)

    secret = answer.json()["api_key"]
    row = await conn.fetchrow("select k::text as all, digest from open311_keys.keys k")
    assert row["digest"] == digest(secret)
    assert secret not in row["all"]
    assert secret not in (await client.get(KEYS, headers=administrator)).text
    assert (
        secret not in str(await conn.fetch("select t::text from floor.answers t"))
        if await conn.fetchval("select to_regclass('floor.answers')")
        else True
    )
    assert answer.headers["cache-control"] == "no-store"
    assert (await client.post("/open311/v2/requests.json", data={"api_key": secret, **HERE})).status_code == 200


async def test_a_key_that_was_taken_back_is_no_key(
    client: httpx.AsyncClient, conn: asyncpg.Connection, administrator: dict[str, str]
) -> None:
    given = (await client.post(KEYS, json=GIVEN, headers=administrator)).json()
    path = f"{KEYS}/{given['key']['id']}/revocation"

    statuses = [
        (await client.post(path, json={"reason": "Hết hạn"}, headers=administrator)).status_code for _ in range(2)
    ]

    assert statuses == [204, 404]
    posted = await client.post("/open311/v2/requests.json", data={"api_key": given["api_key"], **HERE})
    assert posted.status_code == 403
    acts = await conn.fetch("select act, reason from open311_keys.acts order by at, id")
    assert [tuple(act) for act in acts] == [("given", "Thỏa thuận số 12"), ("revoked", "Hết hạn")]


async def test_keys_are_for_administrators_at_their_passkey(
    client: httpx.AsyncClient, conn: asyncpg.Connection, app: Edge, bearer: Bearer
) -> None:
    account = await new_account(conn, app, role="administrator")
    callers: list[Any] = [
        await bearer(await new_account(conn, app, role="official"), audience="official", acr=3),
        await bearer(account, audience="official", acr=2), await bearer(),
    ]  # fmt: skip

    assert [(await client.post(KEYS, json=GIVEN, headers=who)).status_code for who in callers] == [403, 401, 401]
    assert (await client.get(KEYS, headers=callers[0])).status_code == 403


async def test_a_key_is_for_jurisdictions_that_are_served(
    client: httpx.AsyncClient, administrator: dict[str, str]
) -> None:
    answer = await client.post(KEYS, json={**GIVEN, "jurisdictions": ["80", "sfgov.org"]}, headers=administrator)

    assert (answer.status_code, answer.json()["code"]) == (422, "jurisdiction_not_served")
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/jurisdictions/1"]
