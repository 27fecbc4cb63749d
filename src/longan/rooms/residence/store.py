"""SQL of the room, which reads only."""

from collections.abc import Sequence

import asyncpg

from longan.floor.database.db import many
from longan.rooms.residence.models import Row

PROCEDURES = """-- residence.procedures
select p.code, p.name, p.detail::text as detail from services.procedures p where p.code = any($1::text[])"""


async def procedures(conn: asyncpg.Connection, codes: Sequence[str]) -> list[Row]:
    """Those of them that are known."""
    return many(await conn.fetch(PROCEDURES, codes), Row)
