"""Blocks: the one question every room asks before it brings an employer to somebody who may want to hear no more."""

from uuid import UUID

import asyncpg

# The same predicate stands in the SQL of lists: `privacy.blocked(account_id, employer_id)`.
BLOCKED = """-- blocks.blocked
select privacy.blocked($1, $2)"""


async def blocked(conn: asyncpg.Connection, account: UUID, employer: UUID) -> bool:
    """Whether the account wants to hear nothing of the employer."""
    return bool(await conn.fetchval(BLOCKED, account, employer))
