"""Rules of the room: a number behind which less than ten reports stand is kept back, for officials as for everybody."""

from datetime import date, datetime
from uuid import UUID

import asyncpg

from longan.floor.access import officials
from longan.floor.access.tokens import Principal
from longan.floor.base.errors import FieldError, InvalidRequest
from longan.floor.pay_and_days.wages import day_of
from longan.rooms.feedback_results import store
from longan.rooms.feedback_results.models import (
    FeedbackFigures,
    FeedbackFiguresPage,
    PublicFigures,
    PublicFiguresPage,
    Sums,
)

FUNCTION: officials.Function = "feedback"
FEWEST = 10
# How many months are shown where nobody says which, and at most.
MONTHS, MOST_MONTHS = 12, 36


async def by_unit(
    conn: asyncpg.Connection, me: Principal, province: str, since: date | None, until: date | None,
    unit: UUID | None, category: str | None, now: datetime,
) -> FeedbackFiguresPage:  # fmt: skip
    """Raises `Forbidden`, `InvalidRequest` for months in the wrong order or too many of them."""
    await officials.demand(conn, me, FUNCTION, now)
    first, last = months(since, until, day_of(now))
    sums = await store.by_unit(conn, me.account_id, now, province, first, last, unit, category)
    return FeedbackFiguresPage([shown(each) for each in sums], max((each.counted_at for each in sums), default=None))


async def by_category(
    conn: asyncpg.Connection, province: str, since: date | None, until: date | None, now: datetime
) -> PublicFiguresPage:
    """Raises `InvalidRequest` for months in the wrong order or too many of them."""
    first, last = months(since, until, day_of(now))
    sums = await store.by_category(conn, province, first, last)
    items = [
        PublicFigures(
            each.month, each.category_code, each.received, each.answered, each.accepted_in_time_percent,
            each.answered_in_time_percent, each.rating_tenths,
        )
        for each in map(shown, sums)
    ]  # fmt: skip
    return PublicFiguresPage(items, max((each.counted_at for each in sums), default=None))


def months(since: date | None, until: date | None, today: date) -> tuple[date, date]:
    """The first days of the first and the last month that are asked for."""
    last = (until or today).replace(day=1)
    first = _before(last, MONTHS - 1) if since is None else since.replace(day=1)
    if first > last:
        raise InvalidRequest(FieldError("?since", "too_large"))
    if first < _before(last, MOST_MONTHS - 1):
        raise InvalidRequest(FieldError("?since", "too_small"))
    return first, last


def _before(month: date, number: int) -> date:
    years, place = divmod(month.year * 12 + month.month - 1 - number, 12)
    return date(years, place + 1, 1) if years >= 1 else date.min


def shown(sums: Sums) -> FeedbackFigures:
    """What may be said of them."""
    enough = sums.received >= FEWEST
    return FeedbackFigures(
        month=sums.month,
        category_code=sums.category_code,
        unit_id=sums.unit_id,
        unit_name=sums.unit_name,
        received=sums.received if enough else None,
        refused=_some(sums.refused) if enough else None,
        answered=_some(sums.answered) if enough else None,
        accepted_in_time_percent=_percent(sums.accepted_in_time, sums.accept_judged),
        answered_in_time_percent=_percent(sums.answered_in_time, sums.answer_judged),
        reopened=_some(sums.reopened) if enough else None,
        rating_tenths=round(10 * sums.stars / sums.rated) if sums.rated >= FEWEST else None,
    )


def _some(number: int) -> int | None:
    return number if number == 0 or number >= FEWEST else None


def _percent(part: int, whole: int) -> int | None:
    return round(100 * part / whole) if whole >= FEWEST else None
