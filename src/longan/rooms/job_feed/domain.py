"""Rules of the room: what a reader of the feed has seen, and what is new to it.

Postings come in the order of the transactions that changed them, and only of those before the oldest one that still
runs: so whatever commits late comes later, and nothing is stepped over. A reader that begins is given what is open;
of what ended before it began it hears nothing.
"""

import hashlib
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from longan.floor.base.errors import NotFound
from longan.floor.database.page import Cursors
from longan.floor.postings.job_ld_out import Posted, written
from longan.floor.requests.exchange import Exchange
from longan.rooms.job_feed import store
from longan.rooms.job_feed.models import Exported, FeedItem, FeedRestarted, JobFeed, Position

SCOPE = ("job_feed",)
FIRST = UUID(int=0)


async def posting(conn: asyncpg.Connection, exchange: Exchange, job: UUID, now: datetime) -> bytes:
    """An open posting; any other only for a member of its employer. Raises `NotFound`."""
    viewer = exchange.principal.account_id if exchange.principal else None
    found = await store.one(conn, job, viewer, now)
    if found is None:
        raise NotFound
    if found.gone:
        exchange.kept_private()
    return _written(found)


async def feed(conn: asyncpg.Connection, cursors: Cursors, since: str | None, now: datetime, limit: int) -> JobFeed:
    """Raises `FeedRestarted` for a token of another database, `InvalidRequest` for what is no token."""
    epoch, horizon = await store.horizon(conn)
    at = Position(epoch, horizon, 0, FIRST) if since is None else cursors.read(since, SCOPE, Position)
    if at.epoch != epoch:
        raise FeedRestarted
    found: list[Exported] = []
    if at.number < at.begun:
        found = await store.after(conn, at.number, at.id, at.begun, now, limit + 1, only_open=True)
    if len(found) <= limit:
        begun, posting = max((at.begun, FIRST), (at.number, at.id))
        left = limit + 1 - len(found)
        found += await store.after(conn, begun, posting, horizon, now, left, only_open=False)
    shown = found[:limit]
    if shown:
        at = Position(epoch, at.begun, shown[-1].changed_in, shown[-1].id)
    items = [FeedItem(each.id, each.gone, None if each.gone else msgspec.Raw(_written(each))) for each in shown]
    return JobFeed(items, cursors.write(SCOPE, msgspec.to_builtins(at)), len(found) > limit)


def tag(content: object) -> str:
    """A strong ETag: the same bytes, the same tag."""
    body = content if isinstance(content, bytes) else msgspec.json.encode(content)
    return f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'


def _written(found: Exported) -> bytes:
    return written(
        Posted(
            found.id, found.draft, found.employer_name, found.ward_name, found.province_name, found.source_key,
            found.extra, found.published_at, found.created_at,
        )
    )  # fmt: skip
