"""HTTP of the room."""

from uuid import UUID

from litestar import get, post
from litestar.params import FromPath, FromQuery

from longan.deps import Conn, Locale, Me, Now, Pages, Tx
from longan.errors import NotFound
from longan.notifications import store
from longan.notifications.models import NotificationPage, shown
from longan.page import Cursor, Limit
from longan.policy import decided

EXAMPLE_PAGE = {
    "items": [
        {
            "id": "0192f0c1-6d1e-7c3a-9b1e-3f7c1f0e2a11",
            "topic": "application_moved",
            "title": "Mời phỏng vấn",
            "body": "Công ty May Long An mời bạn phỏng vấn cho việc “Công nhân may”.",
            "subject": {"kind": "application", "id": "0192f0c1-6d1e-7c3a-9b1e-3f7c1f0e2a12"},
            "created_at": "2026-11-02T03:00:00Z",
            "read_at": None,
        }
    ],
    "next_cursor": None,
    "unread_count": 1,
}


@get("/v1/me/notifications", tags=["notifications"], opt=decided(auth="app", limit="lookup", example=EXAMPLE_PAGE))
async def list_notifications(
    conn: Conn,
    me: Me,
    locale: Locale,
    pages: Pages,
    unread: FromQuery[bool | None] = None,
    cursor: Cursor = None,
    limit: Limit = 20,
) -> NotificationPage:
    """The caller's notices, newest first; with `unread=true` only those not read yet"""
    page = await store.inbox(conn, pages, me.account_id, unread=unread is True, cursor=cursor, limit=limit)
    count = await store.unread(conn, me.account_id)
    return NotificationPage([shown(row, locale) for row in page.items], page.next_cursor, count)


@post(
    "/v1/me/notifications/{notification_id:uuid}/read",
    tags=["notifications"],
    status_code=204,
    opt=decided(auth="app", limit="write", raises=(NotFound,)),
)
async def mark_notification_read(tx: Tx, me: Me, now: Now, notification_id: FromPath[UUID]) -> None:
    """The caller has read this notice; a second time changes nothing"""
    if not await store.mark_read(tx, me.account_id, notification_id, now):
        raise NotFound


HANDLERS = [list_notifications, mark_notification_read]
