"""Rules of the room: officials of 1022 move the reports of their wards, never their own; each act names the version
that was read, so that of two who decide at once one is told."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import asyncpg

from longan.floor.access import officials
from longan.floor.access.tokens import Principal
from longan.floor.base.errors import FieldError, InvalidRequest, NotFound, Stale
from longan.floor.base.public_text import fault
from longan.floor.feedback import feedback_handling, feedback_routing, feedback_states, feedback_terms
from longan.floor.feedback.feedback_handling import Held, OwnReport
from longan.floor.feedback.feedback_states import ENDED, Status
from longan.floor.feedback.personal_traces import certain, redacted
from longan.floor.pay_and_days.wages import day_of
from longan.floor.pictures import uploads
from longan.rooms.feedback_steps import store
from longan.rooms.feedback_steps.models import (
    FeedbackEnded,
    FeedbackPublicationIn,
    ForwardIn,
    HandledFeedback,
    HidingIn,
    MergeIn,
    NotMergeable,
    NoUnitSuggested,
    OfficialAnswerIn,
    PersonalDataFound,
    RefusalIn,
    ReportMerged,
    Standing,
    UrgencyIn,
)

FUNCTION: officials.Function = "feedback"


async def step(
    tx: asyncpg.Connection, me: Principal, report: UUID, to: Status, version: int, words: str | None,
    note: str | None, now: datetime,
) -> HandledFeedback:  # fmt: skip
    """A step that needs nothing but words. Raises what `_standing` raises, `IllegalTransition`."""
    await _standing(tx, me, report, version, now)
    await _move(tx, me, report, to, words, note, now)
    return await store.handled(tx, report, me.account_id, now)


async def refuse(
    tx: asyncpg.Connection, me: Principal, report: UUID, data: RefusalIn, now: datetime
) -> HandledFeedback:
    """Refuse with a reason; what others handle is sent their way. What was public is so no more. Raises what
    `_standing` raises, `IllegalTransition`, `InvalidRequest` for a kind of matter that is none."""
    standing = await _standing(tx, me, report, data.version, now)
    words = data.words
    if (data.reason_code == "out_of_scope") != (data.elsewhere_code is not None):
        raise InvalidRequest(FieldError("/elsewhere_code", "needs_both"))
    if data.elsewhere_code is not None:
        words = f"{words}\n\n{await _elsewhere(tx, data.elsewhere_code, standing, now)}"
    await _move(tx, me, report, "tu_choi", words, data.note, now)
    if standing.visibility == "public":
        await feedback_handling.hide(tx, report, me, now, None)
    await feedback_handling.record(tx, report, "refused", me, now, because=data.elsewhere_code or data.reason_code)
    return await store.handled(tx, report, me.account_id, now)


async def _elsewhere(tx: asyncpg.Connection, code: str, standing: Standing, now: datetime) -> str:
    """Whom to turn to instead. Raises `InvalidRequest` for what is handled here."""
    found = (await feedback_terms.categories(tx, day_of(now), standing.province_code)).get(code)
    if found is None or found.elsewhere is None:
        raise InvalidRequest(FieldError("/elsewhere_code", "not_one_of"))
    there = found.elsewhere
    more = [f"Căn cứ: {there.law}." if there.law else "", f"Điện thoại: {there.phone}." if there.phone else ""]
    return " ".join(filter(None, [f"{found.name_vi}: {there.where_vi}", *more]))


async def forward(
    tx: asyncpg.Connection, me: Principal, report: UUID, data: ForwardIn, now: datetime
) -> HandledFeedback:
    """Give a report to a unit: the one that the rules name, or another; that it was another is on record.

    Raises what `_standing` raises, `IllegalTransition`, `NoUnitSuggested`, `UnitNotResponsible`.
    """
    standing = await _standing(tx, me, report, data.version, now)
    place = feedback_routing.Place(
        standing.category_code, standing.province_code, standing.ward_version, standing.ward_code
    )
    suggestion = await feedback_routing.suggested(tx, place, day_of(now))
    named = suggestion.unit_id if suggestion else None
    if (wanted := data.unit_id or named) is None:
        raise NoUnitSuggested(FieldError("/unit_id", "required"))
    unit = await feedback_routing.responsible(tx, wanted, place, day_of(now))
    await _move(tx, me, report, "da_chuyen", data.words, data.note, now, unit=unit.id)
    if named != unit.id:
        await feedback_handling.record(tx, report, "routed", me, now, suggested=named, because=None)
    return await store.handled(tx, report, me.account_id, now)


async def answer(
    tx: asyncpg.Connection, me: Principal, report: UUID, data: OfficialAnswerIn, now: datetime
) -> HandledFeedback:
    """Answer the citizen, with pictures that the official has uploaded. Raises what `_standing` raises,
    `IllegalTransition`, `UploadNotUsable`."""
    await _standing(tx, me, report, data.version, now)
    moved = await _move(tx, me, report, "da_tra_loi", data.words, data.note, now)
    await uploads.claim(tx, me.account_id, data.upload_ids, "feedback", moved.move_id, now)
    return await store.handled(tx, report, me.account_id, now)


async def set_urgency(
    tx: asyncpg.Connection, me: Principal, report: UUID, data: UrgencyIn, now: datetime
) -> HandledFeedback:
    """Raises what `_standing` raises, `FeedbackEnded`."""
    standing = await _standing(tx, me, report, data.version, now)
    if standing.status in ENDED:
        raise FeedbackEnded
    await feedback_handling.set_urgency(tx, report, me, now, urgent=data.is_urgent)
    return await store.handled(tx, report, me.account_id, now)


async def publish(
    tx: asyncpg.Connection, me: Principal, report: UUID, data: FeedbackPublicationIn, own: str, now: datetime
) -> HandledFeedback:
    """Show a report to everybody, in words that lead to no person. `own` is where they may lead (public_text.origin).

    Raises what `_standing` raises, `FeedbackEnded` for what was refused, `PersonalDataFound`, `InvalidRequest` for
    markup and foreign links.
    """
    standing = await _standing(tx, me, report, data.version, now)
    if standing.status == "tu_choi":
        raise FeedbackEnded
    words = redacted(standing.description) if data.words is None else data.words
    said = {"/words": words} | ({} if data.answer is None else {"/answer": data.answer})
    _check(said, own)
    await feedback_handling.publish(tx, report, words, data.answer, me, now, with_photos=data.with_photos)
    return await store.handled(tx, report, me.account_id, now)


def _check(said: Mapping[str, str], own: str) -> None:
    faults = [FieldError(field, code) for field, text in said.items() if (code := fault(text, own)) is not None]
    if faults:
        raise InvalidRequest(*faults)
    found = [
        {"pointer": field, "kind": trace.kind, "quote": text[trace.start : trace.end]}
        for field, text in said.items()
        for trace in certain(text)
    ]
    if found:
        fields = dict.fromkeys(str(each["pointer"]) for each in found)
        raise PersonalDataFound(*(FieldError(field, "personal_data") for field in fields), members={"found": found})


async def hide(tx: asyncpg.Connection, me: Principal, report: UUID, data: HidingIn, now: datetime) -> HandledFeedback:
    """Raises what `_standing` raises."""
    await _standing(tx, me, report, data.version, now)
    await feedback_handling.hide(tx, report, me, now, data.because)
    return await store.handled(tx, report, me.account_id, now)


async def merge(tx: asyncpg.Connection, me: Principal, report: UUID, data: MergeIn, now: datetime) -> HandledFeedback:
    """Let a report follow another one of the same thing, with everybody who supports it.

    Raises `Forbidden`, `NotFound`, `OwnReport`, `ReportMerged`, `FeedbackEnded`, `NotMergeable`, `Stale` for either.
    """
    await officials.demand(tx, me, FUNCTION, now)
    held = await feedback_handling.hold_both(tx, report, data.into, me.account_id, now)
    one = held.get(report)
    if one is None or not one.within:
        raise NotFound
    if one.account_id == me.account_id:
        raise OwnReport
    if one.merged_into is not None:
        raise ReportMerged(one.merged_into)
    if one.version != data.version:
        raise Stale
    if one.status in ENDED:
        raise FeedbackEnded
    main = held.get(data.into) if data.into != report else None
    _check_main(main, data.into_version)
    if main is not None and main.account_id == me.account_id:
        raise OwnReport
    await feedback_handling.merge(tx, report, data.into, me, now)
    return await store.handled(tx, report, me.account_id, now)


def _check_main(main: Held | None, version: int) -> None:
    if main is None or not main.within or main.merged_into is not None or main.status in ENDED:
        raise NotMergeable(FieldError("/into", "not_one_of"))
    if main.version != version:
        raise Stale


async def _move(
    tx: asyncpg.Connection, me: Principal, report: UUID, to: Status, words: str | None, note: str | None,
    now: datetime, unit: UUID | None = None,
) -> feedback_states.Moved:  # fmt: skip
    return await feedback_states.move(tx, report, to, "official", me.account_id, words, now, note=note, unit=unit)


async def _standing(tx: asyncpg.Connection, me: Principal, report: UUID, version: int, now: datetime) -> Standing:
    """Where a report stands until this transaction ends. Raises `Forbidden`, `NotFound` also beyond the wards of the
    role, `OwnReport`, `ReportMerged`, `Stale`."""
    await officials.demand(tx, me, FUNCTION, now)
    standing = await store.standing(tx, report, me.account_id, now)
    if standing is None:
        raise NotFound
    if standing.own:
        raise OwnReport
    if standing.merged_into is not None:
        raise ReportMerged(standing.merged_into)
    if standing.version != version:
        raise Stale
    return standing
