"""SQL of the room, each statement above the function that runs it."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import asyncpg

from longan.assurance.models import (
    AccountStanding,
    AnotherPerson,
    CaseOpen,
    How,
    IdentityLookPage,
    IdentityReview,
    IdentityReviewPage,
    MyCase,
    NumberTaken,
    SealedCase,
    Source,
    Standing,
    Verdict,
)
from longan.db import maybe
from longan.listing import Listing, Order, listing
from longan.page import Cursors
from longan.personal import Column

MINE = "c.id, c.state, c.source, c.submitted_at, c.decided_at, c.reason_code, c.reason"
EMPTIED = (
    "number_index = null, number = null, full_name = null, birth_date = null, sex = null, address = null, "
    "version = c.version + 1"
)
SEALED = """c.id, c.account_id, c.number, c.full_name, c.birth_date, c.sex, c.address, k.wrap_key, k.wrapped,
       k.version as key_version, c.source, c.provider_said,
       exists (select from assurance.identities t
                where t.number_index = c.number_index and t.account_id <> c.account_id) as number_taken,
       c.version"""

ACCOUNT_STANDING = """-- assurance.account_standing
select uuidv7() as id, i.confirmed_at is not null as confirmed,
       coalesce(i.number_index <> $2, false) as another,
       (select count(*) from assurance.cases c where c.account_id = $1 and c.submitted_at > $3) as lately
  from identity.accounts a
  left join assurance.identities i on i.account_id = a.id
 where a.id = $1"""


async def account_standing(
    conn: asyncpg.Connection, account: UUID, number_index: bytes, since: datetime
) -> AccountStanding:
    """Whether the account may submit a number, and an id for the case."""
    if (found := maybe(await conn.fetchrow(ACCOUNT_STANDING, account, number_index, since), AccountStanding)) is None:
        raise RuntimeError("an account that exists was not found")
    return found


INSERT = f"""-- assurance.insert
with made as (
    insert into assurance.cases as c (id, account_id, state, source, number_index, number, full_name, birth_date, sex,
                                      address, submitted_at)
    values ($1, $2, 'submitted', $3, $4, $5, $6, $7, $8, $9, $10)
    returning {MINE})
select * from made"""


async def insert(
    tx: asyncpg.Connection, case: UUID, account: UUID, source: Source, number_index: bytes,
    sealed: Mapping[Column, bytes | None], now: datetime,
) -> MyCase:  # fmt: skip
    """Raises `CaseOpen` when one of the account's is open."""
    columns = (sealed[name] for name in ("number", "full_name", "birth_date", "sex", "address"))
    try:
        made = maybe(await tx.fetchrow(INSERT, case, account, source, number_index, *columns, now), MyCase)
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name == "cases_one_open":
            raise CaseOpen from error
        raise
    if made is None:
        raise RuntimeError("an insert returned nothing")
    return made


LATEST = f"""-- assurance.latest
select {MINE} from assurance.cases c where c.account_id = $1 order by c.submitted_at desc, c.id desc limit 1"""


async def latest(conn: asyncpg.Connection, account: UUID) -> MyCase | None:
    return maybe(await conn.fetchrow(LATEST, account), MyCase)


CONFIRMED = f"""-- assurance.confirmed
select i.confirmed_at, i.confirmed_by, {SEALED}
  from assurance.identities i
  left join assurance.cases c on c.id = i.case_id and c.account_id = i.account_id
  left join assurance.person_keys k on k.account_id = i.account_id
 where i.account_id = $1 and i.confirmed_at is not null"""


async def confirmed(conn: asyncpg.Connection, account: UUID) -> tuple[datetime, str, SealedCase | None] | None:
    """When and how the account was confirmed, and the sealed case that says for whom."""
    row = await conn.fetchrow(CONFIRMED, account)
    if row is None:
        return None
    return row["confirmed_at"], row["confirmed_by"], maybe(row, SealedCase) if row["id"] else None


WITHDRAW = f"""-- assurance.withdraw
update assurance.cases c set state = 'withdrawn', {EMPTIED}
 where c.account_id = $1 and c.state in ('submitted', 'in_review')
returning c.id"""


async def withdraw(tx: asyncpg.Connection, account: UUID) -> UUID | None:
    """Take back the open case of the account and forget what was in it; None when there is none."""
    withdrawn: UUID | None = await tx.fetchval(WITHDRAW, account)
    return withdrawn


LOOKS = listing(
    Listing(
        name="assurance.looks",
        select="""select l.id, l.case_id, l.agency_code, l.purpose, l.looked_at
  from assurance.looks l
 where l.account_id = {account_id}""",
        where={},
        orders={
            "newest": Order(
                by="l.looked_at desc, l.id desc",
                after="(l.looked_at, l.id) < ({after_0}, {after_1})",
                position=("looked_at", "id"),
                kind=tuple[datetime, UUID],
            )
        },
    )
)


