"""Nouns of the room: another phone for an account, and the way back to one whose phone is lost."""

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from longan.floor.accounts.codes import Code
from longan.floor.base.errors import Conflict
from longan.floor.base.fields import Identifier, Locale, Note, PhoneInput, Timestamp

# What becomes of a case. `opened` until the worker has looked whose it is; `blind` when nothing will come of it, which
# whoever began it is never told. The last five are final.
State = Literal[
    "opened", "waiting", "review", "approved", "blind", "done", "refused", "cancelled", "replaced", "lapsed"
]  # fmt: skip
# To the owner of the account, who cancels all of them alike.
VISIBLE = ("waiting", "review", "approved", "blind")
ReviewFor = Annotated[
    Literal["identity_confirmed", "other_way_in", "in_use", "several_claims", "objection"],
    Meta(
        description="Why a person decides: the identity is confirmed; a passkey or a provider opens the account; "
        "somebody used it since; several want it; somebody who is signed in objected"
    ),
]
Purpose = Literal["decide", "answer_question"]

PersonalNumber = Annotated[
    str, Meta(pattern=r"^[0-9]{12}(?!\n)$", max_length=12, description="Twelve digits", examples=["080190001234"])
]


class PhoneChangeIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    phone: PhoneInput


class PhoneProof(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    challenge_id: Identifier
    code: Code


class PhoneChanged(msgspec.Struct, frozen=True):
    """The phone in E.164; sensitive acts wait until `cooling_until`."""

    phone: str
    cooling_until: Timestamp


class RecoveryIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`lost_phone` is the number the account has, `new_phone` the one it is to have."""

    lost_phone: PhoneInput
    new_phone: PhoneInput


class RecoveryProof(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`identity_number`: whoever has confirmed their identity must name their number; it is compared and never kept."""

    challenge_id: Identifier
    code: Code
    identity_number: PersonalNumber | None = None


class RecoveryBegun(msgspec.Struct, frozen=True):
    """Nothing here says whether there is such an account. A text message tells the new phone when it has the account:
    at `due_at`, up to eleven days later where an official decides, or never."""

    recovery_id: Identifier
    due_at: Timestamp


class Recovery(msgspec.Struct, frozen=True):
    """Somebody asks to move the caller's account to another phone; `new_phone` is masked. `objected`: the caller's
    session proves less than the account can, so an official decides."""

    id: Identifier
    state: Literal["under_way", "objected", "cancelled"]
    new_phone: str
    opened_at: Timestamp
    due_at: Timestamp


class RecoveryList(msgspec.Struct, frozen=True):
    items: list[Recovery]


class RecoveryLook(msgspec.Struct, frozen=True):
    """An official has seen that a recovery is about your account: which agency's, when and for what."""

    id: Identifier
    recovery_id: Identifier
    agency_code: str | None
    purpose: str
    looked_at: Timestamp


class RecoveryLookPage(msgspec.Struct, frozen=True):
    items: list[RecoveryLook]
    next_cursor: str | None


class Review(msgspec.Struct, frozen=True):
    """A recovery that a person has to decide; nothing in it says whose it is. `number_matched`: the identity number
    that was named is that of the account. `objected_at`: when somebody who is signed in to it first said no."""

    id: Identifier
    review_for: ReviewFor | None
    new_phone: str
    number_matched: bool
    objected_at: Timestamp | None
    opened_at: Timestamp
    due_at: Timestamp


class ReviewPage(msgspec.Struct, frozen=True):
    items: list[Review]
    next_cursor: str | None


class RecoveryLookIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Why you look; it is kept with your name, and the account's owner sees it."""

    purpose: Purpose


class ReviewedRecovery(msgspec.Struct, frozen=True):
    """Whose account a recovery is about, as they call themself."""

    id: Identifier
    account_id: Identifier
    full_name: str | None


class RecoveryDecisionIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The reason is for the record; nobody but staff reads it."""

    decision: Literal["approved", "refused"]
    reason: Note


class Sealing(msgspec.Struct, frozen=True):
    """A case with its new phone, sealed for the case."""

    id: UUID
    state: State
    phone_cipher: bytes
    opened_at: Timestamp
    due_at: Timestamp
    objected_at: Timestamp | None
    review_for: ReviewFor | None = None
    number_matched: bool = False


class SealingPage(msgspec.Struct, frozen=True):
    items: list[Sealing]
    next_cursor: str | None


class Resolved(msgspec.Struct, frozen=True):
    """What the worker found out about a case; `old_cipher` is the lost phone, sealed for the account."""

    state: State
    account_id: UUID | None
    locale: Locale
    old_cipher: bytes | None


class Standing(msgspec.Struct, frozen=True):
    """Where a case stands, for an official; `involved`: the account is theirs, or they have seen its identity."""

    state: State
    involved: bool


class Due(msgspec.Struct, frozen=True):
    """A case whose time has come. `stands`: the account still has the lost phone and is not disabled; `review_for`: why
    a person decides first."""

    id: UUID
    state: State
    account_id: UUID | None
    phone_index: bytes
    phone_cipher: bytes
    old_cipher: bytes | None
    locale: Locale
    stands: bool
    staff: bool
    review_for: ReviewFor | None


class PhoneTaken(Conflict):
    code = "phone_taken"
    vi, en = "Số điện thoại này đã có tài khoản", "This phone number has an account already"


class RecoveryUnderWay(Conflict):
    code = "recovery_under_way"
    vi, en = "Đang có yêu cầu khôi phục khác cho số này", "Another recovery for this number has just begun"
