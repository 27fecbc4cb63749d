"""Nouns of the room: offices, the kiosks at their counters and the keys of those."""

from datetime import date
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from longan.floor.base.errors import Conflict
from longan.floor.base.fields import LINE, Count, Day, Identifier, Name, Timestamp, WardCode

# From above downwards, as QĐ 20/2020/QĐ-TTg has it.
AgencyCode = Annotated[
    str,
    Meta(
        pattern=r"^[GHKT][0-9]{2}([.][0-9]{1,4}){0,3}(?![\r\n])$",
        max_length=20,
        description="Code of the agency, from above downwards",
        examples=["H53.16"],
    ),
]
Unit = Annotated[
    str, Meta(min_length=1, max_length=80, pattern=LINE, description="A unit of the agency, where it is not all of it")
]
Counter = Annotated[str, Meta(min_length=1, max_length=40, pattern=LINE, examples=["Quầy 3"])]
KeyId = Annotated[UUID, Meta(description="UUIDv4, `kid` of the tokens that it signs")]


class OfficeIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`valid_from` is today where it is not given. Without a `unit` it is the agency itself, which answers for the
    dossiers whose codes begin with its own."""

    agency_code: AgencyCode
    name: Name
    ward_code: WardCode
    unit: Unit | None = None
    valid_from: Day | None = None


class OfficeChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is absent stays. `valid_to`, the last day, ends the office and its kiosks: today, or a day before."""

    name: Name | None = None
    ward_code: WardCode | None = None
    valid_to: Day | None = None


class Office(msgspec.Struct, frozen=True):
    """An agency, or a `unit` of it, in a ward of the list `ward_version`, from a day to a day."""

    id: Identifier
    agency_code: str
    unit: str | None
    name: str
    ward_version: Day
    ward_code: str
    valid_from: Day
    valid_to: Day | None


class OfficePage(msgspec.Struct, frozen=True):
    items: list[Office]
    next_cursor: str | None


class ManagedOffice(msgspec.Struct, frozen=True):
    """`name` and the ward are null where it is known by a rated dossier only: nobody else is told of it until an
    official who is appointed for everywhere has given it both."""

    id: Identifier
    agency_code: str
    unit: str | None
    name: str | None
    ward_version: Day | None
    ward_code: str | None
    valid_from: Day
    valid_to: Day | None
    version: Count


class ManagedOfficePage(msgspec.Struct, frozen=True):
    items: list[ManagedOffice]
    next_cursor: str | None


class KioskIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    counter: Counter


class Kiosk(msgspec.Struct, frozen=True):
    """A counter where visitors are shown a QR code. `key_id` is its key in use, null before there was one."""

    id: Identifier
    office_id: Identifier
    counter: str
    key_id: KeyId | None
    key_issued_at: Timestamp | None
    created_at: Timestamp
    revoked_at: Timestamp | None


class KioskPage(msgspec.Struct, frozen=True):
    items: list[Kiosk]
    next_cursor: str | None


class PrivateJwk(msgspec.Struct, frozen=True):
    """RFC 7517, and RFC 7518 section 6.2; `d` is the secret."""

    kty: str
    crv: str
    x: str
    y: str
    d: str


class KioskKey(msgspec.Struct, frozen=True):
    """Shown this once. The QR code of the kiosk is `link_prefix` and a token that this key has signed."""

    kiosk_id: Identifier
    key_id: KeyId
    private_key: PrivateJwk
    link_prefix: str
    issued_at: Timestamp


class OfficeStep(msgspec.Struct, frozen=True):
    """What an official has done to the office, a kiosk of it or a key."""

    id: Identifier
    action: str
    kiosk_id: Identifier | None
    key_id: KeyId | None
    account_id: Identifier
    at: Timestamp


class OfficeStepPage(msgspec.Struct, frozen=True):
    items: list[OfficeStep]
    next_cursor: str | None


class Standing(msgspec.Struct, frozen=True):
    """An office that an official may change, which nobody else changes meanwhile."""

    version: int
    valid_from: date
    valid_to: date | None
    listed: bool


class OfficeExists(Conflict):
    code = "office_exists"
    vi, en = "Đã có đơn vị này", "This office is listed already"


class OfficeEnded(Conflict):
    code = "office_ended"
    vi, en = "Đơn vị này đã kết thúc", "This office has ended"


class KioskExists(Conflict):
    code = "kiosk_exists"
    vi, en = "Quầy này đã có thiết bị", "This counter has a kiosk"
