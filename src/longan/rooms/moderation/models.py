"""The nouns of the room."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from longan.floor.base.errors import Conflict, FieldError, Forbidden
from longan.floor.base.fields import Count, Identifier, Note, Timestamp
from longan.floor.postings.postings import EmployerBrief, Status

Kind = Literal["held", "appeal"]
Decided = Literal["published", "returned", "suspended", "upheld", "granted"]
VersionIn = Annotated[int, Meta(ge=1, le=2**31 - 1)]


class FindingInWords(msgspec.Struct, frozen=True):
    """`quote` stands in `field` of the posting exactly so; both null for what is in no text. `accepted`: an official
    has read it and published all the same."""

    rule: str
    title: str
    law: str
    explanation: str
    field: str | None
    quote: str | None
    weight: Count
    accepted: bool


class ModerationCase(msgspec.Struct, frozen=True):
    """A case in the queue. `rules` found something that nobody has accepted."""

    id: Identifier
    kind: str
    job_id: Identifier
    job_title: str
    employer: EmployerBrief
    ward_code: str
    score: Count
    rules: list[str]
    opened_at: Timestamp


class ModerationCasePage(msgspec.Struct, frozen=True):
    items: list[ModerationCase]
    next_cursor: str | None


class PastDecision(msgspec.Struct, frozen=True):
    """What an official decided, or `paused`, which follows from confirmed reports."""

    id: Identifier
    decision: str
    reason: str
    changes: str | None
    decided_at: Timestamp


class ReportInCase(msgspec.Struct, frozen=True):
    """What a worker says of the posting; nothing says who."""

    id: Identifier
    reason_code: str
    note: str | None
    state: str
    created_at: Timestamp


class CaseRow(msgspec.Struct, frozen=True):
    """A case with its posting, before the findings are put into words."""

    id: UUID
    kind: str
    closed_at: datetime | None
    job_id: UUID
    status: str
    version: int
    title: str
    description: str
    skills: list[str]
    employer: EmployerBrief
    ward_code: str
    score: int
    appeal: str | None
    judged_at: datetime


class ModerationCaseView(msgspec.Struct, frozen=True):
    """A case with the posting as it stands; `version` is the posting's, and goes back with the decision. `appeal`: what
    the employer says against the last decision."""

    id: Identifier
    kind: str
    closed_at: Timestamp | None
    job_id: Identifier
    status: str
    version: Count
    title: str
    description: str
    skills: list[str]
    employer: EmployerBrief
    ward_code: str
    score: Count
    findings: list[FindingInWords]
    appeal: str | None
    decisions: list[PastDecision]
    reports: list[ReportInCase]


class CaseDecisionIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`version` of the posting that was read. `reason` is for the employer to read: it names nobody, least of all who
    reported. `changes`: what to change, demanded with `returned`."""

    decision: Decided
    reason: Note
    version: VersionIn
    changes: Note | None = None


class CaseDecided(msgspec.Struct, frozen=True):
    """`status` is the posting's now."""

    case_id: Identifier
    decision: str
    status: str
    decided_at: Timestamp


class ReviewDecision(msgspec.Struct, frozen=True):
    """A decision on one's posting. `appeal` is null as long as nobody has appealed."""

    id: Identifier
    decision: str
    reason: str
    changes: str | None
    decided_at: Timestamp
    appeal: str | None
    can_appeal: bool


class JobReview(msgspec.Struct, frozen=True):
    """What the guard found last, in words, and what officials decided, the latest first. `confirmed_reports`: the
    reasons of what officials confirmed; who reported is nobody's to know."""

    job_id: Identifier
    status: str
    score: Count
    held: bool
    findings: list[FindingInWords]
    decisions: list[ReviewDecision]
    confirmed_reports: list[str]


class ReviewRow(msgspec.Struct, frozen=True):
    """The posting of a member's employer, with what was said of it last."""

    status: str
    score: int
    held: bool
    judged_at: datetime | None
    confirmed_reports: list[str]


class AppealIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Why the decision was wrong; another official than who decided reads it."""

    decision_id: Identifier
    text: Note


class Appeal(msgspec.Struct, frozen=True):
    decision_id: Identifier
    case_id: Identifier
    text: str
    created_at: Timestamp


class Standing(msgspec.Struct, frozen=True):
    """Where a case stands, for an official whose wards reach its posting. `own`: they act for the employer, or have
    reported it themself; `not_for_me`: an appeal against their own decision."""

    kind: Kind
    posting_id: UUID
    status: Status
    version: int
    employer_verified: bool
    closed: bool
    own: bool
    not_for_me: bool
    mine: bool
    decision: str | None
    decided_at: datetime | None


class Told(msgspec.Struct, frozen=True):
    """What the members of an employer are told of a decision, or of a posting that is held."""

    posting_id: UUID
    job_title: str
    employer_name: str
    members: list[UUID]
    decision: Literal["held", "published", "returned", "suspended", "paused", "upheld", "granted"]
    reason: str


class AlreadyDecided(Conflict):
    code = "moderation_decided"
    vi, en = "Hồ sơ này đã được quyết định", "This case was decided already"


class DecidedByYou(Forbidden):
    """An appeal is for another official than who decided first."""

    code = "decided_by_you"
    vi, en = "Khiếu nại phải do cán bộ khác xem xét", "Somebody else decides on the appeal"


class NotAppealable(Conflict):
    """It was appealed before, is no longer the last one, was in the employer's favour, or is too long ago."""

    code = "not_appealable"
    vi, en = "Quyết định này không khiếu nại được nữa", "This decision cannot be appealed any more"

    def __init__(self) -> None:
        super().__init__(FieldError("/decision_id", "not_one_of"))
