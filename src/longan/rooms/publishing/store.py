"""SQL of the room, each statement above the function that runs it; a posting is moved by the floor."""

from datetime import datetime
from uuid import UUID

import asyncpg

from longan.floor.database.db import maybe
from longan.floor.postings.postings import Status
from longan.rooms.publishing.models import Ending

ENDING = """-- publishing.ending (worker)
select j.title as job_title, e.name as employer_name,
       array(select m.account_id from members.members m where m.employer_id = j.employer_id) as members
  from jobs.postings j
  join employers.employers e on e.id = j.employer_id
 where j.id = $1 and j.status = $2 and j.expires_at = $3"""


async def ending(pool: asyncpg.Pool, job: UUID, status: Status, expires_at: datetime) -> Ending | None:
    """A posting whose end is that one, None when it has another by now, or another status."""
    return maybe(await pool.fetchrow(ENDING, job, status, expires_at), Ending)
