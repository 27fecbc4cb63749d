"""A door on a Unix socket in front of a server: it can be slow, shut, or cut what goes through it."""

import asyncio
import contextlib
from pathlib import Path

PIECE = 65_536


class Gate:
    """Passes bytes between `path` and the server's socket `target`.

    `delay` (seconds) holds back every piece of an answer, `linger` the news that the server has hung up. While shut,
    connections are refused.
    """

    def __init__(self, path: Path, target: Path) -> None:
        self.path = path
        self.delay = 0.0
        self.linger = 0.0
        self._target = target
        self._server: asyncio.Server | None = None
        self._through: set[asyncio.StreamWriter] = set()
        self._pairs: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        self._server = await asyncio.start_unix_server(self._pass, self.path)

    async def shut(self) -> None:
        """Refuse who comes, and cut off who is through."""
        if self._server is not None:
            self._server.close()
            self._server = None
            self.path.unlink(missing_ok=True)
        for writer in [*self._through]:
            writer.transport.abort()
        for pair in self._pairs:
            pair.cancel()
        await asyncio.gather(*self._pairs, return_exceptions=True)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        pair = asyncio.current_task()
        assert pair is not None
        self._pairs.add(pair)
        self._through.add(writer)
        try:
            far_reader, far_writer = await asyncio.open_unix_connection(self._target)
        except OSError:
            writer.transport.abort()
        else:
            self._through.add(far_writer)
            ways = [asyncio.create_task(self._pump(reader, far_writer, slow=False)),
                    asyncio.create_task(self._pump(far_reader, writer, slow=True))]  # fmt: skip
            with contextlib.suppress(asyncio.CancelledError):  # asyncio would report it: it looks at the task's result
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in ways:
                way.cancel()
            far_writer.transport.abort()
            self._through.discard(far_writer)
        finally:
            writer.transport.abort()
            self._through.discard(writer)
            self._pairs.discard(pair)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, slow: bool) -> None:
        with contextlib.suppress(OSError):
            while piece := await reader.read(PIECE):
                if slow and self.delay:
                    await asyncio.sleep(self.delay)
                writer.write(piece)
                await writer.drain()
            if slow and self.linger:
                await asyncio.sleep(self.linger)
