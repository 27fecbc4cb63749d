"""Files that lie about themselves are refused and leave nothing behind; no worker ends by them."""

import hashlib
import io

import asyncpg
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from longan.floor.database.tasks import Context
from longan.floor.pictures import redrawing
from longan.floor.pictures.object_storage import Storage
from longan.floor.pictures.pictures import LONGEST_SIDE, MOST_PIXELS, Refused, outline
from tests.conftest import Bearer
from tests.photos.hostile import CASES, JPEG, PNG, WEBP
from tests.photos.sending import objects, picture, promised, put, sent, taken_at, work


@pytest.mark.parametrize("case", CASES)
async def test_a_hostile_file_is_refused_for_its_reason(case: str) -> None:
    content, kind, reason = CASES[case]

    with pytest.raises(Refused) as refused:
        await redrawing.redrawn(content, kind)

    assert refused.value.reason == reason


@pytest.mark.parametrize(
    "case",
    ["an SVG with a script", "a ZIP that unpacks to ten megabytes above its folder", "a JPEG and a ZIP",
     "50,000 x 50,000 pixels in the header of a PNG", "a text of a PNG that unpacks to a hundred megabytes"],
)  # fmt: skip
async def test_a_refused_file_leaves_nothing_in_the_bucket(
    client: httpx.AsyncClient, bearer: Bearer, context: Context, conn: asyncpg.Connection, storage: Storage, case: str
) -> None:
    content, kind, reason = CASES[case]
    before = await objects(storage)

    found = await sent(client, await bearer(), context, conn, content, kind)

    assert (found["state"], found["reason"]) == ("rejected", reason)
    assert (found["url"], found["thumbnail_url"], found["width"]) == (None, None, None)
    assert await objects(storage) == before


async def test_a_file_that_never_came_is_rejected(
    client: httpx.AsyncClient, bearer: Bearer, context: Context, conn: asyncpg.Connection
) -> None:
    me = await bearer()
    target = await promised(client, me, picture())

    await client.post(f"/v1/uploads/{target['id']}/complete", headers=me)
    await work(context, conn)

    found = (await client.get(f"/v1/uploads/{target['id']}", headers=me)).json()
    assert (found["state"], found["reason"]) == ("rejected", "not_uploaded")


@pytest.mark.parametrize(("other", "reason"), [(b"longer by far", "size_differs"), (None, "checksum_differs")])
async def test_a_storage_that_gives_other_bytes_than_were_promised_is_not_believed(
    client: httpx.AsyncClient, bearer: Bearer, context: Context, conn: asyncpg.Connection, storage: Storage,
    other: bytes | None, reason: str,
) -> None:  # fmt: skip
    me, content, before = await bearer(), picture(), await objects(storage)
    target = await promised(client, me, content)
    await put(target, content)
    (key,) = await objects(storage) - before
    await storage.put(context.http, key, other or bytes(len(content)), JPEG)

    await client.post(f"/v1/uploads/{target['id']}/complete", headers=me)
    await work(context, conn)

    found = (await client.get(f"/v1/uploads/{target['id']}", headers=me)).json()
    assert (found["state"], found["reason"]) == ("rejected", reason)
    assert await objects(storage) == before


@pytest.mark.parametrize("bound", [{"memory": 200 << 20}, {"memory": 20 << 20}, {"processor_seconds": 1}])
async def test_what_takes_more_than_its_process_may_ends_alone(bound: dict[str, int]) -> None:
    large = picture("PNG", (8_000, 7_900))

    with pytest.raises(Refused) as refused:
        await redrawing.redrawn(large, PNG, **bound)
    drawn = await redrawing.redrawn(picture(), JPEG)

    assert refused.value.reason == "too_demanding"
    assert (drawn.width, drawn.height) == (640, 480)