async def looks(
    conn: asyncpg.Connection, cursors: Cursors, account: UUID, cursor: str | None, limit: int
) -> IdentityLookPage:
    """Raises `InvalidRequest` for a cursor of another list."""
    return await LOOKS.page(conn, cursors, "newest", {"account_id": account}, cursor, limit, IdentityLookPage)


REVIEWS = listing(
    Listing(
        name="assurance.reviews",
        select="""select c.id, c.state, c.source, c.provider_said, c.submitted_at, c.claimed_at,
       coalesce(c.claimed_by = {official_id}, false) as mine
  from assurance.cases c
 where c.state in ('submitted', 'in_review') and c.account_id <> {official_id}""",
        where={},
        orders={
            "oldest": Order(
                by="c.submitted_at, c.id",
                after="(c.submitted_at, c.id) > ({after_0}, {after_1})",
                position=("submitted_at", "id"),
                kind=tuple[datetime, UUID],
            )
        },
    )
)


async def reviews(
    conn: asyncpg.Connection, cursors: Cursors, official: UUID, cursor: str | None, limit: int
) -> IdentityReviewPage:
    """What waits to be decided, but for the official's own. Raises `InvalidRequest` for a cursor of another list."""
    return await REVIEWS.page(conn, cursors, "oldest", {"official_id": official}, cursor, limit, IdentityReviewPage)


# A role that no grant bounds is a persona's, in development. A case has no ward yet, so wards bound nobody here.
MAY_REVIEW = """-- assurance.may_review
select count(*) = 0
       or coalesce(bool_or(g.function = 'identity' and g.ended_at is null and g.starts_at <= $2
                           and (g.ends_at is null or g.ends_at > $2)), false)
  from staff.grants g
 where g.account_id = $1 and g.role = 'official'"""


async def may_review(conn: asyncpg.Connection, official: UUID, now: datetime) -> bool:
    """Whether identities are what the official was appointed for (SECURITY Z6)."""
    return bool(await conn.fetchval(MAY_REVIEW, official, now))


# Their own is also the case of another account for the number that they are confirmed for.
OWN = """(c.account_id = $2 or exists (select from assurance.identities o
                                      where o.account_id = $2 and o.number_index = c.number_index))"""

STANDING = f"""-- assurance.standing
select c.state, {OWN} as own, coalesce(c.claimed_by = $2, false) as mine,
       coalesce(c.decided_by = $2, false) as decided_by_me
  from assurance.cases c
 where c.id = $1"""


async def standing(conn: asyncpg.Connection, case: UUID, official: UUID) -> Standing | None:
    return maybe(await conn.fetchrow(STANDING, case, official), Standing)


# Who has claimed a case and left it is no reason for it to wait for ever.
CLAIM = f"""-- assurance.claim
update assurance.cases c
   set state = 'in_review', claimed_by = $2,
       claimed_at = case when c.claimed_by = $2 then c.claimed_at else $3::timestamptz end, version = c.version + 1
 where c.id = $1 and not {OWN}
   and (c.state = 'submitted' or c.state = 'in_review' and (c.claimed_by = $2 or c.claimed_at < $4::timestamptz))
returning c.id"""


async def claim(tx: asyncpg.Connection, case: UUID, official: UUID, now: datetime, left_before: datetime) -> bool:
    """Whether the case is the official's to decide: it was free, theirs, or claimed before `left_before`."""
    return await tx.fetchval(CLAIM, case, official, now, left_before) is not None


REVIEW = """-- assurance.review
select c.id, c.state, c.source, c.provider_said, c.submitted_at, c.claimed_at,
       coalesce(c.claimed_by = $2, false) as mine
  from assurance.cases c
 where c.id = $1 and c.account_id <> $2"""


async def review(conn: asyncpg.Connection, case: UUID, official: UUID) -> IdentityReview | None:
    return maybe(await conn.fetchrow(REVIEW, case, official), IdentityReview)


LOOKED = """-- assurance.looked
select count(*) from assurance.looks l where l.official_id = $1 and l.looked_at > $2"""


async def looked(conn: asyncpg.Connection, official: UUID, since: datetime) -> int:
    """How often an official has looked at somebody since."""
    return int(await conn.fetchval(LOOKED, official, since))


LOOK = f"""-- assurance.look
with looked as (
    insert into assurance.looks (case_id, account_id, official_id, agency_code, purpose, looked_at)
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


# An account never becomes another person's. What an earlier case of the account held is no longer needed.
CONFIRM = f"""-- assurance.confirm
with decided as (
    update assurance.cases c
       set state = 'confirmed', decided_how = $3, decided_by = $4, agency_code = $5, decided_at = $6, reason_code = $7,
           reason = $8, version = c.version + 1
     where c.id = $1
       and (c.state = 'submitted' and $2::uuid is null
            or c.state = 'in_review' and c.claimed_by = $2 and not {OWN})
    returning c.id, c.account_id, c.number_index),
