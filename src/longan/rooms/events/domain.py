"""The streams of a process: who follows what, who looks into the log for them, and when each of them ends.

A stream that waits holds no connection and no timer. One look answers all streams that were called, one clock keeps
time for all of them, one question asks whether all their sessions still stand.
"""

import asyncio
import random
import time
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from datetime import timedelta
from uuid import UUID

import asyncpg
import redis.asyncio

from longan.floor.access.tokens import Principal
from longan.floor.base.clock import Clock
from longan.floor.base.errors import Unavailable
from longan.floor.database import calls, db
from longan.rooms.events import store
from longan.rooms.events.models import PING, Missed, TooManyStreams, place, reset, retry, written

MOST_OF_ACCOUNT = 5
# What waits for a client that reads slower than things happen; then it is cut off, and comes back for the rest.
MOST_WAITING_BYTES = 64 * 1024
PING_SECONDS = 15.0
LIFE_SECONDS = 1800.0
# Logout, disabling and role change must hold within 5 s (SECURITY S1).
STANDING_SECONDS = 3.0
TICK_SECONDS = 1.0
# How often every stream looks by itself: calls may be lost, and while Valkey is away there are none.
LOOK_SECONDS, ALONE_SECONDS = 15.0, 2.0
AT_ONCE = 1_000
# The log is kept for 7 days by the moment of an event, and read by the order of commits: the last of it may have gaps.
RESUMED = timedelta(days=7) - timedelta(hours=1)

Standing = Callable[[Collection[UUID]], Awaitable[dict[UUID, Principal]]]


