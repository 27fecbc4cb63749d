"""Access tokens: RFC 9068 JWTs signed with ES256, checked in their raw form before any library reads them."""

import math
import re
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID, uuid4

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from longan.floor.formats import compact
from longan.floor.setup.keys import Keys, begins, in_order, newest_id, retires

Audience = Literal["app", "official"]

LIFETIME = timedelta(minutes=5)
LEEWAY = timedelta(seconds=30)
MAX_LENGTH = 4096
ALGORITHM = "ES256"
TYPE = "at+jwt"

_THUMBPRINT = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_CLAIMS: dict[str, type] = {
    "iss": str, "aud": str, "sub": str, "sid": str, "jti": str, "exp": int, "iat": int, "acr": str, "auth_time": int,
    "amr": list,
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
    """What a valid token says. `key_thumbprint` (RFC 7638) is `cnf.jkt`: the token is good only beside a proof of that
    key (RFC 9449)."""

    account_id: UUID
    session_id: UUID
    audience: Audience
    acr: int
    expires_at: int
    key_id: str
    key_thumbprint: str | None


class Ring(msgspec.Struct, frozen=True):
    """The keys as they stand from `since` until `until` (Unix time), unless the files change: `version` is theirs."""

    version: int
    since: float
    until: float
    signing: dict[Audience, tuple[str, ec.EllipticCurvePrivateKey]]
    verifying: dict[str, tuple[Audience, ec.EllipticCurvePublicKey]]


class Tokens:
    """Signs and reads access tokens. Each audience has its own key and issuer (ASVS 9.2.4).

    A new key is published and verifies from the time its file is there, signs from the moment its id names, and the one
    before it verifies until every token it signed is over (`keys.retires`).
    """

    def __init__(self, keys: Keys, public_url: str) -> None:
        self._issuers: dict[Audience, str] = {"app": f"{public_url}/app", "official": f"{public_url}/official"}
        self._keys = keys
        self._ring = _ring(keys, time.time())

    def _standing(self, now: float) -> Ring:
        ring = self._ring
        if ring.version != self._keys.version or not ring.since <= now < ring.until:
            ring = self._ring = _ring(self._keys, now)
        return ring

    def knows(self, key_id: str, now: datetime) -> bool:
        """Whether the key of a token that was read before still verifies."""
        return key_id in self._standing(now.timestamp()).verifying

    def sign(
        self, account: UUID, session: UUID, audience: Audience, acr: int, signed_in: datetime, now: datetime,
        key_thumbprint: str | None = None, amr: Sequence[str] = (),
    ) -> str:  # fmt: skip
        """An access token; with `key_thumbprint` it is good only beside a proof of that key (RFC 9449 section 6.1).
        `amr` says how somebody signed in (RFC 8176)."""
        key_id, key = self._standing(now.timestamp()).signing[audience]
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
            "amr": [*amr],
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
        ring = self._standing(now.timestamp())
        found = ring.verifying.get(header["kid"]) if isinstance(header["kid"], str) else None
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
        return self._checked(claims, audience, header["kid"], int(now.timestamp()))

    def _checked(self, claims: Mapping[str, Any], audience: Audience, key_id: str, now: int) -> Claims:
        if any(type(claims.get(name)) is not kind for name, kind in _CLAIMS.items()):
            raise InvalidToken
        if any(type(method) is not str for method in claims["amr"]):
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
            account, session = UUID(claims["sub"]), UUID(claims["sid"])
        except ValueError as error:
            raise InvalidToken from error
        return Claims(account, session, audience, int(claims["acr"]), claims["exp"], key_id, _thumbprint(claims))

    def jwks(self, now: datetime) -> dict[str, list[dict[str, Any]]]:
        """The public keys, RFC 7517: of tokens that are out, and of tokens to come."""
        return {
            "keys": [
                {**ECAlgorithm.to_jwk(key, as_dict=True), "kid": key_id, "use": "sig", "alg": ALGORITHM}
                for key_id, (_, key) in self._standing(now.timestamp()).verifying.items()
            ]
        }


def _ring(keys: Keys, now: float) -> Ring:
    signing: dict[Audience, tuple[str, ec.EllipticCurvePrivateKey]] = {}
    verifying: dict[str, tuple[Audience, ec.EllipticCurvePublicKey]] = {}
    changes = [0.0, math.inf]
    audiences: tuple[Audience, ...] = ("app", "official")
    for audience in audiences:
        ring = keys.access[audience]
        newest = newest_id(ring, now)
        signing[audience] = (f"{audience}-{newest}", ring[newest])
        for key_id in in_order(ring):
            retired = retires(ring, key_id) or math.inf
            changes += (begins(key_id), retired)
            if now < retired:
                verifying[f"{audience}-{key_id}"] = (audience, ring[key_id].public_key())
    since, until = max(at for at in changes if at <= now), min(at for at in changes if at > now)
    return Ring(keys.version, since, until, signing, verifying)


def _thumbprint(claims: Mapping[str, Any]) -> str | None:
    """The key of `cnf`, whose only way to name one is `jkt`. A way that we do not know binds the token to something
    that nobody would check."""
    if "cnf" not in claims:
        return None
    match claims["cnf"]:
        case {"jkt": str(thumbprint), **others} if not others and _THUMBPRINT.fullmatch(thumbprint):
            return thumbprint
    raise InvalidToken


def _raw(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of a token in its one canonical spelling."""
    try:
        header, claims, signature = compact.segments(token, MAX_LENGTH)
        compact.octets(signature)
        return compact.members(header), compact.members(claims)
    except ValueError as error:
        raise InvalidToken from error
