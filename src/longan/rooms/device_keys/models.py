"""Nouns of the room."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from longan.floor.access.entrance import Platform
from longan.floor.base.errors import Forbidden
from longan.floor.base.fields import Timestamp

THUMBPRINT = "^[A-Za-z0-9_-]{43}(?!\n)$"
Thumbprint = Annotated[
    str,
    Meta(
        pattern=THUMBPRINT,
        max_length=43,
        description="RFC 7638, of the device's DPoP key",
        examples=["0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"],
    ),
]
Standing = Literal["enrolled", "waiting"]


class DeviceKey(msgspec.Struct, frozen=True):
    """A device that has signed in with a key. `waiting` ones are trusted from `waits_until` on when they sign in again;
    null where only an enrolled device or a passkey can say so."""

    thumbprint: Thumbprint
    standing: Standing
    device_name: str | None
    platform: Platform | None
    first_seen_at: Timestamp
    last_seen_at: Timestamp
    enrolled_at: Timestamp | None
    waits_until: Timestamp | None
    this_device: bool


class DeviceKeys(msgspec.Struct, frozen=True):
    """The one used last comes first."""

    items: list[DeviceKey]


class DeviceNotEnrolled(Forbidden):
    """Who says that a device is theirs says it on a device that is."""

    code = "device_not_enrolled"
    vi, en = "Hãy làm việc này trên thiết bị đã được tin cậy", "Do this on a device that is trusted already"