put as (
    insert into assurance.identities as i (account_id, confirmed_at, confirmed_by, case_id, number_index)
    select d.account_id, $6, $3, d.id, d.number_index from decided d
    on conflict (account_id) do update
       set confirmed_at = excluded.confirmed_at, confirmed_by = excluded.confirmed_by, case_id = excluded.case_id,
           number_index = excluded.number_index
     where i.number_index is null or i.number_index = excluded.number_index
    returning i.account_id),
earlier as (
    update assurance.cases c set {EMPTIED}
      from decided d
     where c.account_id = d.account_id and c.id <> d.id and c.state = 'confirmed')
select d.account_id, exists (select from put) as put from decided d"""


async def confirm(
    tx: asyncpg.Connection, case: UUID, how: How, now: datetime, *, official: UUID | None = None,
    agency_code: str | None = None, reason_code: str | None = None, reason: str | None = None,
) -> UUID | None:  # fmt: skip
    """The account that is confirmed now; None when the case is not where it can be: `submitted` for a provider, claimed
    by the official for an official. Raises `NumberTaken`, `AnotherPerson`."""
    try:
        row = await tx.fetchrow(CONFIRM, case, official, how, official, agency_code, now, reason_code, reason)
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name == "identities_one_per_number":
            raise NumberTaken from error
        raise
    if row is None:
        return None
    if not row["put"]:
        raise AnotherPerson
    account: UUID = row["account_id"]
    return account


REFUSE = f"""-- assurance.refuse
update assurance.cases c
   set state = 'refused', decided_how = 'official', decided_by = $2, agency_code = $3, decided_at = $4,
       reason_code = $5, reason = $6, {EMPTIED}
 where c.id = $1 and c.state = 'in_review' and c.claimed_by = $2 and not {OWN}
returning c.account_id"""


async def refuse(
    tx: asyncpg.Connection, case: UUID, official: UUID, agency_code: str | None, now: datetime, reason_code: str,
    reason: str,
) -> UUID | None:  # fmt: skip
    """The account that was refused, what it had submitted forgotten; None when the case is not the official's."""
    refused: UUID | None = await tx.fetchval(REFUSE, case, official, agency_code, now, reason_code, reason)
    return refused


WAITING = f"""-- assurance.waiting (worker)
select {SEALED}
  from assurance.cases c
  join assurance.person_keys k on k.account_id = c.account_id
 where c.id = $1 and c.state = 'submitted' and c.provider_said is null
   and privacy.consented(c.account_id, 'identity_confirmation', $2)"""


async def waiting(pool: asyncpg.Pool, case: UUID, now: datetime) -> SealedCase | None:
    """A case that nobody has looked at and no provider was asked about, of somebody who lets us ask one."""
    return maybe(await pool.fetchrow(WAITING, case, now), SealedCase)


SAID = """-- assurance.said (worker)
update assurance.cases c set provider_said = $2, version = c.version + 1
 where c.id = $1 and c.state in ('submitted', 'in_review')"""


async def said(conn: asyncpg.Connection | asyncpg.Pool, case: UUID, verdict: Verdict) -> None:
    """Keep what a provider said, for the official who decides."""
    await conn.execute(SAID, case, verdict)


CLAIMS = """-- assurance.claims (worker)
select c.sealed from federation.claims c where c.id = $1 and c.account_id = $2 and c.acr >= 2"""


async def claims(pool: asyncpg.Pool, claims: UUID, account: UUID) -> bytes | None:
    """What a federated sign-in of the account said, sealed; None where the provider's word was not worth level 2."""
    sealed: bytes | None = await pool.fetchval(CLAIMS, claims, account)
    return sealed


OPEN_UNTIL = """-- assurance.open_until (worker)
select b.open_until from assurance.breakers b where b.provider = 'identity_check' and b.open_until > $1"""


async def open_until(pool: asyncpg.Pool, now: datetime) -> datetime | None:
    """Until when the identity provider is left alone, None when it is not."""
    until: datetime | None = await pool.fetchval(OPEN_UNTIL, now)
    return until


FAILED = """-- assurance.failed (worker)
insert into assurance.breakers as b (provider, failures) values ('identity_check', 1)
on conflict (provider) do update
   set failures = b.failures + 1,
       open_until = case when b.failures + 1 >= $1 then $2::timestamptz else b.open_until end"""


async def failed(pool: asyncpg.Pool, failures: int, open_until: datetime) -> None:
    """The provider failed; after `failures` in a row it is left alone until `open_until`."""
    await pool.execute(FAILED, failures, open_until)


MENDED = """-- assurance.mended (worker)
update assurance.breakers b set failures = 0, open_until = null
 where b.provider = 'identity_check' and b.failures > 0"""


async def mended(pool: asyncpg.Pool) -> None:
    await pool.execute(MENDED)
