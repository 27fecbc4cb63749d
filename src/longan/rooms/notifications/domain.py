"""Rules of the room: what a reader does to notices, and who else hears of it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import asyncpg

from longan.floor.access.tokens import Principal
from longan.floor.base.errors import FieldError, InvalidRequest, NotFound
from longan.floor.messages import removals
from longan.floor.messages.removals import Connection
from longan.rooms.notifications import store
from longan.rooms.notifications.models import Action, NotificationChange, NotificationsChanged

# Beyond this many at once the other phones are only told to look again.
MOST_EVENTS = 20

# Before anything was told, and far enough from the calendar's end for any offset.
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LAST_ID = UUID(int=2**128 - 1)

HAPPENED: dict[Action, str] = {
    "read": "notification_read",
    "unread": "notification_unread",
    "archive": "notification_archived",
    "unarchive": "notification_unarchived",
}


async def change_one(tx: asyncpg.Connection, me: Principal, notification: UUID, action: Action, now: datetime) -> None:
    """A second time changes nothing. Raises `NotFound`."""
    _, missing = await change(tx, me.account_id, me.session_id, [notification], action, now)
    if missing:
        raise NotFound


async def change_many(
    tx: asyncpg.Connection, me: Principal, wanted: NotificationChange, now: datetime
) -> NotificationsChanged:
    """Raises `InvalidRequest` unless the notices are named in one way that fits the action, `NotFound` when `up_to_id`
    is no notice of the caller's."""
    given = [name for name in ("ids", "up_to_id", "up_to") if getattr(wanted, name) is not None]
    if not given:
        raise InvalidRequest(FieldError("/ids", "required"))
    if len(given) > 1:
        raise InvalidRequest(*(FieldError(f"/{name}", "one_of_them") for name in given))
    if wanted.ids is not None:
        changed, missing = await change(tx, me.account_id, me.session_id, wanted.ids, wanted.action, now)
    else:
        changed, missing = await _change_up_to(tx, me, wanted, now), []
    box = await store.box(tx, me.account_id, now)
    return NotificationsChanged(len(changed), missing, box.unread)


async def change(
    tx: Connection, account: UUID, session: UUID | None, ids: Sequence[UUID], action: Action, now: datetime
) -> tuple[list[UUID], list[UUID]]:
    """Which notices of the account were changed, and which of `ids` are none. `session` is that of the phone on which
    it was done."""
    await store.hold(tx, account)
    found = await store.change(tx, account, ids, action, now)
    changed = [each for each, otherwise in found.items() if otherwise]
    await _tell_others(tx, account, session, changed, action, now)
    return changed, [each for each in dict.fromkeys(ids) if each not in found]


async def _change_up_to(tx: asyncpg.Connection, me: Principal, wanted: NotificationChange, now: datetime) -> list[UUID]:
    if wanted.action not in ("read", "archive"):
        raise InvalidRequest(FieldError("/action", "not_one_of"))
    await store.hold(tx, me.account_id)
    if wanted.up_to_id is not None:
        told = await store.told_at(tx, me.account_id, wanted.up_to_id, now)
        if told is None:
            raise NotFound(FieldError("/up_to_id", "not_found"))
        last = wanted.up_to_id
    else:
        told, last = max(min(wanted.up_to or now, now), EARLIEST), LAST_ID
    changed = await store.change_up_to(tx, me.account_id, told, last, wanted.action, now)
    await _tell_others(tx, me.account_id, me.session_id, changed, wanted.action, now)
    return changed


async def _tell_others(
    tx: Connection, account: UUID, session: UUID | None, changed: Sequence[UUID], action: Action, now: datetime
) -> None:
    if not changed:
        return
    if len(changed) <= MOST_EVENTS:
        await store.happened(tx, account, HAPPENED[action], changed, now)
    else:
        await store.happened(tx, account, "inbox_changed", [None], now)
    if action in ("read", "archive"):
        await removals.remove(tx, account, session, changed, now)
