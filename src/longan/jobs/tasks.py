"""What the worker does for the room."""

import redis.asyncio

from longan import cache


async def jobs_changed(valkey: redis.asyncio.Redis) -> None:
    """A public posting changed: throw the cached pages away."""
    await cache.invalidate(valkey, "jobs")
