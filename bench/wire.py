"""Stands between a server and PostgreSQL, counts the round trips, and writes down the statements that are executed.

Both are read off the wire, so they hold for any driver: nothing of ours or of the peer's reports on itself.
"""

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Self

SOCKET = ".s.PGSQL.5432"
PIECE = 65_536

# Requests for encryption come instead of a startup message, which then follows (PostgreSQL documentation, 54.7).
ENCRYPTION = {80_877_103, 80_877_104}
# Each of these makes the server send what it has: Query, Sync, Flush, FunctionCall.
ASKS = frozenset(b"QSHF")


class Reader:
    """Reads one client's half of the protocol. `asked` is called for every round trip, `executed` with statements."""

    def __init__(self, asked: Callable[[], None], executed: Callable[[str], None]) -> None:
        self._asked = asked
        self._executed = executed
        self._waiting = bytearray()
        self._started = False
        self._prepared: dict[bytes, str] = {}
        self._bound: dict[bytes, str] = {}

    def feed(self, data: bytes) -> None:
        self._waiting += data
        while True:
            head = 1 if self._started else 0
            if len(self._waiting) < head + 4:
                return
            size = head + int.from_bytes(self._waiting[head : head + 4])
            if len(self._waiting) < size:
                return
            message = bytes(self._waiting[:size])
            del self._waiting[:size]
            if self._started:
                self._read(message[0], message[5:])
            elif int.from_bytes(message[4:8]) not in ENCRYPTION:
                self._started = True

    def _read(self, kind: int, content: bytes) -> None:
        if kind in ASKS:
            self._asked()
        if kind == ord("Q"):
            self._executed(content.rstrip(b"\0").decode())
        elif kind == ord("P"):
            name, text, _ = content.split(b"\0", 2)
            self._prepared[name] = text.decode()
        elif kind == ord("B"):
            portal, name, _ = content.split(b"\0", 2)
            self._bound[portal] = self._prepared.get(name, "")
        elif kind == ord("E"):
            self._executed(self._bound.get(content.split(b"\0", 1)[0], ""))


class Tap:
    """A Unix socket in `folder` that passes everything on to the server whose socket lies in `server`."""

    def __init__(self, folder: Path, server: Path) -> None:
        self.folder = folder
        self.round_trips = 0
        self.statements: list[str] = []
        self._server = server / SOCKET
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self.folder.mkdir(mode=0o700, exist_ok=True)
        (self.folder / SOCKET).unlink(missing_ok=True)
        self._thread.start()
        listening = asyncio.start_unix_server(self._serve, self.folder / SOCKET)
        asyncio.run_coroutine_threadsafe(listening, self._loop).result()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def begin(self) -> None:
        """Count from here on."""
        self.round_trips = 0
        self.statements = []

    async def _serve(self, client: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        server, request = await asyncio.open_unix_connection(self._server)
        reader = Reader(self._count, self._note)
        await asyncio.gather(_pass(client, request, reader.feed), _pass(server, answer, lambda _: None))

    def _count(self) -> None:
        self.round_trips += 1

    def _note(self, statement: str) -> None:
        self.statements.append(statement)


async def _pass(source: asyncio.StreamReader, target: asyncio.StreamWriter, seen: Callable[[bytes], None]) -> None:
    try:
        while data := await source.read(PIECE):
            seen(data)
            target.write(data)
            await target.drain()
    except OSError:
        pass  # one side hung up; the other learns of it below
    finally:
        target.close()
