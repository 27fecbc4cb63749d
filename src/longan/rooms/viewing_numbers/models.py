"""Nouns of the room: a number that is shown, who has seen it, and how owners answer."""

from typing import Literal
from uuid import UUID

import msgspec

from longan.floor.base.errors import Conflict
from longan.floor.base.fields import Count, Identifier, Timestamp

Side = Literal["worker", "owner"]


class ViewingPhone(msgspec.Struct, frozen=True):
    """The other side's number; null where the account is no longer in use, or has left the employer. They see when you
    have looked."""

    viewing_id: Identifier
    phone: str | None


class ViewingLook(msgspec.Struct, frozen=True):
    """Somebody has seen one's number: `side` says who, the worker who asked or the owner."""

    id: Identifier
    viewing_id: Identifier
    housing_title: str
    side: Side
    looked_at: Timestamp


class ViewingLookPage(msgspec.Struct, frozen=True):
    items: list[ViewingLook]
    next_cursor: str | None


class OwnerResponse(msgspec.Struct, frozen=True):
    """How the owner of a listing answers, over the requests of the last 90 days but the newest two days: all null while
    they are too few to say. `answered_percent` of them were answered, half of those within `median_minutes`."""

    asked: Count | None
    answered_percent: Count | None
    median_minutes: Count | None


class Number(msgspec.Struct, frozen=True):
    """A sealed number, and the account it was sealed for."""

    account_id: UUID
    cipher: bytes | None


class NumberNotShown(Conflict):
    code = "number_not_shown"
    vi, en = "Chỉ thấy số điện thoại khi đã hẹn được giờ", "Numbers are shown once a time is agreed on"
