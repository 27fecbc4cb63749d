"""The composition root: an app is a function of its settings; tests hand in their own pool and clock."""

import asyncio
import contextlib
import gc
from collections.abc import AsyncGenerator
from typing import Any

import msgspec
import redis.asyncio
from litestar import Litestar, Request, Response
from litestar.datastructures import State
from prometheus_client import CollectorRegistry, start_http_server

from longan import clock, db, deps, limits
from longan.api import docs, health, openapi, problems
from longan.api.asgi import Receive, Scope, Send
from longan.api.auth import Authenticator
from longan.api.edge import Edge
from longan.api.log import AccessLog
from longan.applications import routes as applications
from longan.cache import Cache
from longan.crypto import Sealed
from longan.employers import routes as employers
from longan.exchange import Answer
from longan.housing import routes as housing
from longan.idempotency import InFlight
from longan.identity import routes as identity
from longan.jobs import routes as jobs
from longan.keys import load
from longan.notifications import routes as notifications
from longan.page import Cursors
from longan.people import routes as people
from longan.places import routes as places
from longan.services import routes as services
from longan.settings import Settings, read
from longan.strict_json import decode
from longan.tokens import Tokens

HANDLERS: list[Any] = [
    *health.HANDLERS,
    *docs.HANDLERS,
    *identity.HANDLERS,
    *people.HANDLERS,
    *places.HANDLERS,
    *employers.HANDLERS,
    *jobs.HANDLERS,
    *applications.HANDLERS,
    *housing.HANDLERS,
    *services.HANDLERS,
    *notifications.HANDLERS,
]


ENCODE = msgspec.json.Encoder().encode


class StrictRequest(Request[Any, Any, Any]):
    """A request whose body is read by our one way in, as the handler's own type."""

    async def json(self) -> Any:
        kind = self.route_handler.parsed_fn_signature.parameters["data"].annotation
        return decode(deps.exchange_of(self).body, kind)


class Encoded:
    """An answer in its bytes. Litestar's own response does more, most of it for cookies and files."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in self.headers.items()]
        if self.status != 204:
            headers.append((b"content-length", b"%d" % len(self.body)))
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": False})


class EncodedResponse(Response[Any]):
    """Encodes an answer and, on a route with an Idempotency-Key, leaves it to the write's transaction to keep."""

    def to_asgi_response(self, app: Any, request: Any, **named: Any) -> Any:
        status = self.status_code or named.get("status_code") or 200
        body = b"" if status == 204 else self.content if isinstance(self.content, bytes) else ENCODE(self.content)
        headers = {"Content-Type": str(self.media_type or "application/json"), **self.headers} if body else self.headers
        exchange = deps.exchange_of(request)
        if exchange.keeps_answer:
            exchange.answer = Answer(status, headers, body)
        return Encoded(status, headers, body)


def create_app(settings: Settings, **given: Any) -> Edge:
    """The whole API. `given` replaces parts of the state: `pool`, `valkey`, `clock`."""
    keys = load(settings.keys_dir)
    registry = CollectorRegistry()
    log = AccessLog(registry)
    tokens = Tokens(keys, settings.public_url)
    valkey = given.get("valkey") or redis.asyncio.from_url(
        settings.redis_url, socket_timeout=0.5, socket_connect_timeout=0.5, max_connections=64
    )
    pool = given.get("pool") or db.create_pool(settings.database_url, settings.database_connections, "longan-api")
    now = given.get("clock", clock.utc)
    state = State({
        "settings": settings, "keys": keys, "tokens": tokens, "pool": pool, "valkey": valkey, "clock": now,
        "phones": Sealed(keys, "phone"), "numbers": Sealed(keys, "number"), "cursors": Cursors(keys),
        "in_flight": InFlight(), "cache": Cache(valkey),
        "limiter": limits.Limiter(valkey, settings.rate_limit_scale), "authenticator": Authenticator(pool, tokens, now),
        "strict": limits.Strict(valkey, settings.rate_limit_scale),
    })  # fmt: skip

    @contextlib.asynccontextmanager
    async def opened(app: Litestar) -> AsyncGenerator[None, None]:
        """The pool and what runs beside the requests, for the life of the process."""
        background = [
            asyncio.create_task(job)
            for job in (log.keep_flushing(), state.cache.listen(), limits.keep_flushing(state.limiter))
        ]
        if "pool" not in given:
            await pool
            metrics = _serve_metrics(settings, registry)
        try:
            yield
        finally:
            for job in background:
                job.cancel()
            await asyncio.gather(*background, return_exceptions=True)
            if "pool" not in given:
                metrics()
                await pool.close()
            await valkey.aclose()

    app = Litestar(
        route_handlers=HANDLERS,
        dependencies=deps.providers(state),
        exception_handlers={Exception: problems.handle},
        request_class=StrictRequest,
        response_class=EncodedResponse,
        lifespan=[opened],
        state=state,
        openapi_config=None,
        logging_config=None,
    )
    edge = Edge(app, settings, log=log, cache=state.cache, limiter=state.limiter, authenticator=state.authenticator)
    state.document = openapi.Document(edge.routes)
    return edge


def _serve_metrics(settings: Settings, registry: CollectorRegistry) -> Any:
    """Metrics on a private port of their own; the second process of a machine takes the next one."""
    if not settings.metrics_port:
        return lambda: None
    for port in range(settings.metrics_port, settings.metrics_port + settings.workers):
        with contextlib.suppress(OSError):
            server, _thread = start_http_server(port, addr="127.0.0.1", registry=registry)
            return server.shutdown
    raise OSError(f"no free port for metrics from {settings.metrics_port} on")


def serve() -> Edge:
    """What granian loads: each of its processes reads the settings again."""
    app = create_app(read())
    # What stands after the start stays: the collector need not walk it again and again (a tenth of a request's time).
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    return app
