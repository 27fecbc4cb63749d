"""Uploads: what rooms do with pictures that people have sent; the room `photos` takes them in and checks them.

A clean picture is bound to one subject (a report, a listing), once. Who may see it is its subject's room to say: public
ones have an address of ours, for all others a room hands out addresses that are good for a short while.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Literal, TypeAlias
from uuid import UUID

import asyncpg
import msgspec

from longan.floor.base.errors import FieldError, Unprocessable
from longan.floor.base.fields import Count
from longan.floor.database import queue
from longan.floor.database.db import many
from longan.floor.pictures.object_storage import Storage

Writing: TypeAlias = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy
Purpose = Literal["feedback", "housing", "open311"]

MOST_OF_A_SUBJECT = 10
LINK_SECONDS = 120
PICTURES = "pictures/"
THUMBNAILS = "thumbnails/"
INCOMING = "incoming/"
# By then no task that had begun is still writing.
SETTLED_AFTER = timedelta(minutes=10)


class UploadNotUsable(Unprocessable):
    """A picture that is unknown, of somebody else, not clean, for something else, or bound already: nothing is said of
    which, but of one's own: `not_ready` while it is looked at."""

    code = "upload_not_usable"
    vi, en = "Ảnh này chưa dùng được", "A picture cannot be used"


class Photo(msgspec.Struct, frozen=True):
    """A clean picture of a subject. `key` is for nobody outside."""

    id: UUID
    subject: UUID
    key: str
    width: int
    height: int
    is_public: bool


class PhotoLink(msgspec.Struct, frozen=True):
    """Where a picture is to be had: a public one under a path of ours, for as long as it is public; any other one at an
    address that is good for two minutes, for whoever has it."""

    id: UUID
    width: Count
    height: Count
    url: str
    thumbnail_url: str


CLAIM = """-- uploads.claim
with wanted as (
    select w.id, w.place::smallint as place from unnest($2::uuid[]) with ordinality as w (id, place)),
free as (
    select u.id from photos.uploads u
     where u.id = any($2) and u.account_id = $1 and u.state = 'clean' and u.claimed_at is null
       and (u.purpose is null or u.purpose = $3)
     order by u.id
       for no key update),
taken as (
    update photos.uploads u
       set claimed_for = $3, subject = $4, place = w.place, claimed_at = $5, is_public = $6, lat = null, lon = null
      from free f
      join wanted w on w.id = f.id
     where u.id = f.id
    returning u.id, u.subject, u.key, u.width, u.height, u.is_public, u.place),
again as (
    select u.id, u.subject, u.key, u.width, u.height, u.is_public, w.place
      from photos.uploads u
      join wanted w on w.id = u.id
     where u.account_id = $1 and u.claimed_for = $3 and u.subject = $4)
select t.id, t.subject, t.key, t.width, t.height, t.is_public from (
    select * from taken union all select * from again) t
 order by t.place"""

COUNT = """-- uploads.count
select count(*) from photos.uploads u where u.claimed_for = $1 and u.subject = $2"""

ONE_AT_A_TIME = """-- uploads.one_at_a_time
select pg_advisory_xact_lock(hashtextextended('uploads:' || $1::text, 0))"""

WAITED_FOR = """-- uploads.waited_for
select u.id from photos.uploads u
 where u.account_id = $1 and u.id = any($2) and u.state in ('waiting', 'pending')"""


async def claim(
    tx: asyncpg.Connection,
    account: UUID,
    upload_ids: Sequence[UUID],
    for_what: Purpose,
    subject: UUID,
    now: datetime,
    *,
    public: bool = False,
    pointer: str = "/upload_ids",
) -> list[Photo]:
    """Bind clean pictures of the account to a subject, in this order; those that are its own already stay.

    Two who claim one picture wait for each other's row, and the second finds it taken; two who claim for one subject
    wait for each other, so that it has never too many. Raises `UploadNotUsable`, which
    names each one under `pointer`, and with the caller's transaction nothing is bound then.
    """
    if not upload_ids:
        return []
    await tx.execute(ONE_AT_A_TIME, str(subject))
    taken = many(await tx.fetch(CLAIM, account, upload_ids, for_what, subject, now, public), Photo)
    missing = set(upload_ids) - {photo.id for photo in taken}
    if missing:
        ready = {row["id"] for row in await tx.fetch(WAITED_FOR, account, list(missing))}
        raise UploadNotUsable(
            *(FieldError(f"{pointer}/{place}", "not_ready" if each in ready else "not_found")
              for place, each in enumerate(upload_ids) if each in missing)
        )  # fmt: skip
    if await tx.fetchval(COUNT, for_what, subject) > MOST_OF_A_SUBJECT:
        raise UploadNotUsable(FieldError(pointer, "too_long"))
    return taken


LOCATION = """-- uploads.location
select u.lat, u.lon
  from unnest($2::uuid[]) with ordinality as w (id, place)
  join photos.uploads u on u.id = w.id
 where u.account_id = $1 and u.state = 'clean' and u.claimed_at is null and u.lat is not null
   and privacy.consented(u.account_id, 'photo_location', $3)
 order by w.place
 limit 1"""


