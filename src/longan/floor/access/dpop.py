"""Proofs of possession (RFC 9449): with each request its sender shows that they hold the key their session is bound to.

What a proof must be stands in section 4.3; where the RFC leaves a choice it is made here: ES256 alone, one spelling of
everything, and a proof is taken once.
"""

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
import redis.asyncio
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from longan.floor.access.nonces import Nonces
from longan.floor.access.seen import Seen
from longan.floor.base.errors import Problem, Unauthenticated
from longan.floor.formats import compact

ALGORITHM = "ES256"
TYPE = "dpop+jwt"
MAX_LENGTH = 2048
# Seconds between `iat` and now: a proof on its way, and a phone whose clock is fast.
AGE = 120
AHEAD = 30
MAX_KEYS = 10_000

_HEADER = frozenset({"typ", "alg", "jwk", "kid"})
# What WebCrypto and the libraries write into a public key. No private member of any kind of key is among them.
_JWK = frozenset({"kty", "crv", "x", "y", "kid", "alg", "use", "key_ops", "ext"})
_PRINTABLE = re.compile(r"[!-~]{1,1024}", re.ASCII)
_URI = re.compile(r"(https?)://([^/?#]*)(/[^?#]*)?(?:[?#].*)?", re.ASCII | re.IGNORECASE)
_JTI = re.compile(r"[!-~]{16,128}", re.ASCII)
_CURVE = ec.SECP256R1()
_ECDSA = ec.ECDSA(SHA256())


class InvalidDpopProof(Unauthenticated):
    """The proof is not one, or not of this request; `what` says in English which check failed."""

    code = "invalid_dpop_proof"
    vi, en = "Bằng chứng khoá thiết bị không hợp lệ", "The proof of the key is not valid"

    def __init__(self, what: str) -> None:
        super().__init__()
        self.headers["WWW-Authenticate"] = challenge(self.code, what)


class UseDpopNonce(Unauthenticated):
    """The proof lacks a nonce of ours that is still good: `DPoP-Nonce` of this answer is one."""

    code = "use_dpop_nonce"
    vi, en = "Cần gửi lại bằng chứng với nonce mới", "Make the proof once more, with the nonce of this answer"

    def __init__(self) -> None:
        super().__init__()
        self.headers["WWW-Authenticate"] = challenge(self.code, "a nonce of ours is needed")


class DpopRequired(Unauthenticated):
    """Whoever signs in here must bring a key (SECURITY T14: officials)."""

    code = "dpop_required"
    vi, en = "Thiết bị này cần đăng nhập kèm khoá (DPoP)", "Sign in here with a key of the device (DPoP)"

    def __init__(self) -> None:
        super().__init__()
        self.headers["WWW-Authenticate"] = challenge()


def challenge(error: str | None = None, description: str | None = None) -> str:
    """WWW-Authenticate of RFC 9449 section 7.1."""
    told = {"error": error, "error_description": description}
    return f'DPoP realm="longan", algs="{ALGORITHM}"' + "".join(f', {k}="{v}"' for k, v in told.items() if v)


def bound_token() -> Unauthenticated:
    """What a token of another kind than its scheme is answered (RFC 9449 section 7.2)."""
    problem = Unauthenticated()
    problem.headers["WWW-Authenticate"] = challenge("invalid_token", "scheme and kind of token do not match")
    return problem


def in_kind(problem: Problem) -> None:
    """Put the challenge of a refusal in the words of DPoP, for somebody who came with that scheme."""
    if (asked := problem.headers.get("WWW-Authenticate")) is not None:
        problem.headers["WWW-Authenticate"] = asked.replace('Bearer realm="longan"', challenge(), 1)


class Proof(msgspec.Struct, frozen=True):
    """What a proof whose signature is good says. `thumbprint` (RFC 7638) names the key that made it."""

    thumbprint: str
    id: str
    method: str
    uri: str
    issued_at: int
    access_digest: str | None
    nonce: str | None


