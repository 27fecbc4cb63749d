"""Nouns of the room: what an official may do where and until when, and what two administrators agree on."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from longan.floor.access.officials import Function
from longan.floor.base.errors import Conflict, Forbidden
from longan.floor.base.fields import Day, Identifier, Note, PhoneInput, Timestamp, WardCode

StaffRole = Literal["official", "administrator"]
Kind = Literal["grant", "end", "enrol", "close", "reopen"]
AboutStaff = Literal["enrol", "close", "reopen"]
Verdict = Literal["approved", "refused"]

AgencyCode = Annotated[str, Meta(pattern=r"^[A-Z0-9][A-Z0-9.]{1,39}$", max_length=40, examples=["H51.01"])]
Wards = Annotated[list[WardCode], Meta(min_length=1, max_length=200)]
Ticket = Annotated[str, Meta(description="Good once, for 24 hours, beside a code to the phone of whom it is for")]


class GrantIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`phone` of whoever is to have the role; they need no account yet. `ward_codes` of the list in force now, absent
    for everywhere; `function` is what an official works at, an administrator has none."""

    phone: PhoneInput
    role: StaffRole
    reason: Note
    agency_code: AgencyCode | None = None
    function: Function | None = None
    ward_codes: Wards | None = None
    ends_at: Timestamp | None = None


class ReasonIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    reason: Note


class ProposalDecision(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    decision: Verdict
    reason: Note | None = None


class Proposal(msgspec.Struct, frozen=True):
    """What one administrator asks another to decide: a new role, the end of one, a ticket for a new passkey, an account
    of the staff closed or opened again.

    `phone`, masked, and `full_name`, as they call themselves, say whom it is about; null where there is none.
    """

    id: Identifier
    kind: Kind
    account_id: Identifier
    phone: str | None
    full_name: str | None
    role: StaffRole | None
    agency_code: str | None
    function: str | None
    ward_version: Day | None
    ward_codes: list[str] | None
    ends_at: Timestamp | None
    reason: str
    proposed_by: Identifier
    proposed_at: Timestamp
    expires_at: Timestamp
    decision: Verdict | None
    decision_reason: str | None
    decided_by: Identifier | None
    decided_at: Timestamp | None


class ProposalPage(msgspec.Struct, frozen=True):
    items: list[Proposal]
    next_cursor: str | None


class Decided(msgspec.Struct, frozen=True):
    """`enrolment_ticket` is shown this once, where somebody needs it to register a passkey."""

    proposal: Proposal
    enrolment_ticket: Ticket | None


class Grant(msgspec.Struct, frozen=True):
    """A role that holds. Its wards are of the list `ward_version`; without any it holds everywhere."""

    id: Identifier
    account_id: Identifier
    role: StaffRole
    agency_code: str | None
    function: str | None
    ward_version: Day | None
    ward_codes: list[str] | None
    starts_at: Timestamp
    ends_at: Timestamp | None


class GrantPage(msgspec.Struct, frozen=True):
    items: list[Grant]
    next_cursor: str | None


class Asked(msgspec.Struct, frozen=True):
    """A proposal as it is decided: whether it `stands`, from which session and with which key it was made."""

    id: UUID
    kind: Kind
    account_id: UUID
    role: StaffRole | None
    agency_code: str | None
    function: str | None
    ward_version: date | None
    ward_codes: list[str] | None
    ends_at: datetime | None
    proposed_by: UUID
    proposed_session: UUID
    proposed_key: str | None
    stands: bool


class Due(msgspec.Struct, frozen=True):
    """A role whose time has come."""

    id: UUID
    account_id: UUID
    role: StaffRole
    agency_code: str | None


class TwoPersonRule(Forbidden):
    code = "two_person_rule"
    vi, en = "Việc này cần hai người quản trị khác nhau", "This takes two different administrators"


class ProposalOpen(Conflict):
    code = "proposal_open"
    vi, en = "Đã có đề nghị như vậy đang chờ quyết định", "There is such a proposal already, waiting for a decision"


class ProposalDecided(Conflict):
    code = "proposal_decided"
    vi, en = "Đề nghị này đã được quyết định hoặc không còn hiệu lực", "The proposal is decided, or stands no more"


class RoleHeld(Conflict):
    code = "role_held"
    vi, en = "Người này đang giữ vai trò đó", "They hold that role already"


class LastAdministrator(Conflict):
    code = "last_administrator"
    vi, en = "Không thể bỏ người quản trị cuối cùng", "The last administrator cannot be removed"
