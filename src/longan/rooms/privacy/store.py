"""SQL of the room, each statement above the function that runs it."""

from datetime import datetime
from uuid import UUID

import asyncpg

from longan.floor.base.fields import Locale
from longan.floor.database.db import many, maybe
from longan.floor.database.listing import Listing, listing, newest
from longan.floor.database.page import Cursors
from longan.rooms.privacy.models import BlockedEmployer, BlockedEmployerPage, Consent, Purpose

PURPOSES = """-- privacy.purposes
select p.code, p.version,
       case $1 when 'en' then p.title_en else p.title_vi end as title,
       case $1 when 'en' then p.text_en else p.text_vi end as text,
       p.legal_basis, p.sensitive, p.third_party
  from privacy.purposes p
 where p.version = privacy.version_on(p.code, $2)
 order by p.code"""


async def purposes(conn: asyncpg.Connection, locale: Locale, now: datetime) -> list[Purpose]:
    """Each purpose in the version in force."""
    return many(await conn.fetch(PURPOSES, locale, now), Purpose)


CONSENTS = """-- privacy.consents
select p.code as purpose, coalesce(c.given and c.version = p.version, false) as given, c.version, c.at as said_at
  from (select code, privacy.version_on(code, $2) as version from privacy.purposes group by code) p
  left join lateral (select k.given, k.version, k.at from privacy.consents k
                      where k.account_id = $1 and k.purpose = p.code
                      order by k.id desc limit 1) c on true
 where p.version is not null
 order by p.code"""


async def consents(conn: asyncpg.Connection, account: UUID, now: datetime) -> list[Consent]:
    """The account's last word on every purpose in force."""
    return many(await conn.fetch(CONSENTS, account, now), Consent)


# Whoever says the same again says nothing new. The id orders what was said, so one account speaks at a time.
SAY = """-- privacy.say
with last as (
    select k.given, k.version from privacy.consents k
     where k.account_id = $1 and k.purpose = $2 order by k.id desc limit 1),
said as (
    insert into privacy.consents (account_id, purpose, version, given, locale, session_id, at)
    select $1, $2, $3, $4, $5, $6, $7
     where not exists (select from last where last.given = $4 and (last.version = $3 or not $4))
    returning purpose, given, version, at as said_at)
select purpose, given, version, said_at from said
 union all
(select k.purpose, k.given, k.version, k.at from privacy.consents k
  where k.account_id = $1 and k.purpose = $2 order by k.id desc limit 1)
 limit 1"""

ONE_AT_A_TIME = """-- privacy.one_at_a_time
select pg_advisory_xact_lock(hashtextextended('privacy:' || $1::text, 0))"""


async def say(
    tx: asyncpg.Connection, account: UUID, purpose: str, version: int, given: bool, locale: Locale, session: UUID,
    now: datetime,
) -> Consent | None:  # fmt: skip
    """The account's word on a purpose, kept for ever."""
    await tx.execute(ONE_AT_A_TIME, str(account))
    return maybe(await tx.fetchrow(SAY, account, purpose, version, given, locale, session, now), Consent)


BLOCK = """-- privacy.block
with made as (
    insert into privacy.blocks (account_id, employer_id, blocked_at)
    select $1, e.id, $3 from employers.employers e where e.id = $2
    on conflict (account_id, employer_id) do update set blocked_at = blocks.blocked_at
    returning employer_id, blocked_at)
select m.employer_id, e.name, m.blocked_at from made m join employers.employers e on e.id = m.employer_id"""


async def block(tx: asyncpg.Connection, account: UUID, employer: UUID, now: datetime) -> BlockedEmployer | None:
    """The block, with the time when it was first made; None for no employer."""
    return maybe(await tx.fetchrow(BLOCK, account, employer, now), BlockedEmployer)


UNBLOCK = """-- privacy.unblock
delete from privacy.blocks where account_id = $1 and employer_id = $2 returning true"""


async def unblock(tx: asyncpg.Connection, account: UUID, employer: UUID) -> bool:
    return bool(await tx.fetchval(UNBLOCK, account, employer))


BLOCKS = listing(
    Listing(
        name="privacy.blocks",
        select="""select b.employer_id, e.name, b.blocked_at
  from privacy.blocks b
  join employers.employers e on e.id = b.employer_id
 where b.account_id = {account_id}""",
        where={},
        orders={"newest": newest("b.blocked_at", "b.employer_id")},
    )
)


async def blocked(
    conn: asyncpg.Connection, cursors: Cursors, account: UUID, cursor: str | None, limit: int
) -> BlockedEmployerPage:
    """Whom the account has blocked, newest first. Raises `InvalidRequest` for a cursor of another list."""
    return await BLOCKS.page(conn, cursors, "newest", {"account_id": account}, cursor, limit, BlockedEmployerPage)
