"""What one would write first: the same kinds of fields without our edge. The input tests were seen failing on it."""

from dataclasses import dataclass

import asyncpg
import msgspec
from litestar import Litestar, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, FromQuery, JSONBody


class Thing(msgspec.Struct):
    title: str
    openings: int = 1
    note: object = None


@dataclass
class Holder:
    connection: asyncpg.Connection


def create(connection: asyncpg.Connection) -> Litestar:
    """A Litestar app over `connection`, as its tutorial would have it."""

    async def holder() -> Holder:
        return Holder(connection)

    @post("/things")
    async def create_thing(holder: NamedDependency[Holder], data: JSONBody[Thing]) -> dict[str, object]:
        async with holder.connection.transaction():
            await holder.connection.fetchval("select $1::text || $2::int", data.title, data.openings)
        return {"title": data.title}

    @get("/things")
    async def list_things(
        holder: NamedDependency[Holder], q: FromQuery[str] = "", limit: FromQuery[int] = 20, offset: FromQuery[int] = 0
    ) -> dict[str, object]:
        async with holder.connection.transaction():
            await holder.connection.fetch("select $1::text limit $2 offset $3", q, limit, offset)
        return {"items": []}

    @get("/things/{thing_id:int}")
    async def get_thing(holder: NamedDependency[Holder], thing_id: FromPath[int]) -> dict[str, object]:
        async with holder.connection.transaction():
            await holder.connection.fetchval("select $1::int", thing_id)
        return {"id": thing_id}

    return Litestar(
        [create_thing, list_things, get_thing], dependencies={"holder": Provide(holder)}, logging_config=None
    )
