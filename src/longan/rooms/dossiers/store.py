"""SQL of the room: what was seen of dossiers is forgotten again."""

from datetime import datetime

import asyncpg

FORGET = """-- dossiers.forget (worker)
with seen as (delete from dossiers.dossiers d where d.as_of < $1),
proven as (delete from dossiers.proofs p where p.proven_at < $1)
delete from dossiers.failures f where f.failed_at < $2"""


async def forget(tx: asyncpg.pool.PoolConnectionProxy, seen_before: datetime, failed_before: datetime) -> None:
    """Dossiers that nobody has looked up since, who had proved that they hold them, and failures."""
    await tx.execute(FORGET, seen_before, failed_before)
