"""Nouns of the room: an employer as registered, shown, decided on."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from longan.errors import Conflict
from longan.fields import Count, Identifier, Name, Note, ProvinceCode, Timestamp, WardCode

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


class EmployerIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    tax_code: TaxCode
    name: Name
    ward_code: WardCode


class DecisionIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`reason` is for the employer and for the record."""

    decision: Decision
    reason: Note


class Employer(msgspec.Struct, frozen=True):
    """`status` is `unverified`, `verified` or `rejected`.

    `tax_code` is masked (`079*******34`) where it is a person's id number (household businesses, since 2025-07-01);
    `get_employer` shows it whole to the members of the employer and to the officials who decide on it.
    """

    id: Identifier
    tax_code: str
    name: str
    status: str
    verified: bool
    verified_at: Timestamp | None
    ward_code: WardCode
    province_code: ProvinceCode
    created_at: Timestamp
    updated_at: Timestamp
    version: Count


class EmployerExists(Conflict):
    code = "employer_exists"
    vi, en = "Mã số thuế này đã được đăng ký", "An employer with this tax code is registered already"
