"""Nouns of the room: another phone for an account, and the way back to one whose phone is lost."""

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from longan.codes import Code
from longan.errors import Conflict
from longan.fields import Identifier, Locale, Note, PhoneInput, Timestamp

# What becomes of a case. `opened` until the worker has looked whose it is; `blind` when no account may come back this
# way, which nobody is told before the time is over. The last five are final.
State = Literal[
    "opened", "waiting", "review", "approved", "blind", "done", "refused", "cancelled", "replaced", "lapsed"
]  # fmt: skip
CANCELLABLE = ("waiting", "review", "approved")

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
    """Nothing here says whether there is such an account. At `due_at` a text message tells the new phone."""

    recovery_id: Identifier
    due_at: Timestamp


class Recovery(msgspec.Struct, frozen=True):
    """A recovery of the caller's own account that is under way; `new_phone` is masked."""

    id: Identifier
    state: State
    new_phone: str
    opened_at: Timestamp
    due_at: Timestamp


class RecoveryList(msgspec.Struct, frozen=True):
    items: list[Recovery]


class Review(msgspec.Struct, frozen=True):
    """A recovery that a person has to decide. `number_matched`: the identity number that was named is that of the
    account; without it two people claim an account whose identity is not confirmed."""

    id: Identifier
    account_id: Identifier
    full_name: str | None
    new_phone: str
    number_matched: bool
    opened_at: Timestamp
    due_at: Timestamp


class ReviewPage(msgspec.Struct, frozen=True):
    items: list[Review]
    next_cursor: str | None


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
    account_id: UUID | None = None
    full_name: str | None = None
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


class Due(msgspec.Struct, frozen=True):
    """A case whose time has come. `stands`: the account still has the lost phone and is not disabled; `contested`:
    somebody else claims it too."""

    id: UUID
    state: State
    account_id: UUID | None
    phone_index: bytes
    phone_cipher: bytes
    locale: Locale
    stands: bool
    contested: bool


class PhoneTaken(Conflict):
    code = "phone_taken"
    vi, en = "Số điện thoại này đã có tài khoản", "This phone number has an account already"


class RecoveryUnderWay(Conflict):
    code = "recovery_under_way"
    vi, en = "Đang có yêu cầu khôi phục khác cho số này", "Another recovery for this number has just begun"
