"""One structured line per request and its figures, written in batches off the request's path.

Never a body, a token, a code or a phone number: only what is named here leaves the process.
"""

import asyncio
import sys
import threading
from bisect import bisect_left
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

FLUSH_SECONDS = 0.2
MAX_WAITING = 100_000
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Line(msgspec.Struct, frozen=True):
    """A request, when it is over. `ms` is its duration, `queries` its round trips to the database, `code` the problem
    it ended in."""

    at: datetime
    request_id: str
    method: str
    route: str
    status: int
    ms: float
    queries: int
    bytes: int
    code: str | None
    cached: bool


class Figures(Collector):
    """Counts by route, in plain lists: prometheus-client's own counters cost more than a cached answer does."""

    def __init__(self) -> None:
        self._requests: dict[tuple[str, str, str], int] = {}
        self._seconds: dict[str, list[float]] = {}
        self._queries: dict[str, int] = {}

    def count(self, route: str, method: str, status: int, seconds: float, queries: int) -> None:
        key = (route, method, str(status))
        self._requests[key] = self._requests.get(key, 0) + 1
        kept = self._seconds.get(route)
        if kept is None:
            kept = self._seconds[route] = [0.0] * (len(BUCKETS) + 2)
        kept[bisect_left(BUCKETS, seconds)] += 1
        kept[-1] += seconds
        if queries:
            self._queries[route] = self._queries.get(route, 0) + queries

    def collect(self) -> Iterator[Metric]:
        requests = CounterMetricFamily("longan_requests", "Requests", labels=["route", "method", "status"])
        for key, times in list(self._requests.items()):
            requests.add_metric(list(key), times)
        yield requests
        queries = CounterMetricFamily("longan_request_queries", "Database round trips of requests", labels=["route"])
        for route, times in list(self._queries.items()):
            queries.add_metric([route], times)
        yield queries
        seconds = HistogramMetricFamily("longan_request_seconds", "Duration of requests", labels=["route"])
        for route, kept in list(self._seconds.items()):
            running = 0.0
            buckets = []
            for bound, number in zip([*map(str, BUCKETS), "+Inf"], kept[:-1], strict=True):
                running += number
                buckets.append((bound, running))
            seconds.add_metric([route], buckets, kept[-1])
        yield seconds


class AccessLog:
    """Holds the lines of the last moments and writes them together."""

    def __init__(self, registry: CollectorRegistry) -> None:
        # at (UNIX time), request id, method, route, status, seconds, queries, bytes, code, cached
        self._lines: deque[tuple[float, str, str, str, int, float, int, int, str | None, bool]] = deque(
            maxlen=MAX_WAITING
        )
        self._encoder = msgspec.json.Encoder()
        # A thread writes while the process works, the loop when it ends; at the end both may.
        self._writing = threading.Lock()
        self._figures = Figures()
        registry.register(self._figures)
        self.append = self._lines.append

    def flush(self) -> None:
        """Write what is waiting."""
        with self._writing:
            self._write()

    def _write(self) -> None:
        lines: list[Line] = []
        while self._lines:
            at, request_id, method, route, status, seconds, queries, size, code, cached = self._lines.popleft()
            self._figures.count(route, method, status, seconds, queries)
            when, ms = datetime.fromtimestamp(at, UTC), round(seconds * 1000, 2)
            lines.append(Line(when, request_id, method, route, status, ms, queries, size, code, cached))
        if lines:
            sys.stdout.buffer.write(self._encoder.encode_lines(lines))
            sys.stdout.buffer.flush()

    async def keep_flushing(self) -> None:
        """Until cancelled; the last lines are written on the way out."""
        try:
            while True:
                await asyncio.sleep(FLUSH_SECONDS)
                await asyncio.to_thread(self.flush)
        finally:
            self.flush()
