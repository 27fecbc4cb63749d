"""SQL of the room, each statement above the function that runs it; listings are moved by the floor."""

from datetime import datetime
from uuid import UUID

import asyncpg

from longan.floor.database.db import many, maybe
from longan.floor.database.listing import Listing, listing, oldest
from longan.floor.database.page import Cursors
from longan.rooms.housing_desk.models import (
    CaseRow,
    HousingCasePage,
    Pair,
    PairOutcome,
    ReportOfCase,
    SamePicturePage,
    StepOfCase,
)

# The step that took the listing `l` from the lists last: what an appeal is about.
ABOUT = """(select h.id from housing.history h
             where h.listing_id = l.id and h.to_status = l.status and h.from_status <> h.to_status
             order by h.changed_at desc, h.id desc limit 1)"""

CASES = listing(
    Listing(
        name="housing_desk.cases",
        select=f"""select l.id as housing_id, l.status, l.title, l.kind, l.rent, l.ward_code,
       housing_reports.confirmed(l) as confirmed,
       exists (select from housing_desk.appeals a where a.about = {ABOUT}) as appealed, l.updated_at, l.version, l.id
  from housing.listings l
 where l.status in ('in_review', 'hidden', 'suspended')
   and staff.may({{official_id}}, 'housing', l.ward_version, l.ward_code, {{now}}::timestamptz)
   and not housing_reports.own({{official_id}}, l)""",
        where={
            "status": "l.status = {status}",
            "ward_code": "l.ward_code = {ward_code}",
            "appealed": "{appealed}::boolean = exists (select from housing_desk.appeals a where a.about = "
            + ABOUT + ")",
        },
        orders={"oldest": oldest("l.updated_at", "l.id")},
    )
)  # fmt: skip


async def cases(
    conn: asyncpg.Connection, cursors: Cursors, official: UUID, filters: dict[str, object], cursor: str | None,
    limit: int, now: datetime,
) -> HousingCasePage:  # fmt: skip
    """Listings that wait for the official. Raises `InvalidRequest` for a cursor of another list."""
    values = {"official_id": official, "now": now, **filters}
    return await CASES.page(conn, cursors, "oldest", values, cursor, limit, HousingCasePage)


HOLD = """-- housing_desk.hold
select l.id from housing.listings l where l.id = any($1) order by l.id for no key update"""


async def hold(tx: asyncpg.Connection, *listings: UUID) -> None:
    """Nobody else changes these listings until the transaction ends."""
    await tx.fetch(HOLD, list(listings))


CASE = f"""-- housing_desk.case
select l.id as housing_id, l.status, l.title, l.description, l.kind, l.rent, l.deposit, l.price_flags, l.ward_code,
       l.version, housing_reports.own($2, l) as own, a.text as appeal,
       a.about is not null and exists (
           select from housing.history h where h.id = a.about and h.changed_by = $2) as decided_by_me, l.employer_id
  from housing.listings l
  left join housing_desk.appeals a on a.about = {ABOUT}
 where l.id = $1 and l.status <> 'draft' and staff.may($2, 'housing', l.ward_version, l.ward_code, $3::timestamptz)"""

REPORTS = """-- housing_desk.reports
select r.reason_code, r.note, r.state, r.created_at
  from housing_reports.reports r
 where r.listing_id = $1
 order by r.created_at desc, r.id desc
 limit 50"""

STEPS = """-- housing_desk.steps
select h.side, h.from_status, h.to_status, h.reason, h.changed_at
  from housing.history h
 where h.listing_id = $1 and h.from_status <> h.to_status
 order by h.changed_at desc, h.id desc
 limit 20"""


async def case(conn: asyncpg.Connection, listing_id: UUID, official: UUID, now: datetime) -> CaseRow | None:
    """A listing in the official's wards, with its latest 50 reports and 20 steps."""
    row = await conn.fetchrow(CASE, listing_id, official, now)
    if row is None:
        return None
    reports = await conn.fetch(REPORTS, listing_id)
    steps = await conn.fetch(STEPS, listing_id)
    return CaseRow(**row, reports=many(reports, ReportOfCase), steps=many(steps, StepOfCase))


EMPLOYER = """-- housing_desk.employer
select e.status from employers.employers e where e.id = $1 for share"""


async def employer_status(tx: asyncpg.Connection, employer: UUID) -> str:
    """Held: a suspension of the employer waits for what is under way."""
    found: str = await tx.fetchval(EMPLOYER, employer)
    return found


APPEAL = f"""-- housing_desk.appeal
insert into housing_desk.appeals (about, listing_id, account_id, text, created_at)
select {ABOUT}, l.id, $2, $3, $4
  from housing.listings l
 where l.id = $1 and l.status in ('hidden', 'suspended')
returning created_at"""


async def appeal(tx: asyncpg.Connection, listing_id: UUID, account: UUID, text: str, now: datetime) -> datetime | None:
    """When it was made; None for a listing that is not kept from the lists. Raises `asyncpg.UniqueViolationError` for
    a second one."""
    made: datetime | None = await tx.fetchval(APPEAL, listing_id, account, text, now)
    return made


