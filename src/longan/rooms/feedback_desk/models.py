"""Nouns of the room: a report as officials see it, in the queue and by itself."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from longan.floor.base.fields import Count, Identifier, Timestamp
from longan.floor.feedback.feedback_clock import Late
from longan.floor.feedback.feedback_routing import UnitSuggestion
from longan.floor.feedback.feedback_states import Status
from longan.floor.pictures.uploads import PhotoLink

Sort = Literal["due", "newest"]
Purpose = Literal["call_back", "verify"]


class QueuedFeedback(msgspec.Struct, frozen=True):
    """A report in the queue: `begins` is how its words begin, `next_due_at` until when it is to be accepted or, when it
    was, answered. While the citizen is asked for more nothing is late. `visibility` is `waiting` until an official has
    published or hidden it."""

    id: Identifier
    code: str
    category_code: str
    begins: str
    ward_code: str | None
    is_urgent: bool
    status: str
    visibility: str
    origin: str
    supporters: Count
    unit_id: Identifier | None
    unit_name: str | None
    next_due_at: Timestamp
    is_late: bool
    reopened: Count
    created_at: Timestamp
    version: Count


class QueuedFeedbackPage(msgspec.Struct, frozen=True):
    items: list[QueuedFeedback]
    next_cursor: str | None


class StatusCount(msgspec.Struct, frozen=True):
    status: str
    reports: Count


class QueueCounts(msgspec.Struct, frozen=True):
    """How much lies in the wards of your role and is not closed or refused. `open` is what is not answered either;
    `late`, `urgent` and `without_unit` are of these, `unpublished` is what nobody has decided to show or to hide."""

    open: Count
    late: Count
    urgent: Count
    without_unit: Count
    unpublished: Count
    by_status: list[StatusCount]


class StoryStep(msgspec.Struct, frozen=True):
    """A step. `words` are what the citizen read or wrote, `note` is for officials; `by` is the official's account, null
    for the citizen's own steps and those that happen by themselves."""

    id: Identifier
    from_status: str | None
    to_status: str
    side: str
    words: str | None
    note: str | None
    unit_id: Identifier | None
    unit_name: str | None
    by: Identifier | None
    at: Timestamp


class StoryAct(msgspec.Struct, frozen=True):
    """What an official did that is no step. `report_id` is the other report of a merge; `unit_id` the unit that the
    rules named where another was chosen."""

    id: Identifier
    action: str
    report_id: Identifier | None
    unit_id: Identifier | None
    because: str | None
    by: Identifier
    agency_code: str | None
    at: Timestamp


class PublicCopy(msgspec.Struct, frozen=True):
    """What everybody reads of the report, while its `visibility` is `public`."""

    words: str
    answer: str | None
    with_photos: bool
    approved_by: Identifier
    approved_at: Timestamp


class MergedReport(msgspec.Struct, frozen=True):
    id: Identifier
    code: str


class ReportRow(msgspec.Struct, frozen=True):
    """A report as it is stored; `attributes` is JSON."""

    id: UUID
    code: str
    category_code: str
    attributes: str | None
    description: str
    address: str | None
    lat: float | None
    lon: float | None
    ward_code: str | None
    ward_version: date | None
    province_code: str
    is_urgent: bool
    status: Status
    visibility: str
    origin: str
    merged_into: UUID | None
    supporters: int
    accept_due_at: datetime
    due_at: datetime | None
    accepted_at: datetime | None
    answered_at: datetime | None
    closed_at: datetime | None
    unit_id: UUID | None
    unit_name: str | None
    rating: int | None
    rating_words: str | None
    reopened: int
    own: bool
    version: int
    created_at: datetime


class DeskReport(msgspec.Struct, frozen=True):
    """A report with everything but who sent it, which `open_feedback_sender` shows and writes down.

    `clock_runs` is false while the citizen is asked for more and once there is an answer; then `accept_due_at` and
    `due_at` are the earliest that are still possible. `accept_late` and `late` say by how much the two are, or were,
    late. `suggestion` is the unit that the rules name: null where somebody has to decide. `suggested_words` are the
    description without what leads to a person, as a proposal for the public copy. `own`: you have sent it yourself, so
    a colleague decides. `version` goes back with each step.
    """

    id: Identifier
    code: str
    category_code: str
    attributes: dict[str, Any] | None
    description: str
    address: str | None
    lat: float | None
    lon: float | None
    ward_code: str | None
    province_code: str
    is_urgent: bool
    status: str
    visibility: str
    origin: str
    merged_into: Identifier | None
    merged: list[MergedReport]
    supporters: Count
    accept_due_at: Timestamp
    accept_late: Late
    due_at: Timestamp | None
    late: Late
    clock_runs: bool
    accepted_at: Timestamp | None
    answered_at: Timestamp | None
    closed_at: Timestamp | None
    unit_id: Identifier | None
    unit_name: str | None
    suggestion: UnitSuggestion | None
    suggested_words: str
    public_copy: PublicCopy | None
    rating: Count | None
    rating_words: str | None
    reopened: Count
    own: bool
    steps: list[StoryStep]
    acts: list[StoryAct]
    created_at: Timestamp
    version: Count


class DeskPhoto(msgspec.Struct, frozen=True):
    """A picture of the report, or with `step_id` one that came with a step: of an answer, or of what was asked for."""

    step_id: Identifier | None
    photo: PhotoLink


class DeskPhotos(msgspec.Struct, frozen=True):
    items: list[DeskPhoto]


class SenderLookIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Why you look; it is kept with your name, and the sender sees that it happened."""

    purpose: Purpose


class FeedbackSender(msgspec.Struct, frozen=True):
    """Who sent a report. Null where nothing is known."""

    report_id: Identifier
    full_name: str | None
    phone: str | None


class SenderRow(msgspec.Struct, frozen=True):
    report_id: UUID
    account_id: UUID
    full_name: str | None
    phone_cipher: bytes | None


class FeedbackLook(msgspec.Struct, frozen=True):
    """An official has seen who sent one of your reports."""

    id: Identifier
    report_id: Identifier
    report_code: str
    agency_code: str | None
    purpose: str
    looked_at: Timestamp


class FeedbackLookPage(msgspec.Struct, frozen=True):
    items: list[FeedbackLook]
    next_cursor: str | None


class Alarm(msgspec.Struct, frozen=True):
    """Whom to tell of which term, of which report."""

    report_id: UUID
    code: str
    officials: list[UUID]


class Merged(msgspec.Struct, frozen=True):
    """Whom to tell that their report follows another one now."""

    code: str
    account_id: UUID
