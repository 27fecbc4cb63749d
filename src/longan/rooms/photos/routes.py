"""HTTP of the room."""

from typing import Annotated, Literal
from uuid import UUID

from litestar import Response, delete, get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from longan.floor.base.errors import NotFound
from longan.floor.pictures.object_storage import StorageUnavailable
from longan.floor.requests.deps import Conn, Me, Now, Stored, Tx
from longan.floor.requests.policy import decided
from longan.rooms.photos import domain
from longan.rooms.photos.models import Upload, UploadIn, UploadInUse, UploadLimitReached, UploadTarget

ID = "4c0f2a6e-8f0d-4f0f-9d53-2c1f6f0b7a10"
SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
# Shorter than the address it leads to.
REDIRECT_SECONDS = 60
Size = Annotated[
    Literal["picture", "thumbnail"], QueryParameter(description="`picture`: at most 2,048 pixels; `thumbnail`: 320")
]


@post(
    "/v1/uploads",
    tags=["photos"],
    opt=decided(
        auth="any", limit="write", idempotent=True, raises=(UploadLimitReached, StorageUnavailable),
        request_example={"content_type": "image/jpeg", "size": 81_234, "sha256": SHA256, "purpose": "feedback"},
        example={
            "id": ID, "put_url": "https://s3.example.vn/longan/incoming/0f3c?X-Amz-Signature=9d…",
            "headers": {"Content-Type": "image/jpeg", "Content-Length": "81234", "x-amz-checksum-sha256": "n4bQgYhM…"},
            "expires_at": "2026-12-01T02:10:00Z",
        },
    ),
)  # fmt: skip
async def create_upload(tx: Tx, me: Me, now: Now, storage: Stored, data: JSONBody[UploadIn]) -> UploadTarget:
    """Where to put a picture

    JPEG, PNG or WebP of at most 10 MiB. `PUT` the file to `put_url` with the `headers` as they are: for other bytes,
    another length or another type the storage refuses it. Then `complete_upload`.
    """
    return await domain.promise(tx, storage, me.account_id, data, now)


@post(
    "/v1/uploads/{upload_id:uuid}/complete",
    tags=["photos"],
    status_code=200,
    opt=decided(auth="any", limit="write", raises=(NotFound, StorageUnavailable)),
)
async def complete_upload(tx: Tx, me: Me, now: Now, storage: Stored, upload_id: FromPath[UUID]) -> Upload:
    """The picture is there: have it checked

    It is checked within seconds, or as soon as the storage is back: ask `get_upload` until `state` is `clean` or
    `rejected`. A second time changes nothing.
    """
    return await domain.complete(tx, storage, me.account_id, upload_id, now)


@get(
    "/v1/uploads/{upload_id:uuid}",
    tags=["photos"],
    opt=decided(auth="any", limit="lookup", raises=(NotFound, StorageUnavailable)),
)
async def get_upload(conn: Conn, me: Me, now: Now, storage: Stored, upload_id: FromPath[UUID]) -> Upload:
    """What became of a picture of yours, and where to see it"""
    return await domain.own(conn, storage, me.account_id, upload_id, now)


@delete(
    "/v1/uploads/{upload_id:uuid}",
    tags=["photos"],
    status_code=204,
    opt=decided(auth="any", limit="write", raises=(NotFound, UploadInUse)),
)
async def delete_upload(tx: Tx, me: Me, now: Now, upload_id: FromPath[UUID]) -> None:
    """Take back a picture that nothing uses yet"""
    await domain.delete(tx, me.account_id, upload_id, now)


@get(
    "/v1/photos/{photo_id:uuid}",
    tags=["photos"],
    status_code=302,
    opt=decided(auth="public", limit="page", produces="image/jpeg", raises=(NotFound, StorageUnavailable)),
)
async def get_photo(conn: Conn, storage: Stored, photo_id: FromPath[UUID], size: Size = "picture") -> Response[None]:
    """A picture that everybody may see: 302 to an address that is good for two minutes

    Do not keep where it leads: ask here again.
    """
    address = await domain.address(conn, storage, photo_id, thumbnail=size == "thumbnail")
    headers = {"Location": address, "Cache-Control": f"public, max-age={REDIRECT_SECONDS}"}
    return Response(None, status_code=302, headers=headers, media_type="image/jpeg")


HANDLERS = [create_upload, complete_upload, get_upload, delete_upload, get_photo]
