"""Nouns of the room: a text that waits, goes out and is heard of, and what Zalo says of it."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from longan.floor.base.fields import Locale
from longan.floor.messages.notices import Carrier

State = Literal[
    "queued", "leased", "promised", "sent", "delivered", "failed", "withheld", "obsolete", "expired", "dead"
]


class Due(msgspec.Struct, frozen=True):
    """A text whose time has come, and what its notice, its owner and their phones are like now.

    `wanted`: still to be told by this carrier; `sms_wanted`: by text message. `arrived`: a phone or the other carrier
    has brought it. `pushed_at`: when the last push that may still arrive went out, or was to go out. `quiet_until`:
    when the person may be disturbed. `today`: texts that went to them since midnight. `phone_cipher` is None where
    there is no number to send to. `charged`: an earlier try is paid for, because it may have gone out.
    """

    id: UUID
    carrier: Carrier
    notification_id: UUID
    account_id: UUID
    topic: str
    locale: Locale
    attempts: int
    expires_at: datetime
    give_up_at: datetime | None
    wanted: bool
    sms_wanted: bool
    arrived: bool
    pushed_at: datetime | None
    quiet_until: datetime
    today: int
    phone_cipher: bytes | None
    charged: bool


class Leave(msgspec.Struct, frozen=True):
    """The text will not go out; `following` is the carrier that is asked instead."""

    state: State
    error: str
    following: Carrier | None = None


class PutOff(msgspec.Struct, frozen=True):
    """Not now. `give_up_at`: from when on this carrier is not tried any more, where that has begun to count."""

    until: datetime
    error: str
    give_up_at: datetime | None = None


class Go(msgspec.Struct, frozen=True):
    """Out with it, for `price` đồng; 0 where it is paid for already."""

    price: int
    give_up_at: datetime


Verdict = Leave | PutOff | Go


class Leased(msgspec.Struct, frozen=True):
    """A text that this worker hands to Zalo now."""

    due: Due
    lease_by: UUID


class Settlement(msgspec.Struct, frozen=True):
    """What became of a leased text. `refund`: Zalo did not take it. `uncounted` gives the try back."""

    state: State
    error: str | None = None
    message_id: str | None = None
    not_before: datetime | None = None
    give_up_at: datetime | None = None
    report_by: datetime | None = None
    following: Carrier | None = None
    refund: bool = False
    uncounted: bool = False


class Unreported(msgspec.Struct, frozen=True):
    """A text that Zalo has and has not spoken of in time; it may never have had one without `message_id`, whose answer
    was lost. `doubted`: how often that has led to another try."""

    id: UUID
    topic: str
    doubted: int
    report_by: datetime
    message_id: str | None
    sms_wanted: bool


# Zalo names a message by at most 48 characters and a code by at most 30; of all that could stand in a template, only
# this one stands: the end of the notice's id, to name it on the phone to us.
Code = Annotated[str, Meta(pattern=r"^[0-9A-F]{12}(?!\n)$", max_length=12)]


class TemplateData(msgspec.Struct, frozen=True):
    """What fills a template: nothing about anybody, for it passes through foreign hands."""

    code: Code


class Message(msgspec.Struct, frozen=True):
    """What Zalo is handed. `phone` as Zalo writes it: 84901234567."""

    phone: str
    template_id: str
    template_data: TemplateData
    tracking_id: str


def code_of(notification: UUID) -> str:
    return notification.hex[-12:].upper()


class Grant(msgspec.Struct, frozen=True):
    """The tokens of the Official Account as they are kept: sealed for the row."""

    id: UUID
    seed: bytes
    refresh_sealed: bytes
    access_sealed: bytes | None
    expires_at: datetime | None
    version: int
    failed_until: datetime | None


class Access(msgspec.Struct, frozen=True):
    """A token that opens Zalo, and which one it is."""

    token: str
    version: int

    def __repr__(self) -> str:
        return "Access(…)"


Word = Annotated[str, Meta(max_length=200)]


class ZaloMessage(msgspec.Struct, frozen=True):
    """`tracking_id` is our own name of the message; `delivery_time`, in milliseconds, when it has reached a phone."""

    tracking_id: Word = ""
    delivery_time: Word = ""
    msg_id: Word = ""


class ZaloEvent(msgspec.Struct, frozen=True):
    """What Zalo tells, as far as we read it: Zalo may add to it. `timestamp` in milliseconds."""

    event_name: Word
    timestamp: Annotated[str, Meta(max_length=20)]
    message: ZaloMessage | None = None


class Heard(msgspec.Struct, frozen=True):
    """`known`: whether the event spoke of a message of ours."""

    known: bool
