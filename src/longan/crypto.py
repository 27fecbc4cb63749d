"""What is kept secret at rest: phones and identity numbers, and codes that are never stored at all."""

import hashlib
import hmac
import secrets
from typing import Literal
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from longan.keys import Keys, newest_id

CODE_DIGITS = 6


class Sealed:
    """Seals the values of one purpose for the database and finds them again without reading them: `phone` the phones in
    E.164, `number` the identity numbers of persons (and, by index alone, every other tax code).

    `index` is HMAC-SHA-256 under a key of its own (a plain hash of so few digits is reversible in seconds); `seal` is
    AES-256-GCM with a random 96-bit nonce, the row's id as associated data, so that a value moved to another row does
    not open.
    """

    def __init__(self, keys: Keys, purpose: Literal["phone", "number"]) -> None:
        self._index = keys.newest(f"{purpose}-index")
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.secrets[f"{purpose}-cipher"].items()}
        self._newest = newest_id(self._ciphers)

    def index(self, value: str) -> bytes:
        return hmac.digest(self._index, value.encode(), hashlib.sha256)

    def seal(self, value: str, row: UUID) -> bytes:
        nonce = secrets.token_bytes(12)
        sealed = self._ciphers[self._newest].encrypt(nonce, value.encode(), row.bytes)
        return self._newest.encode() + b"." + nonce + sealed

    def open(self, sealed: bytes, row: UUID) -> str:
        """The value. Raises `cryptography.exceptions.InvalidTag` when the row is not the one it was sealed for."""
        key_id, _, rest = sealed.partition(b".")
        return self._ciphers[key_id.decode()].decrypt(rest[:12], rest[12:], row.bytes).decode()


def one_time_code(key: bytes, nonce: bytes, challenge: UUID, purpose: str) -> str:
    """Six digits that only the holder of `key` can derive, bound to the challenge and its purpose; never stored.

    The digest is read as one 256-bit number, so the bias of the modulus is below 2^-230 (OWASP ASVS 6.5.3).
    """
    digest = hmac.digest(key, b"|".join((nonce, challenge.bytes, purpose.encode())), hashlib.sha256)
    return f"{int.from_bytes(digest) % 10**CODE_DIGITS:0{CODE_DIGITS}d}"


def new_secret() -> str:
    """256 random bits, URL-safe: refresh tokens."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> bytes:
    """How a random 256-bit secret is stored: SHA-256 suffices, there is nothing to guess."""
    return hashlib.sha256(secret.encode()).digest()
