"""SQL of the room, each statement above the function that runs it; a listing is moved by the floor."""

from datetime import datetime
from uuid import UUID

import asyncpg

from longan.floor.database.db import maybe
from longan.floor.housing.housing_listings import PUBLISHED
from longan.rooms.letting.models import Told

# Who publishes goes alone: a statement does not see what another wrote while it waited for it.
ALONE = """-- letting.alone
select pg_advisory_xact_lock(hashtextextended('housing of ' || $1::uuid, 0))"""

COUNT = """-- letting.count
select count(*) from housing.listings l
 where l.owner_id = $1 and l.employer_id is null and l.kind <> 'project' and l.id <> $2 and l.status = any($3)"""


async def published(tx: asyncpg.Connection, owner: UUID, but: UUID) -> int:
    """How many others the landlord has published; until the transaction ends nobody publishes beside it."""
    await tx.execute(ALONE, owner)
    count: int = await tx.fetchval(COUNT, owner, but, list(PUBLISHED))
    return count


EMPLOYER = """-- letting.employer
select e.status from employers.employers e where e.id = $1 for share"""


async def employer_status(tx: asyncpg.Connection, employer: UUID) -> str:
    """Held: a suspension of the employer waits for what is under way."""
    found: str = await tx.fetchval(EMPLOYER, employer)
    return found


# Reports that were confirmed while it was closed hide it as those do that were confirmed while it was open.
CONFIRMED = """-- letting.confirmed
select housing_reports.confirmed(l) from housing.listings l where l.id = $1"""


async def confirmed_reports(tx: asyncpg.Connection, listing: UUID) -> int:
    """How many people's confirmed reports count against a listing."""
    found: int = await tx.fetchval(CONFIRMED, listing)
    return found


TOLD = """-- letting.told (worker)
select l.title, l.status, h.side, h.reason,
       case when l.employer_id is not null
            then array(select m.account_id from members.members m where m.employer_id = l.employer_id)
            else array_remove(array[l.owner_id], null) end as people
  from housing.listings l
  left join housing.history h on h.listing_id = l.id and h.version = $2 and h.from_status <> h.to_status
 where l.id = $1"""


async def told(pool: asyncpg.Pool, listing_id: UUID, version: int | None = None) -> Told | None:
    """Whom to tell of a listing, and by whom and why it was moved to that version."""
    return maybe(await pool.fetchrow(TOLD, listing_id, version), Told)


OF_CLOSED = """-- letting.of_closed (worker)
select l.id
  from housing.listings l
  join identity.accounts a on a.id = l.owner_id and a.disabled_at is not null
 where l.owner_id = $1 and l.employer_id is null and l.kind <> 'project' and l.status in ('open', 'stale')
 order by l.id
 limit $2
   for no key update of l"""


async def of_closed(tx: asyncpg.pool.PoolConnectionProxy, account: UUID, most: int) -> list[UUID]:
    """At most so many listings that are shown, or would be, of a landlord whose account is closed; held."""
    return [row["id"] for row in await tx.fetch(OF_CLOSED, account, most)]


STALE_SOON = """-- letting.stale_soon (worker)
select exists (select from housing.listings l where l.id = $1 and l.status = 'open' and l.stale_at = $2)"""


async def is_stale_at(pool: asyncpg.Pool, listing_id: UUID, stale_at: datetime) -> bool:
    return bool(await pool.fetchval(STALE_SOON, listing_id, stale_at))
