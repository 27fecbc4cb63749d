"""SQL of the room, each statement above the function that runs it."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import asyncpg

from longan.floor.accounts.identity_cases import COLUMNS, EMPTIED, SEALED, SealedCase
from longan.floor.accounts.personal import Column
from longan.floor.database.db import maybe
from longan.floor.database.listing import Listing, listing, newest
from longan.floor.database.page import Cursors
from longan.rooms.assurance.models import AccountStanding, CaseOpen, IdentityLookPage, MyCase, Source, Verdict

MINE = "c.id, c.state, c.source, c.submitted_at, c.decided_at, c.reason_code, c.reason"

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
    columns = (sealed[name] for name in COLUMNS)
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
  from reviews.looks l
 where l.account_id = {account_id}""",
        where={},
        orders={"newest": newest("l.looked_at", "l.id")},
    )
)


async def looks(
    conn: asyncpg.Connection, cursors: Cursors, account: UUID, cursor: str | None, limit: int
) -> IdentityLookPage:
    """Raises `InvalidRequest` for a cursor of another list."""
    return await LOOKS.page(conn, cursors, "newest", {"account_id": account}, cursor, limit, IdentityLookPage)


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
