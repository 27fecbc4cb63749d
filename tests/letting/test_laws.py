"""Whatever is done to a listing, in whatever order: it is where a model says, with every step on record once."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise, product
from typing import get_args
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from longan.floor.access.tokens import Principal
from longan.floor.base.errors import Problem
from longan.floor.housing import housing_listings
from longan.floor.housing.housing_listings import LIFTED_EVERY, STEPS, Side, Status
from longan.rooms.letting import domain
from longan.rooms.letting.models import PublishIn
from tests.conftest import TestClock
from tests.jobs.hiring import OWNER, WORKER

DAY = timedelta(days=1)
SIDES: tuple[Side, ...] = get_args(Side)
STATES: tuple[Status, ...] = get_args(Status)


def leads(side: Side, current: Status, to: Status) -> bool:
    return to in STEPS[side].get(current, frozenset())


@given(side=st.sampled_from(SIDES), current=st.sampled_from(STATES), to=st.sampled_from(STATES))
def test_only_an_official_lets_out_of_review_hiding_and_suspension(side: Side, current: Status, to: Status) -> None:
    if leads(side, current, to):
        assert current != to
        assert side == "official" or current not in ("in_review", "hidden") or to == "closed"
        assert side == "official" or current != "suspended"


@given(side=st.sampled_from(SIDES), current=st.sampled_from(STATES), to=st.sampled_from(STATES))
def test_each_side_does_its_own(side: Side, current: Status, to: Status) -> None:
    if leads(side, current, to):
        assert to != "stale" or (side, current) == ("system", "open")
        assert to != "hidden" or side == "system"
        assert to != "suspended" or side == "official"
        assert to != "draft" or side == "official"
        assert to != "in_review" or side == "owner"
        assert side == "owner" or current not in ("draft", "closed") or to == "suspended"


def test_every_state_can_be_left_by_somebody_and_reached_by_somebody() -> None:
    for state in STATES:
        assert any(leads(side, state, to) for side in SIDES for to in STATES), state
        assert state == "draft" or any(leads(side, current, state) for side in SIDES for current in STATES), state


MADE = """insert into housing.listings (owner_id, kind, status, title, description, search_text, title_marked,
                              ward_version, ward_code, province_code, lat, lon, rent, cost_month, cost_share,
                              cost_two, cost_three, cost_four, cost_complete, cost_on, published_at, confirmed_at,
                              stale_at, closed_at, closed_for, created_at, updated_at)
select $1, 'room', $2, 'Phòng trọ', 'Phòng mới.', 'phong tro', 'phòng trọ', u.version, u.code, u.province_code, u.lat,
       u.lon, 1500000, 1500000, 1500000, 750000, 500000, 375000, false, '2026-01-01', s.at, s.at,
       s.at + interval '30 days',
       case when $2 = 'closed' then $3::timestamptz end, case when $2 = 'closed' then 'let' end, $3, $3
  from places.units u, (select case when $2 <> 'draft' then $3::timestamptz end as at) s
 where u.version = places.version_on($3::timestamptz) and u.code = '27694'
