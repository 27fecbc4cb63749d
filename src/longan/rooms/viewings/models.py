"""Nouns of the room: a request to see a listing, its times, its sides, and the numbers that are shown when it is agreed
on."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from longan.floor.base.errors import Conflict
from longan.floor.base.fields import Count, Identifier, Note, Timestamp

Status = Literal["requested", "moved", "accepted", "refused", "withdrawn", "lapsed", "ended", "over"]
Side = Literal["worker", "owner"]
MovedBy = Literal["worker", "owner", "system"]

Times = Annotated[list[Timestamp], Meta(min_length=1, max_length=3, description="One to three, within 60 days")]
Small = {"format": "int32"}
People = Annotated[int, Meta(ge=1, le=20, description="How many would live there", extra_json_schema=Small)]


class ViewingIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """`times` that would suit, for the owner to choose from. `id`: a UUIDv7 that the phone makes, so that what was sent
    twice, however late, is one request."""

    times: Times
    people: People = 1
    note: Note | None = None
    id: Identifier | None = None


class TimesIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Other times, for the other side to choose from."""

    times: Times
    note: Note | None = None


class AcceptIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`time`: one of the times that were offered."""

    time: Timestamp


class RefuseIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`reason` is for the other side to read."""

    reason: Note | None = None


class ViewingItem(msgspec.Struct, frozen=True):
    """A request in a list. `side` is the reader's. `your_turn`: it waits for the reader's answer."""

    id: Identifier
    housing_id: Identifier
    housing_title: str
    side: Side
    status: Status
    your_turn: bool
    times: list[Timestamp]
    agreed_for: Timestamp | None
    people: Count
    created_at: Timestamp
    updated_at: Timestamp
    version: Count


class ViewingPage(msgspec.Struct, frozen=True):
    items: list[ViewingItem]
    next_cursor: str | None


class Viewing(msgspec.Struct, frozen=True, kw_only=True):
    """A request as one of its sides sees it. `phone_masked` is the other side's; the whole of it is
    `open_viewing_phone` as long as `can_call`: from when a time is agreed on until a day after it, or until somebody
    calls it off, the listing is gone, or the worker blocks the employer."""

    id: Identifier
    housing_id: Identifier
    housing_title: str
    side: Side
    status: Status
    your_turn: bool
    times: list[Timestamp]
    times_of: Side
    agreed_for: Timestamp | None
    people: Count
    note: str | None
    reason: str | None
    phone_masked: str | None
    can_call: bool
    created_at: Timestamp
    updated_at: Timestamp
    version: Count


class Wanted(msgspec.Struct, frozen=True):
    """A listing that is shown, to whoever wants to see it. `own`: it is theirs; `taken`: somebody can be asked."""

    owner_id: UUID | None
    employer_id: UUID | None
    own: bool
    taken: bool


class Sent(msgspec.Struct, frozen=True):
    """When an account sent its requests of the last day, and whether each went to the owner in question."""

    created_at: datetime
    same_owner: bool


class Standing(msgspec.Struct, frozen=True):
    """A request as its rules need it, held. `is_open`: its listing is still there, and the worker has not blocked the
    employer."""

    id: UUID
    listing_id: UUID
    worker_id: UUID
    side: Side
    status: Status
    times: list[datetime]
    times_of: Side
    agreed_for: datetime | None
    version: int
    is_open: bool


class Kept(msgspec.Struct, frozen=True):
    """A request as it is kept, with the sealed number of the other side."""

    id: UUID
    housing_id: UUID
    housing_title: str
    side: Side
    status: Status
    times: list[datetime]
    times_of: Side
    agreed_for: datetime | None
    people: int
    note: str | None
    reason: str | None
    created_at: datetime
    updated_at: datetime
    version: int
    can_call: bool
    other_id: UUID
    other_cipher: bytes | None


class Told(msgspec.Struct, frozen=True):
    """Whom to tell of a step."""

    housing_title: str
    status: Status
    moved_by: MovedBy
    version: int
    agreed_for: datetime | None
    worker_id: UUID
    employer_id: UUID | None
    owners: list[UUID]


class ViewingRequestedAlready(Conflict):
    """`viewing_id` of the problem is the one there is."""

    code = "viewing_requested_already"
    vi, en = "Bạn đang có một lịch hẹn xem chỗ này", "You have asked to see this place already"


class ViewingIdTaken(Conflict):
    code = "viewing_id_taken"
    vi, en = "Mã này đã được dùng cho yêu cầu khác", "This id is another request's"
