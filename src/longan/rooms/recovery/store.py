"""SQL of the room, each statement above the function that runs it."""

from datetime import datetime
from uuid import UUID

import asyncpg

from longan.floor.database.db import many, maybe
from longan.floor.database.listing import Listing, listing, newest, oldest
from longan.floor.database.page import Cursors
from longan.rooms.recovery.models import (
    VISIBLE,
    Due,
    RecoveryLookPage,
    Resolved,
    ReviewedRecovery,
    Sealing,
    SealingPage,
    Standing,
    State,
)

CLAIMED = """-- recovery.claimed
select count(distinct c.phone_index) from recovery.cases c
 where c.lost_index = $1 and c.phone_index <> $2 and c.opened_at > $3"""


async def claimed(tx: asyncpg.Connection, lost: bytes, phone: bytes, since: datetime) -> int:
    """How many other phones were proved for the same lost one since."""
    return int(await tx.fetchval(CLAIMED, lost, phone, since))


REPLACE = """-- recovery.replace
update recovery.cases c set state = 'replaced', closed_at = $2 where c.phone_index = $1 and c.closed_at is null"""

OPEN = """-- recovery.open
insert into recovery.cases (id, lost_index, number_index, phone_index, phone_cipher, locale, opened_at, due_at)
values ($1, $2, $3, $4, $5, $6, $7, $8)"""


async def open_case(
    tx: asyncpg.Connection, case: UUID, *, lost: bytes, number: bytes | None, phone: bytes, cipher: bytes, locale: str,
    now: datetime, due_at: datetime,
) -> bool:  # fmt: skip
    """A case, instead of what this phone has begun before; False when it began another one at the same moment."""
    await tx.execute(REPLACE, phone, now)
    try:
        async with tx.transaction():
            await tx.execute(OPEN, case, lost, number, phone, cipher, locale, now, due_at)
    except asyncpg.UniqueViolationError:
        return False
    return True


STAFF = """exists (select from identity.roles r
                where r.account_id = a.id and r.role in ('official', 'administrator'))"""
OTHER_WAY_IN = """(exists (select from passkeys.credentials k where k.account_id = a.id)
        or exists (select from federation.links l where l.account_id = a.id))"""

# Whatever was named, the account's owner is told and sees it: nobody learns from that whether the number was right.
# What was named to find somebody is not kept.
RESOLVE = f"""-- recovery.resolve (worker)
with found as (
    select c.id, a.id as account_id, a.phone_cipher as old_cipher, i.account_id is not null as confirmed,
           coalesce(i.number_index = c.number_index, false) as matched, {STAFF} as staff,
           {OTHER_WAY_IN} as other_way_in
      from recovery.cases c
      left join identity.accounts a on a.phone_index = c.lost_index and a.disabled_at is null
      left join assurance.identities i on i.account_id = a.id and i.confirmed_at is not null
     where c.id = $1 and c.state = 'opened'
       for update of c),
settled as (
    select f.id, f.account_id, f.old_cipher, f.matched, f.confirmed,
           case when f.staff then 'refused'
                when f.account_id is null or f.confirmed and not f.matched then 'blind'
                when f.confirmed or f.other_way_in then 'review' else 'waiting' end as state
      from found f)
update recovery.cases c
   set state = s.state, number_index = null, number_matched = s.matched, account_id = s.account_id,
       review_for = case when s.state = 'review' and s.confirmed then 'identity_confirmed'
                         when s.state = 'review' then 'other_way_in' end,
       closed_at = case when s.state = 'refused' then $2::timestamptz end
  from settled s
 where c.id = s.id
returning c.state, c.account_id, c.locale, s.old_cipher"""


async def resolve(tx: asyncpg.Connection, case: UUID, now: datetime) -> Resolved | None:
    """Whose case it is, and who decides it; None when that is known already, or the case is over."""
    return maybe(await tx.fetchrow(RESOLVE, case, now), Resolved)


SHOWN = "c.id, c.state, c.phone_cipher, c.opened_at, c.due_at, c.objected_at"

MINE = f"""-- recovery.mine
select {SHOWN}
  from recovery.cases c
 where c.account_id = $1 and c.closed_at is null
 order by c.opened_at, c.id"""


async def mine(conn: asyncpg.Connection, account: UUID) -> list[Sealing]:
    return many(await conn.fetch(MINE, account), Sealing)


