"""What the worker does for the room: people hear of each step, what was answered is closed in the end, and the map is
kept up to date."""

from collections.abc import Sequence
from datetime import timedelta
from typing import get_args
from uuid import UUID

import msgspec

from longan.floor.base.errors import IllegalTransition
from longan.floor.database import calls
from longan.floor.database.tasks import Context, unhurried
from longan.floor.feedback import feedback_cells, feedback_states, feedback_terms
from longan.floor.messages.notices import FeedbackMoved, Params, SupportedFeedbackMoved
from longan.floor.messages.telling import tell
from longan.floor.pay_and_days.wages import day_of
from longan.floor.requests import cache
from longan.rooms.feedback import store
from longan.rooms.feedback.models import MergedReport

FAMILY = "feedback"
DAY = timedelta(days=1)
CLOSED_AT_ONCE = 200


async def feedback_moved(context: Context, *, move_id: UUID) -> None:
    """Its sender hears what others did with a report, its supporters what everybody may see of it, and without a word
    of it that it was refused; the map shows it."""
    told = await store.told(context.pool, move_id)
    if told is None:
        return
    if told.account_id is not None and told.side != "citizen" and told.status in _statuses(FeedbackMoved):
        own = msgspec.convert({"status": told.status, "code": told.code}, FeedbackMoved)
        await _tell(context, [told.account_id], "feedback_moved", told.report_id, own, move_id)
    if told.status in _statuses(FeedbackMoved):
        for each in msgspec.json.decode(told.merged, type=list[MergedReport]):
            follows = msgspec.convert({"status": told.status, "code": each.code}, FeedbackMoved)
            await _tell(context, [each.account_id], "feedback_moved", each.report_id, follows, move_id)
    if told.supporters and told.status in _statuses(SupportedFeedbackMoved):
        theirs = msgspec.convert({"status": told.status, "code": told.code}, SupportedFeedbackMoved)
        await _tell(context, told.supporters, "supported_feedback_moved", told.report_id, theirs, move_id)
    if told.is_public:
        await cache.invalidate(context.valkey, FAMILY)


def _statuses(params: type[msgspec.Struct]) -> tuple[str, ...]:
    return get_args(msgspec.structs.fields(params)[0].type)


async def _tell(
    context: Context, accounts: Sequence[UUID], topic: str, report: UUID, params: Params, move: UUID
) -> None:
    await tell(context.pool, accounts, topic, report, params, move, context.clock())
    await calls.happened(context.valkey, accounts)


async def feedback_map_changed(context: Context) -> None:
    """Another report is shown than before: kept tiles are thrown away."""
    await cache.invalidate(context.valkey, FAMILY)


async def close_answered_feedback(context: Context) -> None:
    """Every hour: an answer that nobody has called in question in time closes its report, each in a transaction of its
    own; who calls it in question at that moment goes first."""
    now, province = context.clock(), context.settings.province_code
    async with context.pool.acquire() as conn:
        terms = await feedback_terms.terms(conn, day_of(now), province)
    while due := await store.over(context.pool, now - terms.reopen_days * DAY, province, CLOSED_AT_ONCE):
        for report in due:
            async with context.pool.acquire() as tx, tx.transaction():
                try:
                    await feedback_states.move(tx, report, "da_dong", "system", None, None, now)
                except IllegalTransition:
                    continue


async def add_up_feedback_cells(context: Context) -> None:
    """Every minute: what changed on the map is added to its cells."""
    more = True
    while more:
        async with unhurried(context.pool) as tx:
            more = await feedback_cells.add_up(tx)


TASKS = {"feedback_moved": feedback_moved, "feedback_map_changed": feedback_map_changed}
SCHEDULE = {
    "close_answered_feedback": ("25 * * * *", close_answered_feedback),
    "add_up_feedback_cells": ("* * * * *", add_up_feedback_cells),
}
