"""Whatever is done to a posting, in whatever order: it is where a model says, with every step on record once."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise, product
from typing import Any, get_args
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from longan.api.edge import Edge
from longan.floor.base.errors import Problem
from longan.floor.postings import postings
from longan.floor.postings.postings import LIFTED_EVERY, PUBLIC, STEPS, Side, Status
from longan.rooms.publishing import domain
from longan.rooms.publishing.models import RenewIn
from tests.conftest import TestClock
from tests.jobs.hiring import OWNER, employer_of

DAY = timedelta(days=1)
SIDES: tuple[Side, ...] = get_args(Side)
STATES: tuple[Status, ...] = get_args(Status)


def leads(side: Side, current: Status, to: Status) -> bool:
    return to in STEPS[side].get(current, frozenset())


@given(side=st.sampled_from(SIDES), current=st.sampled_from(STATES), to=st.sampled_from(STATES))
def test_only_an_official_lets_out_of_review_and_takes_back_a_suspension(
    side: Side, current: Status, to: Status
) -> None:
    if leads(side, current, to):
        assert current != to
        assert side == "official" or current != "in_review" or to in ("closed", "suspended")
        assert side == "official" or current != "suspended"


@given(side=st.sampled_from(SIDES), current=st.sampled_from(STATES), to=st.sampled_from(STATES))
def test_nobody_but_the_employer_opens_what_is_over_and_nobody_but_time_ends_it(
    side: Side, current: Status, to: Status
) -> None:
    if leads(side, current, to):
        assert side == "employer" or current not in ("closed", "expired") or to in ("closed", "suspended")
        assert to != "expired" or side == "system"
        assert to != "draft" or side == "official"
        assert to != "in_review" or side == "employer"


def test_every_state_can_be_left_by_the_employer_or_an_official_and_reached_by_somebody() -> None:
    for state in STATES:
        assert any(leads(side, state, to) for side in ("employer", "official") for to in STATES), state
        assert state == "draft" or any(leads(side, current, state) for side in SIDES for current in STATES), state


MADE = """insert into jobs.postings (employer_id, status, title, description, search_text, title_marked, ward_version,
                           ward_code, province_code, pay_min, effective_month, effective_hour, openings, expires_at,
                           published_at, created_at, updated_at)
select $1, $2, 'Thợ may', 'May áo.', 'tho may', 'thợ may', u.version, u.code, u.province_code, 9000000, 9000000, 43269,
       $3, $4, $5, $6, $6
  from places.units u
 where u.version = places.version_on($6::timestamptz) and u.code = '27694'
