"""Whatever both sides do to a request, in whatever order: it is where a model says, and numbers are shown only while
both have agreed."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, get_args
from uuid import UUID

import asyncpg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from longan.api.edge import Edge
from longan.floor.access.tokens import Principal
from longan.floor.base.errors import Problem
from longan.floor.housing.viewing_limits import limits_on
from longan.floor.pay_and_days.wages import day_of
from longan.rooms.viewing_numbers import domain as numbers
from longan.rooms.viewings import domain, store
from longan.rooms.viewings.models import AcceptIn, Sent, Side, Status, TimesIn, ViewingIn
from tests.conftest import TestClock
from tests.jobs.hiring import SECOND_WORKER, WORKER
from tests.letting.test_laws import MADE

SIDES: tuple[Side, ...] = get_args(Side)
STATES: tuple[Status, ...] = get_args(Status)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LIVE = ("requested", "moved", "accepted")


@given(st.sampled_from(SIDES), st.sampled_from(STATES), st.sampled_from(SIDES), st.sampled_from(STATES))
def test_nobody_accepts_their_own_times_and_what_has_ended_stays_so(
    side: Side, status: Status, times_of: Side, to: Status
) -> None:
    if domain.may(side, status, times_of, to):
        assert status in LIVE
        assert to not in ("accepted", "moved") or times_of != side
        assert to not in ("lapsed", "ended", "over", "requested")
        assert (to == "withdrawn") <= (side == "worker")
        assert (to == "refused") <= (side == "owner")


def test_either_side_can_leave_whatever_has_not_ended() -> None:
    for status in LIVE:
        for times_of in SIDES:
            assert domain.may("worker", status, times_of, "withdrawn")  # type: ignore[arg-type]
            assert domain.may("owner", status, times_of, "refused")  # type: ignore[arg-type]


@given(st.lists(st.tuples(st.integers(0, 3 * 3600), st.booleans()), max_size=60))
def test_no_window_ever_holds_more_than_its_limit(gaps: list[tuple[int, bool]]) -> None:
    now = datetime.fromisoformat("2026-11-22T00:00:00+00:00")
    limits = limits_on(day_of(now))
    sent: list[Sent] = []
    for seconds, same_owner in gaps:
        now += timedelta(seconds=seconds)
        # `same_owner` is asked of the owner at hand: those of others count for the account alone.
        lately = [Sent(each.created_at, each.same_owner and same_owner) for each in sent if each.created_at > now - DAY]
        wait = domain.waits(lately, now)
        assert wait <= DAY
        if wait <= timedelta():
            sent.insert(0, Sent(now, same_owner))
        else:
            later = now + wait
            after = [each for each in lately if each.created_at > later - DAY]
            assert domain.waits(after, later) <= timedelta()
        for quota, window, times in (
            (limits.an_hour, HOUR, [each.created_at for each in sent]),
            (limits.a_day, DAY, [each.created_at for each in sent]),
            (limits.of_one_owner_a_day, DAY, [each.created_at for each in sent if each.same_owner]),
        ):
            assert sum(now - window < each <= now for each in times) <= quota


@dataclass
class Model:
    """What a request should be."""

    now: datetime
    last: datetime
    status: Status = "requested"
    times_of: Side = "worker"

    def do(self, side: Side, what: str) -> bool:
        """Whether the step is taken."""
        left: Status = "withdrawn" if side == "worker" else "refused"
        to: Status = "accepted" if what == "accept" else "moved" if what == "move" else left
        if what == "leave" and self.status == to:
            return True
        if what == "accept" and self.status == "accepted":
            return True
        if what == "move" and (self.status, self.times_of, self.last) == ("moved", side, self.now + 10 * HOUR):
            return True
        if self.status not in LIVE or (self.status == "accepted" and what != "leave"):
            return False
        if what != "leave" and self.times_of == side:
            return False
        if what == "accept" and self.last <= self.now:
            return False
        if what == "move":
            self.times_of, self.last = side, self.now + 10 * HOUR
        self.status = to
        return True

    def sweep(self) -> None:
        if self.status == "accepted" and self.last + DAY <= self.now:
            self.status = "over"
        elif self.status in ("requested", "moved") and self.last <= self.now:
            self.status = "lapsed"


STEPS = st.lists(
    st.tuples(st.sampled_from(SIDES), st.sampled_from(["accept", "move", "move", "leave", "wait", "sweep"]),
              st.integers(1, 30)),
    max_size=12,
)  # fmt: skip


async def taken(conn: asyncpg.Connection, phones: Any, me: Principal, viewing: UUID, what: str, model: Model) -> bool:
    try:
        if what == "accept":
            await domain.accept(conn, phones, me, viewing, AcceptIn(model.last), None, model.now)
        elif what == "move":
            await domain.move(conn, phones, me, viewing, TimesIn([model.now + 10 * HOUR]), None, model.now)
        else:
            side = await conn.fetchval(
                "select viewings.side_of(r, $2) from viewings.requests r where id = $1", viewing, me.account_id
            )
            to: Status = "withdrawn" if side == "worker" else "refused"
            await domain.call_off(conn, phones, me, viewing, to, None, None, model.now)
    except Problem:
        return False
    return True


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
async def test_a_request_is_where_the_model_says_after_any_steps(
    conn: asyncpg.Connection, app: Edge, clock: TestClock, steps: list[tuple[Side, str, int]]
) -> None:
    now, phones = clock(), app.app.state.phones
    await conn.execute("delete from viewing_numbers.looks")
    await conn.execute("delete from viewings.requests")
    people: dict[Side, UUID] = {"worker": WORKER, "owner": SECOND_WORKER}
    each_as = {side: Principal(account, account, "app", 0, now) for side, account in people.items()}
    listing = await conn.fetchval(MADE, people["owner"], "open", now)
    model = Model(now, now + 10 * HOUR)
    viewing = (await domain.request(conn, phones, each_as["worker"], listing, ViewingIn(times=[model.last]), now)).id

    for side, what, hours in steps:
        if what == "wait":
            model.now += hours * HOUR
        elif what == "sweep":
            await store.end(conn, model.now, 1_000)  # type: ignore[arg-type]
            model.sweep()
        else:
            before = model.status
            did = await taken(conn, phones, each_as[side], viewing, what, model)
            assert did == model.do(side, what), (what, before)
        row = await conn.fetchrow("select status, times_of, agreed_for from viewings.requests where id = $1", viewing)
        assert (row["status"], row["times_of"]) == (model.status, model.times_of)
        assert (row["agreed_for"] is not None) == (model.status in ("accepted", "over"))
        for me in each_as.values():
            try:
                shown = (await numbers.look(conn, phones, me, viewing, model.now)).phone
            except Problem:
                shown = None
            assert (shown is not None) == (model.status == "accepted" and model.now < model.last + DAY)
