"""Registrations: whoever registers an employer, or wants another name for it, has the tax registry asked about it."""

from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from longan.floor.database import queue

# What the registry said so lately it would say again; and one question that waits is enough.
GOOD_FOR = timedelta(hours=1)

ASK = """-- registrations.ask
insert into registry.checks (employer_id, opened_at, next_try_at)
select $1, $2, $2
 where not exists (select from registry.checks c
                    where c.employer_id = $1
                      and (c.state = 'waiting' or c.state = 'answered' and c.answered_at > $3))
on conflict do nothing
returning id"""


async def ask(tx: asyncpg.Connection, employer: UUID, now: datetime) -> None:
    """Promise that the registry is asked, however long it is away; that it waits to be is to be seen at once.

    The promise names the question and never the tax code, which may be the number of a person."""
    asked = await tx.fetchval(ASK, employer, now, now - GOOD_FOR)
    if asked is not None:
        await queue.add(tx, "check_registration", check_id=asked)
