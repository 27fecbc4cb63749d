"""SQL of the room, each statement above the function that runs it."""

from datetime import datetime
from uuid import UUID

import asyncpg

from longan.floor.accounts.identity_cases import SEALED, SealedCase
from longan.floor.database.db import maybe
from longan.floor.database.listing import Listing, listing, oldest
from longan.floor.database.page import Cursors
from longan.rooms.reviews.models import IdentityReview, IdentityReviewPage, Standing

# Their own is also the case of another account for a number that they have submitted themself.
OWN = """(c.account_id = {official_id} or exists (
           select from assurance.cases o
            where o.account_id = {official_id} and o.number_index = c.number_index))"""

# Whom nobody has confirmed decides on the staff only: so the first officials confirm each other, where no provider
# does, and nobody decides on a second account of theirs unless two administrators have given that one a role too. A
# role that no grant ever bounded is a persona's, in development.
STRANGER = """not (
           exists (select from assurance.identities i
                    where i.account_id = {official_id} and i.confirmed_at is not null)
           or exists (select from identity.roles r
                       where r.account_id = c.account_id and r.role in ('official', 'administrator'))
           or not exists (select from staff.grants g where g.account_id = {official_id}))"""

REVIEWS = listing(
    Listing(
        name="reviews.reviews",
        select=f"""select c.id, c.state, c.source, c.provider_said, c.submitted_at, c.claimed_at,
       coalesce(c.claimed_by = {{official_id}}, false) as mine
  from assurance.cases c
  left join people.profiles p on p.account_id = c.account_id
 where c.state in ('submitted', 'in_review')
   and staff.may({{official_id}}, 'identity', p.ward_version, p.ward_code, {{now}})
   and not {OWN}
   and not {STRANGER}""",
        where={},
        orders={"oldest": oldest("c.submitted_at", "c.id")},
    )
)


async def reviews(
    conn: asyncpg.Connection, cursors: Cursors, official: UUID, cursor: str | None, limit: int, now: datetime
) -> IdentityReviewPage:
    """What waits for the official to decide on. Raises `InvalidRequest` for a cursor of another list."""
    values = {"official_id": official, "now": now}
    return await REVIEWS.page(conn, cursors, "oldest", values, cursor, limit, IdentityReviewPage)


STANDING = f"""-- reviews.standing
select c.state, {OWN} as own, {STRANGER} as stranger, coalesce(c.claimed_by = {{official_id}}, false) as mine,
       coalesce(c.decided_by = {{official_id}}, false) as decided_by_me
  from assurance.cases c
  left join people.profiles p on p.account_id = c.account_id
 where c.id = $1 and staff.may({{official_id}}, 'identity', p.ward_version, p.ward_code, $3)
   for update of c""".format(official_id="$2")


async def standing(tx: asyncpg.Connection, case: UUID, official: UUID, now: datetime) -> Standing | None:
    """Where a case stands, which nobody else changes until this transaction ends; None beyond the official's wards."""
    return maybe(await tx.fetchrow(STANDING, case, official, now), Standing)


REVIEW = """-- reviews.review
select c.id, c.state, c.source, c.provider_said, c.submitted_at, c.claimed_at,
       coalesce(c.claimed_by = $2, false) as mine
  from assurance.cases c
 where c.id = $1 and c.account_id <> $2"""


async def review(conn: asyncpg.Connection, case: UUID, official: UUID) -> IdentityReview | None:
    return maybe(await conn.fetchrow(REVIEW, case, official), IdentityReview)


LOOKED = """-- reviews.looked
select count(*) from reviews.looks l where l.official_id = $1 and l.looked_at > $2"""


async def looked(conn: asyncpg.Connection, official: UUID, since: datetime) -> int:
    """How often an official has looked at somebody since."""
    return int(await conn.fetchval(LOOKED, official, since))


LOOK = f"""-- reviews.look
with looked as (
    insert into reviews.looks (case_id, account_id, official_id, agency_code, purpose, looked_at)
    select c.id, c.account_id, $2, $3, $4, $5
      from assurance.cases c
     where c.id = $1 and c.claimed_by = $2 and c.state = 'in_review'
    returning case_id)
select {SEALED}
  from looked
  join assurance.cases c on c.id = looked.case_id
  left join assurance.person_keys k on k.account_id = c.account_id
 where c.claimed_by = $2"""


async def look(
    tx: asyncpg.Connection, case: UUID, official: UUID, agency_code: str | None, purpose: str, now: datetime
) -> SealedCase | None:
    """What is in a case, for the official who has claimed it; that they looked is on record with it."""
    return maybe(await tx.fetchrow(LOOK, case, official, agency_code, purpose, now), SealedCase)
