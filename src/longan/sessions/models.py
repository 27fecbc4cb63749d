"""Nouns of the room."""

from typing import Annotated

import msgspec
from msgspec import Meta

from longan.errors import Unauthenticated

RefreshToken = Annotated[str, Meta(min_length=20, max_length=128, pattern="^[A-Za-z0-9_-]*$")]


class RefreshIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    refresh_token: RefreshToken


class EndIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Without an access token, the refresh token says which session ends."""

    refresh_token: RefreshToken | None = None


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
    """Every key that verifies a token now; fetched again for an unknown `kid`."""

    keys: list[PublicKey]


class RefreshTokenReused(Unauthenticated):
    code = "refresh_token_reused"
    vi, en = "Phiên đăng nhập đã kết thúc vì lý do an toàn", "The session was ended for your safety"
