"""Nouns of the room: what an employer says when it renews or closes a posting, and its end as it is told."""

from typing import Literal
from uuid import UUID

import msgspec

from longan.floor.base.fields import Timestamp
from longan.floor.postings.drafts import Openings

CloseReason = Literal["filled_here", "filled_elsewhere", "not_needed", "by_mistake", "other"]


class RenewIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`expires_at` is the new end. `openings`, when absent, stay as they are; they are more than the places that are
    taken, so that a posting that is full needs new ones."""

    expires_at: Timestamp
    openings: Openings | None = None


class CloseIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`reason` is for the history."""

    reason: CloseReason | None = None


class Ending(msgspec.Struct, frozen=True):
    """A posting that ends or has ended, as its employer's members are told of it."""

    job_title: str
    employer_name: str
    members: list[UUID]
