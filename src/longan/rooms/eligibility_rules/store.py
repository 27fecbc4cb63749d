"""SQL of the room, each statement above the function that runs it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from longan.floor.database.db import many, maybe
from longan.floor.database.listing import Listing, listing, newest
from longan.floor.database.page import Cursors
from longan.floor.housing_rules.social_housing_cases import SealedHousingCase
from longan.rooms.eligibility_rules.models import HousingRulesPage, Kept, RulesMovedOn

HEAD = """t.id, t.note, t.drafted_by, t.drafted_at, t.preview is not null as is_previewed, t.published_by,
       t.published_at, t.follows, coalesce(t.id = eligibility_rules.newest(), false) as holds"""

LIST = listing(
    Listing(
        name="eligibility_rules.list",
        select=f"select {HEAD} from eligibility_rules.texts t where true",
        where={},
        orders={"newest": newest("t.drafted_at", "t.id")},
    )
)


async def page(conn: asyncpg.Connection, cursors: Cursors, cursor: str | None, limit: int) -> HousingRulesPage:
    """The newest first. Raises `InvalidRequest` for a cursor of another list."""
    return await LIST.page(conn, cursors, "newest", {}, cursor, limit, HousingRulesPage)


ONE = f"""-- eligibility_rules.one
select {HEAD}, t.text, t.preview_asked as preview_asked_at, t.preview_against, t.preview::text as preview,
       eligibility_rules.newest() as newest
  from eligibility_rules.texts t
 where t.id = $1"""


async def one(conn: asyncpg.Connection | asyncpg.Pool, text: UUID) -> Kept | None:
    return maybe(await conn.fetchrow(ONE, text), Kept)


HOLD = """-- eligibility_rules.hold
select t.id from eligibility_rules.texts t where t.id = $1 for update"""


async def hold(tx: asyncpg.Connection, text: UUID) -> None:
    """Nobody else changes the text until the transaction ends."""
    await tx.execute(HOLD, text)


INSERT = """-- eligibility_rules.insert
insert into eligibility_rules.texts (text, note, drafted_by, drafted_at) values ($1, $2, $3, $4) returning id"""


async def insert(tx: asyncpg.Connection, text: str, note: str, account: UUID, now: datetime) -> UUID:
    made: UUID = await tx.fetchval(INSERT, text, note, account, now)
    return made


ASK = """-- eligibility_rules.ask
update eligibility_rules.texts
   set preview_asked = $2, preview = null, preview_against = null
 where id = $1 and published_at is null"""


async def ask(tx: asyncpg.Connection, text: UUID, now: datetime) -> None:
    """The preview there was is no longer shown."""
    await tx.execute(ASK, text, now)


PREVIEWED = """-- eligibility_rules.previewed (worker)
update eligibility_rules.texts
   set preview = $3::text::jsonb, preview_against = $4
 where id = $1 and preview_asked = $2 and published_at is null"""


async def previewed(
    conn: asyncpg.Connection | asyncpg.Pool, text: UUID, asked: datetime, preview: str, against: UUID | None
) -> None:
    """Unless another preview was asked for since, or the text was published."""
    await conn.execute(PREVIEWED, text, asked, preview, against)


PUBLISH = """-- eligibility_rules.publish
update eligibility_rules.texts t
   set published_by = $2, published_at = $3, follows = t.preview_against
 where t.id = $1 and t.published_at is null and t.preview is not null and t.drafted_by <> $2
   and t.preview_against is not distinct from eligibility_rules.newest()
returning true"""


async def publish(tx: asyncpg.Connection, text: UUID, account: UUID, now: datetime) -> None:
    """Raises `RulesMovedOn` where another text was published since it was compared."""
    try:
        done = await tx.fetchval(PUBLISH, text, account, now)
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name == "texts_in_a_row":
            raise RulesMovedOn from error
        raise
    if not done:
        raise RulesMovedOn


# Of people who let us keep them, in the order of an index.
SAVED = """-- eligibility_rules.saved (worker)
select c.account_id, c.sealed, k.wrap_key, k.wrapped, k.version as key_version
  from eligibility.cases c
  join assurance.person_keys k on k.account_id = c.account_id
 where c.account_id > $1 and eligibility.kept(c.account_id, c.updated_at, $2)
 order by c.account_id
 limit $3"""


async def saved(pool: asyncpg.Pool, after: UUID, now: datetime, most: int) -> Sequence[SealedHousingCase]:
    return many(await pool.fetch(SAVED, after, now, most), SealedHousingCase)
