"""Nouns of the room: an employer as registered, changed, shown, decided on."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from longan.floor.access.memberships import MemberRole
from longan.floor.base.errors import Conflict, Forbidden
from longan.floor.base.fields import Count, Identifier, Name, Note, ProvinceCode, Timestamp, WardCode

Status = Literal["unverified", "verified", "rejected", "suspended"]
Decision = Literal["verified", "rejected"]
TaxCode = Annotated[
    str,
    Meta(
        pattern="^[0-9]{10}(-?[0-9]{3})?$|^[0-9]{12}$",
        max_length=14,
        description="10 digits, 13 for a branch (with a hyphen or not), or the 12 of a person's id number",
        examples=["1100727545"],
    ),
]
Description = Annotated[
    str,
    Meta(min_length=1, max_length=2_000, pattern=r"\S", description="Plain text without links",
         examples=["Xưởng may 400 công nhân, có xe đưa rước và nhà trẻ."]),
]  # fmt: skip
Version = Annotated[int, Meta(ge=1, le=2**31 - 1, extra_json_schema={"format": "int32"})]


class EmployerIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    tax_code: TaxCode
    name: Name
    ward_code: WardCode


class EmployerChange(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What is absent stays as it is; `clear` names what becomes unknown."""

    name: Name | UnsetType = UNSET
    ward_code: WardCode | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    clear: Annotated[list[Literal["description"]], Meta(max_length=1)] = []


class DecisionIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`reason` is for the employer and for the record. `version` is that of what you looked at: 412 when it was changed
    since, for nobody lends a verified mark to a name that nobody has seen. Who does not send it gets 412 once the
    employer has changed anything since it registered or was last decided on."""

    decision: Decision
    reason: Note
    version: Version | None = None


class NameDecisionIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`wanted_name` as you saw it: 412 when they want another one by now."""

    decision: Literal["accepted", "refused"]
    wanted_name: Name
    reason: Note


class EmployerReasonIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`reason` is for the employer and for the record."""

    reason: Note


class Employer(msgspec.Struct, frozen=True):
    """`status` is `unverified`, `verified`, `rejected` or `suspended`; only a verified one can publish jobs.

    `tax_code` is masked (`079*******34`) where it is a person's id number (household businesses, since 2025-07-01);
    `get_employer` shows it whole to the members of the employer and to the officials who decide on it. `wanted_name` is
    what a verified one wants to be called from now on, for the same readers, until an official agrees.

    `description` is shown to everybody once the employer is verified. `response_rate` is the share (0 to 1) of the
    applications received 90 to 7 days ago that the employer answered within 7 days (`viewed` is no answer),
    `response_hours` the median of the hours until its first answer; each null where fewer than 10 applications speak
    for it.
    """

    id: Identifier
    tax_code: str
    name: str
    wanted_name: str | None
    description: str | None
    status: str
    verified: bool
    verified_at: Timestamp | None
    ward_code: WardCode
    province_code: ProvinceCode
    open_jobs: Count
    response_rate: Annotated[float, Meta(ge=0, le=1, examples=[0.86])] | None
    response_hours: Annotated[float, Meta(ge=0, examples=[20.5])] | None
    created_at: Timestamp
    updated_at: Timestamp
    version: Count


class EmployerItem(msgspec.Struct, frozen=True):
    """A verified employer in the list."""

    id: Identifier
    name: str
    ward_code: WardCode
    province_code: ProvinceCode
    verified_at: Timestamp
    open_jobs: Count


class EmployerPage(msgspec.Struct, frozen=True):
    items: list[EmployerItem]
    next_cursor: str | None


class EmployerReview(msgspec.Struct, frozen=True):
    """An employer that waits for a decision since `asked_at`: it is `unverified`, or a verified one wants another name
    (`wanted_name`). `tax_code` is null where it is a person's number, which `get_employer` shows. What the tax registry
    says (`get_employer_registration`): `registry_state` is `waiting`, `answered` or `not_asked`, `registry_result`
    `active`, `paused`, `ceased` or `not_found`."""

    id: Identifier
    name: str
    wanted_name: str | None
    status: str
    tax_code: str | None
    ward_code: WardCode
    asked_at: Timestamp
    registry_state: str | None
    registry_result: str | None
    version: Count


class EmployerReviewPage(msgspec.Struct, frozen=True):
    items: list[EmployerReview]
    next_cursor: str | None


class EmployerDecision(msgspec.Struct, frozen=True):
    """`verified`, `rejected`, `suspended`, `reinstated`, `name_accepted` or `name_refused`, and why."""

    id: Identifier
    decision: str
    reason: str
    agency_code: str | None
    decided_at: Timestamp


class EmployerDecisionPage(msgspec.Struct, frozen=True):
    items: list[EmployerDecision]
    next_cursor: str | None


class Standing(msgspec.Struct, frozen=True):
    """What may change of an employer, held by this transaction. `role` is the caller's in it; `belongs` whether they,
    by any account of theirs, are a member. `seen_version`: as it registered, or as the last decision left it."""

    id: UUID
    status: Status
    name: str
    wanted_name: str | None
    description: str | None
    verified_at: datetime | None
    asked_at: datetime
    seen_version: int
    ward_version: date
    ward_code: str
    version: int
    role: MemberRole | None
    belongs: bool


class EmployerExists(Conflict):
    code = "employer_exists"
    vi, en = "Mã số thuế này đã được đăng ký", "An employer with this tax code is registered already"


class OwnEmployer(Forbidden):
    code = "own_employer"
    vi, en = "Bạn không được quyết định về đơn vị của chính mình", "You may not decide on an employer of your own"
