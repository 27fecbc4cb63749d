"""Webhooks that come in: whether whoever holds the key has just signed them (standardwebhooks.com).

`webhook-id`, `webhook-timestamp` and `webhook-signature` over `id.timestamp.body`. Several signatures may stand side by
side, which is how a key is changed without a pause.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime

# How old, or how far ahead of our clock, a webhook may be.
TOLERANCE_SECONDS = 300
LONGEST_ID = 64


def is_signed(key: str, headers: Mapping[str, str], body: bytes, now: datetime) -> bool:
    """Whether it was made by who holds `key`, for us, just now. Nothing is signed with an empty key."""
    said, at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not key or not 0 < len(said) <= LONGEST_ID or not (at.isascii() and at.isdigit() and len(at) <= 12):
        return False
    if abs(now.timestamp() - int(at)) > TOLERANCE_SECONDS:
        return False
    expected = hmac.digest(key.encode(), f"{said}.{at}.".encode("latin-1", "replace") + body, hashlib.sha256)
    return any(
        hmac.compare_digest(_signature(each), expected) for each in headers.get("webhook-signature", "").split(" ")
    )


def _signature(text: str) -> bytes:
    version, _, encoded = text.partition(",")
    try:
        return base64.b64decode(encoded, validate=True) if version == "v1" else b""
    except (binascii.Error, ValueError):
        return b""
