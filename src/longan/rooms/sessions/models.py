"""Nouns of the room."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from longan.floor.access.entrance import Platform
from longan.floor.access.tokens import Audience
from longan.floor.base.errors import Unauthenticated
from longan.floor.base.fields import MAX_INTEGER, Identifier, Name, Timestamp

RefreshToken = Annotated[str, Meta(min_length=20, max_length=128, pattern="^[A-Za-z0-9_-]*$")]


class RefreshIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    refresh_token: RefreshToken


class EndIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Without an access token, the refresh token says which session ends."""

    refresh_token: RefreshToken | None = None


class SessionChange(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What its owner calls the device."""

    device_name: Name


class OwnSession(msgspec.Struct, frozen=True):
    """A session that goes on. It ends at `expires_at` unless it is refreshed before; `key_bound` sessions are of use
    only to the device that holds their key."""

    id: Identifier
    audience: Audience
    device_name: str | None
    platform: Platform | None
    current: bool
    acr: Annotated[int, Meta(ge=0, le=3, description="How sure we were of who signed in")]
    key_bound: bool
    signed_in_at: Timestamp
    last_used_at: Timestamp
    expires_at: Timestamp
    version: Annotated[int, Meta(ge=1, le=MAX_INTEGER, extra_json_schema={"format": "int32"})]


class OwnSessions(msgspec.Struct, frozen=True):
    """All of them, the last used first: an account has few at a time."""

    items: list[OwnSession]


class Reused(msgspec.Struct, frozen=True):
    """The session that ended because a token of it came twice."""

    id: UUID
    account_id: UUID


class Expiring(msgspec.Struct, frozen=True):
    """A session that will end at `at` unless it is used."""

    id: UUID
    account_id: UUID
    at: datetime


class PublicKey(msgspec.Struct, frozen=True):
    """RFC 7517, EC P-256."""

    kty: str
    crv: str
    x: str
    y: str
    kid: str
    use: str
    alg: str


class PublicKeys(msgspec.Struct, frozen=True):
    """Every key that verifies a token, and the one that signs next: it stands here before its first token."""

    keys: list[PublicKey]


class RefreshTokenReused(Unauthenticated):
    code = "refresh_token_reused"
    vi, en = "Phiên đăng nhập đã kết thúc vì lý do an toàn", "The session was ended for your safety"
