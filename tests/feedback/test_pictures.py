"""Pictures of a report: they come with it or it does not come; nobody sees them before an official has said so."""

from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx

from longan.floor.database.tasks import Context
from longan.floor.pictures import uploads
from longan.floor.pictures.object_storage import Storage
from tests.conftest import Bearer
from tests.feedback.reporting import WARD, draft, publish, seen, send, sent, step
from tests.photos.conftest import context
from tests.photos.sending import clean_upload, picture, promised, taken_at
from tests.photos.sending import sent as uploaded

__all__ = ["context"]

Client = httpx.AsyncClient
Headers = dict[str, str]


async def photos(client: Client, me: Headers, report: str) -> list[Any]:
    answer = await client.get(f"/v1/feedback/{report}/photos", headers=me)
    assert answer.status_code == 200, answer.text
    found: list[Any] = answer.json()["items"]
    return found


async def test_pictures_come_with_a_report_and_are_its_senders_until_they_are_public(
    client: Client, bearer: Bearer, conn: asyncpg.Connection, context: Context, storage: Storage
) -> None:
    me, other = await bearer(), await bearer()
    first, second = [await clean_upload(client, me, context, conn) for _ in range(2)]
    report = (await sent(client, me, media=[str(second), str(first)]))["id"]
    await publish(conn, report)

    mine, theirs = await photos(client, me, report), await photos(client, other, report)
    await uploads.set_public(conn, "feedback", UUID(report), public=True)
    public = await photos(client, other, report)
    await client.post(f"/v1/feedback/{report}/withdrawal", json={}, headers=me)
    gone = await client.get(f"/v1/feedback/{report}/photos", headers=other)

    assert [each["photo"]["id"] for each in mine] == [str(second), str(first)]
    assert mine[0]["photo"]["url"].startswith("http")
    assert theirs == []
    assert public[0]["photo"]["url"] == f"/v1/photos/{second}"
    assert gone.status_code == 404
    assert await conn.fetchval("select bool_or(is_public) from photos.uploads") is False
    assert (await seen(client, me, report))["photos"] == 2


async def test_a_picture_that_was_refused_leaves_no_report_and_the_draft_is_sent_without_it(
    client: Client, bearer: Bearer, conn: asyncpg.Connection, context: Context, storage: Storage
) -> None:
    me, identifier = await bearer() | {"Idempotency-Key": str(uuid4())}, str(uuid4())
    good = await clean_upload(client, me, context, conn)
    liar = await uploaded(client, me, context, conn, b"<svg onload=alert(1)>" + picture()[:200])
    pending = (await promised(client, me, picture()))["id"]
    body = draft(client_id=identifier, media=[str(good), liar["id"], pending])

    refused = await client.post("/v1/feedback", json=body, headers=me)
    kept = await conn.fetchval("select count(*) from feedback.reports")
    made = await client.post("/v1/feedback", json=body | {"media": [str(good)]}, headers=me)

    assert liar["state"] == "rejected"
    assert (refused.status_code, refused.json()["code"]) == (422, "upload_not_usable")
    assert [(each["pointer"], each["code"]) for each in refused.json()["errors"]] == [
        ("/media/1", "not_found"), ("/media/2", "not_ready"),
    ]  # fmt: skip
    assert kept == 0
    assert made.status_code == 201, made.text
    assert [each["photo"]["id"] for each in await photos(client, me, made.json()["id"])] == [str(good)]


async def test_a_picture_of_somebody_else_or_of_another_report_is_none_of_mine(
    client: Client, bearer: Bearer, conn: asyncpg.Connection, context: Context, storage: Storage
) -> None:
    me, other = await bearer(), await bearer()
    mine = await clean_upload(client, me, context, conn)
    await sent(client, me, media=[str(mine)])

    answers = [await send(client, who, media=[str(mine)]) for who in (me, other)]

    assert [each.status_code for each in answers] == [422, 422]
    assert await conn.fetchval("select count(*) from feedback.reports") == 1


async def test_where_a_picture_was_taken_is_the_point_of_its_report_with_consent_only_and_is_forgotten_then(
    client: Client, bearer: Bearer, conn: asyncpg.Connection, context: Context, storage: Storage
) -> None:
    me, other = await bearer(), await bearer()
    await client.put("/v1/me/consents/photo_location", json={"version": 1}, headers=me)
    mine, theirs = [
        await uploaded(client, who, context, conn, taken_at((10, 36, 0), (106, 24, 0))) for who in (me, other)
    ]
    before = await conn.fetchval("select count(*) from photos.uploads where lat is not null")

    made = await sent(client, me, media=[mine["id"]], lat=None, lon=None)
    refused = await send(client, other, media=[theirs["id"]], lat=None, lon=None)

    report = await seen(client, me, made["id"])
    assert (report["lat"], report["lon"], report["ward_code"]) == (10.6, 106.4, WARD)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/lat")
    assert before == 1
    assert await conn.fetchval("select count(*) from photos.uploads where lat is not null") == 0


async def test_a_picture_taken_elsewhere_than_the_ward_that_was_given_is_not_believed(
    client: Client, bearer: Bearer, conn: asyncpg.Connection, context: Context, storage: Storage
) -> None:
    me = await bearer()
    await client.put("/v1/me/consents/photo_location", json={"version": 1}, headers=me)
    found = await uploaded(client, me, context, conn, taken_at((21, 0, 0), (105, 48, 0)))

    made = await sent(client, me, media=[found["id"]], lat=None, lon=None, ward_code=WARD)

    report = await seen(client, me, made["id"])
    assert (report["lat"], report["lon"], report["ward_code"]) == (None, None, WARD)


async def test_a_supplement_brings_pictures_that_stand_beside_it(
    client: Client, bearer: Bearer, conn: asyncpg.Connection, context: Context, storage: Storage
) -> None:
    me = await bearer()
    report = (await sent(client, me))["id"]
    await step(conn, report, "yeu_cau_bo_sung")
    more = await clean_upload(client, me, context, conn)

    said = await client.post(
        f"/v1/feedback/{report}/supplement", json={"words": "Đây.", "media": [str(more)]}, headers=me
    )

    moves = said.json()["moves"]
    assert [move["photos"] for move in moves] == [0, 0, 1]
    assert [each["move_id"] for each in await photos(client, me, report)] == [moves[-1]["id"]]
