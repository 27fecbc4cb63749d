"""Whatever is done with a report, its terms in the database are those of the pure function over its moves."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from longan.api.edge import Edge
from longan.floor.access.tokens import Principal
from longan.floor.database.db import many
from longan.floor.feedback import feedback_clock, feedback_handling, feedback_states, feedback_terms
from longan.floor.feedback.feedback_clock import Due, Moment
from longan.floor.feedback.feedback_states import STEPS, Side, Status
from longan.floor.pay_and_days import working_days
from longan.floor.pay_and_days.wages import day_of
from tests.conftest import new_account
from tests.feedback_desk.conftest import lodged

CATEGORIES = ("giao_thong", "an_ninh", "chinh_sach", "khac")
MOMENTS = """
select m.created_at as at, m.to_status as status, m.side = 'citizen' as by_citizen
  from feedback.moves m where m.report_id = $1 order by m.created_at, m.id"""


def legal(status: Status) -> list[tuple[Side, Status]]:
    return [(side, to) for side, steps in STEPS.items() for to in sorted(steps.get(status, ()))]


@pytest.fixture
async def people(conn: asyncpg.Connection, app: Edge) -> tuple[UUID, UUID]:
    """A citizen and an official."""
    return await new_account(conn, app), await new_account(conn, app, role="official")


@given(data=st.data())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_after_any_steps_the_terms_are_those_of_the_moves(
    conn: asyncpg.Connection, people: tuple[UUID, UUID], data: st.DataObject
) -> None:
    citizen, official = people
    me = Principal(official, official, "official", 3, datetime(2026, 9, 1, tzinfo=UTC))
    now = datetime(2026, 9, 1, tzinfo=UTC) + timedelta(minutes=data.draw(st.integers(0, 200_000)))
    category, begun = data.draw(st.sampled_from(CATEGORIES)), now
    urgent = data.draw(st.booleans())
    report = await lodged(conn, citizen, now, category_code=category, is_urgent=urgent)
    status: Status = "moi_gui"

    for _ in range(data.draw(st.integers(0, 10))):
        now += timedelta(minutes=data.draw(st.integers(0, 6_000)))
        steps = legal(status)
        if data.draw(st.integers(0, 4)) == 0:
            urgent = data.draw(st.booleans())
            await feedback_handling.set_urgency(conn, report, me, now, urgent=urgent)
        elif data.draw(st.integers(0, 5)) == 0:
            await feedback_handling.hide(conn, report, me, now, None)
        elif steps:
            side, status = data.draw(st.sampled_from(steps))
            by = {"citizen": citizen, "official": official, "system": None}[side]
            await feedback_states.move(conn, report, status, side, by, "Đã xem.", now)

    stored = await conn.fetchrow("select accept_due_at, due_at from feedback.reports where id = $1", report)
    moments = many(await conn.fetch(MOMENTS, report), Moment)
    terms = (await feedback_terms.categories(conn, day_of(begun), "80"))[category]
    due = feedback_clock.after(await working_days.load(conn), terms, moments, urgent)
    assert stored is not None
    assert Due(stored["accept_due_at"], stored["due_at"], due.runs) == due
