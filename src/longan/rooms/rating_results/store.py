"""SQL of the room, which reads only; each statement above the function that runs it."""

from datetime import date, datetime
from uuid import UUID

import asyncpg

from longan.floor.access.tokens import Principal
from longan.floor.database.db import many
from longan.floor.database.listing import Listing, Order, listing
from longan.floor.database.page import Cursors
from longan.rooms.rating_results.models import OfficeRatingsPage, OwnResultsPage, Part, RatingWordsPage

QUESTIONS = """array(select (q.question, q.average, q.scores)::ratings.figures
               from ratings.results q
              where q.month = s.month and q.part = s.part and q.office_id is not distinct from s.office_id
              order by q.question) as questions"""

TOLD_AT = """-- rating_results.told_at
select m.told_at from ratings.months m where m.month = $1"""


async def told_at(conn: asyncpg.Connection, month: date) -> datetime | None:
    found: datetime | None = await conn.fetchval(TOLD_AT, month)
    return found


# Every list of questions has the one on the whole.
PARTS = f"""-- rating_results.parts
select s.part, s.ratings, {QUESTIONS}
  from ratings.results s
 where s.month = $1 and s.part <> 'office' and s.question = 'overall'"""


async def parts(conn: asyncpg.Connection, month: date) -> list[Part]:
    """The total and the rest, as far as they were told."""
    return many(await conn.fetch(PARTS, month), Part)


OFFICES = listing(
    Listing(
        name="rating_results.offices",
        select=f"""select o.id as "office.id", o.agency_code as "office.agency_code", o.unit as "office.unit",
       o.name as "office.name", o.ward_code as "office.ward_code", to_char(s.month, 'YYYY-MM') as month, s.ratings,
       {QUESTIONS}, s.month as first, o.id
  from ratings.results s
  join offices.offices o on o.id = s.office_id
 where s.part = 'office' and s.question = 'overall'""",
        where={"month": "s.month = {month}", "office": "s.office_id = {office_id}"},
        orders={
            "most": Order(
                by="s.ratings desc, o.id desc", after="(s.ratings, o.id) < ({after_0}, {after_1})",
                position=("ratings", "id"), kind=tuple[int, UUID],
            ),
            "newest": Order(by="s.month desc", after="s.month < {after_0}", position=("first",), kind=tuple[date]),
        },
    )
)  # fmt: skip


async def offices(
    conn: asyncpg.Connection, cursors: Cursors, month: date, cursor: str | None, limit: int
) -> OfficeRatingsPage:
    """Offices that were told of a month, those with the most ratings first."""
    return await OFFICES.page(conn, cursors, "most", {"month": month}, cursor, limit, OfficeRatingsPage)


async def months(
    conn: asyncpg.Connection, cursors: Cursors, office: UUID, cursor: str | None, limit: int
) -> OfficeRatingsPage:
    """Months in which an office was told, the last first."""
    return await OFFICES.page(conn, cursors, "newest", {"office_id": office}, cursor, limit, OfficeRatingsPage)


IS_LISTED = """-- rating_results.is_listed
select exists (select from offices.offices o where o.id = $1 and o.name is not null)"""


async def is_listed(conn: asyncpg.Connection, office: UUID) -> bool:
    return bool(await conn.fetchval(IS_LISTED, office))


# Only what was shown together: fewer than so many at once would be somebody.
OWN = listing(
    Listing(
        name="rating_results.own",
        select="""select to_char(b.first, 'YYYY-MM') as month, b.first, b.ratings,
       array(select (a.key, a.value::integer, count(*)::integer)::ratings.answered
               from ratings.ratings r
              cross join lateral jsonb_each_text(r.answers) a
              where r.office_id = o.id and r.released_in = b.first
              group by a.key, a.value::integer
              order by a.key, a.value::integer) as answers
  from offices.offices o
 cross join lateral (
    select r.released_in as first, count(*)::integer as ratings
      from ratings.ratings r
     where r.office_id = o.id and r.released_in is not null
     group by r.released_in) b
 where o.id = {office_id} and offices.own(o, {official_id}, {agency}, {now})""",
        where={},
        orders={"newest": Order(by="b.first desc", after="b.first < {after_0}", position=("first",), kind=tuple[date])},
    )
)


async def own(
    conn: asyncpg.Connection, cursors: Cursors, office: UUID, me: Principal, cursor: str | None, limit: int,
    now: datetime,
) -> OwnResultsPage:  # fmt: skip
    """Raises `InvalidRequest` for a foreign cursor."""
    return await OWN.page(conn, cursors, "newest", _of(office, me, now), cursor, limit, OwnResultsPage)


# Within a month in the order of random numbers.
WORDS = listing(
    Listing(
        name="rating_results.words",
        select="""select r.id, to_char(r.released_in, 'YYYY-MM') as month, r.released_in as first, r.words,
       (r.answers ->> 'overall')::integer as overall
  from ratings.ratings r
  join offices.offices o on o.id = r.office_id
 where r.office_id = {office_id} and r.released_in is not null and r.words is not null
   and offices.own(o, {official_id}, {agency}, {now})""",
        where={},
        orders={
            "newest": Order(
                by="r.released_in desc, r.id desc", after="(r.released_in, r.id) < ({after_0}, {after_1})",
                position=("first", "id"), kind=tuple[date, UUID],
            )
        },
    )
)  # fmt: skip


async def words(
    conn: asyncpg.Connection, cursors: Cursors, office: UUID, me: Principal, cursor: str | None, limit: int,
    now: datetime,
) -> RatingWordsPage:  # fmt: skip
    """Raises `InvalidRequest` for a foreign cursor."""
    return await WORDS.page(conn, cursors, "newest", _of(office, me, now), cursor, limit, RatingWordsPage)


IS_OWN = """-- rating_results.is_own
select exists (select from offices.offices o where o.id = $1 and offices.own(o, $2, $3, $4))"""


async def is_own(conn: asyncpg.Connection, office: UUID, me: Principal, now: datetime) -> bool:
    return bool(await conn.fetchval(IS_OWN, office, me.account_id, me.agency_code, now))


def _of(office: UUID, me: Principal, now: datetime) -> dict[str, object]:
    return {"office_id": office, "official_id": me.account_id, "agency": me.agency_code, "now": now}
