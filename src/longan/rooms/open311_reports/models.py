"""Nouns of the room: what was posted, what became of it, and what officials are shown of it."""

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from longan.floor.base.fields import LINE, Identifier, Timestamp

SubmissionState = Literal["filed", "waiting", "refused"]
Reason = Annotated[str, Meta(min_length=3, max_length=500, pattern=LINE)]


class Kept(msgspec.Struct, frozen=True):
    """What became of a post: `code` of the report once there is one."""

    id: UUID
    state: SubmissionState
    category_code: str
    token: str | None
    code: str | None


class Waiting(msgspec.Struct, frozen=True):
    """A post that an official decides on, held; `content` is a `Sent` without the personal part, as JSON."""

    id: UUID
    state: SubmissionState
    content: str | None


class Open311Submission(msgspec.Struct, frozen=True):
    """What a partner has posted. `description`, `address` and the point are there while it waits; afterwards they are
    in the report. `has_contact`: there is something that `open_open311_contact` shows."""

    id: Identifier
    state: SubmissionState
    partner: str
    service_code: str
    description: str | None
    address: str | None
    lat: float | None
    lon: float | None
    report_id: UUID | None
    has_contact: bool
    reason: str | None
    created_at: Timestamp


class Open311SubmissionPage(msgspec.Struct, frozen=True):
    items: list[Open311Submission]
    next_cursor: str | None


class Open311DecisionIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`file` makes a report of it, `refuse` none; `reason` is for officials."""

    decision: Literal["file", "refuse"]
    reason: Reason


class Open311Decided(msgspec.Struct, frozen=True):
    """`report_id` and `code` are of the report that was made of it, null where none was."""

    id: Identifier
    state: SubmissionState
    report_id: UUID | None
    code: str | None


class Open311LookIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What you need it for; it is written down with your name."""

    purpose: Reason


class Open311Contact(msgspec.Struct, frozen=True):
    """Who reported, as the partner says. `media_url` is an address that nobody here has opened or vouches for."""

    first_name: str | None
    last_name: str | None
    email: str | None
    phone: str | None
    media_url: str | None
