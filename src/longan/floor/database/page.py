"""Pages: keyset cursors, signed over the filters, the sort and the position; no expiry.

The signature is keyed BLAKE2b (RFC 7693): as strong as HMAC, and a page needs one without waiting 50 µs for OpenSSL.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from typing import Annotated, TypeVar

import msgspec
from litestar.params import QueryParameter

from longan.floor.base.errors import FieldError, InvalidRequest
from longan.floor.formats.compact import spelled
from longan.floor.setup.keys import Keys, newest_id

MAX_CURSOR = 512
MAC_BYTES = 16

Limit = Annotated[int, QueryParameter(ge=1, le=100, description="Items in a page")]
Cursor = Annotated[str | None, QueryParameter(max_length=MAX_CURSOR, description="`next_cursor` of the page before")]

T = TypeVar("T")


class Cursors:
    """Writes and reads cursors. A cursor of other filters, another sort or another operation is refused."""

    def __init__(self, keys: Keys) -> None:
        self._ring = keys.secrets["cursor"]

    def write(self, scope: Sequence[object], position: Sequence[object]) -> str:
        payload = msgspec.json.encode(position)
        signed = _mac(self._ring[newest_id(self._ring)], scope, payload) + payload
        return spelled(signed)

    def read(self, cursor: str, scope: Sequence[object], kind: type[T]) -> T:
        """The position in `cursor`. Raises `InvalidRequest` when it is forged or of another list."""
        try:
            raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
            mac, payload = raw[:MAC_BYTES], raw[MAC_BYTES:]
            if any(hmac.compare_digest(mac, _mac(key, scope, payload)) for key in self._ring.values()):
                return msgspec.json.decode(payload, type=kind)
        except (ValueError, msgspec.DecodeError):
            pass
        raise InvalidRequest(FieldError("?cursor", "bad_cursor"))


def _mac(key: bytes, scope: Sequence[object], payload: bytes) -> bytes:
    return hashlib.blake2b(
        msgspec.json.encode(scope) + b"\x00" + payload, key=key[: hashlib.blake2b.MAX_KEY_SIZE], digest_size=MAC_BYTES
    ).digest()
