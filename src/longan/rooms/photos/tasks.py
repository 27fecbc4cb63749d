"""What the worker does for the room: looks at what came in, draws it anew, and clears away what is left behind.

A picture is decoded in a process of its own, two at once. While the storage is away everything waits, and is tried
again every other minute; no transaction is open while the storage or that process is waited for.
"""

import asyncio
import hashlib
import logging
from datetime import timedelta
from uuid import UUID

from longan.floor.database import queue
from longan.floor.database.tasks import Context, Task, Timed, unhurried
from longan.floor.pictures import object_storage
from longan.floor.pictures.object_storage import Storage, StorageDown
from longan.floor.pictures.pictures import Refused
from longan.floor.pictures.redrawing import DRAWN_AS, Drawn, redrawn
from longan.floor.pictures.uploads import INCOMING, PICTURES, SETTLED_AFTER, THUMBNAILS
from longan.rooms.photos import store
from longan.rooms.photos.domain import UNCLAIMED_FOR
from longan.rooms.photos.models import Leased

# Longer than a task may take: whoever looks again looks alone.
LEASE = timedelta(minutes=2)
TAKEN_FOR_AWAY = timedelta(seconds=90)
AT_ONCE = 100
DAYS_KEPT = timedelta(days=3)

decoding = asyncio.Semaphore(2)
log = logging.getLogger("longan.worker")


async def check_upload(context: Context, *, upload_id: UUID) -> None:
    """Clean or rejected. What came in is cleared away in either case, and of a rejected one there is nothing else."""
    storage, now = object_storage.of(context.settings), context.clock()
    if storage is None or (leased := await store.lease(context.pool, upload_id, now, now - LEASE)) is None:
        return
    try:
        drawn = await _drawn(context, storage, leased)
        await storage.put(context.http, PICTURES + leased.key, drawn.picture, DRAWN_AS)
        await storage.put(context.http, THUMBNAILS + leased.key, drawn.thumbnail, DRAWN_AS)
        now = context.clock()
        async with context.pool.acquire() as tx, tx.transaction():
            kept = await store.accept(tx, upload_id, drawn, now, now + SETTLED_AFTER)
            await queue.add(tx, "clear_leavings")
        if not kept:  # it was deleted meanwhile
            await _clear(context, storage, leased.key, whole=True)
    except Refused as refused:
        async with context.pool.acquire() as tx, tx.transaction():
            await store.reject(tx, upload_id, refused.reason, context.clock() + SETTLED_AFTER)
            await queue.add(tx, "clear_leavings")
    except StorageDown as down:
        log.warning("the object storage is away: %s", down)
        await store.heard(context.pool, context.clock() + TAKEN_FOR_AWAY)


async def _drawn(context: Context, storage: Storage, leased: Leased) -> Drawn:
    """Raises `Refused`, `StorageDown`."""
    data = await storage.get(context.http, INCOMING + leased.key, leased.size + 1)
    if data is None:
        raise Refused("not_uploaded")
    if len(data) != leased.size:
        raise Refused("size_differs")
    if await asyncio.to_thread(lambda: hashlib.sha256(data).digest()) != leased.sha256:
        raise Refused("checksum_differs")
    async with decoding:
        return await redrawn(data, leased.content_type)


async def clear_leavings(context: Context) -> None:
    """Delete objects that are to go; once more when the address to put them has ended, and then forget them."""
    storage, now = object_storage.of(context.settings), context.clock()
    if storage is None:
        return
    try:
        for leaving in await store.leavings(context.pool, now, AT_ONCE):
            await _clear(context, storage, leaving.key, whole=leaving.whole)
            await store.cleared(context.pool, leaving, now)
    except StorageDown as down:
        log.warning("the object storage is away: %s", down)


async def _clear(context: Context, storage: Storage, key: str, *, whole: bool) -> None:
    for place in (INCOMING, PICTURES, THUMBNAILS) if whole else (INCOMING,):
        await storage.delete(context.http, place + key)


async def watch_storage(context: Context) -> None:
    """Every minute: whether the storage is there, for the API to tell; what waited for it is looked at again."""
    storage, now = object_storage.of(context.settings), context.clock()
    if storage is None:
        return
    try:
        await storage.check(context.http)
    except StorageDown as down:
        log.warning("the object storage is away: %s", down)
        await store.heard(context.pool, now + TAKEN_FOR_AWAY)
        return
    await store.heard(context.pool, None)
    left = await store.left(context.pool, now - LEASE, AT_ONCE)
    async with context.pool.acquire() as tx, tx.transaction():
        await queue.add_all(tx, "check_upload", [{"upload_id": each} for each in left])


async def remove_unclaimed_uploads(context: Context) -> None:
    """Every quarter of an hour: what nobody has used within a day goes, and locations without consent."""
    now = context.clock()
    while True:
        async with unhurried(context.pool) as tx:
            removed = await store.remove_unclaimed(tx, now - UNCLAIMED_FOR, now + SETTLED_AFTER, AT_ONCE)
        if removed < AT_ONCE:
            break
    async with unhurried(context.pool) as tx:
        await store.forget_places(tx, now)
        await store.prune(tx, (now - DAYS_KEPT).date())
        await queue.add(tx, "clear_leavings")


TASKS: dict[str, Task] = {"check_upload": check_upload, "clear_leavings": clear_leavings}
SCHEDULE: dict[str, Timed] = {
    "watch_storage": ("* * * * *", watch_storage),
    "clear_what_is_left": ("*/5 * * * *", clear_leavings),
    "remove_unclaimed_uploads": ("*/15 * * * *", remove_unclaimed_uploads),
}
