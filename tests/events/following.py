"""Somebody who follows a stream: reads it as a browser would, hangs up, reads slowly or not at all."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from longan.api.edge import Edge
from longan.floor.database import calls
from tests.conftest import Real

PATH = "/v1/events"
SOON = 10.0


class Reader:
    """Parses what comes (HTML section 9.2). `last` is the id to go on from."""

    def __init__(self, last: str = "") -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.comments = 0
        self.retry = 0
        self.last = last
        self._rest = b""

    def feed(self, piece: bytes) -> None:
        *blocks, self._rest = (self._rest + piece).split(b"\n\n")
        for block in blocks:
            name, data = "", ""
            for line in block.decode().split("\n"):
                field, _, value = line.partition(":")
                value = value.removeprefix(" ")
                if not field:
                    self.comments += 1
                elif field == "event":
                    name = value
                elif field == "data":
                    data = value
                elif field == "id":
                    self.last = value
                elif field == "retry":
                    self.retry = int(value)
            if data:
                self.events.append((name, json.loads(data)))

    @property
    def subjects(self) -> list[UUID]:
        """What was told, without the resets."""
        return [UUID(data["subject_id"]) for _, data in self.events if data["subject_id"]]

    @property
    def resets(self) -> int:
        return [name for name, _ in self.events].count("reset")


class Follower(Reader):
    """A client that speaks ASGI with the app. While `takes` is not set it takes nothing."""

    def __init__(self, app: Edge, headers: dict[str, str], method: str = "GET", last: str | None = None) -> None:
        super().__init__()
        sent = headers | ({} if last is None else {"Last-Event-ID": last})
        self._scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
            "path": PATH, "raw_path": PATH.encode(), "query_string": b"", "root_path": "",
            "headers": [(name.lower().encode(), value.encode()) for name, value in sent.items()],
            "client": ("10.1.2.3", 4711), "server": ("test", 80),
        }  # fmt: skip
        self._app = app
        self._asked = False
        self._gone = asyncio.Event()
        self.takes = asyncio.Event()
        self.takes.set()
        self.offered = 0
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = b""
        self.life = asyncio.ensure_future(self._app(self._scope, self._receive, self._send))

    async def _receive(self) -> dict[str, Any]:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
            return
        self.offered += 1
        await self.takes.wait()
        self.body += message.get("body", b"")
        self.feed(message.get("body", b""))

    async def begun(self) -> "Follower":
        """Until its first event, which is `reset` or what it missed; or until it was refused."""
        await until(lambda: self.events or self.life.done())
        return self

    async def hung_up(self) -> None:
        self._gone.set()
        async with asyncio.timeout(SOON):
            await self.life

    async def ended(self) -> float:
        """Seconds until the server ended it."""
        began = time.monotonic()
        async with asyncio.timeout(SOON):
            await asyncio.shield(self.life)
        return time.monotonic() - began


async def until(true: Any, seconds: float = SOON) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it never came true"
        await asyncio.sleep(0.01)


@asynccontextmanager
async def following(real: Real, *all_headers: dict[str, str]) -> AsyncIterator[list[Follower]]:
    """A stream for each of the headers, which have begun."""
    made = [Follower(real.app, headers) for headers in all_headers]
    try:
        yield [await each.begun() for each in made]
    finally:
        for each in made:
            await each.hung_up()


WRITE = """insert into notifications.events (account_id, kind, subject_id, created_at)
           select a, 'notification', s, now() from unnest($1::uuid[], $2::uuid[]) as e(a, s)"""


async def write(connection: asyncpg.Connection | asyncpg.Pool, *accounts: UUID) -> list[UUID]:
    """An event for each of the accounts; what they are about."""
    subjects = [uuid4() for _ in accounts]
    await connection.execute(WRITE, accounts, subjects)
    return subjects


async def happen(real: Real, *accounts: UUID) -> list[UUID]:
    """Written, committed and called out."""
    subjects = await write(real.pool, *accounts)
    await call(real, accounts)
    return subjects


async def call(real: Real, accounts: Iterable[UUID]) -> None:
    await calls.happened(real.app.app.state.valkey, [*accounts])
