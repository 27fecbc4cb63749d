"""What the stand-ins share: a bounded, numbered log, small JSON bodies, a client's key, faults by script, and a
connection that breaks."""

import asyncio
import secrets
import socket
import struct
from collections import deque
from collections.abc import Callable
from itertools import islice
from typing import Annotated, Generic, TypeVar

import msgspec
from aiohttp import web

HUGE_BYTES = 1024**3
CHUNK = 64 * 1024

Entry = TypeVar("Entry")
Body = TypeVar("Body")
Mode = TypeVar("Mode", bound=str)


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


class Script(msgspec.Struct, Generic[Mode], forbid_unknown_fields=True):
    """How the next `times` requests fare; without `times`, all of them until the next script."""

    mode: Mode
    times: Annotated[int, msgspec.Meta(ge=1)] | None = None


class Faults(Generic[Mode]):
    """How requests fare: as the script says, and as `usual` before it and once its times are used up."""

    def __init__(self, usual: Mode) -> None:
        self._usual = usual
        self.script: Script[Mode] = Script(usual)

    def next(self) -> Mode:
        """How the request at hand fares; uses up one of the script's times."""
        mode = self.script.mode
        if self.script.times is not None:
            self.script.times -= 1
            if self.script.times == 0:
                self.script = Script(self._usual)
        return mode


def answer(body: object, status: int = 200) -> web.Response:
    """A JSON answer; msgspec writes the times as RFC 3339 in UTC."""
    return web.Response(body=msgspec.json.encode(body), status=status, content_type="application/json")


async def huge(request: web.Request, begin: bytes) -> web.StreamResponse:
    """A JSON answer that goes on for 1 GB, or until nobody reads it any more."""
    answer = web.StreamResponse(headers={"Content-Type": "application/json"})
    await answer.prepare(request)
    try:
        await answer.write(begin)
        for _ in range(HUGE_BYTES // CHUNK):
            await answer.write(b" " * CHUNK)
    except (ConnectionError, asyncio.CancelledError):
        return answer
    return answer


def bad_request(message: str) -> web.Response:
    """The one shape in which the switches and look-ups of the stand-ins refuse."""
    return answer({"error": "invalid_request", "message": message}, 400)


async def scripted(request: web.Request, faults: Faults[Mode], shape: type[Script[Mode]]) -> web.Response:
    """Take the script in the body."""
    try:
        faults.script = await body_of(request, shape)
    except msgspec.DecodeError as exc:
        return bad_request(str(exc))
    return answer(faults.script)


def refused(request: web.Request, key: str) -> web.Response | None:
    """The 401 of a client that does not send `key` as its Bearer token."""
    given = request.headers.get("Authorization", "")
    if secrets.compare_digest(given.encode(), f"Bearer {key}".encode()):
        return None
    return answer({"error": "unauthorized", "message": "The API key is missing or wrong"}, 401)


def fault(request: web.Request, mode: str) -> web.Response | None:
    """What a client gets of a service that is down or breaks off, in these modes."""
    if mode == "unavailable":
        return answer({"error": "unavailable", "message": "The service is down"}, 503)
    return reset(request) if mode == "reset" else None


async def body_of(request: web.Request, shape: type[Body]) -> Body:
    """The request's body as `shape`. Raises msgspec.DecodeError, whose text names the field."""
    try:
        return msgspec.json.decode(await request.read(), type=shape)
    except (UnicodeDecodeError, RecursionError) as exc:
        raise msgspec.DecodeError("The body is not JSON in UTF-8") from exc


def _as_it_is(entry: object) -> object:
    return entry


def page_of(log: Log[Entry], request: web.Request, shown: Callable[[Entry], object | None] = _as_it_is) -> web.Response:
    """`{"items", "next_since"}` of everything after `?since=` (0 when left out), as it is `shown`; None is left out."""
    since = request.query.get("since", "0")
    if not (since.isascii() and since.isdigit() and len(since) <= 18):
        return bad_request("since is the next_since of an earlier answer, a whole number")
    items = [made for entry in log.since(int(since)) if (made := shown(entry)) is not None]
    return answer({"items": items, "next_since": log.last_sequence})


def reset(request: web.Request) -> web.Response:
    """Breaks the client's connection with a TCP reset; the response returned is never sent."""
    transport = request.transport
    if transport is not None:
        # Without a zero linger the kernel may end the connection politely, and no client sees a reset.
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    return web.Response()
