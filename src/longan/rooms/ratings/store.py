"""SQL of the room, each statement above the function that runs it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from uuid import UUID

import asyncpg
import msgspec

from longan.floor.database.db import many, maybe
from longan.rooms.ratings.models import AlreadyRated, Answered, NewRating, Result, SeenDossier, SigningKey

Writing = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy

SEEN = """-- ratings.seen
select d.id, d.sealed
  from dossiers.proofs p
  join dossiers.dossiers d on d.code_index = $2
 where p.holder = $1"""


async def seen(conn: asyncpg.Connection, holder: bytes, code: bytes) -> SeenDossier | None:
    """What was last seen of a dossier, for an account that has shown its receipt."""
    return maybe(await conn.fetchrow(SEEN, holder, code), SeenDossier)


# What a key signed before it was replaced is good for as long as it would have been.
KEY = """-- ratings.key
select k.office_id, k.id as kiosk_id, y.public_key
  from offices.kiosk_keys y
  join offices.kiosks k on k.id = y.kiosk_id
  join offices.offices o on o.id = k.office_id
 where y.id = $1 and k.revoked_at is null and (y.replaced_at is null or y.replaced_at > $2::timestamptz - $3::interval)
   and (o.valid_to is null or o.valid_to >= $4)"""


async def key(tx: asyncpg.Connection, identifier: UUID, now: datetime, life: timedelta, day: date) -> SigningKey | None:
    """A key of a kiosk that is in use, at an office that is."""
    return maybe(await tx.fetchrow(KEY, identifier, now, life, day), SigningKey)


SPEND = """-- ratings.spend
insert into ratings.visits (token, expires_at) values ($1, $2)"""


@contextmanager
def once() -> Iterator[None]:
    """Raises `AlreadyRated` for a second rating of a visit or a dossier."""
    try:
        yield
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name in ("visits_rated_once", "ratings_one_per_dossier"):
            raise AlreadyRated from error
        raise


async def spend(tx: asyncpg.Connection, mark: bytes, expires_at: datetime) -> None:
    """Raises `AlreadyRated` in every transaction but the one in which the token is used up."""
    with once():
        await tx.execute(SPEND, mark, expires_at)


# Whoever comes second waits for the first one's row: no two of them pass the limit together.
TAKE = """-- ratings.take
insert into ratings.kiosk_days as d (kiosk_id, day, visits) values ($1, $2, 1)
    on conflict (kiosk_id, day) do update set visits = d.visits + 1 where d.visits < $3
returning true"""


async def take(tx: asyncpg.Connection, kiosk: UUID, day: date, most: int) -> bool:
    """Count a visit against the kiosk's day; whether there was room for it."""
    return bool(await tx.fetchval(TAKE, kiosk, day, most))


INSERT = """-- ratings.insert
insert into ratings.ratings (id, office_id, subject, rater, rated_on, answers, words)
values ($1, $2, $3, $4, $5, $6::text::jsonb, $7)"""


async def insert(tx: asyncpg.Connection, new: NewRating) -> None:
    """Raises `AlreadyRated`."""
    with once():
        await tx.execute(
            INSERT, new.id, new.office_id, new.subject, new.rater, new.rated_on,
            msgspec.json.encode(new.answers).decode(), new.words,
        )  # fmt: skip


WITHDRAW = """-- ratings.withdraw
delete from ratings.ratings r
 where r.id = $1 and r.rater = $2 and r.rated_on >= $3
   and not exists (select from ratings.months m where m.month = date_trunc('month', r.rated_on)::date)
returning r.id"""


async def withdraw(tx: asyncpg.Connection, rating: UUID, rater: bytes, since: date) -> bool:
    """Whether the rater had made it since, and nothing was told of it."""
    return await tx.fetchval(WITHDRAW, rating, rater, since) is not None


UNTOLD = """-- ratings.untold (worker)
select distinct date_trunc('month', r.rated_on)::date as month
  from ratings.ratings r
 where r.rated_on < $1
   and not exists (select from ratings.months m where m.month = date_trunc('month', r.rated_on)::date)
 order by month"""


async def untold(tx: Writing, before: date) -> list[date]:
    """Months that ended before the month that begins then, and of which nothing is told."""
    return [row["month"] for row in await tx.fetch(UNTOLD, before)]


TELL = """-- ratings.tell (worker)
insert into ratings.months (month, told_at) values ($1, $2) on conflict on constraint months_told_once do nothing
returning month"""


async def tell(tx: Writing, month: date, now: datetime) -> bool:
    """Whether this transaction is the one in which the month is told."""
    return await tx.fetchval(TELL, month, now) is not None


COUNT = """-- ratings.count (worker)
select r.office_id, o.name is not null as listed, a.key as question, a.value::integer as score,
       count(*)::integer as people
  from ratings.ratings r
  join offices.offices o on o.id = r.office_id
 cross join lateral jsonb_each_text(r.answers) a
 where r.rated_on >= $1::date and r.rated_on < ($1::date + interval '1 month')::date
 group by r.office_id, o.name is not null, a.key, a.value::integer"""


async def count(tx: Writing, month: date) -> list[Answered]:
    """What was answered in a month, as it is: not to be shown."""
    return many(await tx.fetch(COUNT, month), Answered)


RESULT = """-- ratings.result (worker)
insert into ratings.results (month, part, office_id, question, ratings, average, scores)
values ($1, $2, $3, $4, $5, $6, $7)"""


async def keep(tx: Writing, month: date, results: Sequence[Result]) -> None:
    await tx.executemany(RESULT, [(month, *msgspec.structs.astuple(each)) for each in results])


# Offices of which too few have spoken wait, with what they said, for more.
RELEASE = """-- ratings.release (worker)
with enough as (
    select r.office_id from ratings.ratings r
     where r.released_in is null and r.rated_on < $1
     group by r.office_id
    having count(*) >= $2)
update ratings.ratings r set released_in = $1
  from enough e
 where r.office_id = e.office_id and r.released_in is null and r.rated_on < $1"""


async def release(tx: Writing, month: date, fewest: int) -> None:
    """Show officials what was said before the month that begins then, of offices of which `fewest` have spoken."""
    await tx.execute(RELEASE, month, fewest)


FORGET_LINKS = """-- ratings.forget_links (worker)
update ratings.ratings r
   set rater = null, subject = case when r.rated_on >= $2 then r.subject end
 where r.rated_on < $1 and (r.rater is not null or r.rated_on < $2 and r.subject is not null)"""

FORGET = """-- ratings.forget (worker)
with old as (
    delete from ratings.ratings r
     where r.rated_on < $1 and (r.released_in is null or r.released_in < $1)),
visits as (
    delete from ratings.visits v where v.expires_at < $2),
days as (
    delete from ratings.kiosk_days d where d.day < $3)
delete from ratings.invitations i where i.finished_on < $4"""


async def forget(tx: Writing, raters: date, subjects: date, ratings: date, visits: datetime) -> None:
    """Who rated before `raters`; which dossiers were rated, and who was asked to, before `subjects`; ratings from
    before `ratings`; tokens that were over before `visits`."""
    await tx.execute(FORGET_LINKS, raters, subjects)
    await tx.execute(FORGET, ratings, visits, raters, subjects)
