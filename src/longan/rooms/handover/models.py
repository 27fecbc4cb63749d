"""Nouns of the room: a report on its way to another system, and what that one may answer."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from longan.floor.base.errors import Conflict, Unprocessable
from longan.floor.base.fields import Identifier, Timestamp

State = Literal["waiting", "unsure", "token", "handed", "closed", "refused", "given_up"]
ReceiverId = Annotated[str, Meta(pattern="^[a-z][a-z0-9_]{0,40}(?![\r\n])$", max_length=41, examples=["long_an_so"])]
ForeignId = Annotated[
    str, Meta(pattern="^[A-Za-z0-9][A-Za-z0-9._:~-]{0,63}(?![\r\n])$", max_length=64, examples=["LAS-293944"])
]


class HandoverIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """To whom; `list_handover_receivers` names them."""

    receiver: ReceiverId


class Handover(msgspec.Struct, frozen=True):
    """A report on its way: `waiting` to be sent, `unsure` whether it arrived, there under a `token`, `handed`, `closed`
    there, `refused`, or `given_up`. `next_at` null: only an official goes on with it."""

    id: Identifier
    report_id: UUID
    report_code: str
    receiver: str
    service_code: str
    state: State
    foreign_id: str | None
    tries: int
    failure: str | None
    next_at: Timestamp | None
    created_at: Timestamp
    updated_at: Timestamp


class HandoverPage(msgspec.Struct, frozen=True):
    items: list[Handover]
    next_cursor: str | None


class HandoverReceiver(msgspec.Struct, frozen=True):
    """`automatic` are those of its categories that go there by themselves once they are accepted."""

    id: str
    name: str
    category_codes: list[str]
    automatic: list[str]


class HandoverReceivers(msgspec.Struct, frozen=True):
    items: list[HandoverReceiver]


class HandoverDecisionIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`send_again` what did not arrive or was refused; `found`, with its `foreign_id`, what is there; `give_up`."""

    decision: Literal["send_again", "found", "give_up"]
    foreign_id: ForeignId | None = None


class Report(msgspec.Struct, frozen=True):
    """What is handed over of a report: nothing of who sent it."""

    id: UUID
    code: str
    category_code: str
    province_code: str
    status: str
    description: str
    address: str | None
    lat: float | None
    lon: float | None
    ward_version: date | None
    ward_code: str | None
    ward: str | None
    province: str | None
    attributes: dict[str, Any] | None
    photo_id: UUID | None


class Leased(msgspec.Struct, frozen=True):
    """A handover that one worker goes on with."""

    id: UUID
    report_id: UUID
    receiver: str
    service_code: str
    state: State
    token: str | None
    foreign_id: str | None
    tries: int
    asked: int
    tried_at: datetime | None
    created_at: datetime


class AlreadyHandedOver(Conflict):
    code = "already_handed_over"
    vi, en = "Phản ánh đã được chuyển đến nơi này", "The report was handed over to this receiver already"


class NotTaken(Unprocessable):
    """The receiver is not known, or takes nothing of that category."""

    code = "handover_not_taken"
    vi, en = "Nơi nhận này không nhận loại phản ánh đó", "This receiver does not take that kind of report"
