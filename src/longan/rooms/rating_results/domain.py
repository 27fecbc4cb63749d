"""Rules of the room: to whom what is shown."""

from datetime import date, datetime
from uuid import UUID

import asyncpg

from longan.floor.access import officials
from longan.floor.access.tokens import Principal
from longan.floor.base.errors import NotFound
from longan.floor.database.page import Cursors
from longan.rooms.rating_results import store
from longan.rooms.rating_results.models import Figures, MonthRatings, OfficeRatingsPage, OwnResultsPage, RatingWordsPage

FUNCTION: officials.Function = "public_services"


def first_of(month: str) -> date:
    """The first day of a month that is written as YYYY-MM."""
    return date.fromisoformat(f"{month}-01")


async def of_month(conn: asyncpg.Connection, month: str) -> MonthRatings:
    told_at = await store.told_at(conn, first_of(month))
    parts = {part.part: Figures(part.ratings, part.questions) for part in await store.parts(conn, first_of(month))}
    return MonthRatings(month, told_at, parts.get("total"), parts.get("rest"))


async def of_office(
    conn: asyncpg.Connection, cursors: Cursors, office: UUID, cursor: str | None, limit: int
) -> OfficeRatingsPage:
    """Raises `NotFound`, `InvalidRequest` for a cursor of another list."""
    if not await store.is_listed(conn, office):
        raise NotFound
    return await store.months(conn, cursors, office, cursor, limit)


async def own(
    conn: asyncpg.Connection, cursors: Cursors, office: UUID, me: Principal, cursor: str | None, limit: int,
    now: datetime,
) -> OwnResultsPage:  # fmt: skip
    """Raises `Forbidden`, `NotFound`, `InvalidRequest` for a cursor of another list."""
    await _demand(conn, office, me, now)
    return await store.own(conn, cursors, office, me, cursor, limit, now)


async def words(
    conn: asyncpg.Connection, cursors: Cursors, office: UUID, me: Principal, cursor: str | None, limit: int,
    now: datetime,
) -> RatingWordsPage:  # fmt: skip
    """Raises `Forbidden`, `NotFound`, `InvalidRequest` for a cursor of another list."""
    await _demand(conn, office, me, now)
    return await store.words(conn, cursors, office, me, cursor, limit, now)


async def _demand(conn: asyncpg.Connection, office: UUID, me: Principal, now: datetime) -> None:
    await officials.demand(conn, me, FUNCTION, now)
    if not await store.is_own(conn, office, me, now):
        raise NotFound
