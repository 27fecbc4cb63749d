"""What happens for every request, routed or not: an id, limits, one spelling, strict input, a line in the log."""

import asyncio
import hashlib
import re
import secrets
import time
from itertools import count, repeat

from litestar import Litestar

from longan import dpop
from longan.api import problems
from longan.api.answers import is_way_in
from longan.api.asgi import Receive, Scope, Send
from longan.api.auth import Authenticator
from longan.api.incoming import JSON, accepts, allow, check_size, locale_of, matches, path_of, read_body, read_query
from longan.api.log import AccessLog
from longan.api.outgoing import ALWAYS, Outgoing, fields
from longan.api.routing import Operation, Routes
from longan.cache import Cache, Entry
from longan.errors import (
    FieldError,
    IfMatchRequired,
    InvalidRequest,
    MethodNotAllowed,
    NotAcceptable,
    NotFound,
    NotImplementedMethod,
    RateLimited,
    Unauthenticated,
    Unavailable,
    UnsupportedMediaType,
)
from longan.exchange import Answer, Exchange
from longan.idempotency import Replay
from longan.limits import Limiter
from longan.policy import Policy
from longan.settings import Settings

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
# What nginx writes into its log when the client did not wait; nobody is ever sent it.
HUNG_UP = 499

_REQUEST_ID = re.compile(rb"[A-Za-z0-9-]{8,64}")
# How long a client may show a kept answer without asking (API.md, caching).
FRESH = {
    "jobs": b"public, max-age=30",
    "places": b"public, max-age=300, stale-while-revalidate=3600",
    "procedures": b"public, max-age=300, stale-while-revalidate=3600",
}