# What is not shown any more can wait: it comes back to the queue with whoever opens it.
PAIRS = listing(
    Listing(
        name="housing_desk.pairs",
        select="""select p.id, e.id as earlier_id, e.title as earlier_title, e.status as earlier_status,
       n.id as later_id, n.title as later_title, n.status as later_status, p.is_exact, p.found_at
  from housing_desk.same_pictures p
  join housing.listings a on a.id = p.listing_id
  join housing.listings b on b.id = p.other_id
  join housing.listings e on e.id = case when (a.created_at, a.id) < (b.created_at, b.id) then a.id else b.id end
  join housing.listings n on n.id = case when e.id = a.id then b.id else a.id end
 where p.decided_at is null and a.status in ('in_review', 'open', 'stale', 'hidden')
   and b.status in ('in_review', 'open', 'stale', 'hidden')
   and (staff.may({official_id}, 'housing', a.ward_version, a.ward_code, {now}::timestamptz)
        or staff.may({official_id}, 'housing', b.ward_version, b.ward_code, {now}::timestamptz))
   and not housing_reports.own({official_id}, a) and not housing_reports.own({official_id}, b)""",
        where={},
        orders={"oldest": oldest("p.found_at", "p.id")},
    )
)


async def pairs(
    conn: asyncpg.Connection, cursors: Cursors, official: UUID, cursor: str | None, limit: int, now: datetime
) -> SamePicturePage:
    """Listings with one picture. Raises `InvalidRequest` for a cursor of another list."""
    values = {"official_id": official, "now": now}
    return await PAIRS.page(conn, cursors, "oldest", values, cursor, limit, SamePicturePage)


PAIR = """-- housing_desk.pair
select p.listing_id, p.other_id, p.outcome, housing_reports.own($2, a) or housing_reports.own($2, b) as own
  from housing_desk.same_pictures p
  join housing.listings a on a.id = p.listing_id
  join housing.listings b on b.id = p.other_id
 where p.id = $1
   and (staff.may($2, 'housing', a.ward_version, a.ward_code, $3::timestamptz)
        or staff.may($2, 'housing', b.ward_version, b.ward_code, $3::timestamptz))
   for no key update of p"""


async def pair(tx: asyncpg.Connection, identifier: UUID, official: UUID, now: datetime) -> Pair | None:
    """Two listings, one of them in the official's wards; nobody else decides on them until the transaction ends."""
    return maybe(await tx.fetchrow(PAIR, identifier, official, now), Pair)


DECIDE_PAIR = """-- housing_desk.decide_pair
update housing_desk.same_pictures p set outcome = $2, reason = $3, decided_by = $4, decided_at = $5
 where p.id = $1 and p.decided_at is null"""


async def decide_pair(
    tx: asyncpg.Connection, identifier: UUID, outcome: PairOutcome, reason: str, official: UUID, now: datetime
) -> None:
    """Decide on a pair that the caller holds."""
    await tx.execute(DECIDE_PAIR, identifier, outcome, reason, official, now)


# Files first, then what looks the same: at most six bits of 64 differ between a picture and its copy, and pictures with
# two bytes of eight in common are few. Listings of one owner may share their pictures.
COMPARE = """-- housing_desk.compare (worker)
with until as materialized (
    select t.until_at, t.until_id from housing_desk.looked_through t for update),
fresh as materialized (
    select u.id, u.subject, u.sha256, u.difference_hash, u.claimed_at
      from photos.uploads u, until t
     where u.claimed_for = 'housing' and (u.claimed_at, u.id) > (t.until_at, t.until_id) and u.claimed_at <= $1
     order by u.claimed_at, u.id
     limit $3),
alike as (
    select f.subject, o.subject as other, true as is_exact
      from fresh f
      join photos.uploads o on o.claimed_for = 'housing' and o.sha256 = f.sha256 and o.subject <> f.subject
    union all
    select f.subject, o.subject, false
      from fresh f
      join photos.uploads o
        on o.claimed_for = 'housing' and o.subject <> f.subject
       and housing_desk.pairs(o.difference_hash) && housing_desk.pairs(f.difference_hash)
       and bit_count((o.difference_hash # f.difference_hash)::bit(64)) <= 6),
found as (
    insert into housing_desk.same_pictures (listing_id, other_id, is_exact, found_at)
    select least(s.subject, s.other), greatest(s.subject, s.other), bool_or(s.is_exact), $2
      from alike s
      join housing.listings a on a.id = s.subject
      join housing.listings b on b.id = s.other
     where case when a.employer_id is not null or b.employer_id is not null
                then a.employer_id is distinct from b.employer_id
                else a.owner_id is distinct from b.owner_id end
     group by 1, 2
     order by 1, 2
        on conflict on constraint same_pictures_once do nothing),
gone_through as (
    update housing_desk.looked_through t set until_at = l.claimed_at, until_id = l.id
      from (select f.claimed_at, f.id from fresh f order by f.claimed_at desc, f.id desc limit 1) l)
select count(*) from fresh"""


async def compare(tx: asyncpg.pool.PoolConnectionProxy, claimed_before: datetime, now: datetime, most: int) -> int:
    """Compare at most so many pictures that no run before has, of those bound before a moment; how many they were."""
    return int(await tx.fetchval(COMPARE, claimed_before, now, most))
