"""Nouns of the room: a phone, a push on its way and what became of it."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from longan.fields import Locale, Timestamp

TargetKind = Literal["fid", "token"]
Platform = Literal["android", "ios", "web"]

INSTALLATION = r"^[A-Za-z0-9._~-]{8,128}(?!\n)$"
Target = Annotated[
    str, Meta(pattern=r"^[A-Za-z0-9_.:~%=+/-]{8,1024}(?!\n)$", max_length=1024, examples=["dmLz9wXoQ7qk3Yf1rT0aBc"])
]


class DeviceIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Where pushes go: a Firebase installation id (`fid`) or an FCM registration token."""

    target: Target
    target_kind: TargetKind
    platform: Platform
    locale: Locale = "vi"


class Device(msgspec.Struct, frozen=True):
    """A phone as it stands. Its target is never shown again."""

    installation_id: str
    target_kind: TargetKind
    platform: Platform
    locale: Locale
    registered_at: Timestamp


class Push(msgspec.Struct, frozen=True):
    """A push that this worker has leased: where it goes now, and which try this is."""

    id: UUID
    lease_by: UUID
    notification_id: UUID
    topic: str
    subject_id: UUID | None
    attempts: int
    expires_at: datetime
    target_kind: TargetKind
    target: str
    platform: Platform
    locale: Locale


class Settlement(msgspec.Struct, frozen=True):
    """What became of a leased push. `uncounted` gives the try back: it was not the push's fault, or never happened."""

    push: Push
    state: Literal["queued", "sent", "gone", "dead"]
    not_before: datetime | None = None
    message_name: str | None = None
    error: str | None = None
    uncounted: bool = False