class Edge:
    """The ASGI application that granian serves. Litestar holds the routes and the life of the process."""

    def __init__(
        self,
        app: Litestar,
        settings: Settings,
        *,
        log: AccessLog,
        cache: Cache,
        limiter: Limiter,
        authenticator: Authenticator,
    ) -> None:
        self.app = app
        self.routes = Routes(app)
        self.cache = cache
        self.limiter = limiter
        self.authenticator = authenticator
        self._ways_in = {each.name for each in self.routes.operations if is_way_in(each)}
        self._proxies = settings.proxies
        self._log = log
        self._ids = map("{}{:x}".format, repeat(secrets.token_hex(6)), count(secrets.randbelow(2**24)))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)  # type: ignore[arg-type]
            return
        started = time.perf_counter()
        headers = dict(scope["headers"])
        if (
            scope["method"] == "GET"
            and b"authorization" not in headers
            and await self._kept(scope, headers, send, started)
        ):
            return
        exchange = Exchange(
            request_id=self._request_id(headers),
            client=self._client(scope, headers),
            locale=locale_of(headers.get(b"accept-language")),
        )
        scope["longan"] = exchange
        answer = Outgoing(scope, exchange, send, headers)
        try:
            await self._answer(scope, headers, exchange, receive, answer)
        except Replay as again:
            await answer.whole(again.answer, (b"idempotent-replayed", b"true"))
        except asyncio.CancelledError:
            if not answer.started:
                answer.status = HUNG_UP
            raise
        except Exception as error:
            if answer.started:
                raise
            problem = problems.of(error)
            if headers.get(b"authorization", b"")[:5].lower() == b"dpop ":
                dpop.in_kind(problem)
            exchange.code = problem.code
            await answer.problem(problem)
        finally:
            self._log.append(
                (time.time(), exchange.request_id, scope["method"][:16], exchange.route, answer.status,
                 time.perf_counter() - started, exchange.queries, answer.size, exchange.code, False)
            )  # fmt: skip

    async def _kept(self, scope: Scope, headers: dict[bytes, bytes], send: Send, started: float) -> bool:
        """Answer from the process's cache, if it is there and nothing needs a second look: the hot path, in front of
        routing, in which nothing is built that is not sent."""
        if scope["method"] != "GET":
            return False
        now = time.monotonic()
        language = headers.get(b"accept-language")
        locale = "vi" if language is None else locale_of(language)
        entry = self.cache.near((path_of(scope), scope["query_string"], locale), now)
        if entry is None or not accepts(headers, "application/json"):
            return False
        held = headers.get(b"if-none-match")
        request_id = self._request_id(headers)
        mine = (b"x-request-id", request_id.encode())
        if held is not None and matches(held, entry.etag.decode()):
            status, size = 304, 0
            kept = [item for item in entry.headers if item[0] not in (b"content-length", b"content-type")]
            await send({"type": "http.response.start", "status": 304, "headers": [*kept, mine]})
            await send({"type": "http.response.body", "body": b""})
        else:
            bucket = self.limiter.buckets.get((entry.limit, self._client(scope, headers)))
            if bucket is None or not bucket.take(now):
                return False
            status, size = 200, len(entry.body)
            left = b'"%b";r=%d;t=%d' % (entry.limit.encode(), bucket.remaining, bucket.reset_seconds(now))
            await send({"type": "http.response.start", "status": 200,
                        "headers": [*entry.headers, mine, bucket.policy, (b"ratelimit", left)]})  # fmt: skip
            await send({"type": "http.response.body", "body": entry.body})
        self._log.append(
            (time.time(), request_id, "GET", entry.route, status, time.perf_counter() - started, 0, size, None, True)
        )
        return True

    async def _answer(
        self, scope: Scope, headers: dict[bytes, bytes], exchange: Exchange, receive: Receive, answer: Outgoing
    ) -> None:
        method = scope["method"]
        raw_path = path_of(scope)
        found = None if b"%" in raw_path else self.routes.find(scope["path"])
        operation = found.get("GET" if method == "HEAD" else method) if found else None
        if operation is not None:
            exchange.route, exchange.policy = operation.name, operation.policy
            query = await self._checked(scope, headers, exchange, operation, answer)
            if method in ("POST", "PUT", "PATCH"):
                await self._body(headers, exchange, operation, receive)
            if operation.policy.cache is not None and (operation.policy.auth == "public" or exchange.principal is None):
                await self._fill(scope, exchange, query, answer, operation)
            else:
                await answer.whole(await operation.plan.answer(scope, exchange, query))
            return
        await self._limit(scope, headers, exchange, None, answer)
        check_size(scope, raw_path)
        if found is not None and method == "OPTIONS":
            await answer.whole(Answer(204, {"Allow": allow(found)}, b""))
            return
        if method not in METHODS:
            raise NotImplementedMethod
        if found is None:
            raise NotFound
        raise MethodNotAllowed(headers={"Allow": allow(found)})

    async def _checked(
        self, scope: Scope, headers: dict[bytes, bytes], exchange: Exchange, operation: Operation, answer: Outgoing
    ) -> dict[str, str]:
        """Everything that can be refused before a handler is planned for, the cheapest first; the query, read."""
        policy = operation.policy
        check_size(scope, path_of(scope))
        await self._limit(scope, headers, exchange, operation, answer)
        if policy.auth not in ("public", "optional"):
            principal = exchange.me()
            if policy.auth not in ("any", principal.audience):
                raise Unauthenticated(error="invalid_token")
            if policy.proof is not None:
                policy.proof.check(principal, self.authenticator.clock())
        if not accepts(headers, policy.produces):
            raise NotAcceptable
        query = read_query(scope["query_string"], operation)
        if (key := headers.get(b"idempotency-key")) is not None:
            exchange.idempotency_key = key.decode("latin-1")
        if policy.if_match:
            if b"if-match" not in headers:
                raise IfMatchRequired
            exchange.if_match = headers[b"if-match"].decode("latin-1")
        return query

    async def _limit(
        self,
        scope: Scope,
        headers: dict[bytes, bytes],
        exchange: Exchange,
        operation: Operation | None,
        answer: Outgoing,
    ) -> None:
        """Who is calling, and one request off their bucket: the account's where there is one, else the address's. Then
        the key that somebody brings who signs in."""
        policy = operation.policy if operation else None
        sent, proof = headers.get(b"authorization"), b"dpop" in headers
        authorization = None if sent is None else sent.decode("latin-1")
        entering = proof and operation is not None and operation.name in self._ways_in
        if proof:
            nonce = self.authenticator.proofs.nonces.current(self.authenticator.clock().timestamp())
            answer.extra.append((b"dpop-nonce", nonce.encode()))
        if authorization is not None:
            try:
                exchange.principal = await self.authenticator.principal(
                    scope, authorization, exchange, entering=entering
                )
            except Unauthenticated:
                # A stale token must not shut anybody out of what needs none: apps send it along with everything.
                if policy is not None and policy.auth not in ("public", "optional"):
                    await self._count(exchange, policy, answer)
                    raise
            except Unavailable:
                if policy is not None and policy.auth not in ("public", "optional"):
                    raise
        await self._count(exchange, policy, answer)
        if entering and exchange.key_thumbprint is None:
            exchange.key_thumbprint = await self.authenticator.key(scope, authorization)

    async def _count(self, exchange: Exchange, policy: Policy | None, answer: Outgoing) -> None:
        name = policy.limit if policy else "lookup"
        if name is None:
            return
        known, now = exchange.principal, time.monotonic()
        who = str(known.account_id) if known else exchange.client
        bucket, allowed = await self.limiter.check(name, who, known is None, now)
        answer.extra += bucket.headers(now)
        if not allowed:
            raise RateLimited(headers={"Retry-After": str(bucket.reset_seconds(now))})

    async def _body(
        self, headers: dict[bytes, bytes], exchange: Exchange, operation: Operation, receive: Receive
    ) -> None:
        """The whole body, bounded in size and time, before anything else is started for it."""
        exchange.body = await read_body(receive, headers.get(b"content-length"))
        # Who is calling may have been asked already; the time the body took to arrive is not the database's.
        exchange.until = None
        if exchange.body.strip() not in (b"", b"{}") or operation.needs_body:
            kind = headers.get(b"content-type", b"").decode("latin-1").strip()
            if JSON.fullmatch(kind) is None or b"content-encoding" in headers:
                raise UnsupportedMediaType
            if not operation.takes_body:
                raise InvalidRequest(FieldError("", "unknown"))

    async def _fill(
        self, scope: Scope, exchange: Exchange, query: dict[str, str], answer: Outgoing, operation: Operation
    ) -> None:
        """Answer from a cache or from the handler, and keep the answer."""
        cache = self.cache
        family = operation.policy.cache or ""
        key = (path_of(scope), scope["query_string"], exchange.locale)
        entry = cache.near(key, time.monotonic())
        if entry is None and cache.asked_again(key):
            entry = await cache.far(family, key)
        if entry is None:
            generation = cache.generation(family)
            made = await operation.plan.answer(scope, exchange, query)
            if made.status != 200 or exchange.private:
                await answer.whole(made)
                return
            etag = exchange.etag or f'"{hashlib.blake2b(made.body, digest_size=12).hexdigest()}"'
            entry = Entry(
                route=operation.name,
                limit=operation.policy.limit or "lookup",
                etag=etag.encode(),
                headers=[*fields(made), (b"etag", etag.encode()), (b"cache-control", FRESH[family]),
                         (b"vary", b"Accept-Language"), (b"content-language", exchange.locale.encode()), *ALWAYS],
                body=made.body,
            )  # fmt: skip
            cache.put(family, key, entry, generation)
        await answer.kept(entry)

    def _request_id(self, headers: dict[bytes, bytes]) -> str:
        """The caller's id, or one of ours: random for the process, counted within it."""
        sent = headers.get(b"x-request-id")
        if sent is not None and _REQUEST_ID.fullmatch(sent):
            return sent.decode()
        return next(self._ids)

    def _client(self, scope: Scope, headers: dict[bytes, bytes]) -> str:
        """The caller's address; a proxy's word is taken only from a proxy we know (ASVS 4.1.3)."""
        client = scope.get("client")
        address = client[0] if client else "unknown"
        if address in self._proxies and (chain := headers.get(b"x-forwarded-for")):
            for part in reversed(chain.decode("latin-1").split(",")):
                if part.strip() not in self._proxies:
                    return part.strip()[:45]
        return str(address)
