"""SQL of the room, each statement above the function that runs it."""

from datetime import datetime
from uuid import UUID

import asyncpg

from longan.floor.database.db import maybe
from longan.floor.database.listing import Listing, listing, newest
from longan.floor.database.page import Cursors
from longan.rooms.viewing_numbers.models import Number, OwnerResponse, ViewingLookPage

LOOK = """-- viewing_numbers.look
with seen as (
    select s.side, case when s.side = 'owner' then r.worker_id else r.contact_id end as account_id,
           s.side = 'owner' or viewings.side_of(r, r.contact_id) = 'owner' as is_theirs
      from viewings.requests r
     cross join lateral (select viewings.side_of(r, $2) as side) s
     where r.id = $1 and viewings.shows_numbers(r, $3) and (r.worker_id = $2 or s.side is not null)),
number as (
    select s.side, s.account_id, case when a.disabled_at is null and s.is_theirs then a.phone_cipher end as cipher
      from seen s
      join identity.accounts a on a.id = s.account_id),
looked as (
    insert into viewing_numbers.looks (request_id, account_id, seen_by, side, looked_at)
    select $1, n.account_id, $2, n.side, $3 from number n where n.cipher is not null)
select n.account_id, n.cipher from number n"""


async def look(tx: asyncpg.Connection, identifier: UUID, account: UUID, now: datetime) -> Number | None:
    """The sealed number of the other side of what is agreed on; that the account looked is on record with it."""
    return maybe(await tx.fetchrow(LOOK, identifier, account, now), Number)


IS_OF = """-- viewing_numbers.is_of
select exists (select from viewings.requests r
                where r.id = $1 and (r.worker_id = $2 or viewings.side_of(r, $2) is not null))"""


async def is_of(conn: asyncpg.Connection, identifier: UUID, account: UUID) -> bool:
    """Whether the request is of the account's, on whichever side."""
    return bool(await conn.fetchval(IS_OF, identifier, account))


LOOKS = listing(
    Listing(
        name="viewing_numbers.looks",
        select="""select k.id, k.request_id as viewing_id, l.title as housing_title, k.side, k.looked_at
  from viewing_numbers.looks k
  join viewings.requests r on r.id = k.request_id and k.account_id = {account_id}
  join housing.listings l on l.id = r.listing_id
 where k.account_id = {account_id}""",
        where={},
        orders={"newest": newest("k.looked_at", "k.id")},
    )
)


async def looks(
    conn: asyncpg.Connection, cursors: Cursors, account: UUID, cursor: str | None, limit: int
) -> ViewingLookPage:
    """Raises `InvalidRequest` for a foreign cursor."""
    return await LOOKS.page(conn, cursors, "newest", {"account_id": account}, cursor, limit, ViewingLookPage)


RESPONSE = """-- viewing_numbers.response
select case when a.asked >= $4 then a.asked end as asked,
       case when a.asked >= $4 then (100 * a.answered / a.asked)::integer end as answered_percent,
       case when a.asked >= $4 then a.median_minutes end as median_minutes
  from housing.listings l
 cross join lateral viewings.response_of(l.owner_id, l.employer_id, $2, $3) a
 where l.id = $1 and l.status = 'open' and l.stale_at > $5
   and not exists (select from employers.employers e where e.id = l.employer_id and e.status = 'suspended')"""


async def response(
    conn: asyncpg.Connection, listing_id: UUID, since: datetime, until: datetime, fewest: int, now: datetime
) -> OwnerResponse | None:
    """How the owner of a listing that is shown answers."""
    return maybe(await conn.fetchrow(RESPONSE, listing_id, since, until, fewest, now), OwnerResponse)
