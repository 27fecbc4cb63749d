"""Nouns of the room: what a person submits, the case that becomes of it, and what is shown of their identity."""

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from longan.floor.accounts.citizen_card import MOST_CHARACTERS, MaskedNumber, PersonalNumber, Sex
from longan.floor.base.errors import Conflict
from longan.floor.base.fields import Day, Identifier, Name, Timestamp

Source = Literal["typed", "card", "federation"]
Verdict = Literal["holder_confirmed", "confirmed", "not_matched", "unknown", "number_taken"]

# A card whose QR code was cut or garbled is refused with a code that says so, not by the length of its text.
CardText = Annotated[
    str, Meta(max_length=MOST_CHARACTERS, description="The text of the QR code, as the scanner gave it")
]


class IdentityIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What stands on the card, typed. There is no place for an image of it: none is demanded, and none is kept (Luật
    91/2025/QH15, article 29.2)."""

    number: PersonalNumber
    full_name: Name
    birth_date: Day
    sex: Sex
    address: Name | None = None


class CardIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The QR code of the card, read by the phone. It is form, not proof: it only spares the typing."""

    qr: CardText


class MyCase(msgspec.Struct, frozen=True):
    """What became of what you submitted. Nothing of what was submitted is in it."""

    id: Identifier
    state: str
    source: str
    submitted_at: Timestamp
    decided_at: Timestamp | None
    reason_code: str | None
    reason: str | None


class MyIdentity(msgspec.Struct, frozen=True):
    """Who you are to us: everything null until it was confirmed; of number and birth date only enough to know them
    again. `confirmed_by`: `official`, `provider` or `federation`. `case` is the latest."""

    confirmed_at: Timestamp | None
    confirmed_by: str | None
    number: MaskedNumber | None
    full_name: str | None
    birth_year: Annotated[int, Meta(ge=1900, le=2399, extra_json_schema={"format": "int32"})] | None
    case: MyCase | None


class MyNumber(msgspec.Struct, frozen=True):
    """Your own confirmed identity, whole."""

    number: PersonalNumber
    full_name: str
    birth_date: Day
    sex: str
    address: str | None


class IdentityLook(msgspec.Struct, frozen=True):
    """An official has seen what you submitted: which agency's, when and for what."""

    id: Identifier
    case_id: Identifier
    agency_code: str | None
    purpose: str
    looked_at: Timestamp


class IdentityLookPage(msgspec.Struct, frozen=True):
    items: list[IdentityLook]
    next_cursor: str | None


class AccountStanding(msgspec.Struct, frozen=True):
    """Before something is submitted: `id` is for the case, `confirmed` whether the account is, `another` whether for
    another number, `lately` how many cases it had since."""

    id: UUID
    confirmed: bool
    another: bool
    lately: int


class CaseOpen(Conflict):
    code = "identity_case_open"
    vi, en = "Bạn đã gửi và đang chờ xác nhận", "You have submitted already, and it is being looked at"