returning id"""


@pytest.mark.parametrize("side", SIDES)
async def test_a_listing_moves_where_the_steps_lead_and_nowhere_else(
    conn: asyncpg.Connection, now: datetime, side: Side
) -> None:
    for current, to in product(STATES, STATES):
        listing = await conn.fetchval(MADE, OWNER, current, now)

        moved = await housing_listings.move(conn, listing, to, side, OWNER, "let", now)

        assert (moved is not None) == leads(side, current, to), (current, to)
        row = await conn.fetchrow(
            "select status, version, closed_at, stale_at from housing.listings where id = $1", listing
        )
        assert row["status"] == (to if moved else current)
        assert row["version"] == (2 if moved else 1)
        assert (row["closed_at"] is not None) == (row["status"] == "closed")
        if moved and to == "open":
            assert row["stale_at"] == now + 30 * DAY
        noted = await conn.fetch(
            "select side, from_status, to_status, reason, version from housing.history where listing_id = $1", listing
        )
        assert [tuple(note) for note in noted] == ([(side, current, to, "let", 2)] if moved else [])


@dataclass
class Model:
    """What a listing should be."""

    now: datetime
    status: Status = "draft"
    published: datetime | None = None
    stale_at: datetime | None = None
    closed_from: Status | None = None
    suspended_from: Status | None = None
    way: list[Status] = field(default_factory=lambda: ["draft"])

    def go(self, to: Status) -> bool:
        if to == "open":
            if self.published is None or self.published <= self.now - LIFTED_EVERY:
                self.published = self.now
            self.stale_at = self.now + 30 * DAY
        if to == "closed":
            self.closed_from = self.status
            if self.status in ("draft", "in_review", "suspended"):
                self.published = None
        if to == "suspended":
            self.suspended_from = self.status
        self.status = to
        self.way.append(to)
        return True

    def do(self, what: str) -> bool:
        """Whether the step is taken, or was already."""
        if what in ("publish", "reopen"):
            if self.status in ("open", "in_review"):
                return True
            if self.status != ("draft" if what == "publish" else "closed"):
                return False
            held = self.status == "closed" and self.closed_from in ("in_review", "hidden", "suspended")
            return self.go("in_review" if held else "open")
        if what == "confirm":
            if self.status == "open":
                self.stale_at = self.now + 30 * DAY
                return True
            return self.status == "stale" and self.go("open")
        if what == "close":
            return self.status == "closed" or (leads("owner", self.status, "closed") and self.go("closed"))
        to: Status = {"hide": "hidden", "suspend": "suspended", "give back": "draft", "let out": "open"}[what]  # type: ignore[assignment]
        if what == "let out" and self.status == "suspended" and self.suspended_from == "closed":
            return False
        side: Side = "system" if what == "hide" else "official"
        return leads(side, self.status, to) and self.go(to)

    def sweep(self) -> None:
        if self.status == "open" and self.stale_at is not None and self.stale_at <= self.now:
            self.go("stale")
        if self.status == "stale" and self.stale_at is not None and self.stale_at <= self.now - 60 * DAY:
            self.go("closed")


OFFICIAL: dict[str, tuple[Status, Side]] = {
    "hide": ("hidden", "system"), "suspend": ("suspended", "official"), "give back": ("draft", "official"),
    "let out": ("open", "official"),
}  # fmt: skip
TAKEN = st.lists(
    st.tuples(
        st.sampled_from(["publish", "reopen", "confirm", "close", "wait", "sweep", *OFFICIAL]), st.integers(1, 45)
    ),
    max_size=25,
)


async def attempted(conn: asyncpg.Connection, me: Principal, listing: UUID, what: str, now: datetime) -> bool:
    if what in OFFICIAL:
        to, side = OFFICIAL[what]
        return await housing_listings.move(conn, listing, to, side, None, "vì thử", now) is not None
    try:
        if what == "publish":
            await domain.publish(conn, me, listing, PublishIn(), None, now)
        elif what == "reopen":
            await domain.reopen(conn, me, listing, PublishIn(), None, now)
        elif what == "confirm":
            await domain.confirm(conn, me, listing, now)
        else:
            await domain.close(conn, me, listing, "withdrawn", None, now)
    except Problem:
        return False
    return True


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=TAKEN)
async def test_a_listing_is_where_the_model_says_after_any_steps(
    conn: asyncpg.Connection, few: None, clock: TestClock, steps: list[tuple[str, int]]
) -> None:
    now = clock()
    me = Principal(WORKER, WORKER, "app", 2, now)
    listing = await conn.fetchval(MADE, WORKER, "draft", now)
    model = Model(now)

    for what, days in steps:
        if what == "wait":
            model.now += days * DAY
        elif what == "sweep":
            await housing_listings.sweep(conn, model.now, 10_000)
            model.sweep()
        else:
            assert await attempted(conn, me, listing, what, model.now) == model.do(what), (what, model.way)
        row = await conn.fetchrow("select status, published_at, stale_at from housing.listings where id = $1", listing)
        assert row["status"] == model.status, (what, model.way)
        if model.status == "open":
            assert (row["published_at"], row["stale_at"]) == (model.published, model.stale_at)

    noted = await conn.fetch(
        """select from_status, to_status from housing.history
            where listing_id = $1 and from_status <> to_status order by version""",
        listing,
    )
    assert [tuple(note) for note in noted] == list(pairwise(model.way))
