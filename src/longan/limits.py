"""Rate limits: one atomic script in Valkey, shared by all workers; most requests are counted in the process first.

A process admits up to SLICE requests of a bucket, or for SLICE_SECONDS, before it tells Valkey; so the sum over all
processes never exceeds a limit by more than the slices that are out (DECISIONS 11). The classes are those of SECURITY
section 3. Where Valkey is away, strict classes refuse and the others count in the process alone.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Literal

import msgspec
import redis.asyncio
from redis.exceptions import RedisError

from longan.errors import RateLimited, Unavailable

Limit = Literal["lookup", "write", "sign_in", "refresh", "page"]

SLICE = 20
SLICE_SECONDS = 1.0
MAX_BUCKETS = 50_000


class Window(msgspec.Struct, frozen=True):
    """`quota` requests in `seconds`."""

    quota: int
    seconds: int


# Per principal, and per address for those who sent no token: many phones share one address in a mobile network, so an
# address never limits who has signed in.
CLASSES: dict[str, tuple[Window, Window]] = {
    "lookup": (Window(120, 60), Window(240, 60)),
    "write": (Window(60, 60), Window(120, 60)),
    "sign_in": (Window(60, 60), Window(60, 60)),
    "refresh": (Window(30, 60), Window(300, 60)),
    "page": (Window(600, 60), Window(600, 60)),
}

# All windows or none: a request refused by one window must not use up another.
TAKE = """
local cost, left, ttl = tonumber(ARGV[1]), {}, {}
local refused = 0
for i, key in ipairs(KEYS) do
  local quota, seconds = tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1])
  local used = tonumber(redis.call('GET', key) or '0')
  if used + cost > quota and ARGV[#ARGV] == 'strict' then refused = i end
  left[i] = quota - used
  ttl[i] = redis.call('PTTL', key)
  if ttl[i] < 0 then ttl[i] = seconds * 1000 end
end
if refused == 0 then
  for i, key in ipairs(KEYS) do
    redis.call('INCRBY', key, cost)
    redis.call('PEXPIRE', key, ttl[i])
    left[i] = left[i] - cost
  end
end
return {refused, left, ttl}
"""


class Verdict(msgspec.Struct, frozen=True):
    """What a client is told of its bucket: draft-ietf-httpapi-ratelimit-headers."""

    name: str
    window: Window
    remaining: int
    reset: int
    allowed: bool

    def headers(self) -> list[tuple[bytes, bytes]]:
        return [
            (b"ratelimit-policy", f'"{self.name}";q={self.window.quota};w={self.window.seconds}'.encode()),
            (b"ratelimit", f'"{self.name}";r={max(self.remaining, 0)};t={max(self.reset, 0)}'.encode()),
        ]


class Bucket:
    """What this process knows of one bucket. Times are monotonic seconds."""

    __slots__ = ("remaining", "resets", "told", "untold", "window")

    def __init__(self, window: Window, now: float) -> None:
        self.window = window
        self.remaining = window.quota
        self.resets = now + window.seconds
        self.told = now
        self.untold = 0


class Limiter:
    """Counts requests. `scale` multiplies the quotas (benchmarks only)."""

    def __init__(self, valkey: redis.asyncio.Redis, scale: int = 1) -> None:
        self._script = valkey.register_script(TAKE)
        self._buckets: dict[str, Bucket] = {}
        self._classes = {
            name: tuple(Window(window.quota * scale, window.seconds) for window in pair)
            for name, pair in CLASSES.items()
        }

    async def check(self, name: Limit, who: str, by_address: bool) -> Verdict:
        """Count one request of `who` in class `name`; `by_address` where nobody signed in."""
        key = f"limit:{name}:{who}"
        now = time.monotonic()
        bucket = self._buckets.get(key)
        if bucket is None or now >= bucket.resets:
            bucket = self._open(key, self._classes[name][by_address], now)
            await self._tell(key, bucket, now)
        elif bucket.untold >= SLICE or now - bucket.told >= SLICE_SECONDS:
            await self._tell(key, bucket, now)
        allowed = bucket.remaining > 0
        if allowed:
            bucket.remaining -= 1
            bucket.untold += 1
        return Verdict(name, bucket.window, bucket.remaining, min(int(bucket.resets - now) + 1, bucket.window.seconds), allowed)

    def _open(self, key: str, window: Window, now: float) -> Bucket:
        if len(self._buckets) >= MAX_BUCKETS:
            self._buckets = {k: b for k, b in self._buckets.items() if b.resets > now and b.untold}
            if len(self._buckets) >= MAX_BUCKETS:
                self._buckets.clear()
        self._buckets[key] = bucket = Bucket(window, now)
        return bucket

    async def _tell(self, key: str, bucket: Bucket, now: float) -> None:
        """Tell Valkey what was admitted since the last time and learn where the bucket stands; requests that come
        while this one waits go on counting in the process."""
        untold, bucket.untold, bucket.told = bucket.untold, 0, now
        try:
            _, left, ttl = await self._script(
                keys=[key], args=[untold, bucket.window.quota, bucket.window.seconds, "count"]
            )
        except (RedisError, OSError, TimeoutError):
            return
        bucket.remaining = left[0] - bucket.untold
        bucket.resets = now + ttl[0] / 1000

    async def flush(self) -> None:
        """Tell Valkey what is still untold, for those who went to another process."""
        now = time.monotonic()
        for key, bucket in list(self._buckets.items()):
            if bucket.resets <= now:
                self._buckets.pop(key, None)
            elif bucket.untold and now - bucket.told >= SLICE_SECONDS:
                await self._tell(key, bucket, now)


async def keep_flushing(limiter: Limiter) -> None:
    while True:
        await asyncio.sleep(SLICE_SECONDS)
        await limiter.flush()


class Strict:
    """Windows that protect people and budgets: counted one by one, and closed while Valkey is away."""

    def __init__(self, valkey: redis.asyncio.Redis, scale: int = 1) -> None:
        self._script = valkey.register_script(TAKE)
        self._scale = scale

    async def take(self, windows: Sequence[tuple[str, Window]]) -> None:
        """Take one from every named window, or from none.

        Raises `RateLimited` with Retry-After, or `Unavailable` when Valkey does not answer.
        """
        args: list[int | str] = [1]
        for _, window in windows:
            args += [window.quota * self._scale, window.seconds]
        try:
            refused, _, ttl = await self._script(keys=[name for name, _ in windows], args=[*args, "strict"])
        except (RedisError, OSError, TimeoutError) as error:
            raise Unavailable(30) from error
        if refused:
            raise RateLimited(headers={"Retry-After": str(ttl[refused - 1] // 1000 + 1)})
