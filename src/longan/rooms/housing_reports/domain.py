"""Rules of the room: anybody says what is wrong with a listing, once; an official answers; several people's reports
that were confirmed hide it."""

from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from longan.floor.access import officials
from longan.floor.access.tokens import Principal
from longan.floor.base.errors import NotFound, RateLimited
from longan.floor.database import queue
from longan.floor.database.page import Cursors
from longan.floor.guard.guard_rules import book
from longan.floor.housing import housing_listings
from longan.floor.housing.housing_contact import OwnHousing
from longan.floor.housing.housing_limits import limits_on
from longan.floor.pay_and_days.wages import day_of
from longan.rooms.housing_reports import store
from longan.rooms.housing_reports.models import (
    HousingReport,
    HousingReportAnswered,
    HousingReportClaimed,
    HousingReportDecided,
    HousingReportDecisionIn,
    HousingReportIn,
    HousingReportTaken,
    Standing,
    WaitingHousingReportPage,
)

FUNCTION: officials.Function = "housing"
DAY = timedelta(days=1)
CLAIMED_FOR = timedelta(minutes=30)
RETRY_SECONDS = 3600


async def report(
    tx: asyncpg.Connection, me: Principal, listing: UUID, said: HousingReportIn, now: datetime
) -> HousingReport:
    """The caller's one report of a listing; saying it otherwise changes it as long as nobody has answered.

    Raises `NotFound`, `OwnHousing`, `RateLimited` beyond so many listings a day.
    """
    found = await store.reportable(tx, listing, me.account_id, now - DAY)
    if found is None:
        raise NotFound
    if found.own:
        raise OwnHousing
    if not found.known and found.lately >= book().limits_on(day_of(now)).reports_a_day:
        raise RateLimited(headers={"Retry-After": str(RETRY_SECONDS)})
    return await store.report(tx, listing, me.account_id, said, now)


async def waiting(
    conn: asyncpg.Connection, cursors: Cursors, me: Principal, filters: dict[str, object], cursor: str | None,
    limit: int, now: datetime,
) -> WaitingHousingReportPage:  # fmt: skip
    """Raises `Forbidden`, `InvalidRequest` for a cursor of another list."""
    await officials.demand(conn, me, FUNCTION, now)
    given = {name: value for name, value in filters.items() if value is not None}
    return await store.waiting(conn, cursors, me.account_id, given, cursor, limit, now)


async def claim(tx: asyncpg.Connection, me: Principal, report: UUID, now: datetime) -> HousingReportClaimed:
    """Keep a report from other officials for half an hour. Raises `Forbidden`, `NotFound`, `OwnHousing`,
    `HousingReportAnswered`, `HousingReportTaken`."""
    standing = await _standing(tx, me, report, now)
    _free(standing)
    until = now + CLAIMED_FOR
    await store.take(tx, report, me.account_id, until)
    return HousingReportClaimed(report, until)


async def decide(
    tx: asyncpg.Connection, me: Principal, report: UUID, decision: HousingReportDecisionIn, now: datetime
) -> HousingReportDecided:
    """The same from the same official again changes nothing.

    Raises `Forbidden`, `NotFound`, `OwnHousing`, `HousingReportAnswered`, `HousingReportTaken`.
    """
    standing = await _standing(tx, me, report, now)
    if standing.mine and standing.state == decision.outcome:
        return HousingReportDecided(report, standing.state, standing.confirmed, standing.status)
    _free(standing)
    await store.answer(tx, report, decision.outcome, decision.answer, me.account_id, now)
    await queue.add(tx, "housing_report_answered", report_id=report)
    now_stands = await store.stands(tx, standing.listing_id)
    if decision.outcome == "confirmed" and now_stands["confirmed"] >= limits_on(day_of(now)).hidden_at:
        # The owner reads what was confirmed, in the words of the reasons, and never who said it.
        reason = ",".join(now_stands["reasons"])
        moved = await housing_listings.move(tx, standing.listing_id, "hidden", "system", None, reason, now)
        if moved is not None:
            return HousingReportDecided(report, decision.outcome, now_stands["confirmed"], "hidden")
    return HousingReportDecided(report, decision.outcome, now_stands["confirmed"], now_stands["status"])


async def _standing(tx: asyncpg.Connection, me: Principal, report: UUID, now: datetime) -> Standing:
    await officials.demand(tx, me, FUNCTION, now)
    standing = await store.standing(tx, report, me.account_id, now)
    if standing is None:
        raise NotFound
    if standing.own:
        raise OwnHousing
    return standing


def _free(standing: Standing) -> None:
    if standing.state != "open":
        raise HousingReportAnswered
    if standing.others_until is not None:
        raise HousingReportTaken(members={"until": standing.others_until})
