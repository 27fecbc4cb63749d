"""Nouns of the room: a member, an invitation from either side, and what stands in the way."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from longan.floor.access.memberships import MemberRole
from longan.floor.base.errors import Conflict, Unprocessable
from longan.floor.base.fields import Identifier, PhoneInput, Timestamp

Answer = Literal["accepted", "declined", "withdrawn"]


class RoleIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    role: MemberRole


class InvitationIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`phone` is a Vietnamese mobile number in any spelling; nobody hears whether it has an account."""

    phone: PhoneInput
    role: MemberRole


class Member(msgspec.Struct, frozen=True):
    """`owner` decides on members, `recruiter` works with postings and applications. `phone` is masked (`091•••678`);
    `me`: it is you."""

    id: Identifier
    full_name: str | None
    phone: str | None
    role: str
    me: bool
    created_at: Timestamp


class MemberPage(msgspec.Struct, frozen=True):
    items: list[Member]
    next_cursor: str | None


class Invitation(msgspec.Struct, frozen=True):
    """An invitation as the employer sees it: `waiting`, `accepted`, `declined`, `withdrawn` or `expired`. `phone` is
    masked, and null once it is answered."""

    id: Identifier
    phone: str | None
    role: str
    state: str
    created_at: Timestamp
    expires_at: Timestamp


class InvitationPage(msgspec.Struct, frozen=True):
    items: list[Invitation]
    next_cursor: str | None


class InvitingEmployer(msgspec.Struct, frozen=True):
    id: Identifier
    name: str
    verified: bool


class MyInvitation(msgspec.Struct, frozen=True):
    """An invitation as the invited person sees it. Whether the employer is who it says nobody has checked while it is
    not verified."""

    id: Identifier
    employer: InvitingEmployer
    role: str
    created_at: Timestamp
    expires_at: Timestamp


class MyInvitationPage(msgspec.Struct, frozen=True):
    items: list[MyInvitation]
    next_cursor: str | None


class Sealed(msgspec.Struct, frozen=True):
    """A row with a phone that is still sealed for `sealed_for`."""

    id: UUID
    phone_cipher: bytes | None
    sealed_for: UUID
    full_name: str | None
    role: str
    me: bool
    created_at: datetime


class SealedPage(msgspec.Struct, frozen=True):
    items: list[Sealed]
    next_cursor: str | None


class SealedInvitation(msgspec.Struct, frozen=True):
    id: UUID
    phone_cipher: bytes | None
    role: str
    state: str
    created_at: datetime
    expires_at: datetime


class SealedInvitationPage(msgspec.Struct, frozen=True):
    items: list[SealedInvitation]
    next_cursor: str | None


class Held(msgspec.Struct, frozen=True):
    """Somebody of an employer that is held: their account and role."""

    id: UUID
    account_id: UUID
    role: MemberRole


class Counted(msgspec.Struct, frozen=True):
    """What a new invitation is measured by: `declined` says whether that phone has said no lately."""

    members: int
    waiting: int
    lately: int
    is_member: bool
    declined: bool


class Asked(msgspec.Struct, frozen=True):
    """An invitation of the caller's phone."""

    employer_id: UUID
    role: MemberRole
    answer: Answer | None
    mine: bool
    expires_at: datetime


class Told(msgspec.Struct, frozen=True):
    """Whom an invitation is for and of whom it tells; `lately` are the notices of invitations that they had."""

    account_id: UUID
    employer_id: UUID
    employer_name: str
    verified: bool
    created_at: datetime
    lately: int


class LastOwner(Conflict):
    code = "last_owner"
    vi, en = "Đơn vị phải còn ít nhất một chủ", "An employer must keep at least one owner"


class AlreadyMember(Conflict):
    code = "already_member"
    vi, en = "Số này đã là thành viên của đơn vị", "This number is of a member already"


class AlreadyInvited(Conflict):
    code = "already_invited"
    vi, en = "Số này đã được mời và chưa trả lời", "This number was invited and has not answered yet"


class InvitationDeclined(Conflict):
    code = "invitation_declined"
    vi, en = "Người này đã từ chối, hãy mời lại sau", "They have declined; you may invite them again later"


class InvitationOver(Conflict):
    code = "invitation_over"
    vi, en = "Lời mời này không còn hiệu lực", "This invitation is over"


class TooManyMembers(Unprocessable):
    code = "too_many_members"
    vi, en = "Đơn vị đã đủ số thành viên cho phép", "The employer has as many members as it may have"


class TooManyInvitations(Unprocessable):
    code = "too_many_invitations"
    vi, en = "Đơn vị đã mời đủ số người cho phép", "The employer has invited as many people as it may for now"
