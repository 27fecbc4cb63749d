"""Rate limits: one atomic script in Valkey, shared by all processes; a request itself is counted in the process.

A process admits a slice of a bucket (a sixth of its quota) before it must ask Valkey, and tells Valkey once a second
what it admitted; so the sum over all processes never exceeds a limit by more than the slices that are out, and nearly
no request costs a round trip. Where Valkey is away, strict windows refuse and the others count in the process alone.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from socket import AF_INET6, inet_ntop, inet_pton
from typing import Literal

import msgspec
import redis.asyncio
from redis.exceptions import RedisError

from longan.floor.base.errors import RateLimited, Unavailable

Limit = Literal["lookup", "write", "sign_in", "refresh", "page", "file"]

SLICES = 6
FLUSH_SECONDS = 1.0
MAX_BUCKETS = 50_000
# RFC 4291 section 2.5.5.2.
MAPPED = bytes(10) + b"\xff\xff"


class Window(msgspec.Struct, frozen=True):
    """`quota` requests in `seconds`."""

    quota: int
    seconds: int


# Per principal, and per network for those who sent no token: many phones share one address in a mobile network, so an
# address never limits who has signed in.
CLASSES: dict[str, tuple[Window, Window]] = {
    "lookup": (Window(120, 60), Window(240, 60)),
    "write": (Window(60, 60), Window(120, 60)),
    "sign_in": (Window(60, 60), Window(60, 60)),
    "refresh": (Window(30, 60), Window(300, 60)),
    "page": (Window(600, 60), Window(600, 60)),
    "file": (Window(12, 60), Window(12, 60)),
}

# All windows or none: a request refused by one window must not use up another. Who is refused by several is told when
# the last of them ends.
TAKE = """
local cost, left, ttl = tonumber(ARGV[1]), {}, {}
local refused = 0
for i, key in ipairs(KEYS) do
  local quota, seconds = tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1])
  local used = tonumber(redis.call('GET', key) or '0')
  left[i] = quota - used
  ttl[i] = redis.call('PTTL', key)
  if ttl[i] < 0 then ttl[i] = seconds * 1000 end
  if used + cost > quota and ARGV[#ARGV] == 'strict' and ttl[i] > (ttl[refused] or -1) then refused = i end
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


def network(address: str) -> str:
    """Whom an address counts for: itself, or the /64 of an IPv6 address, all of which one home or one phone has. An
    IPv4 address written as IPv6 is an IPv4 address."""
    if ":" not in address:
        return address
    try:
        packed = inet_pton(AF_INET6, address.partition("%")[0])
    except (OSError, ValueError):
        return address
    if packed[:12] == MAPPED:
        return ".".join(map(str, packed[12:]))
    return inet_ntop(AF_INET6, packed[:8] + bytes(8)) + "/64"


class Bucket:
    """What this process knows of one caller's bucket. Times are monotonic seconds."""

    __slots__ = ("policy", "quoted", "remaining", "resets", "slice", "telling", "untold", "window")

    def __init__(self, name: str, window: Window, now: float) -> None:
        self.quoted = f'"{name}"'.encode()
        self.window = window
        self.slice = max(window.quota // SLICES, 1)
        self.remaining = window.quota
        self.resets = now + window.seconds
        self.untold = 0
        self.telling: asyncio.Task[None] | None = None
        self.policy = (b"ratelimit-policy", f'"{name}";q={window.quota};w={window.seconds}'.encode())

    def take(self, now: float) -> bool:
        """Count one request, if this process may do so without asking."""
        if self.remaining <= 0 or self.untold >= self.slice or now >= self.resets:
            return False
        self.remaining -= 1
        self.untold += 1
        return True

    def reset_seconds(self, now: float) -> int:
        return max(min(int(self.resets - now) + 1, self.window.seconds), 1)

    def headers(self, now: float) -> list[tuple[bytes, bytes]]:
        """draft-ietf-httpapi-ratelimit-headers."""
        return [
            self.policy,
            (b"ratelimit", b"%b;r=%d;t=%d" % (self.quoted, max(self.remaining, 0), self.reset_seconds(now))),
        ]


class Limiter:
    """Counts requests. `scale` multiplies the quotas (benchmarks only), `clock` gives monotonic seconds."""

    def __init__(
        self, valkey: redis.asyncio.Redis, scale: int = 1, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._valkey = valkey
        self._clock = clock
        self._script = valkey.register_script(TAKE)
        self.buckets: dict[tuple[str, str], Bucket] = {}
        self._classes = {
            name: tuple(Window(window.quota * scale, window.seconds) for window in pair)
            for name, pair in CLASSES.items()
        }

    async def check(self, name: Limit, who: str, by_address: bool, now: float) -> tuple[Bucket, bool]:
        """Count one request of `who` in class `name` (`by_address` where nobody signed in); whether it may pass."""
        while True:
            # Looked up anew after every wait: meanwhile the window may have ended, and the next one begun.
            bucket = self.buckets.get((name, who))
            if bucket is None or now >= bucket.resets:
                if len(self.buckets) >= MAX_BUCKETS:
                    self.buckets.clear()
                bucket = self.buckets[(name, who)] = Bucket(name, self._classes[name][by_address], now)
            if bucket.take(now):
                return bucket, True
            if bucket.remaining <= 0:
                return bucket, False
            # The slice is used up: whoever comes now waits for one answer of Valkey, all for the same one.
            if bucket.telling is None:
                bucket.telling = asyncio.ensure_future(self._tell([((name, who), bucket)]))
            await asyncio.shield(bucket.telling)

    async def flush(self) -> None:
        """Tell Valkey what was admitted since the last time, and learn where the buckets stand."""
        now = self._clock()
        for key in [key for key, bucket in self.buckets.items() if bucket.resets <= now]:
            del self.buckets[key]
        told = [(key, bucket) for key, bucket in self.buckets.items() if bucket.untold and bucket.telling is None]
        telling = asyncio.ensure_future(self._tell(told))
        for _, bucket in told:
            bucket.telling = telling
        await telling

    async def _tell(self, told: list[tuple[tuple[str, str], Bucket]]) -> None:
        """One round trip for all. Requests that come meanwhile go on counting in the process."""
        if not told:
            return
        counted = [bucket.untold for _, bucket in told]
        try:
            async with self._valkey.pipeline(transaction=False) as pipeline:
                for ((name, who), bucket), untold in zip(told, counted, strict=True):
                    await self._script(
                        keys=[f"limit:{name}:{who}"],
                        args=[untold, bucket.window.quota, bucket.window.seconds, "count"],
                        client=pipeline,
                    )
                answers = await pipeline.execute()
        except (RedisError, OSError, TimeoutError):
            answers = [None] * len(told)
        # From the moment of the answer: a window that ended here before it ends in Valkey would be charged for what
        # belongs to the next one, and refuse it.
        now = self._clock()
        for (_, bucket), untold, answer in zip(told, counted, answers, strict=True):
            bucket.untold -= untold
            bucket.telling = None
            if answer is not None:
                bucket.remaining = answer[1][0] - bucket.untold
                bucket.resets = now + answer[2][0] / 1000


async def keep_flushing(limiter: Limiter) -> None:
    while True:
        await asyncio.sleep(FLUSH_SECONDS)
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
