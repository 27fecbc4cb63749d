"""The API with a planted fault: what it promises is written down only some time after the answer."""

import asyncio
from datetime import timedelta

import asyncpg
from granian import Granian
from granian.constants import Interfaces, Loops

from longan.api import app
from longan.api.edge import Edge
from longan.floor.database import queue
from longan.floor.setup.settings import read

LATE_SECONDS = 5.0

in_time = queue.add
writing: set[asyncio.Task[None]] = set()


async def add(tx: asyncpg.Connection, topic: str, *, after: timedelta | None = None, **payload: object) -> None:
    async def write() -> None:
        await asyncio.sleep(LATE_SECONDS)
        connection = await asyncpg.connect(read().database_url)
        await in_time(connection, topic, after=after, **payload)
        await connection.close()

    writing.add(asyncio.create_task(write()))


def serve() -> Edge:
    queue.add = add
    return app.serve()


if __name__ == "__main__":
    Granian(
        "tests.faults.late:serve", address="127.0.0.1", port=read().port, interface=Interfaces.ASGI, loop=Loops.uvloop,
        factory=True, log_access=False,
    ).serve()  # fmt: skip
