"""Kiosk keys and the tokens of visits that a kiosk signs with them (ES256, RFC 7515), with no network at all.

A kiosk holds the private key of its counter, which we have shown once and keep nowhere: whoever copies our database can
sign nothing. A token is good for minutes and once; what makes it one of a kind are its 128 random bits, for the same
content can be signed in many ways.
"""

import hashlib
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import jwt
import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from longan.floor.formats import compact

ALGORITHM, TYPE, AUDIENCE = "ES256", "visit+jwt", "longan-visit"
LIFE = timedelta(minutes=10)
"""The longest that a token may be good for, whatever it says itself."""
CLOCKS_DIFFER = timedelta(minutes=2)
"""A kiosk without a network has the time of its own clock."""

MAX_LENGTH = 1_024
RANDOM_BYTES = 16
_HEADER = {"alg", "typ", "kid"}
_CLAIMS: dict[str, type] = {"aud": str, "iat": int, "exp": int, "jti": str}


class InvalidToken(Exception):
    """It is no token of a visit, or not signed with that key."""


class ExpiredToken(Exception):
    """It was one: its time is over, or has not come."""


class NewKey(msgspec.Struct, frozen=True):
    """`private` as a JWK (RFC 7517), for the kiosk alone; `public` as DER, for the database."""

    private: dict[str, str]
    public: bytes


class Visit(msgspec.Struct, frozen=True):
    """`mark` is the same whenever a key signs the same random bits, whatever else it signs with them."""

    mark: bytes
    expires_at: datetime


def make() -> NewKey:
    key = ec.generate_private_key(ec.SECP256R1())
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return NewKey(ECAlgorithm.to_jwk(key, as_dict=True), public)


def key_named(token: str) -> UUID:
    """Which key a token says that it was signed with; nothing of it is checked yet. Raises `InvalidToken`."""
    header, _ = _raw(token)
    if set(header) != _HEADER or header["alg"] != ALGORITHM or header["typ"] != TYPE or type(header["kid"]) is not str:
        raise InvalidToken
    try:
        return UUID(header["kid"])
    except ValueError as error:
        raise InvalidToken from error


def visit(token: str, key_id: UUID, public: bytes, now: datetime) -> Visit:
    """The visit for which the kiosk with that key has signed. Raises `InvalidToken`, `ExpiredToken`."""
    try:
        key = serialization.load_der_public_key(public)
        jwt.decode_complete(
            token, key, [ALGORITHM],  # type: ignore[arg-type]  # whatever it is, it must verify as ES256
            options={"verify_signature": True, "verify_exp": False, "verify_aud": False, "verify_iat": False},
        )  # fmt: skip
    except jwt.PyJWTError as error:
        raise InvalidToken from error
    _, claims = _raw(token)
    if set(claims) != set(_CLAIMS) or any(type(claims[name]) is not kind for name, kind in _CLAIMS.items()):
        raise InvalidToken
    try:
        bits = compact.octets(claims["jti"])
    except ValueError as error:
        raise InvalidToken from error
    begins, ends, moment = claims["iat"], claims["exp"], now.timestamp()
    if claims["aud"] != AUDIENCE or len(bits) != RANDOM_BYTES or not 0 < ends - begins <= LIFE.total_seconds():
        raise InvalidToken
    if not begins - CLOCKS_DIFFER.total_seconds() <= moment < ends:
        raise ExpiredToken
    return Visit(hashlib.sha256(key_id.bytes + bits).digest(), now + timedelta(seconds=ends - moment))


def _raw(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims in their one canonical spelling."""
    try:
        header, claims, signature = compact.segments(token, MAX_LENGTH)
        compact.octets(signature)
        return compact.members(header), compact.members(claims)
    except ValueError as error:
        raise InvalidToken from error
