"""What happens for every request, routed or not: an id, limits, one spelling, strict input, a line in the log."""

import asyncio
import re
import secrets
import time
from itertools import count, repeat

from litestar import Litestar

from longan.api import problems
from longan.api.answers import is_way_in
from longan.api.asgi import Receive, Scope, Send
from longan.api.auth import Authenticator
from longan.api.incoming import accepts, allow, check_size, locale_of, path_of, read_body, read_query
from longan.api.kept import Shelf
from longan.api.log import AccessLog
from longan.api.outgoing import Outgoing, without_content
from longan.api.routing import Operation, Routes
from longan.floor.access import dpop
from longan.floor.base.errors import (
    IfMatchRequired,
    MethodNotAllowed,
    NotAcceptable,
    NotFound,
    NotImplementedMethod,
    RateLimited,
    Unauthenticated,
    Unavailable,
)
from longan.floor.requests.cache import Cache, Entry
from longan.floor.requests.exchange import Answer, Exchange, matches
from longan.floor.requests.idempotency import Replay
from longan.floor.requests.limits import Limiter, network
from longan.floor.requests.policy import Policy
from longan.floor.setup.settings import Settings

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
# What nginx writes into its log when the client did not wait; nobody is ever sent it.
HUNG_UP = 499

_REQUEST_ID = re.compile(rb"[A-Za-z0-9-]{8,64}")


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
        self._shelf = Shelf(cache)
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
        now = time.monotonic()
        entry = self._shelf.at_hand(scope, headers, now)
        if entry is None:
            return False
        request_id = self._request_id(headers)
        mine = (b"x-request-id", request_id.encode())
        held = headers.get(b"if-none-match")
        if held is not None and matches(held, entry.etag.decode()):
            status, body, sent = 304, b"", [*without_content(entry.headers), mine]
        else:
            bucket = self.limiter.buckets.get((entry.limit, self._client(scope, headers)))
            if bucket is None or not bucket.take(now):
                return False
            status, body, sent = 200, entry.body, [*entry.headers, mine, *bucket.headers(now)]
        await send({"type": "http.response.start", "status": status, "headers": sent})
        await send({"type": "http.response.body", "body": body})
        self._log.append(
            (time.time(), request_id, "GET", entry.route, status, time.perf_counter() - started, 0, len(body), None,
             True)
        )  # fmt: skip
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
                exchange.body = await read_body(receive, headers, operation)
                exchange.content_type = headers.get(b"content-type", b"").decode("latin-1")
                # Who is calling may have been asked already; the time the body took to arrive is not the database's.
                exchange.until = None
            if operation.policy.cache is not None and (operation.policy.auth == "public" or exchange.principal is None):
                shown = await self._shelf.find(scope, exchange, query, operation)
                await (answer.kept(shown) if isinstance(shown, Entry) else answer.whole(shown))
            else:
                made = await operation.plan.answer(scope, exchange, query)
                await (answer.whole(made) if isinstance(made, Answer) else answer.stream(made, receive))
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
        # Where another specification writes the refusals, the path says the format.
        if policy.refused is None and not accepts(headers, policy.produces):
            raise NotAcceptable
        query = read_query(scope["query_string"], operation)
        exchange.if_none_match = headers.get(b"if-none-match")
        if (key := headers.get(b"idempotency-key")) is not None:
            exchange.idempotency_key = key.decode("latin-1")
        if policy.if_match:
            if b"if-match" not in headers:
                raise IfMatchRequired
            exchange.if_match = headers[b"if-match"].decode("latin-1")
        elif policy.may_match and (sent := headers.get(b"if-match")) is not None:
            exchange.if_match = sent.decode("latin-1")
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

    def _request_id(self, headers: dict[bytes, bytes]) -> str:
        """The caller's id, or one of ours: random for the process, counted within it."""
        sent = headers.get(b"x-request-id")
        if sent is not None and _REQUEST_ID.fullmatch(sent):
            return sent.decode()
        return next(self._ids)

    def _client(self, scope: Scope, headers: dict[bytes, bytes]) -> str:
        """The caller's network; a proxy's word is taken only from a proxy we know (ASVS 4.1.3)."""
        client = scope.get("client")
        address = client[0] if client else "unknown"
        counted = network(address)
        # A proxy's IPv4 address may come written as IPv6.
        proxies = self._proxies
        if proxies and not proxies.isdisjoint((address, counted)) and (chain := headers.get(b"x-forwarded-for")):
            for part in reversed(chain.decode("latin-1").split(",")):
                if part.strip() not in proxies:
                    return network(part.strip()[:45])
        return counted
