"""Nonces that nobody has to keep: an HMAC of the time (RFC 9449 section 8)."""

import hashlib
import hmac
from collections.abc import Mapping

from longan.floor.formats import compact
from longan.floor.setup.keys import newest_id

# A nonce is good for as long again after its time: five to ten minutes.
NONCE_SECONDS = 300


class Nonces:
    """The newest key of the ring makes them, every key checks; the ring may change while we use it."""

    def __init__(self, ring: Mapping[str, bytes]) -> None:
        self._ring = ring
        self._made = ((-1, ""), "")

    def current(self, moment: float) -> str:
        """The nonce of now, a Unix time in seconds."""
        of = (int(moment) // NONCE_SECONDS, newest_id(self._ring, moment))
        if self._made[0] != of:
            self._made = (of, _nonce(self._ring[of[1]], of[0]))
        return self._made[1]

    def good(self, nonce: str | None, moment: float) -> bool:
        """Whether it is of now or of the time before; the time after is that of a machine whose clock is ahead."""
        if nonce is None or not nonce.isascii():
            return False
        slot = int(moment) // NONCE_SECONDS
        return any(
            hmac.compare_digest(_nonce(key, slot + by), nonce) for key in self._ring.values() for by in (0, -1, 1)
        )  # fmt: skip


def _nonce(key: bytes, slot: int) -> str:
    return compact.spelled(hmac.digest(key, b"dpop-nonce|%d" % slot, hashlib.sha256)[:18])
