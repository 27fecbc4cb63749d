"""What may come once: remembered in Valkey for all processes, and in the process itself for when Valkey is away."""

import asyncio
import secrets
import time
from collections import OrderedDict

import redis.asyncio
from redis.exceptions import RedisError

from longan.floor.base.errors import Unavailable

VALKEY_SECONDS = 0.25
# A Valkey that did not answer is left alone for so long: a request each would wait for it otherwise.
AWAY_SECONDS = 1.0
MAX_MARKS = 200_000


class Seen:
    """Marks of at most 32 bytes, each remembered for `seconds`."""

    def __init__(self, valkey: redis.asyncio.Redis, seconds: int) -> None:
        self._valkey = valkey
        self._seconds = seconds
        self._here: OrderedDict[bytes, float] = OrderedDict()
        self._away_until = 0.0

    async def first(self, mark: bytes) -> bool:
        """Whether this mark comes for the first time; from now on it came. While Valkey is away only this process is
        asked. Raises `Unavailable` when it remembers as much as it can: then no other mark may be forgotten."""
        now, here = time.monotonic(), self._here
        while here and next(iter(here.values())) <= now:
            here.popitem(last=False)
        if mark in here:
            return False
        here[mark] = now + self._seconds
        if (found := await self._asked(mark, now)) is not None:
            if len(here) > MAX_MARKS:
                here.popitem(last=False)
            return found
        if len(here) > MAX_MARKS:
            del here[mark]
            raise Unavailable
        return True

    async def _asked(self, mark: bytes, now: float) -> bool | None:
        """What Valkey says, None when it is away."""
        if now < self._away_until:
            return None
        # The client asks again over a new connection when an answer is lost: then it finds its own mark.
        mine = secrets.token_bytes(8)
        try:
            async with asyncio.timeout(VALKEY_SECONDS):
                before = await self._valkey.set(b"seen:" + mark, mine, ex=self._seconds, nx=True, get=True)
        except (RedisError, OSError, TimeoutError):
            self._away_until = now + AWAY_SECONDS
            return None
        return before is None or before == mine
