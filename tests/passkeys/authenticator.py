"""A software authenticator: what a phone does between `create()` or `get()` and `toJSON()`, and what a forger might."""

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

ORIGIN, DOMAIN = "http://localhost:8000", "localhost"
PRESENT, VERIFIED, ELIGIBLE, BACKED_UP, ATTESTED = 0x01, 0x04, 0x08, 0x10, 0x40


def text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def raw(value: str) -> bytes:
    return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))


def integer(value: int) -> bytes:
    return value.to_bytes((value.bit_length() + 7) // 8)


class Es256:
    """A P-256 key and its COSE form (RFC 9053)."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())

    def cose(self) -> dict[int, Any]:
        numbers = self._key.public_key().public_numbers()
        return {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}

    def sign(self, data: bytes) -> bytes:
        return self._key.sign(data, ec.ECDSA(hashes.SHA256()))


class Ed25519:
    def __init__(self) -> None:
        self._key = ed25519.Ed25519PrivateKey.generate()

    def cose(self) -> dict[int, Any]:
        return {1: 1, 3: -8, -1: 6, -2: self._key.public_key().public_bytes_raw()}

    def sign(self, data: bytes) -> bytes:
        return self._key.sign(data)


class Rs256:
    def __init__(self, bits: int = 2048) -> None:
        self._key = rsa.generate_private_key(65_537, bits)

    def cose(self) -> dict[int, Any]:
        numbers = self._key.public_key().public_numbers()
        return {1: 3, 3: -257, -1: integer(numbers.n), -2: integer(numbers.e)}

    def sign(self, data: bytes) -> bytes:
        return self._key.sign(data, padding.PKCS1v15(), hashes.SHA256())


class Authenticator:
    """One phone with one passkey. `counts` False is how synced passkeys are: their counter stays at 0. What is passed
    to `create` and `get` beyond the options is what a forger changes."""

    def __init__(self, key: Any = None, *, origin: str = ORIGIN, domain: str = DOMAIN, counts: bool = True) -> None:
        self.key = key or Es256()
        self.origin, self.domain, self.counts = origin, domain, counts
        self.id = secrets.token_bytes(32)
        self.count = 0
        self.user_handle = b""
        self.flags = PRESENT | VERIFIED | (0 if counts else ELIGIBLE | BACKED_UP)

    def _client_data(self, kind: str, options: Mapping[str, Any], more: Mapping[str, Any]) -> bytes:
        said = {"type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": False, **more}
        return json.dumps(said, separators=(",", ":")).encode()

    def _data(self, flags: int) -> bytes:
        return hashlib.sha256(self.domain.encode()).digest() + bytes([flags]) + self.count.to_bytes(4)

    def _credential(self, response: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "id": text(self.id),
            "rawId": text(self.id),
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": dict(response),
        }

    def create(
        self, options: Mapping[str, Any], *, says: Mapping[str, Any] | None = None, flags: int | None = None,
        cose: Mapping[int, Any] | None = None, attestation: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """RegistrationResponseJSON for PublicKeyCredentialCreationOptionsJSON."""
        self.user_handle = raw(options["user"]["id"])
        client_data = self._client_data("webauthn.create", options, says or {})
        key = cbor2.dumps(self.key.cose() if cose is None else cose)
        attested = bytes(16) + len(self.id).to_bytes(2) + self.id + key
        data = self._data((self.flags if flags is None else flags) | ATTESTED) + attested
        statement = {"fmt": "none", "attStmt": {}, **(attestation or {}), "authData": data}
        return self._credential({
            "clientDataJSON": text(client_data),
            "attestationObject": text(cbor2.dumps(statement)),
            "transports": ["internal", "hybrid"],
            "authenticatorData": text(data),
            "publicKeyAlgorithm": self.key.cose()[3],
        })  # fmt: skip

    def get(
        self, options: Mapping[str, Any], *, says: Mapping[str, Any] | None = None, flags: int | None = None,
        user_handle: bytes | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """AuthenticationResponseJSON for PublicKeyCredentialRequestOptionsJSON."""
        self.count += self.counts
        client_data = self._client_data("webauthn.get", options, says or {})
        data = self._data(self.flags if flags is None else flags)
        signature = self.key.sign(data + hashlib.sha256(client_data).digest())
        return self._credential({
            "clientDataJSON": text(client_data),
            "authenticatorData": text(data),
            "signature": text(signature),
            "userHandle": text(self.user_handle if user_handle is None else user_handle),
        })  # fmt: skip
