"""Tasks: an effect is promised in the transaction that causes it, and the worker keeps the promise, at least once."""

from datetime import timedelta

import asyncpg
import msgspec
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.adapters.persistence.queries import Queries


async def add(tx: asyncpg.Connection, topic: str, *, after: timedelta | None = None, **payload: object) -> None:
    """Promise task `topic`; the row commits with the caller's transaction or not at all."""
    await Queries(AsyncpgDriver(tx)).enqueue(topic, msgspec.json.encode(payload), execute_after=after)
