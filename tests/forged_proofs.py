"""Proofs that are wrong in one respect each."""

import base64
import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from longan.floor.access.dpop import AGE, AHEAD, MAX_LENGTH
from longan.floor.access.nonces import NONCE_SECONDS, Nonces
from longan.floor.formats.compact import spelled
from tests.devices import Device, segment

URL = "https://id.test"
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
RING = {"1": hashlib.sha256(b"a key of the ring").digest()}
TOKEN = "eyJ.eyJ.sig"


class Alone(Device):
    """A device without an app: its address and its nonces are those of this module."""

    def __init__(self) -> None:
        super().__init__(URL, lambda: NOW, Nonces(RING))


def p384() -> tuple[ec.EllipticCurvePrivateKey, dict[str, str]]:
    key = ec.generate_private_key(ec.SECP384R1())
    numbers = key.public_key().public_numbers()
    x, y = (spelled(part.to_bytes(48)) for part in (numbers.x, numbers.y))
    return key, {"kty": "EC", "crv": "P-384", "x": x, "y": y}


def forgeries(device: Device, token: str = TOKEN) -> Iterator[tuple[str, list[str]]]:
    """Proofs that are wrong in one respect, by its name."""
    now, url, parts = int(device.now()), device.url, urlsplit(device.url)
    other = "http" if parts.scheme == "https" else "https"

    def one(name: str, **claims: Any) -> tuple[str, list[str]]:
        return name, [device.proof("GET", "/v1/me", token, **claims)]

    def headed(name: str, claims: Any = None, **header: Any) -> tuple[str, list[str]]:
        made = {key: value for key, value in device.header(**header).items() if value is not None}
        return name, [device.signed(made, claims or device.claims("GET", "/v1/me", token))]

    def raw(name: str, header: Any = None, claims: Any = None) -> tuple[str, list[str]]:
        said = claims if claims is not None else device.claims("GET", "/v1/me", token)
        return name, [device.signed(header if header is not None else device.header(), said)]

    good = device.proof("GET", "/v1/me", token)
    head, body, signature = good.split(".")
    claims, header = device.claims("GET", "/v1/me", token), device.header()
    yield "none at all", []
    yield "two of them", [good, device.proof("GET", "/v1/me", token)]
    yield "the same twice", [good, good]
    yield "two in one header", [f"{good}, {device.proof('GET', '/v1/me', token)}"]
    yield "empty", [""]
    yield "words", ["let me in"]
    yield "not ASCII", ["ключ.ключ.ключ"]
    yield "two segments", [f"{head}.{body}"]
    yield "four segments", [f"{good}.{signature}"]
    yield "no signature", [f"{head}.{body}."]
    yield "padded", [f"{head}=.{body}.{signature}"]
    yield "blank around it", [f" {good} "]
    yield "huge", [device.proof("GET", "/v1/me", token, more="x" * MAX_LENGTH)]
    yield "a JSON serialization", [json.dumps({"protected": head, "payload": body, "signature": signature})]
    yield "stray bits", [good[:-1] + chr(ord(good[-1]) + 1)]
    # Whose it is.
    yield headed("another key's header", jwk=Alone().jwk)
    thief = Alone()
    yield "another key", [thief.proof("GET", "/v1/me", token)]
    _, words, mark = thief.proof("GET", "/v1/me", token).split(".")
    yield "another's signature", [f"{head}.{body}.{mark}"]
    yield "another's words", [f"{head}.{words}.{signature}"]
    yield "a signature of one letter", [f"{head}.{body}.A"]
    yield "no signature in a signature", [f"{head}.{body}.{segment(bytes(64))}"]
    yield (
        "a signature in DER",
        [f"{head}.{body}.{segment(device.key.sign(f'{head}.{body}'.encode(), ec.ECDSA(hashes.SHA256())))}"],
    )
    yield "a signature cut short", [f"{head}.{body}.{segment(base64.urlsafe_b64decode(signature + '==')[:63])}"]
    # The header.
    yield headed("typ missing", typ=None)
    yield headed("typ of a token", typ="at+jwt")
    yield headed("typ JWT", typ="JWT")
    yield headed("typ in capitals", typ="DPOP+JWT")
    yield headed("typ a list", typ=["dpop+jwt"])
    yield headed("alg none", alg="none")
    yield headed("alg missing", alg=None)
    yield headed("symmetric alg", alg="HS256")
    yield headed("RSA", alg="RS256")
    yield headed("ES384", alg="ES384")
    yield headed("jwk missing", jwk=None)
    yield headed("jwk a list", jwk=[device.jwk])
    yield headed("crit", crit=["exp"])
    yield headed("jku", jku="https://evil.test/jwks.json")
    yield headed("x5c", x5c=["MIIB"])
    secret = spelled(device.key.private_numbers().private_value.to_bytes(32))
    yield headed("jwk with d", jwk=device.jwk | {"d": secret})
    yield headed("jwk with k", jwk=device.jwk | {"k": secret})
    yield headed("a symmetric jwk", alg="HS256", jwk={"kty": "oct", "k": secret})
    yield headed("an RSA jwk", jwk={"kty": "RSA", "n": "AQAB", "e": "AQAB"})
    yield headed("jwk without y", jwk={name: value for name, value in device.jwk.items() if name != "y"})
    yield headed("a point off the curve", jwk=device.jwk | {"x": device.jwk["y"], "y": device.jwk["x"]})
    yield headed("the point at infinity", jwk=device.jwk | {"x": spelled(bytes(32)), "y": spelled(bytes(32))})
    yield headed("a coordinate with a zero more", jwk=device.jwk | {"x": spelled(bytes(1) + bytes(32))})
    yield headed("a coordinate padded", jwk=device.jwk | {"x": device.jwk["x"] + "="})
    yield headed("a coordinate a number", jwk=device.jwk | {"x": 7})
    yield headed("a key for encryption", jwk=device.jwk | {"use": "enc"})
    yield headed("a key of another alg", jwk=device.jwk | {"alg": "ECDH-ES"})
    yield headed("another curve's name", jwk=device.jwk | {"crv": "secp256k1"})
    key, jwk = p384()
    text = f"{segment(device.header(jwk=jwk))}.{segment(claims)}"
    yield "another curve", [f"{text}.{segment(key.sign(text.encode(), ec.ECDSA(hashes.SHA256()))[:64])}"]
    yield raw("duplicate keys in the header", json.dumps(header)[:-1] + ', "alg": "ES256"}')
    yield raw("duplicate keys in the jwk", json.dumps(header).replace('"crv"', '"kty": "oct", "crv"'))
    yield raw("a header that is a list", json.dumps([header]))
    yield raw("a header that is no JSON", "{")
    # The claims.
    yield raw("duplicate keys", claims=json.dumps(claims)[:-1] + ', "htm": "POST"}')
    yield raw("a duplicate jti", claims=json.dumps(claims)[:-1] + ', "jti": "another-id-just-as-long"}')
    yield raw("claims that are a list", claims=json.dumps([claims]))
    yield raw("claims that are no JSON", claims="null and void")
    yield raw("claims that are not UTF-8", claims=b'{"jti": "\xff"}')
    yield raw("too deep", claims="[" * 600 + "]" * 600)
    yield one("jti missing", jti=None)
    yield one("jti short", jti="1")
    yield one("jti long", jti="j" * 200)
    yield one("jti a number", jti=7)
    yield one("jti half a letter", jti="\ud800" * 20)
    yield one("htm missing", htm=None)
    yield one("another method", htm="POST")
    yield one("method in small letters", htm="get")
    yield one("htm a list", htm=["GET"])
    yield one("htu missing", htu=None)
    yield one("another path", htu=f"{url}/v1/jobs")
    yield one("a slash more", htu=f"{url}/v1/me/")
    yield one("another host", htu="https://evil.test/v1/me")
    yield one("our host in front", htu=f"{url}.evil.test/v1/me")
    yield one("our host as a name", htu=f"{url}@evil.test/v1/me")
    yield one("another port", htu=f"{parts.scheme}://{parts.hostname}:8443/v1/me")
    yield one("another scheme", htu=f"{other}://{parts.netloc}/v1/me")
    yield one("the path alone", htu="/v1/me")
    yield one("the address of a file", htu=f"file://{parts.netloc}/v1/me")
    yield one("a line in the address", htu=f"{url}/v1/me\n")
    yield one("an address without end", htu=f"{url}/v1/me?" + "x" * 1100)
    yield one("iat missing", iat=None)
    yield one("iat stale", iat=now - AGE - 1)
    yield one("iat of yesterday", iat=now - 86_400)
    yield one("iat in the future", iat=now + AHEAD + 60)
    yield one("iat in milliseconds", iat=now * 1000)
    yield one("iat as text", iat=str(now))
    yield one("iat a fraction", iat=now + 0.5)
    yield one("iat true", iat=True)
    yield one("iat without end", iat=10**400)
    yield raw("iat not a number", claims=json.dumps(claims | {"iat": float("nan")}))
    yield raw("iat infinite", claims=json.dumps(claims).replace(str(now), "1e999"))
    yield one("ath missing", ath=None)
    yield one("ath of another token", ath=spelled(hashlib.sha256(b"another").digest()))
    yield one("ath in hexadecimal", ath=hashlib.sha256(token.encode()).hexdigest())
    yield one("ath padded", ath=spelled(hashlib.sha256(token.encode()).digest()) + "=")
    yield one("ath the token", ath=token)
    yield one("ath a number", ath=1)
    yield raw("ath null", claims=claims | {"ath": None})


def nonces(device: Device) -> Iterator[tuple[str, list[str]]]:
    """Proofs whose only fault is the nonce."""
    ours = Nonces(RING)
    for name, nonce in {
        "missing": None,
        "stale": ours.current(NOW.timestamp() - 3 * NONCE_SECONDS),
        "of a time to come": ours.current(NOW.timestamp() + 3 * NONCE_SECONDS),
        "of another key": Nonces({"1": bytes(range(32))}).current(NOW.timestamp()),
        "made up": "a-nonce-that-I-like-24-ch",
        "cut short": ours.current(NOW.timestamp())[:-1],
    }.items():
        yield name, [device.proof("GET", "/v1/me", TOKEN, nonce=nonce)]
