"""What befalls the dormitories of an employer: hidden with it when it is suspended, and given back to it."""

from datetime import datetime
from uuid import UUID

import asyncpg

from longan.floor.housing import housing_listings
from longan.floor.housing.housing_limits import limits_on
from longan.floor.pay_and_days.wages import day_of

BATCH = 100
# What the history says of it; an official's own word on a listing reads otherwise, and outlasts it.
WITHHELD = "employer_suspended"
GIVEN_BACK = "employer_reinstated"

OPEN = f"""-- employer_dormitories.open (worker)
select l.id
  from housing.listings l
  join employers.employers e on e.id = l.employer_id
 where l.employer_id = $1 and e.status <> 'verified' and l.status in ('open', 'stale')
 order by l.id
 limit {BATCH}
   for no key update of l
   for share of e"""


async def withhold(pool: asyncpg.Pool, employer: UUID, now: datetime) -> None:
    """Hide what is open or stale of an employer that is not verified by now. Nothing can be published meanwhile:
    publishing holds the employer's row."""
    moved = BATCH
    while moved == BATCH:
        async with pool.acquire() as tx, tx.transaction():
            rows = await tx.fetch(OPEN, employer)
            for row in rows:
                await housing_listings.move(tx, row["id"], "hidden", "system", None, WITHHELD, now)
        moved = len(rows)


HIDDEN = f"""-- employer_dormitories.hidden (worker)
select l.id
  from housing.listings l
  join employers.employers e on e.id = l.employer_id
 where l.employer_id = $1 and e.status = 'verified' and l.status = 'hidden'
   and '{WITHHELD}' = (select h.reason from housing.history h
                        where h.listing_id = l.id and h.from_status <> h.to_status
                        order by h.changed_at desc, h.id desc
                        limit 1)
   and housing_reports.confirmed(l) < $2
 order by l.id
 limit {BATCH}
   for no key update of l
   for share of e"""


async def give_back(pool: asyncpg.Pool, employer: UUID, official: UUID, now: datetime) -> None:
    """What was hidden with the employer is open again, and to be confirmed as anything that opens.

    Unlike postings, which become drafts: whoever lives there went on living there. What officials have hidden for
    itself stays hidden, and so does what enough people's confirmed reports have hidden meanwhile.
    """
    few = limits_on(day_of(now)).hidden_at
    moved = BATCH
    while moved == BATCH:
        async with pool.acquire() as tx, tx.transaction():
            rows = await tx.fetch(HIDDEN, employer, few)
            for row in rows:
                await housing_listings.move(tx, row["id"], "open", "official", official, GIVEN_BACK, now)
        moved = len(rows)
