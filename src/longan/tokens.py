"""Access tokens: RFC 9068 JWTs signed with ES256, checked in their raw form before any library reads them."""

import base64
import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID, uuid4

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from longan.keys import Keys, newest_id

Audience = Literal["app", "official"]

LIFETIME = timedelta(minutes=5)
LEEWAY = timedelta(seconds=30)
MAX_LENGTH = 4096
ALGORITHM = "ES256"
TYPE = "at+jwt"

_SEGMENTS = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", re.ASCII)
_CLAIMS: dict[str, type] = {
    "iss": str, "aud": str, "sub": str, "sid": str, "jti": str, "exp": int, "iat": int, "acr": str, "auth_time": int,
}  # fmt: skip


class InvalidToken(Exception):
    """The token is not one of ours, or no longer."""


class Principal(msgspec.Struct, frozen=True):
    """Who is calling: `acr` 0 to 3 (SECURITY levels), roles as they stand in the database, not in the token.

    `signed_in_at` is when they last proved it, `key_thumbprint` the DPoP key the session is bound to; after a recovery
    sensitive acts wait until `cooling_until`.
    """

    account_id: UUID
    session_id: UUID
    audience: Audience
    acr: int
    signed_in_at: datetime
    roles: frozenset[str] = frozenset()
    agency_code: str | None = None
    key_thumbprint: str | None = None
    cooling_until: datetime | None = None


class Claims(msgspec.Struct, frozen=True):
    """What a valid token says."""

    account_id: UUID
    session_id: UUID
    audience: Audience
    acr: int
    expires_at: int


class Tokens:
    """Signs and reads access tokens. Each audience has its own key and issuer (ASVS 9.2.4)."""

    def __init__(self, keys: Keys, public_url: str) -> None:
        self._issuers: dict[Audience, str] = {"app": f"{public_url}/app", "official": f"{public_url}/official"}
        self._signing: dict[Audience, tuple[str, ec.EllipticCurvePrivateKey]] = {}
        self._verifying: dict[str, tuple[Audience, ec.EllipticCurvePublicKey]] = {}
        audiences: tuple[Audience, ...] = ("app", "official")
        for audience in audiences:
            ring = keys.access[audience]
            newest = newest_id(ring)
            self._signing[audience] = (f"{audience}-{newest}", ring[newest])
            for key_id, key in ring.items():
                self._verifying[f"{audience}-{key_id}"] = (audience, key.public_key())

    def sign(
        self, account: UUID, session: UUID, audience: Audience, acr: int, signed_in: datetime, now: datetime,
        key_thumbprint: str | None = None,
    ) -> str:  # fmt: skip
        """An access token; with `key_thumbprint` it is good only beside a proof of that key (RFC 9449 section 6.1)."""
        key_id, key = self._signing[audience]
        issued = int(now.timestamp())
        claims: dict[str, object] = {
            "iss": self._issuers[audience],
            "aud": audience,
            "sub": str(account),
            "sid": str(session),
            "jti": str(uuid4()),
            "iat": issued,
            "exp": issued + int(LIFETIME.total_seconds()),
            "acr": str(acr),
            "auth_time": int(signed_in.timestamp()),
        }
        if key_thumbprint is not None:
            claims["cnf"] = {"jkt": key_thumbprint}
        return jwt.encode(claims, key, ALGORITHM, headers={"typ": TYPE, "kid": key_id})

    def read(self, token: str, now: datetime) -> Claims:
        """The claims of a token that is ours and in time. Raises `InvalidToken`."""
        header, claims = _raw(token)
        if header.get("alg") != ALGORITHM or header.get("typ") != TYPE or set(header) != {"alg", "typ", "kid"}:
            raise InvalidToken
        found = self._verifying.get(header["kid"]) if isinstance(header["kid"], str) else None
        if found is None:
            raise InvalidToken
        audience, key = found
        try:
            jwt.decode_complete(
                token, key, [ALGORITHM], options={"verify_signature": True, "verify_exp": False, "verify_aud": False,
                                                  "verify_iat": False, "verify_iss": False},
            )  # fmt: skip
        except jwt.PyJWTError as error:
            raise InvalidToken from error
        return self._checked(claims, audience, int(now.timestamp()))

    def _checked(self, claims: Mapping[str, Any], audience: Audience, now: int) -> Claims:
        if any(type(claims.get(name)) is not kind for name, kind in _CLAIMS.items()):
            raise InvalidToken
        leeway = int(LEEWAY.total_seconds())
        if not (
            claims["iss"] == self._issuers[audience]
            and claims["aud"] == audience
            and claims["iat"] <= now + leeway
            and claims["exp"] > now - leeway
            and 0 < claims["exp"] - claims["iat"] <= LIFETIME.total_seconds()
            and claims["acr"] in ("0", "1", "2", "3")
        ):
            raise InvalidToken
        try:
            return Claims(UUID(claims["sub"]), UUID(claims["sid"]), audience, int(claims["acr"]), claims["exp"])
        except ValueError as error:
            raise InvalidToken from error

    def jwks(self) -> dict[str, list[dict[str, Any]]]:
        """The public keys, RFC 7517."""
        return {
            "keys": [
                {**ECAlgorithm.to_jwk(key, as_dict=True), "kid": key_id, "use": "sig", "alg": ALGORITHM}
                for key_id, (_, key) in self._verifying.items()
            ]
        }


def _raw(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of a token in its one canonical spelling: three segments, no padding, no duplicate keys.

    PyJWT accepts padded segments and takes the last of two equal keys (RFC 8725 section 3.11).
    """
    if len(token) > MAX_LENGTH or _SEGMENTS.fullmatch(token) is None:
        raise InvalidToken
    try:
        header, claims = (_segment(part) for part in token.split(".")[:2])
    except (ValueError, RecursionError) as error:
        raise InvalidToken from error
    if _canonical(token.split(".")[2]) is None:
        raise InvalidToken
    return header, claims


def _canonical(segment: str) -> bytes | None:
    decoded = base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    return decoded if base64.urlsafe_b64encode(decoded).rstrip(b"=").decode() == segment else None


def _segment(segment: str) -> dict[str, Any]:
    decoded = _canonical(segment)
    if decoded is None:
        raise InvalidToken
    value = json.loads(decoded.decode("utf-8"), object_pairs_hook=_once)
    if not isinstance(value, dict):
        raise InvalidToken
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    unique = dict(pairs)
    if len(unique) != len(pairs):
        raise InvalidToken
    return unique
