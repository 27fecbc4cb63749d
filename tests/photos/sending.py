"""A phone that sends pictures to the real storage, and the pictures it sends."""

import hashlib
import io
import random
import re
from typing import Any
from uuid import UUID, uuid4

import aiohttp
import asyncpg
import httpx
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from PIL import Image
from PIL.TiffImagePlugin import IFDRational
from yarl import URL

from longan.floor.database.tasks import Context, gathered
from longan.floor.pictures.object_storage import Storage
from longan.rooms.photos import tasks

Headers = dict[str, str]
DECLARED = gathered({"photos": tasks.TASKS})


def picture(kind: str = "JPEG", size: tuple[int, int] = (640, 480), **saved: Any) -> bytes:
    """A picture that is like no other."""
    image = Image.new("RGB", size, tuple(random.randrange(256) for _ in range(3)))
    image.paste((random.randrange(256), 10, 10), (5, 5, size[0] // 2, size[1] // 2))
    out = io.BytesIO()
    image.save(out, kind, **saved)
    return out.getvalue()


def taken_at(lat: tuple[float, ...], lon: tuple[float, ...], north: str = "N", east: str = "E") -> bytes:
    """A picture of a camera that writes down where it was, and its owner's name."""
    exif = Image.Exif()
    exif[0x013B] = "Nguyen Van Bi Mat"
    exif.get_ifd(0x8825).update(
        {1: north, 2: tuple(IFDRational(part) for part in lat), 3: east, 4: tuple(IFDRational(part) for part in lon)}
    )
    return picture(exif=exif)


def asked_for(content: bytes, content_type: str = "image/jpeg", **more: object) -> dict[str, object]:
    sha256 = hashlib.sha256(content).hexdigest()
    return {"content_type": content_type, "size": len(content), "sha256": sha256} | more


async def put(target: dict[str, Any], content: bytes, **headers: str) -> int:
    async with (
        aiohttp.ClientSession(skip_auto_headers=["Content-Type"]) as phone,
        phone.put(URL(target["put_url"], encoded=True), data=content, headers=target["headers"] | headers) as answer,
    ):
        return answer.status


async def promised(
    client: httpx.AsyncClient, me: Headers, content: bytes, kind: str = "image/jpeg", **more: object
) -> Any:
    answer = await client.post(
        "/v1/uploads", json=asked_for(content, kind, **more), headers=me | {"Idempotency-Key": str(uuid4())}
    )
    assert answer.status_code == 201, answer.text
    return answer.json()


async def work(context: Context, conn: asyncpg.Connection) -> int:
    """Run what was promised of the room until nothing is left; how many tasks there were."""
    done = 0
    while promised := await conn.fetch(
        "delete from pgqueuer where entrypoint = any($1) returning entrypoint, payload", list(tasks.TASKS)
    ):
        for row in promised:
            await DECLARED[row["entrypoint"]].run(context, row["payload"])
        done += len(promised)
    return done


async def sent(
    client: httpx.AsyncClient, me: Headers, context: Context, conn: asyncpg.Connection, content: bytes,
    kind: str = "image/jpeg", **more: object,
) -> Any:  # fmt: skip
    """The upload after a worker has looked at it."""
    target = await promised(client, me, content, kind, **more)
    assert await put(target, content) == 200
    completed = await client.post(f"/v1/uploads/{target['id']}/complete", headers=me)
    assert completed.json()["state"] == "pending", completed.text
    await work(context, conn)
    return (await client.get(f"/v1/uploads/{target['id']}", headers=me)).json()


async def clean_upload(
    client: httpx.AsyncClient, me: Headers, context: Context, conn: asyncpg.Connection, **more: object
) -> UUID:
    """A clean picture of the account of `me`."""
    found = await sent(client, me, context, conn, picture(), **more)
    assert found["state"] == "clean", found
    return UUID(found["id"])


async def objects(storage: Storage) -> set[str]:
    """The names of all objects in the bucket."""
    request = AWSRequest(method="GET", url=f"{storage._base}?list-type=2")
    S3SigV4QueryAuth(storage._credentials, "s3", storage._region, expires=60).add_auth(request)
    async with aiohttp.ClientSession() as asking, asking.get(URL(request.url, encoded=True)) as answer:
        assert answer.status == 200
        told = await answer.text()
    assert "<IsTruncated>false</IsTruncated>" in told
    return set(re.findall("<Key>([^<]*)</Key>", told))