class Proofs:
    """One per process: checks proofs, remembers which came already, and hands out nonces.

    `everybody`: whether nonces are demanded of all, and not of officials and of who signs in alone.
    """

    def __init__(
        self, ring: Mapping[str, bytes], public_url: str, valkey: redis.asyncio.Redis, *, everybody: bool
    ) -> None:
        self.nonces = Nonces(ring)
        self._seen = Seen(valkey, AGE + AHEAD + 1)
        self._public_url = public_url.rstrip("/")
        self._everybody = everybody
        self._keys: dict[str, tuple[str, ec.EllipticCurvePublicKey]] = {}

    async def check(
        self, sent: list[bytes], method: str, path: str, now: datetime, *, token: str | None, ath: bool,
        key: str | None, nonce: bool,
    ) -> str:  # fmt: skip
        """The thumbprint of the key that made the one proof in `sent` (the values of the DPoP header).

        `token` is the access token that came with it, and `ath` whether its hash is demanded; `key` is the thumbprint
        that token is bound to, `nonce` whether a nonce is demanded of this caller anyway. Raises `InvalidDpopProof`,
        `UseDpopNonce`, and `Unavailable` when it cannot be known whether the proof came before.
        """
        if len(sent) != 1:
            raise InvalidDpopProof("there must be one DPoP header" if sent else "there is no DPoP header")
        proof = self.read(sent[0].decode("latin-1"))
        moment = now.timestamp()
        if proof.method != method:
            raise InvalidDpopProof("htm is not the method of this request")
        if not same_uri(proof.uri, self._public_url + path):
            raise InvalidDpopProof("htu is not the address of this request")
        if not moment - AGE <= proof.issued_at <= moment + AHEAD:
            raise InvalidDpopProof("iat is too old or in the future")
        if proof.access_digest is None:
            if ath:
                raise InvalidDpopProof("ath is missing")
        elif token is None or proof.access_digest != compact.spelled(hashlib.sha256(token.encode()).digest()):
            raise InvalidDpopProof("ath is not the hash of the access token")
        if key is not None and proof.thumbprint != key:
            raise InvalidDpopProof("the access token is bound to another key")
        if (nonce or self._everybody) and not self.nonces.good(proof.nonce, moment):
            raise UseDpopNonce
        if not await self._seen.first(hashlib.sha256(f"{proof.thumbprint}.{proof.id}".encode()).digest()[:16]):
            raise InvalidDpopProof("this proof came before")
        return proof.thumbprint

    def read(self, proof: str) -> Proof:
        """What a proof says, of whatever request. Raises `InvalidDpopProof` for a form that is not the one canonical
        form, or a signature that is not of the key inside."""
        try:
            header, payload, signature = compact.segments(proof, MAX_LENGTH)
            known = self._keys.get(header)
            thumbprint, key = known or _key(compact.members(header))
            claims = compact.members(payload)
            key.verify(_in_der(signature), proof[: len(header) + 1 + len(payload)].encode(), _ECDSA)
        except InvalidSignature as error:
            raise InvalidDpopProof("the signature is not of the key in jwk") from error
        except ValueError as error:
            raise InvalidDpopProof("the form is not that of RFC 9449 section 4.2") from error
        if known is None:
            # A device sends the same header with each proof: its key is taken apart once.
            if len(self._keys) >= MAX_KEYS:
                self._keys.clear()
            self._keys[header] = (thumbprint, key)
        return _said(claims, thumbprint)


def thumbprint_of(x: str, y: str) -> str:
    """RFC 7638, of a P-256 key by its coordinates."""
    return compact.spelled(hashlib.sha256(f'{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}'.encode()).digest())


def same_uri(sent: str, ours: str) -> bool:
    """Whether two addresses are one, but for query and fragment (RFC 3986 sections 6.2.2.1 and 6.2.3)."""
    left, right = _parts(sent), _parts(ours)
    return left is not None and left == right


def _parts(uri: str) -> tuple[str, str, str] | None:
    found = _URI.fullmatch(uri)
    if found is None:
        return None
    scheme, authority, path = found.groups()
    scheme, authority = scheme.lower(), authority.lower()
    return scheme, authority.removesuffix(":443" if scheme == "https" else ":80"), path or "/"


def _key(header: dict[str, Any]) -> tuple[str, ec.EllipticCurvePublicKey]:
    """The public key of a header, and its thumbprint. Raises `ValueError`."""
    jwk = header.get("jwk")
    if header.get("typ") != TYPE or header.get("alg") != ALGORITHM or not header.keys() <= _HEADER:
        raise ValueError("not the header of a proof")
    if not isinstance(jwk, dict) or not jwk.keys() <= _JWK or (jwk.get("kty"), jwk.get("crv")) != ("EC", "P-256"):
        raise ValueError("not a public key on P-256")
    if jwk.get("alg", ALGORITHM) != ALGORITHM or jwk.get("use", "sig") != "sig":
        raise ValueError("not a key for this")
    x, y = jwk.get("x"), jwk.get("y")
    if not (isinstance(x, str) and isinstance(y, str) and len(x) == len(y) == 43 and x.isascii() and y.isascii()):
        raise ValueError("not two coordinates")
    point = ec.EllipticCurvePublicNumbers(
        int.from_bytes(compact.octets(x)), int.from_bytes(compact.octets(y)), _CURVE
    )  # fmt: skip
    return thumbprint_of(x, y), point.public_key()


def _in_der(signature: str) -> bytes:
    """The signature as OpenSSL reads it. Raises `ValueError` for what is not two numbers of 32 bytes."""
    octets = compact.octets(signature)
    if len(octets) != 64:
        raise ValueError("not an ES256 signature")
    return encode_dss_signature(int.from_bytes(octets[:32]), int.from_bytes(octets[32:]))


def _said(claims: dict[str, Any], thumbprint: str) -> Proof:
    said = [claims.get(name) for name in ("jti", "htm", "htu", "iat", "ath", "nonce")]
    match said:
        case [str(id_), str(method), str(uri), int(issued_at), str() | None as digest, str() | None as nonce]:
            texts = [text for text in (method, uri, digest, nonce) if text is not None]
            if (
                not isinstance(issued_at, bool)
                and _JTI.fullmatch(id_)
                and all(_PRINTABLE.fullmatch(text) for text in texts)
                and ("ath" in claims) == (digest is not None)
                and ("nonce" in claims) == (nonce is not None)
            ):
                return Proof(thumbprint, id_, method, uri, issued_at, digest, nonce)
    raise InvalidDpopProof("a claim is missing or has the wrong form")
