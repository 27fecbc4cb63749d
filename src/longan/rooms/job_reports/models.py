"""The nouns of the room."""

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from longan.floor.base.errors import Conflict
from longan.floor.base.fields import Count, Identifier, Note, Timestamp
from longan.floor.postings.postings import EmployerBrief, Status

State = Literal["open", "confirmed", "dismissed"]
Outcome = Literal["confirmed", "dismissed"]
ReasonCode = Annotated[
    Literal["fee", "deposit", "papers", "pay_not_true", "not_a_job", "discrimination", "copied", "unsafe", "other"],
    Meta(description="What is wrong with the posting"),
]


class JobReportIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """No employer is shown who said so, nor the note."""

    reason_code: ReasonCode
    note: Note | None = None


class JobReport(msgspec.Struct, frozen=True):
    """One's own report; `answer` is the official's."""

    id: Identifier
    job_id: Identifier
    job_title: str
    reason_code: str
    note: str | None
    state: str
    answer: str | None
    created_at: Timestamp
    decided_at: Timestamp | None


class JobReportPage(msgspec.Struct, frozen=True):
    items: list[JobReport]
    next_cursor: str | None


class WaitingReport(msgspec.Struct, frozen=True):
    """A report that an official is to answer, with the posting as it stands; nothing says who reported. `confirmed`:
    how many of the posting's reports count so far."""

    id: Identifier
    reason_code: str
    note: str | None
    created_at: Timestamp
    job_id: Identifier
    job_status: str
    job_title: str
    job_description: str
    employer: EmployerBrief
    ward_code: str
    confirmed: Count


class WaitingReportPage(msgspec.Struct, frozen=True):
    items: list[WaitingReport]
    next_cursor: str | None


class ReportDecisionIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`answer` is for whoever reported. `suspend_because`, with `confirmed` only: take the posting down at once,
    wherever its employer has brought it meanwhile, for this reason, which they read; it names nobody."""

    outcome: Outcome
    answer: Note
    suspend_because: Note | None = None


class ReportDecided(msgspec.Struct, frozen=True):
    """`confirmed`: how many reports of the posting count by now; `job_status` is the posting's."""

    report_id: Identifier
    outcome: str
    confirmed: Count
    job_status: str


class Standing(msgspec.Struct, frozen=True):
    """Where a report stands, for an official whose wards reach its posting. `own`: they act for the employer, or have
    reported the posting too; `mine`: they have decided on it."""

    posting_id: UUID
    state: State
    status: Status
    own: bool
    mine: bool
    confirmed: int


class Reportable(msgspec.Struct, frozen=True):
    """A posting that can be seen: whether it is the account's own employer's, whether they have reported it before, and
    how many others lately."""

    own: bool
    known: bool
    lately: int


class Told(msgspec.Struct, frozen=True):
    """Whom to tell what became of a report."""

    account_id: UUID
    posting_id: UUID
    job_title: str
    outcome: Outcome


class ReportAnswered(Conflict):
    code = "report_answered"
    vi, en = "Phản ánh này đã được trả lời", "This report was answered already"
