"""The states of a report: only the steps that are written down, and the story tells each of them."""

from datetime import UTC, datetime, timedelta
from typing import get_args
from uuid import UUID

import asyncpg
import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from longan.floor.base.errors import IllegalTransition, NotFound
from longan.floor.feedback import feedback_states
from longan.floor.feedback.feedback_states import STATUSES, STEPS, Side, Status, may_step
from tests.conftest import Bearer
from tests.feedback.reporting import account_of, an_official, sent

SIDES: tuple[Side, ...] = get_args(Side)
BEGINS = datetime(2026, 11, 23, 1, tzinfo=UTC)

# Of the data: compiled from several provinces. What a citizen does besides (a supplement, taking it back) is ours.
COMPILED = {
    "moi_gui": {"da_tiep_nhan", "tu_choi", "yeu_cau_bo_sung"},
    "yeu_cau_bo_sung": {"da_tiep_nhan", "tu_choi"},
    "da_tiep_nhan": {"da_chuyen"},
    "da_chuyen": {"dang_xu_ly", "da_chuyen"},
    "dang_xu_ly": {"da_tra_loi", "da_chuyen"},
    "da_tra_loi": {"da_dong", "mo_lai"},
    "mo_lai": {"dang_xu_ly"},
    "da_dong": set(),
    "tu_choi": set(),
}
OURS = {("citizen", "moi_gui", "da_dong"), ("citizen", "yeu_cau_bo_sung", "da_dong"),
        ("citizen", "yeu_cau_bo_sung", "moi_gui")}  # fmt: skip


@pytest.mark.parametrize("current", STATUSES)
def test_the_steps_of_all_sides_together_are_those_of_the_list(current: Status) -> None:
    steps = {(side, current, to) for side in SIDES for to in STATUSES if may_step(side, current, to)}

    assert {to for _, _, to in steps - OURS} == COMPILED[current]


def test_no_step_leads_out_of_the_end() -> None:
    assert not any(STEPS[side].get(status) for side in SIDES for status in feedback_states.ENDED)


Step = tuple[Side, Status, bool]


@settings(
    max_examples=60, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(steps=st.lists(st.tuples(st.sampled_from(SIDES), st.sampled_from(STATUSES), st.booleans()), max_size=25))
async def test_only_the_steps_there_are_move_a_report(
    conn: asyncpg.Connection, client: httpx.AsyncClient, bearer: Bearer, steps: list[Step]
) -> None:
    transaction = conn.transaction()
    await transaction.start()
    try:
        await walk(conn, client, bearer, steps)
    finally:
        await transaction.rollback()


async def walk(conn: asyncpg.Connection, client: httpx.AsyncClient, bearer: Bearer, steps: list[Step]) -> None:
    report = (await sent(client, await bearer()))["id"]
    await conn.execute("update feedback.reports set created_at = $1", BEGINS)
    await conn.execute("update feedback.moves set created_at = $1", BEGINS)
    official, reporter = await an_official(conn), await account_of(conn, report)
    stands: Status = "moi_gui"
    story: list[tuple[str | None, str]] = [(None, "moi_gui")]
    for number, (side, to, stranger) in enumerate(steps, 1):
        by = {"official": official, "citizen": official if stranger else reporter, "system": None}[side]
        at = BEGINS + timedelta(hours=number)
        try:
            moved = await feedback_states.move(conn, UUID(report), to, side, by, "Vì vậy.", at)
        except NotFound:
            assert side == "citizen" and stranger
        except IllegalTransition:
            assert not may_step(side, stands, to)
        else:
            assert may_step(side, stands, to) and not (side == "citizen" and stranger)
            assert (moved.from_status, moved.status, moved.version) == (stands, to, len(story) + 1)
            story.append((stands, to))
            stands = to
    row = await conn.fetchrow("select * from feedback.reports where id = $1", UUID(report))
    assert row is not None
    moves = await conn.fetch("select from_status, to_status from feedback.moves order by created_at, id")
    assert [tuple(each) for each in moves] == story
    assert (row["status"], row["version"]) == (stands, len(story))
    assert row["reopened"] == sum(to == "mo_lai" for _, to in story)
    assert (row["closed_at"] is not None) == (stands in feedback_states.ENDED)
    assert (row["accepted_at"] is not None) == any(to == "da_tiep_nhan" for _, to in story)
    assert row["due_at"] >= BEGINS
    promised = await conn.fetchval("select count(*) from pgqueuer where entrypoint = 'feedback_moved'")
    assert promised == len(story) - 1
