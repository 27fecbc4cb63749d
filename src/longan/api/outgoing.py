"""The way out: what every answer carries."""

from longan.api import problems
from longan.api.asgi import Headers, Message, Scope, Send
from longan.api.incoming import matches, path_of
from longan.cache import Entry
from longan.errors import Problem
from longan.exchange import Exchange

ALWAYS: Headers = [(b"x-content-type-options", b"nosniff")]


class Catch:
    """Takes an answer in instead of sending it."""

    def __init__(self) -> None:
        self.status = 500
        self.headers: Headers = []
        self.body = bytearray()

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], list(message["headers"])
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")


class Outgoing:
    """The way out: adds what every answer carries, keeps HEAD and 304 without a body, counts what was sent."""

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

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            await self._start(message["status"], list(message["headers"]))
        elif message["type"] == "http.response.body":
            body = b"" if self.mute else message.get("body", b"")
            self.size += len(body)
            await self.send({"type": "http.response.body", "body": body, "more_body": message.get("more_body", False)})

    async def _start(self, status: int, headers: Headers) -> None:
        exchange = self.exchange
        names = {name for name, _ in headers}
        if status in (200, 201) and exchange.etag is not None:
            if self.reads and matches(self.headers.get(b"if-none-match"), exchange.etag):
                status, self.mute = 304, True
                headers = [item for item in headers if item[0] not in (b"content-length", b"content-type")]
            headers.append((b"etag", exchange.etag.encode()))
            headers.append((b"cache-control", b"private, no-cache"))
        elif b"cache-control" not in names:
            headers.append((b"cache-control", b"no-store"))
        if b"content-language" not in names:
            headers.append((b"content-language", exchange.locale.encode()))
        self.started, self.status = True, status
        await self.send({"type": "http.response.start", "status": status, "headers": headers + self.extra})

    async def whole(self, status: int, headers: Headers, body: bytes) -> None:
        await self({"type": "http.response.start", "status": status, "headers": headers})
        await self({"type": "http.response.body", "body": body})

    async def kept(self, entry: Entry) -> None:
        """A cached answer, or 304 when the client holds it."""
        status, headers = 200, entry.headers
        if matches(self.headers.get(b"if-none-match"), entry.etag.decode()):
            status, self.mute = 304, True
            headers = [item for item in headers if item[0] not in (b"content-length", b"content-type")]
        self.started, self.status = True, status
        own = [item for item in self.extra if item not in ALWAYS]
        await self.send({"type": "http.response.start", "status": status, "headers": headers + own})
        await self({"type": "http.response.body", "body": entry.body})

    async def problem(self, problem: Problem) -> None:
        body = problems.body(problem, self.exchange, self.path)
        headers: Headers = [
            (b"content-type", problems.CONTENT_TYPE.encode()),
            (b"content-length", str(len(body)).encode()),
            *((name.lower().encode(), value.encode()) for name, value in problem.headers.items()),
        ]
        await self.whole(problem.status, headers, body)
