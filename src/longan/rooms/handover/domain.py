"""Rules of the room: who hands a report over, what is said of it there, and what is heard of it changes here."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from longan.floor.access import officials
from longan.floor.access.tokens import Principal
from longan.floor.base import public_text
from longan.floor.base.errors import FieldError, IllegalTransition, InvalidRequest, NotFound
from longan.floor.database import queue
from longan.floor.database.page import Cursors
from longan.floor.feedback import feedback_states
from longan.floor.feedback.feedback_states import Status, may_step
from longan.floor.feedback.receivers import Receiver, Service
from longan.floor.formats.georeport import LONGEST_DESCRIPTION, plain
from longan.floor.guard import number_masks
from longan.floor.pictures.uploads import public_path
from longan.rooms.handover import store
from longan.rooms.handover.models import (
    AlreadyHandedOver,
    Handover,
    HandoverDecisionIn,
    HandoverPage,
    HandoverReceiver,
    HandoverReceivers,
    NotTaken,
    Report,
    State,
)

# How long a report may be on its way before somebody has to look.
PATIENCE = timedelta(days=7)
RETRIES = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=6))
# After an answer that says nothing: how often it is asked for, and when.
QUESTIONS = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=3), timedelta(hours=12))
# An endpoint that shows reports at once has shown it by the second question.
ENOUGH_QUESTIONS = 2
POLL_FIRST, POLL_LATER = timedelta(minutes=15), timedelta(hours=1)
NO_MARKUP = str.maketrans("<>", "‹›")
ANSWERED = "Nơi xử lý đã trả lời"


def reference(code: str) -> str:
    """Our number of the report, as it stands in what is sent: by it the report is found again."""
    return f"[{code}]"


def fields_of(report: Report, receiver: Receiver, service: Service, public_url: str) -> dict[str, str | list[str]]:
    """What is posted: nothing of who sent it. `device_id` is no device but our number, the same for every try. Of a
    list each value is a field of its name."""
    last = f"\n\n{reference(report.code)}"
    # Neither HTML nor code, says the specification; and who shows it there may not escape it.
    description = (
        plain(number_masks.masked(report.description)).translate(NO_MARKUP)[: LONGEST_DESCRIPTION - len(last)] + last
    )
    address = report.address and plain(number_masks.masked(report.address))
    place = ", ".join(part for part in (address, report.ward, report.province) if part)
    fields: dict[str, str | list[str]] = {
        "service_code": service.service_code, "description": description, "device_id": report.code,
    }  # fmt: skip
    if report.lat is not None and report.lon is not None:
        fields |= {"lat": f"{report.lat:.7f}", "long": f"{report.lon:.7f}"}
    if place:
        fields["address_string"] = place
    if report.photo_id is not None:
        fields["media_url"] = public_url.rstrip("/") + public_path(report.photo_id)
    if receiver.reference_attribute is not None:
        fields[f"attribute[{receiver.reference_attribute}]"] = report.code
    for ours, theirs in service.attributes.items():
        said = (report.attributes or {}).get(ours)
        if isinstance(said, list):
            fields[f"attribute[{theirs}][]"] = [str(each) for each in said]
        elif isinstance(said, str | int | float):
            fields[f"attribute[{theirs}]"] = str(said)
    return fields


async def receivers_for(
    conn: asyncpg.Connection, receivers: Mapping[str, Receiver], me: Principal, now: datetime
) -> HandoverReceivers:
    """Raises `Forbidden`."""
    await officials.demand(conn, me, "feedback", now)
    return HandoverReceivers([
        HandoverReceiver(
            each.id, each.name, sorted(each.services),
            sorted(code for code, service in each.services.items() if service.automatic),
        )
        for each in receivers.values()
    ])  # fmt: skip


async def listed(
    conn: asyncpg.Connection, cursors: Cursors, me: Principal, state: State | None, report: UUID | None, now: datetime,
    cursor: str | None, limit: int,
) -> HandoverPage:  # fmt: skip
    """Raises `Forbidden`."""
    await officials.demand(conn, me, "feedback", now)
    asked = {"state": state, "report_id": report}
    values = {name: each for name, each in asked.items() if each is not None}
    return await store.handovers(conn, cursors, {"official": me.account_id, "now": now, **values}, cursor, limit)


async def hand_over(
    tx: asyncpg.Connection, receivers: Mapping[str, Receiver], me: Principal, report_id: UUID, to: str, now: datetime
) -> Handover:
    """Raises `Forbidden`, `NotFound`, `NotTaken`, `AlreadyHandedOver`, `IllegalTransition` for a report that is not yet
    accepted or is over."""
    await officials.demand(tx, me, "feedback", now)
    if not await store.may(tx, report_id, me.account_id, now):
        raise NotFound
    handover = await given(tx, receivers, report_id, to, me.account_id, now)
    found = await store.one(tx, handover, me.account_id, now)
    if found is None:
        raise NotFound
    return found


async def given(
    tx: store.Connection, receivers: Mapping[str, Receiver], report_id: UUID, to: str, by: UUID | None, now: datetime
) -> UUID:
    """Promise to hand a report over; `by` None for a rule. Raises as `hand_over`."""
    report = await store.report(tx, report_id)
    if report is None:
        raise NotFound
    receiver = receivers.get(to)
    service = receiver.services.get(report.category_code) if receiver else None
    if receiver is None or service is None or not (report.lat is not None or report.address or report.ward):
        raise NotTaken(FieldError("/receiver", "not_one_of"))
    handover = await store.begin(tx, report_id, to, service.service_code, by, now)
    if handover is None:
        raise AlreadyHandedOver
    side: feedback_states.Side = "official" if by else "system"
    await feedback_states.move(tx, report_id, "da_chuyen", side, by, f"Đã chuyển đến {receiver.name}", now)
    await queue.add(tx, "hand_over_report", handover_id=handover)
    return handover


DECISIONS: Mapping[str, tuple[State, frozenset[State]]] = {
    "send_again": ("waiting", frozenset({"unsure", "refused", "given_up"})),
    "found": ("handed", frozenset({"unsure", "token", "refused", "given_up"})),
    "give_up": ("given_up", frozenset({"waiting", "unsure", "token", "handed", "refused"})),
}


async def decide(
    tx: asyncpg.Connection, me: Principal, handover: UUID, decision: HandoverDecisionIn, now: datetime
) -> Handover:
    """Raises `Forbidden`, `NotFound`, `IllegalTransition`, `InvalidRequest` for an id where there should be none, or
    the other way round."""
    await officials.demand(tx, me, "feedback", now)
    if (decision.foreign_id is None) == (decision.decision == "found"):
        raise InvalidRequest(FieldError("/foreign_id", "needs_both"))
    found = await store.one(tx, handover, me.account_id, now)
    if found is None:
        raise NotFound
    state, allowed = DECISIONS[decision.decision]
    if found.state not in allowed:
        raise IllegalTransition(found.state, state)
    next_at = None if state == "given_up" else now
    if not await store.decide(tx, handover, state, decision.foreign_id, next_at, me.account_id, now):
        raise IllegalTransition(found.state, state)
    if next_at is not None:
        await queue.add(tx, "hand_over_report", handover_id=handover)
    again = await store.one(tx, handover, me.account_id, now)
    if again is None:
        raise NotFound
    return again


async def follow(tx: store.Connection, report_id: UUID, to: Status, words: str | None, now: datetime) -> None:
    """Bring the report where the other system has it, step by step as far as it goes by itself. What an official has
    done meanwhile stands."""
    path: tuple[Status, ...] = ("dang_xu_ly", "da_tra_loi")
    for step in path[: path.index(to) + 1]:
        standing = await feedback_states.hold(tx, report_id)
        if may_step("system", standing.status, step) and standing.status != "mo_lai":
            await feedback_states.move(tx, report_id, step, "system", None, words if step == to else None, now)


def words_of(notes: str | None, receiver: Receiver) -> str:
    """What the citizen reads of an answer from elsewhere: its words where they lead nowhere, else that there is one."""
    said = f"{ANSWERED} ({receiver.name})"
    return f"{said}: {notes}" if notes and public_text.fault(notes, "") is None else f"{said}."


def retry_after(steps: tuple[timedelta, ...], done: int) -> timedelta:
    """How long to wait after so many tries."""
    return steps[min(max(done, 1), len(steps)) - 1]
