"""The way out: what every answer carries."""

import asyncio

from longan.api import problems
from longan.api.asgi import Headers, Receive, Scope, Send
from longan.api.incoming import path_of
from longan.floor.base.errors import Problem
from longan.floor.requests.cache import Entry
from longan.floor.requests.exchange import Answer, Exchange, Stream, matches

ALWAYS: Headers = [(b"x-content-type-options", b"nosniff")]
# A proxy that gathers pieces before it passes them on would hold a stream back (nginx).
STREAMED: Headers = [(b"cache-control", b"no-store"), (b"x-accel-buffering", b"no")]
# Who takes no piece for so long is gone or too slow.
SLOW_SECONDS = 20.0


def fields(answer: Answer) -> Headers:
    """An answer's headers as they are sent."""
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers.items()]
    if answer.status != 204:
        headers.append((b"content-length", b"%d" % len(answer.body)))
    return headers


class Outgoing:
    """The way out of one request: keeps HEAD and 304 without a body, knows what was sent."""

    __slots__ = ("exchange", "extra", "headers", "mute", "path", "reads", "send", "size", "started", "status")

    def __init__(self, scope: Scope, exchange: Exchange, send: Send, headers: dict[bytes, bytes]) -> None:
        self.exchange = exchange
        self.send = send
        self.headers = headers
        self.path = path_of(scope)[:200].decode("latin-1")
        self.mute = scope["method"] == "HEAD"
        self.reads = scope["method"] in ("GET", "HEAD")
        self.started = False
        self.status = 500
        self.size = 0
        self.extra: Headers = [(b"x-request-id", exchange.request_id.encode()), *ALWAYS]

    async def whole(self, answer: Answer, *more: tuple[bytes, bytes]) -> None:
        """An answer; 304 when the client holds what has this ETag."""
        exchange, status = self.exchange, answer.status
        headers: Headers = [*fields(answer), *more]
        names = {name for name, _ in headers}
        if status in (200, 201) and exchange.etag is not None:
            if self.reads and matches(self.headers.get(b"if-none-match"), exchange.etag):
                status, headers = 304, without_content(headers)
            headers += [(b"etag", exchange.etag.encode()), (b"cache-control", b"private, no-cache")]
        elif b"cache-control" not in names:
            headers.append((b"cache-control", b"no-store"))
        if b"content-language" not in names:
            headers.append((b"content-language", exchange.locale.encode()))
        await self._send(status, headers + self.extra, answer.body)

    async def _send(self, status: int, headers: Headers, body: bytes) -> None:
        self.started, self.status = True, status
        sent = b"" if self.mute or status == 304 else body
        self.size = len(sent)
        await self.send({"type": "http.response.start", "status": status, "headers": headers})
        await self.send({"type": "http.response.body", "body": sent, "more_body": False})

    async def stream(self, stream: Stream, receive: Receive) -> None:
        """An answer that goes on, until it ends or nobody reads it any more."""
        kind = self.exchange.policy.produces if self.exchange.policy else ""
        self.started, self.status = True, 200
        watching = asyncio.ensure_future(_hung_up(receive, stream))
        try:
            language = (b"content-language", self.exchange.locale.encode())
            headers = [(b"content-type", kind.encode()), language, *STREAMED, *self.extra]
            await self.send({"type": "http.response.start", "status": 200, "headers": headers})
            if self.mute:
                stream.end()
            while (piece := await stream.piece()) is not None:
                async with asyncio.timeout(SLOW_SECONDS):
                    await self.send({"type": "http.response.body", "body": piece, "more_body": True})
                self.size += len(piece)
            await self.send({"type": "http.response.body", "body": b"", "more_body": False})
        except TimeoutError:
            self.exchange.code = "slow_reader"
        finally:
            watching.cancel()
            stream.end()

    async def kept(self, entry: Entry) -> None:
        """A cached answer, or 304 when the client holds it."""
        status, headers = 200, entry.headers
        if matches(self.headers.get(b"if-none-match"), entry.etag.decode()):
            status, headers = 304, without_content(headers)
        await self._send(status, headers + [item for item in self.extra if item not in ALWAYS], entry.body)

    async def problem(self, problem: Problem) -> None:
        status, kind, body = problems.answer(problem, self.exchange, self.path)
        await self.whole(Answer(status, {"Content-Type": kind, **problem.headers}, body))


async def _hung_up(receive: Receive, stream: Stream) -> None:
    """End the stream when its reader is gone: of a request that has come whole there is nothing else to hear."""
    while (await receive()).get("more_body", False):
        pass
    await receive()
    stream.end()


def without_content(headers: Headers) -> Headers:
    return [item for item in headers if item[0] not in (b"content-length", b"content-type")]
