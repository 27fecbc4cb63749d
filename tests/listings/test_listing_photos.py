"""Pictures of a listing: bound in their order, public as long as it is open, gone when they are not named any more."""

from uuid import UUID

import asyncpg
import httpx
import pytest

from longan.api.edge import Edge
from longan.floor.pictures.object_storage import Storage
from tests.conftest import Bearer, new_account
from tests.listings.renting import UNKNOWN, drafted, picture, stepped


@pytest.fixture(autouse=True)
def somewhere(app: Edge) -> object:
    """A storage whose addresses are only signed."""
    app.app.state.storage = Storage("http://127.0.0.1:9", "longan", "us-east-1", "longan", "x" * 16)
    yield
    app.app.state.storage = None


async def public(conn: asyncpg.Connection, housing: str) -> list[bool]:
    rows = await conn.fetch(
        "select is_public from photos.uploads where subject = $1 order by place", UUID(housing)
    )  # fmt: skip
    return [row[0] for row in rows]


async def test_pictures_are_public_only_while_the_listing_is_open(
    client: httpx.AsyncClient, conn: asyncpg.Connection, app: Edge, bearer: Bearer
) -> None:
    account = await new_account(conn, app)
    who = await bearer(account)
    made = (await drafted(client, who))["id"]
    sent = [str(await picture(conn, account)) for _ in range(2)]

    answer = await client.put(f"/v1/housing/{made}/photos", json={"upload_ids": sent}, headers=who)
    hidden = await public(conn, made)
    await stepped(client, who, made, "publish")
    shown = (await client.get(f"/v1/housing/{made}")).json()["photos"]
    await stepped(client, who, made, "close")

    assert [item["id"] for item in answer.json()["items"]] == sent
    assert hidden == [False, False]
    assert [photo["url"] for photo in shown] == [f"/v1/photos/{each}" for each in sent]
    assert await public(conn, made) == [False, False]


async def test_what_is_not_named_any_more_is_deleted_and_the_rest_has_the_new_order(
    client: httpx.AsyncClient, conn: asyncpg.Connection, app: Edge, bearer: Bearer
) -> None:
    account = await new_account(conn, app)
    who = await bearer(account)
    made = (await drafted(client, who))["id"]
    a, b, c = [str(await picture(conn, account)) for _ in range(3)]
    await client.put(f"/v1/housing/{made}/photos", json={"upload_ids": [a, b]}, headers=who)

    answer = await client.put(f"/v1/housing/{made}/photos", json={"upload_ids": [c, a]}, headers=who)

    assert [item["id"] for item in answer.json()["items"]] == [c, a]
    assert (await client.get(f"/v1/me/housing/{made}", headers=who)).json()["photo_ids"] == [c, a]
    assert await conn.fetchval("select count(*) from photos.uploads where id = $1", UUID(b)) == 0
    assert await conn.fetchval("select count(*) from photos.leavings") == 1


async def test_a_picture_of_somebody_else_is_named_by_its_place_and_nothing_changes(
    client: httpx.AsyncClient, conn: asyncpg.Connection, app: Edge, bearer: Bearer
) -> None:
    account, stranger = await new_account(conn, app), await new_account(conn, app)
    who = await bearer(account)
    made = (await drafted(client, who))["id"]
    mine, theirs = str(await picture(conn, account)), str(await picture(conn, stranger))
    await client.put(f"/v1/housing/{made}/photos", json={"upload_ids": [mine]}, headers=who)

    refused = await client.put(f"/v1/housing/{made}/photos", json={"upload_ids": [mine, theirs]}, headers=who)
    twice = await client.put(f"/v1/housing/{made}/photos", json={"upload_ids": [mine, mine]}, headers=who)
    foreign = await client.put(f"/v1/housing/{made}/photos", json={"upload_ids": []}, headers=await bearer(stranger))
    unknown = await client.put(f"/v1/housing/{UNKNOWN}/photos", json={"upload_ids": []}, headers=who)

    assert (refused.status_code, refused.json()["code"]) == (422, "upload_not_usable")
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/upload_ids/1"]
    assert twice.status_code == 400
    assert (foreign.status_code, unknown.status_code) == (404, 404)
