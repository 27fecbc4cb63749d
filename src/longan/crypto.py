"""What is kept secret at rest: phone numbers, and codes that are never stored at all."""

import hashlib
import hmac
import secrets
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from longan.keys import Keys

CODE_DIGITS = 6


class Phones:
    """Seals phone numbers for the database and finds them again without reading them.

    `index` is HMAC-SHA-256 under a key of its own (a plain hash of a phone number is reversible in seconds); `seal` is
    AES-256-GCM with a random 96-bit nonce, the row's id as associated data, so that a number moved to another row does
    not open.
    """

    def __init__(self, keys: Keys) -> None:
        self._index = keys.newest("phone-index")
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.secrets["phone-cipher"].items()}
        self._newest = max(self._ciphers)

    def index(self, phone: str) -> bytes:
        return hmac.digest(self._index, phone.encode(), hashlib.sha256)

    def seal(self, phone: str, row: UUID) -> bytes:
        nonce = secrets.token_bytes(12)
        sealed = self._ciphers[self._newest].encrypt(nonce, phone.encode(), row.bytes)
        return self._newest.encode() + b"." + nonce + sealed

    def open(self, sealed: bytes, row: UUID) -> str:
        """The number. Raises `cryptography.exceptions.InvalidTag` when the row is not the one it was sealed for."""
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
