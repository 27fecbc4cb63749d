"""Forged tokens: every family of SECURITY T1 to T8, made by somebody who holds our key."""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import uuid4

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from longan.floor.access.tokens import MAX_LENGTH, Audience
from longan.floor.setup.keys import Keys

URL = "https://id.test"


def segment(value: bytes | str | dict[str, Any]) -> str:
    raw = value if isinstance(value, bytes) else (value if isinstance(value, str) else json.dumps(value)).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def signature(key: ec.EllipticCurvePrivateKey, text: str, algorithm: hashes.HashAlgorithm | None = None) -> bytes:
    size = (key.curve.key_size + 7) // 8
    r, s = decode_dss_signature(key.sign(text.encode(), ec.ECDSA(algorithm or hashes.SHA256())))
    return r.to_bytes(size) + s.to_bytes(size)


class Forger:
    """Somebody who holds our key, so that only what they say can give them away."""

    def __init__(self, keys: Keys, now: datetime, url: str = URL, audience: Audience = "app") -> None:
        self.other: Audience = "official" if audience == "app" else "app"
        self.key = keys.access[audience]["1"]
        self.key_of_other = keys.access[self.other]["1"]
        self.header: dict[str, Any] = {"alg": "ES256", "typ": "at+jwt", "kid": f"{audience}-1"}
        issued = int(now.timestamp())
        self.claims: dict[str, Any] = {
            "iss": f"{url}/{audience}", "aud": audience, "sub": str(uuid4()), "sid": str(uuid4()), "jti": str(uuid4()),
            "iat": issued, "exp": issued + 300, "acr": "0", "auth_time": issued,
            "amr": ["otp", "sms"],
        }  # fmt: skip

    def token(self, header: object = None, claims: object = None, key: ec.EllipticCurvePrivateKey | None = None) -> str:
        head = self.header if header is None else header
        body = self.claims if claims is None else claims
        text = f"{segment(head)}.{segment(body)}"  # type: ignore[arg-type]
        return f"{text}.{segment(signature(key or self.key, text))}"

    def said(self, **claims: object) -> str:
        """With other claims; `...` leaves one out."""
        return self.token(claims={k: v for k, v in (self.claims | claims).items() if v is not ...})

    def headed(self, **header: object) -> str:
        return self.token(header={k: v for k, v in (self.header | header).items() if v is not ...})


JWK = {"kty": "EC", "crv": "P-256", "x": "A" * 43, "y": "A" * 43}
ALGORITHMS = ["ES384", "ES512", "ES256K", "RS256", "PS256", "EdDSA", "Ed25519", "es256", ["ES256"], None, 0, ...]
TYPES = [
    "JWT", "jwt", "at+JWT", "AT+JWT", "application/at+jwt", "refresh+jwt", "dpop+jwt", "", None, ["at+jwt"], ...,
]  # fmt: skip
HEADERS = [
    {"jwk": JWK}, {"jku": "https://evil.test/jwks.json"}, {"x5u": "https://evil.test/c"}, {"x5c": ["AA"]},
    {"crit": ["exp"], "exp": 1}, {"crit": []}, {"b64": False, "crit": ["b64"]}, {"zip": "DEF"}, {"cty": "JWT"},
]  # fmt: skip
WRONG: dict[str, list[object]] = {
    "amr": ["otp", [1], [["otp"]], {"otp": True}],
    "acr": ["4", "-1", 3, "", "3 "],
    "sub": ["admin", "", 1],
    "sid": ["1"],
    "exp": [10**400, -1, -(10**30), 0],
    "iat": [10**400, -1, -(10**30), 0],
}
NOT_CLAIMS = ["[]", '"text"', "7", "null", "", "{", "{}{}", "[" * 1_000, b"\xff\xfe"]


def forgeries(forger: Forger) -> Iterator[tuple[str, str]]:
    """Every forgery we know, by name."""
    yield from by_algorithm(forger)
    for name, values in (("typ", TYPES), ("kid", key_ids(forger)), ("alg", ALGORITHMS)):
        for value in values:
            yield f"{name} {str(value)[:20]!r}", forger.headed(**{name: value})
    for extra in HEADERS:
        yield f"header with {next(iter(extra))}", forger.headed(**extra)
    yield from by_claims(forger)
    yield from by_form(forger)


def key_ids(forger: Forger) -> list[object]:
    own = forger.header["kid"]
    return [
        f"{forger.claims['aud']}-2", "", f"{forger.other}-1", f"../../{own}", f"../keys/access-{own}.pem", "/dev/null",
        f"{own}' or '1'='1", f"{own}'; drop table identity.accounts; --", f"{own}\x00", own.upper(), f" {own}", [own],
        {own: own}, {}, None, 1, True, "x" * 2000, "x" * 2**20, ...,
    ]  # fmt: skip


def by_algorithm(forger: Forger) -> Iterator[tuple[str, str]]:
    body = segment(forger.claims)
    public = forger.key.public_key()
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    for name in ("none", "None", "NONE", "nOnE", ""):
        yield f"alg {name!r}", forger.headed(alg=name)
        yield f"alg {name!r} without a signature", f"{segment(forger.header | {'alg': name})}.{body}."
    for name, algorithm in (("HS256", hashlib.sha256), ("HS384", hashlib.sha384), ("HS512", hashlib.sha512)):
        text = f"{segment(forger.header | {'alg': name})}.{body}"
        for secret in (pem, pem.strip(), b"", public.public_numbers().x.to_bytes(32)):
            yield f"{name} with a public secret", f"{text}.{segment(hmac.digest(secret, text.encode(), algorithm))}"
    yield "another curve", forger.token(key=ec.generate_private_key(ec.SECP384R1()))
    yield "another key", forger.token(key=ec.generate_private_key(ec.SECP256R1()))
    yield "the other audience's key", forger.token(key=forger.key_of_other)
    yield "the other audience's key under its id", forger.token(
        header=forger.header | {"kid": f"{forger.other}-1"}, key=forger.key_of_other
    )  # fmt: skip


