"""What the worker does for the room: sends reports to other systems, asks for those that may have arrived, follows the
others.

Each step is one question over the network, between two short transactions: what is about to be sent is first written
down as unsure, so that whatever happens on the way it is asked for before it is sent again. A lease keeps others away;
whoever has lost it writes nothing.
"""

import logging
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from longan.floor.base.errors import Problem
from longan.floor.database import queue
from longan.floor.database.tasks import Context, Task, Timed
from longan.floor.feedback import feedback_states, receivers
from longan.floor.feedback.receivers import Receiver
from longan.rooms.handover import domain, store
from longan.rooms.handover.domain import ENOUGH_QUESTIONS, PATIENCE, POLL_FIRST, POLL_LATER, QUESTIONS, RETRIES
from longan.rooms.handover.models import Leased, State
from longan.rooms.handover.outside import GeoReport, HttpGeoReport, ReceiverDown, Unknown

# Longer than a task may take.
LEASE = timedelta(minutes=2)
FAILURES_TO_OPEN = 5
OPEN_FOR = timedelta(minutes=5)
AT_ONCE = 100
# Clocks of others are not ours.
SKEW = timedelta(hours=1)

log = logging.getLogger("longan.worker")


class Step(msgspec.Struct, frozen=True):
    """Where a handover stands after a question, and when to go on. `moves`: the report is then in that status here."""

    state: State
    wait: timedelta | None
    token: str | None = None
    foreign_id: str | None = None
    asked: int = 0
    failure: str | None = None
    moves: feedback_states.Status | None = None
    words: str | None = None
    down: bool = False


async def hand_over_report(context: Context, *, handover_id: UUID) -> None:
    """Go on with a handover that is due; harmless for any other."""
    now = context.clock()
    until = now + LEASE
    leased = await store.lease(context.pool, handover_id, now, until)
    if leased is None:
        return
    receiver = receivers.read(context.settings).get(leased.receiver)
    if receiver is None:
        await store.go_on(context.pool, leased.id, until, leased.state, now, None, failure="no_receiver")
        return
    if (rests := await store.open_until(context.pool, leased.receiver, now)) is not None:
        await store.go_on(
            context.pool, leased.id, until, leased.state, now, rests, asked=leased.asked, failure="left_alone"
        )
        return
    step = await _asked(context, HttpGeoReport(context.http, receiver), receiver, leased, until)
    if step is None:
        return
    now = context.clock()
    if step.down:
        log.warning("handing over to %s: %s", receiver.id, step.failure)
        await store.failed(context.pool, receiver.id, FAILURES_TO_OPEN, now + OPEN_FOR)
    else:
        await store.mended(context.pool, receiver.id)
    async with context.pool.acquire() as tx, tx.transaction():
        ours = await store.go_on(
            tx, leased.id, until, step.state, now, None if step.wait is None else now + step.wait, token=step.token,
            foreign_id=step.foreign_id, asked=step.asked, failure=step.failure,
        )  # fmt: skip
        if ours and step.moves is not None:
            await domain.follow(tx, leased.report_id, step.moves, step.words, now)


async def _asked(
    context: Context, there: GeoReport, receiver: Receiver, leased: Leased, until: datetime
) -> Step | None:
    """One question, and what follows from its answer; None where there is nothing to ask any more."""
    now = context.clock()
    try:
        if leased.state == "waiting":
            return await _sent(context, there, receiver, leased, until)
        if leased.state == "unsure":
            return await _looked_for(context, there, receiver, leased, now)
        if leased.state == "token":
            given = await there.token(leased.token or "")
            if given.service_request_id is None:
                return Step("token", POLL_FIRST if now - leased.created_at <= PATIENCE else None, failure="no_id_yet")
            return _arrived(receiver, given.service_request_id)
        seen = await there.one(leased.foreign_id or "")
    except ReceiverDown as down:
        return Step(leased.state, POLL_FIRST, asked=leased.asked, failure=str(down), down=True)
    except Unknown:
        if leased.state == "token":
            return Step("refused", None, failure="token_unknown")
        if leased.state == "unsure":
            return _asked_in_vain(leased)
        # It may not be public there, yet: its last state is the one that is known.
        return Step(leased.state, POLL_LATER, failure="not_shown")
    if seen.status == "closed":
        words = domain.words_of(seen.status_notes, receiver)
        return Step("closed", None, moves="da_tra_loi", words=words)
    return Step("handed", POLL_FIRST if now - leased.created_at < timedelta(days=1) else POLL_LATER)


