"""Open postings of the sample, and a worker."""

from uuid import UUID

import asyncpg
import httpx

OPEN = """select j.id from jobs.postings j
 where j.status = 'open' and j.expires_at > $1::timestamptz + interval '10 days' order by j.id limit $2"""


async def open_jobs(conn: asyncpg.Connection, number: int, now: object) -> list[UUID]:
    return [row["id"] for row in await conn.fetch(OPEN, now, number)]


async def account_of(client: httpx.AsyncClient, headers: dict[str, str]) -> UUID:
    return UUID((await client.get("/v1/me", headers=headers)).json()["id"])
