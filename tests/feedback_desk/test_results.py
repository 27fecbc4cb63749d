"""How well the terms are kept, in figures that point at no report: officials see their wards, others the province."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from longan.floor.base.errors import InvalidRequest
from longan.floor.database.tasks import Context
from longan.rooms.feedback_results.domain import FEWEST, months, shown
from longan.rooms.feedback_results.models import Sums
from longan.rooms.feedback_results.tasks import count_feedback
from tests.feedback_desk.conftest import Headers, Official, Sent, a_unit
from tests.jobs.hiring import BEN_LUC, LONG_AN

ANSWERED = """
update feedback.reports set status = 'da_tra_loi', accepted_at = created_at + $2::interval,
       answered_at = created_at + $3::interval, unit_id = $4, rating = $5,
       rated_at = case when $5::smallint is not null then created_at end where id = any($1)"""


async def ready(
    conn: asyncpg.Connection, reports: list[UUID], days: int, unit: UUID | None = None, stars: int | None = None
) -> None:
    """They were accepted at once, and answered after so many days."""
    await conn.execute(ANSWERED, reports, timedelta(), timedelta(days=days), unit, stars)


async def figures(client: httpx.AsyncClient, who: Headers | None, **asked: str) -> list[dict[str, Any]]:
    path = "/v1/feedback-results" if who is None else "/v1/feedback-statistics"
    answer = await client.get(path, params=asked, headers=who or {})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def test_the_share_in_time_is_that_of_the_reports(
    client: httpx.AsyncClient, conn: asyncpg.Connection, official: Official, sent: Sent, context: Context
) -> None:
    who = await official()
    unit = await a_unit(client, who)
    quick, slow = [await sent() for _ in range(9)], [await sent() for _ in range(3)]
    await ready(conn, quick, 0, UUID(unit["id"]), 5)
    await ready(conn, slow, 90, UUID(unit["id"]), 1)
    await sent(category_code="ha_tang")

    assert await figures(client, who) == []
    await count_feedback(context)
    await count_feedback(context)

    of_roads, of_lamps = sorted(await figures(client, who), key=lambda each: each["category_code"])
    assert (of_roads["received"], of_roads["answered"], of_roads["unit_name"]) == (12, 12, unit["name"])
    assert (of_roads["accepted_in_time_percent"], of_roads["answered_in_time_percent"]) == (100, 75)
    assert of_roads["rating_tenths"] == 40
    assert [of_lamps[name] for name in ("received", "answered", "answered_in_time_percent")] == [None, None, None]
    assert [each["received"] for each in await figures(client, None)] == [12, None]


async def test_officials_see_the_figures_of_their_wards(
    client: httpx.AsyncClient, conn: asyncpg.Connection, official: Official, sent: Sent, context: Context
) -> None:
    for _ in range(10):
        await sent()
    for _ in range(11):
        await sent(ward_code=BEN_LUC)
    await sent(ward_code=None)
    await count_feedback(context)

    assert [each["received"] for each in await figures(client, await official([LONG_AN]))] == [10]
    assert [each["received"] for each in await figures(client, await official([BEN_LUC]))] == [11]
    assert [each["received"] for each in await figures(client, await official())] == [22]


async def test_what_was_merged_or_taken_back_is_not_counted(
    client: httpx.AsyncClient, conn: asyncpg.Connection, official: Official, sent: Sent, context: Context
) -> None:
    reports = [await sent() for _ in range(12)]
    await conn.execute("update feedback.reports set merged_into = $1 where id = $2", *reports[:2])
    await conn.execute(
        "update feedback.reports set withdrawn_at = $2, status = 'da_dong' where id = $1", reports[2], context.clock()
    )
    await count_feedback(context)

    assert [each["received"] for each in await figures(client, await official())] == [10]


async def test_what_is_late_without_an_answer_counts_against_the_share(
    client: httpx.AsyncClient, conn: asyncpg.Connection, official: Official, sent: Sent, context: Context
) -> None:
    before = context.clock() - timedelta(days=40)
    done = [await sent(at=before) for _ in range(8)]
    open_, asked = [await sent(at=before) for _ in range(8)], [await sent(at=before) for _ in range(4)]
    await conn.execute("update feedback.reports set status = 'yeu_cau_bo_sung' where id = any($1)", asked)
    await ready(conn, done, 0)
    await count_feedback(context)

    (found,) = await figures(client, await official(), since=str(before.date()))

    assert (len(open_), found["received"]) == (8, 20)
    assert (found["accepted_in_time_percent"], found["answered_in_time_percent"]) == (50, 50)
    assert found["answered"] is None


@pytest.mark.parametrize("asked", ["since=2026-12-01&until=2026-01-01", "since=2020-01-01", "since=x"])
async def test_months_come_in_their_order_and_not_too_many(client: httpx.AsyncClient, asked: str) -> None:
    assert (await client.get(f"/v1/feedback-results?{asked}")).status_code == 400


@given(today=st.dates(date(2025, 1, 1), date(2100, 1, 1)))
def test_a_year_is_twelve_months(today: date) -> None:
    first, last = months(None, None, today)

    assert (last.year * 12 + last.month) - (first.year * 12 + first.month) == 11
    assert (first.day, last) == (1, today.replace(day=1))


def test_the_first_years_have_no_years_before_them() -> None:
    with pytest.raises(InvalidRequest):
        months(date(1, 1, 1), date(9999, 1, 1), date(2026, 1, 1))
    months(None, date(1, 1, 1), date(2026, 1, 1))


counts = st.integers(0, 30)


@given(counts, counts, counts, counts, counts, counts)
def test_a_number_behind_which_few_stand_is_kept_back(
    received: int, judged: int, in_time: int, answered: int, reopened: int, rated: int
) -> None:
    found = shown(
        Sums(
            date(2026, 1, 1), "khac", None, None, received, reopened, judged, min(in_time, judged), judged,
            min(in_time, judged), answered, reopened, rated, 3 * rated, datetime(2026, 1, 1, tzinfo=UTC),
        )
    )  # fmt: skip

    for number in (found.received, found.refused, found.answered, found.reopened):
        assert number is None or number >= FEWEST or (number == 0 and received >= FEWEST)
    assert (found.answered_in_time_percent is None) == (judged < FEWEST)
    assert (found.rating_tenths is None) == (rated < FEWEST)
