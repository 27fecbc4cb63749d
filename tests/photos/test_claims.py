"""Clean pictures are bound to one subject, once, and are seen by whom the subject is for."""

import asyncio
from uuid import UUID, uuid4

import aiohttp
import asyncpg
import httpx
import pytest
from yarl import URL

from longan.api.edge import Edge
from longan.floor.base.errors import FieldError
from longan.floor.database.tasks import Context
from longan.floor.pictures import uploads
from longan.floor.pictures.object_storage import Storage
from longan.floor.pictures.uploads import MOST_OF_A_SUBJECT, UploadNotUsable
from longan.rooms.photos import store
from longan.rooms.photos.models import MOST_A_DAY
from tests.conftest import Bearer, Real, TestClock, new_account
from tests.photos.sending import clean_upload, objects, work

INSERT = """insert into photos.uploads (id, account_id, purpose, content_type, size, sha256, key, state, width, height,
                                        lat, lon, created_at, put_until)
            values ($1, $2, $3, 'image/jpeg', 9, sha256('x'), replace(gen_random_uuid()::text, '-', ''), 'clean', 4, 3,
                    10.5, 106.4, now(), now())"""


async def clean(conn: asyncpg.Connection | asyncpg.Pool, account: UUID, purpose: str | None = None) -> UUID:
    upload = uuid4()
    await conn.execute(INSERT, upload, account, purpose)
    return upload


@pytest.fixture
async def owner(conn: asyncpg.Connection, app: Edge) -> UUID:
    return await new_account(conn, app)


async def test_claimed_pictures_keep_their_order_and_lose_their_place_on_earth(
    conn: asyncpg.Connection, owner: UUID, clock: TestClock
) -> None:
    sent, subject = [await clean(conn, owner) for _ in range(3)], uuid4()

    claimed = await uploads.claim(conn, owner, sent[::-1], "feedback", subject, clock())
    again = await uploads.claim(conn, owner, sent[::-1], "feedback", subject, clock())

    assert [photo.id for photo in claimed] == sent[::-1]
    assert again == claimed
    assert await uploads.of(conn, "feedback", [subject, uuid4()]) == {subject: claimed}
    assert await uploads.of(conn, "housing", [subject]) == {}
    assert await conn.fetchval("select count(*) from photos.uploads where lat is not null") == 0


async def test_what_cannot_be_claimed_is_named_by_its_place(
    conn: asyncpg.Connection, owner: UUID, app: Edge, clock: TestClock
) -> None:
    stranger = await new_account(conn, app)
    mine, theirs, used, other = [await clean(conn, each) for each in (owner, stranger, owner, owner)]
    await conn.execute("update photos.uploads set purpose = 'housing' where id = $1", other)
    waiting = await clean(conn, owner)
    await conn.execute(
        "update photos.uploads set state = 'pending', width = null, height = null where id = $1", waiting
    )
    await uploads.claim(conn, owner, [used], "feedback", uuid4(), clock())

    with pytest.raises(UploadNotUsable) as refused:
        await uploads.claim(conn, owner, [mine, theirs, used, other, waiting, uuid4()], "feedback", uuid4(), clock())

    assert refused.value.errors == (
        FieldError("/upload_ids/1", "not_found"), FieldError("/upload_ids/2", "not_found"),
        FieldError("/upload_ids/3", "not_found"), FieldError("/upload_ids/4", "not_ready"),
        FieldError("/upload_ids/5", "not_found"),
    )  # fmt: skip


async def test_a_subject_has_so_many_pictures(conn: asyncpg.Connection, owner: UUID, clock: TestClock) -> None:
    subject = uuid4()
    full = [await clean(conn, owner) for _ in range(MOST_OF_A_SUBJECT)]
    await uploads.claim(conn, owner, full, "housing", subject, clock())

    with pytest.raises(UploadNotUsable):
        await uploads.claim(conn, owner, [await clean(conn, owner)], "housing", subject, clock())