returning id"""


async def made(
    conn: asyncpg.Connection, status: Status, now: datetime, openings: int = 2, *, public: bool = True
) -> UUID:
    employer = await employer_of(conn, OWNER)
    published = now if public else None
    posting: UUID = await conn.fetchval(MADE, employer, status, openings, now + 30 * DAY, published, now)
    return posting


@pytest.mark.parametrize("side", SIDES)
async def test_a_posting_moves_where_the_steps_lead_and_nowhere_else(
    conn: asyncpg.Connection, now: datetime, side: Side
) -> None:
    for current, to in product(STATES, STATES):
        posting = await made(conn, current, now)

        moved = await postings.move(conn, posting, to, side, OWNER, "vì thử", now)

        assert (moved is not None) == leads(side, current, to), (current, to)
        row = await conn.fetchrow("select status, version, closed_at from jobs.postings where id = $1", posting)
        assert row["status"] == (to if moved else current)
        assert (row["version"], row["closed_at"] is not None) == ((2, to == "closed") if moved else (1, False))
        noted = await conn.fetch(
            """select side, from_status, to_status, reason, version, changes::text
                 from jobs.history where posting_id = $1""",
            posting,
        )
        assert [tuple(note) for note in noted] == ([(side, current, to, "vì thử", 2, "{}")] if moved else [])


@dataclass
class Model:
    """What a posting should be."""

    now: datetime
    ends: datetime
    published: datetime | None = None
    status: Status = "draft"
    filled: int = 0
    openings: int = 2
    way: list[Status] = field(default_factory=lambda: ["draft"])

    def go(self, to: Status) -> None:
        if to == "open" and self.published is None:
            self.published = self.now
        if to == "closed" and self.status == "draft":
            self.published = None
        self.status = to
        self.way.append(to)

    def lift(self) -> None:
        if self.published is not None and self.published <= self.now - LIFTED_EVERY:
            self.published = self.now

    def do(self, what: str, number: int) -> bool:
        """Whether the step is taken, or was already."""
        if what == "publish":
            return self.opened({"draft"}, lifted=True)
        if what == "resume":
            return self.opened({"paused"}, lifted=False)
        if what in ("pause", "close"):
            to: Status = "paused" if what == "pause" else "closed"
            if self.status != to and not leads("employer", self.status, to):
                return False
            if self.status != to:
                self.go(to)
            return True
        if what == "renew":
            return self.renewed(number)
        if what == "hire":
            return self.hired()
        return self.officially("suspended" if what == "suspend" else "draft")

    def opened(self, sources: set[Status], *, lifted: bool) -> bool:
        if self.status == "open":
            return True
        if self.status not in sources or self.ends <= self.now or self.filled >= self.openings:
            return False
        if lifted:
            self.lift()
        self.go("open")
        return True

    def renewed(self, days: int) -> bool:
        ends = self.now + days * DAY
        if self.status == "open" and self.ends == ends:
            return True
        if self.status not in PUBLIC or self.published is None or self.filled >= self.openings:
            return False
        self.ends = ends
        self.lift()
        self.go("open")
        return True

    def hired(self) -> bool:
        if self.filled >= self.openings:
            return False
        self.filled += 1
        if self.filled == self.openings and leads("system", self.status, "closed"):
            self.go("closed")
        return True

    def officially(self, to: Status) -> bool:
        if not leads("official", self.status, to):
            return False
        self.go(to)
        return True

    def expire(self) -> None:
        if self.status in ("open", "paused") and self.ends <= self.now:
            self.go("expired")


TAKEN = st.lists(
    st.tuples(
        st.sampled_from(
            ["publish", "resume", "pause", "close", "renew", "hire", "suspend", "give back", "wait", "expire"]
        ),
        st.integers(1, 20),
    ),
    max_size=25,
)


class Tried:
    """A real posting beside its model."""

    def __init__(self, conn: asyncpg.Connection, phones: Any, posting: UUID, model: Model) -> None:
        self.conn, self.phones, self.posting, self.model = conn, phones, posting, model

    async def take(self, what: str, number: int) -> bool:
        conn, job, now = self.conn, self.posting, self.model.now
        try:
            if what == "publish":
                await domain.publish(conn, self.phones, OWNER, job, None, now)
            elif what == "resume":
                await domain.resume(conn, self.phones, OWNER, job, None, now)
            elif what == "pause":
                await domain.pause(conn, OWNER, job, None, now)
            elif what == "close":
                await domain.close(conn, OWNER, job, "other", None, now)
            elif what == "renew":
                await domain.renew(conn, self.phones, OWNER, job, RenewIn(now + number * DAY), None, now)
            elif what == "hire":
                await postings.hire(conn, job, now)
            else:
                to: Status = "suspended" if what == "suspend" else "draft"
                return await postings.move(conn, job, to, "official", None, what, now) is not None
        except Problem:
            return False
        return True

    async def is_the_model(self) -> None:
        row = await self.conn.fetchrow(
            "select status, filled, expires_at, published_at, closed_at from jobs.postings where id = $1", self.posting
        )
        model = self.model
        assert (row["status"], row["filled"], row["expires_at"], row["published_at"]) == (
            model.status, model.filled, model.ends, model.published,
        )  # fmt: skip
        assert (row["closed_at"] is None) or model.status != "open"
        assert (row["closed_at"] is not None) or model.status != "closed"
        assert model.status != "open" or model.filled < model.openings

    async def way(self) -> list[Status]:
        """Where it was, one after the other, as the history has it."""
        rows = await self.conn.fetch(
            "select from_status, to_status from jobs.history where posting_id = $1 order by version, id", self.posting
        )
        assert all(before["to_status"] == after["from_status"] for before, after in pairwise(rows))
        return ["draft", *(row["to_status"] for row in rows)]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(steps=TAKEN)
async def test_a_posting_is_where_the_model_is_and_every_step_is_kept_once_however_often_it_is_asked_for(
    conn: asyncpg.Connection, app: Edge, clock: TestClock, steps: list[tuple[str, int]]
) -> None:
    now = clock().replace(microsecond=0)
    posting = await made(conn, "draft", now, public=False)
    tried = Tried(conn, app.app.state.phones, posting, Model(now=now, ends=now + 30 * DAY))
    model = tried.model

    for what, number in steps:
        if what == "wait":
            model.now += number * DAY
        elif what == "expire":
            model.expire()
            while await postings.expire(conn, model.now, 500):
                pass
        else:
            expected = model.do(what, number)
            assert await tried.take(what, number) == expected, what
            if expected and what not in ("hire", "suspend", "give back"):
                assert await tried.take(what, number), f"{what}, once more"
        await tried.is_the_model()

    assert await tried.way() == model.way
