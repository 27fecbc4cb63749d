"""Nouns of the room: what is asked for on the way in, and what becomes of a text message."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from longan.floor.access.entrance import SignInDevice
from longan.floor.access.tokens import Audience
from longan.floor.accounts.codes import Code
from longan.floor.base.fields import Identifier, PhoneInput, Timestamp

GatewayName = Literal["first", "second"]
DeliveryStatus = Literal["delivered", "failed"]

Reason = Annotated[str, Meta(pattern=r"^[a-z0-9_]{1,64}(?!\n)$", max_length=64, examples=["unreachable"])]


class CodeRequest(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`audience`: `official` for the staff of an agency; whoever has no other role gets it without asking."""

    phone: PhoneInput
    audience: Audience = "app"


class CodeEntry(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    challenge_id: Identifier
    code: Code
    device: SignInDevice | None = None


class DeliveryReport(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What an SMS gateway says became of a message; `reference` is ours, `reason` a word of theirs for a failure."""

    reference: Identifier
    status: DeliveryStatus
    at: Timestamp
    reason: Reason | None = None
