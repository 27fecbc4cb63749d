"""Nouns of the room: what a person submits, the case that becomes of it, and how an official decides."""

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from longan.citizen_card import MOST_CHARACTERS, Sex
from longan.errors import Conflict, Forbidden
from longan.fields import Count, Day, Identifier, Name, Note, Timestamp

State = Literal["submitted", "in_review", "confirmed", "refused", "withdrawn"]
Source = Literal["typed", "card", "federation"]
How = Literal["official", "provider", "federation"]
Verdict = Literal["confirmed", "not_matched", "unknown", "number_taken"]
Purpose = Literal["decide", "answer_question"]

PersonalNumber = Annotated[
    str, Meta(pattern="^[0-9]{12}$", max_length=12, description="Số định danh cá nhân", examples=["080090012345"])
]
MaskedNumber = Annotated[str, Meta(max_length=12, examples=["080*******45"])]
# A card whose QR code was cut or garbled is refused with a code that says so, not by the length of its text.
CardText = Annotated[
    str, Meta(max_length=MOST_CHARACTERS, description="The text of the QR code, as the scanner gave it")
]
ReasonCode = Annotated[
    Literal["data_matches", "data_differs", "not_present", "number_taken", "suspected_fraud", "other"],
    Meta(description="Why it was decided so; the person reads it"),
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


class IdentityReview(msgspec.Struct, frozen=True):
    """A case in the queue: nothing in it says whose it is. `provider_said` is what the identity provider answered, null
    before it did; `mine` whether you have claimed it."""

    id: Identifier
    state: str
    source: str
    provider_said: str | None
    submitted_at: Timestamp
    claimed_at: Timestamp | None
    mine: bool


class IdentityReviewPage(msgspec.Struct, frozen=True):
    items: list[IdentityReview]
    next_cursor: str | None


class IdentityLookIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Why you look; it is kept with your name, and the person sees it."""

    purpose: Purpose


class ReviewedPerson(msgspec.Struct, frozen=True):
    """What the person says of themself, for the official who has claimed the case to compare. `number_taken`: another
    account is confirmed for this number."""

    case_id: Identifier
    number: PersonalNumber
    full_name: str
    birth_date: Day
    sex: str
    address: str | None
    source: str
    provider_said: str | None
    number_taken: bool
    version: Count


class IdentityDecisionIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`reason` is for the person to read: it names nobody."""

    decision: Literal["confirmed", "refused"]
    reason_code: ReasonCode
    reason: Note


class SealedCase(msgspec.Struct, frozen=True):
    """A case as the database keeps it, with the data key of its person, wrapped; without the key it is unreadable."""

    id: UUID
    account_id: UUID
    number: bytes | None
    full_name: bytes | None
    birth_date: bytes | None
    sex: bytes | None
    address: bytes | None
    wrap_key: str | None
    wrapped: bytes | None
    key_version: int | None
    source: str
    provider_said: str | None
    number_taken: bool
    version: int


class AccountStanding(msgspec.Struct, frozen=True):
    """Before something is submitted: `id` is for the case, `confirmed` whether the account is, `another` whether for
    another number, `lately` how many cases it had since."""

    id: UUID
    confirmed: bool
    another: bool
    lately: int


class Standing(msgspec.Struct, frozen=True):
    """Where a case stands, for an official."""

    state: State
    own: bool
    mine: bool
    decided_by_me: bool


class CaseOpen(Conflict):
    code = "identity_case_open"
    vi, en = "Bạn đã gửi và đang chờ xác nhận", "You have submitted already, and it is being looked at"


class AnotherPerson(Conflict):
    """An account never becomes another person's: whoever got hold of it could otherwise make it theirs."""

    code = "identity_of_another"
    vi, en = "Tài khoản đã xác nhận cho một số định danh khác", "This account is confirmed for another number"


class NumberTaken(Conflict):
    """One person, one account. Whose the other account is, is not said."""

    code = "number_taken"
    vi, en = "Số định danh đã được xác nhận ở tài khoản khác", "Another account is confirmed for this number"


class CaseClaimed(Conflict):
    code = "case_claimed"
    vi, en = "Hồ sơ này đang do người khác xử lý", "Somebody else is working on this case"


class OwnCase(Forbidden):
    code = "own_case"
    vi, en = "Bạn không được xử lý hồ sơ của chính mình", "You may not decide on yourself"
