"""How often a source may be asked: one rate for all processes together, kept in Valkey.

The generic cell rate algorithm (ITU-T I.371): a moment is kept that each call moves on by the time it takes up; who
comes before it waits. Within any time of `t` seconds at most `rate * t + burst` calls begin.

Whoever has time takes a place only while the queue is shorter than `ahead` seconds, and comes back later otherwise. So
however many of those there are, whoever is in a hurry waits for them `ahead` seconds and one call at most.
"""

import asyncio
import random

import redis.asyncio
from redis.exceptions import RedisError

# The server's own time: the clocks of our machines differ by more than a call takes up.
RESERVE = """
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local every, burst, patience = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local begins = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now - (burst - 1) * every)
local wait = math.max(begins - now, 0)
if wait > patience then return {0, string.format('%.0f', wait)} end
redis.call('SET', KEYS[1], string.format('%.0f', begins + every), 'PX', math.ceil((wait + burst * every) / 1000) + 1000)
return {1, string.format('%.0f', wait)}
"""


class SourceBusy(Exception):
    """It was asked as often as it may be; `seconds` until it may be asked again, None while nobody can tell."""

    def __init__(self, seconds: float | None) -> None:
        super().__init__("asked as often as it may be" if seconds is not None else "its limit is out of reach")
        self.seconds = seconds


class SourcePace:
    """At most `rate` calls a second of `source`, and `burst` at once. With `ahead` (seconds) it is for those who have
    time."""

    def __init__(
        self, valkey: redis.asyncio.Redis, source: str, rate: float, burst: int = 1, *, ahead: float | None = None
    ) -> None:
        if rate <= 0 or burst < 1:
            raise ValueError("a source must be asked now and then")
        self._key = f"pace:{source}"
        self._script = valkey.register_script(RESERVE)
        self._every = 1_000_000 / rate
        self._burst = burst
        self._ahead = ahead

    async def turn(self, patience: float) -> None:
        """Wait for one's turn, `patience` seconds at most. Raises `SourceBusy`, at once where it would take longer and
        while Valkey does not answer: a limit that nobody keeps count of would be passed."""
        loop = asyncio.get_running_loop()
        until, left = loop.time() + patience, patience
        while True:
            ahead = left if self._ahead is None else min(left, self._ahead)
            granted, wait = await self._reserve(ahead)
            if granted:
                await asyncio.sleep(wait)
                return
            if wait > left:
                raise SourceBusy(wait)
            # Not all at the same moment: only some of them will find a place.
            await asyncio.sleep(wait - ahead + ahead * random.random())  # noqa: S311
            left = until - loop.time()

    async def _reserve(self, ahead: float) -> tuple[bool, float]:
        """Whether there is a place in the next `ahead` seconds, which is then taken; in how many seconds the next one
        is."""
        try:
            granted, wait = await self._script(
                keys=[self._key], args=[f"{self._every:.3f}", self._burst, f"{ahead * 1_000_000:.0f}"]
            )
        except (RedisError, OSError, TimeoutError) as error:
            raise SourceBusy(None) from error
        return bool(granted), int(wait) / 1_000_000
