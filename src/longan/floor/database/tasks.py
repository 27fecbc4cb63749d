"""Tasks: what happens after the answer. A room's `tasks.py` declares them; the worker finds them there and runs them.

`<room>/tasks.py` holds `async def <topic>(context: Context, *, <payload>) -> None` for each topic, and at its end
`TASKS = {"<topic>": <function>}`. What is to happen at fixed times (UTC) stands in `SCHEDULE = {"<name>": ("<cron>",
<function>)}`, with functions of the context alone. What goes on all the time stands in `STEADY`: functions of the
context and of the event at which they end, which lose their database and find it again. A task runs at least once, so
it must be harmless a second time; an exception means that it is tried again later.
"""

import inspect
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
import asyncpg
import msgspec
import redis.asyncio

from longan.floor.base.clock import Clock
from longan.floor.database import db
from longan.floor.setup.crypto import Sealed
from longan.floor.setup.keys import Keys
from longan.floor.setup.settings import Settings

UNHURRIED_SECONDS = 900.0

Task = Callable[..., Awaitable[None]]
Timed = tuple[str, Callable[["Context"], Awaitable[None]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a task may use. `valkey` may be away; no transaction of `pool` stays open while `http` waits."""

    pool: asyncpg.Pool
    valkey: redis.asyncio.Redis
    http: aiohttp.ClientSession
    settings: Settings
    keys: Keys
    phones: Sealed
    clock: Clock


@asynccontextmanager
async def unhurried(pool: asyncpg.Pool) -> AsyncGenerator[asyncpg.pool.PoolConnectionProxy, None]:
    """A transaction whose statements may take minutes. After a long outage there may be so much to clean up that the
    pool's time-out would end every attempt, and the clean-up would never catch up."""
    async with pool.acquire() as connection, connection.transaction():
        db.hold(connection, UNHURRIED_SECONDS)
        await connection.execute("set local statement_timeout = '5min'")
        yield connection


class Declared(msgspec.Struct, frozen=True):
    """A task and the strict shape of its payload, made from the function's annotations."""

    task: Task
    payload: type[msgspec.Struct]

    async def run(self, context: Context, payload: bytes) -> None:
        """Raises `msgspec.DecodeError` for a payload that is not the task's."""
        given = msgspec.json.decode(payload, type=self.payload)
        await self.task(context, **msgspec.structs.asdict(given))


def declared(topic: str, task: Task) -> Declared:
    """Raises `TypeError` for a function that is no task, so that the worker does not start with it."""
    first, *rest = inspect.signature(task).parameters.values()
    if task.__name__ != topic or first.annotation is not Context or any(p.kind is not p.KEYWORD_ONLY for p in rest):
        raise TypeError(f"task {topic!r} must be `async def {topic}(context: Context, *, <payload>) -> None`")
    fields = [(p.name, p.annotation) if p.default is p.empty else (p.name, p.annotation, p.default) for p in rest]
    return Declared(task, msgspec.defstruct(topic, fields, forbid_unknown_fields=True, frozen=True, kw_only=True))


def gathered(rooms: Mapping[str, Mapping[str, Task]]) -> dict[str, Declared]:
    """The tasks of all rooms by topic. Raises `TypeError` when two rooms declare one topic."""
    found: dict[str, Declared] = {}
    for room, tasks in rooms.items():
        for topic, task in tasks.items():
            if topic in found:
                raise TypeError(f"task {topic!r} of {room} is declared twice")
            found[topic] = declared(topic, task)
    return found
