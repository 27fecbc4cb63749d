"""Public answers that are kept: shown again in front of routing, and made where they are not."""

import hashlib
import time

from longan.api.asgi import Headers, Scope
from longan.api.incoming import accepts, locale_of, path_of
from longan.api.outgoing import ALWAYS, fields
from longan.api.routing import Operation
from longan.floor.requests.cache import Cache, Entry
from longan.floor.requests.exchange import Answer, Exchange

# How long a client may show a kept answer without asking (API.md, caching).
FRESH = {
    "jobs": b"public, max-age=30",
    "feedback": b"public, max-age=30",
    "housing": b"public, max-age=30",
    "social_housing": b"public, max-age=60",
    "places": b"public, max-age=300, stale-while-revalidate=3600",
    "procedures": b"public, max-age=300, stale-while-revalidate=3600",
}


def kind_of(entry: Entry) -> str:
    """What a kept answer is: its first header says so (dispatch.Plan)."""
    return entry.headers[0][1].partition(b";")[0].decode("latin-1")


class Shelf:
    """Over the process's cache."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache

    def at_hand(self, scope: Scope, headers: dict[bytes, bytes], now: float) -> Entry | None:
        """What can be shown to this caller without a second look."""
        language = headers.get(b"accept-language")
        locale = "vi" if language is None else locale_of(language)
        entry = self._cache.near((path_of(scope), scope["query_string"], locale), now)
        return entry if entry is not None and accepts(headers, kind_of(entry)) else None

    async def find(
        self, scope: Scope, exchange: Exchange, query: dict[str, str], operation: Operation
    ) -> Entry | Answer:
        """What is kept somewhere, or what the handler answers, which is kept from now on; an `Answer` is not."""
        cache = self._cache
        family = operation.policy.cache or ""
        key = (path_of(scope), scope["query_string"], exchange.locale)
        entry = cache.near(key, time.monotonic())
        if entry is None and cache.asked_again(key):
            entry = await cache.far(family, key)
        if entry is not None:
            return entry
        generation = cache.generation(family)
        made = await operation.plan.answer(scope, exchange, query)
        if not isinstance(made, Answer):
            raise TypeError(f"{operation.name} streams, which no cache can keep")
        if made.status != 200 or exchange.private:
            return made
        etag = exchange.etag or f'"{hashlib.blake2b(made.body, digest_size=12).hexdigest()}"'
        headers: Headers = [
            *fields(made), (b"etag", etag.encode()), (b"cache-control", FRESH[family]),
            (b"vary", b"Accept-Language"), (b"content-language", exchange.locale.encode()), *ALWAYS,
        ]  # fmt: skip
        entry = Entry(operation.name, operation.policy.limit or "lookup", etag.encode(), headers, made.body)
        cache.put(family, key, entry, generation)
        return entry
