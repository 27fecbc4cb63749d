"""ID tokens of OpenID providers (OpenID Connect Core 3.1.3.7), checked in their raw form before a library reads them.

Stricter than the standard where it leaves a choice: we are the only audience, keys are long enough and meant for their
algorithm, types are exact, names are not repeated, and nothing unsigned or signed with a shared secret exists here.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from longan.floor.accounts.openid import LEAST_RSA_BITS, Provider
from longan.floor.formats import compact

MAX_LENGTH = 16_384
MAX_KEYS = 50
# From when it was made to when we hold it: a code lives for a minute or two, and ours for ten.
MAX_AGE_SECONDS = 600
KINDS = {"ES256": "EC", "PS256": "RSA", "RS256": "RSA"}

PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey


class Untrusted(Exception):
    """The provider said something that proves nothing; the text is for the log and names no value of the token."""


class UnknownKey(Untrusted):
    """It is signed with a key that is not among those we were given; it may be a new one."""


class Key(msgspec.Struct, frozen=True):
    """A signing key of a provider. `algorithm` None: any that its kind allows."""

    id: str | None
    kind: str
    algorithm: str | None
    public: PublicKey


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What the token must answer. `begun_at` is when the person was sent to the provider."""

    provider: Provider
    nonce: str
    begun_at: datetime
    now: datetime
    access_token: str | None


def keys_of(jwks: object) -> list[Key]:
    """The keys of a set (RFC 7517) that can verify ID tokens. What is weak, private or for encryption is passed over.

    Raises `Untrusted` for what is no set of keys.
    """
    listed = jwks.get("keys") if isinstance(jwks, dict) else None
    if not isinstance(listed, list) or len(listed) > MAX_KEYS:
        raise Untrusted("no set of keys")
    return [key for each in listed if (key := _key(each)) is not None]


def _key(jwk: object) -> Key | None:
    if not isinstance(jwk, dict) or jwk.get("use", "sig") != "sig" or "d" in jwk:
        return None
    kind, key_id, algorithm = jwk.get("kty"), jwk.get("kid"), jwk.get("alg")
    if not isinstance(key_id, str | None) or not isinstance(algorithm, str | None):
        return None
    public: object = None
    try:
        if kind == "EC":
            public = ECAlgorithm.from_jwk(jwk)
        elif kind == "RSA":
            public = RSAAlgorithm.from_jwk(jwk)
    except (jwt.PyJWTError, ValueError, TypeError, KeyError):
        return None
    good = (isinstance(public, ec.EllipticCurvePublicKey) and isinstance(public.curve, ec.SECP256R1)) or (
        isinstance(public, rsa.RSAPublicKey) and public.key_size >= LEAST_RSA_BITS
    )
    return Key(key_id, str(kind), algorithm, public) if good else None  # type: ignore[arg-type]


def verified(token: str, keys: Sequence[Key], asked: Asked) -> dict[str, Any]:
    """The claims of an ID token that answers `asked`. Raises `Untrusted`, `UnknownKey`."""
    try:
        header_part, claims_part, signature = compact.segments(token, MAX_LENGTH)
        header, claims = compact.members(header_part), compact.members(claims_part)
        compact.octets(signature)
    except ValueError as error:
        raise Untrusted("form") from error
    algorithm = header.get("alg")
    if algorithm not in asked.provider.algorithms:
        raise Untrusted("alg")
    if str(header.get("typ", "JWT")).upper() != "JWT" or "crit" in header:
        raise Untrusted("header")
    key = _chosen(keys, header.get("kid"), algorithm)
    try:
        jwt.api_jws.decode(token, key.public, [algorithm])
    except jwt.PyJWTError as error:
        raise Untrusted("signature") from error
    _check_parties(claims, asked)
    _check_times(claims, asked)
    if asked.access_token is not None and "at_hash" in claims:
        _same("at_hash", claims["at_hash"], _half_hash(asked.access_token))
    return claims


def _chosen(keys: Sequence[Key], key_id: object, algorithm: str) -> Key:
    if not isinstance(key_id, str | None):
        raise Untrusted("kid")
    fitting = [key for key in keys if key.kind == KINDS[algorithm] and key.algorithm in (None, algorithm)]
    if key_id is not None:
        fitting = [key for key in fitting if key.id == key_id]
    # Without a name it must be clear which one is meant (OpenID Connect Core 10.1).
    if len(fitting) == 1:
        return fitting[0]
    raise UnknownKey("kid")


def _check_parties(claims: Mapping[str, Any], asked: Asked) -> None:
    client = asked.provider.client_id
    if claims.get("iss") != asked.provider.issuer:
        raise Untrusted("iss")
    if claims.get("aud") not in (client, [client]):
        raise Untrusted("aud")
    if claims.get("azp", client) != client:
        raise Untrusted("azp")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not subject.isascii() or not 0 < len(subject) <= 255:
        raise Untrusted("sub")
    _same("nonce", claims.get("nonce"), asked.nonce)


def _check_times(claims: Mapping[str, Any], asked: Asked) -> None:
    now, skew = int(asked.now.timestamp()), asked.provider.clock_skew
    issued, expires = _second(claims, "iat"), _second(claims, "exp")
    if expires <= now - skew or expires <= issued:
        raise Untrusted("exp")
    if not now - MAX_AGE_SECONDS - skew <= issued <= now + skew:
        raise Untrusted("iat")
    if "nbf" in claims and _second(claims, "nbf") > now + skew:
        raise Untrusted("nbf")
    if asked.provider.max_age is not None:
        earliest = int(asked.begun_at.timestamp()) - asked.provider.max_age - skew
        if not earliest <= _second(claims, "auth_time") <= now + skew:
            raise Untrusted("auth_time")


def _second(claims: Mapping[str, Any], name: str) -> int:
    value = claims.get(name)
    if type(value) is not int:
        raise Untrusted(name)
    return value


def _same(name: str, given: object, expected: str) -> None:
    if not isinstance(given, str) or not hmac.compare_digest(given.encode(), expected.encode()):
        raise Untrusted(name)


def _half_hash(text: str) -> str:
    """The left half of SHA-256, which all three algorithms use (OpenID Connect Core 3.1.3.6)."""
    return compact.spelled(hashlib.sha256(text.encode()).digest()[:16])
