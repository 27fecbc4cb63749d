"""Rules of the room: officials of 1022 see what lies in their wards; who sent it they see only by looking, which is
written down and which the sender sees."""

import logging
import re
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from longan.floor.access import officials
from longan.floor.access.tokens import Principal
from longan.floor.base.errors import FieldError, InvalidRequest, NotFound, RateLimited
from longan.floor.database.page import Cursors
from longan.floor.feedback import feedback_clock, personal_traces
from longan.floor.feedback.feedback_clock import ENDED, Late, Moment
from longan.floor.feedback.feedback_handling import OwnReport
from longan.floor.feedback.feedback_routing import Place, suggested
from longan.floor.pay_and_days import working_days
from longan.floor.pay_and_days.wages import day_of
from longan.floor.pictures import uploads
from longan.floor.pictures.object_storage import Storage
from longan.floor.search.search import plain_words
from longan.floor.setup.crypto import Sealed
from longan.rooms.feedback_desk import store
from longan.rooms.feedback_desk.models import (
    DeskPhoto,
    DeskPhotos,
    DeskReport,
    FeedbackSender,
    Purpose,
    QueueCounts,
    QueuedFeedbackPage,
    ReportRow,
    Sort,
    StoryStep,
)

log = logging.getLogger("longan.feedback_desk")

FUNCTION: officials.Function = "feedback"
# SECURITY section 3: what an official may see of citizens in a day.
LOOKS_A_DAY = 300
DAY = timedelta(days=1)
NOT_LATE = Late(is_late=False, working_days=0, working_hours=0)

CODE = re.compile("pa [0-9a-z]{4} [0-9a-z]{4}")
# Fewer letters have no index to be found by.
FEWEST_LETTERS = 3


async def queue_of(
    conn: asyncpg.Connection, cursors: Cursors, me: Principal, filters: dict[str, Any], sort: Sort | None,
    cursor: str | None, limit: int, now: datetime,
) -> QueuedFeedbackPage:  # fmt: skip
    """Raises `Forbidden`, `InvalidRequest` for a cursor of another list, for too few letters, and for what has no term
    any more in the order of the terms."""
    await officials.demand(conn, me, FUNCTION, now)
    asked = {name: value for name, value in filters.items() if value is not None}
    values = {name: value for name, value in asked.items() if name != "q"}
    if is_open := ENDED.isdisjoint(asked.get("statuses", ())):
        values["open"] = True
    elif sort == "due":
        raise InvalidRequest(FieldError("?sort", "not_one_of"))
    if "q" in asked:
        values |= meant(asked["q"])
    values |= {"official_id": me.account_id, "now": now}
    order: Sort = sort or ("due" if is_open else "newest")
    return await store.queue(conn, cursors, order, values, cursor, limit, asked | {"official_id": me.account_id})


def meant(typed: str) -> dict[str, str]:
    """A code, or words in a row. Raises `InvalidRequest` for too few letters."""
    words = " ".join(plain_words(typed))
    if CODE.fullmatch(words):
        return {"code": words.upper().replace(" ", "-")}
    if len(words) < FEWEST_LETTERS:
        raise InvalidRequest(FieldError("?q", "too_short"))
    return {"words": words}


async def counted(conn: asyncpg.Connection, me: Principal, now: datetime) -> QueueCounts:
    """Raises `Forbidden`."""
    await officials.demand(conn, me, FUNCTION, now)
    return await store.counts(conn, me.account_id, now)


async def shown(conn: asyncpg.Connection, me: Principal, report: UUID, now: datetime) -> DeskReport:
    """Raises `Forbidden`, `NotFound` beyond the official's wards."""
    row = await _report(conn, me, report, now)
    steps = await store.steps(conn, report)
    calendar = await working_days.load(conn)
    accept_late, late = _late(calendar, row, steps, now)
    place = Place(row.category_code, row.province_code, row.ward_version, row.ward_code)
    kept = {name: value for name, value in msgspec.structs.asdict(row).items() if name != "ward_version"}
    return DeskReport(
        **{
            **kept,
            "attributes": None if row.attributes is None else msgspec.json.decode(row.attributes),
            "merged": await store.merged(conn, report, me.account_id, now),
            "accept_late": accept_late,
            "late": late,
            "clock_runs": row.status not in ENDED and not feedback_clock.stands(_moment(steps[-1])),
            "suggestion": await suggested(conn, place, day_of(now)),
            "suggested_words": personal_traces.redacted(row.description),
            "public_copy": await store.copy(conn, report),
            "steps": steps,
            "acts": await store.acts(conn, report),
        }
    )


def _moment(step: StoryStep) -> Moment:
    return Moment(step.at, step.to_status, by_citizen=step.side == "citizen")


def _late(calendar: working_days.Calendar, row: ReportRow, steps: list[StoryStep], now: datetime) -> tuple[Late, Late]:
    """By how much the two terms are late, or were when they ended; while the clock stands, when it began to stand."""
    last = _moment(steps[-1])
    until = last.at if last.status in ENDED or feedback_clock.stands(last) else now
    accepted = next((step.at for step in steps if step.to_status not in feedback_clock.WAITING), until)
    answer = NOT_LATE if row.due_at is None else feedback_clock.late(calendar, row.due_at, _answered(row, until))
    return feedback_clock.late(calendar, row.accept_due_at, accepted), answer


def _answered(row: ReportRow, until: datetime) -> datetime:
    """To be closed is no part of the term: what was answered was so before."""
    return row.answered_at if row.status in ENDED and row.answered_at is not None else until


async def photos(conn: asyncpg.Connection, storage: Storage, me: Principal, report: UUID, now: datetime) -> DeskPhotos:
    """Raises `Forbidden`, `NotFound`."""
    await _report(conn, me, report, now)
    steps = [step.id for step in await store.steps(conn, report)]
    found = await uploads.of(conn, "feedback", [report, *steps])
    return DeskPhotos(
        [
            DeskPhoto(None if subject == report else subject, link)
            for subject in (report, *steps)
            for link in uploads.links(storage, found.get(subject, []))
        ]
    )


async def look(
    tx: asyncpg.Connection, phones: Sealed, me: Principal, report: UUID, purpose: Purpose, now: datetime
) -> FeedbackSender:
    """Who sent a report; that the official looked, when and why is written down with it, and the sender sees it.

    Raises `Forbidden`, `NotFound`, also for one that came from another system, `OwnReport`, `RateLimited` after
    LOOKS_A_DAY.
    """
    row = await _report(tx, me, report, now)
    if row.own:
        raise OwnReport
    if await store.looked(tx, me.account_id, now - DAY) >= LOOKS_A_DAY:
        log.error("an official has looked at %s people in a day: account %s", LOOKS_A_DAY, me.account_id)
        raise RateLimited(headers={"Retry-After": str(int(DAY.total_seconds()))})
    seen = await store.look(tx, report, me.account_id, me.agency_code, purpose, now)
    if seen is None:
        raise NotFound
    phone = None if seen.phone_cipher is None else phones.open(seen.phone_cipher, seen.account_id)
    return FeedbackSender(report, seen.full_name, phone)


async def _report(conn: asyncpg.Connection, me: Principal, report: UUID, now: datetime) -> ReportRow:
    await officials.demand(conn, me, FUNCTION, now)
    row = await store.report(conn, report, me.account_id, now)
    if row is None:
        raise NotFound
    return row
