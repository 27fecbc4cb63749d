"""One structured line per request and its figures, written in batches off the request's path.

Never a body, a token, a code or a phone number: only what is named here leaves the process.
"""

import asyncio
import sys
import time
from collections import deque
from datetime import UTC, datetime

import msgspec
from prometheus_client import CollectorRegistry, Counter, Histogram

FLUSH_SECONDS = 0.2
MAX_WAITING = 100_000


class Line(msgspec.Struct, frozen=True):
    """A request, when it is over. `at` is a UNIX time, `duration` in seconds."""

    at: float
    request_id: str
    method: str
    route: str
    status: int
    duration: float
    queries: int
    size: int
    code: str | None
    cached: bool


class AccessLog:
    """Holds the lines of the last moments and writes them together."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._lines: deque[tuple[object, ...]] = deque(maxlen=MAX_WAITING)
        self._requests = Counter(
            "longan_requests", "Requests", ["route", "method", "status"], registry=registry
        )
        self._seconds = Histogram(
            "longan_request_seconds", "Duration of a request", ["route"], registry=registry,
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
        )  # fmt: skip
        self._queries = Counter(
            "longan_request_queries", "Database round trips made for requests", ["route"], registry=registry
        )
        self.append = self._lines.append

    def flush(self) -> None:
        """Write what is waiting."""
        text = bytearray()
        while self._lines:
            line = Line(*self._lines.popleft())  # type: ignore[arg-type]
            self._requests.labels(line.route, line.method, str(line.status)).inc()
            self._seconds.labels(line.route).observe(line.duration)
            if line.queries:
                self._queries.labels(line.route).inc(line.queries)
            text += msgspec.json.encode(
                {
                    "at": datetime.fromtimestamp(line.at, UTC),
                    "request_id": line.request_id,
                    "method": line.method,
                    "route": line.route,
                    "status": line.status,
                    "ms": round(line.duration * 1000, 2),
                    "queries": line.queries,
                    "bytes": line.size,
                    "code": line.code,
                    "cached": line.cached,
                }
            )
            text += b"\n"
        if text:
            sys.stdout.buffer.write(text)
            sys.stdout.buffer.flush()

    async def keep_flushing(self) -> None:
        """Until cancelled; the last lines are written on the way out."""
        try:
            while True:
                await asyncio.sleep(FLUSH_SECONDS)
                await asyncio.to_thread(self.flush)
        finally:
            self.flush()


def now() -> tuple[float, float]:
    """A UNIX time for the line and a monotonic one for the duration."""
    return time.time(), time.perf_counter()