async def location(
    conn: asyncpg.Connection, account: UUID, upload_ids: Sequence[UUID], now: datetime
) -> tuple[float, float] | None:
    """Where the first of the pictures was taken that says so: degrees (WGS 84). Only with the account's consent, and
    until they are claimed."""
    row = await conn.fetchrow(LOCATION, account, upload_ids, now)
    return None if row is None else (row["lat"], row["lon"])


OF = """-- uploads.of
select u.id, u.subject, u.key, u.width, u.height, u.is_public
  from photos.uploads u
 where u.claimed_for = $1 and u.subject = any($2)
 order by u.subject, u.place, u.claimed_at, u.id"""


async def of(conn: asyncpg.Connection, for_what: Purpose, subjects: Sequence[UUID]) -> dict[UUID, list[Photo]]:
    """The pictures of subjects; no key for one that has none."""
    found: dict[UUID, list[Photo]] = {}
    for photo in many(await conn.fetch(OF, for_what, subjects), Photo):
        found.setdefault(photo.subject, []).append(photo)
    return found


def links(storage: Storage, photos: Iterable[Photo]) -> list[PhotoLink]:
    """Addresses for whom the caller has found to be allowed to see the pictures."""
    return [
        public_link(each)
        if each.is_public
        else PhotoLink(
            each.id,
            each.width,
            each.height,
            storage.to_get(PICTURES + each.key, LINK_SECONDS),
            storage.to_get(THUMBNAILS + each.key, LINK_SECONDS),
        )
        for each in photos
    ]


def public_link(photo: Photo) -> PhotoLink:
    """Of a public picture; for that no storage is asked."""
    path = public_path(photo.id)
    return PhotoLink(photo.id, photo.width, photo.height, path, f"{path}?size=thumbnail")


def public_path(photo: UUID) -> str:
    return f"/v1/photos/{photo}"


ARRANGE = """-- uploads.arrange
with gone as (
    delete from photos.uploads u
     where u.claimed_for = $1 and u.subject = $2 and u.id <> all($3)
    returning u.key, u.put_until),
placed as (
    update photos.uploads u set place = w.place::smallint
      from unnest($3::uuid[]) with ordinality as w (id, place)
     where u.id = w.id and u.claimed_for = $1 and u.subject = $2)
insert into photos.leavings as l (key, whole, last_at)
select g.key, true, greatest(g.put_until, $4::timestamptz) from gone g
on conflict (key) do update set whole = true, cleared_at = null, last_at = greatest(l.last_at, excluded.last_at)"""


async def arrange(
    tx: asyncpg.Connection, account: UUID, upload_ids: Sequence[UUID], for_what: Purpose, subject: UUID, now: datetime,
    *, public: bool, pointer: str = "/upload_ids",
) -> None:  # fmt: skip
    """Let a subject have these pictures, in this order, and no others. Those it has may be anybody's; what comes new
    is the account's own. Whoever calls holds the subject. Raises `UploadNotUsable` as `claim` does."""
    there = {photo.id for photo in (await of(tx, for_what, [subject])).get(subject, ())}
    if gone := there - set(upload_ids):
        await tx.execute(ARRANGE, for_what, subject, list(there - gone), now + SETTLED_AFTER)
        await queue.add(tx, "clear_leavings")
    new = [each for each in upload_ids if each not in there]
    try:
        await claim(tx, account, new, for_what, subject, now, public=public, pointer=pointer)
    except UploadNotUsable as refused:
        raise UploadNotUsable(*(_at(error, new, upload_ids, pointer) for error in refused.errors)) from None
    await tx.execute(ARRANGE, for_what, subject, upload_ids, now + SETTLED_AFTER)


def _at(error: FieldError, new: Sequence[UUID], every: Sequence[UUID], pointer: str) -> FieldError:
    """The error under the place that its picture has among all of them."""
    place = error.pointer.removeprefix(f"{pointer}/")
    if not place.isdigit():
        return error
    return FieldError(f"{pointer}/{every.index(new[int(place)])}", error.code)


SET_PUBLIC = """-- uploads.set_public
update photos.uploads u set is_public = $3 where u.claimed_for = $1 and u.subject = $2 and u.is_public <> $3"""


async def set_public(tx: Writing, for_what: Purpose, subject: UUID, public: bool) -> None:
    """Show the subject's pictures to everybody, or no more; addresses handed out before end within two minutes."""
    await tx.execute(SET_PUBLIC, for_what, subject, public)


RELEASE = """-- uploads.release
with gone as (
    delete from photos.uploads u where u.claimed_for = $1 and u.subject = $2 returning u.key, u.put_until)
insert into photos.leavings as l (key, whole, last_at)
select g.key, true, greatest(g.put_until, $3::timestamptz) from gone g
on conflict (key) do update set whole = true, cleared_at = null, last_at = greatest(l.last_at, excluded.last_at)"""


async def release(tx: asyncpg.Connection, for_what: Purpose, subject: UUID, now: datetime) -> None:
    """The subject is gone, and its pictures with it: their objects go as soon as this is committed."""
    await tx.execute(RELEASE, for_what, subject, now + SETTLED_AFTER)
    await queue.add(tx, "clear_leavings")
