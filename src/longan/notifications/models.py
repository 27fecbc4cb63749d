"""Nouns of the room: a notice as it is kept, and as its reader sees it."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import msgspec

from longan.fields import Count, Identifier, Locale, Timestamp
from longan.notices import NOTICES, SubjectKind, Words


class Subject(msgspec.Struct, frozen=True):
    kind: SubjectKind
    id: Identifier


class Notification(msgspec.Struct, frozen=True):
    """A notice in the reader's language; `subject` is what to open, null when there is nothing to open."""

    id: Identifier
    topic: str
    title: str
    body: str
    subject: Subject | None
    created_at: Timestamp
    read_at: Timestamp | None


class NotificationPage(msgspec.Struct, frozen=True):
    """`unread_count` counts the whole inbox, whatever this page shows."""

    items: list[Notification]
    next_cursor: str | None
    unread_count: Count


class InboxRow(msgspec.Struct, frozen=True):
    """A notice as it is kept: `params` is the JSON that its words are made with."""

    id: UUID
    topic: str
    subject_id: UUID | None
    params: str
    created_at: datetime
    read_at: datetime | None


class InboxPage(msgspec.Struct, frozen=True):
    items: list[InboxRow]
    next_cursor: str | None


# A row of a newer version of the code, read by an older one while both run.
UNKNOWN: Mapping[Locale, Words] = {
    "vi": ("Thông báo mới", "Hãy cập nhật ứng dụng để xem thông báo này."),
    "en": ("New notice", "Update the app to see this notice."),
}


def shown(row: InboxRow, locale: Locale) -> Notification:
    """The notice in the reader's language."""
    notice = NOTICES.get(row.topic)
    subject = None if notice is None or row.subject_id is None else Subject(notice.subject, row.subject_id)
    title, body = UNKNOWN[locale]
    if notice is not None:
        try:
            given = msgspec.structs.asdict(msgspec.json.decode(row.params, type=notice.params))
        except msgspec.ValidationError:
            given = None
        if given is not None:
            words = notice.words[given[notice.chosen_by] if notice.chosen_by else ""][locale]
            title, body = (text.format_map(given) for text in words)
    return Notification(row.id, row.topic, title, body, subject, row.created_at, row.read_at)
