"""Consent: the one question every room asks before it uses data for a purpose that needs a yes."""

from datetime import datetime
from uuid import UUID

import asyncpg

from longan.floor.base.errors import ConsentRequired

# The same predicate stands in the SQL of lists: `privacy.consented(account_id, 'job_recommendations', $now)`.
GIVEN = """-- consents.given
select privacy.consented($1, $2, $3)"""


async def given(conn: asyncpg.Connection, account: UUID, purpose: str, now: datetime) -> bool:
    """Whether the account's last word on the purpose, in the text in force, is yes. Silence is no."""
    return bool(await conn.fetchval(GIVEN, account, purpose, now))


async def demand(conn: asyncpg.Connection, account: UUID, purpose: str, now: datetime) -> None:
    """Raises `ConsentRequired`, which names the purpose."""
    if not await given(conn, account, purpose, now):
        raise ConsentRequired(members={"purpose": purpose})
