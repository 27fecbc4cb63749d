"""Nouns of the room: what an owner says when a listing is published or closed, and whom its way is told to."""

from uuid import UUID

import msgspec

from longan.floor.housing.housing_drafts import Seen, Sure
from longan.floor.housing.housing_listings import CloseReason, Side, Status


class PublishIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`seen_flags`: verdicts of prices above the legal ones that the owner has read; `sure`: amounts that are meant
    although they look like slips."""

    seen_flags: Seen = []
    sure: Sure = []


class CloseHousingIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`reason`: let, withdrawn, or of a project built."""

    reason: CloseReason = "withdrawn"


class Told(msgspec.Struct, frozen=True):
    """A listing as whoever may write it is told of it."""

    title: str
    status: Status
    side: Side | None
    reason: str | None
    people: list[UUID]
