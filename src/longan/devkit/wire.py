"""What the stand-ins share: a bounded, numbered log, small JSON bodies, and a connection that breaks."""

import socket
import struct
from collections import deque
from collections.abc import Callable
from itertools import islice
from typing import Generic, TypeVar

import msgspec
from aiohttp import web

Entry = TypeVar("Entry")
Body = TypeVar("Body")


class Log(Generic[Entry]):
    """The last `size` entries, numbered from 1 since the start of the stand-in."""

    def __init__(self, size: int) -> None:
        self._entries: deque[Entry] = deque(maxlen=size)
        self.last_sequence = 0

    def add(self, make: Callable[[int], Entry]) -> Entry:
        """Keeps `make(sequence)` and forgets the oldest entry when the log is full."""
        self.last_sequence += 1
        entry = make(self.last_sequence)
        self._entries.append(entry)
        return entry

    def since(self, sequence: int) -> list[Entry]:
        """Every kept entry numbered above `sequence`, oldest first."""
        wanted = max(0, min(self.last_sequence - sequence, len(self._entries)))
        return list(islice(self._entries, len(self._entries) - wanted, None))

    def newest(self, count: int) -> list[Entry]:
        """At most `count` entries, newest first."""
        return list(islice(reversed(self._entries), count))


def answer(body: object, status: int = 200) -> web.Response:
    """A JSON answer; msgspec writes the times as RFC 3339 in UTC."""
    return web.Response(body=msgspec.json.encode(body), status=status, content_type="application/json")


def bad_request(message: str) -> web.Response:
    """The one shape in which the switches and look-ups of the stand-ins refuse."""
    return answer({"error": "invalid_request", "message": message}, 400)


async def body_of(request: web.Request, shape: type[Body]) -> Body:
    """The request's body as `shape`. Raises msgspec.DecodeError, whose text names the field."""
    try:
        return msgspec.json.decode(await request.read(), type=shape)
    except (UnicodeDecodeError, RecursionError) as exc:
        raise msgspec.DecodeError("The body is not JSON in UTF-8") from exc


def page_of(log: Log[Entry], request: web.Request) -> web.Response:
    """`{"items", "next_since"}` of everything after `?since=` (0 when left out)."""
    since = request.query.get("since", "0")
    if not (since.isascii() and since.isdigit() and len(since) <= 18):
        return bad_request("since is the next_since of an earlier answer, a whole number")
    return answer({"items": log.since(int(since)), "next_since": log.last_sequence})


def reset(request: web.Request) -> web.Response:
    """Breaks the client's connection with a TCP reset; the response returned is never sent."""
    transport = request.transport
    if transport is not None:
        # Without a zero linger the kernel may end the connection politely, and no client sees a reset.
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    return web.Response()
