"""How the local identity provider lies: by name, one change to an ID token, or an answer that is none.

Each is a thing that a provider, whoever sits between, or whoever stole a key of its has done to somebody.
"""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import jwt
from aiohttp import web
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from jwt.algorithms import ECAlgorithm

from longan.devkit.wire import reset

Claims = dict[str, Any]
Key = ec.EllipticCurvePrivateKey

CLAIMS: dict[str, Callable[[Claims], object]] = {
    "wrong_nonce": lambda claims: claims.update(nonce="another"),
    "no_nonce": lambda claims: claims.pop("nonce"),
    "wrong_audience": lambda claims: claims.update(aud="another-client"),
    "one_more_audience": lambda claims: claims.update(aud=[claims["aud"], "another-client"]),
    "no_audience": lambda claims: claims.pop("aud"),
    "wrong_azp": lambda claims: claims.update(azp="another-client"),
    "wrong_issuer": lambda claims: claims.update(iss="https://elsewhere.example"),
    "issuer_with_a_slash": lambda claims: claims.update(iss=claims["iss"] + "/"),
    "expired": lambda claims: claims.update(exp=claims["iat"] - 60, iat=claims["iat"] - 300),
    "no_expiry": lambda claims: claims.pop("exp"),
    "expiry_as_text": lambda claims: claims.update(exp=str(claims["exp"])),
    "expiry_as_fraction": lambda claims: claims.update(exp=claims["exp"] + 0.5),
    "made_in_the_future": lambda claims: claims.update(iat=claims["iat"] + 300, exp=claims["exp"] + 300),
    "made_long_ago": lambda claims: claims.update(iat=claims["iat"] - 7_200),
    "not_yet_good": lambda claims: claims.update(nbf=claims["iat"] + 300),
    "signed_in_long_ago": lambda claims: claims.update(auth_time=claims["auth_time"] - 7_200),
    "does_not_say_when": lambda claims: claims.pop("auth_time"),
    "wrong_at_hash": lambda claims: claims.update(at_hash="AAAAAAAAAAAAAAAAAAAAAA"),
    "no_subject": lambda claims: claims.pop("sub"),
    "empty_subject": lambda claims: claims.update(sub=""),
    "subject_is_a_number": lambda claims: claims.update(sub=7),
}
HEADERS: dict[str, dict[str, object]] = {
    "an_access_token": {"typ": "at+jwt"},
    "a_logout_token": {"typ": "logout+jwt"},
    "a_critical_header": {"crit": ["b64"], "b64": True},
    "unknown_key": {"kid": "nobody-knows"},
    "key_id_is_a_number": {"kid": 7},
}


def _segment(value: object) -> str:
    return encoded(json.dumps(value).encode())


def encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _unsigned(claims: Claims, key: Key) -> str:
    return f"{_segment({'alg': 'none', 'typ': 'JWT'})}.{_segment(claims)}."


def _shared_secret(claims: Claims, key: Key) -> str:
    """Signed with our public key, taken for a shared secret (RFC 8725 section 2.1)."""
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )  # fmt: skip
    signed = f"{_segment({'alg': 'HS256', 'typ': 'JWT', 'kid': '1'})}.{_segment(claims)}"
    return f"{signed}.{encoded(hmac.digest(public, signed.encode(), hashlib.sha256))}"


def _name_twice(claims: Claims, key: Key) -> str:
    return _signed({"alg": "ES256", "typ": "JWT", "kid": "1"}, json.dumps(claims)[:-1] + ', "sub": "another"}', key)


def _signed(header: Claims, claims: str, key: Key) -> str:
    """By hand: a library refuses to write what a liar would."""
    signed = f"{_segment(header)}.{encoded(claims.encode())}"
    r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{signed}.{encoded(r.to_bytes(32) + s.to_bytes(32))}"


def _honest(claims: Claims, key: Key) -> str:
    return jwt.encode(claims, key, "ES256", headers={"kid": "1"})


def _bent(claims: Claims, key: Key) -> str:
    """Claims of another under the signature of these."""
    header, _, signature = _honest(claims, key).split(".")
    return f"{header}.{_segment({**claims, 'sub': 'another'})}.{signature}"


TOKENS: dict[str, Callable[[Claims, Key], object]] = {
    "unsigned": _unsigned,
    "signed_with_our_public_key": _shared_secret,
    "signed_by_another": lambda claims, _: _honest(claims, ec.generate_private_key(ec.SECP256R1())),
    "key_in_the_header": lambda claims, _: _own_key(claims),
    "another_algorithm": lambda claims, _: jwt.encode(
        claims, rsa.generate_private_key(65537, 2048), "RS256", {"kid": "1"}
    ),
    "claims_of_another": _bent,
    "a_name_twice": _name_twice,
    "padded": lambda claims, key: _honest(claims, key) + "==",
    "no_signature": lambda claims, key: _honest(claims, key).rpartition(".")[0] + ".",
    "two_parts": lambda claims, key: _honest(claims, key).rpartition(".")[0],
    "not_a_token": lambda claims, key: "{}",
    "a_list": lambda claims, key: [_honest(claims, key)],
}


def _own_key(claims: Claims) -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    return jwt.encode(claims, key, "ES256", {"kid": "1", "jwk": ECAlgorithm.to_jwk(key.public_key(), as_dict=True)})


def id_token(lie: str, claims: Claims, key: Key, key_id: str) -> object:
    """What stands as `id_token`: with no lie, or one that is not about it, the truth."""
    if lie in TOKENS:
        return TOKENS[lie](claims, key)
    if lie in CLAIMS:
        CLAIMS[lie](claims)
    header: Claims = {"alg": "ES256", "typ": "JWT", "kid": key_id}
    return _signed(header | HEADERS.get(lie, {}), json.dumps(claims), key)


def padded(lie: str, body: Claims) -> Claims:
    """The truth, and ten megabytes around it."""
    return body | {"padding": "a" * 10_000_000} if lie == "huge" else body


# What the provider may answer instead of an answer, at whichever of its addresses.
ANSWERS = frozenset({"html", "redirect", "unavailable", "slow", "hang_up", "garbled", "a_number", "empty"})


async def answer(lie: str, request: web.Request, slow_seconds: float) -> web.Response | None:
    """What comes instead of an answer; None where the lie is another."""
    match lie:
        case "slow":
            await asyncio.sleep(slow_seconds)
        case "hang_up":
            return reset(request)
        case "html":
            return web.Response(text="<h1>Bảo trì</h1>", content_type="text/html")
        case "redirect":
            return web.Response(status=307, headers={"Location": f"{request.path}?again"})
        case "unavailable":
            return web.Response(status=503)
        case "garbled":
            return web.Response(body=b'{"keys": [', content_type="application/json")
        case "a_number":
            return web.Response(body=b"7", content_type="application/json")
        case "empty":
            return web.Response(body=b"{}", content_type="application/json")
    return None