CANCEL = f"""-- recovery.cancel
update recovery.cases c set state = 'cancelled', closed_at = $3
 where c.id = $1 and c.account_id = $2 and c.state = any($4)
returning {SHOWN}"""


async def cancel(tx: asyncpg.Connection, case: UUID, account: UUID, now: datetime) -> Sealing | None:
    return maybe(await tx.fetchrow(CANCEL, case, account, now, list(VISIBLE)), Sealing)


# Whoever approves after an objection knew of it: a second one brings the case back no more.
TO_REVIEW = "(c.state = 'waiting' or c.state = 'approved' and c.objected_at is null)"

OBJECT = f"""-- recovery.object
update recovery.cases c
   set state = case when {TO_REVIEW} then 'review' else c.state end,
       review_for = case when {TO_REVIEW} then 'objection' else c.review_for end,
       objected_at = coalesce(c.objected_at, $3)
 where c.id = $1 and c.account_id = $2 and c.state = any($4)
returning {SHOWN}"""


async def object_to(tx: asyncpg.Connection, case: UUID, account: UUID, now: datetime) -> Sealing | None:
    """A person decides about the case, who sees that somebody at the account said no."""
    return maybe(await tx.fetchrow(OBJECT, case, account, now, list(VISIBLE)), Sealing)


LOOKS = listing(
    Listing(
        name="recovery.looks",
        select="""select l.id, l.case_id as recovery_id, l.agency_code, l.purpose, l.looked_at
  from recovery.looks l
 where l.account_id = {account_id}""",
        where={},
        orders={"newest": newest("l.looked_at", "l.id")},
    )
)


async def looks(
    conn: asyncpg.Connection, cursors: Cursors, account: UUID, cursor: str | None, limit: int
) -> RecoveryLookPage:
    """Raises `InvalidRequest` for a cursor of another list."""
    return await LOOKS.page(conn, cursors, "newest", {"account_id": account}, cursor, limit, RecoveryLookPage)


# Whoever has seen the identity of an account could have begun its recovery.
INVOLVED = """(c.account_id = {official_id}
    or exists (select from reviews.looks l where l.account_id = c.account_id and l.official_id = {official_id}))"""

REVIEWS = listing(
    Listing(
        name="recovery.reviews",
        select=f"""select {SHOWN}, c.review_for, c.number_matched
  from recovery.cases c
  left join people.profiles p on p.account_id = c.account_id
 where c.state = 'review' and not {INVOLVED}
   and staff.may({{official_id}}, 'identity', p.ward_version, p.ward_code, {{now}})""",
        where={},
        orders={"oldest": oldest("c.opened_at", "c.id")},
    )
)


async def reviews(
    conn: asyncpg.Connection, cursors: Cursors, official: UUID, cursor: str | None, limit: int, now: datetime
) -> SealingPage:
    """What an official may decide. Raises `InvalidRequest` for a cursor of another list."""
    return await REVIEWS.page(
        conn, cursors, "oldest", {"official_id": official, "now": now}, cursor, limit, SealingPage
    )


STANDING = f"""-- recovery.standing
select c.state, {INVOLVED.format(official_id="$2")} as involved
  from recovery.cases c
  left join people.profiles p on p.account_id = c.account_id
 where c.id = $1 and c.account_id is not null and c.state <> 'blind'
   and staff.may($2, 'identity', p.ward_version, p.ward_code, $3)
   for update of c"""


async def standing(tx: asyncpg.Connection, case: UUID, official: UUID, now: datetime) -> Standing | None:
    """Where a case stands, which is then locked; None when there is none that such an official decides."""
    return maybe(await tx.fetchrow(STANDING, case, official, now), Standing)


LOOKED = """-- recovery.looked
select (select count(*) from recovery.looks l where l.official_id = $1 and l.looked_at > $2)
       + (select count(*) from reviews.looks l where l.official_id = $1 and l.looked_at > $2)"""


async def looked(conn: asyncpg.Connection, official: UUID, since: datetime) -> int:
    """How often an official has looked at somebody since, in any room."""
    return int(await conn.fetchval(LOOKED, official, since))


