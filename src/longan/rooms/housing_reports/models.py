"""The nouns of the room."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from longan.floor.base.errors import Conflict
from longan.floor.base.fields import Count, Identifier, Note, Timestamp
from longan.floor.housing.housing_listings import Kind, Status
from longan.floor.pay_and_days.pay import Amount

ReasonCode = Literal["fraud", "wrong_price", "gone", "not_as_shown", "unsafe", "discrimination", "copied", "other"]
State = Literal["open", "confirmed", "dismissed"]
Outcome = Literal["confirmed", "dismissed"]


class HousingReportIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What is wrong with a listing. `note` is for officials only."""

    reason_code: ReasonCode
    note: Note | None = None


class HousingReport(msgspec.Struct, frozen=True):
    """A report of one's own; `answer` is what an official found."""

    id: Identifier
    housing_id: Identifier
    housing_title: str
    reason_code: ReasonCode
    note: str | None
    state: State
    answer: str | None
    created_at: Timestamp
    decided_at: Timestamp | None


class HousingReportPage(msgspec.Struct, frozen=True):
    items: list[HousingReport]
    next_cursor: str | None


class WaitingHousingReport(msgspec.Struct, frozen=True):
    """A report that waits for an official; nothing says who reported. `confirmed`: how many people's reports of the
    listing count by now. `claimed_until`: another official has taken it until then; null when nobody or you have."""

    id: Identifier
    reason_code: ReasonCode
    note: str | None
    created_at: Timestamp
    housing_id: Identifier
    housing_status: Status
    housing_title: str
    housing_description: str
    kind: Kind
    rent: Amount
    ward_code: str
    confirmed: Count
    claimed_until: Timestamp | None


class WaitingHousingReportPage(msgspec.Struct, frozen=True):
    items: list[WaitingHousingReport]
    next_cursor: str | None


class HousingReportDecisionIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`answer` is for whoever reported to read: it names nobody."""

    outcome: Outcome
    answer: Note


class HousingReportDecided(msgspec.Struct, frozen=True):
    """`confirmed`: how many people's reports of the listing count by now; `housing_status` is the listing's."""

    report_id: Identifier
    outcome: State
    confirmed: Count
    housing_status: Status


class HousingReportClaimed(msgspec.Struct, frozen=True):
    """Until then no other official decides on it."""

    report_id: Identifier
    claimed_until: Timestamp


class Reportable(msgspec.Struct, frozen=True):
    """A listing that could be seen: whether it is the account's own, whether they have reported it before, and how many
    others lately."""

    own: bool
    known: bool
    lately: int


class Standing(msgspec.Struct, frozen=True):
    """Where a report stands, for an official whose wards reach its listing. `own`: the listing is theirs, or they have
    reported it; `mine`: they have decided on it; `others_until`: another official has taken it."""

    listing_id: UUID
    state: State
    status: Status
    own: bool
    mine: bool
    others_until: datetime | None
    confirmed: int


class Told(msgspec.Struct, frozen=True):
    """Whom to tell what became of a report."""

    account_id: UUID
    listing_id: UUID
    title: str
    outcome: Outcome


class HousingReportAnswered(Conflict):
    code = "housing_report_answered"
    vi, en = "Phản ánh này đã được trả lời", "This report was answered already"


class HousingReportTaken(Conflict):
    """`until` of the problem is when the claim ends."""

    code = "housing_report_taken"
    vi, en = "Cán bộ khác đang xem phản ánh này", "Another official has taken this report"
