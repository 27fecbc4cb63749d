"""Nouns of the room: a picture on its way in, what became of it, and where it may be put."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from longan.floor.base.errors import Conflict, RateLimited
from longan.floor.base.fields import Count, Timestamp
from longan.floor.pictures.pictures import Kind
from longan.floor.pictures.uploads import Purpose

CONSENT = "photo_location"
MOST_BYTES = 10 * 1024 * 1024
# Of an account on a day of Viet Nam.
MOST_A_DAY = 40
MOST_BYTES_A_DAY = 200 * 1024 * 1024

UploadState = Literal["waiting", "pending", "clean", "rejected"]
UploadId = Annotated[UUID, Meta(description="UUIDv4", examples=["4c0f2a6e-8f0d-4f0f-9d53-2c1f6f0b7a10"])]


class UploadIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`size` in bytes and `sha256` (hexadecimal) are of the file as it will be put. A `purpose` binds the picture to
    that use alone."""

    content_type: Kind
    size: Annotated[int, Meta(ge=1, le=MOST_BYTES)]
    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$", max_length=64)]
    purpose: Purpose | None = None


class UploadTarget(msgspec.Struct, frozen=True):
    """PUT the file to `put_url` with exactly these `headers`, before `expires_at`; then `complete_upload`."""

    id: UploadId
    put_url: str
    headers: dict[str, str]
    expires_at: Timestamp


class PhotoLocation(msgspec.Struct, frozen=True):
    """Where a picture says it was taken, in degrees (WGS 84)."""

    lat: float
    lon: float


class Upload(msgspec.Struct, frozen=True):
    """`state`: waiting for its bytes, pending while it is looked at, clean, or rejected for a `reason`.

    `location` only with your consent `photo_location`, and until the picture is used. `url` and `thumbnail_url` of a
    clean one are good for two minutes. One that is not `used` is deleted at `deleted_at`.
    """

    id: UploadId
    state: UploadState
    reason: str | None
    purpose: str | None
    content_type: str
    size: Count
    width: Count | None
    height: Count | None
    location: PhotoLocation | None
    url: str | None
    thumbnail_url: str | None
    used: bool
    created_at: Timestamp
    deleted_at: Timestamp | None


class Stored(msgspec.Struct, frozen=True):
    """An upload as its owner's row has it; the location only where there is consent now."""

    id: UUID
    state: UploadState
    reason: str | None
    purpose: str | None
    content_type: str
    size: int
    key: str
    width: int | None
    height: int | None
    lat: float | None
    lon: float | None
    used: bool
    created_at: datetime


class Leased(msgspec.Struct, frozen=True):
    """What a worker looks at."""

    account_id: UUID
    content_type: Kind
    size: int
    sha256: bytes
    key: str


class Leaving(msgspec.Struct, frozen=True):
    """Objects that are to go: of the whole picture, or what came in alone. `last`: nobody can write them any more."""

    key: str
    whole: bool
    last: bool


class UploadInUse(Conflict):
    code = "upload_in_use"
    vi, en = "Ảnh đã được dùng, không xóa riêng được", "The picture is in use and goes with what it belongs to"


class UploadLimitReached(RateLimited):
    """So many pictures, or bytes, an account may send on a day."""

    code = "upload_limit_reached"
    vi, en = "Hôm nay bạn đã gửi đủ số ảnh cho phép", "You have sent as many pictures as one may in a day"
