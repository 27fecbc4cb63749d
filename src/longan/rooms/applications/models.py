"""Nouns of the room: an application as each side sees it, and the steps it takes."""

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from longan.floor.base.errors import Conflict, Forbidden
from longan.floor.base.fields import Count, Identifier, Note, Timestamp, WardCode

Status = Literal[
    "submitted", "viewed", "shortlisted", "interview", "offer", "hired", "rejected", "withdrawn", "expired", "obsolete"
]
Side = Literal["worker", "employer"]

PIPELINE: tuple[Status, ...] = ("submitted", "viewed", "shortlisted", "interview", "offer", "hired")
OPEN: frozenset[Status] = frozenset(PIPELINE[:-1])

ReasonCode = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,39}(?!\n)$", max_length=40, examples=["position_filled"])]


class ApplicationIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`note` is for the employer to read."""

    note: Note | None = None


class MoveIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`message` is for the other side to read."""

    to: Status
    reason_code: ReasonCode | None = None
    message: Note | None = None


class Application(msgspec.Struct, frozen=True):
    """An application by itself, for either side."""

    id: Identifier
    job_id: Identifier
    status: str
    note: str | None
    created_at: Timestamp
    updated_at: Timestamp
    version: Count


class Move(msgspec.Struct, frozen=True):
    """A step that was taken."""

    from_status: str
    to_status: str
    reason_code: str | None
    message: str | None
    moved_at: Timestamp


class JobEmployer(msgspec.Struct, frozen=True):
    id: Identifier
    name: str
    verified: bool


class AppliedJob(msgspec.Struct, frozen=True):
    """`title` is what it was called when they applied."""

    id: Identifier
    title: str
    ward_code: WardCode
    employer: JobEmployer


class MyApplication(msgspec.Struct, frozen=True):
    """An application as the worker sees it. `last_move` is null until somebody has moved it."""

    id: Identifier
    job: AppliedJob
    status: str
    note: str | None
    last_move: Move | None
    created_at: Timestamp
    updated_at: Timestamp


class MyApplicationPage(msgspec.Struct, frozen=True):
    items: list[MyApplication]
    next_cursor: str | None


class JobApplication(msgspec.Struct, frozen=True):
    """An application as the employer sees it: of the worker only the name, null when they have not given one."""

    id: Identifier
    job_id: Identifier
    applicant_name: str | None
    status: str
    note: str | None
    last_move: Move | None
    created_at: Timestamp
    updated_at: Timestamp


class JobApplicationPage(msgspec.Struct, frozen=True):
    items: list[JobApplication]
    next_cursor: str | None


class Standing(msgspec.Struct, frozen=True):
    """Where an application stands, and on which side of it the caller is."""

    status: Status
    side: Side


class Ended(msgspec.Struct, frozen=True):
    """An application that ended with its posting, and the step on record."""

    application_id: UUID
    move_id: UUID


class AlreadyApplied(Conflict):
    code = "already_applied"
    vi, en = "Bạn đã nộp hồ sơ cho việc này rồi", "You have applied for this job already"


class OwnJob(Forbidden):
    code = "own_job"
    vi, en = "Bạn không thể ứng tuyển vào tin của chính đơn vị mình", "You cannot apply to a job of your own employer"
