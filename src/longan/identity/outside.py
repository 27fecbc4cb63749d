"""The SMS gateways, over HTTP: messages to them, delivery reports from them (docs/wire-formats.md)."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Protocol
from uuid import UUID

import aiohttp

SECONDS = 10.0
# How old, or how far ahead of our clock, a delivery report may be.
TOLERANCE_SECONDS = 300
LONGEST_ID = 64


class SmsFailed(Exception):
    """The gateway did not take the message; whether it went out all the same is not known."""


class SmsGateway(Protocol):
    """Whoever hands text messages to the networks."""

    async def send(self, to: str, text: str, reference: UUID) -> None:
        """Hand over `text` for the E.164 number `to`. The same `reference` again is the same message, sent once.

        Raises `SmsFailed`.
        """


class HttpSmsGateway:
    """`POST {url}/sms/messages` with `{"to", "text", "reference", "status_url"}` and the key as Bearer token; 202 is a
    promise, and what became of it is told to `status_url`."""

    def __init__(self, session: aiohttp.ClientSession, url: str, key: str, status_url: str) -> None:
        self._session = session
        self._address = f"{url.rstrip('/')}/sms/messages"
        self._headers = {"Authorization": f"Bearer {key}"}
        self._status_url = status_url

    async def send(self, to: str, text: str, reference: UUID) -> None:
        message = {"to": to, "text": text, "reference": str(reference), "status_url": self._status_url}
        try:
            async with self._session.post(
                self._address,
                json=message,
                headers=self._headers,
                timeout=aiohttp.ClientTimeout(total=SECONDS),
                allow_redirects=False,
            ) as answer:
                status = answer.status
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise SmsFailed(type(error).__name__) from error
        if status != 202:
            raise SmsFailed(f"status {status}")


def is_signed(key: str, headers: Mapping[str, str], body: bytes, now: datetime) -> bool:
    """Whether a report was made by who holds `key`, for us, just now (standardwebhooks.com: `webhook-id`,
    `webhook-timestamp`, `webhook-signature` over `id.timestamp.body`)."""
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
