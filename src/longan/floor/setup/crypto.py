"""What is kept secret at rest: phones and identity numbers, and codes that are never stored at all."""

import hashlib
import hmac
import secrets
from typing import Literal
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from longan.floor.setup.keys import Keys, newest_id

CODE_DIGITS = 6
NONCE_BYTES = 12
TAG_BYTES = 16


class Ring:
    """The ciphers of one purpose. What is new is sealed with the newest key that has begun, what is old opens with the
    key it names; keys come and go while the process runs (`keys.keep_looking`)."""

    def __init__(self, keys: Keys, purpose: str) -> None:
        self._keys = keys.secrets[purpose]
        self._ciphers: dict[bytes, AESGCM] = {}

    @property
    def newest(self) -> str:
        return newest_id(self._keys)

    def cipher(self, key_id: str) -> AESGCM:
        """Raises `KeyError` for a key that was retired, or never ours."""
        key = self._keys[key_id]
        if (cipher := self._ciphers.get(key)) is None:
            cipher = self._ciphers[key] = AESGCM(key)
        return cipher


def _encrypt(cipher: AESGCM, value: bytes, place: bytes) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, value, place)


def _decrypt(cipher: AESGCM, sealed: bytes, place: bytes) -> bytes:
    if len(sealed) < NONCE_BYTES + TAG_BYTES:
        raise InvalidTag
    return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], place)


class Sealed:
    """Seals the values of one purpose for the database and finds them again without reading them: `phone` the phones in
    E.164, `number` the identity numbers of persons (and, by index alone, every other tax code).

    `index` is HMAC-SHA-256 under a key of its own (a plain hash of so few digits is reversible in seconds); `seal` is
    AES-256-GCM with a random 96-bit nonce, the row's id as associated data, so that a value moved to another row does
    not open.
    """

    def __init__(self, keys: Keys, purpose: Literal["phone", "number"]) -> None:
        self._index = keys.newest(f"{purpose}-index")
        self._ring = Ring(keys, f"{purpose}-cipher")

    def index(self, value: str) -> bytes:
        return hmac.digest(self._index, value.encode(), hashlib.sha256)

    def seal(self, value: str, row: UUID) -> bytes:
        newest = self._ring.newest
        return newest.encode() + b"." + _encrypt(self._ring.cipher(newest), value.encode(), row.bytes)

    def open(self, sealed: bytes, row: UUID) -> str:
        """The value. Raises `cryptography.exceptions.InvalidTag` when the row is not the one it was sealed for."""
        key_id, _, rest = sealed.partition(b".")
        return _decrypt(self._ring.cipher(key_id.decode()), rest, row.bytes).decode()

    @property
    def begins(self) -> bytes:
        """With what every value begins that is sealed with the newest key; what begins otherwise is to be re-sealed."""
        return self._ring.newest.encode() + b"."


class Wrapped(msgspec.Struct, frozen=True):
    """A person's data key as the database keeps it: wrapped with key `wrap_key` of the operator, which is not there.

    `version` counts the data keys of the person; what a key sealed names it.
    """

    wrap_key: str
    wrapped: bytes
    version: int


class PersonKey:
    """The data key of one person: whatever is known of their identity is sealed with it and with nothing else, so that
    all of it, in backups too, is unreadable for ever once the key is gone."""

    def __init__(self, key: bytes, version: int) -> None:
        self._cipher = AESGCM(key)
        self._version = version

    def __repr__(self) -> str:
        return "PersonKey(…)"

    def seal(self, value: str, column: str, row: UUID) -> bytes:
        """AES-256-GCM with a random 96-bit nonce; `column` is `schema.table.column`. A value moved to another row,
        column or table does not open, nor one that is said to be of another version of the key."""
        return _encrypt(self._cipher, value.encode(), self._place(column, row))

    def open(self, sealed: bytes, column: str, row: UUID) -> str:
        """Raises `cryptography.exceptions.InvalidTag` for what was not sealed for this place with this key."""
        return _decrypt(self._cipher, sealed, self._place(column, row)).decode()

    def _place(self, column: str, row: UUID) -> bytes:
        table, _, name = column.rpartition(".")
        return f"{table}|{name}|{row}|{self._version}".encode()


class PersonKeys:
    """Makes and unwraps data keys, and finds personal numbers without reading them.

    A data key is 256 random bits, wrapped with AES-256-GCM under the newest `person-wrap` key, bound to its account and
    version. The index is HMAC-SHA-256 under a key of its own.
    """

    def __init__(self, keys: Keys) -> None:
        self._index = keys.newest("person-index")
        self._ring = Ring(keys, "person-wrap")

    @property
    def newest(self) -> str:
        """The id of the wrapping key for what is new."""
        return self._ring.newest

    def index(self, number: str) -> bytes:
        return hmac.digest(self._index, b"personal number|" + number.encode(), hashlib.sha256)

    def make(self, account: UUID) -> Wrapped:
        return self._wrap(secrets.token_bytes(32), account, 1)

    def open(self, wrapped: Wrapped, account: UUID) -> PersonKey:
        """Raises `InvalidTag` for a key of another account or version, `KeyError` when the wrapping key was retired."""
        return PersonKey(self._unwrap(wrapped, account), wrapped.version)

    def rewrap(self, wrapped: Wrapped, account: UUID) -> Wrapped:
        """The same data key under the newest wrapping key: nothing that it sealed has to be touched."""
        return self._wrap(self._unwrap(wrapped, account), account, wrapped.version)

    def _wrap(self, key: bytes, account: UUID, version: int) -> Wrapped:
        newest = self.newest
        return Wrapped(
            newest, _encrypt(self._ring.cipher(newest), key, _place_of_key(account, version, newest)), version
        )

    def _unwrap(self, wrapped: Wrapped, account: UUID) -> bytes:
        place = _place_of_key(account, wrapped.version, wrapped.wrap_key)
        return _decrypt(self._ring.cipher(wrapped.wrap_key), wrapped.wrapped, place)


def _place_of_key(account: UUID, version: int, wrap_key: str) -> bytes:
    return f"assurance.person_keys|wrapped|{account}|{version}|{wrap_key}".encode()


def one_time_code(key: bytes, nonce: bytes, challenge: UUID, purpose: str, *bound: bytes) -> str:
    """Six digits that only the holder of `key` can derive, bound to the challenge, its purpose and whatever else it is
    `bound` to; never stored.

    The digest is read as one 256-bit number, so the bias of the modulus is below 2^-230 (OWASP ASVS 6.5.3).
    """
    digest = hmac.digest(key, b"|".join((nonce, challenge.bytes, purpose.encode(), *bound)), hashlib.sha256)
    return f"{int.from_bytes(digest) % 10**CODE_DIGITS:0{CODE_DIGITS}d}"


def new_secret() -> str:
    """256 random bits, URL-safe: refresh tokens."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> bytes:
    """How a random 256-bit secret is stored: SHA-256 suffices, there is nothing to guess."""
    return hashlib.sha256(secret.encode()).digest()
