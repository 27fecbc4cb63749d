"""Nouns of the room: a notice as it is kept, as its reader sees it, and what a reader does to it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from longan.floor.base.fields import Count, Identifier, Locale, Timestamp
from longan.floor.messages.notices import NOTICES, SubjectKind, Words, rendered
from longan.floor.setup.apps import OPENED, SCHEME

MOST_AT_ONCE = 100


class Subject(msgspec.Struct, frozen=True):
    kind: SubjectKind
    id: Identifier


class Notification(msgspec.Struct, frozen=True):
    """A notice in the reader's language. `subject` is what it speaks of, null when there is nothing to open; `link`
    opens it in the app, `web_link` the same by an address that other apps understand, null where there is none. After
    `expires_at` the notice is gone."""

    id: Identifier
    topic: str
    title: str
    body: str
    subject: Subject | None
    link: str | None
    web_link: str | None
    created_at: Timestamp
    expires_at: Timestamp
    read_at: Timestamp | None
    archived_at: Timestamp | None


class NotificationPage(msgspec.Struct, frozen=True):
    """`unread_count` counts the whole inbox, whatever this page shows; what is archived does not count."""

    items: list[Notification]
    next_cursor: str | None
    unread_count: Count


Action = Literal["read", "unread", "archive", "unarchive"]


class NotificationChange(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One of `ids`, `up_to_id` and `up_to`. The latter two, for `read` and `archive`, mean every notice of the inbox
    that is as old as that notice or older, or that was told by that time; what came later stays as it is."""

    action: Action
    ids: Annotated[list[Identifier], Meta(min_length=1, max_length=MOST_AT_ONCE)] | None = None
    up_to_id: Identifier | None = None
    up_to: Timestamp | None = None


class NotificationsChanged(msgspec.Struct, frozen=True):
    """`changed` counts those that were otherwise before. `missing` are the ids of notices that are not there (any
    more): forget them."""

    changed: Count
    missing: list[Identifier]
    unread_count: Count


class InboxRow(msgspec.Struct, frozen=True):
    """A notice as it is kept: `params` is the JSON that its words are made with."""

    id: UUID
    topic: str
    subject_id: UUID | None
    params: str
    created_at: datetime
    expires_at: datetime
    read_at: datetime | None
    archived_at: datetime | None
    version: int


class InboxPage(msgspec.Struct, frozen=True):
    items: list[InboxRow]
    next_cursor: str | None


class Box(msgspec.Struct, frozen=True):
    """The state of somebody's inbox: `version` goes up with every change, and that a notice is `over`, which no change
    tells of, counts until it is pruned."""

    version: int
    unread: int
    over: int


class Asked(msgspec.Struct, frozen=True):
    """Which notices are looked for. `q` are words as the reader sees them in their `locale`."""

    account_id: UUID
    locale: Locale
    now: datetime
    unread: bool
    archived: bool
    topic: str | None
    q: str | None


# A row of a newer version of the code, read by an older one while both run.
UNKNOWN: Mapping[Locale, Words] = {
    "vi": ("Thông báo mới", "Hãy cập nhật ứng dụng để xem thông báo này."),
    "en": ("New notice", "Update the app to see this notice."),
}


def shown(row: InboxRow, locale: Locale, public_url: str) -> Notification:
    """The notice in the reader's language; `public_url` is the service's own address."""
    notice = NOTICES.get(row.topic)
    subject = link = web_link = None
    if notice is not None and row.subject_id is not None:
        subject = Subject(notice.subject, row.subject_id)
        if notice.link:
            path = notice.link.format(subject_id=row.subject_id)
            link = SCHEME + path
            web_link = f"{public_url.rstrip('/')}{OPENED}{path}" if public_url.startswith("https://") else None
    title, body = UNKNOWN[locale]
    if notice is not None:
        try:
            given = msgspec.json.decode(row.params, type=notice.params)
        except msgspec.ValidationError:
            given = None
        if given is not None:
            title, body = rendered(row.topic, given, locale)
    return Notification(
        id=row.id, topic=row.topic, title=title, body=body, subject=subject, link=link,
        web_link=web_link, created_at=row.created_at, expires_at=row.expires_at, read_at=row.read_at,
        archived_at=row.archived_at,
    )  # fmt: skip
