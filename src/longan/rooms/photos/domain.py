"""Rules of the room: how much one may send, what its owner is shown, what becomes of it."""

import secrets
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import asyncpg

from longan.floor.base.errors import NotFound
from longan.floor.database import queue
from longan.floor.pictures.object_storage import Storage, StorageUnavailable
from longan.floor.pictures.uploads import INCOMING, LINK_SECONDS, PICTURES, SETTLED_AFTER, THUMBNAILS
from longan.rooms.photos import store
from longan.rooms.photos.models import (
    PhotoLocation,
    Stored,
    Upload,
    UploadIn,
    UploadInUse,
    UploadLimitReached,
    UploadTarget,
)

PUT_SECONDS = 600
PUT_FOR = timedelta(seconds=PUT_SECONDS)
UNCLAIMED_FOR = timedelta(hours=24)
HERE = ZoneInfo("Asia/Ho_Chi_Minh")


async def promise(
    tx: asyncpg.Connection, storage: Storage, account: UUID, given: UploadIn, now: datetime
) -> UploadTarget:
    """Where to put a file. Raises `UploadLimitReached`, `StorageUnavailable` while the worker does not reach it."""
    if (until := await store.down_until(tx, now)) is not None:
        raise StorageUnavailable(int((until - now).total_seconds()) + 1)
    if not await store.take(tx, account, given.size, now):
        raise UploadLimitReached(headers={"Retry-After": str(_seconds_to_midnight(now))})
    upload, key, until = uuid4(), secrets.token_hex(16), now + PUT_FOR
    await store.insert(tx, upload, account, given, key, now, until)
    put = storage.to_put(INCOMING + key, given.content_type, given.size, bytes.fromhex(given.sha256), PUT_SECONDS)
    return UploadTarget(upload, put.url, put.headers, until)


def _seconds_to_midnight(now: datetime) -> int:
    here = now.astimezone(HERE)
    midnight = (here + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return int((midnight - here).total_seconds()) + 1


async def complete(tx: asyncpg.Connection, storage: Storage, account: UUID, upload: UUID, now: datetime) -> Upload:
    """Have it looked at; a second time changes nothing. Raises `NotFound`."""
    if await store.complete(tx, upload, account):
        await queue.add(tx, "check_upload", upload_id=upload)
    return await own(tx, storage, account, upload, now)


async def own(conn: asyncpg.Connection, storage: Storage, account: UUID, upload: UUID, now: datetime) -> Upload:
    """Raises `NotFound`."""
    found = await store.one(conn, upload, account, now)
    if found is None:
        raise NotFound
    return shown(found, storage)


def shown(found: Stored, storage: Storage) -> Upload:
    clean = found.state == "clean"
    return Upload(
        id=found.id,
        state=found.state,
        reason=found.reason,
        purpose=found.purpose,
        content_type=found.content_type,
        size=found.size,
        width=found.width,
        height=found.height,
        location=None if found.lat is None or found.lon is None else PhotoLocation(found.lat, found.lon),
        url=storage.to_get(PICTURES + found.key, LINK_SECONDS) if clean else None,
        thumbnail_url=storage.to_get(THUMBNAILS + found.key, LINK_SECONDS) if clean else None,
        used=found.used,
        created_at=found.created_at.astimezone(UTC),
        deleted_at=None if found.used else found.created_at + UNCLAIMED_FOR,
    )


async def delete(tx: asyncpg.Connection, account: UUID, upload: UUID, now: datetime) -> None:
    """Raises `NotFound`, `UploadInUse`."""
    if await store.delete(tx, upload, account, now + SETTLED_AFTER):
        await queue.add(tx, "clear_leavings")
    elif await store.one(tx, upload, account, now) is not None:
        raise UploadInUse
    else:
        raise NotFound


async def address(conn: asyncpg.Connection, storage: Storage, photo: UUID, *, thumbnail: bool) -> str:
    """Where a public picture is for the next two minutes. Raises `NotFound`."""
    key = await store.shown(conn, photo)
    if key is None:
        raise NotFound
    return storage.to_get((THUMBNAILS if thumbnail else PICTURES) + key, LINK_SECONDS)
