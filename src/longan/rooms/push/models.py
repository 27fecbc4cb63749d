"""Nouns of the room: a phone, a push on its way and what became of it."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from longan.floor.base.fields import Identifier, Locale, Timestamp
from longan.floor.base.zones import HOME, TimeZone

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
    time_zone: TimeZone = HOME


class Device(msgspec.Struct, frozen=True):
    """A phone as it stands; its target is never shown again. `name` is that of the session it was registered in, and
    `current` is the caller's. It is `reachable` while it is in use and was heard of within a month."""

    installation_id: str
    name: str | None
    target_kind: TargetKind
    platform: Platform
    locale: Locale
    time_zone: TimeZone
    current: bool
    reachable: bool
    registered_at: Timestamp
    seen_at: Timestamp


class Devices(msgspec.Struct, frozen=True):
    """All of them, the last heard of first: an account has few at a time."""

    items: list[Device]


class ReceiptIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What this phone knows of the push of a notice: that it arrived, or that somebody tapped on it."""

    notification_id: Identifier
    event: Literal["delivered", "opened"]
    at: Timestamp


class ReceiptsIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`installation_id` is the one of `register_device`."""

    installation_id: Annotated[str, Meta(pattern=INSTALLATION, max_length=128)]
    receipts: Annotated[list[ReceiptIn], Meta(min_length=1, max_length=100)]


class Push(msgspec.Struct, frozen=True):
    """A push that this worker has leased: where it goes now, and which try this is. `params` are those of the notice,
    in JSON, where its own words may stand on the lock screen; `gathered` is for how many notices a digest stands."""

    id: UUID
    lease_by: UUID
    claimed_at: datetime
    kind: Literal["notice", "removal"]
    notification_id: UUID
    topic: str
    subject_id: UUID | None
    attempts: int
    expires_at: datetime
    target_kind: TargetKind
    target: str
    platform: Platform
    locale: Locale
    collapse_key: str | None = None
    params: str | None = None
    gathered: int | None = None


class Settlement(msgspec.Struct, frozen=True):
    """What became of a leased push. `uncounted` gives the try back: it was not the push's fault, or never happened."""

    push: Push
    state: Literal["queued", "sent", "gone", "dead"]
    retry_at: datetime | None = None
    message_name: str | None = None
    error: str | None = None
    uncounted: bool = False
