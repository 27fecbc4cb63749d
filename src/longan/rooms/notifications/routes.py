"""HTTP of the room."""

from typing import Annotated
from uuid import UUID
from zlib import crc32

import msgspec
from litestar import get, post
from litestar.datastructures import State
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from longan.floor.base.errors import FieldError, InvalidRequest, NotFound
from longan.floor.database.page import Cursor, Limit
from longan.floor.messages.notices import NOTICES
from longan.floor.requests.deps import Conn, Ex, Locale, Me, Now, Pages, Tx
from longan.floor.requests.policy import decided
from longan.rooms.notifications import domain, store
from longan.rooms.notifications.models import (
    Asked,
    Notification,
    NotificationChange,
    NotificationPage,
    NotificationsChanged,
    shown,
)

EXAMPLE = {
    "id": "0192f0c1-6d1e-7c3a-9b1e-3f7c1f0e2a11",
    "topic": "application_moved",
    "title": "Mời phỏng vấn",
    "body": "Công ty May Long An mời bạn phỏng vấn cho việc “Công nhân may”.",
    "subject": {"kind": "application", "id": "0192f0c1-6d1e-7c3a-9b1e-3f7c1f0e2a12"},
    "link": "longanid://applications/0192f0c1-6d1e-7c3a-9b1e-3f7c1f0e2a12",
    "web_link": "https://id.example.vn/open/applications/0192f0c1-6d1e-7c3a-9b1e-3f7c1f0e2a12",
    "created_at": "2026-11-02T03:00:00Z",
    "expires_at": "2027-12-07T03:00:00Z",
    "read_at": None,
    "archived_at": None,
}
EXAMPLE_PAGE = {"items": [EXAMPLE], "next_cursor": None, "unread_count": 1}

# Another release may say the same notice in other words.
WORDS = crc32(msgspec.json.encode([(topic, each.words, each.link) for topic, each in NOTICES.items()]))

Words = Annotated[str | None, QueryParameter(max_length=200, description="Words, with or without marks")]
Archived = Annotated[
    bool | None, QueryParameter(description="`true` for the archive only; else it is the inbox without the archive")
]
Topic = Annotated[
    str | None, QueryParameter(max_length=64, description=f"Only of this topic: {', '.join(sorted(NOTICES))}")
]


@get(
    "/v1/me/notifications",
    tags=["notifications"],
    opt=decided(auth="app", limit="lookup", example=EXAMPLE_PAGE),
)
async def list_notifications(
    conn: Conn,
    me: Me,
    now: Now,
    locale: Locale,
    pages: Pages,
    exchange: Ex,
    state: State,
    unread: FromQuery[bool | None] = None,
    archived: Archived = None,
    topic: Topic = None,
    q: Words = None,
    cursor: Cursor = None,
    limit: Limit = 20,
) -> NotificationPage:
    """The caller's notices, newest first

    Its ETag changes with every change of the inbox: with `If-None-Match` it costs one look whether there is any.
    """
    asked = Asked(
        me.account_id, locale, now, unread is True, archived is True, _topic(topic), (q or "").strip() or None
    )
    box = await store.box(conn, me.account_id, now)
    exchange.tagged(box, box.version, box.over, locale, WORDS)
    if exchange.is_held():
        return NotificationPage([], None, box.unread)
    page = await store.inbox(conn, pages, asked, cursor=cursor, limit=limit)
    items = [shown(row, locale, state.settings.public_url) for row in page.items]
    return NotificationPage(items, page.next_cursor, box.unread)


def _topic(topic: str | None) -> str | None:
    if topic is not None and topic not in NOTICES:
        raise InvalidRequest(FieldError("?topic", "not_one_of"))
    return topic


@get(
    "/v1/me/notifications/{notification_id:uuid}",
    tags=["notifications"],
    opt=decided(auth="app", limit="lookup", raises=(NotFound,), example=EXAMPLE),
)
async def get_notification(
    conn: Conn, me: Me, now: Now, locale: Locale, exchange: Ex, state: State, notification_id: FromPath[UUID]
) -> Notification:
    """One notice of the caller's, archived or not"""
    if (row := await store.one(conn, me.account_id, notification_id, now)) is None:
        raise NotFound
    return exchange.tagged(shown(row, locale, state.settings.public_url), row.version, locale, WORDS)


@post(
    "/v1/me/notifications/{notification_id:uuid}/read",
    tags=["notifications"],
    status_code=204,
    opt=decided(auth="app", limit="write", raises=(NotFound,)),
)
async def mark_notification_read(tx: Tx, me: Me, now: Now, exchange: Ex, notification_id: FromPath[UUID]) -> None:
    """The caller has read this notice; a second time changes nothing

    Their other phones take it off the screen.
    """
    exchange.happened = me.account_id
    await domain.change_one(tx, me, notification_id, "read", now)


@post(
    "/v1/me/notifications/{notification_id:uuid}/unread",
    tags=["notifications"],
    status_code=204,
    opt=decided(auth="app", limit="write", raises=(NotFound,)),
)
async def mark_notification_unread(tx: Tx, me: Me, now: Now, exchange: Ex, notification_id: FromPath[UUID]) -> None:
    """The caller wants to come back to this notice; a second time changes nothing"""
    exchange.happened = me.account_id
    await domain.change_one(tx, me, notification_id, "unread", now)


@post(
    "/v1/me/notifications/{notification_id:uuid}/archive",
    tags=["notifications"],
    status_code=204,
    opt=decided(auth="app", limit="write", raises=(NotFound,)),
)
async def archive_notification(tx: Tx, me: Me, now: Now, exchange: Ex, notification_id: FromPath[UUID]) -> None:
    """Out of the inbox, into the archive; a second time changes nothing

    What was not read stays so, but does not count as unread while it is there.
    """
    exchange.happened = me.account_id
    await domain.change_one(tx, me, notification_id, "archive", now)


@post(
    "/v1/me/notifications/{notification_id:uuid}/unarchive",
    tags=["notifications"],
    status_code=204,
    opt=decided(auth="app", limit="write", raises=(NotFound,)),
)
async def unarchive_notification(tx: Tx, me: Me, now: Now, exchange: Ex, notification_id: FromPath[UUID]) -> None:
    """Out of the archive, back into the inbox; a second time changes nothing"""
    exchange.happened = me.account_id
    await domain.change_one(tx, me, notification_id, "unarchive", now)


@post(
    "/v1/me/notifications/changes",
    tags=["notifications"],
    status_code=200,
    opt=decided(
        auth="app",
        limit="write",
        raises=(NotFound,),
        request_example={"action": "read", "up_to_id": EXAMPLE["id"]},
        example={"changed": 3, "missing": [], "unread_count": 0},
    ),
)
async def change_notifications(
    tx: Tx, me: Me, now: Now, exchange: Ex, data: JSONBody[NotificationChange]
) -> NotificationsChanged:
    """Many notices in one request: these, or all up to one of them or up to a time

    Safe to repeat. A notice that is not there is no refusal, so one that is over does not hold up the others.
    """
    exchange.happened = me.account_id
    return await domain.change_many(tx, me, data, now)


HANDLERS = [
    list_notifications, get_notification, mark_notification_read, mark_notification_unread, archive_notification,
    unarchive_notification, change_notifications,
]  # fmt: skip