LOOK = """-- recovery.look
with looked as (
    insert into recovery.looks (case_id, account_id, official_id, agency_code, purpose, looked_at)
    select c.id, c.account_id, $2, $3, $4, $5
      from recovery.cases c
     where c.id = $1 and c.state = 'review' and c.account_id <> $2
    returning case_id, account_id)
select l.case_id as id, l.account_id, p.full_name
  from looked l
  left join people.profiles p on p.account_id = l.account_id"""


async def look(
    tx: asyncpg.Connection, case: UUID, official: UUID, agency: str | None, purpose: str, now: datetime
) -> ReviewedRecovery | None:
    """Whose account a case is about; that the official looked is on record with it."""
    return maybe(await tx.fetchrow(LOOK, case, official, agency, purpose, now), ReviewedRecovery)


DECIDE = """-- recovery.decide
update recovery.cases c
   set state = $2, decided_by = $3, agency_code = $4, reason = $5, decided_at = $6,
       closed_at = case when $2 = 'refused' then $6::timestamptz end
 where c.id = $1 and c.state = 'review' and c.account_id <> $3"""


async def decide(
    tx: asyncpg.Connection, case: UUID, decision: str, official: UUID, agency: str | None, reason: str, now: datetime
) -> None:
    await tx.execute(DECIDE, case, decision, official, agency, reason, now)


# A case that nobody reviews is over when it was opened before $2.
IS_DUE = "c.closed_at is null and c.due_at <= $1 and (c.state <> 'review' or c.opened_at <= $2)"

WAITING = f"""-- recovery.waiting (worker)
select c.id from recovery.cases c where {IS_DUE} order by c.due_at limit 100"""


async def waiting(pool: asyncpg.Pool, now: datetime, lapsed: datetime) -> list[UUID]:
    """Cases whose time has come."""
    return [row["id"] for row in await pool.fetch(WAITING, now, lapsed)]


# What an official has decided about they knew, but for an identity that was confirmed since.
DUE = f"""-- recovery.due (worker)
select c.id, c.state, c.account_id, c.phone_index, c.phone_cipher, a.phone_cipher as old_cipher, c.locale,
       coalesce(a.disabled_at is null and a.phone_index = c.lost_index, false) as stands, {STAFF} as staff,
       case when i.confirmed_at > coalesce(c.decided_at, '-infinity') then 'identity_confirmed'
            when c.state = 'approved' then null
            when {OTHER_WAY_IN} then 'other_way_in'
            when exists (select from sessions.sessions s where s.account_id = a.id and s.last_used_at > c.opened_at)
                then 'in_use'
            when exists (select from recovery.cases o
                          where o.account_id = a.id and o.id <> c.id and o.state <> 'blind' and o.closed_at is null)
                then 'several_claims' end as review_for
  from recovery.cases c
  left join identity.accounts a on a.id = c.account_id
  left join assurance.identities i on i.account_id = a.id
 where c.id = $3 and {IS_DUE}
   for update of c skip locked"""


async def due(tx: asyncpg.Connection, case: UUID, now: datetime, lapsed: datetime) -> Due | None:
    """The case, locked; None when somebody else has it, it is over or its time has not come."""
    return maybe(await tx.fetchrow(DUE, now, lapsed, case), Due)


CLOSE = """-- recovery.close (worker)
update recovery.cases c set state = $2, closed_at = $3 where c.id = $1 and c.closed_at is null"""


async def close(tx: asyncpg.Connection, case: UUID, to: State, now: datetime) -> None:
    await tx.execute(CLOSE, case, to, now)


REVIEW = """-- recovery.review (worker)
update recovery.cases c set state = 'review', review_for = $2 where c.id = $1 and c.closed_at is null"""


async def review(tx: asyncpg.Connection, case: UUID, why: str) -> None:
    await tx.execute(REVIEW, case, why)


OTHERS = """-- recovery.others (worker)
update recovery.cases c set state = 'refused', closed_at = $3
 where c.account_id = $2 and c.id <> $1 and c.closed_at is null"""


async def refuse_others(tx: asyncpg.Connection, case: UUID, account: UUID, now: datetime) -> None:
    """Who else claimed the account comes too late."""
    await tx.execute(OTHERS, case, account, now)


PRUNE = """-- recovery.prune (worker)
delete from recovery.cases c where c.closed_at < $1"""


async def prune(pool: asyncpg.Pool, before: datetime) -> None:
    await pool.execute(PRUNE, before)