def by_claims(forger: Forger) -> Iterator[tuple[str, str]]:
    for name in forger.claims:
        for value in (..., None, {}, True, *([] if name == "amr" else [[]]), *WRONG.get(name, [])):
            yield f"{name} {str(value)[:20]}", forger.said(**{name: value})
    own, url = forger.claims["aud"], forger.claims["iss"].rpartition("/")[0]
    for value in (forger.other, [own], own.upper(), f"{own} ", [own, forger.other]):
        yield f"aud {value}", forger.said(aud=value)
    for value in (f"https://evil.test/{own}", f"{url}/{forger.other}", url, f"{url}/{own}/"):
        yield f"iss {value}", forger.said(iss=value)
    yield "the other audience's claims", forger.said(iss=f"{url}/{forger.other}", aud=forger.other)
    for bound in (None, "", {}, [], {"jkt": ""}, {"jkt": 1}, {"jkt": "A" * 42}, {"x5t#S256": "A" * 43},
                  {"jkt": "A" * 43, "jwk": JWK}, {"jkt": "A" * 42 + "\n"}):  # fmt: skip
        yield f"bound to {str(bound)[:20]}", forger.said(cnf=bound)
    for name in ("exp", "iat", "auth_time"):
        for value in (str(forger.claims[name]), float(forger.claims[name]), 1e308, 1e400, "inf"):
            yield f"{name} {value!r}", forger.said(**{name: value})
    now = forger.claims["iat"]
    yield "over", forger.said(iat=now - 400, exp=now - 100)
    yield "from the future", forger.said(iat=now + 200, exp=now + 300)
    yield "from ten minutes ahead", forger.said(iat=now + 600, exp=now + 900)
    yield "too long a life", forger.said(exp=now + 301)
    yield "much too long a life", forger.said(exp=now + 86_400)
    yield "a life that ends before it begins", forger.said(exp=now, iat=now)
    yield "too long", forger.said(padding="x" * MAX_LENGTH)
    claims = json.dumps(forger.claims)
    yield "NaN", forger.token(claims=claims.replace(str(now + 300), "NaN"))
    yield "two subjects", forger.token(claims=claims[:-1] + f', "sub": "{uuid4()}"}}')
    yield "two subjects, one escaped", forger.token(claims=claims[:-1] + f', "\\u0073ub": "{uuid4()}"}}')
    yield "two algorithms", forger.token(header=json.dumps(forger.header)[:-1] + ', "alg": "ES256"}')
    for encoding in ("utf-8-sig", "utf-16", "utf-16-le", "utf-32-be"):
        yield f"claims in {encoding}", forger.token(claims=claims.encode(encoding))
        yield f"header in {encoding}", forger.token(header=json.dumps(forger.header).encode(encoding))
    for nothing in NOT_CLAIMS:
        yield f"claims {nothing[:9]!r}", forger.token(claims=nothing)
        yield f"header {nothing[:9]!r}", forger.token(header=nothing)


def by_form(forger: Forger) -> Iterator[tuple[str, str]]:
    good = forger.token()
    head, body, sign = good.split(".")
    text, raw = f"{head}.{body}", base64.urlsafe_b64decode(sign + "==")
    for number in range(64):
        # The last letter of 64 bytes holds four bits that say nothing: fifteen other spellings of the same signature.
        letter = base64.urlsafe_b64encode(bytes([number << 2]))[:1].decode()
        if letter != sign[-1] and base64.urlsafe_b64decode(sign[:-1] + letter + "==") == raw:
            yield f"signature ending in {letter}", f"{text}.{sign[:-1]}{letter}"
    yield "padded signature", good + "=="
    yield "padded header", f"{head}=.{body}.{sign}"
    yield "padded claims", f"{head}.{body}==.{sign}"
    yield "a signature with padding of its own", f"{text}.{base64.urlsafe_b64encode(raw).decode()}"
    yield "no signature", f"{text}."
    yield "two segments", text
    yield "four segments", f"{good}.{sign}"
    yield "five segments", f"{good}..{sign}"
    yield "zeros for a signature", f"{text}.{segment(bytes(64))}"
    yield "half a signature", f"{text}.{sign[:43]}"
    yield "a signature of one letter", f"{text}.A"
    yield "a signature in DER", f"{text}.{segment(forger.key.sign(text.encode(), ec.ECDSA(hashes.SHA256())))}"
    yield "a signature over SHA-512", f"{text}.{segment(signature(forger.key, text, hashes.SHA512()))}"
    yield "the claims of another", f"{head}.{segment(forger.claims | {'sub': str(uuid4())})}.{sign}"
    yield "a line break", f"{good}\n"
    yield "a blank inside", f"{head} .{body}.{sign}"
    yield "a refresh token", secrets.token_urlsafe(32)
    yield "a one-time code", "482913"
    yield "a challenge", str(uuid4())
    yield "a provider's ID token", forger.token(forger.header | {"typ": "JWT"}, forger.claims | {"nonce": "n"})
    yield "claims cut short", f"{head}.{body[:-3]}.{sign}"
    yield "nothing", ""
    yield "dots", ".."
