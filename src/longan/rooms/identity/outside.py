"""The SMS gateways, over HTTP: messages to them (docs/wire-formats.md)."""

from typing import Protocol
from uuid import UUID

import aiohttp

SECONDS = 10.0


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
