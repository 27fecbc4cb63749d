"""Is the process alive, and can it do its work."""

import asyncio
from typing import Literal

import asyncpg
import msgspec
import redis.asyncio
from litestar import Response, get
from litestar.datastructures import State
from litestar.openapi.datastructures import ResponseSpec
from redis.exceptions import RedisError

from longan.floor.base.errors import Unavailable
from longan.floor.database import db
from longan.floor.requests.deps import Ex
from longan.floor.requests.policy import decided

PART_SECONDS = 1.0

Part = Literal["ok", "down"]


class Health(msgspec.Struct, frozen=True):
    status: Part


class Readiness(msgspec.Struct, frozen=True):
    """Without PostgreSQL the process is not ready; without Valkey it is slower and sends no one-time codes."""

    status: Part
    database: Part
    cache: Part


@get("/healthz", tags=["health"], opt=decided(auth="public", limit=None, example={"status": "ok"}))
async def get_health() -> Health:
    """Whether the process answers"""
    return Health("ok")


@get(
    "/readyz",
    tags=["health"],
    responses={503: ResponseSpec(Readiness, description="Not ready")},
    opt=decided(auth="public", limit=None),
)
async def get_readiness(state: State, exchange: Ex) -> Response[Readiness]:
    """Whether the process can do its work: 503 with the parts when it cannot"""
    database, cache = await asyncio.gather(_database(state.pool, exchange), _cache(state.valkey))
    return Response(Readiness(database, database, cache), status_code=200 if database == "ok" else 503)


async def _database(pool: asyncpg.Pool, asking: db.Asking) -> Part:
    try:
        async with db.Acquired(pool, asking) as connection:
            await connection.fetchval("select 1")
    except Unavailable:
        return "down"
    return "ok"


async def _cache(valkey: redis.asyncio.Redis) -> Part:
    try:
        async with asyncio.timeout(PART_SECONDS):
            await valkey.execute_command("PING")  # type: ignore[no-untyped-call]
    except (RedisError, OSError, TimeoutError):
        return "down"
    return "ok"


HANDLERS = [get_health, get_readiness]
