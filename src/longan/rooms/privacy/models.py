"""Nouns of the room: what data is used for, and what a person has said to it."""

import msgspec

from longan.floor.base.errors import Conflict
from longan.floor.base.fields import Count, Identifier, Timestamp


class Purpose(msgspec.Struct, frozen=True):
    """What data would be used for, in the reader's language. `sensitive`: some of it is sensitive personal data
    (NĐ 356/2025/NĐ-CP art. 4). `third_party`: it leaves this service."""

    code: str
    version: Count
    title: str
    text: str
    legal_basis: str
    sensitive: bool
    third_party: bool


class PurposePage(msgspec.Struct, frozen=True):
    items: list[Purpose]


class Consent(msgspec.Struct, frozen=True):
    """What a person has said to a purpose. `given` is false where nothing was said, or only to an older text: silence
    is no consent (Law 91/2025/QH15 art. 9). `version` is that of the text they saw, `said_at` when; null before they
    said anything."""

    purpose: str
    given: bool
    version: Count | None
    said_at: Timestamp | None


class ConsentPage(msgspec.Struct, frozen=True):
    items: list[Consent]


class ConsentIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`version` of the purpose's text that was shown."""

    version: Count


class BlockedEmployer(msgspec.Struct, frozen=True):
    """An employer of whom a person wants to hear nothing."""

    employer_id: Identifier
    name: str
    blocked_at: Timestamp


class BlockedEmployerPage(msgspec.Struct, frozen=True):
    items: list[BlockedEmployer]
    next_cursor: str | None


class PurposeChanged(Conflict):
    """The text has another version now: it must be shown again before anybody consents to it."""

    code = "purpose_changed"
    vi, en = "Nội dung xin đồng ý đã thay đổi, xin đọc lại", "The text has changed; please read it again"
