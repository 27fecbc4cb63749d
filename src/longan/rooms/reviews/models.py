"""Nouns of the room: a case as officials see it, a look into it, and what is decided."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from longan.floor.accounts.citizen_card import PersonalNumber
from longan.floor.base.errors import Conflict, Forbidden
from longan.floor.base.fields import Count, Day, Identifier, Note, Timestamp

State = Literal["submitted", "in_review", "confirmed", "refused", "withdrawn"]
Purpose = Literal["decide", "answer_question"]

ReasonCode = Annotated[
    Literal["data_matches", "data_differs", "not_present", "number_taken", "suspected_fraud", "other"],
    Meta(description="Why it was decided so; the person reads it"),
]


class IdentityReview(msgspec.Struct, frozen=True):
    """A case in the queue: nothing in it says whose it is. `provider_said` is what the identity provider answered, null
    before it did: `confirmed` says that there is such a person, not that this is them. `mine`: you have claimed it."""

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


class Standing(msgspec.Struct, frozen=True):
    """Where a case stands, for an official whose wards reach it. `own`: it is about themself, by this account or
    another; `stranger`: nobody has confirmed who the official is, and the case is no colleague's."""

    state: State
    own: bool
    stranger: bool
    mine: bool
    decided_by_me: bool


class CaseClaimed(Conflict):
    code = "case_claimed"
    vi, en = "Hồ sơ này đang do người khác xử lý", "Somebody else is working on this case"


class OwnCase(Forbidden):
    code = "own_case"
    vi, en = "Bạn không được xử lý hồ sơ của chính mình", "You may not decide on yourself"


class OwnIdentityFirst(Forbidden):
    """Of an official whom nobody has confirmed we could not say which cases are their own."""

    code = "own_identity_first"
    vi, en = "Danh tính của chính bạn phải được xác nhận trước", "Your own identity has to be confirmed first"