async def _sent(context: Context, there: GeoReport, receiver: Receiver, leased: Leased, until: datetime) -> Step | None:
    report = await store.report(context.pool, leased.report_id)
    service = receiver.services.get(report.category_code) if report else None
    if report is None or service is None or report.status in feedback_states.ENDED:
        return Step("given_up", None, failure="over_here")
    now = context.clock()
    if not await store.trying(context.pool, leased.id, until, now):
        return None
    tries = leased.tries + 1
    outcome = await there.post(domain.fields_of(report, receiver, service, context.settings.public_url))
    if outcome.verdict == "accepted" and outcome.given is not None:
        if outcome.given.service_request_id is None:
            return Step("token", POLL_FIRST, token=outcome.given.token)
        return _arrived(receiver, outcome.given.service_request_id)
    if outcome.verdict == "refused":
        return Step("refused", None, failure=outcome.error)
    if outcome.verdict == "unsure":
        return Step("unsure", QUESTIONS[0], failure=outcome.error, down=True)
    if now - leased.created_at > PATIENCE:
        return Step("given_up", None, failure=outcome.error, down=True)
    wait = max(timedelta(seconds=outcome.retry_after or 0), domain.retry_after(RETRIES, tries))
    return Step("waiting", wait, failure=outcome.error, down=True)


async def _looked_for(context: Context, there: GeoReport, receiver: Receiver, leased: Leased, now: datetime) -> Step:
    report = await store.report(context.pool, leased.report_id)
    if report is None:
        return Step("given_up", None, failure="over_here")
    since = (leased.tried_at or leased.created_at) - SKEW
    found = await there.find(leased.service_code, since, now + SKEW, domain.reference(report.code))
    if found is not None:
        return _arrived(receiver, found)
    asked = leased.asked + 1
    # Not for ever: what it does not show it may have all the same.
    if receiver.lists_at_once and asked >= ENOUGH_QUESTIONS and leased.tries < len(RETRIES):
        return Step("waiting", timedelta(), failure="not_there")
    return _asked_in_vain(leased)


def _asked_in_vain(leased: Leased) -> Step:
    """Once more later; in the end an official decides."""
    asked = leased.asked + 1
    wait = QUESTIONS[asked] if asked < len(QUESTIONS) else None
    return Step("unsure", wait, asked=asked, failure="not_shown")


def _arrived(receiver: Receiver, foreign_id: str) -> Step:
    words = f"{receiver.name} đã nhận, số {foreign_id}"
    return Step("handed", POLL_FIRST, foreign_id=foreign_id, moves="dang_xu_ly", words=words)


async def go_on_with_handovers(context: Context) -> None:
    """Every minute: what is due becomes a task, and what a rule hands over is handed over."""
    known = receivers.read(context.settings)
    automatic = {
        category: each.id for each in known.values() for category, service in each.services.items() if service.automatic
    }
    now = context.clock()
    if automatic:
        for report, category in await store.accepted(context.pool, list(automatic), AT_ONCE):
            try:
                async with context.pool.acquire() as tx, tx.transaction():
                    await domain.given(tx, known, report, automatic[category], None, now)
            except (Problem, LookupError) as refused:
                # Somebody has moved it meanwhile, it has no place, or its category is none any more: it stays with the
                # officials.
                log.info("a report is not handed over: %s", getattr(refused, "code", "category_unknown"))
    found = await store.due(context.pool, now, AT_ONCE)
    async with context.pool.acquire() as tx, tx.transaction():
        await queue.add_all(tx, "hand_over_report", [{"handover_id": each} for each in found])


TASKS: dict[str, Task] = {"hand_over_report": hand_over_report}
SCHEDULE: dict[str, Timed] = {"go_on_with_handovers": ("* * * * *", go_on_with_handovers)}