class Stream:
    """One client's. `seen` is the snapshot of which it knows all. Times are monotonic seconds."""

    __slots__ = ("_over", "_pieces", "_size", "_streams", "_waiter", "ends_at", "me", "pinged_at", "seen", "stood")

    def __init__(self, streams: "Streams", me: Principal) -> None:
        now = time.monotonic()
        self._streams = streams
        self._pieces: deque[bytes] = deque()
        self._size = 0
        self._waiter: asyncio.Future[None] | None = None
        self._over = False
        self.me = me
        self.seen: str | None = None
        self.stood = False
        self.pinged_at = now
        # Not all in one moment when they began in one.
        self.ends_at = now + LIFE_SECONDS * (0.9 + random.random() / 10)  # noqa: S311

    def begin(self, missed: Missed) -> None:
        """What it has missed goes first; from here on it is looked for."""
        self.seen = missed.seen
        begun = [retry(), *map(written, missed.events)] if missed.events is not None else [
            retry(), reset(missed.newest)
        ]  # fmt: skip
        self.put(b"".join(begun))

    @property
    def waiting(self) -> int:
        """Bytes that the client has not taken."""
        return self._size

    def put(self, piece: bytes) -> None:
        if self._size + len(piece) > MOST_WAITING_BYTES:
            self.end()
            return
        self._size += len(piece)
        self._pieces.append(piece)
        self._wake()

    async def piece(self) -> bytes | None:
        while not self._over:
            if self._pieces:
                whole = b"".join(self._pieces)
                self._pieces.clear()
                self._size = 0
                self.pinged_at = time.monotonic()
                return whole
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        return None

    def end(self) -> None:
        if not self._over:
            self._over, self._size = True, 0
            self._pieces.clear()
            self._streams.left(self)
            self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class Streams:
    """One per process; hears on the line of `calls` which accounts something happened to."""

    channel = calls.EVENTS

    def __init__(
        self, pool: asyncpg.Pool, valkey: redis.asyncio.Redis, standing: Standing, clock: Clock, most: int
    ) -> None:
        self._pool = pool
        self._valkey = valkey
        self._standing = standing
        self._clock = clock
        self._most = most
        self._of: dict[UUID, list[Stream]] = {}
        self._number = 0
        self._called: set[UUID] = set()
        self._call = asyncio.Event()
        self._calling: set[asyncio.Task[None]] = set()
        self._listens = False
        self._stopped = False

    def __len__(self) -> int:
        return self._number

    def __iter__(self) -> Iterator[Stream]:
        return iter([each for streams in self._of.values() for each in streams])

    async def open(self, conn: asyncpg.Connection, me: Principal, last: str) -> Stream:
        """A stream of what happens to `me`, from after Last-Event-ID on. Raises `TooManyStreams`."""
        stream = Stream(self, me)
        self._join(stream)
        try:
            stream.begin(await store.begin(conn, me.account_id, place(last), self._clock() - RESUMED))
        except BaseException:
            stream.end()
            raise
        # A call may have come before there was anything to look from.
        self._called.add(me.account_id)
        self._call.set()
        return stream

    def _join(self, stream: Stream) -> None:
        """A phone that lost its network leaves a stream behind that nobody reads: the oldest one of the same session
        makes room, those of the account's other sessions do not."""
        own = self._of.setdefault(stream.me.account_id, [])
        if len(own) >= MOST_OF_ACCOUNT:
            same = [each for each in own if each.me.session_id == stream.me.session_id]
            if not same:
                raise TooManyStreams
            same[0].end()
            own = self._of.setdefault(stream.me.account_id, [])
        if self._number >= self._most or self._stopped:
            if not own:
                del self._of[stream.me.account_id]
            raise TooManyStreams
        own.append(stream)
        self._number += 1

    def left(self, stream: Stream) -> None:
        """It ended."""
        own = self._of[stream.me.account_id]
        own.remove(stream)
        self._number -= 1
        if not own:
            del self._of[stream.me.account_id]

    def happened(self, account: UUID) -> None:
        """Call the account out, while nobody waits for it."""
        task = asyncio.ensure_future(calls.happened(self._valkey, [account]))
        self._calling.add(task)
        task.add_done_callback(self._calling.discard)

    async def joined(self) -> None:
        self._listens = True
        self._look_for_all()

    def heard(self, call: bytes) -> None:
        for start in range(0, len(call), 16):
            if (account := UUID(bytes=call[start : start + 16])) in self._of:
                self._called.add(account)
                self._call.set()

    def cut(self) -> None:
        self._listens = False
        self._look_for_all()

    def _look_for_all(self) -> None:
        self._called.update(self._of)
        self._call.set()

    async def keep_looking(self) -> None:
        """Look into the log for whoever was called, until cancelled: one look at a time, so that calls gather while the
        database is slow. What was called meanwhile is looked for again."""
        while True:
            await self._call.wait()
            self._call.clear()
            called, self._called = self._called, set()
            waiting = [each for account in called for each in self._of.get(account, ()) if each.seen is not None]
            try:
                for start in range(0, len(waiting), AT_ONCE):
                    await self._look(waiting[start : start + AT_ONCE])
            except Unavailable:
                self._called |= called
                self._call.set()
                await asyncio.sleep(TICK_SECONDS)

    async def _look(self, waiting: Sequence[Stream]) -> None:
        async with db.Acquired(self._pool, db.Alone()) as connection:
            found = await store.since(connection, [(each.me.account_id, each.seen or "") for each in waiting])
        for number, (seen, events) in found.items():
            stream = waiting[number]
            if len(events) > store.MOST:
                stream.end()
                continue
            stream.seen = seen
            stream.put(b"".join(map(written, events)))

    async def keep_time(self) -> None:
        """Pings, ends and looks that are due, and whether the sessions still stand, until cancelled; then all end."""
        looked, stood = time.monotonic(), time.monotonic()
        try:
            while True:
                await asyncio.sleep(TICK_SECONDS)
                now = time.monotonic()
                for stream in self:
                    if now >= stream.ends_at:
                        stream.end()
                    elif now - stream.pinged_at >= PING_SECONDS:
                        stream.put(PING)
                if now - looked >= (LOOK_SECONDS if self._listens else ALONE_SECONDS):
                    looked = now
                    self._look_for_all()
                # Who signed in a moment ago may have been taken for it by what the process remembers: at once again.
                asked = [each for each in self if not each.stood]
                if now - stood >= STANDING_SECONDS:
                    stood, asked = now, list(self)
                await self._end_fallen(asked)
        finally:
            self.stop()

    async def _end_fallen(self, asked: Sequence[Stream]) -> None:
        """End the streams of sessions that are over or not what they were. While the database is away nothing is told
        anyway, and nobody can end a session."""
        for start in range(0, len(asked), AT_ONCE):
            some = asked[start : start + AT_ONCE]
            try:
                stand = await self._standing({each.me.session_id for each in some})
            except Unavailable:
                return
            for stream in some:
                stream.stood = True
                if stand.get(stream.me.session_id) != stream.me:
                    stream.end()

    def stop(self) -> None:
        """The process ends: so do its streams, and none begins."""
        self._stopped = True
        for stream in self:
            stream.end()
