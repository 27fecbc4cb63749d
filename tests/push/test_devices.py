"""Registering a phone over HTTP: one row for an installation, one owner for a target."""

import asyncio
from uuid import uuid4

import asyncpg
import httpx
import pytest

from tests.conftest import Bearer, Real

PHONE = {"target": "dmLz9wXoQ7qk3Yf1rT0aBc", "target_kind": "fid", "platform": "android", "locale": "vi"}


def path(installation: str) -> str:
    return f"/v1/me/devices/{installation}"


async def devices(conn: asyncpg.Connection) -> list[asyncpg.Record]:
    return await conn.fetch(
        "select installation_id, account_id, target, session_id from push.devices order by installation_id"
    )


async def test_a_phone_is_registered_and_its_target_is_not_shown_again(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection
) -> None:
    answer = await client.put(path("installation-1"), json=PHONE, headers=await bearer())

    assert answer.status_code == 200
    assert answer.json() | {"registered_at": ""} == {
        "installation_id": "installation-1", "target_kind": "fid", "platform": "android", "locale": "vi",
        "registered_at": "",
    }  # fmt: skip
    assert [row["target"] for row in await devices(conn)] == [PHONE["target"]]


async def test_registering_again_changes_the_one_row(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection
) -> None:
    me = await bearer()
    await client.put(path("installation-1"), json=PHONE, headers=me)
    await conn.execute("update push.devices set out_of_use_at = now(), out_of_use_for = 'unregistered'")

    answer = await client.put(path("installation-1"), json={**PHONE, "target": "another-target"}, headers=me)

    assert answer.status_code == 200
    assert [row["target"] for row in await devices(conn)] == ["another-target"]
    assert await conn.fetchval("select out_of_use_at is null from push.devices")


@pytest.mark.parametrize("installation", ["installation-1", "installation-2"])
async def test_a_phone_is_taken_from_its_former_owner(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, installation: str
) -> None:
    former, later = await bearer(), await bearer()
    await client.put(path("installation-1"), json=PHONE, headers=former)

    answer = await client.put(path(installation), json=PHONE, headers=later)

    assert answer.status_code == 200
    assert [row["installation_id"] for row in await devices(conn)] == [installation]
    assert (await client.delete(path("installation-1"), headers=former)).status_code == 404
    assert (await client.delete(path(installation), headers=later)).status_code == 204


async def test_unregistering_twice_finds_nothing_the_second_time(client: httpx.AsyncClient, bearer: Bearer) -> None:
    me = await bearer()
    await client.put(path("installation-1"), json=PHONE, headers=me)

    answers = [await client.delete(path("installation-1"), headers=me) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [204, 404]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"target": "short"}, "/target"),
        ({"target": "x" * 1025}, "/target"),
        ({"target": "with space in it"}, "/target"),
        ({"target": "đ" * 20}, "/target"),
        ({"target": "trailing-newline\n"}, "/target"),
        ({"target_kind": "apns"}, "/target_kind"),
        ({"platform": "windows"}, "/platform"),
        ({"locale": "fr"}, "/locale"),
        ({"more": 1}, "/more"),
    ],
)
async def test_a_wrong_field_is_named(
    client: httpx.AsyncClient, bearer: Bearer, change: dict[str, object], pointer: str
) -> None:
    answer = await client.put(path("installation-1"), json={**PHONE, **change}, headers=await bearer())

    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


@pytest.mark.parametrize(
    ("installation", "status"),
    [
        ("short", 400),
        ("x" * 129, 404),
        ("with%20space", 404),
        ("%C4%91%C4%91%C4%91%C4%91%C4%91", 404),
        ("newline-1%0A", 404),
    ],
)
async def test_a_wrong_installation_id_is_refused(
    client: httpx.AsyncClient, bearer: Bearer, installation: str, status: int
) -> None:
    answer = await client.put(path(installation), json=PHONE, headers=await bearer())

    assert answer.status_code == status


async def test_nobody_registers_a_phone_without_signing_in(client: httpx.AsyncClient) -> None:
    assert (await client.put(path("installation-1"), json=PHONE)).status_code == 401


async def test_one_target_claimed_by_many_at_once_ends_with_one_of_them(real: Real) -> None:
    everybody = [await real.bearer() for _ in range(8)]

    answers = await asyncio.gather(
        *(real.client.put(path(f"installation-{uuid4()}"), json=PHONE, headers=headers) for headers in everybody)
    )

    assert [answer.status_code for answer in answers] == [200] * 8
    assert await real.pool.fetchval("select count(*) from push.devices") == 1