async def test_of_two_that_claim_one_picture_one_has_it(real: Real, clock: TestClock) -> None:
    owner = await real.account()
    for _ in range(5):
        sent = [await clean(real.pool, owner) for _ in range(3)]

        async def one(subject: UUID, wanted: list[UUID]) -> bool:
            async with real.pool.acquire() as tx:
                try:
                    async with tx.transaction():
                        await uploads.claim(tx, owner, wanted, "feedback", subject, clock())  # type: ignore[arg-type]
                except UploadNotUsable:
                    return False
                return True

        subjects = [uuid4(), uuid4()]
        done = await asyncio.gather(one(subjects[0], sent), one(subjects[1], sent[::-1]))
        held = await real.pool.fetch("select distinct subject from photos.uploads where id = any($1)", sent)

        assert sorted(done) == [False, True]
        assert [row["subject"] for row in held] == [subjects[done.index(True)]]


async def test_a_picture_is_public_while_its_subject_is(
    client: httpx.AsyncClient, bearer: Bearer, context: Context, conn: asyncpg.Connection, storage: Storage,
    clock: TestClock,
) -> None:  # fmt: skip
    me, subject = await bearer(), uuid4()
    upload = await clean_upload(client, me, context, conn, purpose="feedback")
    owner = await conn.fetchval("select account_id from photos.uploads where id = $1", upload)
    path = f"/v1/photos/{upload}"

    photos = await uploads.claim(conn, owner, [upload], "feedback", subject, clock())
    (private,) = uploads.links(storage, photos)
    unseen = await client.get(path)
    await uploads.set_public(conn, "feedback", subject, True)
    (public,) = uploads.links(storage, (await uploads.of(conn, "feedback", [subject]))[subject])
    shown, small = await client.get(path), await client.get(f"{path}?size=thumbnail")
    await uploads.set_public(conn, "feedback", subject, False)
    hidden = await client.get(path)

    assert unseen.status_code == hidden.status_code == 404
    assert (public.url, public.thumbnail_url) == (path, f"{path}?size=thumbnail")
    assert (shown.status_code, shown.headers["cache-control"]) == (302, "public, max-age=60")
    async with aiohttp.ClientSession() as phone:
        for url in (private.url, private.thumbnail_url, shown.headers["location"], small.headers["location"]):
            async with phone.get(URL(url, encoded=True)) as answer:
                assert (answer.status, answer.content_type) == (200, "image/jpeg")


async def test_a_picture_in_use_goes_with_its_subject_alone(
    client: httpx.AsyncClient, bearer: Bearer, context: Context, conn: asyncpg.Connection, storage: Storage,
    clock: TestClock,
) -> None:  # fmt: skip
    me, subject, before = await bearer(), uuid4(), await objects(storage)
    upload = await clean_upload(client, me, context, conn)
    owner = await conn.fetchval("select account_id from photos.uploads where id = $1", upload)
    await uploads.claim(conn, owner, [upload], "housing", subject, clock())

    refused = await client.delete(f"/v1/uploads/{upload}", headers=me)
    used = (await client.get(f"/v1/uploads/{upload}", headers=me)).json()
    await uploads.release(conn, "housing", subject, clock())
    await work(context, conn)

    assert (refused.status_code, refused.json()["code"]) == (409, "upload_in_use")
    assert (used["used"], used["deleted_at"]) == (True, None)
    assert await uploads.of(conn, "housing", [subject]) == {}
    assert await objects(storage) == before


async def test_two_at_once_do_not_pass_the_limit_of_a_day(real: Real) -> None:
    owner, now = await real.account(), real.app.app.state.clock()

    async def take() -> bool:
        async with real.pool.acquire() as tx, tx.transaction():
            return await store.take(tx, owner, 1, now)  # type: ignore[arg-type]

    taken = await asyncio.gather(*(take() for _ in range(MOST_A_DAY + 20)))

    assert sum(taken) == MOST_A_DAY
