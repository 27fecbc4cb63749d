"""Rules of the room: a worker says what is wrong with a posting, once; an official confirms it or not; several that are
confirmed pause the posting by themselves. Who reported stays between them and the official's answer."""

from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from longan.floor.access import officials
from longan.floor.access.tokens import Principal
from longan.floor.base.errors import FieldError, InvalidRequest, NotFound, RateLimited
from longan.floor.database import queue
from longan.floor.database.page import Cursors
from longan.floor.guard.guard_rules import book
from longan.floor.pay_and_days.wages import day_of
from longan.floor.postings import rulings
from longan.floor.postings.rulings import OwnPosting, Ruling
from longan.rooms.job_reports import store
from longan.rooms.job_reports.models import (
    JobReport,
    JobReportIn,
    ReportAnswered,
    ReportDecided,
    ReportDecisionIn,
    WaitingReportPage,
)

FUNCTION: officials.Function = "moderation"
DAY = timedelta(days=1)
RETRY_SECONDS = 3_600

# The rule of the guard that says it in words.
PAUSED_BECAUSE = "confirmed_reports"


async def report(tx: asyncpg.Connection, me: Principal, posting: UUID, said: JobReportIn, now: datetime) -> JobReport:
    """The caller's one report of a posting; saying it otherwise changes it as long as nobody has answered.

    Raises `NotFound`, `OwnPosting`, `RateLimited` beyond so many postings a day.
    """
    found = await store.reportable(tx, posting, me.account_id, now - DAY)
    if found is None:
        raise NotFound
    if found.own:
        raise OwnPosting
    if not found.known and found.lately >= book().limits_on(day_of(now)).reports_a_day:
        raise RateLimited(headers={"Retry-After": str(RETRY_SECONDS)})
    made = await store.report(tx, posting, me.account_id, said, now)
    if made is None:
        raise RuntimeError("an upsert returned nothing")
    return made


async def waiting(
    conn: asyncpg.Connection, cursors: Cursors, me: Principal, filters: dict[str, object], cursor: str | None,
    limit: int, now: datetime,
) -> WaitingReportPage:  # fmt: skip
    """Raises `Forbidden`, `InvalidRequest` for a cursor of another list."""
    await officials.demand(conn, me, FUNCTION, now)
    given = {name: value for name, value in filters.items() if value is not None}
    return await store.waiting(conn, cursors, me.account_id, given, cursor, limit, now)


async def decide(
    tx: asyncpg.Connection, me: Principal, report: UUID, decision: ReportDecisionIn, now: datetime
) -> ReportDecided:
    """The same from the same official again changes nothing.

    Raises `Forbidden`, `NotFound`, `OwnPosting`, `ReportAnswered`, `InvalidRequest`.
    """
    await officials.demand(tx, me, FUNCTION, now)
    if decision.suspend_because is not None and decision.outcome == "dismissed":
        raise InvalidRequest(FieldError("/suspend_because", "one_of_them"))
    standing = await store.standing(tx, report, me.account_id, now)
    if standing is None:
        raise NotFound
    if standing.own:
        raise OwnPosting
    if standing.state != "open":
        if standing.mine and standing.state == decision.outcome:
            return ReportDecided(report, standing.state, standing.confirmed, standing.status)
        raise ReportAnswered
    await store.answer(tx, report, decision.outcome, decision.answer, me.account_id, now)
    await queue.add(tx, "job_report_answered", report_id=report)
    status, confirmed = await store.stands(tx, standing.posting_id)
    if decision.suspend_because is not None:
        await _rule(tx, me, standing.posting_id, "suspended", decision.suspend_because, now)
    elif confirmed >= book().limits_on(day_of(now)).pause_after and status == "open":
        await _rule(tx, me, standing.posting_id, "paused", PAUSED_BECAUSE, now)
    status, confirmed = await store.stands(tx, standing.posting_id)
    return ReportDecided(report, decision.outcome, confirmed, status)


async def _rule(
    tx: asyncpg.Connection, me: Principal, posting: UUID, decision: rulings.Decision, reason: str, now: datetime
) -> None:
    await rulings.rule(tx, Ruling(posting, decision, reason, me.account_id), now)
