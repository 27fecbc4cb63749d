"""SQL of the room, each statement above the function that runs it."""

from datetime import datetime

import asyncpg

# Of many who come with one token, one wins: the others wait for its row.
SPEND = """-- firebase.spend
insert into firebase.spent_tokens (digest, spent_at) values ($1, $2)
on conflict do nothing
returning true"""


async def spend(tx: asyncpg.Connection, digest: bytes, now: datetime) -> bool:
    """Whether the token had opened nothing before."""
    return bool(await tx.fetchval(SPEND, digest, now))


PRUNE = """-- firebase.prune (worker)
delete from firebase.spent_tokens t where t.spent_at < $1"""


async def prune(pool: asyncpg.Pool, before: datetime) -> None:
    await pool.execute(PRUNE, before)
