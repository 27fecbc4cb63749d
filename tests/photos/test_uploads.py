"""Pictures from a phone to the storage: promised, put, checked, shown, counted, taken back."""

import asyncio
import io
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import httpx
import msgspec
import pytest
from PIL import Image

from longan.api.edge import Edge
from longan.floor.database.tasks import Context
from longan.floor.pictures.object_storage import Storage
from longan.rooms.photos import tasks
from longan.rooms.photos.models import MOST_A_DAY, MOST_BYTES, MOST_BYTES_A_DAY
from tests.conftest import Bearer, TestClock
from tests.photos.sending import asked_for, objects, picture, promised, put, sent, taken_at, work

SOMEWHERE = ((10.0, 32.0, 24.0), (106.0, 24.0, 36.0))


async def fetched(url: str) -> tuple[int, bytes]:
    async with httpx.AsyncClient(trust_env=False) as phone:
        answer = await phone.get(url)
    return answer.status_code, answer.content


@pytest.mark.parametrize(
    ("kind", "content_type"), [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp")]
)
async def test_a_picture_becomes_clean_and_what_came_in_is_gone(
    client: httpx.AsyncClient, bearer: Bearer, context: Context, conn: asyncpg.Connection, storage: Storage, kind: str,
    content_type: str,
) -> None:  # fmt: skip
    before = await objects(storage)

    found = await sent(client, await bearer(), context, conn, picture(kind, (3000, 1000)), content_type)

    assert (found["state"], found["reason"], found["used"]) == ("clean", None, False)
    assert (found["width"], found["height"]) == (2048, 683)
    made = await objects(storage) - before
    assert {name.partition("/")[0] for name in made} == {"pictures", "thumbnails"}
    whole, small = [Image.open(io.BytesIO((await fetched(found[url]))[1])) for url in ("url", "thumbnail_url")]
    assert (whole.format, whole.size) == ("JPEG", (2048, 683))
    assert (small.format, max(small.size)) == ("JPEG", 320)


async def test_the_storage_takes_nothing_but_what_was_promised(
    client: httpx.AsyncClient, bearer: Bearer, storage: Storage
) -> None:
    before = await objects(storage)
    content = picture()
    target = await promised(client, await bearer(), content)

    assert await put(target, bytes(len(content))) >= 400
    assert await put(target, content + b"x", **{"Content-Length": str(len(content) + 1)}) >= 400
    assert await put(target, content, **{"Content-Type": "text/html"}) >= 400
    assert await put({**target, "put_url": target["put_url"].replace("incoming/", "incoming/../")}, content) >= 400
    assert await put({**target, "put_url": target["put_url"].replace("incoming/", "pictures/")}, content) >= 400
    assert await objects(storage) == before
    assert await put(target, content) == 200


async def test_nobody_reads_the_bucket_without_an_address_from_us(
    client: httpx.AsyncClient, bearer: Bearer, context: Context, conn: asyncpg.Connection
) -> None:
    found = await sent(client, await bearer(), context, conn, picture())

    assert (await fetched(found["url"]))[0] == 200
    assert (await fetched(found["url"].partition("?")[0]))[0] == 403
    assert (await fetched(found["url"].replace("pictures/", "incoming/")))[0] == 403
    assert (await fetched(found["thumbnail_url"].partition("?")[0].rpartition("/thumbnails")[0]))[0] == 403


async def test_the_same_request_again_is_the_same_upload(
    client: httpx.AsyncClient, bearer: Bearer, storage: Storage
) -> None:
    me, body = await bearer(), asked_for(picture())

    first, again = [await client.post("/v1/uploads", json=body, headers=me) for _ in range(2)]

    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert again.headers["idempotent-replayed"] == "true"


async def test_completing_twice_looks_once(
    client: httpx.AsyncClient, bearer: Bearer, context: Context, conn: asyncpg.Connection
) -> None:
    me, content = await bearer(), picture()
    target = await promised(client, me, content)
    await put(target, content)

    states = [(await client.post(f"/v1/uploads/{target['id']}/complete", headers=me)).json()["state"] for _ in range(2)]
    promised_tasks = await conn.fetchval("select count(*) from pgqueuer where entrypoint = 'check_upload'")
    await work(context, conn)
    after = await client.post(f"/v1/uploads/{target['id']}/complete", headers=me)

    assert states == ["pending", "pending"]
    assert promised_tasks == 1
    assert after.json()["state"] == "clean"


@pytest.mark.parametrize(
    "wrong",
    [{"size": 0}, {"size": MOST_BYTES + 1}, {"sha256": "F" * 64}, {"sha256": "../../etc"},
     {"content_type": "image/svg+xml"}, {"content_type": "image/heic"}, {"purpose": "avatar"},
     {"name": "../../etc/passwd"}],
)  # fmt: skip
async def test_what_cannot_be_a_picture_is_not_promised(
    client: httpx.AsyncClient, bearer: Bearer, storage: Storage, wrong: dict[str, object]
) -> None:
    answer = await client.post("/v1/uploads", json=asked_for(picture(), **wrong), headers=await bearer())

    assert answer.status_code in (400, 422)
    assert answer.json()["errors"][0]["pointer"] == f"/{next(iter(wrong))}"


async def test_an_account_sends_so_many_pictures_a_day_and_deleting_gives_none_back(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, storage: Storage, clock: TestClock
) -> None:
    me = await bearer()
    await conn.execute(
        """insert into photos.days (account_id, day, uploads, bytes)
           select account_id, ($1::timestamptz at time zone 'Asia/Ho_Chi_Minh')::date, $2, 1000
             from sessions.sessions order by id desc limit 1""",
        clock(), MOST_A_DAY - 1,
    )  # fmt: skip
    last = await promised(client, me, picture())

    await client.delete(f"/v1/uploads/{last['id']}", headers=me)
    refused = await client.post(
        "/v1/uploads", json=asked_for(picture()), headers=me | {"Idempotency-Key": str(uuid4())}
    )
    clock.shift(timedelta(days=1))
    me = await bearer(await conn.fetchval("select account_id from photos.days where uploads = $1", MOST_A_DAY))
    tomorrow = await client.post("/v1/uploads", json=asked_for(picture()), headers=me)

    assert (refused.status_code, refused.json()["code"]) == (429, "upload_limit_reached")
    assert 0 < int(refused.headers["retry-after"]) <= 86_400
    assert tomorrow.status_code == 201


async def test_an_account_sends_so_many_bytes_a_day(
    client: httpx.AsyncClient, bearer: Bearer, storage: Storage
) -> None:
    me, full = await bearer(), MOST_BYTES_A_DAY // MOST_BYTES
    answers = [
        await client.post(
            "/v1/uploads", json=asked_for(b"x") | {"size": MOST_BYTES}, headers=me | {"Idempotency-Key": str(uuid4())}
        )
        for _ in range(full + 1)
    ]

    assert [answer.status_code for answer in answers] == [201] * full + [429]


async def test_the_upload_of_somebody_else_is_not_there(
    client: httpx.AsyncClient, bearer: Bearer, context: Context, conn: asyncpg.Connection
) -> None:
    found = await sent(client, await bearer(), context, conn, picture())
    stranger = await bearer()

    answers = [
        await client.get(f"/v1/uploads/{found['id']}", headers=stranger),
        await client.post(f"/v1/uploads/{found['id']}/complete", headers=stranger),
        await client.delete(f"/v1/uploads/{found['id']}", headers=stranger),
        await client.get(f"/v1/photos/{found['id']}"),
    ]

    assert [answer.status_code for answer in answers] == [404] * 4


async def test_what_is_deleted_leaves_nothing_behind(
    client: httpx.AsyncClient, bearer: Bearer, context: Context, conn: asyncpg.Connection, storage: Storage
) -> None:
    me, before = await bearer(), await objects(storage)
    found = await sent(client, me, context, conn, picture())

    deleted = await client.delete(f"/v1/uploads/{found['id']}", headers=me)
    await work(context, conn)

    assert deleted.status_code == 204
    assert (await client.get(f"/v1/uploads/{found['id']}", headers=me)).status_code == 404
    assert await objects(storage) == before


async def test_what_is_put_again_after_the_end_is_cleared_away_too(
    client: httpx.AsyncClient, bearer: Bearer, context: Context, conn: asyncpg.Connection, storage: Storage,
    clock: TestClock,
) -> None:  # fmt: skip
    me, before, content = await bearer(), await objects(storage), b"\xff\xd8\xff no picture"
    target = await promised(client, me, content)
    await put(target, content)
    await client.post(f"/v1/uploads/{target['id']}/complete", headers=me)
    await work(context, conn)
    assert await objects(storage) == before

    assert await put(target, content) == 200
    clock.shift(timedelta(minutes=11))
    await tasks.clear_leavings(context)

    assert await objects(storage) == before
    assert await conn.fetchval("select count(*) from photos.leavings") == 0


async def test_what_nobody_uses_is_gone_after_a_day(
    client: httpx.AsyncClient, bearer: Bearer, context: Context, conn: asyncpg.Connection, storage: Storage,
    clock: TestClock,
) -> None:  # fmt: skip
    me, before = await bearer(), await objects(storage)
    found = await sent(client, me, context, conn, picture())
    waiting = await promised(client, me, content := picture())
    await put(waiting, content)

    clock.shift(timedelta(hours=23))
    await tasks.remove_unclaimed_uploads(context)
    kept = await conn.fetchval("select count(*) from photos.uploads")
    clock.shift(timedelta(hours=1, minutes=1))
    await tasks.remove_unclaimed_uploads(context)
    await work(context, conn)

    assert kept == 2
    assert await conn.fetchval("select count(*) from photos.uploads") == 0
    assert await objects(storage) == before
    assert (await fetched(found["url"]))[0] == 404


async def test_where_a_picture_was_taken_is_told_with_consent_only_and_never_stays_in_it(
    client: httpx.AsyncClient, bearer: Bearer, context: Context, conn: asyncpg.Connection
) -> None:
    me = await bearer()

    without = await sent(client, me, context, conn, taken_at(*SOMEWHERE))
    agreed = await client.put("/v1/me/consents/photo_location", json={"version": 1}, headers=me)
    given = await sent(client, me, context, conn, taken_at(*SOMEWHERE))
    withdrawn = await client.post("/v1/me/consents/photo_location/withdraw", headers=me)
    after = (await client.get(f"/v1/uploads/{given['id']}", headers=me)).json()
    await tasks.remove_unclaimed_uploads(context)

    assert agreed.status_code == 200 and withdrawn.status_code < 300
    assert without["location"] is None
    assert given["location"] == {"lat": 10.54, "lon": 106.41}
    assert after["location"] is None
    assert await conn.fetchval("select count(*) from photos.uploads where lat is not null") == 0
    for found in (without, given):
        for url in (found["url"], found["thumbnail_url"]):
            content = (await fetched(url))[1]
            assert content[:2] == b"\xff\xd8"
            assert not Image.open(io.BytesIO(content)).getexif()
            assert b"Bi Mat" not in content and b"Exif" not in content


async def test_without_storage_uploads_answer_503(client: httpx.AsyncClient, bearer: Bearer, app: Edge) -> None:
    app.app.state.storage = None

    answer = await client.post("/v1/uploads", json=asked_for(picture()), headers=await bearer())

    assert (answer.status_code, answer.json()["code"]) == (503, "storage_unavailable")
    assert int(answer.headers["retry-after"]) > 0


async def test_while_the_worker_does_not_reach_the_storage_nothing_is_promised(
    client: httpx.AsyncClient, bearer: Bearer, context: Context, conn: asyncpg.Connection, clock: TestClock
) -> None:
    me = await bearer()
    nowhere = msgspec.structs.replace(context.settings, s3_url="http://127.0.0.1:9")
    away = Context(**{name: getattr(context, name) for name in Context.__slots__} | {"settings": nowhere})
    content = picture()
    target = await promised(client, me, content)
    await put(target, content)
    await client.post(f"/v1/uploads/{target['id']}/complete", headers=me)

    await work(away, conn)
    refused = await client.post("/v1/uploads", json=asked_for(content), headers=me | {"Idempotency-Key": str(uuid4())})
    pending = (await client.get(f"/v1/uploads/{target['id']}", headers=me)).json()["state"]
    await tasks.watch_storage(context)
    at_once = await work(context, conn)
    clock.shift(timedelta(minutes=3))
    await tasks.watch_storage(context)
    await work(context, conn)

    assert (refused.status_code, refused.json()["code"]) == (503, "storage_unavailable")
    assert pending == "pending"
    assert at_once == 0
    me = await bearer(await conn.fetchval("select account_id from photos.uploads"))
    assert (await client.get(f"/v1/uploads/{target['id']}", headers=me)).json()["state"] == "clean"
    assert (await client.post("/v1/uploads", json=asked_for(content), headers=me)).status_code == 201


async def test_a_picture_that_was_deleted_while_it_was_looked_at_leaves_nothing(
    client: httpx.AsyncClient, bearer: Bearer, context: Context, conn: asyncpg.Connection, storage: Storage
) -> None:
    me, before, content = await bearer(), await objects(storage), picture()
    target = await promised(client, me, content)
    await put(target, content)
    await client.post(f"/v1/uploads/{target['id']}/complete", headers=me)

    looking = asyncio.create_task(tasks.check_upload(context, upload_id=UUID(target["id"])))
    while not await context.pool.fetchval("select count(*) from photos.uploads where tried_at is not null"):
        await asyncio.sleep(0)
    deleted = await client.delete(f"/v1/uploads/{target['id']}", headers=me)
    await looking
    await work(context, conn)

    assert deleted.status_code == 204
    assert await objects(storage) == before
