"""Rules of the room: officials of the function decide on postings in their wards, each case once; whoever is decided on
reads why, in words, and may appeal to somebody else."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from longan.floor.access import officials
from longan.floor.access.tokens import Principal
from longan.floor.base.errors import FieldError, IllegalTransition, InvalidRequest, NotFound, Stale
from longan.floor.base.fields import Locale
from longan.floor.database.page import Cursors
from longan.floor.guard.guard import Finding
from longan.floor.guard.guard_rules import book
from longan.floor.guard.standing import EmployerNotVerified, held
from longan.floor.pay_and_days.wages import day_of
from longan.floor.postings import rulings
from longan.floor.postings.rulings import OwnPosting, Ruling
from longan.rooms.moderation import store
from longan.rooms.moderation.models import (
    AlreadyDecided,
    Appeal,
    AppealIn,
    CaseDecided,
    CaseDecisionIn,
    DecidedByYou,
    FindingInWords,
    JobReview,
    ModerationCasePage,
    ModerationCaseView,
    NotAppealable,
    ReviewDecision,
    Standing,
)

FUNCTION: officials.Function = "moderation"

DECISIONS = {"held": ("published", "returned", "suspended"), "appeal": ("upheld", "granted")}


async def queue_of(
    conn: asyncpg.Connection, cursors: Cursors, me: Principal, filters: dict[str, Any], cursor: str | None, limit: int,
    now: datetime,
) -> ModerationCasePage:  # fmt: skip
    """Raises `Forbidden`, `InvalidRequest` for a cursor of another list."""
    await officials.demand(conn, me, FUNCTION, now)
    given = {name: value for name, value in filters.items() if value is not None}
    return await store.cases(conn, cursors, me.account_id, given, cursor, limit, now)


async def shown(
    conn: asyncpg.Connection, me: Principal, case: UUID, locale: Locale, now: datetime
) -> ModerationCaseView:
    """Raises `Forbidden`, `NotFound` beyond the wards, or for a posting of the official's own employer."""
    await officials.demand(conn, me, FUNCTION, now)
    found = await store.case(conn, case, me.account_id, now)
    if found is None:
        raise NotFound
    return ModerationCaseView(
        id=found.id, kind=found.kind, closed_at=found.closed_at, job_id=found.job_id, status=found.status,
        version=found.version, title=found.title, description=found.description, skills=found.skills,
        employer=found.employer, ward_code=found.ward_code, score=found.score,
        findings=in_words(await store.findings(conn, found.job_id), locale, found.judged_at), appeal=found.appeal,
        decisions=await store.decisions(conn, found.job_id), reports=await store.reports(conn, found.job_id),
    )  # fmt: skip


async def decide(
    tx: asyncpg.Connection, me: Principal, case: UUID, decision: CaseDecisionIn, now: datetime
) -> CaseDecided:
    """One decision a case, whoever is first; the same from the same official again changes nothing.

    Raises `Forbidden`, `NotFound`, `OwnPosting`, `DecidedByYou`, `AlreadyDecided`, `Stale` when the posting was changed
    since it was read, `EmployerNotVerified`, `IllegalTransition`, `InvalidRequest`.
    """
    await officials.demand(tx, me, FUNCTION, now)
    standing = await store.standing(tx, case, me.account_id, now)
    if standing is None:
        raise NotFound
    if standing.own:
        raise OwnPosting
    if standing.not_for_me:
        raise DecidedByYou
    if standing.closed:
        if standing.mine and standing.decision == decision.decision and standing.decided_at is not None:
            return CaseDecided(case, decision.decision, standing.status, standing.decided_at)
        raise AlreadyDecided
    _check(standing, decision)
    await store.close(tx, case, me.account_id, now)
    ruling = Ruling(
        standing.posting_id, decision.decision, decision.reason, me.account_id, case, decision.changes
    )  # fmt: skip
    try:
        status = await rulings.rule(tx, ruling, now)
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name == "decisions_one_per_case":
            raise AlreadyDecided from error
        raise
    return CaseDecided(case, decision.decision, status, now)


def _check(standing: Standing, decision: CaseDecisionIn) -> None:
    if decision.decision not in DECISIONS[standing.kind]:
        raise InvalidRequest(FieldError("/decision", "not_one_of"))
    if decision.decision == "returned" and decision.changes is None:
        raise InvalidRequest(FieldError("/changes", "required"))
    if decision.version != standing.version:
        raise Stale
    if standing.kind == "held" and standing.status != "in_review":
        raise IllegalTransition(standing.status, decision.decision)
    if decision.decision in ("published", "granted") and not standing.employer_verified:
        raise EmployerNotVerified


async def review(conn: asyncpg.Connection, me: Principal, posting: UUID, locale: Locale, now: datetime) -> JobReview:
    """Raises `NotFound` for whoever is no member of its employer."""
    found = await store.review(conn, posting, me.account_id)
    if found is None:
        raise NotFound
    decisions = await store.review_decisions(conn, posting, me.account_id, _appealable_since(now))
    return JobReview(
        job_id=posting, status=found.status, score=found.score, held=found.held,
        findings=in_words(await store.findings(conn, posting), locale, found.judged_at or now),
        decisions=[_said(decision, locale) for decision in decisions],
        confirmed_reports=found.confirmed_reports,
    )  # fmt: skip


async def appeal(tx: asyncpg.Connection, me: Principal, posting: UUID, said: AppealIn, now: datetime) -> Appeal:
    """Once for a decision, and for the last one only, when nobody is deciding. Raises `NotFound`, `NotAppealable`."""
    await held(tx, posting, me.account_id)
    try:
        made = await store.appeal(tx, posting, me.account_id, said, _appealable_since(now), now)
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name in ("appeals_one_per_decision", "cases_one_open"):
            raise NotAppealable from error
        raise
    if made is None:
        raise NotAppealable
    return made


def _said(decision: ReviewDecision, locale: Locale) -> ReviewDecision:
    """What followed from reports has no words of an official: those of the rule stand for them."""
    rule = book().rule(decision.reason, day_of(decision.decided_at)) if decision.decision == "paused" else None
    if rule is None:
        return decision
    return msgspec.structs.replace(decision, reason=rule.title[locale], changes=rule.explanation[locale])


def _appealable_since(now: datetime) -> datetime:
    return now - timedelta(days=book().limits_on(day_of(now)).appeal_days)


def in_words(findings: list[Finding], locale: Locale, judged_at: datetime) -> list[FindingInWords]:
    """What each finding means and what to change, as the rule said on the day of the judgement."""
    rules, day = book(), day_of(judged_at)
    return [
        FindingInWords(
            found.rule, rule.title[locale], rule.law[locale], rule.explanation[locale], found.field, found.quote,
            found.weight, found.accepted,
        )
        for found in findings
        if (rule := rules.rule(found.rule, day)) is not None
    ]  # fmt: skip