async def test_a_picture_as_large_as_may_be_is_drawn() -> None:
    drawn = await redrawing.redrawn(picture("PNG", (8_000, 7_900)), PNG)

    assert (drawn.width, drawn.height) == (2048, 2022)


async def test_a_film_behind_the_picture_of_a_phone_is_no_fault_and_is_gone() -> None:
    film = b"\0\0\0\x18ftypmp42" + bytes(range(256)) * 100

    drawn = await redrawing.redrawn(picture() + film, JPEG)

    assert b"ftyp" not in drawn.picture


async def test_a_picture_is_turned_upright_and_glass_becomes_white() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    out = io.BytesIO()
    Image.new("RGBA", (30, 20), (0, 0, 0, 0)).save(out, "PNG")

    turned = await redrawing.redrawn(picture(size=(400, 200), exif=exif), JPEG)
    clear = await redrawing.redrawn(out.getvalue(), PNG)

    assert (turned.width, turned.height) == (200, 400)
    assert min(Image.open(io.BytesIO(clear.picture)).getpixel((5, 5))) > 250  # type: ignore[type-var, arg-type]


@pytest.mark.parametrize(
    ("lat", "lon", "sides", "found"),
    [
        (((10, 32, 24)), (106, 24, 36), ("N", "E"), (10.54, 106.41)),
        ((33, 52, 4.8), (151, 12, 36), ("S", "E"), (-33.868, 151.21)),
        ((95, 0, 0), (106, 0, 0), ("N", "E"), None),
        ((0, 0, 0), (0, 0, 0), ("N", "E"), None),
        ((10, 0, 0), (106, 0, 0), ("X", "E"), None),
    ],
)
def test_where_it_was_taken_is_read_only_if_it_is_a_place(
    lat: tuple[float, ...], lon: tuple[float, ...], sides: tuple[str, str], found: tuple[float, float] | None
) -> None:
    assert redrawing.draw(taken_at(lat, lon, *sides), "image/jpeg").location == found


@given(
    st.binary(max_size=400), st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\x40\0\0\0WEBPVP8X"])
)
def test_any_bytes_are_a_picture_or_a_refusal(content: bytes, begin: bytes) -> None:
    try:
        found = outline(begin + content)
    except Refused:
        return
    assert found.width * found.height <= MOST_PIXELS and max(found.width, found.height) <= LONGEST_SIDE


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["JPEG", "PNG", "WEBP"]), st.integers(1, 300), st.integers(1, 300), st.booleans())
def test_the_outline_says_what_another_reader_says(kind: str, width: int, height: int, plain: bool) -> None:
    more = {"JPEG": {"progressive": plain}, "PNG": {"compress_level": 1}, "WEBP": {"lossless": plain}}[kind]
    content = picture(kind, (width, height), **more)

    found = outline(content)

    assert found.kind == f"image/{kind.lower()}"
    assert (found.width, found.height) == Image.open(io.BytesIO(content)).size == (width, height)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([JPEG, PNG, WEBP]), st.data())
def test_a_picture_with_a_changed_byte_is_a_picture_or_a_refusal(kind: str, data: st.DataObject) -> None:
    content = bytearray(picture(kind.removeprefix("image/").upper(), (40, 30)))
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))

    try:
        drawn = redrawing.draw(bytes(content), kind)  # type: ignore[arg-type]
    except Refused:
        return
    assert max(drawn.width, drawn.height) <= 2048


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(["JPEG", "PNG", "WEBP"]), st.data())
def test_a_picture_cut_short_is_refused(kind: str, data: st.DataObject) -> None:
    content = picture(kind, (60, 40))
    cut = content[: data.draw(st.integers(0, len(content) - 1))]

    with pytest.raises(Refused):
        outline(cut)


def test_the_same_picture_is_drawn_the_same() -> None:
    content = picture()

    first, again = (redrawing.draw(content, "image/jpeg").picture for _ in range(2))

    assert hashlib.sha256(first).digest() == hashlib.sha256(again).digest()
