"""Encoded public answers: a bounded cache in the process, filled through Valkey, emptied by the task of a write.

An entry belongs to a family: a key of SECONDS. A write of the family raises its generation in Valkey and calls it
out; entries of older generations are never read again. Without Valkey there are no calls, so entries then live only a
few seconds: slower, and nothing else. A write whose call a Valkey that hung never heard is called out when its task is
tried again; until then nobody is shown an answer that was made longer than SECONDS ago.
"""

import asyncio
import contextlib
import time
from collections import OrderedDict

import msgspec
import redis.asyncio
from redis.exceptions import RedisError

from longan.floor.requests.limits import Limit

CHANNEL = "cache"
MAX_BYTES = 32 * 1024 * 1024
SECONDS = {
    "jobs": 30.0, "procedures": 300.0, "places": 300.0, "feedback": 30.0, "housing": 30.0, "social_housing": 60.0,
}  # fmt: skip
ALONE_SECONDS = 3.0
VALKEY_SECONDS = 0.25
# How many questions a process remembers having been asked.
MAX_ASKED = 50_000


class Entry(msgspec.Struct, frozen=True):
    """An answer as it goes out; `headers` without the request's own."""

    route: str
    limit: Limit
    etag: bytes
    headers: list[tuple[bytes, bytes]]
    body: bytes


class Shared(msgspec.Struct, frozen=True):
    """An entry in Valkey, which ends everywhere when it ends where it was made. `until` is in seconds of the epoch."""

    until: float
    entry: Entry


Key = tuple[bytes, bytes, str]


class Kept(msgspec.Struct):
    """An entry in this process, until when it is fresh, and whether Valkey has it."""

    until: float
    family: str
    entry: Entry
    shared: bool


class Cache:
    """One per process. A key is path, query and language. Times are monotonic seconds."""

    channel = CHANNEL

    def __init__(self, valkey: redis.asyncio.Redis, max_bytes: int = MAX_BYTES) -> None:
        self._valkey = valkey
        self._max = max_bytes
        self._size = 0
        self._entries: OrderedDict[Key, Kept] = OrderedDict()
        self._generations: dict[str, int] = {}
        self.listens = False
        self._filling: set[asyncio.Task[None]] = set()
        self._asked: set[int] = set()

    def near(self, key: Key, now: float) -> Entry | None:
        """The entry in this process, if it is fresh. What is asked for a second time goes to Valkey, off the request's
        path: most questions are asked once, and for those it would be half an answer's cost that saves nobody anything.
        """
        found = self._entries.get(key)
        if found is None:
            return None
        if found.until < now:
            self._drop(key)
            return None
        if not found.shared and self.listens:
            found.shared = True
            self._share(key, found)
        return found.entry

    async def far(self, family: str, key: Key) -> Entry | None:
        """The entry another process left in Valkey."""
        if not self.listens:
            return None
        generation = self.generation(family)
        try:
            async with asyncio.timeout(VALKEY_SECONDS):
                stored = await self._valkey.get(self._name(family, key))
            if not isinstance(stored, bytes):
                return None
            shared = msgspec.msgpack.decode(stored, type=Shared)
        except (RedisError, OSError, TimeoutError):
            return None
        except msgspec.DecodeError:  # of another version of the code
            return None
        left = min(shared.until - time.time(), SECONDS[family])
        if left <= 0:
            return None
        if generation == self.generation(family):
            self._keep(family, key, shared.entry, left, shared=True)
        return shared.entry

    def asked_again(self, key: Key) -> bool:
        """Whether this was asked here before, so that a look into Valkey may find it; from now on it was."""
        asked = hash(key)
        if asked in self._asked:
            return True
        if len(self._asked) >= MAX_ASKED:
            self._asked.clear()
        self._asked.add(asked)
        return False

    def generation(self, family: str) -> int:
        """Taken before the answer is computed: an answer that a write overtook is not kept."""
        return self._generations.get(family, 0)

    def put(self, family: str, key: Key, entry: Entry, generation: int) -> None:
        """Keep an answer here."""
        if generation == self.generation(family):
            self._keep(family, key, entry, SECONDS[family], shared=False)

    def _share(self, key: Key, kept: Kept) -> None:
        task = asyncio.ensure_future(self._send(self._name(kept.family, key), kept))
        self._filling.add(task)
        task.add_done_callback(self._filling.discard)

    async def filled(self) -> None:
        """Until what is shared has reached Valkey."""
        await asyncio.gather(*self._filling)

    def _keep(self, family: str, key: Key, entry: Entry, seconds: float, *, shared: bool) -> None:
        size = _size(key, entry)
        if size > self._max // 16:
            return
        self._drop(key)
        life = seconds if self.listens else min(seconds, ALONE_SECONDS)
        self._entries[key] = Kept(time.monotonic() + life, family, entry, shared)
        self._size += size
        while self._size > self._max:
            self._drop(next(iter(self._entries)))

    def _drop(self, key: Key) -> None:
        if (gone := self._entries.pop(key, None)) is not None:
            self._size -= _size(key, gone.entry)

    def _name(self, family: str, key: Key) -> str:
        path, query, locale = key
        return f"cache:{family}:{self.generation(family)}:{locale}:{(path + b'?' + query).decode('latin-1')}"

    async def _send(self, name: str, kept: Kept) -> None:
        left = kept.until - time.monotonic()
        stored = msgspec.msgpack.encode(Shared(time.time() + left, kept.entry))
        with contextlib.suppress(RedisError, OSError, TimeoutError):
            async with asyncio.timeout(VALKEY_SECONDS):
                await self._valkey.set(name, stored, px=max(int(left * 1000), 1))

    def forget(self, family: str, generation: int) -> None:
        """Throw a family away."""
        self._generations[family] = generation
        for key in [key for key, kept in self._entries.items() if kept.family == family]:
            self._drop(key)

    async def joined(self) -> None:
        """A write until now is in the generation, and one from now on is called out."""
        for family in SECONDS:
            self.forget(family, int(await self._valkey.get(f"generation:{family}") or 0))
        self.listens = True

    def heard(self, call: bytes) -> None:
        family, _, generation = call.decode().partition(" ")
        self.forget(family, int(generation))

    def cut(self) -> None:
        """Entries live ALONE_SECONDS from now on."""
        self.listens = False
        for family in SECONDS:
            self.forget(family, -1)


def _size(key: Key, entry: Entry) -> int:
    return len(entry.body) + len(key[0]) + len(key[1])


# One step: called out in another order than they were counted, writes would leave processes on an older generation,
# whose answers Valkey still has.
INVALIDATE = "redis.call('PUBLISH', ARGV[1], ARGV[2] .. ' ' .. redis.call('INCR', KEYS[1]))"


async def invalidate(valkey: redis.asyncio.Redis, family: str) -> None:
    """Called by the task of a write: raise the family's generation and tell every process."""
    await valkey.register_script(INVALIDATE)(keys=[f"generation:{family}"], args=[CHANNEL, family])
