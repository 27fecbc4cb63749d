"""What the SMS gateway's stand-in tells its clients later: reports of delivery, signed as standardwebhooks.com says."""

import asyncio
import base64
import hashlib
import hmac
from collections.abc import Coroutine
from datetime import datetime
from typing import Any, Literal
from uuid import UUID, uuid4

import aiohttp
import msgspec

from longan.floor.base.clock import Clock

TRIES = 4
PAUSE_SECONDS = 0.3


class Report(msgspec.Struct, omit_defaults=True):
    """What became of a message; `reference` is the client's own id of it."""

    reference: UUID
    status: Literal["delivered", "failed"]
    at: datetime
    reason: str | None = None


def signed(key: str, body: bytes, at: datetime, webhook_id: str) -> dict[str, str]:
    """The headers of a report."""
    seconds = int(at.timestamp())
    digest = hmac.digest(key.encode(), f"{webhook_id}.{seconds}.".encode() + body, hashlib.sha256)
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
        "content-type": "application/json",
    }


class Reporter:
    """Sends reports beside the answers; one that nobody takes is sent again a few times and then forgotten."""

    def __init__(self, key: str, clock: Clock) -> None:
        self._key = key
        self._clock = clock
        self._under_way: set[asyncio.Task[None]] = set()

    def later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def close(self) -> None:
        for task in list(self._under_way):
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)

    async def tell(self, url: str, reference: UUID, status: Literal["delivered", "failed"], reason: str | None) -> None:
        body = msgspec.json.encode(Report(reference, status, self._clock(), reason))
        webhook_id = f"msg_{uuid4().hex}"
        async with aiohttp.ClientSession() as session:
            for number in range(TRIES):
                if number:
                    await asyncio.sleep(PAUSE_SECONDS * 2**number)
                try:
                    async with session.post(
                        url, data=body, headers=signed(self._key, body, self._clock(), webhook_id),
                        timeout=aiohttp.ClientTimeout(total=5), allow_redirects=False,
                    ) as answer:  # fmt: skip
                        if answer.status < 300:
                            return
                except (aiohttp.ClientError, TimeoutError, OSError):
                    pass
